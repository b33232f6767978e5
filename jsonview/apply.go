package jsonview

import "strconv"

// MismatchError says that a text is JSON, but has something in a place where an
// edit cannot do with it.
type MismatchError struct {
	// Offset counts bytes from the start of the text.
	Offset int
	// Expected is what the edit needs there, and Found what there is.
	Expected, Found string
}

// Error returns a sentence such as
//
//	offset 17: expected an object to set "id" in, found a string
func (e *MismatchError) Error() string {
	return "offset " + strconv.Itoa(e.Offset) + ": expected " + e.Expected + ", found " + e.Found
}

// Growth is by how many bytes the program makes a text longer at most, unless
// the text repeats keys.
func (p *Program) Growth() int { return p.growth }

// Apply applies the program to the text src, appends the result to dst and
// returns it. Nothing is appended, and changed is false, if the result equals
// src because none of the edits applied. The error is a [*SyntaxError] or a
// [*MismatchError]; dst is then returned as it was. Nothing is allocated if dst
// has room for len(src) plus [Program.Growth] bytes and no key repeats.
// It may be called from any number of goroutines.
func (p *Program) Apply(dst, src []byte) (result []byte, changed bool, err error) {
	w := pass{src: src, dst: dst}
	i := skipSpace(src, 0)
	end, gone, err := w.descend(p.root, i, 0)
	if err == nil && gone && kindOf(src[i]) != p.root.kind() {
		err = w.mismatch(i, p.root.kind().String()+" to keep a part of")
	}
	if err == nil {
		if end = skipSpace(src, end); end < len(src) {
			err = syntaxError(src, end, noEnd)
		}
	}
	if err != nil {
		return dst, false, err
	}
	if w.done == 0 && len(w.dst) == len(dst) {
		return dst, false, nil
	}
	w.flush(len(src))
	return w.dst, true, nil
}

// pass is one pass over a text.
type pass struct {
	src, dst []byte
	done     int // what becomes of src[:done] is decided and in dst
}

// flush copies everything up to i that is not decided yet.
func (w *pass) flush(i int) {
	w.dst = append(w.dst, w.src[w.done:i]...)
	w.done = i
}

// siblings follows the members of an object, or the elements of an array, one
// after the other.
type siblings struct {
	end    int      // behind the latest value, or the opening brace or bracket
	comma  int      // the latest comma
	staid  int      // how many have stayed
	parted bool     // none has, and the latest comma must go with those gone
	seen   presence // the awaited that are there
	absent presence // the renamed that are known not to come
}

// presence is a set of slots.
type presence [maxAwaited / 64]uint64

func (p *presence) add(slot int)      { p[slot>>6&3] |= 1 << (slot & 63) }
func (p *presence) has(slot int) bool { return p[slot>>6&3]>>(slot&63)&1 != 0 }

// stay is called before a member stays.
func (w *pass) stay(s *siblings) {
	if s.parted {
		w.done = s.comma + 1
		s.parted = false
	}
	s.staid++
}

// drop removes the member that ends at end, with the comma before it, or, if
// none has stayed so far, with the one behind it.
func (w *pass) drop(s *siblings, end int) {
	w.flush(s.end)
	w.done = end
	s.parted = s.staid == 0
}

// proceed goes from behind a value to the next one, or behind the closing brace
// or bracket.
func (w *pass) proceed(s *siblings, i int, closing byte) (next int, more bool, err error) {
	s.end = i
	if i < len(w.src) && w.src[i] <= ' ' {
		i = skipSpace(w.src, i)
	}
	if i < len(w.src) && w.src[i] == ',' {
		s.comma = i
		return skipSpace(w.src, i+1), true, nil
	}
	if i < len(w.src) && w.src[i] == closing {
		return i + 1, false, nil
	}
	if closing == '}' {
		return i, false, syntaxError(w.src, i, noCommaOrBrace)
	}
	return i, false, syntaxError(w.src, i, noCommaOrBracket)
}

// mismatch says that the value at i is not what was expected.
func (w *pass) mismatch(i int, expected string) error {
	return &MismatchError{Offset: i, Expected: expected, Found: kindOf(w.src[i]).String()}
}
