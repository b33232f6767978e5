package engine

import (
	"slices"

	"github.com/gopiper/gopiper/component"
	"github.com/gopiper/gopiper/plan"
)

// hand hands messages over until all are, until it takes too long, or until one
// must be handled again before the next. It returns how many were handed over,
// and whether anything but Done in time came of them.
func (u *unit) hand(b *batch) (handed int, dirty bool) {
	if u.handed && b.owned { // a message may be replaced by a new object
		b.own = append(b.own[:0], b.live...)
		b.live, b.owned = b.own, false
	}
	live := b.live
	if u.stage.emits { // it may keep them and use them from other goroutines, at once
		for i := range live {
			live[i].(*message).carrier = nil
		}
	}
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
			if reports[i].Status < component.Fail { // the others need no second look
				u.report(live, from+i, reports[i])
			}
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
		if u.report(live, i, c.result()); u.stop {
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
		c := u.newCall(m)
		u.current = c
		if u.stage.order == plan.Key {
			c.key = u.keyOf(m)
		}
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
			if u.report(live, i, c.result()); u.stop {
				return i + 1 - from, true
			}
		}
	}
	return to - from, dirty
}

// newCall makes a callback for one message. It is never reused; allocating many
// together costs less.
func (u *unit) newCall(m *message) *call {
	if len(u.fresh) == 0 {
		u.fresh = make([]call, 32)
	}
	c := &u.fresh[0]
	u.fresh = u.fresh[1:]
	c.u, c.m = u, m
	return c
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
// after a message that is to be retried. What the component changed in its state
// for a message that does not go on is taken back before it sees the next one.
func (u *unit) report(live []component.Message, i int, r component.Report) {
	if r.Status == statusPending {
		r.Status++
	}
	u.reports[i] = r
	if class := r.Class(); class == component.ClassRetry || class == component.ClassFail {
		u.takeBack(live[i].(*message))
	}
	if u.stage.order == plan.Total && r.Class() == component.ClassRetry {
		u.stop = true
	}
}

// single tells that the message must be handled alone: it has made the
// component panic before.
func (u *unit) single(live []component.Message, from int) bool {
	x := live[from].(*message).extra()
	return x != nil && x.panics+x.timeouts > 0
}
