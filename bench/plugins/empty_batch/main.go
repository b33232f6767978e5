// Command empty_batch is a Go plugin: a stage that counts its messages and
// passes them on, a batch with each call. It is what one stage costs at least.
package main

import "github.com/gopiper/gopiper/component"

// Declaration says what the component is.
var Declaration = component.Declaration{
	Name:       "empty_batch",
	Summary:    "Counts its messages, many with one call, and passes them on.",
	Roles:      component.Processor,
	Interfaces: component.IsBatchHandler,
	Sync:       true,
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

func (w *worker) HandleBatch(messages []component.Message, _ []component.Report) int {
	w.messages += len(messages)
	return len(messages)
}

func main() {}
