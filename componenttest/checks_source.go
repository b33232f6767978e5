package componenttest

var sourceChecks = []*check{{
	name:    "run_ends",
	tier:    tierHandling,
	rule:    "Run originates messages until there are no more, and then returns nil",
	where:   "component.Runner",
	mend:    "return nil at the end of the input; for a source that waits for more set Features.Endless",
	applies: (*subject).runs,
	run:     toldOfSource,
}, {
	name:    "run_batches",
	tier:    tierHandling,
	rule:    "It is the source's until Emit, the engine's until OnSettled is called, and the source's again during that call; afterwards it is reused.",
	where:   "component.Batch",
	mend:    "get a new batch from Output.Batch after every Emit; Add places within Buffer; use the Output in one goroutine",
	applies: (*subject).runs,
	run:     toldOfSource,
}, {
	name:    "run_settled",
	tier:    tierHandling,
	rule:    "It may be called from any goroutine and must not block.",
	where:   "component.Batch",
	mend:    "let OnSettled note the outcome and return; hold no lock during Emit that it needs",
	applies: (*subject).runs,
	run:     toldOfSource,
}, {
	name:    "run_stops",
	tier:    tierHandling,
	rule:    "is false once the run is stopping: the batch was not taken, nothing will be settled, and Run should return.",
	where:   "component.Output",
	mend:    "return from Run when Emit returns false",
	applies: func(s *subject) bool { return s.runs() && (!s.Features.Endless || s.Features.Originates > 0) },
	run:     (*subject).checkRunStops,
}, {
	name:    "run_cancelled",
	tier:    tierHandling,
	rule:    "until ctx is cancelled, and then returns nil or the context's error",
	where:   "component.Runner",
	mend:    "wait for ctx.Done() in everything that may take long, and interrupt what cannot wait for it",
	applies: (*subject).runs,
	run:     (*subject).checkRunCancelled,
}, {
	name:    "source_closes",
	tier:    tierHandling,
	rule:    "A source worker that closes its postponed will originate nothing more",
	where:   "component.Factory",
	mend:    "close postponed, once, when there is nothing more to originate; for a source that waits for more set Features.Endless",
	applies: (*subject).postpones,
	run:     toldOfSource,
}, {
	name:    "source_messages",
	tier:    tierHandling,
	rule:    "The engine calls it exactly once on a message that a source sent, when it is settled",
	where:   "component.Message",
	mend:    "send every message once, and leave it and its data alone until its Release",
	applies: (*subject).postpones,
	run:     toldOfSource,
}, {
	name:    "source_release",
	tier:    tierHandling,
	rule:    "Release may be called from any goroutine and must not block.",
	where:   "component.Message",
	mend:    "let Release note the outcome and return",
	applies: (*subject).postpones,
	run:     toldOfSource,
}}

// toldOfSource is a check whose breaches are noted while a source runs.
func toldOfSource(s *subject, r *reporter) { r.tell(s.sourced()) }

// checkRunStops refuses the first batch.
func (s *subject) checkRunStops(r *reporter) {
	r.tell(s.sourced())
	d := s.newDriver()
	r.need(d.start(nil))
	o := newRunOutput(d.a)
	o.stop()
	result, err := d.run(o, false)
	if err != nil {
		r.fail("%v, though Emit returned false", err)
		go d.abandon()
		return
	}
	if result != nil {
		r.fail("Run returned the error %v when Emit had returned false", result)
	}
	_ = d.close()
	r.tell(d.a)
}

// checkRunCancelled cancels while Emit blocks, or while the source waits for
// more.
func (s *subject) checkRunCancelled(r *reporter) {
	r.tell(s.sourced())
	d := s.newDriver()
	r.need(d.start(nil))
	o := newRunOutput(d.a)
	o.limit = 1
	result, err := d.run(o, true)
	if err != nil {
		r.fail("%v", err)
		go d.abandon()
		return
	}
	if result != nil && !isCancelled(result) {
		r.fail("Run returned the error %v when its context was cancelled", result)
	}
	_ = d.close()
}
