package componenttest_test

import (
	"fmt"
	"testing"

	"github.com/gopiper/gopiper/component"
	"github.com/gopiper/gopiper/componenttest"
)

// In a test file of a plugin, Declaration and NewFactory are those that it
// exports.
func ExampleRun() {
	_ = func(t *testing.T) { // func TestConformance(t *testing.T)
		componenttest.Run(t, componenttest.Suite{
			Declaration: &Declaration,
			New:         NewFactory,
			Attributes:  map[string]any{"suffix": "?"},
		})
	}
}

// A component that is not to be trusted.
func ExampleCheck() {
	results, err := componenttest.Check(componenttest.Suite{
		Declaration: &Declaration,
		New:         NewFactory,
		Messages:    [][]byte{[]byte("hello")},
	})
	if err != nil {
		fmt.Println(err)
	}
	for _, r := range results {
		if len(r.Problems) > 0 {
			fmt.Println(r)
		}
	}
	// Output:
	// message 1 ("hello"): Key was called after its callback, at example_test.go:71
	// message 2 ("hello"): Key was called after its callback, at example_test.go:71
	// 	the contract, component.Component: The message belongs to the worker until it calls back; afterwards the worker must not touch it, nor the memory that GetData returned.
	// 	to mend it: do all that needs the message before the callback, before it is sent on, and before its Release; copy what is needed later
}

// Declaration declares the component of the examples.
var Declaration = component.Declaration{
	Name:    "shout",
	Summary: "Makes messages loud.",
	Doc:     "It adds a suffix.",
	Example: `gopiper.stdin{}, gopiper.shout{ suffix = "!!" }, gopiper.stdout{}`,
	Roles:   component.Processor,
	Sync:    true,
	Attributes: []component.Attribute{
		{Name: "suffix", Type: component.String, Default: "!", Doc: "What to add to each message."},
	},
}

// NewFactory makes its factory.
func NewFactory(attributes map[string]any) (component.Factory, error) {
	return shout{attributes["suffix"].(string)}, nil
}

type shout struct{ suffix string }

func (s shout) Amount() int                                       { return 1 }
func (s shout) Create(chan component.Message) component.Component { return s }

func (s shout) Handle(message component.Message, handled component.HandledCallback) {
	message.SetData(append(message.GetData(), s.suffix...))
	handled(component.Report{})
	counts[message.(component.StandardMessage).Key()]++
}

var counts = map[string]int{}
