package engine

import (
	"context"
	"fmt"
	"runtime"
	"testing"

	"github.com/gopiper/gopiper/component"
	"github.com/gopiper/gopiper/plan"
)

// TestCostPerMessage asserts what a message costs in allocations and channel
// operations. It asserts no time.
func TestCostPerMessage(t *testing.T) {
	const n = 1_000_000
	tests := []struct {
		name   string
		stages []*Stage
		// How many segments a batch is handed to over a channel.
		segments int
		allocs   float64 // per message, at most
	}{
		{"handle", []*Stage{benchStage("a", nothing{}, 1), benchStage("b", nothing{}, 1)}, 0, 0.01},
		{"batch", []*Stage{benchStage("a", nothingBatch{}, 1), benchStage("b", nothingBatch{}, 1)}, 0, 0.01},
		{"two workers", []*Stage{benchStage("a", nothingBatch{}, 2), benchStage("b", nothing{}, 1)}, 2, 0.02},
		// An undeclared component has a callback for each message, of two
		// allocations: the call and the method value.
		{"undeclared", []*Stage{plainStage("a", func(chan component.Message) component.Component { return nothing{} }), benchStage("b", nothing{}, 1)}, 2, 2.1},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			src := &endless{n: n, batch: 512}
			source := &Stage{Kind: plan.Component, Name: "endless",
				Factory:     factory{create: func(chan component.Message) component.Component { return src }},
				Declaration: &component.Declaration{Name: "endless", Roles: component.Source, Interfaces: component.IsRunner}}
			p := newPipeline(t, Config{Name: "cost", Stages: append([]*Stage{source}, test.stages...)})
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			if err := p.Run(context.Background()); err != nil {
				t.Fatal(err)
			}
			runtime.ReadMemStats(&after)
			if allocs := float64(after.Mallocs-before.Mallocs) / n; allocs > test.allocs {
				t.Errorf("%.3f allocations a message, at most %.3f", allocs, test.allocs)
			}
			// A send and a receive for every batch and segment, and the same for
			// taking the home from the free list and putting it back.
			batches := p.Stats().Stages[0].Batches
			operations := float64(batches) * 2 * float64(1+test.segments) / n
			if batches > n/500 || operations > 0.02 {
				t.Errorf("%d batches, %.4f channel operations a message", batches, operations)
			}
			for _, s := range p.Stats().Stages[1:] {
				if s.Received != n || s.Done != n {
					t.Errorf("%s: received %d, done %d", s.Stage, s.Received, s.Done)
				}
			}
			if inline := p.segments[len(p.segments)-1].inline; inline != (test.segments == 0) {
				t.Errorf("run by the source's goroutine: %v", inline)
			}
		})
	}
}

// TestMillion sends a million messages through every class of report, with
// callbacks in time, late, doubled and concurrent, on ordered workers.
func TestMillion(t *testing.T) {
	n := 1_000_000
	if testing.Short() {
		n = 200_000
	}
	src, sink := newNumbers(n), &collector{}
	src.batch = 512
	mixed := &modelStage{name: "mixed", mask: (1<<behaviours - 1) &^ (1 << doesKeep), workers: 2, order: plan.Total, attempts: map[string]int{}}
	p := newPipeline(t, Config{Name: "million", Stages: []*Stage{src.stage(), mixed.stage(), sink.stage()}})
	runPipeline(t, p)
	next := 0
	for i := range n {
		arrives, outcome := expect([]*modelStage{mixed}, fmt.Sprint(i))
		if got, ok := src.outcomes[i]; !ok || got.Class() != outcome {
			t.Fatalf("message %d ended as %v (known: %v), want %v", i, got, ok, outcome)
		}
		for _, a := range arrives {
			if next >= len(sink.got) || sink.got[next] != a {
				t.Fatalf("position %d: want %s", next, a)
			}
			next++
		}
	}
	if next != len(sink.got) || src.twice > 0 {
		t.Errorf("%d arrived, want %d; %d settled twice", len(sink.got), next, src.twice)
	}
	if s := p.Stats().Stages[1]; s.Doubled == 0 || s.Panics == 0 || s.Retried == 0 || s.Failed == 0 || s.Dropped == 0 || s.Continued == 0 {
		t.Errorf("not every class was seen: %+v", s)
	}
}
