package engine

import (
	"sync"
	"sync/atomic"
	"time"

	"github.com/gopiper/gopiper/component"
)

// segment is adjacent stages that the same workers run: a worker takes a batch
// through all of them before it takes the next.
type segment struct {
	p       *Pipeline
	section *section
	id      int
	stages  []*stage
	workers []*worker
	keyed   *keyed // hands messages to the workers, in key order
	inline  bool   // run by the goroutine of the source in front of it
}

// worker runs a segment's components. Whoever takes a batch through them holds
// its lock: the worker's own goroutine, or that of the source in front of it.
// No two components of one worker ever run at the same time.
type worker struct {
	p     *Pipeline
	seg   *segment
	index int
	units []*unit
	in    chan *batch // nothing comes if the source's goroutine runs it
	out   output

	producers atomic.Int32 // for an inline worker
	queued    atomic.Bool  // an inline worker takes batches from its channel all the same

	mu       sync.Mutex
	now      int64 // the time when the last stage looked at the clock, 0 if that is not fresh
	flushDue bool  // some unit has unflushed batches

	mail   sync.Mutex
	events []event
	wake   chan struct{}
}

// event is something that a worker must see to, from another goroutine.
type event struct {
	kind    eventKind
	call    *call
	message *message
	unit    *unit
	report  component.Report // of what fails
}

type eventKind uint8

const (
	callCame   eventKind = iota // a late callback
	retryDue                    // a message is to be handled again
	flushDue                    // a failed flush is to be tried again
	gateOpened                  // another worker of a stage has stopped retrying
	injected                    // a message is to be handled that was in quarantine
	keptNone                    // a stage's components keep nothing any more
	flushKept                   // what is kept fills the pipeline: flush
	keptFails                   // a component fails a message that it keeps
	sentCame                    // the helper has taken something that a component sent
	timeouts                    // look for callbacks that did not come in time
)

// post gives the worker something to do. It may be called from any goroutine
// and does not block.
func (w *worker) post(e event) {
	w.mail.Lock()
	w.events = append(w.events, e)
	w.mail.Unlock()
	select {
	case w.wake <- struct{}{}:
	default:
	}
}

// run takes a batch through the units from the given one on, and hands what is
// left to the output.
func (w *worker) run(from int, b *batch) {
	for _, u := range w.units[from:] {
		if b = u.step(b); b == nil {
			return
		}
	}
	w.out.put(b)
}

// put implements output for an inline worker: the caller runs the segment, unless
// that has turned out to wait for a disk or a network, with which the source need
// not wait: many batches can then be flushed at once.
func (w *worker) put(b *batch) {
	if !w.queued.Load() {
		w.take(b)
		return
	}
	select {
	case w.in <- b:
	case <-w.p.aborted:
	}
}

// take runs a batch through the segment.
func (w *worker) take(b *batch) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.now = 0
	w.run(0, b)
}

// join and end implement output for an inline worker.
func (w *worker) join() { w.producers.Add(1) }

func (w *worker) end() {
	if w.producers.Add(-1) == 0 {
		close(w.in)
	}
}

// time is the time now, or when the stage before ended.
func (w *worker) time() int64 {
	if w.now == 0 {
		w.now = monotonic()
	}
	return w.now
}

// more tells that more input is there already.
func (w *worker) more() bool { return len(w.in) > 0 }

// loop is the worker's goroutine.
func (w *worker) loop() {
	var last []*unit // the only one that may send outside of Handle
	if n := len(w.units); n > 0 && !w.seg.inline {
		last = w.units[n-1:]
	}
	for {
		if len(w.in) == 0 {
			w.idle()
		}
		in := w.in
		if w.blocked() {
			in = nil // do not take what could not be handed over
		}
		var postponed chan component.Message
		if len(last) > 0 {
			postponed = last[0].direct()
		}
		select {
		case b, ok := <-in:
			if !ok {
				w.finish()
				return
			}
			w.take(b)
		case <-w.wake:
			w.attend()
		case m, ok := <-postponed:
			w.receive(last[0], m, ok)
		case <-w.p.aborted:
			return
		}
	}
}

func (w *worker) blocked() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, u := range w.units {
		if u.held() {
			return true
		}
	}
	return false
}

// idle sends on what waits for a flush while there is no more input.
func (w *worker) idle() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.now = 0
	if w.flushDue {
		w.flushDue = false
		for i, u := range w.units {
			if b := u.flush(); b != nil {
				w.run(i+1, b)
			}
		}
	}
	for _, u := range w.units {
		u.leaveNursery()
		u.recovered()
		u.counts.publish()
	}
}

// attend sees to the events.
func (w *worker) attend() {
	w.mail.Lock()
	events := w.events
	w.events = nil
	w.mail.Unlock()
	w.mu.Lock()
	defer w.mu.Unlock()
	w.now = 0
	for _, e := range events {
		w.see(e)
	}
	for _, u := range w.units {
		u.advance()
		u.recovered()
	}
}

func (w *worker) see(e event) {
	u := e.unit
	switch e.kind {
	case callCame:
		u = e.call.u
		if u.sentAny() { // before the callback: in its place
			u.takeSent()
		}
		u.answered(e.call, e.call.m, e.call.result())
	case retryDue:
		u.again(e.message)
	case flushDue:
		u.blocked--
	case injected:
		u.waiting = append(u.waiting, newBatch([]component.Message{e.message}, 0, false))
	case keptFails:
		if e.message.unkeep() {
			u.fail(e.message, e.report)
			u.sendFailures()
		}
	case sentCame:
		u.takeSent()
	case flushKept:
		u.flushKept()
	case timeouts:
		u.expire(monotonic())
	}
}

// receive takes a message that a component sent while the worker was idle, and
// those behind it.
func (w *worker) receive(u *unit, first component.Message, ok bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.now = 0
	if !ok {
		u.postponed = nil
		return
	}
	u.received(first)
	u.takeSent()
}

// direct is the channel to receive from, unless a helper does.
func (u *unit) direct() chan component.Message {
	if u.helper.Load() != nil {
		return nil
	}
	return u.postponed
}

// takeSent takes what was sent on postponed outside of Handle.
func (u *unit) takeSent() {
	for {
		sent, ok := u.sentNext()
		if !ok {
			break
		}
		u.received(sent)
	}
	if len(u.sent) > 0 {
		b := newBatch(u.sent, 0, false)
		u.sent = nil
		u.proceedSent(b)
	}
}

// received takes one message that was sent outside of Handle: to its parent's
// place if that waits, else to the next free one.
func (u *unit) received(sent component.Message) {
	m, early := u.w.p.emitted(u, sent)
	if m == nil {
		return
	}
	u.counts.emitted++
	if early { // a late callback will say that it keeps it
		m.more().early = u
		return
	}
	if _, parked := u.placeOf(sent, nil, 0, 0); parked != nil {
		parked.before = append(parked.before, m)
		return
	}
	u.sent = u.flow(u.sent, m, 0)
}

// proceedSent lets messages that were sent go on: they have been Done already.
func (u *unit) proceedSent(b *batch) {
	if u.stage.last {
		for i := range b.live {
			u.fail(b.at(i), component.Report{Status: StatusNoSink, Description: "sent on by the last stage: there is nobody to send it to"})
		}
		u.sendFailures()
		return
	}
	u.w.run(u.index+1, b)
}

// finish ends the worker, stage by stage, after the end of its input: nothing
// in flight before a stage, flush it, close it, take what it still sends.
// Invariant 8.
func (w *worker) finish() {
	for _, u := range w.units {
		if !w.settleDown(u) {
			return
		}
		w.mu.Lock()
		if u.flusher != nil {
			if u.stage.keeps {
				u.flushKept()
			} else if b := u.flush(); b != nil {
				w.run(u.index+1, b)
			}
		}
		w.mu.Unlock()
		if !w.settleDown(u) || !w.letGo(u) {
			return
		}
		w.close(u)
	}
	w.out.end()
}

// settleDown attends until nothing is under way in the unit.
func (w *worker) settleDown(u *unit) bool {
	for {
		w.attend()
		w.mu.Lock()
		over := len(u.park) == 0 && len(u.waiting) == 0 && u.loose == 0 && len(u.calls) == 0 && len(u.keys) == 0 && len(u.unflushed) == 0 && u.blocked == 0
		if !over && u.blocked == 0 && len(u.unflushed) > 0 {
			if b := u.flush(); b != nil {
				w.run(u.index+1, b)
			}
		}
		w.mu.Unlock()
		if over {
			return true
		}
		if !w.wait(u, nil) {
			return false
		}
	}
}

// letGo waits until the unit's component keeps nothing any more.
func (w *worker) letGo(u *unit) bool {
	stuck := time.NewTimer(u.stage.timeout)
	defer stuck.Stop()
	for {
		w.mu.Lock()
		if u.sentAny() {
			u.takeSent()
		}
		w.mu.Unlock()
		kept := u.kept.Load()
		if kept == 0 {
			return w.settleDown(u)
		}
		if !w.wait(u, stuck.C) {
			if !w.p.isAborted() {
				w.p.stuck(u.stage, int(kept))
			}
			return false
		}
	}
}

// wait waits for an event or for something sent; false when it is to give up.
func (w *worker) wait(u *unit, stuck <-chan time.Time) bool {
	select {
	case <-w.wake:
		w.attend()
	case m, ok := <-u.direct():
		w.receive(u, m, ok)
	case <-stuck:
		return false
	case <-w.p.aborted:
		return false
	}
	return true
}

// close closes the unit's component, and takes what it sends until it has.
func (w *worker) close(u *unit) {
	closed := make(chan struct{})
	go func() {
		defer close(closed)
		w.p.closeComponent(u.stage, u.instance)
	}()
	for {
		select {
		case <-closed:
			w.mu.Lock()
			if u.sentAny() {
				u.takeSent()
			}
			u.leaveNursery()
			w.mu.Unlock()
			return
		case m, ok := <-u.direct():
			w.receive(u, m, ok)
		case <-w.p.aborted:
			return
		}
	}
}
