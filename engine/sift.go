package engine

import (
	"slices"

	"github.com/gopiper/gopiper/component"
	"github.com/gopiper/gopiper/plan"
)

// sift acts on the reports of the first handed messages of a batch and returns
// the batch that goes on, or nil. The rest, if there is any, waits.
func (u *unit) sift(b *batch, handed int) *batch {
	if len(u.orphans) > 0 {
		b.live, b.owned = slices.Clone(b.live), false
		for _, i := range u.orphans {
			b.live[i] = b.at(i).renew()
		}
		u.orphans = u.orphans[:0]
	}
	rest := b.live[handed:]
	if len(rest) > 0 {
		waiting := newBatch(append([]component.Message(nil), rest...), b.seq, b.last)
		u.waiting = append(u.waiting, waiting)
		b.last = false
	}
	live, out := u.room(b, handed)
	emissions := u.emissions
	drops := newDropped(b)
	for i, c := range live {
		if r := &u.reports[i]; drops.untouched && r.Status >= component.Drop && r.Description == "" && len(emissions) == 0 {
			drops.count++
			if drops.noted {
				drops.notes = append(drops.notes, outcome{c.(*message).index, *r})
			}
			continue
		}
		for len(emissions) > 0 && emissions[0].at <= i {
			out = u.emit(out, emissions[0], b.seq)
			emissions = emissions[1:]
		}
		m := c.(*message)
		r := u.reports[i]
		if r.Status == component.Done {
			u.counts.done++
			if r.Description != "" {
				u.describe(r)
			}
			out = u.flow(out, m, b.seq)
			continue
		}
		out = u.act(out, m, r, b.seq, &drops)
	}
	for _, e := range emissions {
		out = u.emit(out, e, b.seq)
	}
	if len(u.emissions) == 0 {
		clear(live[len(out):]) // the same memory: keep nothing alive
	}
	clear(u.reports[:handed])
	clear(u.emissions)
	u.emissions, u.stop = u.emissions[:0], false
	b.live = out
	b.edited = false
	b.adopt()
	u.counts.dropped += uint64(drops.settle())
	u.sendFailures()
	return u.tail(b)
}

// room returns the messages handed over, and an empty slice for those that go
// on. Both may use the same memory if nothing is inserted.
func (u *unit) room(b *batch, handed int) (live, out []component.Message) {
	live = b.live[:handed]
	if len(u.emissions) > 0 {
		return live, make([]component.Message, 0, handed+len(u.emissions))
	}
	if b.owned {
		b.own = append(b.own[:0], live...)
		b.owned = false
		live = b.own
	}
	return live, live[:0]
}

// tail decides what happens to a batch after its messages were sifted: it goes
// on, marks the end of its place behind what is parked, or is over.
func (u *unit) tail(b *batch) *batch {
	marks := b.seq != 0 && b.last
	if marks && len(u.park) > 0 {
		u.park = append(u.park, &entry{ready: true, seq: b.seq, last: true})
		b.last, marks = false, false
	}
	if len(b.live) == 0 && !marks {
		b.retire()
		return nil
	}
	return b
}

// act acts on a report other than Done.
func (u *unit) act(out []component.Message, m *message, r component.Report, seq uint64, drops *dropped) []component.Message {
	if r.Status == statusPending {
		if u.ordered() {
			c := u.calls[m]
			c.entry = u.place(m, c.key, seq)
		}
		return out
	}
	if r.Description != "" {
		u.describe(r)
	}
	switch r.Class() {
	case component.ClassDrop:
		drops.add(m, r)
	case component.ClassContinue:
		if u.stage.last {
			u.fail(m, component.Report{Status: StatusNoSink, Description: "the last stage kept the message: nothing could be sent on"})
			break
		}
		u.counts.continued++
		if u.sentEarly(m) {
			out = u.flow(out, m, seq)
		} else {
			m.keep(u)
		}
	case component.ClassRetry:
		u.retry(m, r, nil, seq)
	default:
		u.fail(m, r)
	}
	return out
}

// emit lets a message that the component sent go on. One that it keeps since an
// earlier message of the batch is taken back; one that it sent before it said so
// goes on when it has, see sentEarly.
func (u *unit) emit(out []component.Message, e emission, seq uint64) []component.Message {
	if e.early {
		if !e.m.unkeep() {
			e.m.more().early = u
			return out
		}
		e.m.commit()
	}
	return u.flow(out, e.m, seq)
}

// sentEarly tells that the component has sent the message on already, before it
// called back with Continue.
func (u *unit) sentEarly(m *message) bool {
	if m.extra() == nil || m.extra().early != u {
		return false
	}
	m.extra().early = nil
	return true
}

// ordered tells that what goes on keeps the order in which it came.
func (u *unit) ordered() bool { return u.stage.order != plan.None }

// flow lets a message go on, with its changes: into out, or behind what it must
// not overtake.
func (u *unit) flow(out []component.Message, m *message, seq uint64) []component.Message {
	if len(u.keys) > 0 {
		if q := u.keys[u.keyOf(m)]; q != nil {
			m.commit()
			m.carrier = nil
			q.entries = append(q.entries, &entry{m: m, ready: true})
			return out
		}
	}
	return u.follow(out, m, seq)
}

// follow is flow for a message whose key is not held back.
func (u *unit) follow(out []component.Message, m *message, seq uint64) []component.Message {
	if m.edited {
		m.commit()
	}
	if len(u.park) > 0 && u.ordered() {
		u.park = append(u.park, &entry{m: m, ready: true, seq: seq})
		m.carrier = nil
		return out
	}
	return append(out, m)
}

// fail ends the message as failed; failures are sent together.
func (u *unit) fail(m *message, r component.Report) {
	if r.Reserved() {
		r.Description = "the component reported a reserved status: " + r.Description
	}
	u.counts.failed++
	m.restore()
	u.takeBack(m)
	m.carrier = nil
	x := m.more()
	x.status, x.tried = r, x.attempts
	u.failures = append(u.failures, m)
}

// sendFailures hands the failed messages to the pipeline.
func (u *unit) sendFailures() {
	if len(u.failures) > 0 {
		u.w.p.fail(u.stage, u.failures)
		clear(u.failures)
		u.failures = u.failures[:0]
	}
}

// describe shows a description at debug level.
func (u *unit) describe(r component.Report) {
	u.w.p.debug("report", "stage", u.stage.config.Name, "status", r.Status, "description", r.Description)
}

// dropped settles the messages that a batch drops, together where that can be.
type dropped struct {
	home      *home // of all messages; nil if they must be settled one by one
	untouched bool  // there is nothing special about any of them
	noted     bool  // the source wants to know each one's outcome
	count     int
	single    int // settled already
	notes     []outcome
}

func newDropped(b *batch) dropped {
	h := b.home
	if h == nil || !h.simple() {
		return dropped{}
	}
	return dropped{home: h, untouched: !b.edited && !h.messy.Load(), noted: h.raw != nil && h.raw.OnSettled != nil}
}

func (d *dropped) add(m *message, r component.Report) {
	if m.edited {
		m.commit()
	}
	if d.home == nil || m.home != d.home || m.extra() != nil {
		d.single++
		m.settle(r)
		return
	}
	d.count++
	if d.noted {
		d.notes = append(d.notes, outcome{m.index, r})
	}
}

// settle settles those that were only counted, and returns how many were dropped.
func (d *dropped) settle() int {
	if d.count == 0 {
		return d.single
	}
	if len(d.notes) > 0 {
		d.home.mu.Lock()
		d.home.outcomes = append(d.home.outcomes, d.notes...)
		d.home.mu.Unlock()
	}
	d.home.count(d.count)
	d.home.release(d.count)
	return d.single + d.count
}

// collect takes what the component has sent on postponed while messages were
// handed over. The place of a message made from one of these is before it;
// that of others before message at.
func (u *unit) collect(at int, live []component.Message) {
	from := 0
	for {
		sent, ok := u.sentNext()
		if !ok {
			return
		}
		m, early := u.w.p.emitted(u, sent)
		if m == nil {
			continue
		}
		u.counts.emitted++
		if early {
			u.emissions = append(u.emissions, emission{m, at, true})
			continue
		}
		place, parked := u.placeOf(sent, live, from, at)
		if parked != nil {
			parked.before = append(parked.before, m)
			continue
		}
		from = place
		u.emissions = append(u.emissions, emission{m, place, false})
	}
}

// placeOf finds the place of a message that was sent: before its only parent,
// if that is among live or parked, else before message at.
func (u *unit) placeOf(sent component.Message, live []component.Message, from, at int) (int, *entry) {
	parents := component.Parents(sent)
	if len(parents) != 1 {
		return at, nil
	}
	parent, ok := parents[0].(*message)
	if !ok {
		return at, nil
	}
	if c := u.calls[parent]; c != nil {
		return at, c.entry
	}
	if u.stage.emits && u.batches == nil {
		return at, nil
	}
	for i := from; i < len(live); i++ {
		if live[i].(*message) == parent {
			return i, nil
		}
	}
	return at, nil
}
