package engine

import (
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/gopiper/gopiper/component"
	"github.com/gopiper/gopiper/plan"
)

// entry is a place in the order behind a stage: of a message whose callback or
// retry is awaited, of one that must not overtake it, or of the end of a batch.
type entry struct {
	m        *message // nil: it is gone, or this is only a mark
	before   []*message
	ready    bool
	unhanded bool // held back before the stage
	seq      uint64
	last     bool
	key      string // in key order
}

// keyQueue is the order of one key, while something of it is awaited.
type keyQueue struct {
	entries []*entry
	holders int // that are retried: nothing of the key is handed over meanwhile
}

// place gives a message its place behind what it must not overtake.
func (u *unit) place(m *message, key string, seq uint64) *entry {
	e := &entry{m: m, seq: seq, key: key}
	if u.stage.order != plan.Key {
		u.park = append(u.park, e)
		return e
	}
	q := u.keys[key]
	if q == nil {
		q = &keyQueue{}
		if u.keys == nil {
			u.keys = map[string]*keyQueue{}
		}
		u.keys[key] = q
	}
	q.entries = append(q.entries, e)
	return e
}

// keyOf is the key that the message had when it entered the stage.
func (u *unit) keyOf(m *message) string {
	if m.edited {
		data, meta := m.data, m.meta
		m.data, m.meta = m.entryData, m.entryMeta
		defer func() { m.data, m.meta = data, meta }()
	}
	key, err := u.key(m)
	if err != nil { // the splitter has failed the message already if this lasts
		return m.Key()
	}
	return key
}

// divert takes out of the batch what belongs to keys that are held back.
func (u *unit) divert(b *batch) {
	live, out := u.room(b, len(b.live))
	for _, c := range live {
		m := c.(*message)
		key := u.keyOf(m)
		if q := u.keys[key]; q != nil && q.holders > 0 {
			m.carrier = nil
			u.place(m, key, 0).unhanded = true
			continue
		}
		out = append(out, m)
	}
	b.live = out
	if len(out) < len(live) {
		b.adopt()
	}
}

// retry arranges that the message is handled again. e is its place, if it has
// one already. Invariant 7: no worker sleeps.
func (u *unit) retry(m *message, r component.Report, e *entry, seq uint64) {
	m.restore()
	u.takeBack(m)
	m.carrier = nil
	x := u.prepare(m)
	x.status = r
	x.attempts++
	policy := u.stage.config.Retry.For(r.Status)
	if final, over := u.givenUp(x, r, policy); over {
		u.fail(m, final)
		u.lift(m, e, false)
		return
	}
	if x.retrying == 0 {
		if u.stage.order == plan.Key && e == nil {
			key := u.keyOf(m)
			e = u.place(m, key, 0)
			if u.keys[key].holders > 0 { // another of its key is ahead
				e.unhanded = true
				return
			}
		}
		x.retrying = monotonic()
		u.hold(m, e, seq)
	}
	u.watchStall(m)
	delay := backoff(policy, x.attempts)
	time.AfterFunc(delay, func() { u.w.post(event{kind: retryDue, message: m, unit: u}) })
}

// givenUp decides whether a message has been tried often enough.
func (u *unit) givenUp(x *extra, r component.Report, policy plan.Retry) (component.Report, bool) {
	switch {
	case x.panics >= maxPanics:
		return component.Report{Status: StatusPanic, Description: r.Description}, true
	case x.timeouts >= maxTimeouts:
		return component.Report{Status: StatusTimeout, Description: r.Description}, true
	case policy.MaxAttempts > 0 && x.attempts >= policy.MaxAttempts:
		return component.Report{Status: StatusAttempts, Description: fmt.Sprintf("given up after %d attempts: %s", x.attempts, r)}, true
	}
	return r, false
}

const (
	maxPanics   = 3
	maxTimeouts = 3
)

// backoff is the pause before the next attempt: exponential, with a jitter of
// up to a fifth.
func backoff(policy plan.Retry, attempts int) time.Duration {
	pause := policy.Initial
	for i := 1; i < attempts && pause < policy.Max; i++ {
		pause *= 2
	}
	pause = min(pause, policy.Max)
	return pause - time.Duration(rand.Int64N(int64(pause)/5+1))
}

// hold keeps back what must not overtake a message that is retried: everything
// in total order, its key in key order, nothing otherwise.
func (u *unit) hold(m *message, e *entry, seq uint64) {
	switch u.stage.order {
	case plan.Total:
		if e == nil {
			e = u.place(m, "", seq)
		}
		u.blocked++
		u.stage.closed.Add(1)
	case plan.Key:
		u.keys[e.key].holders++
	default:
		u.setLoose(m.extra(), true)
	}
	m.extra().entry = e
}

// setLoose notes whether a message waits outside of the park.
func (u *unit) setLoose(x *extra, loose bool) {
	if x.loose != loose {
		x.loose = loose
		if loose {
			u.loose++
		} else {
			u.loose--
		}
	}
}

// again hands one message over once more.
func (u *unit) again(m *message) {
	if m.extra().attempts > 0 {
		u.counts.retried++
	} else {
		u.counts.received++
	}
	live := []component.Message{m}
	if len(u.reports) == 0 {
		u.reports = make([]component.Report, u.w.p.config.BatchMax)
	}
	u.attemptBy(live, 0, 1)
	m = live[0].(*message) // it may be a new object
	if e := m.extra().entry; e != nil {
		e.m = m
	}
	if u.sentAny() {
		u.collect(0, live)
	}
	r := u.reports[0]
	u.reports[0], u.stop = component.Report{}, false
	e := m.extra().entry
	var sent []component.Message
	for _, emission := range u.emissions {
		if emission.early {
			emission.m.more().early = u
		} else if e != nil {
			e.before = append(e.before, emission.m)
		} else {
			sent = u.follow(sent, emission.m, 0)
		}
	}
	u.emissions = u.emissions[:0]
	if len(sent) > 0 {
		u.proceedSent(newBatch(sent, 0, false))
	}
	if r.Status == statusPending {
		u.calls[m].entry = e
		return // still held, the callback will come
	}
	u.resolved(m, r)
}

// answered takes a message back whose callback has come late, or not in time.
func (u *unit) answered(c *call, m *message, r component.Report) {
	if u.calls[c.m] != c {
		return
	}
	delete(u.calls, c.m)
	u.lateCalls.Add(-1)
	u.prepare(m)
	if c.entry != nil {
		c.entry.m = m
		m.extra().entry = c.entry
	}
	u.resolved(m, r)
}

// resolved acts on the report on a message that was retried, or whose callback
// came late.
func (u *unit) resolved(m *message, r component.Report) {
	x := m.extra()
	e := x.entry
	if r.Description != "" {
		u.describe(r)
	}
	switch r.Class() {
	case component.ClassRetry:
		u.retry(m, r, e, 0)
		u.sendFailures()
		return
	case component.ClassDone:
		u.counts.done++
		m.commit()
		u.lift(m, e, true)
		return
	case component.ClassDrop:
		u.counts.dropped++
		u.lift(m, e, false)
		m.settle(r)
		return
	case component.ClassContinue:
		if !u.stage.last {
			u.counts.continued++
			if u.sentEarly(m) {
				u.lift(m, e, true)
			} else {
				u.lift(m, e, false)
				m.keep(u)
			}
			return
		}
		r = component.Report{Status: StatusNoSink, Description: "the last stage kept the message: nothing could be sent on"}
	}
	u.fail(m, r)
	u.lift(m, e, false)
	u.sendFailures()
}

// lift ends what a retry or late callback of the message held back; the message
// goes on, or is gone.
func (u *unit) lift(m *message, e *entry, goesOn bool) {
	x := m.extra()
	wasRetrying := x.retrying != 0
	if wasRetrying && u.stage.trouble.Load() != nil {
		u.stage.trouble.Store(nil)
	}
	if x.stalled {
		x.stalled = false
		u.stage.stalled.Add(-1)
	}
	x.retrying, x.attempts, x.panics, x.timeouts, x.entry = 0, 0, 0, 0, nil
	u.setLoose(x, false)
	if e == nil {
		if goesOn {
			u.proceed(newBatch([]component.Message{m}, 0, false))
		}
		return
	}
	e.ready = true
	if !goesOn {
		e.m = nil
	}
	switch {
	case u.stage.order == plan.Key:
		if wasRetrying {
			u.keys[e.key].holders--
		}
		u.advanceKey(e.key)
	case wasRetrying:
		u.blocked--
		u.stage.closed.Add(-1)
		u.stage.wakeAll()
	}
}

// advanceKey lets go on what is first of the key and ready, and hands over the
// first that was held back, if nothing holds it any more.
func (u *unit) advanceKey(key string) {
	q := u.keys[key]
	n := 0
	var goOn []component.Message
	for n < len(q.entries) && q.entries[n].ready {
		goOn = q.entries[n].appendTo(goOn)
		n++
	}
	q.entries = q.entries[n:]
	if len(q.entries) == 0 {
		delete(u.keys, key)
	} else if q.holders == 0 {
		for _, e := range q.entries {
			if e.unhanded {
				e.unhanded = false
				q.holders++
				x := u.prepare(e.m)
				x.retrying, x.entry = monotonic(), e
				u.w.post(event{kind: retryDue, message: e.m, unit: u})
				break
			}
		}
	}
	if len(goOn) > 0 {
		u.proceed(newBatch(goOn, 0, false))
	}
}

// appendTo appends what the entry lets go on.
func (e *entry) appendTo(live []component.Message) []component.Message {
	for _, m := range e.before {
		live = append(live, m)
	}
	if e.m != nil {
		live = append(live, e.m)
	}
	return live
}

// proceed lets a batch that does not come from step go on.
func (u *unit) proceed(b *batch) {
	if b = u.pass(b); b != nil {
		u.w.run(u.index+1, b)
	}
}

// advance lets go on what is at the head of the park and ready, and hands over
// what waits, as far as it may.
func (u *unit) advance() {
	for len(u.park) > 0 && u.park[0].ready {
		u.proceedParked()
	}
	for len(u.waiting) > 0 && u.blocked == 0 && u.stage.closed.Load() == 0 {
		b := u.waiting[0]
		u.waiting[0] = nil
		waiting := u.waiting[1:]
		u.waiting = nil // held looks at it
		b = u.step(b)
		u.waiting = append(u.waiting, waiting...)
		if b != nil {
			u.w.run(u.index+1, b)
		}
	}
}

// proceedParked sends on the ready entries of one place.
func (u *unit) proceedParked() {
	seq, last := u.park[0].seq, false
	var live []component.Message
	n := 0
	for _, e := range u.park {
		if !e.ready || e.seq != seq || last {
			break
		}
		n++
		live = e.appendTo(live)
		last = e.last
	}
	clear(u.park[:n])
	u.park = u.park[n:]
	if len(live) > 0 || seq != 0 && last {
		u.proceed(newBatch(live, seq, last))
	}
}
