package loader

import (
	"errors"
	"fmt"
	"reflect"
	"slices"
	"time"

	"github.com/gopiper/gopiper/component"
)

// goTypes are the Go types that validated values have, by their Type. Any has
// none.
var goTypes = map[component.Type]reflect.Type{
	component.String:   reflect.TypeFor[string](),
	component.Int:      reflect.TypeFor[int64](),
	component.Float:    reflect.TypeFor[float64](),
	component.Bool:     reflect.TypeFor[bool](),
	component.Duration: reflect.TypeFor[time.Duration](),
	component.Size:     reflect.TypeFor[int64](),
	component.List:     reflect.TypeFor[[]string](),
	component.Map:      reflect.TypeFor[map[string]any](),
}

// check finds what is wrong with a declaration, so that a slip in one is found
// when the component is loaded and not when somebody first uses an attribute.
func check(d *component.Declaration) error {
	var problems []error
	if !isLowerSnakeCase(d.Name) {
		problems = append(problems, fmt.Errorf("the name %q is not in lower_snake_case", d.Name))
	}
	const all = component.Source | component.Processor | component.Sink
	if d.Roles == 0 || !all.Has(d.Roles) {
		problems = append(problems, errors.New("the Roles must name one or more of Source, Processor and Sink"))
	}
	seen := make(map[string]bool, len(d.Attributes))
	for i := range d.Attributes {
		a := &d.Attributes[i]
		if seen[a.Name] {
			problems = append(problems, fmt.Errorf("attribute %q is declared twice", a.Name))
		}
		seen[a.Name] = true
		if err := checkAttribute(a); err != nil {
			problems = append(problems, fmt.Errorf("attribute %q: %w", a.Name, err))
		}
	}
	return errors.Join(problems...)
}

func checkAttribute(a *component.Attribute) error {
	switch {
	case !isLowerSnakeCase(a.Name):
		return errors.New("the name is not in lower_snake_case")
	case slices.Contains(component.StageAttributes, a.Name):
		return errors.New("belongs to every stage and may not be declared")
	case a.Required && a.Default != nil:
		return errors.New("is required and has a default")
	case len(a.Options) > 0 && a.Type != component.String:
		return errors.New("has options, which only a string may have")
	}
	if a.Type == component.Any {
		if a.Min != nil {
			return errors.New("has a Min, which only numbers have")
		}
		return nil
	}
	want, known := goTypes[a.Type]
	if !known {
		return fmt.Errorf("has the unknown type %d", a.Type)
	}
	if a.Default != nil && reflect.TypeOf(a.Default) != want {
		return fmt.Errorf("its default is of the Go type %T; the type %v has the Go type %v", a.Default, a.Type, want)
	}
	if a.Min != nil {
		switch a.Type {
		case component.Int, component.Float, component.Duration, component.Size:
		default:
			return errors.New("has a Min, which only numbers have")
		}
		if reflect.TypeOf(a.Min) != want {
			return fmt.Errorf("its Min is of the Go type %T; the type %v has the Go type %v", a.Min, a.Type, want)
		}
	}
	if s, ok := a.Default.(string); ok && len(a.Options) > 0 && !slices.Contains(a.Options, s) {
		return fmt.Errorf("its default %q is none of its options", s)
	}
	return nil
}

func isLowerSnakeCase(name string) bool {
	for i, r := range name {
		switch {
		case r >= 'a' && r <= 'z':
		case i > 0 && (r == '_' || r >= '0' && r <= '9'):
		default:
			return false
		}
	}
	return name != ""
}
