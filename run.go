package gopiper

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"

	"github.com/gopiper/gopiper/engine"
	"github.com/gopiper/gopiper/plan"
)

// Errors that a [PipelineError] holds, beside others.
var (
	// ErrNotDrained: the pipeline was stopped, and the drain's deadline passed
	// with messages in flight. They are not settled: a source that keeps a
	// position originates them again.
	ErrNotDrained = engine.ErrNotDrained
	// ErrUnhandled: the pipeline ended, but messages failed that no failed
	// branch took.
	ErrUnhandled = errors.New("no failed branch took what failed")
)

// PipelineError says how one pipeline of a run ended.
type PipelineError struct {
	Pipeline string
	Err      error
}

// Error returns "pipeline NAME: what".
func (e *PipelineError) Error() string { return fmt.Sprintf("pipeline %s: %v", e.Pipeline, e.Err) }

// Unwrap returns the cause.
func (e *PipelineError) Unwrap() error { return e.Err }

// Program is a plan that is ready to run, made by [Prepare].
type Program struct {
	plan       *plan.Plan
	pipelines  []*running
	quarantine *engine.Quarantine
	guarantees []Guarantee
	started    atomic.Bool
}

// running is one pipeline of a program.
type running struct {
	*engine.Pipeline
	start  *start
	enders []ender
}

// ender is implemented by the factories of this package that connect the
// pipeline to the program: they are told when it has ended, however it did.
type ender interface{ ended() }

// Plan is what the program runs, with every name filled in. It must not be
// changed.
func (p *Program) Plan() *plan.Plan { return p.plan }

// Quarantine is the failed messages that the program keeps; nil without a store.
func (p *Program) Quarantine() *engine.Quarantine { return p.quarantine }

// Run runs the pipelines and returns when all have ended: their sources have,
// and every message is settled. When ctx is cancelled they are drained: the
// sources stop, and what is in flight is settled until the drain's deadline.
// One that fails does not stop the others, except before they have started:
// all start or none. It may be called once.
//
// The error joins (errors.Join) a [*PipelineError] for every pipeline that
// failed, was not drained ([ErrNotDrained]), or left failed messages unhandled
// ([ErrUnhandled]).
func (p *Program) Run(ctx context.Context) error {
	if p.started.Swap(true) {
		return errors.New("a program runs once; prepare the plan again")
	}
	failures := make([]error, len(p.pipelines))
	var all sync.WaitGroup
	for i, pipeline := range p.pipelines {
		all.Go(func() { failures[i] = pipeline.run(ctx) })
	}
	all.Wait()
	return errors.Join(failures...)
}

func (r *running) run(ctx context.Context) error {
	err := r.Run(ctx)
	calledOff := r.start.ended()
	for _, e := range r.enders {
		e.ended()
	}
	stats := r.Stats()
	switch {
	case calledOff:
		return nil // another one did not start, and has told why
	case err == nil && stats.Unhandled > 0:
		err = unhandledError{stats.Unhandled, stats.Quarantined}
	}
	if err != nil {
		return &PipelineError{stats.Pipeline, err}
	}
	return nil
}

// unhandledError tells how many messages failed and were not taken, and how many of
// these are in quarantine.
type unhandledError struct{ failed, quarantined uint64 }

func (n unhandledError) Error() string {
	text := fmt.Sprintf("%d messages failed and no failed branch took them", n.failed)
	if n.failed == 1 {
		text = "1 message failed and no failed branch took it"
	}
	switch {
	case n.quarantined == 0:
		return text
	case n.quarantined < n.failed:
		return fmt.Sprintf("%s; %d are in quarantine: see gopiper quarantine ls", text, n.quarantined)
	case n.failed == 1:
		return text + "; it is in quarantine: see gopiper quarantine ls"
	default:
		return text + "; they are in quarantine: see gopiper quarantine ls"
	}
}

func (n unhandledError) Is(target error) bool { return target == ErrUnhandled }

// Stats reads the counters of every pipeline, in the order of the plan. It may
// be called from any goroutine, at any time.
func (p *Program) Stats() []engine.Stats {
	list := make([]engine.Stats, len(p.pipelines))
	for i, pipeline := range p.pipelines {
		list[i] = pipeline.Stats()
	}
	return list
}
