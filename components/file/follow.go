package file

import (
	"context"
	"slices"
	"time"

	"github.com/gopiper/gopiper/component"
	"github.com/gopiper/gopiper/components/stream"
)

// pollEvery is how often open files are asked whether they have grown. To ask an
// open file costs less than a microsecond, so that hundreds of them cost next to
// nothing; and unlike a notification the answer is never lost, and is to be had
// on every file system.
const pollEvery = 200 * time.Millisecond

// following says how files are followed.
type following struct {
	refresh          time.Duration // how often files are looked for
	fromEnd          bool          // what is there at the first start is passed over
	closeAfter       time.Duration // an idle file is closed
	closeRotated     time.Duration // an idle file that has lost its name is done with
	maxOpen          int           // files, of all workers
	multilineTimeout time.Duration
}

// follower follows files, in one worker: of all that the patterns match those
// whose inode is in its lane. So every worker finds out by itself which are its
// own, and a file stays with its worker whatever happens to its name.
type follower struct {
	*following
	source      *source
	lane, lanes int
	memory      *memory
	placer      placer
	reader      *stream.Reader
	archives    *stream.Reader // of compressed files, one of which may be read while others go on

	tails     map[identity]*tail
	order     []*tail // the same, in the order in which they were found
	turn      int     // counts the looks
	looked    time.Time
	open      int             // files
	told      map[string]bool // paths of which something was logged that is logged once
	unpacking bool            // a compressed file is being read
	probe     []byte          // see tail.changed
}

// runFollowing follows files until ctx is cancelled or the run is stopping.
func (s *source) runFollowing(ctx context.Context, out component.Output, lane int) error {
	f := &follower{
		following: s.follow, source: s, lane: lane, lanes: max(1, int(s.workers.Load())),
		placer: placer{out: out}, reader: stream.NewReader(out, s.options), archives: stream.NewReader(out, s.options),
		tails: map[identity]*tail{}, told: map[string]bool{}, probe: make([]byte, printMax),
	}
	f.memory = s.memory.lane(lane, f.lanes)
	f.reader.Begins, f.archives.Begins = s.begins, s.begins
	if f.memory.durable {
		f.reader.Place = f.placer.place
	}
	defer f.closeAll()
	wait := time.NewTimer(time.Hour)
	defer wait.Stop()
	for {
		busy, ok := f.work(ctx)
		if !ok || ctx.Err() != nil {
			return nil
		}
		if busy {
			continue
		}
		wait.Reset(min(pollEvery, f.refresh))
		select {
		case <-ctx.Done():
			return nil
		case <-wait.C:
		}
	}
}

// lane returns what concerns the files of one worker.
func (m *memory) lane(lane, lanes int) *memory {
	own := &memory{durable: m.durable, begun: m.begun, entries: map[identity]*entry{}}
	for id, e := range m.entries {
		if id.lane(lanes) == lane {
			own.entries[id] = e
		}
	}
	if lane == 0 {
		own.strange = m.strange
	}
	return own
}

func (i identity) lane(lanes int) int { return int(i.inode % uint64(lanes)) }

// work looks for files if it is time to, and reads what is there. It tells
// whether there may be more already, and whether to go on at all.
func (f *follower) work(ctx context.Context) (busy, ok bool) {
	if f.turn == 0 || time.Since(f.looked) >= f.refresh {
		if !f.look() {
			return false, false
		}
		f.looked = time.Now()
	}
	for _, moved := range []bool{true, false} { // what was renamed is older than what is new
		for _, t := range f.order {
			if t.gone || t.moved != moved {
				continue
			}
			more, ok := f.visit(ctx, t)
			if !ok {
				return false, false
			}
			busy = busy || more
		}
	}
	if !f.unpacking { // else an outer call goes through the order
		f.order = slices.DeleteFunc(f.order, func(t *tail) bool { return t.gone })
	}
	return busy, true
}

// visit reads what has been added to a file, and does what it is time for.
func (f *follower) visit(ctx context.Context, t *tail) (busy, ok bool) {
	if t.waits() {
		return false, true
	}
	if t.packed {
		return f.visitPacked(ctx, t)
	}
	if t.file == nil {
		if !t.wake {
			return false, true
		}
		if opened, ok := f.openTail(t); !opened || !ok {
			return t.packed, ok
		}
	}
	info, err := t.file.Stat()
	if err != nil {
		t.failed(err)
		return false, true
	}
	if info.Size() < t.mark.Offset {
		t.restart("it is shorter than what was read of it")
	}
	if !t.more && info.Size() == t.size && info.ModTime().Equal(t.modified) {
		return f.idle(ctx, t)
	}
	t.size, t.modified, t.active, t.more = info.Size(), info.ModTime(), time.Now(), false
	return f.read(ctx, t, stream.Wait)
}

// idle does what it is time for with a file that has not grown.
func (f *follower) idle(ctx context.Context, t *tail) (busy, ok bool) {
	since := time.Since(t.active)
	switch {
	case t.left == stream.Gathering && since >= f.multilineTimeout:
		return f.read(ctx, t, stream.Gathered)
	case t.moved && since >= f.closeRotated:
		return f.finish(ctx, t)
	case !t.moved && t.left != stream.Gathering && since >= f.closeAfter:
		f.close(t)
	}
	return false, true
}

// read reads a file to its end, or so much of it that others have their turn.
func (f *follower) read(ctx context.Context, t *tail, end stream.End) (busy, ok bool) {
	f.placer.partition, f.placer.position = t.partition, &t.position
	if f.source.addPath {
		if t.annotate == nil {
			t.annotate = annotate(t.path)
		}
		f.reader.Annotate = t.annotate
	}
	t.begin(end, f.source.options.MaxMessage)
	result, err := f.reader.ReadOn(ctx, t, t.mark, end)
	if result.Stopped {
		return false, false
	}
	t.mark, t.left = result.Mark, result.Left
	switch {
	case err == errChanged:
		t.restart("it does not begin as it did")
	case err != nil:
		t.failed(err)
		t.size = -1 // another try
	default:
		t.trouble, t.ended = "", !t.more
	}
	return t.more, true
}

// finish ends a file that has lost its name: what is left of it is its last
// message.
func (f *follower) finish(ctx context.Context, t *tail) (busy, ok bool) {
	if t.left != stream.Nothing {
		if busy, ok := f.read(ctx, t, stream.Finish); busy || !ok || t.trouble != "" {
			return busy, ok
		}
	}
	if t.moved = false; t.matched {
		return false, true
	}
	return false, f.forget(t)
}

// forget ends following a file, and tells whether to go on.
func (f *follower) forget(t *tail) bool {
	f.close(t)
	t.gone = true
	if f.tails[t.id] == t {
		delete(f.tails, t.id)
	}
	return f.drop(t.partition)
}

// drop forgets a position, and tells whether to go on.
func (f *follower) drop(partition string) bool {
	return !f.memory.durable || f.placer.forget(partition)
}
