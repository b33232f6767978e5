// Package componenttest is the conformance suite: it checks that a component
// keeps to the contract of package component, whatever its transport. A test
// of a component, or of a plugin in the package main that exports it, is this:
//
//	func TestConformance(t *testing.T) {
//		componenttest.Run(t, componenttest.Suite{
//			Declaration: &Declaration,
//			New:         NewFactory,
//			Attributes:  map[string]any{"suffix": "!"},
//		})
//	}
//
// The suite drives workers of the component by itself, with messages that keep
// account of all that is done to them, and then runs the component in a real
// pipeline. Every rule is a subtest with a name that does not change; a failure
// says which words of the contract are broken, where they stand, and how to
// mend it. Checks that do not apply, such as those of HandleBatch for a
// component without one, are not run.
//
// Run it under the race detector too: then what the contract says of
// goroutines is checked as well.
//
// A program that is no test, such as one that loads plugins, uses [Check].
package componenttest

import (
	"strings"
	"testing"
	"time"

	"github.com/gopiper/gopiper/component"
)

// Suite says what to check, and with what.
type Suite struct {
	// Declaration is the component's; nil if it has none. What it would
	// promise is not checked then.
	Declaration *component.Declaration
	// New is the component's NewFactory. It is called many times; each time
	// what it reads, if it is a source, must be there from the start.
	New func(attributes map[string]any) (component.Factory, error)
	// Attributes are the component's, as a pipeline would write them.
	Attributes map[string]any
	// Role is the place in a pipeline in which it is checked: one of
	// component.Source, Processor and Sink. It may be left out if the
	// declaration names only one.
	Role component.Roles
	// Messages are the data of messages that it handles. It must let one of
	// them through, or keep or drop it. Nil stands for JSON, text, bytes of
	// all values, a long message and an empty one.
	Messages [][]byte
	// Features says what cannot be found out.
	Features Features

	// Delivered, for a sink, returns all that was delivered by the component
	// since the suite began. Without it nothing is known of what a sink does
	// with the data. It is called by the goroutine that called Run or Check.
	Delivered func() []byte
	// Failing makes a factory like New, but of a sink that cannot deliver: its
	// disk is full, its connection is closed. Nil: not checked.
	Failing func(attributes map[string]any) (component.Factory, error)
	// Unopenable makes a factory like New whose Open, or that of its worker,
	// must return an error: what it opens is not there. Nil: not checked.
	Unopenable func(attributes map[string]any) (component.Factory, error)

	// Patience is how long the suite waits for what must happen before it
	// says that it does not; 0 stands for 10 seconds.
	Patience time.Duration
	// Goroutines names functions whose goroutines may be left behind, as a
	// stack shows them: those of a library that starts some once for good.
	Goroutines []string
}

// Features says of a component what cannot be found out. The zero value is
// right for most.
type Features struct {
	// Stateful: what it does with a message depends on earlier ones, though
	// the declaration does not say so.
	Stateful bool
	// Random: equal messages may end in different ways, because of chance or
	// the time. Results are not compared then.
	Random bool
	// Adds: a processor also sends messages that are made from none.
	Adds bool
	// Endless: a source waits for more, or always has more.
	Endless bool
	// Originates is how many messages a source originates, or, if it is
	// Endless, how many at least before it waits. 0 says nothing.
	Originates int
	// Workers is how many workers are tried at once; 0 stands for 4, and 1 if
	// it is Stateful. For a source 0 stands for 1.
	Workers int
}

// Run runs the suite, each check as a subtest. No other test may run at the
// same time, because goroutines are counted.
func Run(t *testing.T, suite Suite) {
	t.Helper()
	s, err := prepare(suite)
	if err != nil {
		t.Fatal(err)
	}
	skipped, because := []string(nil), ""
	s.run(func(c *check, perform func() Result) (passed bool) {
		return t.Run(c.name, func(t *testing.T) {
			if r := perform(); len(r.Problems) > 0 {
				t.Error(r)
			}
		})
	}, func(c *check, failed string) { skipped, because = append(skipped, c.name), failed })
	if skipped != nil {
		t.Logf("because %s failed, there was no point in checking %s", because, strings.Join(skipped, ", "))
	}
}

// Check runs the suite and returns what came of every check that applies, in
// the order in which they were run. An error says what is wrong with the suite
// itself. No two calls may run at the same time.
func Check(suite Suite) ([]Result, error) {
	s, err := prepare(suite)
	if err != nil {
		return nil, err
	}
	var results []Result
	s.run(func(_ *check, perform func() Result) bool {
		r := perform()
		results = append(results, r)
		return len(r.Problems) == 0
	}, func(c *check, failed string) {
		results = append(results, Result{Check: c.name, Because: failed})
	})
	return results, nil
}

// Result is what came of one check. It has passed if there are no problems and
// Because is empty.
type Result struct {
	// Check is its name.
	Check string
	// Problems tell what the component did wrong.
	Problems []string
	// Because, if not empty, names the check whose failure made this one
	// pointless: it was not run.
	Because string
	// Rule are the contract's own words, Where the part of package component
	// in which they stand, and Mend says what to do.
	Rule, Where, Mend string
}

// String tells the problems, the rule that is broken, and how to mend it.
func (r Result) String() string {
	switch {
	case r.Because != "":
		return r.Check + ": not checked, because " + r.Because + " failed"
	case len(r.Problems) == 0:
		return r.Check + ": passed"
	}
	return strings.Join(r.Problems, "\n") + "\n\tthe contract, " + r.Where + ": " + r.Rule + "\n\tto mend it: " + r.Mend
}
