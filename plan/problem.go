package plan

import (
	"cmp"
	"slices"
	"strings"
)

// Problem is one thing that is wrong with a plan.
type Problem struct {
	Position Position `json:"position,omitzero"`
	// Stage is the name of the stage, or of the pipeline, that it is about; ""
	// if it is about neither.
	Stage string `json:"stage,omitempty"`
	// Message says what is wrong and what to do.
	Message string `json:"message"`
}

// Error returns "pipeline.lua:7: stdout: unknown attribute …".
func (p Problem) Error() string {
	text := p.Message
	if p.Stage != "" {
		text = p.Stage + ": " + text
	}
	if at := p.Position.String(); at != "" {
		text = at + ": " + text
	}
	return text
}

// Problems is everything that is wrong with a plan.
type Problems []Problem

// Error returns the problems, each on a line of its own.
func (p Problems) Error() string {
	lines := make([]string, len(p))
	for i, problem := range p {
		lines[i] = problem.Error()
	}
	return strings.Join(lines, "\n")
}

// Err returns the problems as an error, in the order of their positions and
// each only once; nil if there are none.
func (p Problems) Err() error {
	if len(p) == 0 {
		return nil
	}
	ordered := slices.Clone(p)
	slices.SortStableFunc(ordered, func(a, b Problem) int {
		return cmp.Or(
			cmp.Compare(a.Position.File, b.Position.File),
			cmp.Compare(a.Position.Line, b.Position.Line),
		)
	})
	unique := ordered[:0]
	for _, problem := range ordered {
		if !slices.Contains(unique, problem) {
			unique = append(unique, problem)
		}
	}
	return unique
}
