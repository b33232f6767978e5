package conformance

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	"go.uber.org/goleak"

	"github.com/gopiper/gopiper/component"
	"github.com/gopiper/gopiper/plan"
	"github.com/gopiper/gopiper/script"
)

// testingT is what *testing.T and *rapid.T have in common.
type testingT interface {
	Helper()
	Fatal(...any)
	Fatalf(string, ...any)
}

// engine is what runs functions.
type engine struct {
	name   string // as the plan says it
	choose func(*script.Options)
	// partly is true for an engine that leaves functions to gopher-lua.
	partly bool
}

// engines are all there are.
var engines = []engine{
	{name: "gopher-lua", choose: func(o *script.Options) { o.Engine = script.EngineGopherLua }},
	{name: "compiled", choose: func(o *script.Options) { o.Engine = script.EngineAuto }, partly: true},
	{name: "luajit", choose: func(o *script.Options) { o.Engine = script.EngineLuaJIT }},
}

// outcome is what a function has made of a message.
type outcome struct {
	engine  string // that ran it, as the plan says
	reason  string // why not another
	report  component.Report
	message component.StandardMessage
	sent    []string // each as shown does it
}

// run hands a message to the function of a script, by what hosts use. The error
// is that of Load.
func (e *engine) run(t testingT, source string, messages ...component.StandardMessage) ([]outcome, error) {
	t.Helper()
	options := script.Options{
		Print:       func(plan.Position, string) {},
		Environment: func(string) (string, bool) { return "", false },
	}
	e.choose(&options)
	s, err := script.Load(context.Background(), "case.lua", []byte(source), options)
	if err != nil {
		return nil, err
	}
	function := s.Plan().Pipelines[0].Stages[1].Function
	postponed := make(chan component.Message, 1000)
	worker := function.Impl.(*script.Function).Create(0, 0, postponed)
	if opener, ok := worker.(component.Opener); ok {
		if err := opener.Open(context.Background()); err != nil {
			t.Fatal(err)
		}
	}
	if closer, ok := worker.(component.Closer); ok {
		defer func() {
			if err := closer.Close(); err != nil {
				t.Fatal(err)
			}
		}()
	}
	var outcomes []outcome
	for _, m := range messages {
		o := outcome{engine: function.Engine, reason: function.Reason, message: m}
		called := 0
		worker.Handle(&derivable{m}, func(r component.Report) {
			o.report = r
			called++
		})
		if called != 1 {
			t.Fatalf("%d callbacks before Handle returned", called)
		}
		for len(postponed) > 0 {
			o.sent = append(o.sent, shown((<-postponed).(component.StandardMessage)))
		}
		outcomes = append(outcomes, o)
	}
	return outcomes, nil
}

// shown is a message as text: its data, and what else it has.
func shown(m component.StandardMessage) string {
	text := fmt.Sprintf("%q", m.GetData())
	if m.Key() != "" {
		text += fmt.Sprintf(" key=%q", m.Key())
	}
	if m.Timestamp() != 0 {
		text += fmt.Sprintf(" at=%.6f", float64(m.Timestamp())/1e9)
	}
	var names []string
	for name, value := range m.Attributes {
		names = append(names, fmt.Sprintf(" %s=%q", name, value))
	}
	slices.Sort(names)
	return text + strings.Join(names, "")
}

// derivable is a message as an engine's would be: others can be made from it.
type derivable struct{ component.StandardMessage }

func (*derivable) Derive()                         {}
func (*derivable) DerivedSettled(component.Report) {}

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }
