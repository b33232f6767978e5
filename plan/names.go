package plan

import (
	"cmp"
	"maps"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"unicode"
)

// names are the names of one kind of thing, each used once. The value is the
// number that was last tried to make a name from this one.
type names map[string]int

// claim takes a name that the plan gives.
func (v *validator) claim(n names, name, thing string, at Position) {
	if !validName(name) {
		v.report(at, name, "the name %q is not valid; a name has letters, digits, _, - and . in it, up to %d bytes", name, MaxName)
	}
	if _, taken := n[name]; taken {
		v.report(at, name, "another %s has the name %q; names are unique", thing, name)
	}
	n[name] = 1
}

// make makes an unused name: "json", "json_2" and so on.
func (n names) make(base string) string {
	name := base
	for {
		if _, taken := n[name]; !taken {
			n[name] = 1
			return name
		}
		n[base]++
		name = base + "_" + strconv.Itoa(n[base])
	}
}

// namePipelines gives a name to every pipeline that has none: that of its file.
func (v *validator) namePipelines(pipelines []*Pipeline) {
	names := make(names)
	for i, p := range pipelines {
		switch {
		case p == nil:
			v.report(Position{}, "", "pipeline %d is missing", i+1)
		case p.Name != "":
			v.claim(names, p.Name, "pipeline", p.Position)
		}
	}
	for _, p := range pipelines {
		if p != nil && p.Name == "" {
			file := filepath.Base(p.Position.File)
			p.Name = names.make(clean(strings.TrimSuffix(file, filepath.Ext(file)), "pipeline"))
		}
	}
}

// nameStages gives a name to every stage of a pipeline that has none: that of
// its component.
func (v *validator) nameStages(p *Pipeline) {
	names := make(names)
	walk(p, func(s *Stage) {
		if s.Name != "" {
			v.claim(names, s.Name, "stage", s.Position)
		}
	})
	walk(p, func(s *Stage) {
		if s.Name == "" {
			s.Name = names.make(s.label())
		}
	})
}

// label is the stage's name or, before it has one, what it will be made from.
func (s *Stage) label() string {
	name := string(s.Kind)
	switch {
	case s.Name != "":
		return s.Name
	case s.Kind == Component:
		name = strings.TrimSuffix(filepath.Base(s.Reference), filepath.Ext(s.Reference))
	case s.Kind == Function && s.Function != nil && s.Function.Name != "":
		name = s.Function.Name
	}
	return clean(name, "stage")
}

// clean makes a valid name from a text.
func clean(text, otherwise string) string {
	name := strings.Trim(strings.Map(func(r rune) rune {
		if nameRune(r) {
			return r
		}
		return '_'
	}, text), "_.-")
	if !validName(name) {
		return otherwise
	}
	return name
}

func validName(name string) bool {
	return name != "" && len(name) <= MaxName && !strings.ContainsAny(name[:1], ".-") &&
		!strings.ContainsFunc(name, func(r rune) bool { return !nameRune(r) })
}

func nameRune(r rune) bool {
	return unicode.IsLetter(r) || unicode.IsDigit(r) || strings.ContainsRune("_-.", r)
}

// walk calls visit for every stage of the pipeline: in order, a composition
// before what is in it, the failed branch at the end.
func walk(p *Pipeline, visit func(*Stage)) {
	var each func(stages []*Stage)
	each = func(stages []*Stage) {
		for _, s := range stages {
			visit(s)
			for _, fork := range s.Branches {
				each(fork.Stages)
			}
		}
	}
	each(p.Stages)
	each(p.Failed)
}

func sortedKeys[K cmp.Ordered, V any](m map[K]V) []K { return slices.Sorted(maps.Keys(m)) }
