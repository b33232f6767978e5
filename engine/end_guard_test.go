package engine

import (
	"runtime"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gopiper/gopiper/component"
	"github.com/gopiper/gopiper/plan"
)

// At the end of the input a worker does not end while a message waits in front of its
// second stage, because another worker retries one there.
func TestGuardEndBehindARetry(t *testing.T) {
	for range 10 {
		second := make(chan struct{})                     // closed when message 1 is in the first stage
		answer := make(chan component.HandledCallback, 1) // its callback
		declaration := &component.Declaration{Name: "stage", Roles: component.Processor}
		first := syncStage("late", func(m component.Message, done component.HandledCallback) {
			if string(m.GetData()) == "1" {
				answer <- done
				close(second)
				return
			}
			<-second // the other worker has it
			for range 1000 {
				runtime.Gosched() // until that sees the end of the input
			}
			done(component.Report{})
		})
		var attempts atomic.Int64
		retries := syncStage("retries", func(m component.Message, done component.HandledCallback) {
			if string(m.GetData()) == "0" && attempts.Add(1) < 5 {
				if attempts.Load() == 2 {
					(<-answer)(component.Report{})
				}
				done(component.Report{Status: component.Retry})
				return
			}
			done(component.Report{})
		})
		first.Declaration, first.Workers, retries.Workers = declaration, 2, 2
		retries.Retry = &plan.Retry{Initial: time.Millisecond, Max: time.Millisecond}
		source, sink := newNumbers(2), &collector{}
		source.batch = 1
		run(t, source.stage(), first, retries, sink.stage())
		if !slices.Equal(sink.got, want(2)) {
			t.Fatal(difference(sink.got, want(2)))
		}
	}
}
