package main

import (
	"fmt"
	"strconv"
	"time"

	"github.com/gopiper/gopiper/control"
)

// selected are the flags that select messages.
type selected struct {
	IDs      []number `arg:"" optional:"" name:"id" help:"Numbers of messages, as ls shows them."`
	Pipeline string   `placeholder:"NAME" help:"Messages of this pipeline."`
	Stage    string   `placeholder:"NAME" help:"Messages that failed in this stage."`
	Status   []int    `placeholder:"CODE" help:"Messages that failed with any of these statuses."`
	After    moment   `placeholder:"TIME" help:"Messages that failed since this time, such as 2026-01-31, 2026-01-31T18:00:00Z, or 2h for two hours ago."`
	Before   moment   `placeholder:"TIME" help:"Messages that failed before this time."`
}

func (s *selected) selection() control.Selection {
	return control.Selection{
		IDs: numbers(s.IDs), Pipeline: s.Pipeline, Stage: s.Stage, Statuses: s.Status, After: s.After.Time, Before: s.Before.Time,
	}
}

// isAll tells whether nothing is said that would select.
func (s *selected) isAll() bool {
	return len(s.IDs) == 0 && s.Pipeline == "" && s.Stage == "" && len(s.Status) == 0 && s.After.IsZero() && s.Before.IsZero()
}

// number is the number of a message.
type number uint64

// UnmarshalText reads a number.
func (n *number) UnmarshalText(text []byte) error {
	value, err := strconv.ParseUint(string(text), 10, 64)
	if err != nil {
		return fmt.Errorf("%q is no number of a message; gopiper quarantine ls shows them", text)
	}
	*n = number(value)
	return nil
}

func numbers(list []number) []uint64 {
	var ids []uint64
	for _, n := range list {
		ids = append(ids, uint64(n))
	}
	return ids
}

// moment is a time on the command line.
type moment struct{ time.Time }

// UnmarshalText reads a time, a day, or a duration that is over.
func (m *moment) UnmarshalText(text []byte) error {
	if ago, err := time.ParseDuration(string(text)); err == nil {
		m.Time = time.Now().Add(-ago)
		return nil
	}
	if at, err := time.Parse(time.RFC3339, string(text)); err == nil {
		m.Time = at
		return nil
	}
	for _, layout := range []string{time.DateOnly, "2006-01-02T15:04:05", "2006-01-02T15:04", time.DateTime} {
		if at, err := time.ParseInLocation(layout, string(text), time.Local); err == nil {
			m.Time = at
			return nil
		}
	}
	return fmt.Errorf("%q is no time; write for example 2026-01-31, 2026-01-31T18:00:00Z, or 2h for two hours ago", text)
}

// sure are the flags of commands that change something: all must be asked for.
type sure struct {
	selected
	All bool `help:"All messages."`
}

// selection returns what is selected, if anything is.
func (s *sure) selection() (control.Selection, error) {
	switch {
	case !s.All && s.isAll():
		return control.Selection{}, invalidf("no message is selected; give numbers, --all, or what they have in common, such as --pipeline NAME")
	case s.All && !s.isAll():
		return control.Selection{}, invalidf("--all selects every message; leave it out, or all else that selects")
	}
	return s.selected.selection(), nil
}
