package component

import "strconv"

// Report says how the handling of a message ended. The zero value is Done.
type Report struct {
	// Status is one of the numbers below, or any other of its class.
	Status int
	// Description says why, for people. It appears in logs and in the
	// quarantine; keep it short and do not format one for Done or Drop on a
	// path that must be fast.
	Description string
}

// The first status of each class. A component may use any number of a class to
// tell its reasons apart: policies may differ by number.
const (
	// Done hands the message to the next stage; at the last stage it is
	// delivered.
	Done = 0
	// Continue means that the component keeps the message and will send
	// something later: the message itself, or messages made from it with
	// NewMessage. It must end the message by sending it on postponed or by
	// calling its Release.
	Continue = 1
	// Retry, 100 to 199, asks the engine to handle the message again, with
	// backoff, as it was when it entered the stage.
	Retry = 100
	// Fail, 200 to 299, ends the message as failed, without a retry: it goes
	// to the pipeline's failed branch or quarantine, and never flows on.
	Fail = 200
	// Drop, 300 and more, ends the message silently, on purpose.
	Drop = 300
)

// Class is what the engine does on a report.
type Class uint8

// The classes of reports.
const (
	ClassDone Class = iota
	ClassContinue
	ClassRetry
	ClassFail
	ClassDrop
)

// String returns the class's name in lower case.
func (c Class) String() string {
	switch c {
	case ClassDone:
		return "done"
	case ClassContinue:
		return "continue"
	case ClassRetry:
		return "retry"
	case ClassDrop:
		return "drop"
	default:
		return "fail"
	}
}

// Class tells the class of the report's status. It is the only place that
// compares ranges. Negative numbers and 2 to 99 are reserved and count as Fail.
func (r Report) Class() Class {
	switch s := r.Status; {
	case s == Done:
		return ClassDone
	case s == Continue:
		return ClassContinue
	case s >= 100 && s <= 199:
		return ClassRetry
	case s >= 300:
		return ClassDrop
	default:
		return ClassFail
	}
}

// Reserved reports whether the status is one that the contract reserves:
// negative, or 2 to 99. The engine treats it as Fail and says so.
func (r Report) Reserved() bool { return r.Status < 0 || r.Status > 1 && r.Status < 100 }

// String returns "200 no user id", or "200" when there is no description.
func (r Report) String() string {
	if r.Description == "" {
		return strconv.Itoa(r.Status)
	}
	return strconv.Itoa(r.Status) + " " + r.Description
}

// Error makes a *Report an error, so that [Flusher].Flush, which returns one,
// can say which report its messages get.
func (r *Report) Error() string { return r.String() }

// severity orders outcomes: a message's outcome is the most severe of its own
// and of those of the messages made from it. Fail, then Done, then Drop.
func severity(c Class) int {
	switch c {
	case ClassDrop:
		return 0
	case ClassDone:
		return 1
	default:
		return 2
	}
}

// Worse returns the more severe of two outcomes: Fail before Done before Drop;
// of two alike the first.
func Worse(a, b Report) Report {
	if severity(b.Class()) > severity(a.Class()) {
		return b
	}
	return a
}
