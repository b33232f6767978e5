package componenttest

import (
	"context"
	"fmt"

	"github.com/gopiper/gopiper/component"
)

// told is a check whose breaches are noted during the drives.
func told(s *subject, r *reporter) { r.tell(s.handled()...) }

var handlingChecks = []*check{{
	name:    "callback",
	tier:    tierHandling,
	rule:    "Handle handles one message and reports how that ended by calling back exactly once",
	where:   "component.Component",
	mend:    "call back on every way out of Handle, also on errors; a message that waits for something is kept with Continue; report errors instead of panicking",
	applies: (*subject).handles,
	run:     told,
}, {
	name:    "callback_once",
	tier:    tierHandling,
	rule:    "Only the first call has an effect; another one is counted and otherwise ignored.",
	where:   "component.Component",
	mend:    "return right after calling back",
	applies: (*subject).handles,
	run:     told,
}, {
	name:    "sync",
	tier:    tierHandling,
	rule:    "Sync promises that Handle always calls back before it returns.",
	where:   "component.Declaration",
	mend:    "call back before Handle returns, or do not declare Sync",
	applies: func(s *subject) bool { return s.handles() && s.sync() },
	run:     told,
}, {
	name:    "statuses",
	tier:    tierHandling,
	rule:    "Negative numbers and 2 to 99 are reserved and count as Fail.",
	where:   "component.Report.Class",
	mend:    "report 0, 1, 100 to 199, 200 to 299 or 300 and more, and in a sink not 1",
	applies: (*subject).handles,
	run:     told,
}, {
	name:    "handles",
	tier:    tierHandling,
	rule:    "Done hands the message to the next stage; at the last stage it is delivered.",
	where:   "component.Done",
	mend:    "give the suite Messages that the component handles, or Attributes with which it does",
	applies: (*subject).handles,
	run:     (*subject).checkHandles,
}, {
	name:    "data_untouched",
	tier:    tierHandling,
	rule:    "It is memory to read, which other branches may share: to change data, SetData a new slice.",
	where:   "component.Message",
	mend:    "write into a new slice, such as one of StandardMessage.Grow, and give it to SetData; do not write to Status",
	applies: (*subject).handles,
	run:     told,
}, {
	name:    "given_data",
	tier:    tierHandling,
	rule:    "The message owns the slice from then on: the caller must neither change nor reuse it.",
	where:   "component.Message",
	mend:    "give every message a slice of its own: from Grow of that very message, or newly made; clone what is to live in several messages",
	applies: (*subject).handles,
	run:     told,
}, {
	name:    "after_callback",
	tier:    tierHandling,
	rule:    "The message belongs to the worker until it calls back; afterwards the worker must not touch it, nor the memory that GetData returned.",
	where:   "component.Component",
	mend:    "do all that needs the message before the callback, before it is sent on, and before its Release; copy what is needed later",
	applies: (*subject).handles,
	run:     told,
}, {
	name:    "emits",
	tier:    tierHandling,
	rule:    "Emits says that workers send messages on postponed as a processor: those they keep or make.",
	where:   "component.Declaration",
	mend:    "declare Emits, or send nothing on postponed",
	applies: func(s *subject) bool { return s.handles() && s.declared() },
	run:     told,
}, {
	name:    "kept",
	tier:    tierHandling,
	rule:    "a message that the component keeps with Continue ends by exactly one of being sent on or Release.",
	where:   "component.NewMessage",
	mend:    "send each message that was reported Continue on postponed once, or call its Release once, at the latest in Flush; send or Release each message made; do neither with a message that was reported otherwise",
	applies: (*subject).handles,
	run:     told,
}, {
	name:    "parents",
	tier:    tierHandling,
	rule:    "Without parents it belongs to nobody, and nobody learns how it ends.",
	where:   "component.NewMessage",
	mend:    "name the messages that it is made from: NewMessage(data, message); for a component that adds messages of its own set Features.Adds",
	applies: (*subject).handles,
	run:     told,
}, {
	name:    "flush",
	tier:    tierHandling,
	rule:    "Flush writes what the worker has buffered and sends on what it keeps.",
	where:   "component.Flusher",
	mend:    "let Flush write and send everything, and forget it then: what it has done already it does not do again, and with nothing to do it returns nil",
	applies: func(s *subject) bool { return s.handles() && s.has(component.IsFlusher) },
	run:     (*subject).checkFlush,
}, {
	name:    "close",
	tier:    tierHandling,
	rule:    "It is called once, after the last Flush, also when the pipeline failed",
	where:   "component.Closer",
	mend:    "let Close return in any state, also when Open was not called or has failed",
	applies: func(s *subject) bool { return s.has(component.IsCloser) || s.has(component.FactoryIsCloser) },
	run:     (*subject).checkClose,
}}

func (s *subject) checkHandles(r *reporter) {
	for _, a := range s.handled() {
		if a.err != nil {
			return // which is another check's
		}
		got := ""
		for _, m := range a.messages {
			switch c := m.result.report.Class(); c {
			case component.ClassFail, component.ClassRetry:
				got = fmt.Sprintf("the %v was reported %q", m, m.result.report)
			default:
				return
			}
		}
		r.fail("none of %d messages got through: %s", len(a.messages), got)
	}
}

// checkFlush flushes before anything came, and again when everything was
// flushed.
func (s *subject) checkFlush(r *reporter) {
	r.tell(s.handled()...)
	d := s.newDriver()
	a := d.a
	before := s.delivered(nil)
	r.need(d.start(nil))
	nothing := func(when string) {
		lines, written := len(a.lines), s.delivered(before)
		r.need(d.flush())
		if len(a.lines) > lines {
			r.fail("Flush %s sent %d messages", when, len(a.lines)-lines)
		}
		if now := s.delivered(before); len(now) > len(written) {
			r.fail("Flush %s delivered %s", when, short(now[len(written):]))
		}
	}
	nothing("before the first message")
	nothing("before the first message, again,")
	if d.handle(s.Messages) != nil || d.end() != nil {
		return // which is another check's
	}
	nothing("with nothing to flush")
	written := s.delivered(before)
	if d.close() != nil {
		return
	}
	if now := s.delivered(before); len(now) > len(written) {
		r.fail("Close delivered %s, which Flush had not", short(now[len(written):]))
	}
}

// checkClose closes a worker that was not opened.
func (s *subject) checkClose(r *reporter) {
	if s.handles() {
		r.tell(s.handled()...)
	} else {
		r.tell(s.sourced())
	}
	d := s.newDriver()
	d.postponed = make(chan component.Message)
	own := d.postponed
	var worker component.Component
	var failed error
	r.need(d.call("making a worker", func() {
		var factory component.Factory
		if factory, failed = s.factory(); failed == nil {
			if failed = open(context.Background(), factory); failed == nil {
				d.factory, worker = factory, factory.Create(own)
			}
		}
	}))
	r.need(failed)
	r.need(d.call("Close without Open", func() { _ = shut(worker) }))
	r.need(d.call("Close of the factory, without Open of a worker", func() { _ = shut(d.factory) }))
	d.leave()
}
