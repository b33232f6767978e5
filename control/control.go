// Package control is how commands reach a process that runs pipelines with a
// state directory: by a Unix socket in that directory, which the process serves
// ([Listen]) and a command dials ([Dial]). Over it they speak HTTP with JSON.
//
// What a command does with the quarantine it does with a [Keeper]: with the
// [Client] of the process that has the directory open, or, if none has, with the
// quarantine of a store that it opens itself ([Local]).
package control

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/gopiper/gopiper/engine"
)

// Keeper is the quarantine of a state directory. Its methods may be called from
// any goroutine. Numbers of a selection that are not in quarantine make the
// error a [*MissingError]; what was selected beside them is done.
type Keeper interface {
	// List calls yield for the messages that are selected, oldest first, until
	// it returns an error, which List returns.
	List(ctx context.Context, selection Selection, yield func(Entry) error) error

	// Remove deletes messages for good and returns how many.
	Remove(ctx context.Context, selection Selection) (removed int, err error)

	// Replay asks that messages enter the stage in which they failed once more,
	// and returns how many. If tell is not nil, and a process runs, it waits
	// until they are settled, or cannot be for now, and tell is called for each.
	Replay(ctx context.Context, selection Selection, tell func(Outcome)) (marked int, err error)
}

// Selection says which messages in quarantine are meant: those that fit all that
// is set. The zero value is all of them.
type Selection struct {
	IDs      []uint64  `json:"ids,omitempty"` // these, oldest first
	Pipeline string    `json:"pipeline,omitempty"`
	Stage    string    `json:"stage,omitempty"`
	Statuses []int     `json:"statuses,omitempty"` // any of these
	After    time.Time `json:"after,omitzero"`     // that failed then, or later
	Before   time.Time `json:"before,omitzero"`    // that failed earlier
	// WithoutData leaves out the data when messages are listed; their size is
	// told all the same.
	WithoutData bool `json:"without_data,omitempty"`
}

// fits tells whether a message is selected, apart from its number.
func (s *Selection) fits(q *engine.Quarantined) bool {
	return (s.Pipeline == "" || s.Pipeline == q.Pipeline) &&
		(s.Stage == "" || s.Stage == q.Stage) &&
		(len(s.Statuses) == 0 || slices.Contains(s.Statuses, q.Status)) &&
		(s.After.IsZero() || !q.Time.Before(s.After)) &&
		(s.Before.IsZero() || q.Time.Before(s.Before))
}

// Entry is a message in quarantine.
type Entry struct {
	engine.Quarantined
	Size int `json:"size"` // of the data, in bytes
}

// Outcome says what became of a message that was to be replayed.
type Outcome struct {
	ID     uint64 `json:"id"`
	Result Result `json:"result"`
	// Again is the number that it has now, if it failed again.
	Again uint64 `json:"again,omitempty"`
	// Reason says why it waits, or failed again.
	Reason string `json:"reason,omitempty"`
}

// Result is what became of a message that was to be replayed.
type Result string

// The results.
const (
	Settled     Result = "settled"      // it is delivered or dropped, and has left the quarantine
	FailedAgain Result = "failed again" // it is in quarantine with another number
	Waits       Result = "waits"        // it is in quarantine, and enters when its pipeline is run next
)

// MissingError says that messages are not in quarantine.
type MissingError struct{ IDs []uint64 }

// Error names the messages.
func (e *MissingError) Error() string {
	names := make([]string, len(e.IDs))
	for i, id := range e.IDs {
		names[i] = fmt.Sprint(id)
	}
	if len(names) == 1 {
		return "message " + names[0] + " is not in quarantine"
	}
	return "messages " + strings.Join(names, ", ") + " are not in quarantine"
}

// Unwrap returns [engine.ErrNotQuarantined].
func (e *MissingError) Unwrap() error { return engine.ErrNotQuarantined }

// missing is the error for numbers that are not there.
func missing(ids []uint64) error {
	if len(ids) == 0 {
		return nil
	}
	return &MissingError{ids}
}
