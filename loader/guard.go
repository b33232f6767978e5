package loader

import (
	"errors"
	"fmt"
	"maps"
	"reflect"
	"runtime"
	"strings"

	"github.com/gopiper/gopiper/component"
)

// guard makes a Loaded's New what Loaded documents, whatever the component's
// own NewFactory does.
func guard(l Loaded) NewFactory {
	newFactory := l.New
	return func(attributes map[string]any) (component.Factory, error) {
		if l.Declaration != nil {
			valid, err := l.Declaration.Validate(attributes)
			if err != nil {
				return nil, prefix(l.Name, err)
			}
			attributes = valid
		} else {
			attributes = maps.Clone(attributes)
		}
		if attributes == nil {
			attributes = map[string]any{}
		}
		var factory component.Factory
		err := recovering("NewFactory", func() (err error) {
			factory, err = newFactory(attributes)
			return err
		})
		if err == nil && isNil(factory) {
			err = errors.New("NewFactory returned neither a factory nor an error; this is a defect of the component")
		}
		if err != nil {
			return nil, prefix(l.Name, err)
		}
		return factory, nil
	}
}

// recovering calls what of a component, and makes a panic an error.
func recovering(what string, call func() error) (err error) {
	defer func() {
		if value := recover(); value != nil {
			err = fmt.Errorf("%s panicked: %v%s; this is a defect of the component", what, value, frames(4))
		}
	}()
	return call()
}

// frames describes the innermost calls that led to the panic being recovered:
// the component's own, without those of the runtime and of what called it.
func frames(most int) string {
	callers := make([]uintptr, 64)
	callers = callers[:runtime.Callers(3, callers)] // without Callers, frames and the deferred function
	var own []string
	for iterator := runtime.CallersFrames(callers); ; {
		frame, more := iterator.Next()
		if strings.HasPrefix(frame.Function, "plugin.") {
			break
		}
		if strings.HasSuffix(frame.Function, "loader.recovering") {
			own = own[:max(0, len(own)-1)] // the function that it was given is ours
			break
		}
		if !strings.HasPrefix(frame.Function, "runtime.") {
			own = append(own, fmt.Sprintf(" at %s (%s:%d)", frame.Function, frame.File, frame.Line))
		}
		if !more {
			break
		}
	}
	return strings.Join(own[:min(most, len(own))], "")
}

// isNil also finds a nil pointer in the interface, which a NewFactory that
// returns a variable of its own type instead of nil hands out.
func isNil(factory component.Factory) bool {
	if factory == nil {
		return true
	}
	v := reflect.ValueOf(factory)
	return v.Kind() == reflect.Pointer && v.IsNil()
}

// prefix puts the name before an error, and before each of those that
// errors.Join has joined.
func prefix(name string, err error) error {
	named := make([]error, 0, 1)
	for _, e := range joined(err) {
		named = append(named, fmt.Errorf("%s: %w", name, e))
	}
	if len(named) == 1 {
		return named[0]
	}
	return errors.Join(named...)
}

// joined takes apart what errors.Join has joined. Other errors may wrap several
// too, but have words of their own around them, and stay whole.
func joined(err error) []error {
	whole := []error{err}
	list, ok := err.(interface{ Unwrap() []error })
	if !ok {
		return whole
	}
	parts := list.Unwrap()
	lines := make([]string, len(parts))
	for i, p := range parts {
		lines[i] = p.Error()
	}
	if strings.Join(lines, "\n") != err.Error() {
		return whole
	}
	return parts
}
