package engine

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"sync"
	"time"

	"github.com/gopiper/gopiper/component"
	"github.com/gopiper/gopiper/plan"
)

// The parts that the tests build pipelines of.

// factory makes workers with a function.
type factory struct {
	amount int
	create func(postponed chan component.Message) component.Component
}

func (f factory) Amount() int { return max(f.amount, 1) }
func (f factory) Create(postponed chan component.Message) component.Component {
	return f.create(postponed)
}

// handler is a component that is a function.
type handler func(component.Message, component.HandledCallback)

func (h handler) Handle(m component.Message, done component.HandledCallback) { h(m, done) }

// numbers is a Runner that originates the decimal numbers 0 to n-1.
type numbers struct {
	n, batch int
	mu       sync.Mutex
	outcomes map[int]component.Report // of those settled
	twice    int
}

func (s *numbers) Handle(component.Message, component.HandledCallback) {}

func (s *numbers) Run(ctx context.Context, out component.Output) error {
	for i := 0; i < s.n; {
		b := out.Batch()
		first := i
		for ; i < s.n && b.Len() < s.batch; i++ {
			b.Append(fmt.Appendf(nil, "%d", i))
		}
		b.OnSettled = func(b *component.Batch) {
			s.mu.Lock()
			defer s.mu.Unlock()
			for j := range b.Len() {
				if _, again := s.outcomes[first+j]; again {
					s.twice++
				}
				s.outcomes[first+j] = b.Outcome(j)
			}
		}
		if !out.Emit(b) {
			return nil
		}
	}
	return nil
}

func newNumbers(n int) *numbers {
	return &numbers{n: n, batch: 100, outcomes: map[int]component.Report{}}
}

func (s *numbers) stage() *Stage {
	return &Stage{Kind: plan.Component, Name: "numbers", Component: "numbers",
		Factory:     factory{create: func(chan component.Message) component.Component { return s }},
		Declaration: &component.Declaration{Name: "numbers", Roles: component.Source, Interfaces: component.IsRunner}}
}

// collector is a sink that notes what it gets.
type collector struct {
	mu  sync.Mutex
	got []string
}

func (c *collector) Handle(m component.Message, done component.HandledCallback) {
	c.mu.Lock()
	c.got = append(c.got, string(m.GetData()))
	c.mu.Unlock()
	done(component.Report{})
}

func (c *collector) stage() *Stage {
	return &Stage{Kind: plan.Component, Name: "collector", Component: "collector",
		Factory:     factory{create: func(chan component.Message) component.Component { return c }},
		Declaration: &component.Declaration{Name: "collector", Roles: component.Sink, Sync: true}}
}

// sync declares a function that calls back before it returns.
func syncStage(name string, f handler) *Stage {
	return &Stage{Kind: plan.Component, Name: name, Component: name,
		Factory:     factory{create: func(chan component.Message) component.Component { return f }},
		Declaration: &component.Declaration{Name: name, Roles: component.Processor, Sync: true}}
}

// plainStage is a component without a declaration.
func plainStage(name string, create func(postponed chan component.Message) component.Component) *Stage {
	return &Stage{Kind: plan.Component, Name: name, Component: name, Factory: factory{create: create}}
}

// tester is what testing.TB and rapid.T have in common.
type tester interface {
	Helper()
	Errorf(string, ...any)
	Fatalf(string, ...any)
	Fatal(...any)
}

func newPipeline(t tester, config Config) *Pipeline {
	t.Helper()
	if config.Logger == nil {
		config.Logger = slog.New(slog.NewTextHandler(io.Discard, nil))
	}
	p, err := New(config)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// run runs the stages until they end.
func run(t tester, stages ...*Stage) *Pipeline {
	t.Helper()
	p := newPipeline(t, Config{Name: "test", Stages: stages})
	runPipeline(t, p)
	return p
}

func runPipeline(t tester, p *Pipeline) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Minute)
	defer cancel()
	if err := p.Run(ctx); err != nil {
		t.Fatalf("run: %v", err)
	}
	if ctx.Err() != nil {
		t.Fatal("the pipeline did not end by itself")
	}
	s := p.Stats()
	if s.InFlight != 0 || s.InFlightBytes != 0 {
		t.Errorf("in flight at the end: %d messages, %d bytes", s.InFlight, s.InFlightBytes)
	}
}

func want(n int) []string {
	out := make([]string, n)
	for i := range out {
		out[i] = fmt.Sprint(i)
	}
	return out
}
