package componenttest_test

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/gopiper/gopiper/component"
	"github.com/gopiper/gopiper/componenttest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// broken is a component with one defect.
type broken struct {
	name  string
	fails string // the check that finds the defect, and no other one does
	says  string // what it says of it
	// suite makes a suite. What the component waits for with its defect is
	// release, which is closed when the suite has given up.
	suite func(release chan struct{}) componenttest.Suite
	// hangs: the suite waits in vain, and is not to be patient.
	hangs bool
}

// Each of these is found, for what it is.
func TestBroken(t *testing.T) {
	found := map[string]bool{}
	for _, b := range slices.Concat(brokenProcessors, brokenBatchHandlers, brokenSinks, brokenSources, brokenLives) {
		t.Run(b.name, func(t *testing.T) {
			release := make(chan struct{})
			defer close(release)
			suite := b.suite(release)
			if b.hangs {
				suite.Patience = 250 * time.Millisecond
			}
			results, err := componenttest.Check(suite)
			if err != nil {
				t.Fatal(err)
			}
			for _, r := range results {
				switch failed := len(r.Problems) > 0; {
				case failed != (r.Check == b.fails):
					t.Errorf("%v", r)
				case failed && !strings.Contains(r.String(), b.says):
					t.Errorf("it says %v, and not %q", r, b.says)
				case failed:
					found[r.Check] = true
				}
			}
		})
	}
	for _, name := range componenttest.Names() {
		if !found[name] {
			t.Errorf("no broken component fails %s", name)
		}
	}
}

// The parts that they are made of.

type handler func(component.Message, component.HandledCallback)

func (h handler) Handle(m component.Message, handled component.HandledCallback) { h(m, handled) }

func pass(_ component.Message, handled component.HandledCallback) { handled(component.Report{}) }

type factory struct {
	create func(postponed chan component.Message) component.Component
	amount int
}

func (f factory) Amount() int { return f.amount }
func (f factory) Create(postponed chan component.Message) component.Component {
	return f.create(postponed)
}

type opener func(context.Context) error
type closer func() error
type flusher func(context.Context) error
type batcher func([]component.Message, []component.Report) int
type runner func(context.Context, component.Output) error

func (f opener) Open(ctx context.Context) error                               { return f(ctx) }
func (f closer) Close() error                                                 { return f() }
func (f flusher) Flush(ctx context.Context) error                             { return f(ctx) }
func (f batcher) HandleBatch(m []component.Message, r []component.Report) int { return f(m, r) }
func (f runner) Run(ctx context.Context, out component.Output) error          { return f(ctx, out) }

// declare declares a component in the way that the suite wants it.
func declare(change func(*component.Declaration)) *component.Declaration {
	d := &component.Declaration{
		Name: "broken", Summary: "Is broken.", Doc: "It is for tests.", Example: "gopiper.broken{}",
		Roles: component.Processor, Sync: true,
	}
	change(d)
	return d
}

func asItIs(*component.Declaration) {}

// emitting is for a processor that sends messages.
func emitting(d *component.Declaration) { d.Emits = true }

// suiteOf is a suite for a component whose workers are made by a function.
func suiteOf(change func(*component.Declaration), create func(postponed chan component.Message) component.Component) componenttest.Suite {
	return componenttest.Suite{
		Declaration: declare(change),
		New: func(map[string]any) (component.Factory, error) {
			return factory{create, 1}, nil
		},
	}
}

// always is a suite for a component without state.
func always(change func(*component.Declaration), h handler) func(chan struct{}) componenttest.Suite {
	return func(chan struct{}) componenttest.Suite {
		return suiteOf(change, func(chan component.Message) component.Component { return h })
	}
}
