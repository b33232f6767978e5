// Shout is a component as somebody else writes it: in a module of its own, with
// a dependency of its own.
package main

import (
	"bytes"

	"example.com/words"
	"github.com/gopiper/gopiper/component"
)

// Declaration describes the component.
var Declaration = component.Declaration{
	Name:    "shout",
	Summary: "Makes messages loud.",
	Example: `gopiper.stdin{}, gopiper.loadComponent("shout.so", { times = 2 }), gopiper.stdout{}`,
	Roles:   component.Processor,
	Sync:    true,
	Attributes: []component.Attribute{
		{Name: "times", Type: component.Int, Default: int64(1), Min: int64(0), Doc: "How many exclamation marks to add."},
	},
}

// NewFactory makes the factory of one stage.
func NewFactory(attributes map[string]any) (component.Factory, error) {
	return factory{words.Emphasis(int(attributes["times"].(int64)))}, nil
}

type factory struct{ emphasis string }

func (f factory) Amount() int                                       { return 1 }
func (f factory) Create(chan component.Message) component.Component { return worker(f) }

type worker struct{ emphasis string }

// Handle makes the data upper case and adds the exclamation marks.
func (w worker) Handle(message component.Message, handled component.HandledCallback) {
	message.SetData(append(bytes.ToUpper(message.GetData()), w.emphasis...))
	handled(component.Report{})
}

func main() {}
