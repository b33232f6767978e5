package jsonview

import (
	"fmt"
	"slices"
)

// This file completes the tree of nodes once all edits are entered.

// link works out, from the leaves up, which members make way for renamed ones,
// which are awaited, what stays when others go, and what is made when it is
// missing.
func (n *node) link() error {
	if err := n.makeWay(); err != nil {
		return err
	}
	if n.isArray() {
		slices.SortFunc(n.children, func(a, b *node) int { return a.step.index - b.step.index })
	}
	n.sets = n.is(setting)
	n.wanted = n.is(setting) || n.is(renaming) || n.is(keeping)
	awaited := 0
	for _, c := range n.children {
		if err := c.link(); err != nil {
			return err
		}
		if c.sets || c.is(renaming) {
			c.slot = awaited
			awaited++
		}
		n.sets = n.sets || c.sets
		n.wanted = n.wanted || c.wanted
	}
	if awaited > maxAwaited {
		return fmt.Errorf("%d members of one object are set or renamed; at most %d can be", awaited, maxAwaited)
	}
	n.members = newIndex(n.children)
	n.created = n.create()
	return nil
}

// makeWay notes for members that are in the way of a renamed one which it is.
// One that is renamed itself is not in the way.
func (n *node) makeWay() error {
	taken := map[string]*node{}
	for _, c := range slices.Clone(n.children) {
		if !c.is(renaming) {
			continue
		}
		key := string(appendUnescaped(nil, c.renamed[1:len(c.renamed)-1]))
		if other := taken[key]; other != nil {
			return fmt.Errorf("%s: %s takes the same key", c.edit(renaming), other.edit(renaming))
		}
		taken[key] = c
		target, err := n.child(step{key: key, index: noIndex})
		if err != nil {
			return err
		}
		if len(target.children) > 0 || target.is(setting) || target.is(deleting) {
			return fmt.Errorf("%s: the member that has the key %s is edited as well; do that afterwards", c.edit(renaming), c.renamed)
		}
		if !target.is(renaming) {
			target.yields = c
		}
	}
	return nil
}

// restrict works out, from the root down, of which objects and arrays only
// what is wanted stays.
func (n *node) restrict(partly bool) {
	n.partly = partly
	for _, c := range n.children {
		whole := c.is(keeping) || c.is(renaming) && !slices.ContainsFunc(c.children, func(n *node) bool { return n.wanted })
		c.restrict(partly && !whole)
	}
}

// create returns the text of n's value where there was none, nil if there is
// nothing to make or it cannot be made.
func (n *node) create() []byte {
	if n.is(setting) {
		return n.value
	}
	if !n.sets {
		return nil
	}
	opening, closing := byte('{'), byte('}')
	if n.isArray() {
		opening, closing = '[', ']'
	}
	text := []byte{opening}
	elements := 0
	for _, c := range n.children {
		if !c.sets {
			continue
		}
		if c.created == nil || n.isArray() && c.step.index != elements {
			return nil
		}
		if elements > 0 {
			text = append(text, ',')
		}
		text = append(append(text, c.quoted...), c.created...)
		elements++
	}
	return append(text, closing)
}

// index finds the child with a key.
type index struct {
	signatures uint64 // those of the keys, as bits
	nodes      []*node
	byKey      map[string]*node // only where there are many
}

// many is how many keys are too many to compare one after the other.
const many = 8

func newIndex(nodes []*node) index {
	x := index{nodes: nodes}
	if len(nodes) > many {
		x.byKey = make(map[string]*node, len(nodes))
	}
	for _, n := range nodes {
		x.signatures |= 1 << (signature([]byte(n.key)) & 63)
		if x.byKey != nil {
			x.byKey[n.key] = n
		}
	}
	return x
}

// signature mixes the length and the first byte of a key: keys of different
// signatures differ.
func signature(key []byte) int {
	if len(key) == 0 {
		return 0
	}
	return len(key) + int(key[0])<<2
}

// lacks tells, quickly and for most keys, that there is no child of that key.
func (x *index) lacks(key []byte) bool { return x.signatures>>(signature(key)&63)&1 == 0 }

// find returns the child that a key's text, between its quotes, spells; nil if
// there is none.
func (x *index) find(text []byte, escaped bool) *node {
	if escaped {
		var buffer [64]byte
		text = appendUnescaped(buffer[:0], text)
	}
	if x.byKey != nil {
		return x.byKey[string(text)]
	}
	for _, n := range x.nodes {
		if n.key == string(text) {
			return n
		}
	}
	return nil
}
