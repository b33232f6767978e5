package gopiper

import (
	"path/filepath"
	"runtime"
	"time"

	"github.com/gopiper/gopiper/component"
	"github.com/gopiper/gopiper/plan"
)

// Pipeline describes one pipeline.
type Pipeline struct {
	// Name is unique among the pipelines that run together; "" makes one up.
	Name   string
	Stages []Stage
	// Failed handles the messages that failed in any stage. Without it they
	// are logged, and the run ends with [ErrUnhandled].
	Failed []Stage
	// MaxMessages and MaxBytes bound what may be in flight; 0 stands for the
	// default, which is 10,000 messages and 64 MiB.
	MaxMessages, MaxBytes int64
	// DrainTimeout is how long a stop may take; 0 stands for 25 s.
	DrainTimeout time.Duration
}

// Attributes are what a component is given: its declaration says which ones it
// takes (`gopiper doc NAME` shows it).
type Attributes = map[string]any

// Stage describes a component placed in a pipeline, or a composition of
// stages. It is a value: a method returns a changed copy, and the same Stage
// may be placed many times.
type Stage struct{ stage plan.Stage }

// Stages lists stages: those of a pipeline, or of a branch.
func Stages(stages ...Stage) []Stage { return stages }

// Use is a component by its reference: a built-in's name, or the path of a
// plugin's file. With several attributes tables, later ones win.
func Use(reference string, attributes ...Attributes) Stage {
	s := plan.Stage{Kind: plan.Component, Reference: reference, Position: caller(1)}
	for _, table := range attributes {
		for name, value := range table {
			if s.Attributes == nil {
				s.Attributes = make(Attributes)
			}
			s.Attributes[name] = value
		}
	}
	return Stage{s}
}

// Own is a component of the program's own, by its factory. The declaration may
// be nil: the engine then assumes that the component sends messages and that
// it may call back late, which is slower, and it may stand anywhere.
func Own(name string, factory component.Factory, declaration *component.Declaration) Stage {
	return given(plan.Component, name, ownComponent{factory, declaration})
}

// Function is a stage that calls a function for every message. The report says
// what becomes of the message; the zero Report hands it on, or at the end of
// the pipeline delivers it. The message must not be used after the function has
// returned. With several [Stage.Workers] the function is called from as many
// goroutines at a time.
func Function(handle func(component.StandardMessage) component.Report) Stage {
	return given(plan.Function, "function", ownFunction(handle))
}

// given is a stage that runs what the program gives.
func given(kind plan.Kind, name string, impl any) Stage {
	at := caller(2)
	s := plan.Stage{Kind: kind, Function: &plan.Func{Name: name, Position: at, Impl: impl}, Position: at}
	if kind == plan.Component {
		s.Reference = name
	}
	return Stage{s}
}

// Branch gives every message to every branch. Branches that do not end in a
// sink flow on to the next stage.
func Branch(branches ...[]Stage) Stage { return fork(plan.Branch, branches) }

// Merge joins sources, each the first of a branch. It can only be the first
// stage of a pipeline.
func Merge(branches ...[]Stage) Stage { return fork(plan.Merge, branches) }

func fork(kind plan.Kind, branches [][]Stage) Stage {
	s := plan.Stage{Kind: kind, Position: caller(2)}
	for _, b := range branches {
		s.Branches = append(s.Branches, &plan.Fork{Stages: planned(b), Position: s.Position})
	}
	return Stage{s}
}

// Case is one case of a [Switch].
type Case struct{ fork plan.Fork }

// When is a case that takes the messages for which the predicate is true. The
// predicate must only read the message, and may be called from several
// goroutines at a time.
func When(predicate func(component.StandardMessage) bool, stages ...Stage) Case {
	at := caller(1)
	when := &plan.Func{Position: at, Impl: ownPredicate(predicate)}
	return Case{plan.Fork{When: when, Stages: planned(stages), Position: at}}
}

// Otherwise is the last case: it takes every message that no other took.
func Otherwise(stages ...Stage) Case {
	return Case{plan.Fork{Stages: planned(stages), Position: caller(1)}}
}

// Switch gives every message to the first case that takes it. What no case
// took flows on to the next stage; if the switch is the last one, it fails.
func Switch(cases ...Case) Stage {
	s := plan.Stage{Kind: plan.Switch, Position: caller(1)}
	for _, c := range cases {
		f := c.fork
		s.Branches = append(s.Branches, &f)
	}
	return Stage{s}
}

// Named gives the stage a name, unique in its pipeline; without it one is made
// from the component's: "json", "json_2".
func (s Stage) Named(name string) Stage {
	s.stage.Name = name
	return s
}

// Workers sets how many workers the stage has. Messages leave it in the order
// in which they entered it, unless the stage says otherwise.
func (s Stage) Workers(n int) Stage {
	s.stage.Workers = n
	return s
}

// Unordered lets messages overtake each other.
func (s Stage) Unordered() Stage {
	s.stage.Order = plan.None
	return s
}

// OrderByKey keeps the order of messages with the same key only, and gives them
// to the same worker. The key is an attribute of the message, or with "" the
// message's own.
func (s Stage) OrderByKey(attribute string) Stage {
	s.stage.Order, s.stage.OrderBy = plan.Key, attribute
	return s
}

// OrderBy is [Stage.OrderByKey] with a key that a function computes. It must
// only read the message, and may be called from several goroutines at a time.
func (s Stage) OrderBy(key func(component.StandardMessage) string) Stage {
	s.stage.Order = plan.Key
	s.stage.OrderByFunction = &plan.Func{Position: s.stage.Position, Impl: ownKey(key)}
	return s
}

// Retry sets what happens on a report of the class Retry. Without it a message
// is handled again without limit, with pauses from 100 ms to 30 s.
func (s Stage) Retry(policy plan.Retry) Stage {
	s.stage.Retry = &policy
	return s
}

// Timeout sets how long a callback may take; without it 30 s.
func (s Stage) Timeout(d time.Duration) Stage {
	s.stage.Timeout = d
	return s
}

// Describe makes a plan of the pipelines. The plan is the caller's: it can be
// changed, or printed with [plan.Plan.JSON], before [Prepare] takes it.
func Describe(pipelines ...Pipeline) *plan.Plan {
	p := &plan.Plan{}
	for _, described := range pipelines {
		p.Pipelines = append(p.Pipelines, &plan.Pipeline{
			Name: described.Name, Stages: planned(described.Stages), Failed: planned(described.Failed),
			MaxMessages: described.MaxMessages, MaxBytes: described.MaxBytes, DrainTimeout: described.DrainTimeout,
		})
	}
	return p
}

// planned copies the stages, and what is in them, into a plan: placed twice, a
// Stage becomes two.
func planned(stages []Stage) []*plan.Stage {
	var list []*plan.Stage
	for _, s := range stages {
		list = append(list, copied(&s.stage))
	}
	return list
}

func copied(s *plan.Stage) *plan.Stage {
	c := *s
	c.Branches = nil
	for _, branch := range s.Branches {
		f := *branch
		f.Stages = nil
		for _, inner := range branch.Stages {
			f.Stages = append(f.Stages, copied(inner))
		}
		c.Branches = append(c.Branches, &f)
	}
	return &c
}

// caller is where the program called this package, skip calls further out.
func caller(skip int) plan.Position {
	_, file, line, ok := runtime.Caller(skip + 1)
	if !ok {
		return plan.Position{}
	}
	return plan.Position{File: filepath.Base(file), Line: line}
}
