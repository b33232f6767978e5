// Command host runs the conformance suite over a component that it loads as
// gopiper does. It is for the test beside it.
//
// Its one argument is JSON, see suite. It prints what came of every check to
// the standard error: the standard output is the component's.
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"

	"github.com/gopiper/gopiper/component"
	"github.com/gopiper/gopiper/componenttest"
	"github.com/gopiper/gopiper/loader"
	_ "github.com/gopiper/gopiper/loader/goplugin"
)

// suite is what the test asks for.
type suite struct {
	Reference  string
	Attributes map[string]any
	Role       component.Roles
	Originates int
	// Output is the file that the standard output is.
	Output string
}

func main() {
	if err := run(os.Args[1]); err != nil {
		fmt.Fprintln(os.Stderr, "error:", err)
		os.Exit(1)
	}
}

func run(argument string) error {
	var asked suite
	if err := json.Unmarshal([]byte(argument), &asked); err != nil {
		return err
	}
	loaded, err := loader.Load(asked.Reference)
	if err != nil {
		return err
	}
	checked := componenttest.Suite{
		Declaration: loaded.Declaration,
		New: func(attributes map[string]any) (component.Factory, error) {
			// Every source reads all of the standard input and nothing else: not what the
			// one before has read and not handed over.
			if _, err := os.Stdin.Seek(0, io.SeekEnd); err != nil {
				return nil, err
			}
			if d := loaded.Declaration; d != nil && d.Interfaces&component.IsRunner != 0 && asked.Role == component.Source {
				if err := drain(loaded.New, attributes); err != nil {
					return nil, err
				}
			}
			if _, err := os.Stdin.Seek(0, io.SeekStart); err != nil {
				return nil, err
			}
			return loaded.New(attributes)
		},
		Attributes: asked.Attributes,
		Role:       asked.Role,
		Features:   componenttest.Features{Originates: asked.Originates},
	}
	if asked.Role == component.Sink {
		checked.Delivered = func() []byte {
			content, err := os.ReadFile(asked.Output)
			if err != nil {
				panic(err)
			}
			return content
		}
	}
	results, err := componenttest.Check(checked)
	if err != nil {
		return err
	}
	for _, r := range results {
		fmt.Fprintln(os.Stderr, r)
	}
	return nil
}

// drain runs a source to its end, for what it still has.
func drain(make func(map[string]any) (component.Factory, error), attributes map[string]any) error {
	factory, err := make(attributes)
	if err != nil {
		return err
	}
	return factory.Create(nil).(component.Runner).Run(context.Background(), &sinkhole{})
}

// sinkhole settles at once what a source originates.
type sinkhole struct{ batch component.Batch }

// Batch implements component.Output.
func (s *sinkhole) Batch() *component.Batch {
	s.batch.Reset()
	return &s.batch
}

// Emit implements component.Output.
func (s *sinkhole) Emit(b *component.Batch) bool {
	if b.OnSettled != nil {
		b.OnSettled(b)
	}
	return true
}
