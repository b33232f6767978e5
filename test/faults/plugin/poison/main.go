// Command poison is a plugin whose component ends the process when a message
// contains a text, as a crash in C would: nothing can be recovered from it.
package main

import (
	"bytes"
	"os"
	"syscall"

	"github.com/gopiper/gopiper/component"
)

// Declaration declares the component.
var Declaration = component.Declaration{
	Name: "poison", Summary: "Ends the process when a message contains a text.",
	Roles: component.Processor, Sync: true,
	Attributes: []component.Attribute{{Name: "contains", Type: component.String, Required: true, Doc: "The text."}},
}

// NewFactory returns the component's factory.
func NewFactory(attributes map[string]any) (component.Factory, error) {
	text, _ := attributes["contains"].(string)
	return factory(text), nil
}

type factory string

func (factory) Amount() int { return 1 }

func (f factory) Create(chan component.Message) component.Component { return worker(f) }

type worker string

// Handle implements component.Component.
func (w worker) Handle(m component.Message, handled component.HandledCallback) {
	if bytes.Contains(m.GetData(), []byte(w)) {
		_ = syscall.Kill(os.Getpid(), syscall.SIGKILL)
		select {}
	}
	handled(component.Report{})
}

func main() {}
