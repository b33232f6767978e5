// The least that a sink can be: it prints, and knows nothing of batches,
// flushing or declarations.
package main

import (
	"fmt"

	"github.com/gopiper/gopiper/component"
)

// NewFactory is what gopiper looks up.
func NewFactory(map[string]any) (component.Factory, error) { return factory{}, nil }

type factory struct{}

func (factory) Amount() int                                       { return 1 }
func (factory) Create(chan component.Message) component.Component { return worker{} }

type worker struct{}

// Handle prints the data as one line.
func (worker) Handle(message component.Message, handled component.HandledCallback) {
	if _, err := fmt.Printf("%s\n", message.GetData()); err != nil {
		handled(component.Report{Status: component.Retry, Description: err.Error()})
		return
	}
	handled(component.Report{})
}

func main() {}
