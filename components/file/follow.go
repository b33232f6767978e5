package file

import (
	"context"
	"slices"
	"sync"
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
//
// One goroutine reads and emits, another one looks for files. Whoever has the lock
// works; Emit gives it up, because files come and go also while the pipeline is
// full.
type follower struct {
	*following
	source      *source
	lane, lanes int
	lock        sync.Mutex
	memory      *memory
	placer      placer
	reader      *stream.Reader
	archives    *stream.Reader // of compressed files, one of which may be read while others go on
	notes       []note         // that are to be emitted

	tails     map[identity]*tail
	order     []*tail         // the same, in the order in which they were found
	turn      int             // counts the looks
	open      []*tail         // those whose files are open
	told      map[string]bool // paths of which something was logged that is logged once
	unpacking bool            // a compressed file is being read
	stopped   bool            // nothing is to be emitted any more
	probe     []byte          // see tail.verify
}

// note is a position that comes without messages; nil removes one.
type note struct {
	partition string
	position  []byte
}

// runFollowing follows files until ctx is cancelled or the run is stopping.
func (s *source) runFollowing(ctx context.Context, out component.Output, lane int) error {
	f := &follower{
		following: s.follow, source: s, lane: lane, lanes: max(1, int(s.workers.Load())),
		tails: map[identity]*tail{}, told: map[string]bool{}, probe: make([]byte, printMax),
	}
	f.memory = s.memory.lane(lane, f.lanes)
	f.placer.out = unlocked{out, &f.lock}
	f.reader, f.archives = stream.NewReader(f.placer.out, s.options), stream.NewReader(f.placer.out, s.options)
	f.reader.Begins, f.archives.Begins = s.begins, s.begins
	if f.memory.durable {
		f.reader.Place = f.placer.place
	}
	ctx, cancel := context.WithCancel(ctx)
	var looking sync.WaitGroup
	defer looking.Wait()
	defer cancel()
	f.lock.Lock()
	defer f.lock.Unlock()
	defer f.closeAll()
	f.look()
	f.start()
	looking.Go(func() { f.keepLooking(ctx) })
	f.keepReading(ctx)
	return nil
}

// unlocked is the output, which gives up the lock while it waits.
type unlocked struct {
	component.Output
	lock *sync.Mutex
}

func (u unlocked) Emit(batch *component.Batch) bool {
	u.lock.Unlock()
	defer u.lock.Lock()
	return u.Output.Emit(batch)
}

// keepLooking looks for files now and then.
func (f *follower) keepLooking(ctx context.Context) {
	ticker := time.NewTicker(f.refresh)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
			f.lock.Lock()
			f.look()
			f.lock.Unlock()
		}
	}
}

// keepReading reads what is there and waits for more.
func (f *follower) keepReading(ctx context.Context) {
	wait := time.NewTimer(time.Hour)
	defer wait.Stop()
	for {
		busy := f.work(ctx)
		switch {
		case f.stopped || ctx.Err() != nil:
			return
		case busy:
			continue
		}
		f.lock.Unlock()
		wait.Reset(min(pollEvery, f.refresh))
		select {
		case <-ctx.Done():
		case <-wait.C:
		}
		f.lock.Lock()
	}
}

// work reads what is there, and tells whether there may be more already.
func (f *follower) work(ctx context.Context) (busy bool) {
	for _, moved := range []bool{true, false} { // what was renamed is older than what is new
		for _, t := range f.order {
			if t.gone || t.moved != moved {
				continue
			}
			f.tell()
			busy = !f.stopped && f.visit(ctx, t) || busy
			if f.stopped {
				return false
			}
		}
	}
	f.tell()
	if !f.unpacking { // else an outer call goes through the order
		f.order = slices.DeleteFunc(f.order, func(t *tail) bool { return t.gone })
	}
	return busy
}

// say notes how far a file was read.
func (f *follower) say(t *tail) {
	if f.memory.durable {
		f.notes = append(f.notes, note{t.partition, t.position.encode(nil)})
	}
}

// drop notes that a position is not needed any more.
func (f *follower) drop(partition string) {
	if f.memory.durable {
		f.notes = append(f.notes, note{partition, nil})
	}
}

// tell emits what was noted. It comes before anything is read that was found at
// the same time.
func (f *follower) tell() {
	for len(f.notes) > 0 && !f.stopped {
		n := f.notes[0]
		f.notes = f.notes[1:]
		b := f.placer.out.Batch()
		if n.position == nil {
			b.RemovePosition(n.partition)
		} else {
			b.SetPosition(n.partition, n.position)
		}
		f.stopped = !f.placer.out.Emit(b)
	}
}

// lane returns what concerns the files of one worker.
func (m *memory) lane(lane, lanes int) *memory {
	own := &memory{durable: m.durable, begun: m.begun, entries: map[identity]*entry{}}
	for id, e := range m.entries {
		if id.lane(lanes) == lane {
			own.put(id, e)
		}
	}
	if lane == 0 {
		own.strange = m.strange
	}
	return own
}

func (i identity) lane(lanes int) int { return int(i.inode % uint64(lanes)) }
