package file

import "os"

// write writes messages at the end of the file. The caller has the turn. After an
// error n says how much of p is in the file; that is nothing if it was cut back.
func (t *target) write(p []byte) (n int, err error) {
	file, err := t.current()
	if err != nil {
		return 0, err
	}
	if t.open && !t.torn {
		n, err = t.writeFile(file, []byte{t.delimiter})
		t.length += int64(n)
		if err != nil {
			_, err = t.failed(0, err)
			return 0, err
		}
		t.open = false
	}
	n, err = t.writeFile(file, p)
	t.length += int64(n)
	if err != nil {
		return t.failed(n, err)
	}
	t.open, t.torn = t.delimited && p[n-1] != t.delimiter, false
	return n, nil
}

// settle waits until the disk has what was written. The caller has the turn.
func (t *target) settle() error {
	if t.whole == t.length {
		return nil
	}
	file := t.opened()
	if file == nil {
		return os.ErrClosed
	}
	if !t.regular {
		t.whole = t.length
		return nil
	}
	if t.sync {
		if err := t.syncFile(file); err != nil {
			_, err = t.failed(0, err)
			return err
		}
	}
	info, err := file.Stat()
	if err != nil {
		_, err = t.failed(0, err)
		return err
	}
	before, beforeOpen := t.whole, t.wholeOpen
	t.length = info.Size() // others may have written, or cut it
	t.whole, t.wholeOpen = t.length, t.open
	if !t.outdated() {
		return nil
	}
	if err := t.note(file); err != nil {
		t.whole, t.wholeOpen = min(before, t.length), beforeOpen
		_, err = t.failed(0, err)
		return err
	}
	return nil
}

// failed takes an error of writing, or waiting for the disk: what was written
// since all was well has to be written again, by all workers. It returns how much
// of what was written last is left in the file and has to be completed.
func (t *target) failed(written int, err error) (int, error) {
	t.failures++
	switch t.cutBack() {
	case cannotCut:
		if written > 0 {
			t.open, t.torn = false, true
		}
		t.whole = t.length
		return written, err
	default:
		// With a new descriptor, no earlier error of the file is taken for one of
		// what is written next.
		_ = t.finish()
		return 0, err
	}
}

type cutting uint8

const (
	cannotCut cutting = iota
	overtaken         // somebody else has written behind what was written
	wasCut
)

// cutBack cuts the file back to the length at which all was well.
func (t *target) cutBack() cutting {
	file := t.opened()
	if file == nil || !t.regular {
		return cannotCut
	}
	writers.Lock() // nobody opens it meanwhile
	defer writers.Unlock()
	info, err := file.Stat()
	switch {
	case err != nil:
		return cannotCut
	case info.Size() != t.length:
		return overtaken
	case writers.of[t.id] > 1: // who may write at any moment
		return cannotCut
	case t.whole < t.length && file.Truncate(t.whole) != nil:
		return cannotCut
	}
	t.length, t.open = t.whole, t.wholeOpen
	return wasCut
}
