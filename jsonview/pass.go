package jsonview

import (
	"slices"
	"strconv"
)

// descend edits the value at i, in which n's children are places, and returns
// the position behind it. gone means that nothing of it is to stay.
func (w *pass) descend(n *node, i, depth int) (end int, gone bool, err error) {
	if i < len(w.src) && w.src[i] == '{' && !n.isArray() {
		return w.object(n, i+1, depth+1)
	}
	if i < len(w.src) && w.src[i] == '[' && n.isArray() {
		return w.array(n, i+1, depth+1)
	}
	end, f := skip(w.src, i, depth)
	switch {
	case f != 0:
		return end, false, syntaxError(w.src, end, f)
	case !n.sets:
		return end, n.partly, nil
	case w.src[i] != 'n':
		return end, false, w.mismatch(i, n.kind().String()+" to set "+n.firstSet()+" in")
	case n.created == nil:
		return end, false, w.mismatch(i, "an array long enough to set "+n.firstSet()+" in")
	}
	w.replace(i, end, n.created)
	return end, false, nil
}

// replace puts text in the place of what lies from start up to end.
func (w *pass) replace(start, end int, text []byte) {
	w.flush(start)
	w.dst = append(w.dst, text...)
	w.done = end
}

// firstSet describes the first of the places below n that are set.
func (n *node) firstSet() string {
	var path Path
	for !n.is(setting) {
		n = n.children[slices.IndexFunc(n.children, func(c *node) bool { return c.sets })]
		path.steps = append(path.steps, n.step)
	}
	return path.String()
}

// object edits the object whose brace is right before i.
func (w *pass) object(n *node, i, depth int) (end int, gone bool, err error) {
	s := siblings{end: i}
	src := w.src
	i = skipSpace(src, i)
	more := i >= len(src) || src[i] != '}'
	if !more {
		i++
	}
	for expected := noKeyOrEnd; more; expected = noKey {
		key := i
		value, keyEnd, escaped, f := skipKey(src, i, expected)
		if f != 0 {
			return value, false, syntaxError(src, value, f)
		}
		if text := src[key+1 : keyEnd]; !n.partly && !escaped && n.members.lacks(text) {
			w.stay(&s)
			if i, f = skip(src, value, depth); f != 0 {
				return i, false, syntaxError(src, i, f)
			}
		} else if i, err = w.place(n, n.members.find(text, escaped), &s, place{key, keyEnd + 1, value}, depth); err != nil {
			return i, false, err
		}
		if s.end = i; i+1 < len(src) && src[i] == ',' && src[i+1] > ' ' {
			s.comma = i
			i++
		} else if i, more, err = w.proceed(&s, i, '}'); err != nil {
			return i, false, err
		}
	}
	if n.sets {
		if err := w.addMembers(n, &s); err != nil {
			return i, false, err
		}
	}
	return i, n.partly && s.staid == 0, nil
}

// array edits the array whose bracket is right before i.
func (w *pass) array(n *node, i, depth int) (end int, gone bool, err error) {
	s := siblings{end: i}
	i = skipSpace(w.src, i)
	more := i >= len(w.src) || w.src[i] != ']'
	if !more {
		i++
	}
	length, children := 0, n.children
	for ; more; length++ {
		var c *node
		if len(children) > 0 && children[0].step.index == length {
			c, children = children[0], children[1:]
		}
		if i, err = w.place(n, c, &s, place{value: i}, depth); err != nil {
			return i, false, err
		}
		if i, more, err = w.proceed(&s, i, ']'); err != nil {
			return i, false, err
		}
	}
	for _, c := range children {
		if !c.sets {
			continue
		}
		if c.step.index != length || c.created == nil {
			return i, false, &MismatchError{
				Offset:   i - 1,
				Expected: "an array long enough to set " + Path{[]step{c.step}}.String() + " in",
				Found:    "its end behind " + strconv.Itoa(length),
			}
		}
		w.add(&s, c)
		length++
	}
	return i, n.partly && s.staid == 0, nil
}

// place says where a member lies: its key, what is behind it, and its value;
// of an element only the value.
type place struct{ key, keyEnd, value int }

// place edits a member or element of n, for which c says how; c is nil for one
// that no edit names.
func (w *pass) place(n, c *node, s *siblings, at place, depth int) (end int, err error) {
	var f fault
	switch {
	case c == nil && !n.partly:
		w.stay(s)
		end, f = skip(w.src, at.value, depth)
	case c == nil || n.partly && !c.wanted || c.is(deleting) || c.yields != nil && w.comes(c.yields, s, at, depth):
		if end, f = skip(w.src, at.value, depth); f == 0 {
			w.drop(s, end)
		}
	default:
		return w.named(c, s, at, depth)
	}
	if f != 0 {
		return end, syntaxError(w.src, end, f)
	}
	return end, nil
}

// named edits a member or element that an edit names and does not delete.
func (w *pass) named(c *node, s *siblings, at place, depth int) (end int, err error) {
	if c.slot >= 0 {
		s.seen.add(c.slot)
	}
	length, done, parted := len(w.dst), w.done, s.parted
	w.stay(s)
	if c.renamed != nil {
		w.replace(at.key, at.keyEnd, c.renamed)
	}
	if len(c.children) > 0 {
		end, gone, err := w.descend(c, at.value, depth)
		if gone && err == nil {
			w.dst, w.done, s.parted = w.dst[:length], done, parted
			s.staid--
			w.drop(s, end)
		}
		return end, err
	}
	end, f := skip(w.src, at.value, depth)
	if f != 0 {
		return end, syntaxError(w.src, end, f)
	}
	if c.is(setting) {
		w.replace(at.value, end, c.value)
	}
	return end, nil
}

// comes tells whether the object has the member that is renamed to the key of
// the one at hand. If it has not come yet, it is looked for in the rest of the
// object, once.
func (w *pass) comes(renamed *node, s *siblings, at place, depth int) bool {
	if s.seen.has(renamed.slot) || s.absent.has(renamed.slot) {
		return s.seen.has(renamed.slot)
	}
	i, f := skip(w.src, at.value, depth)
	for f == 0 {
		i = skipSpace(w.src, i)
		if i >= len(w.src) || w.src[i] != ',' {
			break
		}
		key := skipSpace(w.src, i+1) + 1
		value, keyEnd, escaped, fault := skipKey(w.src, key-1, noKey)
		if fault != 0 {
			break // the pass itself will come across it
		}
		if sameKey(w.src[key:keyEnd], escaped, renamed.key) {
			s.seen.add(renamed.slot)
			return true
		}
		i, f = skip(w.src, value, depth)
	}
	s.absent.add(renamed.slot)
	return false
}

// addMembers adds the members that are set and were not there.
func (w *pass) addMembers(n *node, s *siblings) error {
	for _, c := range n.children {
		if !c.sets || s.seen.has(c.slot) {
			continue
		}
		if c.created == nil {
			return &MismatchError{
				Offset:   s.end,
				Expected: "an array " + strconv.Quote(c.key) + " long enough to set " + c.firstSet() + " in",
				Found:    Missing.String(),
			}
		}
		w.add(s, c)
	}
	return nil
}

// add adds a member or element behind the others.
func (w *pass) add(s *siblings, c *node) {
	w.flush(s.end)
	if s.staid > 0 {
		w.dst = append(w.dst, ',')
	}
	w.dst = append(append(w.dst, c.quoted...), c.created...)
	s.staid++
}
