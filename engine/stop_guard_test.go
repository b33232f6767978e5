package engine

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gopiper/gopiper/component"
	"github.com/gopiper/gopiper/plan"
)

// What is in flight when the time of a stop is over stays unsettled: what is retried,
// what waits behind it, and what waits in front of the stage.
func TestGuardStopSettlesNothing(t *testing.T) {
	for name, workers := range map[string]int{"one worker": 1, "three workers": 3} {
		t.Run(name, func(t *testing.T) {
			var settled, attempts atomic.Int64
			before := syncStage("before", pass)
			before.Workers = 2 // so that batches queue in front of the next stage
			retries := syncStage("retries", func(_ component.Message, done component.HandledCallback) {
				attempts.Add(1)
				done(component.Report{Status: component.Retry, Description: "not now"})
			})
			retries.Workers, retries.Retry = workers, &plan.Retry{Initial: time.Millisecond, Max: time.Millisecond}
			p := newPipeline(t, Config{Name: "test", MaxMessages: 50, DrainTimeout: 30 * time.Millisecond, Stages: []*Stage{
				ticking{&settled}.stage(), before, retries, (&collector{}).stage()}})
			ctx, cancel := context.WithCancel(t.Context())
			ended := make(chan error, 1)
			go func() { ended <- p.Run(ctx) }()
			eventually(t, func() bool { return attempts.Load() > 3 && p.sections[0].credits.waiting.Load() > 0 })
			cancel()
			if err := <-ended; !errors.Is(err, ErrNotDrained) {
				t.Errorf("the run ends with %v", err)
			}
			if n := settled.Load(); n > 0 {
				t.Errorf("the stop has settled %d messages", n)
			}
			if n := p.unsettled(); n != 50 {
				t.Errorf("%d messages are unsettled, want 50", n)
			}
		})
	}
}

// A worker does not sleep until a retry is due: where order does not matter, everything
// else goes through meanwhile.
func TestGuardWorkersDoNotSleep(t *testing.T) {
	source, sink := newNumbers(50), &collector{}
	source.batch = 10
	retries := syncStage("retries", func(m component.Message, done component.HandledCallback) {
		if string(m.GetData()) == "5" {
			done(component.Report{Status: component.Retry, Description: "in ten minutes"})
			return
		}
		done(component.Report{})
	})
	retries.Order, retries.Retry = plan.None, &plan.Retry{Initial: 10 * time.Minute, Max: 10 * time.Minute}
	p := newPipeline(t, Config{Name: "test", DrainTimeout: time.Millisecond, Stages: []*Stage{source.stage(), retries, sink.stage()}})
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- p.Run(ctx) }()
	eventually(t, func() bool {
		sink.mu.Lock()
		defer sink.mu.Unlock()
		return len(sink.got) == 49
	})
	cancel()
	if err := <-ended; !errors.Is(err, ErrNotDrained) {
		t.Errorf("the run ends with %v", err)
	}
}
