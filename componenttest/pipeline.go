package componenttest

import (
	"context"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"time"

	"github.com/gopiper/gopiper/component"
	"github.com/gopiper/gopiper/engine"
	"github.com/gopiper/gopiper/plan"
)

// pipeline is a run of the component in the engine: in strict mode, in which
// memory is overwritten instead of being used again.
type pipeline struct {
	s       *subject
	engine  *engine.Pipeline
	inputs  *inputs  // nil for a source
	outputs *outputs // nil for a sink
	log     *logged
}

// stage is the component's stage.
func (s *subject) stage(r *reporter, workers int) *engine.Stage {
	made, err := s.factory()
	r.need(err)
	st := &engine.Stage{Kind: plan.Component, Name: s.name, Component: s.name, Factory: made, Declaration: s.Declaration,
		Workers: workers, Timeout: s.Patience, Retry: &plan.Retry{Initial: time.Millisecond, Max: time.Millisecond, MaxAttempts: 3}}
	if s.role == component.Sink && workers > 1 {
		st.Order = plan.None
	}
	return st
}

// newPipeline puts the stage into a pipeline. Its messages come from a Runner,
// or as objects of the source's own.
func (s *subject) newPipeline(r *reporter, stage *engine.Stage, own bool) *pipeline {
	p := &pipeline{s: s, log: &logged{}}
	var stages []*engine.Stage
	if s.role != component.Source {
		p.inputs = &inputs{data: s.long(), kinds: len(s.Messages), outcomes: map[int]component.Report{}}
		stages = append(stages, p.inputs.stage(own))
	}
	stages = append(stages, stage)
	if s.role != component.Sink {
		p.outputs = &outputs{}
		stages = append(stages, p.outputs.stage())
	}
	made, err := engine.New(engine.Config{Name: "componenttest", Stages: stages, Strict: true, DrainTimeout: s.Patience,
		Logger: slog.New(slog.NewTextHandler(p.log, &slog.HandlerOptions{Level: slog.LevelWarn}))})
	r.need(err)
	p.engine = made
	return p
}

// run runs the pipeline to its end; if until is set, it is stopped once that
// holds. The engine does not return if the component does not let it.
func (p *pipeline) run(until func() bool) error {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	done := make(chan error, 1)
	go func() { done <- p.engine.Run(ctx) }()
	late := time.NewTimer(2 * p.s.Patience)
	defer late.Stop()
	look := time.NewTicker(time.Millisecond)
	defer look.Stop()
	for {
		select {
		case err := <-done:
			if err != nil {
				return fmt.Errorf("the pipeline ended with the error: %w%s", err, p.log)
			}
			return nil
		case <-look.C:
			if until != nil && until() {
				cancel()
			}
		case <-late.C:
			return fmt.Errorf("the pipeline has not ended within %v; its counters are %+v%s", 2*p.s.Patience, p.engine.Stats().Stages, p.log)
		}
	}
}

// logged is what the engine has said.
type logged struct {
	mu   sync.Mutex
	text strings.Builder
}

func (l *logged) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.text.Len() < 2000 {
		l.text.Write(p)
	}
	return len(p), nil
}

func (l *logged) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.text.Len() == 0 {
		return ""
	}
	return "\nthe engine said:\n" + l.text.String()
}

// single is a factory of one worker.
type single struct {
	worker func(chan component.Message) component.Component
}

func (f single) Amount() int { return 1 }

func (f single) Create(postponed chan component.Message) component.Component {
	return f.worker(postponed)
}

// inputs is the source of a pipeline, which notes how its messages end.
type inputs struct {
	data    [][]byte
	kinds   int  // data[i+kinds] is data[i]
	endless bool // the data over and over, until a stop

	mu       sync.Mutex
	outcomes map[int]component.Report
	twice    int // messages that were settled again
}

func (in *inputs) stage(own bool) *engine.Stage {
	st := &engine.Stage{Kind: plan.Component, Name: "inputs", Component: "inputs"}
	st.Factory = single{func(postponed chan component.Message) component.Component {
		if own {
			go in.send(postponed)
			return refusing{}
		}
		return &runner{in: in}
	}}
	return st
}

func (in *inputs) settled(i int, outcome component.Report) {
	in.mu.Lock()
	defer in.mu.Unlock()
	if _, again := in.outcomes[i]; again {
		in.twice++
	}
	in.outcomes[i] = outcome
}

func (in *inputs) count() int {
	in.mu.Lock()
	defer in.mu.Unlock()
	return len(in.outcomes)
}

// refusing is a source that handles nothing.
type refusing struct{}

func (refusing) Handle(_ component.Message, handled component.HandledCallback) {
	handled(component.Report{Status: component.Fail, Description: "a source handles nothing"})
}

// runner originates the inputs in batches of many and of few.
type runner struct {
	refusing
	in *inputs
}

func (o *runner) Run(_ context.Context, out component.Output) error {
	in := o.in
	for from, turn := 0, 0; in.endless || from < len(in.data); turn++ {
		b, first := out.Batch(), from
		to := from + []int{50, 1, 7}[turn%3]
		if !in.endless {
			to = min(to, len(in.data))
		}
		for ; from < to; from++ {
			b.Append(in.data[from%len(in.data)])
			b.SetMeta(metaOf(from % in.kinds))
		}
		b.OnSettled = func(b *component.Batch) {
			for i := range b.Len() {
				in.settled(first+i, b.Outcome(i))
			}
		}
		if !out.Emit(b) {
			return nil
		}
	}
	return nil
}

// send originates the inputs as messages of a type that the engine does not
// know.
func (in *inputs) send(postponed chan component.Message) {
	defer close(postponed)
	for i, data := range in.data {
		m := &ownMessage{StandardMessage: component.NewMessage(data), in: in, number: i}
		given := metaOf(i % in.kinds)
		m.SetKey(given.Key)
		m.SetTimestamp(given.Timestamp)
		for pairs := given.Attributes; len(pairs) > 0; pairs = pairs[2:] {
			m.SetAttribute(pairs[0], pairs[1])
		}
		postponed <- m
	}
}

// ownMessage is a source's own message, which is told how it ends.
type ownMessage struct {
	component.StandardMessage
	in     *inputs
	number int
	status component.Report
}

func (m *ownMessage) Status() *component.Report { return &m.status }
func (m *ownMessage) Release()                  { m.in.settled(m.number, m.status) }

// outputs is the sink of a pipeline.
type outputs struct {
	mu   sync.Mutex
	list []output
}

func (o *outputs) stage() *engine.Stage {
	return &engine.Stage{Kind: plan.Component, Name: "outputs", Component: "outputs",
		Factory:     single{func(chan component.Message) component.Component { return o }},
		Declaration: &component.Declaration{Name: "outputs", Roles: component.Sink, Sync: true}}
}

func (o *outputs) Handle(m component.Message, handled component.HandledCallback) {
	one := output{data: string(m.GetData()), meta: metaText(m)}
	o.mu.Lock()
	o.list = append(o.list, one)
	o.mu.Unlock()
	handled(component.Report{})
}

func (o *outputs) count() int {
	o.mu.Lock()
	defer o.mu.Unlock()
	return len(o.list)
}
