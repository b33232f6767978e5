// Command empty_handle is a Go plugin: a stage that counts its messages and
// passes them on, with nothing but Handle. It is what one stage costs.
package main

import "github.com/gopiper/gopiper/component"

// Declaration says what the component is.
var Declaration = component.Declaration{
	Name:    "empty_handle",
	Summary: "Counts its messages, one call each, and passes them on.",
	Roles:   component.Processor,
	Sync:    true,
}

// NewFactory makes the stage's factory. It takes no attributes.
func NewFactory(map[string]any) (component.Factory, error) { return factory{}, nil }

type factory struct{}

func (factory) Create(chan component.Message) component.Component { return &worker{} }
func (factory) Amount() int                                       { return 1 }

type worker struct{ messages int }

func (w *worker) Handle(_ component.Message, handled component.HandledCallback) {
	w.messages++
	handled(component.Report{})
}

func main() {}
