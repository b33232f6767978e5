// Command redact is a component as a Go plugin: it blacks out what looks like a
// number of several digits. It is a main package so that it can be built as a
// plugin; docs/plugins.md tells how to build one in a module of your own.
//
//	$ go build -trimpath -buildmode=plugin -o build/examples/redact.so ./examples/plugin
//	$ build/gopiper run examples/plugin/pipeline.lua < examples/plugin/input.txt
//	$ build/gopiper doc build/examples/redact.so | head -n 3
package main

import (
	"fmt"

	"github.com/gopiper/gopiper/component"
)

// Declaration describes the component. From it gopiper checks the attributes
// and its place in a pipeline, and `gopiper doc` shows it.
var Declaration = component.Declaration{
	Name:    "redact",
	Summary: "Blacks out numbers.",
	Roles:   component.Processor,
	Sync:    true, // Handle always calls back before it returns
	Attributes: []component.Attribute{
		{Name: "digits", Type: component.Int, Default: int64(4), Min: int64(1), Doc: "How many digits a number has at least to be blacked out."},
		{Name: "with", Type: component.String, Default: "#", Doc: "What stands in place of a digit: one byte."},
	},
}

// NewFactory makes the factory of one stage. The attributes are those of the
// declaration, checked and with their defaults; what concerns more than one of
// them, or is particular to one, is checked here.
func NewFactory(attributes map[string]any) (component.Factory, error) {
	with := attributes["with"].(string)
	if len(with) != 1 {
		return nil, fmt.Errorf("attribute \"with\": %q is not one byte", with)
	}
	return factory{digits: int(attributes["digits"].(int64)), with: with[0]}, nil
}

type factory struct {
	digits int
	with   byte
}

func (f factory) Amount() int { return 1 }

func (f factory) Create(chan component.Message) component.Component { return worker(f) }

type worker factory

// Handle blacks out the numbers of one message. The data is memory to read, so
// what changes is a copy, in memory that the message lends.
func (w worker) Handle(message component.Message, handled component.HandledCallback) {
	data := message.GetData()
	var changed []byte
	for start := 0; start < len(data); start++ {
		end := start
		for end < len(data) && data[end] >= '0' && data[end] <= '9' {
			end++
		}
		if end-start >= w.digits {
			if changed == nil {
				changed = append(message.(component.StandardMessage).Grow(len(data)), data...)
			}
			for i := start; i < end; i++ {
				changed[i] = w.with
			}
		}
		start = max(start, end)
	}
	if changed != nil {
		message.SetData(changed)
	}
	handled(component.Report{})
}

func main() {}
