package control

import (
	"context"
	"strconv"
	"testing"

	"github.com/gopiper/gopiper/component"
	"github.com/gopiper/gopiper/engine"
	"github.com/gopiper/gopiper/plan"
	"github.com/gopiper/gopiper/store"
)

// stage is a factory and a worker: a source of messages, or a stage that handles
// them.
type stage struct {
	messages int  // of a source
	open     bool // it goes on until it is stopped
	handle   func(component.Message) component.Report
}

func (s *stage) Amount() int                                       { return 1 }
func (s *stage) Create(chan component.Message) component.Component { return s }

func (s *stage) Handle(m component.Message, handled component.HandledCallback) { handled(s.handle(m)) }

// origin is a source.
type origin struct{ *stage }

func (o origin) Create(chan component.Message) component.Component { return o }

func (o origin) Run(ctx context.Context, out component.Output) error {
	b := out.Batch()
	for i := range o.messages {
		b.Append([]byte("message " + strconv.Itoa(i+1)))
	}
	if !out.Emit(b) {
		return nil
	}
	if o.open {
		<-ctx.Done()
	}
	return nil
}

// pipeline makes one whose stage check handles messages.
func pipeline(t *testing.T, name string, store engine.Store, kept *engine.Quarantine, from stage, check func(component.Message) component.Report) *engine.Pipeline {
	t.Helper()
	declared := func(roles component.Roles, interfaces component.Interfaces) *component.Declaration {
		return &component.Declaration{Roles: roles, Interfaces: interfaces, Sync: true}
	}
	p, err := engine.New(engine.Config{
		Name: name, Store: store, Kept: kept,
		Stages: []*engine.Stage{
			{Kind: plan.Component, Name: "origin", Factory: origin{&from}, Declaration: declared(component.Source, component.IsRunner)},
			{Kind: plan.Component, Name: "check", Factory: &stage{handle: check}, Declaration: declared(component.Processor|component.Sink, 0)},
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// filled is a quarantine with the messages 1 to 4: of the pipeline first, the ones
// with odd numbers with the status 201, the others with 200; and 5, of second.
func filled(t *testing.T) (*store.Store, *engine.Quarantine) {
	t.Helper()
	m, err := store.Open(t.TempDir(), store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := m.Close(); err != nil {
			t.Error(err)
		}
	})
	q := engine.NewQuarantine(m)
	fail := func(m component.Message) component.Report {
		last := m.GetData()[len(m.GetData())-1]
		return component.Report{Status: 200 + int(last-'0')%2, Description: "not good"}
	}
	for _, p := range []*engine.Pipeline{
		pipeline(t, "first", m, q, stage{messages: 4}, fail),
		pipeline(t, "second", m, q, stage{messages: 1}, fail),
	} {
		if err := p.Run(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	return m, q
}
