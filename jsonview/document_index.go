package jsonview

// This file remembers where the members of objects lie, as far as an object was
// read: nothing is scanned twice, neither for a document nor, with an index, for
// the next document on the same text.

// member is where a member of an object lies in the node's text.
type member struct {
	start, keyEnd uint32 // the quotes of the key
	value, end    uint32
}

// escapedKey marks in keyEnd a key with escapes.
const escapedKey = 1 << 31

// textMost is how long a text may be, in bytes.
const textMost = escapedKey - 1

// membersMost is of how many members of an object the places are remembered. What
// is behind them is scanned whenever it is looked for.
const membersMost = 1 << 12

// membersKept is for how many members a node that is not the root keeps memory: a
// document may have many such nodes.
const membersKept = 1 << 6

// key returns what is between the quotes of the key.
func (m *member) key(text []byte) (key []byte, escaped bool) {
	return text[m.start+1 : m.keyEnd&^escapedKey], m.keyEnd&escapedKey != 0
}

func (m *member) named(text []byte, key string) bool {
	k, escaped := m.key(text)
	return sameKey(k, escaped, key)
}

// find returns where the first member of that key has its value. Without one start
// is negative; on a fault end is where that is.
func (n *Node) find(key string) (start, end int, f fault) {
	for i := range n.members {
		if m := &n.members[i]; m.named(n.text, key) {
			return int(m.value), int(m.end), 0
		}
	}
	for c := (Cursor{at: n.reached, passed: len(n.members)}); ; {
		m, more, at, f := n.nextMember(&c)
		if !more || f != 0 {
			return -1, at, f
		}
		if m.named(n.text, key) {
			return int(m.value), int(m.end), 0
		}
	}
}

// nextMember returns the next member in the text and moves the cursor behind it.
// Where there is none more, at is behind the closing brace; on a fault it is where
// that is.
func (n *Node) nextMember(c *Cursor) (m member, more bool, at int, f fault) {
	if c.passed < len(n.members) {
		m = n.members[c.passed]
		c.passed++
		c.at = int(m.end)
		return m, true, 0, 0
	}
	known := c.at == n.reached // all before it is remembered
	if known && n.closed > 0 {
		return member{}, false, n.closed, 0
	}
	i, expected := skipSpace(n.text, max(c.at, 1)), noKeyOrEnd
	if i < len(n.text) && n.text[i] == '}' {
		if known {
			n.closed = i + 1
		}
		return member{}, false, i + 1, 0
	}
	if c.at > 0 {
		if i >= len(n.text) || n.text[i] != ',' {
			return member{}, false, i, noCommaOrBrace
		}
		i, expected = skipSpace(n.text, i+1), noKey
	}
	value, keyEnd, escaped, f := skipKey(n.text, i, expected)
	if f != 0 {
		return member{}, false, value, f
	}
	end, f := skip(n.text, value, n.depth+1)
	if f != 0 {
		return member{}, false, end, f
	}
	c.at = end
	m = member{start: uint32(i), keyEnd: uint32(keyEnd), value: uint32(value), end: uint32(end)}
	if escaped {
		m.keyEnd |= escapedKey
	}
	if known && len(n.members) < membersMost {
		n.members = append(n.members, m)
		n.reached = end
		c.passed++
	}
	return m, true, 0, 0
}
