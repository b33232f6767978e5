// The least that a processor can be: three methods, one of them empty of
// thought, and no declaration.
package main

import (
	"bytes"

	"github.com/gopiper/gopiper/component"
)

// NewFactory is what gopiper looks up.
func NewFactory(map[string]any) (component.Factory, error) { return factory{}, nil }

type factory struct{}

func (factory) Amount() int                                       { return 1 }
func (factory) Create(chan component.Message) component.Component { return worker{} }

type worker struct{}

// Handle makes the data upper case.
func (worker) Handle(message component.Message, handled component.HandledCallback) {
	message.SetData(bytes.ToUpper(message.GetData()))
	handled(component.Report{})
}

func main() {}
