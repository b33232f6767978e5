package componenttest

import (
	"context"
	"slices"
	"sync"

	"github.com/gopiper/gopiper/component"
	"github.com/gopiper/gopiper/engine"
)

var pipelineChecks = []*check{{
	name:    "pipeline",
	tier:    tierPipeline,
	rule:    "a message is handled by one worker of every stage; a report says how that handling ended; a message is settled once its final outcome is known and safe.",
	where:   "package component",
	mend:    "compare with what the other checks do: here batches are larger, memory is the engine's, and there are several workers",
	applies: always,
	run:     (*subject).checkPipeline,
}, {
	name:  "pipeline_retry",
	tier:  tierPipeline,
	rule:  "Retry, 100 to 199, asks the engine to handle the message again, with backoff, as it was when it entered the stage.",
	where: "component.Retry",
	mend:  "remember nothing of a message, not even which object it is; if that must be, declare Stateful",
	applies: func(s *subject) bool {
		return s.role == component.Processor && !s.Features.Stateful && !s.Features.Random
	},
	run: (*subject).checkPipelineRetry,
}}

func (s *subject) checkPipeline(r *reporter) {
	if s.role == component.Source {
		s.checkSourcePipeline(r)
		return
	}
	want := s.expected()
	r.need(want.err)
	for _, own := range []bool{false, true} {
		s.runToEnd(r, s.stage(r, 1), own, want)
	}
	if n := s.workers(); n > 1 {
		s.runToEnd(r, s.stage(r, n), false, want)
	}
	p := s.newPipeline(r, s.stage(r, 1), false)
	p.inputs.endless = true
	enough := len(p.inputs.data)
	r.need(p.run(func() bool { return p.inputs.count() > enough }))
	p.lookAtCounters(r, "when it was stopped")
}

// runToEnd compares what a pipeline does with what is wanted.
func (s *subject) runToEnd(r *reporter, stage *engine.Stage, own bool, want *account) {
	how := map[bool]string{false: "from a Runner", true: "from a source with messages of its own"}[own]
	if stage.Workers > 1 {
		how = "with several workers"
	}
	before := s.delivered(nil)
	p := s.newPipeline(r, stage, own)
	r.need(p.run(nil))
	p.lookAtCounters(r, how)
	p.lookAtOutcomes(r, how, want)
	if s.Features.Random {
		return
	}
	if p.outputs != nil {
		if d := differ(p.outputs.list, want.stream(), want.ordered()); d != "" {
			r.fail("in a pipeline, %s, %s", how, d)
		}
	}
	got := s.delivered(before)
	if len(got) != len(want.written) || stage.Workers == 1 && string(got) != string(want.written) {
		r.fail("in a pipeline, %s, %d bytes, %s, were delivered, not %d bytes, %s", how, len(got), short(got), len(want.written), short(want.written))
	}
}

// lookAtCounters notes what the engine has counted and should not have.
func (p *pipeline) lookAtCounters(r *reporter, how string) {
	stats := p.engine.Stats()
	if stats.InFlight != 0 {
		r.fail("in a pipeline, %s, %d messages were not settled%s", how, stats.InFlight, p.log)
	}
	if p.inputs != nil && p.inputs.count() != int(stats.Originated) {
		r.fail("in a pipeline, %s, %d messages of %d were settled%s", how, p.inputs.count(), stats.Originated, p.log)
	}
	for _, c := range stats.Stages {
		if c.Stage != p.s.name {
			continue
		}
		for what, n := range map[string]uint64{"callbacks were called again": c.Doubled, "panics": c.Panics,
			"callbacks did not come in time": c.Timeouts, "messages were kept at the end": uint64(c.Kept)} {
			if n > 0 {
				r.fail("in a pipeline, %s: %d %s%s", how, n, what, p.log)
			}
		}
	}
}

// lookAtOutcomes compares how the messages ended for their source.
func (p *pipeline) lookAtOutcomes(r *reporter, how string, want *account) {
	if p.inputs.twice > 0 {
		r.fail("in a pipeline, %s, %d messages were settled twice", how, p.inputs.twice)
	}
	for i, m := range want.messages {
		got, ok := p.inputs.outcomes[i]
		switch {
		case !ok:
			r.fail("in a pipeline, %s, %v was not settled", how, m)
		case p.s.Features.Random || m.result.report.Class() == component.ClassRetry:
		case got.Class() != m.outcome.Class():
			r.fail("in a pipeline, %s, %v ended as %q, not as %q%s", how, m, got, m.outcome, p.log)
		}
	}
}

// checkSourcePipeline runs a source to its end, or until it has originated what
// the suite says, and again with an early stop.
func (s *subject) checkSourcePipeline(r *reporter) {
	want := s.sourced()
	r.need(want.err)
	passed := slices.DeleteFunc(slices.Clone(want.emitted), func(o output) bool { return o.failed })
	p := s.newPipeline(r, s.stage(r, 1), false)
	if s.Features.Endless {
		r.need(p.run(p.reached(min(s.Features.Originates, len(passed)))))
	} else {
		r.need(p.run(nil))
		if d := differ(p.outputs.list, passed, true); d != "" && !s.Features.Random {
			r.fail("in a pipeline %s%s", d, p.log)
		}
	}
	p.lookAtCounters(r, "to the end")
	p = s.newPipeline(r, s.stage(r, 1), false)
	r.need(p.run(p.reached(min(1, len(passed)))))
	p.lookAtCounters(r, "when it was stopped")
}

// reached tells that so many messages have come out.
func (p *pipeline) reached(n int) func() bool {
	return func() bool { return p.engine.Stats().State == "running" && p.outputs.count() >= n }
}

// checkPipelineRetry has every message handled twice.
func (s *subject) checkPipelineRetry(r *reporter) {
	want := s.expected()
	r.need(want.err)
	if len(want.lines) > 0 {
		return // what it sends would be there twice
	}
	stage := s.stage(r, 1)
	again := &againFactory{Factory: stage.Factory, seen: map[component.Message]bool{}}
	stage.Factory = again
	if s.declared() {
		declaration := *s.Declaration
		declaration.Interfaces = component.IsOpener | component.IsCloser | component.IsFlusher | component.FactoryIsOpener | component.FactoryIsCloser
		stage.Declaration = &declaration
	}
	s.runToEnd(r, stage, false, want)
}

// againFactory makes workers that report Retry the first time that a message is
// Done.
type againFactory struct {
	component.Factory
	mu   sync.Mutex
	seen map[component.Message]bool // in strict mode no object is used again
}

func (f *againFactory) Open(ctx context.Context) error { return open(ctx, f.Factory) }
func (f *againFactory) Close() error                   { return shut(f.Factory) }

func (f *againFactory) Create(postponed chan component.Message) component.Component {
	return &againWorker{f, f.Factory.Create(postponed)}
}

func (f *againFactory) first(m component.Message) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	first := !f.seen[m]
	f.seen[m] = true
	return first
}

type againWorker struct {
	factory *againFactory
	worker  component.Component
}

func (w *againWorker) Open(ctx context.Context) error { return open(ctx, w.worker) }
func (w *againWorker) Close() error                   { return shut(w.worker) }

func (w *againWorker) Flush(ctx context.Context) error {
	if f, ok := w.worker.(component.Flusher); ok {
		return f.Flush(ctx)
	}
	return nil
}

func (w *againWorker) Handle(m component.Message, handled component.HandledCallback) {
	w.worker.Handle(m, func(r component.Report) {
		if r.Status == component.Done && w.factory.first(m) {
			r = component.Report{Status: component.Retry}
		}
		handled(r)
	})
}
