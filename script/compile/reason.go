package compile

import (
	"errors"
	"fmt"
)

// Reason is why a function is not compiled.
type Reason struct {
	Line int    // of the script, from 1
	Text string // what is there: "a while loop"
}

// Error returns "line 12: a while loop".
func (r *Reason) Error() string { return fmt.Sprintf("line %d: %s", r.Line, r.Text) }

// ErrInterpret is what a [Runner] returns for a message that it leaves to the
// interpreter. The message is unchanged.
var ErrInterpret = errors.New("this message is for the interpreter")

// LimitError is what a [Runner] returns for a call that takes more than its
// [Limits]. The message is unchanged.
type LimitError struct {
	Line    int // of the script
	Message string
}

// Error returns the message, which says what limit it was.
func (e *LimitError) Error() string { return e.Message }
