package gopiper

import (
	"reflect"

	"github.com/gopiper/gopiper/component"
	"github.com/gopiper/gopiper/engine"
	"github.com/gopiper/gopiper/plan"
)

// What a function of a plan must be, by where it is used. script's functions
// are all three; this package's own are one each. Those that run with the same
// segment and worker run in turn and may share state.
type (
	creator interface {
		Create(segment, worker int, postponed chan component.Message) component.Component
		Declaration() *component.Declaration
	}
	predicate interface {
		Predicate(segment, worker int) func(component.Message) (bool, error)
	}
	keyed interface {
		Key(segment, worker int) func(component.Message) (string, error)
	}
)

// function resolves a stage that runs a function.
func (r *resolver) function(s *plan.Stage, resolved *engine.Stage) {
	if s.Function == nil || isNil(s.Function.Impl) {
		if s.Function != nil { // otherwise Validate has said so
			r.report(s, "the function is nil")
		}
		return
	}
	f, ok := s.Function.Impl.(creator)
	if !ok {
		r.report(s, "a %T cannot handle messages", s.Function.Impl)
		return
	}
	r.place(s, f)
	resolved.Declaration = f.Declaration()
	resolved.Create = func(at engine.Place, postponed chan component.Message) component.Component {
		return f.Create(at.Segment, at.Worker, postponed)
	}
	if resolved.Workers == 0 {
		resolved.Workers = 1
	}
}

// place tells a function whose it is, if it wants to know.
func (r *resolver) place(s *plan.Stage, f any) {
	if p, ok := f.(interface{ Place(pipeline, stage string) }); ok {
		p.Place(r.name, s.Name)
	}
}

// when resolves the condition of a case; nil takes every message.
func (r *resolver) when(s *plan.Stage, f *plan.Func) func(engine.Place) engine.Predicate {
	if f == nil {
		return nil
	}
	p, ok := f.Impl.(predicate)
	if !ok || isNil(f.Impl) {
		r.report(s, "`when` is a %T, which cannot decide", f.Impl)
		return nil
	}
	r.place(s, f.Impl)
	return func(at engine.Place) engine.Predicate { return p.Predicate(at.Segment, at.Worker) }
}

// key resolves what a stage is ordered by.
func (r *resolver) key(s *plan.Stage, resolved *engine.Stage) {
	switch {
	case s.OrderByFunction != nil:
		k, ok := s.OrderByFunction.Impl.(keyed)
		if !ok || isNil(s.OrderByFunction.Impl) {
			r.report(s, "`order_by` is a %T, which computes no key", s.OrderByFunction.Impl)
			return
		}
		r.place(s, k)
		resolved.Key = func(at engine.Place) engine.KeyFunc { return k.Key(at.Segment, at.Worker) }
	case s.OrderBy != "":
		name := s.OrderBy
		resolved.Key = func(engine.Place) engine.KeyFunc {
			return func(m component.Message) (string, error) {
				value, _ := m.(component.StandardMessage).Attribute(name)
				return value, nil
			}
		}
	}
}

// isNil also finds a nil function or pointer in an interface.
func isNil(value any) bool {
	if value == nil {
		return true
	}
	switch v := reflect.ValueOf(value); v.Kind() {
	case reflect.Func, reflect.Pointer, reflect.Map, reflect.Chan, reflect.Interface:
		return v.IsNil()
	}
	return false
}
