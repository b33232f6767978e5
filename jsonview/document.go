package jsonview

import "slices"

// Document is a text that is read and edited step by step, in any order, for
// programs that are not known beforehand. Nothing is parsed before it is
// touched; changes are kept beside the text until [Document.Append] writes them
// in one pass. The zero Document is ready for [Document.Reset].
//
// A document and its nodes belong to one goroutine. It reuses its memory:
// nodes, and values read from it, must not be used after the next Reset.
type Document struct {
	text  []byte
	start int    // of the root in text
	root  *Node  // if that is an object or array that was touched
	whole []byte // what the root was replaced by; nil if it was not
	nodes []*Node
	used  int    // how many of nodes are
	arena []byte // holds what was set

	// Indexing says that Append notes where the members lie in what it returns, for
	// AppendIndex. It takes about a tenth of its time.
	Indexing bool
	noting   bool   // Append is at work, and notes
	written  layout // of what Append returned
	index    []byte // of text, or nil
	recalled int    // how many members index knows
}

// Node is an object or array of a document.
type Node struct {
	doc     *Document
	parent  *Node
	text    []byte // from the opening brace or bracket on; the root's goes on behind its end
	at      int    // where text is in the document
	depth   int    // how many objects and arrays are around
	kind    Kind
	dirty   bool           // it was changed, or something in it
	number  int            // its place in doc.nodes
	changes []change       // of an object
	lengths uint64         // the bits of the lengths of their keys, modulo 64
	byKey   map[string]int // places in changes, once there are many
	members []member       // of an object, as far as it was read; see nextMember
	reached int            // behind the last of members
	closed  int            // behind the closing brace, once members are all there are
	met     int            // of how many changes it is known whether they are in the text
	items   []item         // of an array, once listed
	listed  bool
	moved   bool // the items do not lie any more as they do in text
}

// change is what became of the members with a key.
type change struct {
	key    string
	quoted []byte // the key in quotes, of one that was set
	item   item
	set    bool // to item; otherwise item was only opened
	gone   bool
	met    bool // while it is written: it is in the text
	inText bool // once it is known
}

// item is a value: its text, or the node that was made of it.
type item struct {
	raw  []byte
	node *Node
	// Where an element lies in the array's text, unless that has moved.
	start, end int
	set        bool
}

// Reset starts over with a text, which must not change while the document is
// in use. It does not look at it.
func (d *Document) Reset(text []byte) { d.ResetIndexed(text, nil) }

// ResetIndexed is Reset with an index that AppendIndex has made of this very text,
// or nil. What the index knows is not scanned again.
func (d *Document) ResetIndexed(text, index []byte) {
	d.text, d.index, d.root, d.whole = text, index, nil, nil
	d.recalled, d.written.closed = 0, 0
	d.used, d.arena = 0, d.arena[:0]
}

// Root returns what the document is: a value, or a node if that is an object or
// array. The error says why it is neither; of an object or array only the first
// byte has been checked.
func (d *Document) Root() (Value, *Node, error) {
	if d.whole != nil && d.root == nil {
		return d.open(&item{raw: d.whole}, nil)
	}
	if d.root != nil {
		return Value{}, d.root, nil
	}
	if len(d.text) > textMost {
		return Value{}, nil, syntaxError(d.text, textMost, tooLong)
	}
	d.start = skipSpace(d.text, 0)
	if d.start < len(d.text) && kindOf(d.text[d.start]) >= Array {
		d.root = d.node(d.text[d.start:], d.start, nil)
		d.recall()
		return Value{}, d.root, nil
	}
	value, err := Parse(d.text)
	return value, nil, err
}

// SetRoot replaces the whole document by the JSON text raw, which is copied.
func (d *Document) SetRoot(raw []byte) error {
	raw, err := checkedValue(raw, 0)
	if err != nil {
		return err
	}
	d.whole, d.root = d.keep(raw), nil
	return nil
}

// keep copies raw into the document's memory.
func (d *Document) keep(raw []byte) []byte {
	d.room(len(raw))
	start := len(d.arena)
	d.arena = append(d.arena, raw...)
	return d.arena[start:len(d.arena):len(d.arena)]
}

// room makes room for n bytes. What was kept stays where it is: nothing is copied,
// and no memory becomes garbage, however much is kept.
func (d *Document) room(n int) {
	if n > cap(d.arena)-len(d.arena) {
		d.arena = make([]byte, 0, max(n, min(2*cap(d.arena), arenaMost), arenaLeast))
	}
}

// The sizes of pieces of memory that a document takes at once, in bytes, unless more
// is needed.
const (
	arenaLeast = 64
	arenaMost  = 1 << 20
)

// node returns a node for the object or array that text starts with.
func (d *Document) node(text []byte, at int, parent *Node) *Node {
	if d.used == len(d.nodes) {
		d.nodes = append(d.nodes, &Node{})
	}
	n := d.nodes[d.used]
	if d.used > 0 && cap(n.members) > membersKept {
		n.members = nil
	}
	*n = Node{doc: d, parent: parent, number: d.used, text: text, at: at, kind: kindOf(text[0]), changes: n.changes[:0], members: n.members[:0], items: n.items[:0]}
	d.used++
	if parent != nil {
		n.depth = parent.depth + 1
	}
	return n
}

// open returns the item's value, or its node, which it makes if need be.
func (d *Document) open(it *item, parent *Node) (Value, *Node, error) {
	if it.node == nil && kindOf(it.raw[0]) < Array {
		return valueAt(it.raw, 0, len(it.raw)), nil, nil
	}
	if it.node == nil {
		at := 0
		if parent != nil && !it.set {
			at = parent.at + it.start
		}
		it.node = d.node(it.raw, at, parent)
		if parent == nil {
			d.root = it.node
		}
	}
	return Value{}, it.node, nil
}

// Kind tells whether the node is an Object or an Array.
func (n *Node) Kind() Kind { return n.kind }

// Number tells the nodes of a document apart: it counts from 0 in the order in
// which they were made since the last Reset.
func (n *Node) Number() int { return n.number }

// Size is how many bytes of text are looked at, at most, to find something in
// the node, what was changed left aside.
func (n *Node) Size() int { return len(n.text) }

// fail says where the document stops being JSON.
func (n *Node) fail(at int, f fault) error {
	err := syntaxError(n.text, at, f)
	err.Offset += n.at
	return err
}

// part returns the value that lies in the node's text from start up to end.
func (n *Node) part(start, end int) Value {
	value := valueAt(n.text, start, end)
	value.offset += n.at
	return value
}

// touch notes that the node was changed.
func (n *Node) touch() {
	for ; n != nil && !n.dirty; n = n.parent {
		n.dirty = true
	}
}

// Get returns the member of an object with that key: a value, which is Missing
// if there is no such member, or a node if it is an object or array. The error
// is a [*SyntaxError]. Of an array it returns nothing.
func (n *Node) Get(key string) (Value, *Node, error) {
	if n.kind != Object {
		return Value{}, nil, nil
	}
	if c := n.change(key); c != nil {
		if c.gone {
			return Value{}, nil, nil
		}
		return n.doc.open(&c.item, n)
	}
	start, end, f := n.find(key)
	if f != 0 {
		return Value{}, nil, n.fail(end, f)
	}
	if start < 0 {
		return Value{}, nil, nil
	}
	return n.member(key, start, end)
}

// member returns the member's value that lies from start up to end; of an
// object or array it makes a node and remembers it.
func (n *Node) member(key string, start, end int) (Value, *Node, error) {
	value := n.part(start, end)
	if value.kind < Array {
		return value, nil, nil
	}
	node := n.doc.node(value.raw, value.offset, n)
	n.addChange(key).item.node = node
	return Value{}, node, nil
}

// Set gives an object's member the JSON text raw, which is copied: every member
// of that key, or a new one behind the others.
func (n *Node) Set(key string, raw []byte) error {
	raw, err := checkedValue(raw, n.depth+1)
	if err != nil {
		return err
	}
	if n.kind != Object {
		return &MismatchError{Offset: n.at, Expected: Object.String() + " to set " + string(AppendString(nil, key)) + " in", Found: n.kind.String()}
	}
	c := n.change(key)
	if c == nil {
		c = n.addChange(key)
	}
	if c.quoted == nil {
		n.doc.room(len(key) + 2)
		start := len(n.doc.arena)
		n.doc.arena = AppendString(n.doc.arena, key)
		c.quoted = slices.Clip(n.doc.arena[start:])
	}
	c.item, c.set, c.gone = item{raw: n.doc.keep(raw), set: true}, true, false
	n.touch()
	return nil
}

// Delete removes every member of that key from an object.
func (n *Node) Delete(key string) {
	if n.kind != Object {
		return
	}
	c := n.change(key)
	if c == nil {
		c = n.addChange(key)
	}
	c.gone, c.set = true, false
	n.touch()
}
