package filter

import (
	"errors"
	"fmt"
	"slices"

	"github.com/gopiper/gopiper/component"
	"github.com/gopiper/gopiper/jsonview"
	"github.com/gopiper/gopiper/match"
)

// criteria are what the attributes ask for. They do not change.
type criteria struct {
	subject   subject
	field     jsonview.Path
	attribute string

	exists   *bool
	contains *match.Literal
	matches  *match.Pattern
	tests    []comparison
	plain    bool // no more than contains and matches, about the whole message
}

// subject is what the tests are about.
type subject uint8

const (
	wholeMessage subject = iota
	aField
	anAttribute
)

func newCriteria(attributes map[string]any) (*criteria, error) {
	c := &criteria{}
	problems := []error{c.setSubject(attributes)}
	fail := func(name string, err error) {
		if err != nil {
			problems = append(problems, fmt.Errorf("attribute %q: %w", name, err))
		}
	}
	if text, ok := attributes["contains"].(string); ok {
		if text == "" {
			fail("contains", errors.New("is empty, which every message contains"))
		}
		c.contains = match.NewLiteral(text)
	}
	if expression, ok := attributes["matches"].(string); ok {
		var err error
		c.matches, err = match.Compile(expression)
		fail("matches", err)
	}
	if exists, ok := attributes["exists"].(bool); ok {
		if c.subject == wholeMessage {
			fail("exists", errors.New("say of what: give field or attribute as well"))
		}
		c.exists = &exists
	}
	for _, kind := range comparisons {
		if value, given := attributes[kind.name]; given {
			test, err := newComparison(kind, value)
			fail(kind.name, err)
			c.tests = append(c.tests, test)
		}
	}
	if err := errors.Join(problems...); err != nil {
		return nil, err
	}
	if c.contains == nil && c.matches == nil && c.exists == nil && len(c.tests) == 0 {
		return nil, errors.New("give at least one test: contains, matches, equals, not_equals, one_of, less_than, at_most, more_than, at_least or exists")
	}
	c.plain = c.subject == wholeMessage && len(c.tests) == 0
	return c, nil
}

func (c *criteria) setSubject(attributes map[string]any) error {
	field, isField := attributes["field"].(string)
	attribute, isAttribute := attributes["attribute"].(string)
	switch {
	case isField && isAttribute:
		c.subject = aField
		return errors.New(`attributes "field" and "attribute": the tests are about one of them; use two stages for two`)
	case isField:
		c.subject = aField
		path, err := jsonview.ParsePath(field)
		if err != nil {
			return fmt.Errorf("attribute \"field\": %w", err)
		}
		c.field = path
	case isAttribute:
		c.subject, c.attribute = anAttribute, attribute
	}
	return nil
}

// meets tells whether the message meets the criteria. The error says that it
// is not JSON.
func (w *worker) meets(message component.Message) (bool, error) {
	c := w.criteria
	if c.plain {
		data := message.GetData()
		return (c.contains == nil || c.contains.In(data)) && (c.matches == nil || c.matches.Match(data)), nil
	}
	if c.subject == wholeMessage {
		return c.hold(operand{kind: text, text: message.GetData()}), nil
	}
	if c.subject == anAttribute {
		m, _ := message.(component.StandardMessage)
		if m == nil {
			return c.hold(operand{}), nil
		}
		value, ok := m.Attribute(c.attribute)
		if !ok {
			return c.hold(operand{}), nil
		}
		w.scratch = append(w.scratch[:0], value...)
		return c.hold(operand{kind: text, text: w.scratch}), nil
	}
	value, err := jsonview.Get(message.GetData(), c.field)
	if err != nil {
		return false, err
	}
	if value.Kind() == jsonview.String {
		w.scratch = slices.Grow(w.scratch[:0], len(value.Raw())) // resolved escapes are shorter
	}
	return c.hold(operand{kind: kindOf(value.Kind()), text: value.Text(w.scratch)}), nil
}

// hold tells whether all tests hold.
func (c *criteria) hold(o operand) bool {
	if c.exists != nil && *c.exists != (o.kind != missing) {
		return false
	}
	if c.contains != nil && (!o.kind.readable() || !c.contains.In(o.text)) {
		return false
	}
	if c.matches != nil && (!o.kind.readable() || !c.matches.Match(o.text)) {
		return false
	}
	for i := range c.tests {
		if !c.tests[i].holds(o) {
			return false
		}
	}
	return true
}
