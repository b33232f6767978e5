// Command host loads components as gopiper does and tries them without an
// engine. It is for the tests beside it.
//
// Each argument is the reference of a component, which may be followed by ? and
// its attributes as JSON. host loads it, makes a factory and a worker, and
// prints what the worker makes of the message "hello"; with source: before the
// reference it prints what the worker originates. copy:FROM:TO copies a file
// meanwhile. Errors are printed, and the next argument is tried.
package main

import (
	"encoding/json"
	"fmt"
	"os"
	"strings"

	"github.com/gopiper/gopiper/component"
	"github.com/gopiper/gopiper/loader"
	_ "github.com/gopiper/gopiper/loader/goplugin"
)

func main() {
	for _, argument := range os.Args[1:] {
		if err := try(argument); err != nil {
			fmt.Println("error:", err)
		}
	}
}

func try(argument string) error {
	if paths, ok := strings.CutPrefix(argument, "copy:"); ok {
		from, to, _ := strings.Cut(paths, ":")
		return replace(to, from)
	}
	reference, text, _ := strings.Cut(argument, "?")
	reference, isSource := strings.CutPrefix(reference, "source:")
	var attributes map[string]any
	if text != "" {
		if err := json.Unmarshal([]byte(text), &attributes); err != nil {
			return err
		}
	}
	loaded, err := loader.Load(reference)
	if err != nil {
		return err
	}
	factory, err := loaded.New(attributes)
	if err != nil {
		return err
	}
	fmt.Printf("%s: declared %v, workers %d\n", loaded.Name, loaded.Declaration != nil, factory.Amount())
	if isSource {
		originate(factory)
	} else {
		handle(factory)
	}
	return nil
}

// replace puts a copy in the place of a file, as a build does: what has the old
// one open keeps it.
func replace(path, from string) error {
	content, err := os.ReadFile(from)
	if err != nil {
		return err
	}
	if err := os.Remove(path); err != nil {
		return err
	}
	return os.WriteFile(path, content, 0o600)
}

func handle(factory component.Factory) {
	message := component.NewMessage([]byte("hello"))
	reports := make(chan component.Report, 1)
	factory.Create(make(chan component.Message, 1)).Handle(message, func(r component.Report) { reports <- r })
	fmt.Printf("%s: %q\n", <-reports, message.GetData())
}

func originate(factory component.Factory) {
	postponed := make(chan component.Message)
	factory.Create(postponed)
	for message := range postponed {
		fmt.Printf("%T: %q\n", message, message.GetData())
		*message.Status() = component.Report{}
		message.Release()
	}
}
