package main

import (
	"fmt"
	"io"
	"slices"
	"strings"
)

// bench is one run of the whole.
type bench struct {
	root string
	runs int
	data map[string]datasets
}

// datasets are the messages of one kind: all of them, and those that slow
// programs get.
type datasets struct{ full, part dataset }

// series are the runs of one program into one sink, one for each round.
type series struct {
	Program  string        `json:"program"`
	Sink     sink          `json:"sink"`
	Messages int           `json:"messages"`
	Bytes    int64         `json:"bytes"` // of the messages
	Runs     []measurement `json:"runs"`
}

// values are the metric of every run.
func (s *series) values(what metric) []float64 {
	values := make([]float64, len(s.Runs))
	for i, m := range s.Runs {
		values[i] = m.value(what, s.Messages, s.Bytes)
	}
	return values
}

// measure runs all programs of a workload in turn, round by round. Every round
// begins with another program, so that none always follows the same one.
func (b *bench) measure(w *workload) ([]*series, error) {
	var all []*series
	for _, s := range w.sinks {
		for _, p := range w.programs {
			if s == toNull && p.pipeOnly || s == toPipe && p.counts {
				continue
			}
			d := b.input(w, p)
			all = append(all, &series{Program: p.name, Sink: s, Messages: d.Messages, Bytes: d.Bytes})
		}
	}
	for round := range b.runs {
		for i := range all {
			s := all[(i+round)%len(all)]
			p := w.program(s.Program)
			var out io.Writer
			if s.Sink == toPipe {
				out = io.Discard
			}
			m, err := run(b.root, *p, b.input(w, *p), out)
			if err != nil {
				return nil, err
			}
			s.Runs = append(s.Runs, m)
		}
	}
	return all, nil
}

// input is what a program of a workload reads.
func (b *bench) input(w *workload, p program) dataset {
	if p.slow {
		return b.data[w.data.name].part
	}
	return b.data[w.data.name].full
}

func (w *workload) program(name string) *program {
	i := slices.IndexFunc(w.programs, func(p program) bool { return p.name == name })
	if i < 0 {
		return nil
	}
	return &w.programs[i]
}

// verdict is what became of a requirement.
type verdict string

const (
	reached   verdict = "ok"
	missed    verdict = "MISSED"
	unbounded verdict = "info"    // nothing is required
	unknown   verdict = "skipped" // a program is missing
)

// result is a requirement with its ratios, or with the values of what is compared
// with nothing.
type result struct {
	Text    string    `json:"text"`
	Ratio   float64   `json:"ratio"` // the median
	Lowest  float64   `json:"lowest"`
	Highest float64   `json:"highest"`
	Ratios  []float64 `json:"ratios"`  // one for each round
	Piped   float64   `json:"piped"`   // the median with the output to a pipe; 0 if there is none
	Verdict verdict   `json:"verdict"` // from the ratio with the output to /dev/null
}

// judge computes a requirement's ratios. A machine's speed drifts, so programs
// are compared within a round only.
func (q *requirement) judge(all []*series) result {
	r := result{Text: q.String(), Verdict: unknown}
	r.Ratios = q.ratios(all, toNull)
	if len(r.Ratios) == 0 {
		return r
	}
	r.Ratio, r.Lowest, r.Highest = median(r.Ratios), slices.Min(r.Ratios), slices.Max(r.Ratios)
	if piped := q.ratios(all, toPipe); len(piped) > 0 {
		r.Piped = median(piped)
	}
	r.Verdict = reached
	switch {
	case q.atMost == 0 && q.atLeast == 0:
		r.Verdict = unbounded
	case q.atMost > 0 && r.Ratio > q.atMost, q.atLeast > 0 && r.Ratio < q.atLeast:
		r.Verdict = missed
	}
	return r
}

// ratios compares the subject with its best reference, round by round; without
// references they are the subject's values. It is empty when one of them has not
// run.
func (q *requirement) ratios(all []*series, to sink) []float64 {
	subject := find(all, q.subject, to)
	if subject != nil && len(q.references) == 0 {
		return subject.values(q.metric)
	}
	var reference *series
	for _, name := range q.references {
		s := find(all, name, to)
		if s != nil && (reference == nil || median(s.values(q.metric)) < median(reference.values(q.metric))) {
			reference = s
		}
	}
	if subject == nil || reference == nil {
		return nil
	}
	over, under := subject.values(q.metric), reference.values(q.metric)
	if q.atLeast > 0 {
		over, under = under, over
	}
	ratios := make([]float64, len(over))
	for i := range over {
		ratios[i] = over[i] / under[i]
	}
	return ratios
}

func find(all []*series, program string, to sink) *series {
	for _, s := range all {
		if s.Program == program && s.Sink == to {
			return s
		}
	}
	return nil
}

// String says what is compared and what is required: "gopiper ÷ mawk, cpu, at
// most 1", "gopiper, messages/s, at least 1,000,000".
func (q *requirement) String() string {
	what := q.subject
	if len(q.references) > 0 {
		references := strings.Join(q.references, " | ")
		if what = q.subject + " ÷ " + references; q.atLeast > 0 {
			what = references + " ÷ " + q.subject
		}
	}
	what += ", " + string(q.metric)
	switch {
	case q.atLeast > 0:
		return what + ", at least " + figure(q.atLeast)
	case q.atMost > 0:
		return what + ", at most " + figure(q.atMost)
	default:
		return what
	}
}

// figure prints a bound.
func figure(x float64) string {
	if x >= 1000 {
		return grouped(int(x))
	}
	return fmt.Sprintf("%g", x)
}

// median returns the middle value, or the mean of the two in the middle.
func median(values []float64) float64 {
	sorted := slices.Sorted(slices.Values(values))
	middle := len(sorted) / 2
	if len(sorted)%2 == 1 {
		return sorted[middle]
	}
	return (sorted[middle-1] + sorted[middle]) / 2
}
