// Command count_handle is a Go plugin: a stage that counts its messages, one
// call each, and prints the count to the standard error when it is closed. The
// benchmark checks with it that a stage really was called for every message.
package main

import (
	"fmt"
	"os"

	"github.com/gopiper/gopiper/component"
)

// Declaration says what the component is.
var Declaration = component.Declaration{
	Name:       "count_handle",
	Summary:    "Counts its messages, passes them on, and prints the count in the end.",
	Roles:      component.Processor,
	Interfaces: component.IsCloser,
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

// Close prints the count.
func (w *worker) Close() error {
	_, err := fmt.Fprintf(os.Stderr, "count_handle %d\n", w.messages)
	return err
}

func main() {}
