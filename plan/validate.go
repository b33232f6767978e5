package plan

import (
	"fmt"
	"strconv"
	"time"
)

// The bounds on what a plan may ask for.
const (
	MaxWorkers = 4096 // of one stage
	MaxName    = 100  // bytes of a name
)

// Validate finds everything that is wrong with the shape of the plan: what can
// be told without knowing the components. It gives a name to every pipeline and
// stage that has none. A plan with problems must not be run; nil means that
// there are none.
//
// The plan must not be used by another goroutine meanwhile.
func (p *Plan) Validate() Problems {
	v := validator{placed: make(map[*Stage]bool)}
	if len(p.Pipelines) == 0 {
		v.report(Position{}, "", "the plan has no pipelines")
	}
	v.namePipelines(p.Pipelines)
	for _, pipeline := range p.Pipelines {
		if pipeline != nil {
			v.validatePipeline(pipeline)
		}
	}
	return v.problems
}

type validator struct {
	problems Problems
	// placed holds the stages seen so far, in all pipelines: a stage that is
	// found again is shared, or contains itself.
	placed map[*Stage]bool
	at     *Pipeline
}

func (v *validator) report(at Position, name, format string, args ...any) {
	if at == (Position{}) && v.at != nil {
		at = v.at.Position
	}
	v.problems = append(v.problems, Problem{Position: at, Stage: name, Message: fmt.Sprintf(format, args...)})
}

func (v *validator) validatePipeline(p *Pipeline) {
	v.at = p
	if p.MaxMessages < 0 || p.MaxBytes < 0 || p.DrainTimeout < 0 {
		v.report(p.Position, p.Name, "max_messages, max_bytes and drain_timeout must not be negative")
	}
	switch q := p.Quarantine; {
	case q.MaxBytes < 0 || q.MaxAge < 0:
		v.report(p.Position, p.Name, "quarantine: the bounds on size and age must not be negative")
	case q.WhenFull != "" && q.WhenFull != Block && q.WhenFull != DropNewest && q.WhenFull != DropOldest:
		v.report(p.Position, p.Name, "quarantine: when_full is %q; it must be block, drop_newest or drop_oldest", q.WhenFull)
	}
	if len(p.Stages) == 0 {
		v.report(p.Position, p.Name, "the pipeline has no stages; it needs a source and a sink at least")
	}
	p.Stages = v.present(p.Stages)
	p.Failed = v.present(p.Failed)
	v.nameStages(p)
	v.chain(p.Stages, place{first: true, last: true})
	v.chain(p.Failed, place{last: true})
}

// present reports what is missing or shared among the stages, and returns the
// others: a tree.
func (v *validator) present(stages []*Stage) []*Stage {
	var list []*Stage
	for i, s := range stages {
		switch {
		case s == nil:
			v.report(Position{}, v.at.Name, "stage %d is missing", i+1)
			continue
		case v.placed[s]:
			v.report(s.Position, s.label(), "the same stage is placed twice; describe it once for every place")
			continue
		}
		v.placed[s] = true
		list = append(list, s)
		var forks []*Fork
		for i, fork := range s.Branches {
			if fork == nil {
				v.report(s.Position, s.label(), "branch %d is missing", i+1)
				continue
			}
			fork.Stages = v.present(fork.Stages)
			forks = append(forks, fork)
		}
		s.Branches = forks
	}
	return list
}

// place tells where a stage stands, or a chain of them.
type place struct {
	first bool // nothing comes before it: it must originate messages
	last  bool // nothing comes after it
}

func (v *validator) chain(stages []*Stage, at place) {
	for i, s := range stages {
		v.stage(s, place{first: at.first && i == 0, last: at.last && i == len(stages)-1})
	}
}

func (v *validator) stage(s *Stage, at place) {
	v.settings(s, at)
	switch s.Kind {
	case Component:
		if s.Reference == "" {
			v.report(s.Position, s.Name, "no component is named")
		}
		if at.first && at.last {
			v.report(s.Position, s.Name, "the only stage; a pipeline needs a source and a sink at least")
		}
	case Function:
		if s.Function == nil {
			v.report(s.Position, s.Name, "the function is missing")
		}
		if at.first {
			v.report(s.Position, s.Name, "a function cannot be the first stage; begin with a source, such as stdin")
		}
	case Branch, Switch:
		if at.first {
			v.report(s.Position, s.Name, "a %s cannot be the first stage; begin with a source, such as stdin", s.Kind)
		}
		v.forks(s, place{last: at.last})
	case Merge:
		if !at.first {
			v.report(s.Position, s.Name, "a merge can only be the first stage: it joins sources")
		}
		if at.last {
			v.report(s.Position, s.Name, "a merge needs a stage behind it: it joins sources and delivers nothing")
		}
		v.forks(s, place{first: true})
	default:
		v.report(s.Position, s.Name, "unknown kind of stage %q", s.Kind)
	}
}

func (v *validator) forks(s *Stage, at place) {
	if len(s.Branches) == 0 {
		v.report(s.Position, s.Name, "the %s has no branches", s.Kind)
	}
	for i, fork := range s.Branches {
		where := fork.Position
		if where == (Position{}) {
			where = s.Position
		}
		switch {
		case s.Kind != Switch && fork.When != nil:
			v.report(where, s.Name, "`when` is for the cases of a switch; a %s takes no conditions", s.Kind)
		case s.Kind == Switch && fork.When == nil && i < len(s.Branches)-1:
			v.report(where, s.Name, "a case without `when` takes every message, so it must be the last one")
		}
		switch {
		case len(fork.Stages) > 0:
		case s.Kind == Merge:
			v.report(where, s.Name, "branch %d is empty; each branch of a merge begins with a source", i+1)
		case at.last:
			v.report(where, s.Name, "branch %d is empty; as the last stage, every branch ends with a sink", i+1)
		}
		v.chain(fork.Stages, at)
	}
}

// settings checks what belongs to every stage.
func (v *validator) settings(s *Stage, at place) {
	report := func(format string, args ...any) { v.report(s.Position, s.Name, format, args...) }
	if s.composed() {
		for _, set := range s.set() {
			report("`%s` does not apply to a %s; give it to the stages in it", set, s.Kind)
		}
		return
	}
	switch {
	case s.Workers < 0:
		report("workers is %d; it must be 1 or more", s.Workers)
	case s.Workers > MaxWorkers:
		report("workers is %d; the most is %d", s.Workers, MaxWorkers)
	}
	switch s.Order {
	case "", Total, Key, None:
	default:
		report("order is %q; it is one of total, key, none", s.Order)
	}
	if s.Order != Key && (s.OrderBy != "" || s.OrderByFunction != nil) {
		report("`order_by` needs order = \"key\"")
	}
	if s.OrderBy != "" && s.OrderByFunction != nil {
		report("`order_by` is either the name of an attribute or a function")
	}
	if at.last {
		if problem := s.LastOrder(s.Workers); problem != "" {
			report("%s", problem)
		}
	}
	if s.Timeout < 0 {
		report("timeout is %v; it must not be negative", s.Timeout)
	}
	if s.Retry != nil {
		v.retry(s, s.Retry, "retry")
		for _, status := range sortedKeys(s.Retry.On) {
			policy, name := s.Retry.On[status], "retry.on["+strconv.Itoa(status)+"]"
			switch {
			case status < 100 || status > 199:
				report("%s: %d is no status of the class retry, which are 100 to 199", name, status)
			case policy == nil:
				report("%s is missing", name)
			case len(policy.On) > 0:
				report("%s holds another `on`, which it cannot", name)
			default:
				v.retry(s, policy, name)
			}
		}
	}
}

func (v *validator) retry(s *Stage, r *Retry, name string) {
	if r.MaxAttempts < 0 {
		v.report(s.Position, s.Name, "%s: max_attempts is %d; it must be 1 or more, or 0 for no limit", name, r.MaxAttempts)
	}
	for _, d := range []struct {
		name  string
		value time.Duration
	}{{"initial", r.Initial}, {"max", r.Max}} {
		if d.value < 0 {
			v.report(s.Position, s.Name, "%s: %s is %v; it must not be negative", name, d.name, d.value)
		}
	}
	if r.Max > 0 && r.Max < r.Initial {
		v.report(s.Position, s.Name, "%s: max (%v) is less than initial (%v)", name, r.Max, r.Initial)
	}
}

// LastOrder tells what is wrong with the stage as one that nothing comes after,
// if it has so many workers: they could not keep total order among themselves.
// "" means nothing. Validate asks for the workers that the plan names; whoever
// knows how many a component has by itself asks again.
func (s *Stage) LastOrder(workers int) string {
	if workers < 2 || s.Order != "" && s.Order != Total {
		return ""
	}
	return fmt.Sprintf("the last stage cannot keep total order with %d workers; set order = \"key\" or order = \"none\", or workers = 1", workers)
}

func (s *Stage) composed() bool { return s.Kind == Branch || s.Kind == Switch || s.Kind == Merge }

// set lists the settings that are set, of those that a composition has not.
func (s *Stage) set() []string {
	var list []string
	for _, setting := range []struct {
		name string
		set  bool
	}{
		{"workers", s.Workers != 0}, {"order", s.Order != ""},
		{"order_by", s.OrderBy != "" || s.OrderByFunction != nil},
		{"retry", s.Retry != nil}, {"timeout", s.Timeout != 0},
	} {
		if setting.set {
			list = append(list, setting.name)
		}
	}
	return append(list, sortedKeys(s.Attributes)...)
}
