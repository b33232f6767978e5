package stream

import (
	"github.com/gopiper/gopiper/component"
	"github.com/gopiper/gopiper/framing"
)

const (
	writeAt = 256 << 10 // buffered bytes that are written without waiting for Flush
	keepCap = 1 << 20   // a larger buffer is given up after it was written
)

// Writer frames messages into a buffer and writes the buffer with one call. It
// belongs to one worker and is not safe for concurrent use.
//
// After an error all messages since the last Flush have to be added again;
// some of them may then be there twice. But none is there in part: one that
// the error cut in two is completed before anything else is written.
type Writer struct {
	// LeaveEnd says that write itself writes a delimiter first when what is there
	// already ends without one, so that several writers can write to one stream. An
	// empty message, of which nothing would be there, then always gets its delimiter.
	LeaveEnd bool

	format    framing.Format
	delimiter byte
	delimited bool
	write     func([]byte) (int, error)
	buffer    []byte
	rest      int  // how much of the buffer's front ends a message that is written in part
	open      bool // no delimiter stands behind the last message
	left      bool // nor behind what was written, if it ends with a whole message
	err       error
}

// NewWriter returns a writer that calls write, which like io.Writer's Write
// writes all bytes or returns an error.
func NewWriter(format framing.Format, write func([]byte) (int, error)) *Writer {
	w := &Writer{format: format, write: write}
	w.delimiter, w.delimited = format.Delimiter()
	return w
}

// Add adds messages. It writes when much is buffered; an error then is kept
// for Flush.
func (w *Writer) Add(messages ...component.Message) {
	for _, m := range messages {
		if w.delimited {
			w.addDelimited(m)
		} else {
			w.buffer = w.format.Append(w.buffer, m.GetData())
		}
		if len(w.buffer) >= writeAt {
			w.writeOut()
		}
	}
}

func (w *Writer) addDelimited(m component.Message) {
	if w.open {
		if len(w.buffer) == w.rest {
			w.rest++
		}
		w.buffer = append(w.buffer, w.delimiter)
	}
	w.buffer = append(w.buffer, m.GetData()...)
	s, ok := m.(component.StandardMessage)
	if w.open = ok && s.Unterminated() && (len(m.GetData()) > 0 || !w.LeaveEnd); !w.open {
		w.buffer = append(w.buffer, w.delimiter)
	}
}

// Flush writes what is buffered and returns the first error since the last
// Flush.
func (w *Writer) Flush() error {
	w.writeOut()
	err := w.err
	w.err = nil
	return err
}

// Restart says that what is buffered goes to another stream than what was
// written: nothing there needs to be completed.
func (w *Writer) Restart() {
	w.buffer = append(w.buffer[:0], w.buffer[w.rest:]...)
	w.rest = 0
	w.open, w.left = w.open && len(w.buffer) > 0, false
}

func (w *Writer) writeOut() {
	if w.err != nil {
		w.keep(w.buffer[:w.rest])
		w.undo()
		return
	}
	if len(w.buffer) == 0 {
		return
	}
	n, err := w.write(w.buffer)
	switch {
	case err == nil:
		w.keep(nil)
		w.open = w.open && !w.LeaveEnd
		w.left = w.open
	case n < w.rest:
		w.keep(w.buffer[n:w.rest])
	default:
		w.keep(w.format.Rest(w.buffer[w.rest:], n-w.rest))
	}
	if w.err = err; err != nil {
		w.left = w.left && n == 0
		w.undo()
	}
}

// undo forgets how the messages ended that have to be added again.
func (w *Writer) undo() {
	w.open = w.left
	if w.rest > 0 {
		w.open = w.delimited && w.buffer[w.rest-1] != w.delimiter
	}
}

// keep makes the rest of a message all that is buffered.
func (w *Writer) keep(rest []byte) {
	w.rest = len(rest)
	w.buffer = append(w.buffer[:0], rest...)
	if cap(w.buffer) > keepCap && w.rest < writeAt {
		w.buffer = append([]byte(nil), rest...)
	}
}
