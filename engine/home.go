package engine

import (
	"sync"
	"sync/atomic"

	"github.com/gopiper/gopiper/component"
)

// home is where messages that were originated together live: their memory, and
// the count of those that are not settled yet. Messages travel in batches,
// which come and go; a message's home stays, so that acknowledging a source
// costs a counter and not a map. Homes are reused, oldest first, once all their
// messages are settled.
type home struct {
	p       *Pipeline
	section *section // that its messages count in
	slots   []message
	all     []component.Message // all[i] is &slots[i]
	n       int                 // how many slots are in use
	first   batch               // carries all of them at the start

	raw     *component.Batch          // the source's, or nil
	indexes atomic.Pointer[[]indexed] // of the slots, once there is one
	origins []component.Message       // origins[i] is the object that was sent for slot i; or empty

	unsettled atomic.Int32
	tracked   atomic.Bool // some message has, or had, children
	messy     atomic.Bool // some slot must be cleaned before its next use
	leaked    atomic.Bool // something may still touch it: never reuse it
	derived   bool        // its messages were made from others: sources know nothing of them
	bytes     int64
	started   int64 // monotonic nanoseconds

	// What a pipeline with a store needs, see ledger.
	fifo      *fifo        // in which it has its turn
	ender     ender        // nil: a commit need not note that it is settled
	isSettled bool         // in fifo
	held      bool         // what is settled counts as in flight until the home has ended
	tied      atomic.Bool  // something in it is settled by a commit that may not be durable yet
	changed   atomic.Bool  // its messages have caused changes of state
	owed      atomic.Int64 // settled messages that still count as in flight
	advanced  int64        // settled messages that no longer do, and are not committed

	mu       sync.Mutex
	outcomes []outcome // of those that are not Done

	arena arena
}

type outcome struct {
	index  int32
	report component.Report
}

// newHome takes the oldest free home, or makes one.
func (p *Pipeline) newHome() *home {
	if !p.config.Strict {
		select {
		case h := <-p.free:
			return h
		default:
		}
	}
	h := &home{p: p}
	h.first.main = h
	h.first.reset()
	return h
}

// reserve makes room for n messages.
func (h *home) reserve(n int) {
	if n <= len(h.slots) {
		return
	}
	// Nothing refers to the old slots: the home is empty.
	h.slots = make([]message, max(n, min(2*len(h.slots), h.p.config.BatchMax)))
	h.indexes.Store(nil)
	h.all = make([]component.Message, len(h.slots))
	for i := range h.slots {
		m := &h.slots[i]
		m.home, m.index, m.carrier = h, int32(i), &h.first
		h.all[i] = m
	}
}

// fill puts the source's batch into the slots.
func (h *home) fill(raw *component.Batch) *batch {
	n := raw.Len()
	h.reserve(n)
	h.raw, h.n = raw, n
	slots := h.slots[:n]
	total := 0
	for i := range slots {
		data := raw.Data(i)
		slots[i].data = data
		total += len(data)
	}
	if metas := raw.Metas(); len(metas) > 0 {
		h.messy.Store(true)
		for i := range metas {
			slots[i].meta = metaOf(metas[i])
		}
	}
	if raw.Unterminated() && n > 0 {
		h.messy.Store(true)
		slots[n-1].unterminated = true
	}
	h.unsettled.Store(int32(n) + 1) // one more for the batch itself, see retire
	h.bytes = int64(cap(raw.Buffer))
	b := &h.first
	b.live, b.bytes = h.all[:n:n], int64(total)
	return b
}

// settledAll counts k messages as settled with Done, none of which has
// children or an object of the source's.
func (h *home) settledAll(k int) {
	h.count(k)
	h.release(k)
}

func (h *home) count(k int) {
	if h.held || h.tied.Load() {
		h.owed.Add(int64(k))
		h.section.owed.Add(int64(k))
	} else {
		h.section.credits.releaseMessages(int64(k))
	}
	h.section.count.Add(uint64(k))
	if !h.derived && h.section.buffer == nil { // what leaves a buffer was settled when it entered
		h.p.settledCount.Add(uint64(k))
	}
}

// release gives up k references: one for every message, one for first.
func (h *home) release(k int) {
	if h.unsettled.Add(int32(-k)) == 0 {
		h.finish()
	}
}

// simple tells that no message of the home needs more than being counted.
func (h *home) simple() bool { return len(h.origins) == 0 && !h.tracked.Load() }

// settled records the final outcome of one message and tells its source.
// Invariant 2: the outcome is written before Release, and Release called once.
func (h *home) settled(m *message, outcome component.Report) {
	if outcome.Class() == component.ClassFail && !h.derived {
		h.p.failedCount.Add(1)
	}
	if len(h.origins) > 0 {
		origin := h.origins[m.index]
		h.origins[m.index] = nil
		*origin.Status() = outcome
		if !h.derived && h.tied.Load() {
			h.p.ledger.takesOrigin(origin)
		} else {
			origin.Release()
		}
	} else if outcome.Status != component.Done {
		h.note(m.index, outcome)
	}
	h.settledAll(1)
}

func (h *home) note(index int32, report component.Report) {
	h.mu.Lock()
	h.outcomes = append(h.outcomes, outcome{index, report})
	h.mu.Unlock()
}

// finish runs once everything in the home is settled. Invariant 9: its source is
// told once that is durable.
func (h *home) finish() {
	if l := h.p.ledger; l == nil || h.derived || !l.takes(h) {
		h.ended()
	}
}

// advance lets sources go on before the commit that says that the home is settled,
// as far as so much may be uncommitted; not while messages go through alone.
func (h *home) advance() {
	if h.ender == nil || h.p.isAlone() {
		return
	}
	s, owed := h.section, h.owed.Load()
	if s.uncommitted.Add(owed) > uncommitted(s.credits.maxMessages) {
		s.uncommitted.Add(-owed)
		return
	}
	h.owed.Store(0)
	h.advanced = owed
	s.owed.Add(-owed)
	s.credits.releaseMessages(owed)
}

// ended tells the source, and lets the home go.
func (h *home) ended() {
	p := h.p
	h.forgetChanges()
	if raw := h.raw; raw != nil {
		for _, o := range h.outcomes {
			raw.SetOutcome(int(o.index), o.report)
		}
		if raw.OnSettled != nil {
			raw.OnSettled(raw)
		}
	}
	p.observeLatency(h.started)
	h.section.credits.releaseBytes(h.bytes)
	h.section.uncommitted.Add(-h.advanced)
	h.advanced = 0
	if owed := h.owed.Swap(0); owed > 0 {
		h.section.owed.Add(-owed)
		h.section.credits.releaseMessages(owed)
	}
	if e, ok := h.ender.(*replayed); ok {
		e.r.over(e.id)
	}
	if p.config.Strict {
		h.poison()
		return
	}
	if h.leaked.Load() {
		return
	}
	h.clean()
	select {
	case p.free <- h:
	default:
	}
}

// clean makes the home ready for its next use.
func (h *home) clean() {
	if h.messy.Load() {
		for i := range h.slots[:h.n] {
			m := &h.slots[i]
			m.data, m.meta, m.carrier = nil, nil, &h.first
			m.x.Store(nil)
			m.edited, m.unterminated = false, false
			m.entryData, m.entryMeta = nil, nil
			m.hold.Store(notKept)
		}
		h.messy.Store(false)
	}
	h.forgetIndexes()
	h.tracked.Store(false)
	if h.p.ledger != nil || h.changed.Load() {
		h.fifo, h.ender, h.isSettled, h.held = nil, nil, false, false
		h.tied.Store(false)
		h.changed.Store(false)
	}
	h.first.reset()
	h.n, h.bytes, h.derived = 0, 0, false
	h.origins = h.origins[:0]
	clear(h.outcomes)
	h.outcomes = h.outcomes[:0]
	if h.raw != nil {
		if cap(h.raw.Buffer) > 1<<20 {
			h.raw.Buffer = nil // do not keep what one large message needed
		}
		h.raw.Reset()
	}
	h.arena.reset()
}

// poison overwrites what nobody may use any more, so that a breach shows.
func (h *home) poison() {
	if h.raw != nil {
		buffer := h.raw.Buffer[:cap(h.raw.Buffer)]
		for i := range buffer {
			buffer[i] = 0xDB
		}
	}
	for i := range h.slots[:h.n] {
		h.slots[i].data = []byte("\xDB\xDBused after it was settled\xDB\xDB")
	}
	h.arena.poison()
}

// grow returns memory that lasts until the home is empty.
func (h *home) grow(n int) []byte { return h.arena.grow(n) }

// arena hands out memory for the new data of a home's messages. Messages of one
// home may be with different workers, therefore the atomic.
type arena struct {
	chunk atomic.Pointer[chunk]
	mu    sync.Mutex
	want  int
}

type chunk struct {
	memory []byte
	used   atomic.Int64
}

const (
	arenaStart = 16 << 10
	arenaMax   = 1 << 20
)

func (a *arena) grow(n int) []byte {
	if n > arenaMax/4 {
		return make([]byte, 0, n)
	}
	for {
		c := a.chunk.Load()
		if c != nil {
			end := c.used.Add(int64(n))
			if end <= int64(len(c.memory)) {
				return c.memory[end-int64(n) : end-int64(n) : end]
			}
		}
		a.mu.Lock()
		if a.chunk.Load() == c {
			// What the old chunk holds stays alive through the messages.
			a.want = min(max(arenaStart, 2*a.want, 4*n), arenaMax)
			a.chunk.Store(&chunk{memory: make([]byte, a.want)})
		}
		a.mu.Unlock()
	}
}

// reset keeps the newest, and largest, chunk.
func (a *arena) reset() {
	if c := a.chunk.Load(); c != nil {
		c.used.Store(0)
	}
}

func (a *arena) poison() {
	if c := a.chunk.Load(); c != nil {
		for i := range c.memory {
			c.memory[i] = 0xDB
		}
	}
}
