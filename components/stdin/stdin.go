// Package stdin is the component stdin: it reads messages from the standard
// input.
package stdin

import (
	"context"
	"os"

	"github.com/gopiper/gopiper/component"
	"github.com/gopiper/gopiper/components/stream"
)

// Declaration declares the component.
var Declaration = component.Declaration{
	Name:    "stdin",
	Summary: "Reads messages from the standard input.",
	Doc: "It ends at the end of the input. What has arrived goes on at once, without waiting for more. " +
		"One stage of all that run in a process reads the standard input, with one worker. When the scripts " +
		"are reloaded, what was read and not handed over goes to the stage that reads it next.",
	Example:    `gopiper.stdin{}, gopiper.stdout{}`,
	Roles:      component.Source,
	Interfaces: component.IsRunner,
	Sync:       true,
	Delivery: []component.Promise{{
		Delivery: component.FireAndForget,
		Doc: "it cannot be read again; a crash loses what was read and is not settled, and up to 64 KiB " +
			"that were read ahead",
	}},
	Attributes: []component.Attribute{stream.SourceFraming, stream.MaxMessage},
}

// NewFactory returns the component's factory.
func NewFactory(attributes map[string]any) (component.Factory, error) {
	return newFactory(attributes, os.Stdin)
}

func newFactory(attributes map[string]any, file *os.File) (component.Factory, error) {
	options, err := stream.SourceOptions(attributes)
	if err != nil {
		return nil, err
	}
	return &factory{options: options, file: file}, nil
}

type factory struct {
	options stream.Options
	file    *os.File
}

func (f *factory) Amount() int { return 1 }

func (f *factory) Create(chan component.Message) component.Component { return &worker{factory: f} }

type worker struct{ factory *factory }

// Handle refuses: a source handles no messages.
func (w *worker) Handle(_ component.Message, handled component.HandledCallback) {
	handled(component.Report{Status: component.Fail, Description: "stdin is a source and handles no messages"})
}

func (w *worker) Run(ctx context.Context, out component.Output) error {
	turn, err := take(ctx, w.factory.file)
	if turn == nil {
		return err
	}
	defer turn.end()
	input, err := newInput(ctx, w.factory.file)
	if err != nil {
		return err
	}
	defer input.done()
	reader := stream.NewReader(out, w.factory.options)
	stopped, err := reader.Resume(ctx, turn.rest, input)
	turn.rest = &stream.Rest{}
	if stopped {
		turn.rest = reader.Rest()
	}
	return err
}
