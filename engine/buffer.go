package engine

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"

	"github.com/gopiper/gopiper/component"
	"github.com/gopiper/gopiper/plan"
)

// buffer is a stage that keeps messages in the store: the end of one section and
// the beginning of the next. What is put is settled by the commit that puts its
// frame; a frame is deleted by the commit that settles its messages behind the
// buffer. Invariant 11.
type buffer struct {
	p       *Pipeline
	stage   *stage
	source  *source // what comes out
	max     int64
	frames  []byte // what the keys of frames begin with
	holds   []byte // the key of what it holds
	news    chan struct{}
	spare   chan []byte // memory of frames for their next use
	packing sync.Pool   // *[]byte

	producers atomic.Int32
	waiting   atomic.Int32 // producers that wait for room
	received  atomic.Uint64
	dropped   atomic.Uint64
	bytes     atomic.Uint64

	mu        sync.Mutex
	room      sync.Cond
	next      uint64          // the number of the next frame; changed while a commit is filled
	committed uint64          // frames before this one are in the store
	oldest    uint64          // frames before this one are deleted
	emitted   []uint64        // the numbers of frames from oldest on that were emitted
	gone      map[uint64]bool // those of them that are deleted
	ended     bool            // nothing more is put
	held      holding
	recent    []frame // committed and not read yet, as far as they are remembered
	recalled  int     // bytes of them
}

// frame is one frame that is remembered.
type frame struct {
	number uint64
	size   holding
	plain  []byte
}

// holding is how much a buffer, or a frame, holds: in bytes, as in the store.
type holding struct{ messages, bytes int64 }

// recallMost is how many bytes of frames are remembered, so that they need not be
// read from the store.
const recallMost = 16 << 20

func (p *Pipeline) newBuffer(s *stage, sec *section, out output) *buffer {
	name := p.config.Name
	b := &buffer{p: p, stage: s, max: s.config.Buffer.MaxBytes, gone: map[uint64]bool{}, news: make(chan struct{}, 1), spare: make(chan []byte, 64)}
	b.frames = append(keyOf(bufferKey, name, s.config.Name), 'f')
	b.holds = append(keyOf(bufferKey, name, s.config.Name), 'm')
	b.room.L = &b.mu
	b.packing.New = func() any { return new([]byte) }
	if b.max == 0 {
		b.max = plan.DefaultBufferBytes
	}
	b.source = &source{p: p, section: sec, stage: s, out: out, buffer: b}
	sec.buffer = b
	b.source.component = (*bufferReader)(b)
	out.join()
	p.sources = append(p.sources, b.source)
	p.buffers = append(p.buffers, b)
	s.buffer = b
	return b
}

// load finds out what the buffer holds from earlier runs.
func (b *buffer) load() error {
	b.mu.Lock() // for who reads the counters
	defer b.mu.Unlock()
	store := b.p.config.Store
	value, err := store.Get(b.holds)
	if err != nil {
		return err
	}
	if len(value) == 32 { // every commit that put a frame has put this, too
		b.held.messages = int64(binary.BigEndian.Uint64(value))
		b.held.bytes = int64(binary.BigEndian.Uint64(value[8:]))
		b.next = binary.BigEndian.Uint64(value[16:])
		b.oldest = binary.BigEndian.Uint64(value[24:])
	}
	b.committed = b.next
	return nil
}

func (b *buffer) join() { b.producers.Add(1) }

func (b *buffer) end() {
	if b.producers.Add(-1) == 0 {
		b.mu.Lock()
		b.ended = true
		b.mu.Unlock()
		b.tell()
	}
}

// tell wakes the reader.
func (b *buffer) tell() {
	select {
	case b.news <- struct{}{}:
	default:
	}
}

// put implements output.
func (b *buffer) put(batch *batch) {
	n := len(batch.live)
	if n == 0 {
		batch.retire()
		return
	}
	b.received.Add(uint64(n))
	b.bytes.Add(uint64(batch.bytes))
	var plain []byte
	select {
	case plain = <-b.spare:
	default:
	}
	plain = appendFrame(plain[:0], batch)
	packing := b.packing.Get().(*[]byte)
	packed := b.p.config.Store.Pack((*packing)[:0], plain)
	*packing = packed
	size := holding{int64(n), int64(len(packed))}
	if !b.admit(size) {
		b.drop(batch)
		return
	}
	f := frame{size: size, plain: plain}
	b.p.ledger.commit(!b.stage.config.Buffer.NoSync, func(tx Tx) {
		b.mu.Lock()
		f.number = b.next
		b.next++
		tx.Put(numberedKey(b.frames, f.number), packed)
		b.putHolds(tx)
		b.mu.Unlock()
		batch.end() // invariant 11: settled by this commit
	}, func() { b.stored(f) })
	b.packing.Put(packing)
}

// putHolds notes in the commit what the buffer holds.
func (b *buffer) putHolds(tx Tx) {
	var value [32]byte
	binary.BigEndian.PutUint64(value[:], uint64(b.held.messages))
	binary.BigEndian.PutUint64(value[8:], uint64(b.held.bytes))
	binary.BigEndian.PutUint64(value[16:], b.next)
	binary.BigEndian.PutUint64(value[24:], b.oldest)
	tx.Put(b.holds, value[:])
}

// admit waits for room and takes it. It is false if what comes is to be dropped
// instead. While the run is stopping nothing waits: what is in flight is let in. Nor
// does anything while the watchman lets a message through alone: whoever would make
// room may wait for that message.
func (b *buffer) admit(size holding) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	for b.held.bytes > 0 && b.held.bytes+size.bytes > b.max && !b.p.isStopping.Load() && b.p.watchman.turns.Load() == 0 {
		if b.stage.config.Buffer.DropNewest {
			return false
		}
		b.waiting.Add(1)
		b.room.Wait()
		b.waiting.Add(-1)
	}
	b.held.messages += size.messages
	b.held.bytes += size.bytes
	return true
}

func (b *buffer) drop(batch *batch) {
	b.dropped.Add(uint64(len(batch.live)))
	for i := range batch.live {
		batch.at(i).settle(component.Report{Status: component.Drop, Description: "the buffer " + b.stage.config.Name + " is full"})
	}
	batch.retire()
}

// stored takes a frame that is committed.
func (b *buffer) stored(f frame) {
	b.mu.Lock()
	b.committed = f.number + 1
	if b.recalled+len(f.plain) <= recallMost {
		b.recent = append(b.recent, f)
		b.recalled += len(f.plain)
		f.plain = nil
	}
	b.mu.Unlock()
	b.recycle(f.plain)
	b.tell()
}

func (b *buffer) recycle(memory []byte) {
	if memory == nil || cap(memory) > 1<<20 {
		return
	}
	select {
	case b.spare <- memory:
	default:
	}
}

// end of a frame: everything in it is settled. It implements ender.
type bufferEnder buffer

func (e *bufferEnder) end(tx Tx, h *home) {
	b := (*buffer)(e)
	f := h.raw.Position.(*frame)
	b.mu.Lock()
	tx.Delete(numberedKey(b.frames, f.number))
	b.held.messages -= f.size.messages
	b.held.bytes -= f.size.bytes
	b.passed(f.number)
	b.putHolds(tx)
	b.room.Broadcast()
	b.mu.Unlock()
}

// passed notes that a frame is deleted: the next run need not look for the frames
// before the oldest that is not, which in the store may cost as much as to read them.
func (b *buffer) passed(number uint64) {
	b.gone[number] = true
	for len(b.emitted) > 0 && b.gone[b.emitted[0]] {
		delete(b.gone, b.emitted[0])
		b.oldest = b.emitted[0] + 1
		b.emitted = b.emitted[1:]
	}
}

// bufferReader is the buffer as a source.
type bufferReader buffer

// Handle is never called: a buffer is an output and a source.
func (*bufferReader) Handle(_ component.Message, handled component.HandledCallback) {
	handled(component.Report{Status: component.Fail, Description: "a buffer handles no messages"})
}

// Run implements component.Runner: it emits what the store holds, oldest first,
// until the input has ended and everything was emitted.
func (r *bufferReader) Run(ctx context.Context, out component.Output) error {
	b := (*buffer)(r)
	b.mu.Lock()
	cursor := b.oldest
	b.mu.Unlock()
	for {
		b.mu.Lock()
		over := b.ended && cursor >= b.next
		b.mu.Unlock()
		if over || ctx.Err() != nil {
			return nil
		}
		frames, err := b.read(cursor)
		if err != nil {
			return err
		}
		for i := range frames {
			f := &frames[i]
			cursor = f.number + 1
			if f.plain == nil { // there is none up to here
				continue
			}
			if stopped, err := b.emit(out, f); err != nil || stopped {
				return err
			}
		}
		if len(frames) > 0 {
			continue
		}
		select {
		case <-b.news:
		case <-ctx.Done():
			return nil
		}
	}
}

// emit hands over one frame.
func (b *buffer) emit(out component.Output, f *frame) (stopped bool, err error) {
	raw := out.Batch()
	old := raw.Buffer
	if err := readFrame(f.plain, raw); err != nil {
		return false, fmt.Errorf("frame %d of the buffer is damaged: %w", f.number, err)
	}
	b.recycle(old)
	f.plain = nil
	raw.Position = f
	b.mu.Lock()
	b.emitted = append(b.emitted, f.number)
	b.mu.Unlock()
	return !out.Emit(raw), nil
}

// read returns the next frames from cursor on: those remembered, or some from the
// store. A last one without content says how far there are none.
func (b *buffer) read(cursor uint64) ([]frame, error) {
	b.mu.Lock()
	for len(b.recent) > 0 && b.recent[0].number < cursor { // read from the store meanwhile
		b.recalled -= len(b.recent[0].plain)
		b.recent = b.recent[1:]
	}
	if len(b.recent) > 0 && b.recent[0].number == cursor {
		frames := b.recent
		b.recent, b.recalled = nil, 0
		b.mu.Unlock()
		for i := 1; i < len(frames); i++ {
			if frames[i].number != frames[0].number+uint64(i) { // more lies between
				b.forget(frames[i:])
				return frames[:i], nil
			}
		}
		return frames, nil
	}
	end := b.committed
	if len(b.recent) > 0 {
		end = b.recent[0].number
	}
	b.mu.Unlock()
	if cursor >= end {
		return nil, nil
	}
	return b.fetch(cursor, end)
}

// forget gives back frames that are not the next ones: they are read from the
// store when it is their turn.
func (b *buffer) forget(frames []frame) {
	for _, f := range frames {
		b.recycle(f.plain)
	}
}

// fetchMost is how many bytes are read from the store at a time.
const fetchMost = 4 << 20

// fetch reads frames from the store.
func (b *buffer) fetch(cursor, end uint64) ([]frame, error) {
	var frames []frame
	var damaged error
	total := 0
	err := b.p.config.Store.Scan(numberedKey(b.frames, cursor), numberedKey(b.frames, end), func(key, value []byte) bool {
		f := frame{number: numberOf(key)}
		var memory []byte
		select {
		case memory = <-b.spare:
		default:
		}
		f.plain, damaged = b.p.config.Store.Unpack(memory[:0], value)
		if damaged != nil {
			damaged = fmt.Errorf("frame %d of the buffer is damaged: %w", f.number, damaged)
			return false
		}
		f.size = holding{messages: messagesIn(f.plain), bytes: int64(len(value))}
		frames = append(frames, f)
		total += len(f.plain)
		return total < fetchMost
	})
	if err := errors.Join(damaged, err); err != nil {
		return nil, err
	}
	if total < fetchMost {
		frames = append(frames, frame{number: end - 1}) // up to here there are no others
	}
	return frames, nil
}

// messagesIn is the number of messages in a frame.
func messagesIn(plain []byte) int64 {
	if len(plain) <= frameFixed {
		return 0
	}
	n, _ := binary.Uvarint(plain[frameFixed:])
	return int64(n)
}

// addTo adds what is known of the buffer to the counters of its stage.
func (b *buffer) addTo(s *StageStats) {
	s.Received += b.received.Load()
	s.Dropped += b.dropped.Load()
	s.Bytes += b.bytes.Load()
	b.mu.Lock()
	s.Buffered, s.BufferedBytes, s.BufferMax = b.held.messages, b.held.bytes, b.max
	b.mu.Unlock()
}
