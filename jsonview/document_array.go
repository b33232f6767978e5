package jsonview

import (
	"fmt"
	"slices"
)

// list makes items of an array's elements, once.
func (n *Node) list() error {
	if n.listed || n.kind != Array {
		return nil
	}
	i := skipSpace(n.text, 1)
	for n.items = n.items[:0]; len(n.items) > 0 || i >= len(n.text) || n.text[i] != ']'; {
		end, f := skip(n.text, i, n.depth+1)
		if f != 0 {
			return n.fail(end, f)
		}
		n.items = append(n.items, item{raw: n.text[i:end:end], start: i, end: end})
		i = skipSpace(n.text, end)
		if i < len(n.text) && n.text[i] == ']' {
			break
		}
		if i >= len(n.text) || n.text[i] != ',' {
			return n.fail(i, noCommaOrBracket)
		}
		i = skipSpace(n.text, i+1)
	}
	n.listed = true
	return nil
}

// Len returns the number of an array's elements, or of an object's members. It
// reads the node through the first time. The error is a [*SyntaxError].
func (n *Node) Len() (int, error) {
	if n.kind == Array {
		err := n.list()
		return len(n.items), err
	}
	count := 0
	for c := (Cursor{}); ; count++ {
		key, _, _, err := n.Next(&c)
		if err != nil || !key.Exists() {
			return count, err
		}
	}
}

// At returns an array's element, counted from 0: a value, which is Missing if
// there are fewer, or a node if it is an object or array. Of an object it
// returns nothing.
func (n *Node) At(index int) (Value, *Node, error) {
	if err := n.list(); err != nil {
		return Value{}, nil, err
	}
	if index < 0 || index >= len(n.items) {
		return Value{}, nil, nil
	}
	it := &n.items[index]
	value, node, err := n.doc.open(it, n)
	if value.Exists() && !it.set {
		value.offset = n.at + it.start
	}
	return value, node, err
}

// SetAt gives an array's element the JSON text raw, which is copied; at Len it
// adds one.
func (n *Node) SetAt(index int, raw []byte) error {
	if err := n.list(); err != nil {
		return err
	}
	if index == len(n.items) {
		return n.Insert(index, raw)
	}
	it, err := n.newItem(index, raw)
	if err != nil {
		return err
	}
	it.start, it.end = n.items[index].start, n.items[index].end
	n.items[index] = it
	n.touch()
	return nil
}

// Insert puts an element with the JSON text raw, which is copied, before the
// one at index, or, at Len, behind the last.
func (n *Node) Insert(index int, raw []byte) error {
	if err := n.list(); err != nil {
		return err
	}
	it, err := n.newItem(index, raw)
	if err != nil {
		return err
	}
	n.items = slices.Insert(n.items, index, it)
	n.moved = true
	n.touch()
	return nil
}

// Remove removes an array's element.
func (n *Node) Remove(index int) error {
	if err := n.list(); err != nil {
		return err
	}
	if err := n.reaches(index, len(n.items)-1); err != nil {
		return err
	}
	n.items = slices.Delete(n.items, index, index+1)
	n.moved = true
	n.touch()
	return nil
}

func (n *Node) newItem(index int, raw []byte) (item, error) {
	if err := n.reaches(index, len(n.items)); err != nil {
		return item{}, err
	}
	raw, err := checkedValue(raw, n.depth+1)
	return item{raw: n.doc.keep(raw), set: true}, err
}

// reaches says whether the node is an array and the index one from 0 to last.
func (n *Node) reaches(index, last int) error {
	if n.kind != Array {
		return &MismatchError{Offset: n.at, Expected: Array.String() + " to edit an element of", Found: n.kind.String()}
	}
	if index < 0 || index > last {
		return &MismatchError{
			Offset: n.at, Expected: fmt.Sprintf("an array long enough to edit [%d] of", index),
			Found: fmt.Sprintf("one of %d", len(n.items)),
		}
	}
	return nil
}
