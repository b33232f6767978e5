package main

import (
	"errors"
	"fmt"
	"os"

	"github.com/gopiper/gopiper"
	"github.com/gopiper/gopiper/plan"
)

// The exit codes. This is the only place that knows them.
const (
	exitOK         = 0   // also drained after a signal, and a closed standard output
	exitFailed     = 1   // a failure at run time
	exitInvalid    = 2   // the command line or a pipeline is not valid; nothing was started
	exitNotDrained = 3   // stopped with messages in flight
	exitUnhandled  = 4   // finished, but messages failed that no failed branch took
	exitSignal     = 128 // plus the number of the second signal
)

// invalid is an error of the command line or of a pipeline.
type invalid struct{ error }

func (e invalid) Unwrap() error { return e.error }

// invalidf is fmt.Errorf for an invalid.
func invalidf(format string, args ...any) error { return invalid{fmt.Errorf(format, args...)} }

// silent is an error that was told already.
type silent struct{ error }

func (e silent) Unwrap() error { return e.error }

// quiet makes an error silent.
func quiet(err error) error {
	if err == nil {
		return nil
	}
	return silent{err}
}

// exitCode is the code for what a command returned. Of several failures the
// gravest counts: failed, then not drained, then unhandled.
func exitCode(err error) int {
	var problems plan.Problems
	var ended childEnded
	switch {
	case err == nil:
		return exitOK
	case errors.As(err, &ended):
		return int(ended)
	case errors.As(err, new(invalid)), errors.As(err, &problems):
		return exitInvalid
	}
	code := exitUnhandled
	for _, e := range each(err) {
		switch {
		case errors.Is(e, gopiper.ErrUnhandled):
		case errors.Is(e, gopiper.ErrNotDrained):
			code = min(code, exitNotDrained)
		default:
			code = exitFailed
		}
	}
	return code
}

// each takes apart what errors.Join has joined.
func each(err error) []error {
	joined, ok := err.(interface{ Unwrap() []error })
	if !ok {
		return []error{err}
	}
	var all []error
	for _, e := range joined.Unwrap() {
		all = append(all, each(e)...)
	}
	return all
}

// report prints what a command returned, and returns the exit code. What is
// wrong with a pipeline begins with its position, everything else with our
// name.
func report(err error) int {
	if err == nil || errors.As(err, new(silent)) || errors.As(err, new(childEnded)) {
		return exitCode(err)
	}
	var problems plan.Problems
	if errors.As(err, &problems) {
		fmt.Fprintln(os.Stderr, problems)
		return exitInvalid
	}
	for _, e := range each(err) {
		fmt.Fprintf(os.Stderr, "gopiper: %v\n", e)
	}
	return exitCode(err)
}
