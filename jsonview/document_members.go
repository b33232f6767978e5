package jsonview

// This file goes over the members of objects, and finds what became of them.

// change returns what became of the members with a key, nil if nothing did.
func (n *Node) change(key string) *change {
	if !n.mayChange(len(key)) {
		return nil
	}
	if n.byKey != nil {
		if i, ok := n.byKey[key]; ok {
			return &n.changes[i]
		}
		return nil
	}
	for i := range n.changes {
		if n.changes[i].key == key {
			return &n.changes[i]
		}
	}
	return nil
}

// mayChange is false if nothing can have become of a key of that length.
func (n *Node) mayChange(length int) bool { return n.lengths>>(length&63)&1 != 0 }

// changeOf does that for the key that a text spells.
func (n *Node) changeOf(text []byte, escaped bool) *change {
	if !escaped && !n.mayChange(len(text)) {
		return nil
	}
	if n.byKey != nil {
		if escaped {
			var buffer [64]byte
			text = appendUnescaped(buffer[:0], text)
		}
		if i, ok := n.byKey[string(text)]; ok {
			return &n.changes[i]
		}
		return nil
	}
	for i := range n.changes {
		if c := &n.changes[i]; sameKey(text, escaped, c.key) {
			return c
		}
	}
	return nil
}

// addChange notes a key that nothing was noted of. Many are found by a map, so
// that setting and writing them takes no time that grows with their square.
func (n *Node) addChange(key string) *change {
	n.changes = append(n.changes, change{key: key})
	n.lengths |= 1 << (len(key) & 63)
	last := len(n.changes) - 1
	switch {
	case n.byKey != nil:
		n.byKey[key] = last
	case last >= many:
		n.byKey = make(map[string]int, 4*many)
		for i := range n.changes {
			n.byKey[n.changes[i].key] = i
		}
	}
	return &n.changes[last]
}

// Cursor is a place between the members of an object. The zero Cursor is before
// the first.
type Cursor struct {
	at     int // behind the latest member in the text; 0 before the first
	passed int // how many members were visited whose places are remembered
	added  int // how many of the changes behind the text were visited
}

// Next returns the next member of an object in the order of the text, those
// that were added last, and moves the cursor behind it: the key, a string,
// which is Missing behind the last member, and the value or node. Members may
// be set and deleted meanwhile; whether one that is added is visited is open.
func (n *Node) Next(c *Cursor) (key, value Value, node *Node, err error) {
	for n.kind == Object {
		m, more, at, f := n.nextMember(c)
		if f != 0 {
			return Value{}, Value{}, nil, n.fail(at, f)
		}
		if !more {
			return n.nextAdded(c)
		}
		start, end := int(m.value), int(m.end)
		name, escaped := m.key(n.text)
		key = n.part(int(m.start), int(m.start)+len(name)+2)
		change := n.changeOf(name, escaped)
		switch {
		case change != nil && change.gone:
			continue
		case change != nil:
			value, node, err = n.doc.open(&change.item, n)
		case kindOf(n.text[start]) >= Array:
			value, node, err = n.member(key.String(), start, end)
		default:
			value = n.part(start, end)
		}
		return key, value, node, err
	}
	return Value{}, Value{}, nil, nil
}

// Seek moves the cursor behind the last member of that key, and tells whether
// there is one; otherwise it is behind the last member of all.
func (n *Node) Seek(c *Cursor, key string) (bool, error) {
	*c = Cursor{}
	if n.kind != Object {
		return false, nil
	}
	found := Cursor{}
	for {
		m, more, at, f := n.nextMember(c)
		if f != 0 {
			return false, n.fail(at, f)
		}
		if !more {
			break
		}
		if m.named(n.text, key) {
			found = *c
		}
	}
	if found.at > 0 {
		*c = found
		return true, nil
	}
	for c.added < len(n.changes) {
		if c.added++; n.changes[c.added-1].key == key {
			return true, nil
		}
	}
	return false, nil
}

// nextAdded returns the next member that is not in the text.
func (n *Node) nextAdded(c *Cursor) (key, value Value, node *Node, err error) {
	if err := n.meet(); err != nil {
		return Value{}, Value{}, nil, err
	}
	for c.added < len(n.changes) {
		change := &n.changes[c.added]
		c.added++
		if !change.set || change.inText {
			continue
		}
		value, node, err = n.doc.open(&change.item, n)
		return valueAt(change.quoted, 0, len(change.quoted)), value, node, err
	}
	return Value{}, Value{}, nil, nil
}

// meet finds out which changes are of members in the text: of all at once, for
// the text is read through.
func (n *Node) meet() error {
	if n.met == len(n.changes) {
		return nil
	}
	for c := (Cursor{}); ; {
		m, more, at, f := n.nextMember(&c)
		if f != 0 {
			return n.fail(at, f)
		}
		if !more {
			break
		}
		if change := n.changeOf(m.key(n.text)); change != nil {
			change.inText = true
		}
	}
	n.met = len(n.changes)
	return nil
}
