// Package json is the component json: it edits JSON messages without decoding
// them.
package json

import (
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/gopiper/gopiper/component"
	"github.com/gopiper/gopiper/jsonview"
)

// The statuses of messages that fail.
const (
	StatusInvalid  = 201 // the message is not JSON
	StatusMismatch = 202 // it is, but has something else where an edit needs an object or array
)

// Declaration declares the component.
var Declaration = component.Declaration{
	Name:    "json",
	Summary: "Edits JSON messages: sets, deletes, renames and keeps members.",
	Doc: "All edits are made together, in one pass over the text: every path means a place in the message as it " +
		"came. What no edit touches stays as it was, byte for byte: spacing, the text of numbers, escapes, the " +
		"order of keys. Edits that contradict each other are an error at the start; where one should see what " +
		"another has done, write two stages.\n\n" +
		"A path is keys joined by dots, with the places of array elements, counted from 0, in brackets: `user.id`, " +
		"`tags[0].name`. A key that holds a dot, a bracket or a quote is written `[\"app.name\"]`. Where a key " +
		"repeats in an object, an edit applies to all of its members.\n\n" +
		"The whole message is checked, also when there is nothing to edit and without any attribute: one that is " +
		"not JSON, or is nested deeper than 1000, fails with the status 201, and the report says at which byte. " +
		"One that has something other than an object or array where an edit needs one fails with the status 202.",
	Example: `gopiper.stdin{}, ` +
		`gopiper.json{ set = { env = "prod" }, rename = { msg = "message" }, delete = { "tmp" } }, ` +
		`gopiper.stdout{}`,
	Roles:      component.Processor,
	Interfaces: component.IsBatchHandler,
	Sync:       true,
	Attributes: []component.Attribute{
		{Name: "set", Type: component.Map, Doc: "What to set: paths and their values, which are strings, numbers, " +
			"booleans, lists or tables (an empty table is an empty list). A value that is there is replaced. A member that is not is " +
			"added behind the others, and so are objects on the way that are missing or null; an element may be " +
			"set one behind the last, which appends it."},
		{Name: "delete", Type: component.List, Doc: "Paths of what to delete. What is not there is no error."},
		{Name: "rename", Type: component.Map, Doc: "Paths of members and the new key of each, in the same object: " +
			"`{ [\"http.code\"] = \"status\" }` makes `http.status`. The member stays at its place; one that had the " +
			"new key before is removed. What is not there is no error."},
		{Name: "keep", Type: component.List, Doc: "Paths of what to keep. If there are any, everything goes that is " +
			"not kept, set or renamed; an object on the way stays if something in it does."},
	},
}

// NewFactory returns the component's factory.
func NewFactory(attributes map[string]any) (component.Factory, error) {
	e := edits{}
	set, _ := attributes["set"].(map[string]any)
	for _, path := range slices.Sorted(maps.Keys(set)) {
		e.set(path, set[path])
	}
	rename, _ := attributes["rename"].(map[string]any)
	for _, path := range slices.Sorted(maps.Keys(rename)) {
		e.rename(path, rename[path])
	}
	e.each("delete", attributes, jsonview.Delete)
	e.each("keep", attributes, jsonview.Keep)
	if len(e.problems) > 0 {
		return nil, errors.Join(e.problems...)
	}
	program, err := jsonview.Compile(e.list...)
	if err != nil {
		return nil, err
	}
	return &worker{program: program}, nil
}

// edits collects what the attributes say.
type edits struct {
	list     []jsonview.Edit
	problems []error
}

func (e *edits) fail(attribute string, err error) {
	e.problems = append(e.problems, fmt.Errorf("attribute %q: %w", attribute, err))
}

func (e *edits) set(text string, value any) {
	path, err := jsonview.ParsePath(text)
	if err != nil {
		e.fail("set", err)
		return
	}
	raw, err := jsonview.Append(nil, value)
	if err != nil {
		e.fail("set", fmt.Errorf("the value of %s: %w", path, err))
		return
	}
	e.list = append(e.list, jsonview.Set(path, raw))
}

func (e *edits) rename(text string, name any) {
	path, err := jsonview.ParsePath(text)
	if err != nil {
		e.fail("rename", err)
		return
	}
	newKey, _ := name.(string)
	to, err := jsonview.ParsePath(newKey)
	key, ok := to.Key()
	if err != nil || !ok {
		e.fail("rename", fmt.Errorf("%s: expected a new key as a string, for the member stays in its object, found %q; "+
			"a key that holds a dot is written [\"…\"]", path, fmt.Sprint(name)))
		return
	}
	e.list = append(e.list, jsonview.Rename(path, key))
}

func (e *edits) each(attribute string, attributes map[string]any, edit func(jsonview.Path) jsonview.Edit) {
	paths, _ := attributes[attribute].([]string)
	for _, text := range paths {
		path, err := jsonview.ParsePath(text)
		if err != nil {
			e.fail(attribute, err)
			continue
		}
		e.list = append(e.list, edit(path))
	}
}

// worker is the factory and, as the program does not change, all its workers.
type worker struct{ program *jsonview.Program }

func (w *worker) Amount() int { return 1 }

func (w *worker) Create(chan component.Message) component.Component { return w }

func (w *worker) Handle(message component.Message, handled component.HandledCallback) {
	var report component.Report
	if err := w.edit(message); err != nil {
		report = failure(err)
	}
	handled(report)
}

func (w *worker) HandleBatch(messages []component.Message, reports []component.Report) int {
	for i, m := range messages {
		if err := w.edit(m); err != nil {
			reports[i] = failure(err)
		}
	}
	return len(messages)
}

func (w *worker) edit(message component.Message) error {
	data := message.GetData()
	var room []byte
	if m, ok := message.(component.StandardMessage); ok {
		room = m.Grow(len(data) + w.program.Growth())
	}
	edited, changed, err := w.program.Apply(room, data)
	if changed {
		message.SetData(edited)
	}
	return err
}

func failure(err error) component.Report {
	if mismatch := (*jsonview.MismatchError)(nil); errors.As(err, &mismatch) {
		return component.Report{Status: StatusMismatch, Description: err.Error()}
	}
	return component.Report{Status: StatusInvalid, Description: "not JSON: " + err.Error()}
}
