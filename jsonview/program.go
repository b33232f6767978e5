package jsonview

import (
	"errors"
	"fmt"
)

// Edit is one change to a text: see [Set], [Delete], [Rename] and [Keep].
type Edit struct {
	operation operation
	path      Path
	raw       []byte
	key       string
}

type operation uint8

const (
	setting operation = iota
	deleting
	renaming
	keeping
)

var operationNames = [...]string{"set", "delete", "rename", "keep"}

func (e Edit) String() string { return operationNames[e.operation] + " " + e.path.String() }

// Set puts the JSON text raw, which the edit owns from then on, in the place
// of whatever path leads to. A member that is missing is added behind the
// others; objects and arrays on the way that are missing, or null, are made. An
// element may be set up to one behind the last, which appends it. Apply fails
// where something else than an object or array is in the way.
func Set(path Path, raw []byte) Edit { return Edit{operation: setting, path: path, raw: raw} }

// Delete removes the member or element that path leads to, if it is there.
func Delete(path Path) Edit { return Edit{operation: deleting, path: path} }

// Rename gives the member that path leads to another key in the same object
// and leaves it at its place. A member that had the new key is removed. If
// there is no member to rename, nothing happens.
func Rename(path Path, key string) Edit { return Edit{operation: renaming, path: path, key: key} }

// Keep keeps what path leads to. As soon as a program has one Keep, everything
// goes that is not kept, set or renamed; an object or array on the way stays
// if something in it does.
func Keep(path Path) Edit { return Edit{operation: keeping, path: path} }

// Program is a number of edits that are applied together, in one pass: every
// path means a place in the text as it came, whatever the order of the edits.
type Program struct {
	root   *node
	growth int
}

// maxAwaited bounds how many members of one object are set or renamed.
const maxAwaited = 256

// node is a place in the text that some edit names or leads through.
type node struct {
	step
	quoted   []byte // the key as it is written, with its colon
	edited   [4]bool
	value    []byte // of a set
	renamed  []byte // the new key as it is written
	children []*node
	members  index // of children that are members

	sets    bool   // it or something below it is set
	wanted  bool   // it or something below it stays when others go
	partly  bool   // of what is below, only what is wanted stays
	slot    int    // counts, among siblings, those set or renamed; -1: neither
	yields  *node  // the sibling that is renamed to this one's key
	created []byte // its text when it is missing; nil if there is nothing to make
}

func (n *node) is(op operation) bool { return n.edited[op] }

func (n *node) isArray() bool { return len(n.children) > 0 && n.children[0].step.index >= 0 }

// kind is what a value must be that n's children are places in.
func (n *node) kind() Kind {
	if n.isArray() {
		return Array
	}
	return Object
}

// Compile checks the edits and makes a program of them. Edits that contradict
// each other are errors, all reported together.
func Compile(edits ...Edit) (*Program, error) {
	p := &Program{root: &node{slot: -1}}
	var problems []error
	selective := false
	for _, e := range edits {
		if err := p.add(e); err != nil {
			problems = append(problems, fmt.Errorf("%s: %w", e, err))
		}
		selective = selective || e.operation == keeping
	}
	if len(problems) > 0 {
		return nil, errors.Join(problems...)
	}
	if err := p.root.link(); err != nil {
		return nil, err
	}
	p.root.restrict(selective)
	return p, nil
}

// add enters one edit into the tree of nodes.
func (p *Program) add(e Edit) error {
	if len(e.path.steps) == 0 {
		return errors.New("the path leads nowhere")
	}
	n := p.root
	for _, s := range e.path.steps {
		if err := n.barred(e.operation); err != nil {
			return err
		}
		child, err := n.child(s)
		if err != nil {
			return err
		}
		n = child
		if e.operation == setting {
			p.growth += len(n.quoted) + len(`,{}`)
		}
	}
	if n.is(e.operation) && e.operation != keeping {
		return errors.New("is given twice")
	}
	if err := n.contradiction(e.operation); err != nil {
		return err
	}
	n.edited[e.operation] = true
	switch e.operation {
	case setting:
		value, err := checkedValue(e.raw, len(e.path.steps))
		if err != nil {
			return err
		}
		n.value = value
		p.growth += len(value)
	case renaming:
		if n.step.index >= 0 {
			return errors.New("an element of an array has no key")
		}
		if n.key == e.key {
			return errors.New("it has that key already")
		}
		n.renamed = AppendString(nil, e.key)
		p.growth += len(n.renamed)
	}
	return nil
}

func checkedValue(raw []byte, depth int) ([]byte, error) {
	if len(raw) > textMost {
		return nil, syntaxError(raw, textMost, tooLong)
	}
	if _, err := Parse(raw); err != nil {
		return nil, fmt.Errorf("the value is not JSON: %w", err)
	}
	start := skipSpace(raw, 0)
	end, f := skip(raw, start, depth)
	if f != 0 {
		return nil, syntaxError(raw, end, f)
	}
	return raw[start:end], nil
}

// barred tells why an operation cannot lead through n.
func (n *node) barred(op operation) error {
	for _, o := range []operation{setting, deleting} {
		if n.is(o) {
			return fmt.Errorf("%s lies on the way; leave one of them out", n.edit(o))
		}
	}
	if op == setting && n.is(renaming) {
		return fmt.Errorf("%s lies on the way; set it afterwards", n.edit(renaming))
	}
	return nil
}

// contradiction tells why op cannot be done to n beside what else is done to n
// and below it.
func (n *node) contradiction(op operation) error {
	for _, pair := range [][2]operation{
		{setting, deleting}, {setting, renaming}, {deleting, renaming}, {deleting, keeping},
	} {
		for i := range pair {
			if op == pair[i] && n.is(pair[1-i]) {
				return fmt.Errorf("contradicts %s", n.edit(pair[1-i]))
			}
		}
	}
	if len(n.children) > 0 && (op == setting || op == deleting) {
		return errors.New("something inside it is edited as well; leave one of them out")
	}
	if op == renaming && n.setsBelow() {
		return errors.New("something inside it is set as well; set it afterwards")
	}
	return nil
}

// edit describes an edit of n.
func (n *node) edit(op operation) string {
	return Edit{operation: op, path: Path{[]step{n.step}}}.String()
}

func (n *node) setsBelow() bool {
	for _, c := range n.children {
		if c.is(setting) || c.setsBelow() {
			return true
		}
	}
	return false
}

// child returns n's child for the step, new if need be.
func (n *node) child(s step) (*node, error) {
	for _, c := range n.children {
		if c.step == s {
			return c, nil
		}
	}
	if len(n.children) > 0 && n.isArray() != (s.index >= 0) {
		return nil, errors.New("the value before it is used both as an object and as an array")
	}
	c := &node{step: s, slot: -1}
	if s.index < 0 {
		c.quoted = append(AppendString(nil, s.key), ':')
	}
	n.children = append(n.children, c)
	return c, nil
}
