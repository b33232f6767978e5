package engine

import (
	"context"
	"math"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gopiper/gopiper/component"
	"github.com/gopiper/gopiper/plan"
)

// stage is what the workers of one stage share.
type stage struct {
	p       *Pipeline
	config  *Stage
	workers int
	order   plan.Order
	timeout time.Duration
	sync    bool // calls back before Handle returns
	emits   bool // sends on postponed, or may
	keeps   bool // flushed only at the bound and at the end
	last    bool // what it lets through is delivered
	failing bool // it is part of the failed branch
	source  bool

	fresh      atomic.Bool  // a callback came twice: never reuse one again
	kept       atomic.Int64 // messages that its components keep
	stalled    atomic.Int64
	closed     atomic.Int64  // workers that retry in total order: hand nothing over to any
	complained atomic.Int64  // when it was last logged that something stalls
	lost       atomic.Uint64 // messages that failed outside of a worker: at a fork
	units      []*unit
	opened     bool
	created    []*instance // that are not closed yet; under Pipeline.mu
}

// wakeAll lets the workers look again whether they may hand over.
func (s *stage) wakeAll() {
	if s.workers > 1 {
		for _, u := range s.units {
			u.w.post(event{kind: gateOpened, unit: u})
		}
	}
}

// unit is one worker's instance of a stage's component, and what waits there.
// All of it belongs to whoever holds the worker's lock.
type unit struct {
	stage *stage
	w     *worker
	index int // in the worker

	component component.Component
	instance  *instance
	batches   component.BatchHandler
	flusher   component.Flusher
	postponed chan component.Message
	key       KeyFunc
	channel   atomic.Pointer[chan component.Message] // postponed, for others to look at
	helper    atomic.Pointer[helper]

	cell      *cell // the reused callback
	callback  component.HandledCallback
	calls     map[*message]*call // those that are late
	lateCalls atomic.Int64       // how many these are

	reports   []component.Report  // of the batch being handed over; all Done in between
	at        int                 // the message being handed over
	stop      bool                // hand nothing more over before what was reported is seen to
	emissions []emission          // sent on postponed during this batch
	sent      []component.Message // sent on postponed outside of Handle
	nursery   *home               // of messages that the component has made
	orphans   []int               // messages of this batch that a component kept which was replaced
	failures  []component.Message

	park      []*entry             // what goes on only behind something unfinished
	waiting   []*batch             // not handed over yet
	blocked   int                  // messages whose retry holds the others back
	keys      map[string]*keyQueue // in key order: those of which something is awaited
	loose     int                  // messages that wait for a callback or retry with no entry
	unflushed []*batch
	flushes   int // failed flushes in a row
	current   *call
	handed    bool // called by hands
	hands     atomic.Pointer[hands]
	alone     bool // hand over one at a time

	keepMu  sync.Mutex
	keeping []*message // that the component keeps
	kept    atomic.Int64

	chunk  int // how many messages between two looks at the clock
	sample uint
	inside atomic.Int64 // since when the component has been running, 0 if it is not; sampled
	counts counts
}

type emission struct {
	m  *message
	at int // its place: before this message of the batch
}

// statusPending marks a message in reports whose callback has not come.
const statusPending = math.MinInt

// slice is how long a batch may stay in one stage before what is finished of it
// goes on.
const slice = int64(time.Millisecond)

var epoch = time.Now()

// monotonic is the time since the program started, in nanoseconds, never 0.
func monotonic() int64 { return int64(time.Since(epoch)) | 1 }

// step hands a batch over to the component and returns the batch that goes on
// to the next stage, or nil if there is none for now. This is the way of every
// message: worker.run, step, the component, and back.
func (u *unit) step(b *batch) *batch {
	if u.held() {
		u.waiting = append(u.waiting, b)
		return nil
	}
	if len(u.keys) > 0 {
		u.divert(b)
	}
	for {
		handed, dirty := u.hand(b)
		u.counts.received += uint64(handed)
		u.counts.batches++
		if handed < len(b.live) && !u.stop { // slow: let the finished ones go on
			front := u.sift(b.split(handed), handed)
			if front != nil {
				u.w.run(u.index+1, front)
			}
			continue
		}
		u.counts.bytes += uint64(b.bytes)
		if dirty || handed < len(b.live) || len(u.emissions) > 0 || len(u.park) > 0 || len(u.keys) > 0 {
			b = u.sift(b, handed)
			if len(u.waiting) > 0 && u.blocked == 0 { // nothing holds the rest back any more
				if b != nil {
					u.proceed(b)
				}
				u.advance()
				return nil
			}
			if b == nil {
				return nil
			}
		} else {
			u.counts.done += uint64(handed)
			if b.edited {
				b.commit()
			}
		}
		return u.pass(b)
	}
}

// held tells that nothing may be handed over now.
func (u *unit) held() bool {
	return u.blocked > 0 || len(u.waiting) > 0 || u.stage.closed.Load() > 0
}

// hand hands messages over until all are, until it takes too long, or until one
// must be handled again before the next. It returns how many were handed over,
// and whether anything but Done in time came of them.
func (u *unit) hand(b *batch) (handed int, dirty bool) {
	if u.handed && b.owned { // a message may be replaced by a new object
		b.own = append(b.own[:0], b.live...)
		b.live, b.owned = b.own, false
	}
	live := b.live
	if len(live) > len(u.reports) {
		u.reports = make([]component.Report, max(len(live), u.w.p.config.BatchMax))
	}
	u.sample++
	timed := len(live) >= 16 || u.chunk < 64 || u.sample&15 == 0
	var start, last int64
	if timed {
		start = u.w.time()
		last = start
		u.inside.Store(start)
	}
	for handed < len(live) {
		to := min(len(live), handed+u.chunk)
		n, d := u.attemptBy(live, handed, to)
		handed += n
		dirty = dirty || d
		if timed {
			last = u.clock(last, n)
		}
		if u.stop || timed && last-start > slice && handed < len(live) {
			break
		}
	}
	if timed {
		u.inside.Store(0)
	}
	if !u.stage.emits && u.sentAny() {
		u.collect(len(live), live)
	}
	return handed, dirty
}

// clock looks at the time after n messages, counts it, and adapts how many pass
// before it looks again: often enough to notice a slow stage, rarely enough to
// cost a fast one nothing.
func (u *unit) clock(last int64, n int) int64 {
	now := monotonic()
	u.w.now = now
	spent := now - last
	u.counts.observe(spent, n)
	switch {
	case spent > slice/2:
		u.chunk = max(1, u.chunk/4)
	case spent < slice/8 && n >= u.chunk:
		u.chunk = min(u.chunk*2, 1<<20)
	}
	return now
}

// attempt hands over live[from:to], or a part of it, to the component.
// A panic is a report on the message that caused it.
func (u *unit) attempt(h *hands, live []component.Message, from, to int) (n int, dirty bool) {
	defer func() {
		switch reason := recover(); reason.(type) {
		case nil, givenUpCall:
		default:
			n, dirty = u.panicked(h, live, from, to, reason)
		}
	}()
	if u.batches != nil && !u.alone && !u.single(live, from) {
		return u.together(h, live, from, to)
	}
	if u.stage.sync && !u.stage.fresh.Load() {
		return u.each(live, from, to)
	}
	return u.eachFresh(h, live, from, to)
}

// together hands over with one call.
func (u *unit) together(h *hands, live []component.Message, from, to int) (int, bool) {
	u.at = -1
	reports := u.reports[from:to]
	var n int
	if h != nil {
		n = u.togetherByHands(h, live[from:to:to], reports)
	} else {
		n = u.batches.HandleBatch(live[from:to:to], reports)
	}
	if n < 1 || n > to-from {
		panic(badCount{n, to - from})
	}
	dirty := false
	for i := range reports[:n] {
		if reports[i].Status != component.Done {
			dirty = true
			u.report(from+i, reports[i])
		}
	}
	if u.stage.emits && u.sentAny() {
		u.collect(from+n, live)
	}
	return n, dirty
}

// togetherByHands is the call of a batch handler that may be given up. It must
// not touch the batch's own memory then: it gets copies.
func (u *unit) togetherByHands(h *hands, messages []component.Message, reports []component.Report) int {
	c := &call{u: u}
	copied, copies := slices.Clone(messages), make([]component.Report, len(reports))
	batches := u.batches
	h.enter(c)
	n := batches.HandleBatch(copied, copies)
	if !c.leave() {
		panic(givenUpCall{})
	}
	copy(reports, copies)
	return n
}

// each hands over one by one, with the callback that is reused.
func (u *unit) each(live []component.Message, from, to int) (int, bool) {
	dirty := false
	emits := u.stage.emits
	handler, callback, c := u.component, u.callback, u.cell
	for i := from; i < to; i++ {
		u.at = i
		c.calls = 0
		handler.Handle(live[i], callback)
		if emits && u.sentAny() {
			u.collect(i, live)
		}
		if c.calls == 1 && !c.bad {
			continue
		}
		dirty = true
		if c.calls == 0 && !c.bad {
			// It broke its promise: this callback is that message's from now on.
			u.breakCell(live[i].(*message), i)
			callback, c = u.callback, u.cell
			continue
		}
		if u.report(i, c.result()); u.stop {
			return i + 1 - from, true
		}
	}
	return to - from, dirty
}

// breakCell makes the reused callback that of message i, which has not been
// called back, and a new one for those that follow.
func (u *unit) breakCell(m *message, i int) {
	c := &call{u: u, m: m}
	if u.stage.order == plan.Key {
		c.key = u.keyOf(m)
	}
	m.carrier = nil
	c.state.Store(late)
	u.parkCall(c, i)
	u.cell.calls = 1
	u.cell.late.Store(c)
	u.newCell()
}

// eachFresh hands over one by one, each message with a callback of its own.
func (u *unit) eachFresh(h *hands, live []component.Message, from, to int) (int, bool) {
	dirty := false
	for i := from; i < to; i++ {
		u.at = i
		m := live[i].(*message)
		c := &call{u: u, m: m}
		u.current = c
		if u.stage.order == plan.Key {
			c.key = u.keyOf(m)
		}
		c.state.Store(armed)
		carrier := m.carrier
		m.carrier = nil        // others may hold it from now on
		handler := u.component // nothing of the unit is read after enter: it may go on without us
		h.enter(c)
		handler.Handle(m, c.handled)
		if !c.leave() {
			panic(givenUpCall{})
		}
		if u.stage.emits && u.sentAny() {
			u.collect(i, live)
		}
		switch {
		case c.state.Load() == done:
			u.current = nil
			m.carrier = carrier
			if m.edited && carrier != nil {
				carrier.edited = true
			}
		case c.state.CompareAndSwap(armed, late):
			u.current = nil
			u.parkCall(c, i)
			dirty = true
		default:
			u.current = nil
			m.carrier = carrier
			dirty = true
			if m.edited && carrier != nil {
				carrier.edited = true
			}
			if u.report(i, c.result()); u.stop {
				return i + 1 - from, true
			}
		}
	}
	return to - from, dirty
}

// parkCall notes that message i waits for a late callback. The message itself
// belongs to the component and is not touched.
func (u *unit) parkCall(c *call, i int) {
	u.reports[i].Status = statusPending
	u.counts.late++
	if u.calls == nil {
		u.calls = map[*message]*call{}
	}
	c.deadline = monotonic() + int64(u.stage.timeout)
	u.calls[c.m] = c
	u.lateCalls.Add(1)
}

// report records the report on message i. In total order nothing is handed over
// after a message that is to be retried.
func (u *unit) report(i int, r component.Report) {
	if r.Status == statusPending {
		r.Status++
	}
	u.reports[i] = r
	if u.stage.order == plan.Total && r.Class() == component.ClassRetry {
		u.stop = true
	}
}

// startKeeping notes that the component keeps the message.
func (u *unit) startKeeping(m *message) {
	x := m.more()
	x.unit = u
	u.keepMu.Lock()
	x.keptAt = len(u.keeping)
	u.keeping = append(u.keeping, m)
	u.keepMu.Unlock()
	u.kept.Add(1)
	u.stage.kept.Add(1)
	u.w.p.kept.Add(1)
}

// unlist takes the message off the list of those that the component keeps.
func (u *unit) unlist(m *message) {
	u.keepMu.Lock()
	defer u.keepMu.Unlock()
	end := len(u.keeping) - 1
	last := u.keeping[end]
	u.keeping[m.x.keptAt] = last
	last.x.keptAt = m.x.keptAt
	u.keeping[end] = nil
	u.keeping = u.keeping[:end]
}

// keptLess counts that the component keeps one message less.
func (u *unit) keptLess() {
	u.w.p.kept.Add(-1)
	u.stage.kept.Add(-1)
	if u.kept.Add(-1) == 0 {
		u.w.post(event{kind: keptNone, unit: u})
	}
}

// newCell makes a callback to reuse.
func (u *unit) newCell() {
	u.cell = &cell{u: u}
	u.callback = u.cell.handled
}

// single tells that the message must be handled alone: it has made the
// component panic before.
func (u *unit) single(live []component.Message, from int) bool {
	x := live[from].(*message).x
	return x != nil && x.panics+x.timeouts > 0
}

// pass is the way out of the stage. What a component with a Flush let through
// goes on only once it is flushed. Invariant 5.
func (u *unit) pass(b *batch) *batch {
	if u.flusher == nil || u.stage.keeps {
		return b
	}
	if u.w.more() && len(u.unflushed) < flushBatches {
		u.unflushed = append(u.unflushed, b)
		u.w.flushDue = true
		return nil
	}
	if len(u.unflushed) > 0 {
		u.unflushed = append(u.unflushed, b)
		return u.flush()
	}
	if err := u.callFlush(); err != nil {
		u.unflushed = append(u.unflushed, b)
		u.flushFailed(err)
		return nil
	}
	return b
}

// flushBatches is how many batches may wait for a flush while more input does.
const flushBatches = 8

// flush flushes and sends on what waited for it, returning the last batch.
func (u *unit) flush() *batch {
	if len(u.unflushed) == 0 {
		return nil
	}
	if err := u.callFlush(); err != nil {
		u.flushFailed(err)
		return nil
	}
	ready := u.unflushed
	u.unflushed = nil
	for _, b := range ready[:len(ready)-1] {
		u.w.run(u.index+1, b)
	}
	return ready[len(ready)-1]
}

// callFlush calls Flush; a panic is an error.
func (u *unit) callFlush() (err error) {
	defer func() {
		if reason := recover(); reason != nil {
			u.counts.panics++
			err = panicReport(reason)
		}
	}()
	err = u.flusher.Flush(u.w.p.flushContext())
	if err == nil {
		u.flushes = 0
	}
	return err
}

func (p *Pipeline) flushContext() context.Context { return p.hardContext }
