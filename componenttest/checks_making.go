package componenttest

import (
	"reflect"
	"slices"
	"strings"
	"unicode"

	"github.com/gopiper/gopiper/component"
)

var makingChecks = []*check{{
	name:    "declaration",
	tier:    tierWords,
	rule:    "It drives the validation of attributes, the documentation, the editor stubs and default tests.",
	where:   "component.Declaration",
	mend:    "complete the Declaration: the reference page is made of it",
	applies: (*subject).declared,
	run:     (*subject).checkDeclaration,
}, {
	name:    "factory",
	tier:    tierMaking,
	rule:    "it checks its attributes and opens nothing",
	where:   "component.Factory",
	mend:    "let NewFactory return a factory, or an error that names the attribute; leave the map as it is; let Amount be 1 or more",
	applies: always,
	run:     (*subject).checkFactory,
}, {
	name:    "interfaces",
	tier:    tierMaking,
	rule:    "One that is named but not there, or there but not named (which an embedded type may bring in unnoticed), is an error.",
	where:   "component.Declaration",
	mend:    "name in Declaration.Interfaces what the worker and the factory implement, and nothing else; embed no type that brings in a method of these names",
	applies: (*subject).declared,
	run:     (*subject).checkInterfaces,
}}

func (s *subject) checkFactory(r *reporter) {
	attributes, same := cloneAny(s.attributes).(map[string]any), cloneAny(s.attributes).(map[string]any)
	d := s.newDriver()
	var made component.Factory
	var err error
	r.need(d.call("NewFactory", func() { made, err = s.New(attributes) }))
	if err != nil {
		r.fail("NewFactory refuses the suite's Attributes: %v", err)
		return
	}
	if made == nil {
		r.fail("NewFactory returned neither a factory nor an error")
		return
	}
	if !reflect.DeepEqual(attributes, same) {
		r.fail("NewFactory changed the attributes to %v", attributes)
	}
	amount := 0
	r.need(d.call("Amount", func() { amount = made.Amount() }))
	if amount < 1 {
		r.fail("Amount is %d", amount)
	}
	s.checkDefaults(r)
	r.need(d.start(nil))
	_ = d.close()
}

// checkDefaults tries the component without any attributes. Without a
// declaration it may fail as it likes, because nothing was validated.
func (s *subject) checkDefaults(r *reporter) {
	if !s.declared() {
		return
	}
	attributes, err := s.Declaration.Validate(nil)
	if err != nil {
		return // one is required
	}
	var factory component.Factory
	r.need(s.newDriver().call("NewFactory without attributes", func() { factory, err = s.New(attributes) }))
	switch {
	case err == nil && factory == nil:
		r.fail("NewFactory without attributes returned neither a factory nor an error")
	case err != nil && !s.namesAttribute(err):
		r.fail("NewFactory without attributes returned an error that names none: %v", err)
	}
}

func (s *subject) namesAttribute(err error) bool {
	words := strings.FieldsFunc(err.Error(), func(c rune) bool { return c != '_' && !unicode.IsLetter(c) && !unicode.IsDigit(c) })
	return slices.ContainsFunc(s.Declaration.Attributes, func(a component.Attribute) bool { return slices.Contains(words, a.Name) })
}

// cloneAny copies what attributes are made of.
func cloneAny(v any) any {
	switch v := v.(type) {
	case map[string]any:
		m := make(map[string]any, len(v))
		for name, value := range v {
			m[name] = cloneAny(value)
		}
		return m
	case []any:
		list := slices.Clone(v)
		for i := range list {
			list[i] = cloneAny(list[i])
		}
		return list
	case []string:
		return slices.Clone(v)
	}
	return v
}

func (s *subject) checkInterfaces(r *reporter) {
	d := s.newDriver()
	r.need(d.start(nil))
	got := component.WorkerInterfaces(d.worker) | component.FactoryInterfaces(d.factory)
	if missing := s.Declaration.Interfaces &^ got; missing != 0 {
		r.fail("the declaration names %v, which is not there", missing)
	}
	if extra := got &^ s.Declaration.Interfaces; extra != 0 {
		r.fail("%v is there, and the declaration does not name it", extra)
	}
	_ = d.close()
}

func (s *subject) checkDeclaration(r *reporter) {
	d := s.Declaration
	if !isLowerSnakeCase(d.Name) {
		r.fail("the name %q is not in lower_snake_case", d.Name)
	}
	if !strings.HasSuffix(d.Summary, ".") || strings.Contains(strings.TrimSuffix(d.Summary, "."), ". ") {
		r.fail("the Summary is not one sentence with a full stop: %q", d.Summary)
	}
	if d.Doc == "" {
		r.fail("the Doc is missing")
	}
	switch call := "gopiper." + d.Name; {
	case d.Example == "":
		r.fail("the Example is missing")
	case !strings.Contains(d.Example, call) && !strings.Contains(d.Example, "gopiper.loadComponent"):
		r.fail("the Example shows no %s{}", call)
	}
	seen := map[string]bool{}
	for i := range d.Attributes {
		a := &d.Attributes[i]
		if seen[a.Name] {
			r.fail("attribute %q is declared twice", a.Name)
		}
		seen[a.Name] = true
		s.checkAttribute(r, a)
	}
}

func (s *subject) checkAttribute(r *reporter, a *component.Attribute) {
	switch {
	case !isLowerSnakeCase(a.Name):
		r.fail("attribute %q: the name is not in lower_snake_case", a.Name)
	case slices.Contains(component.StageAttributes, a.Name):
		r.fail("attribute %q: belongs to every stage and may not be declared", a.Name)
	}
	if a.Doc == "" {
		r.fail("attribute %q: the Doc is missing", a.Name)
	}
	if a.Required && a.Default != nil {
		r.fail("attribute %q: is required and has a default", a.Name)
	}
	if len(a.Options) > 0 && a.Type != component.String {
		r.fail("attribute %q: has options, which only a string may have", a.Name)
	}
	if a.Keeps && a.Type != component.Int {
		r.fail("attribute %q: Keeps is for an Int", a.Name)
	}
	alone := component.Declaration{Attributes: []component.Attribute{*a}}
	for what, value := range map[string]any{"default": a.Default, "Min": a.Min} {
		if value == nil {
			continue
		}
		valid, err := alone.Validate(map[string]any{a.Name: value})
		switch {
		case err != nil:
			r.fail("attribute %q: its %s is not valid: %v", a.Name, what, err)
		case !reflect.DeepEqual(valid[a.Name], value):
			r.fail("attribute %q: its %s is of the Go type %T; the type %v has %T", a.Name, what, value, a.Type, valid[a.Name])
		}
	}
}

func isLowerSnakeCase(name string) bool {
	for i, c := range name {
		switch {
		case c >= 'a' && c <= 'z':
		case i > 0 && (c == '_' || c >= '0' && c <= '9'):
		default:
			return false
		}
	}
	return name != ""
}
