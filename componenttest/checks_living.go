package componenttest

import (
	"context"
	"maps"
	"time"

	"go.uber.org/goleak"

	"github.com/gopiper/gopiper/component"
)

var livingChecks = []*check{{
	name:    "again",
	tier:    tierLiving,
	rule:    "Stateful says that what the component does with a message depends on earlier ones.",
	where:   "component.Declaration",
	mend:    "declare Stateful, or let equal messages come to equal ends: they are handled again after a Retry; if that is up to chance, set Features.Random",
	applies: func(s *subject) bool { return s.handles() && !s.Features.Stateful && !s.Features.Random },
	run:     (*subject).checkAgain,
}, {
	name:    "batch_agrees",
	tier:    tierLiving,
	rule:    "BatchHandler is implemented by a component that handles many messages with one call, instead of Handle",
	where:   "component.BatchHandler",
	mend:    "let Handle and HandleBatch do the same, best by calling the same function for each message",
	applies: func(s *subject) bool { return s.batches() && !s.Features.Random },
	run: func(s *subject, r *reporter) {
		r.compare("with HandleBatch instead of Handle", s.batched(), s.single())
	},
}, {
	name:    "flush_error",
	tier:    tierLiving,
	rule:    "A Done of this component counts only once Flush has returned nil.",
	where:   "component.Flusher",
	mend:    "report Retry or Fail from Handle, or return the error from Flush; also when it came before Flush was called",
	applies: func(s *subject) bool { return s.role == component.Sink && s.Failing != nil },
	run:     (*subject).checkFlushError,
}, {
	name:    "open_error",
	tier:    tierLiving,
	rule:    "An error stops the pipeline before any message is read.",
	where:   "component.Opener",
	mend:    "return the error of opening from Open of the factory or of the worker, and let Close cope with what was not opened",
	applies: func(s *subject) bool { return s.Unopenable != nil },
	run:     (*subject).checkOpenError,
}, {
	name:    "open_cancelled",
	tier:    tierLiving,
	rule:    "ctx is cancelled when the start is called off.",
	where:   "component.Opener",
	mend:    "pass ctx to what Open waits for",
	applies: func(s *subject) bool { return s.has(component.IsOpener) || s.has(component.FactoryIsOpener) },
	run:     (*subject).checkOpenCancelled,
}, {
	name:    "close_busy",
	tier:    tierLiving,
	rule:    "after a timeout it may be called while Handle is still stuck. After Close has returned the component sends nothing on postponed.",
	where:   "component.Closer",
	mend:    "let Close wake what waits, such as a send on postponed, by closing a channel that every select of the worker has; hold no lock while sending that Close needs",
	applies: func(s *subject) bool { return s.has(component.IsCloser) },
	run:     (*subject).checkCloseBusy,
}, {
	name:    "workers",
	tier:    tierLiving,
	rule:    "It is called once for every worker",
	where:   "component.Factory",
	mend:    "keep in the factory only what workers may share, guarded by a lock; postponed belongs to the worker that it was given to",
	applies: func(s *subject) bool { return s.workers() > 1 && !s.postpones() && !(s.runs() && s.Features.Endless) },
	run:     (*subject).checkWorkers,
}, {
	name:    "replaced",
	tier:    tierLiving,
	rule:    "and again when a worker is replaced after a panic or a timeout",
	where:   "component.Factory",
	mend:    "let Create make a new worker at any time, and Close of one worker release only what is its own",
	applies: (*subject).handles,
	run:     (*subject).checkReplaced,
}, {
	name:  "goroutines",
	tier:  tierLiving,
	rule:  "Close releases what Open or Create acquired.",
	where: "component.Closer",
	mend:  "end every goroutine in Close, and wait for it there; those that a library keeps for good can be named in Suite.Goroutines",
	applies: func(s *subject) bool {
		return s.handles() || s.runs() || !s.Features.Endless || s.has(component.IsCloser)
	},
	run: (*subject).checkGoroutines,
}}

// checkAgain compares how messages are handled with how equal ones are later.
func (s *subject) checkAgain(r *reporter) {
	a := s.single()
	r.need(a.err)
	half := len(a.messages) / 2
	for i, m := range a.messages[half:] {
		first := a.messages[i]
		if d := m.result.differ(first.result); d != "" {
			r.fail("%v: handled again, %s", first, d)
		} else if d := differ(m.madeOutput, first.madeOutput, true); d != "" {
			r.fail("%v: handled again, of what is made from it %s", first, d)
		}
	}
}

// checkFlushError looks for somebody who says that nothing was delivered: for
// new messages, and for the same again, as they come after a Retry.
func (s *subject) checkFlushError(r *reporter) {
	d := s.newDriver()
	made, err := s.Failing(maps.Clone(s.attributes))
	if err != nil {
		r.fail("Failing returned the error %v", err)
		return
	}
	if open(context.Background(), made) != nil {
		return // it has said so
	}
	if d.start(made) == nil {
		defer func() { _ = d.close() }()
		for _, hand := range []func(*driver, [][]byte) error{(*driver).handle, s.byBatches()} {
			d.a.messages = nil
			if hand(d, s.Messages) != nil {
				r.need(d.a.err)
			}
			if d.flush() == nil && d.find(func(m *message) bool { return m.result.report.Class() != component.ClassDone }) == nil {
				r.fail("%d messages were Done and Flush returned nil, though nothing can be delivered", len(s.Messages))
			}
		}
	}
}

// byBatches is by HandleBatch, if there is one.
func (s *subject) byBatches() func(*driver, [][]byte) error {
	if s.batches() {
		return (*driver).handleBatches
	}
	return (*driver).handle
}

func (s *subject) checkOpenError(r *reporter) {
	made, err := s.Unopenable(maps.Clone(s.attributes))
	if err != nil {
		r.fail("Unopenable returned the error %v: NewFactory opens nothing", err)
		return
	}
	d := s.newDriver()
	r.need(d.call("Open of the factory", func() { err = open(context.Background(), made) }))
	if err != nil {
		return
	}
	var worker component.Component
	r.need(d.call("Open", func() {
		worker = made.Create(make(chan component.Message))
		err = open(context.Background(), worker)
	}))
	if err == nil {
		r.fail("Open returned nil, though there is nothing to open")
	}
	r.need(d.call("Close after Open has failed", func() { _ = shut(worker) }))
	r.need(d.call("Close of the factory", func() { _ = shut(made) }))
}

func (s *subject) checkOpenCancelled(r *reporter) {
	made, err := s.factory()
	r.need(err)
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	d := s.newDriver()
	d.postponed = make(chan component.Message)
	own := d.postponed
	r.need(d.call("Open of the factory with a cancelled context", func() { err = open(ctx, made) }))
	if err != nil {
		return
	}
	var worker component.Component
	r.need(d.call("Open with a cancelled context", func() {
		worker = made.Create(own)
		_ = open(ctx, worker)
	}))
	d.factory, d.worker = made, worker
	r.need(d.close())
}

// checkCloseBusy closes a worker that waits for somebody to take what it sends,
// or is at least at work.
func (s *subject) checkCloseBusy(r *reporter) {
	d := s.newDriver()
	r.need(d.start(nil))
	d.deaf = true
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	o := newRunOutput(d.a)
	o.limit = 1
	id, ended := make(chan string, 1), make(chan any, 1)
	for i, data := range s.long() {
		d.a.message(data, i%len(s.Messages))
	}
	go func() {
		defer func() { ended <- recover() }()
		id <- goroutineID()
		switch {
		case s.runs():
			_ = d.worker.(component.Runner).Run(ctx, o)
		case s.handles():
			for _, m := range d.a.messages {
				m.hand()
				d.worker.Handle(m, m.handled)
			}
		}
	}()
	late := make(chan struct{})
	timer := time.AfterFunc(s.Patience, func() { close(late) })
	whenParked(<-id, func() bool { return true }, late)
	timer.Stop()
	cancel()
	o.stop()
	if err := d.call("Close while the worker is busy", func() { _ = shut(d.worker) }); err != nil {
		go s.drain(d.postponed)
		r.need(err)
	}
	s.lookAfterClose(r, d, ended)
	r.need(d.call("Close of the factory", func() { _ = shut(d.factory) }))
	o.settling.Wait()
	d.leave()
}

// lookAfterClose waits for the call that was busy, and notes what is sent.
func (s *subject) lookAfterClose(r *reporter, d *driver, ended chan any) {
	late := time.NewTimer(s.Patience)
	defer late.Stop()
	tell := func(m component.Message, ok bool) {
		if ok {
			r.fail("after Close had returned, a message was sent on postponed: %s", short(m.GetData()))
		} else {
			d.postponed = nil
		}
	}
	for ended != nil {
		select {
		case m, ok := <-d.postponed:
			tell(m, ok)
		case reason := <-ended:
			if ended = nil; reason != nil {
				r.fail("the call that was busy panicked: %v", reason)
			}
		case <-late.C:
			r.fail("the call that was busy has not returned within %v after Close", s.Patience)
			return
		}
	}
	select {
	case m, ok := <-d.postponed:
		tell(m, ok)
	default:
	}
}

// checkGoroutines counts goroutines around a life.
func (s *subject) checkGoroutines(r *reporter) {
	options := []goleak.Option{goleak.IgnoreCurrent()}
	for _, f := range s.Goroutines {
		options = append(options, goleak.IgnoreAnyFunction(f))
	}
	clear(s.accounts)
	for _, a := range s.all() {
		r.need(a.err)
	}
	if err := goleak.Find(options...); err != nil {
		r.fail("after Close there are goroutines that were not there before: %v", err)
	}
}

// all are the accounts of all ways to use the component, newly made.
func (s *subject) all() []*account {
	if s.handles() {
		return s.handled()
	}
	return []*account{s.sourced()}
}
