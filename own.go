package gopiper

import (
	"github.com/gopiper/gopiper/component"
)

// What follows is what the functions of a plan are when the program gives them,
// as script's are when a script does. See resolve.go for what is asked of them.

// ownComponent is a component of the program's own.
type ownComponent struct {
	component.Factory
	declaration *component.Declaration
}

// ownFunction is a function that handles messages.
type ownFunction func(component.StandardMessage) component.Report

var functionDeclaration = component.Declaration{
	Name:       "function",
	Roles:      component.Processor | component.Sink,
	Interfaces: component.IsBatchHandler,
	Sync:       true,
}

func (f ownFunction) Create(int, int, chan component.Message) component.Component { return f }

func (f ownFunction) Declaration() *component.Declaration { return &functionDeclaration }

func (f ownFunction) Handle(m component.Message, handled component.HandledCallback) {
	handled(f.report(m))
}

func (f ownFunction) HandleBatch(messages []component.Message, reports []component.Report) int {
	for i, m := range messages {
		if r := f.report(m); r.Status != component.Done {
			reports[i] = r
		}
	}
	return len(messages)
}

func (f ownFunction) report(m component.Message) component.Report {
	r := f(m.(component.StandardMessage))
	if r.Status == component.Continue {
		return component.Report{Status: component.Fail, Description: "a function cannot keep a message with Continue; write a component"}
	}
	return r
}

// ownPredicate decides for a case of a switch.
type ownPredicate func(component.StandardMessage) bool

func (p ownPredicate) Predicate(int, int) func(component.Message) (bool, error) {
	return func(m component.Message) (bool, error) { return p(m.(component.StandardMessage)), nil }
}

// ownKey computes the key of a message.
type ownKey func(component.StandardMessage) string

func (k ownKey) Key(int, int) func(component.Message) (string, error) {
	return func(m component.Message) (string, error) { return k(m.(component.StandardMessage)), nil }
}
