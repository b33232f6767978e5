package engine

import (
	"context"
	"fmt"
	"testing"

	"github.com/gopiper/gopiper/component"
	"github.com/gopiper/gopiper/plan"
)

// endless originates b.N messages of 122 bytes, in batches.
type endless struct{ n, batch int }

func (s *endless) Handle(component.Message, component.HandledCallback) {}

func (s *endless) Run(ctx context.Context, out component.Output) error {
	for left := s.n; left > 0; {
		b := out.Batch()
		if cap(b.Buffer) < 64<<10 {
			b.Buffer = make([]byte, 64<<10)
		}
		b.Buffer = b.Buffer[:cap(b.Buffer)]
		for i := range min(left, s.batch) {
			b.Add(i*122, i*122+122)
		}
		left -= b.Len()
		if !out.Emit(b) {
			return nil
		}
	}
	return nil
}

type nothing struct{}

func (nothing) Handle(_ component.Message, done component.HandledCallback) { done(component.Report{}) }

type nothingBatch struct{ nothing }

func (nothingBatch) HandleBatch(messages []component.Message, _ []component.Report) int {
	return len(messages)
}

func benchStage(name string, c component.Component, workers int) *Stage {
	d := &component.Declaration{Name: name, Roles: component.Processor | component.Sink, Sync: true}
	if _, ok := c.(component.BatchHandler); ok {
		d.Interfaces = component.IsBatchHandler
	}
	return &Stage{Kind: plan.Component, Name: name, Component: name, Workers: workers, Declaration: d,
		Factory: factory{create: func(chan component.Message) component.Component { return c }}}
}

// BenchmarkStages shows what one more empty stage costs a message: compare
// stages=11 with stages=1 and divide by ten.
func BenchmarkStages(b *testing.B) {
	for _, kind := range []string{"handle", "batch"} {
		for _, batch := range []int{512, 1} {
			for _, n := range []int{1, 11} {
				b.Run(fmt.Sprintf("%s/batch=%d/stages=%d", kind, batch, n), func(b *testing.B) {
					var c component.Component = nothing{}
					if kind == "batch" {
						c = nothingBatch{}
					}
					src := &endless{n: b.N, batch: batch}
					stages := []*Stage{{Kind: plan.Component, Name: "endless",
						Factory:     factory{create: func(chan component.Message) component.Component { return src }},
						Declaration: &component.Declaration{Name: "endless", Roles: component.Source, Interfaces: component.IsRunner}}}
					for i := range n {
						stages = append(stages, benchStage(fmt.Sprint(kind, i), c, 1))
					}
					p := newPipeline(b, Config{Name: "bench", Stages: stages})
					b.ReportAllocs()
					b.ResetTimer()
					if err := p.Run(context.Background()); err != nil {
						b.Fatal(err)
					}
				})
			}
		}
	}
}

// BenchmarkUndeclared shows what a component costs that declares nothing: a
// callback for every message, a segment and a goroutine of its own.
func BenchmarkUndeclared(b *testing.B) {
	for _, batch := range []int{512, 1} {
		b.Run(fmt.Sprintf("batch=%d", batch), func(b *testing.B) {
			src := &endless{n: b.N, batch: batch}
			p := newPipeline(b, Config{Name: "bench", Stages: []*Stage{
				{Kind: plan.Component, Name: "endless",
					Factory:     factory{create: func(chan component.Message) component.Component { return src }},
					Declaration: &component.Declaration{Name: "endless", Roles: component.Source, Interfaces: component.IsRunner}},
				plainStage("plain", func(chan component.Message) component.Component { return nothing{} }),
				benchStage("last", nothingBatch{}, 1),
			}})
			b.ReportAllocs()
			b.ResetTimer()
			if err := p.Run(context.Background()); err != nil {
				b.Fatal(err)
			}
		})
	}
}

// BenchmarkWorkers shows what putting batches back in order costs behind two
// workers.
func BenchmarkWorkers(b *testing.B) {
	for _, order := range []plan.Order{plan.Total, plan.None} {
		b.Run(string(order), func(b *testing.B) {
			src := &endless{n: b.N, batch: 512}
			two := benchStage("two", nothing{}, 2)
			two.Order = order
			p := newPipeline(b, Config{Name: "bench", Stages: []*Stage{
				{Kind: plan.Component, Name: "endless",
					Factory:     factory{create: func(chan component.Message) component.Component { return src }},
					Declaration: &component.Declaration{Name: "endless", Roles: component.Source, Interfaces: component.IsRunner}},
				two, benchStage("last", nothingBatch{}, 1),
			}})
			b.ReportAllocs()
			b.ResetTimer()
			if err := p.Run(context.Background()); err != nil {
				b.Fatal(err)
			}
		})
	}
}
