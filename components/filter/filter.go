// Package filter is the component filter, which keeps the messages that meet
// its criteria, and, for package reject, the component reject, which keeps the
// others.
package filter

import (
	"github.com/gopiper/gopiper/component"
)

// StatusInvalid is the status of a message that is to have a field, but is not
// JSON.
const StatusInvalid = 201

const criteriaDoc = "Of the tests, all that are given must hold, and at least one must be given. They are about the whole message, " +
	"or about one `field` of a JSON message, or about one `attribute` of the message.\n\n" +
	"A test against a string is about strings, and compares them byte by byte; a test against a number is about " +
	"numbers, and one against a boolean about booleans: the field `\"500\"` is not equal to the number 500. The whole message " +
	"and an attribute are text; against a number or boolean they are what they spell, if they spell one. " +
	"About a field or attribute that is missing, and about what is of another kind, only `not_equals` and `exists = false` hold.\n\n" +
	"A message that is read for a field and is not JSON fails with the status 201, and the report says at which byte. " +
	"It is read up to the field only; what lies behind is not looked at. Where a key repeats in an object, its first member counts."

// Declaration declares the component filter.
var Declaration = component.Declaration{
	Name:    "filter",
	Summary: "Lets messages through that meet criteria, and drops the others.",
	Doc:     criteriaDoc,
	Example: `gopiper.stdin{}, gopiper.filter{ field = "http.status", at_least = 500 }, ` +
		`gopiper.filter{ contains = "timeout" }, gopiper.stdout{}`,
	Roles:      component.Processor,
	Interfaces: component.IsBatchHandler,
	Sync:       true,
	Attributes: attributes,
}

// RejectDeclaration declares the component reject.
var RejectDeclaration = component.Declaration{
	Name:       "reject",
	Summary:    "Drops messages that meet criteria, and lets the others through.",
	Doc:        criteriaDoc,
	Example:    `gopiper.stdin{}, gopiper.reject{ matches = [[^\s*(#|$)]] }, gopiper.stdout{}`,
	Roles:      component.Processor,
	Interfaces: component.IsBatchHandler,
	Sync:       true,
	Attributes: attributes,
}

var attributes = []component.Attribute{
	{Name: "field", Type: component.String, Doc: "The path of the field that the tests are about: keys joined by dots, " +
		"with the places of array elements, counted from 0, in brackets: `user.id`, `tags[0]`, `labels[\"app.name\"]`."},
	{Name: "attribute", Type: component.String, Doc: "The name of the message's attribute that the tests are about."},
	{Name: "contains", Type: component.String, Doc: "A text that must occur, byte by byte."},
	{Name: "matches", Type: component.String, Doc: "A [regular expression](https://pkg.go.dev/regexp/syntax) that must match " +
		"somewhere; `^` and `$` anchor it."},
	{Name: "equals", Type: component.Any, Doc: "A string, number or boolean that it must be."},
	{Name: "not_equals", Type: component.Any, Doc: "A string, number or boolean that it must not be."},
	{Name: "one_of", Type: component.Any, Doc: "A list of strings, numbers and booleans; it must be one of them."},
	{Name: "less_than", Type: component.Any, Doc: "A number or string that it must be less than."},
	{Name: "at_most", Type: component.Any, Doc: "A number or string that it must be less than or equal to."},
	{Name: "more_than", Type: component.Any, Doc: "A number or string that it must be greater than."},
	{Name: "at_least", Type: component.Any, Doc: "A number or string that it must be greater than or equal to."},
	{Name: "exists", Type: component.Bool, Doc: "Whether the field or attribute must be there. One that is null is there."},
}

// NewFactory returns the factory of the component filter.
func NewFactory(attributes map[string]any) (component.Factory, error) {
	return newFactory(attributes, false)
}

// NewRejectFactory returns the factory of the component reject.
func NewRejectFactory(attributes map[string]any) (component.Factory, error) {
	return newFactory(attributes, true)
}

func newFactory(attributes map[string]any, reject bool) (component.Factory, error) {
	c, err := newCriteria(attributes)
	if err != nil {
		return nil, err
	}
	return &factory{criteria: c, reject: reject}, nil
}

type factory struct {
	criteria *criteria
	reject   bool
}

func (f *factory) Amount() int { return 1 }

func (f *factory) Create(chan component.Message) component.Component {
	return &worker{criteria: f.criteria, reject: f.reject}
}

type worker struct {
	criteria *criteria
	reject   bool   // drops what meets the criteria
	scratch  []byte // for strings with escapes
}

func (w *worker) Handle(message component.Message, handled component.HandledCallback) {
	var report component.Report
	if met, err := w.meets(message); err != nil {
		report = failure(err)
	} else if met == w.reject {
		report.Status = component.Drop
	}
	handled(report)
}

func (w *worker) HandleBatch(messages []component.Message, reports []component.Report) int {
	if c := w.criteria; c.plain && c.matches == nil { // a text and nothing else
		for i, m := range messages {
			if c.contains.In(m.GetData()) == w.reject {
				reports[i].Status = component.Drop
			}
		}
		return len(messages)
	}
	for i, m := range messages {
		if met, err := w.meets(m); err != nil {
			reports[i] = failure(err)
		} else if met == w.reject {
			reports[i].Status = component.Drop
		}
	}
	return len(messages)
}

func failure(err error) component.Report {
	return component.Report{Status: StatusInvalid, Description: "not JSON: " + err.Error()}
}
