package jsonview

import (
	"bytes"
	"slices"
	"unsafe"
)

// This file is the index of a text: where the members of the object that it is lie,
// as far as somebody has read it, in bytes that can be kept beside the text.

// Carrier is implemented by messages that carry an index beside their data, as the
// engine's do, from one component to the next. Its methods may be called by whoever
// may call the message's others.
type Carrier interface {
	// Index returns what SetIndex was given for the data that the message has now,
	// nil if there is nothing.
	Index() []byte
	// SetIndex keeps the index of the data that the message has now, until it is
	// given other data or is settled. The message owns the slice from then on.
	SetIndex(index []byte)
	// GrowIndex returns an empty slice with the capacity of at least n bytes, to be
	// given to SetIndex of this very message or dropped before the callback. What
	// Index has returned before must not be used any more.
	GrowIndex(n int) []byte
}

// indexMost is how many members an index holds at most: it is memory of every
// message in flight.
const indexMost = 128

// indexWorth is how many bytes must have been read for an index to be worth it.
const indexWorth = 128

// entrySize is the size of an entry in an index. The first says where the object
// starts in the text and how long it is, 0 if that is not known, and how long the
// text is. The others are its members, whose places count from its start.
const entrySize = 16

// layout is where the root's members lie in a text.
type layout struct {
	members               []member
	start, closed, length int // closed is 0 where nothing is known
	base                  int // where the root starts in the memory it is written to
}

// notes returns where it is noted how the node is written, from base on in memory;
// nil if nobody asks.
func (n *Node) notes(base int) *layout {
	if !n.doc.noting || n.parent != nil {
		return nil
	}
	l := &n.doc.written
	l.members, l.base = l.members[:0], base
	return l
}

// stays notes a member that goes from the source to the result.
func (l *layout) stays(w *pass, m member) {
	shift := uint32(len(w.dst) - w.done - l.base)
	l.add(member{m.start + shift, m.keyEnd + shift, m.value + shift, m.end + shift})
}

// changed puts right where its new value ends.
func (l *layout) changed(w *pass, m member) {
	if len(l.members) <= indexMost {
		l.members[len(l.members)-1].end = m.end + uint32(len(w.dst)-w.done-l.base)
	}
}

// added notes a member that was written from start on in memory.
func (l *layout) added(w *pass, quoted []byte, start int) {
	start -= l.base
	m := member{uint32(start), uint32(start + len(quoted) - 1), uint32(start + len(quoted) + 1), uint32(len(w.dst) - l.base)}
	if bytes.IndexByte(quoted, '\\') >= 0 {
		m.keyEnd |= escapedKey
	}
	l.add(m)
}

// add adds a member, as long as there may be an index, and one more.
func (l *layout) add(m member) {
	if len(l.members) <= indexMost {
		l.members = append(l.members, m)
	}
}

// note notes where the root was written: its start, its length, and that of all.
func (d *Document) note(start, closed, length int) {
	if d.noting && d.root.kind == Object && len(d.written.members) <= indexMost && length <= textMost {
		d.written.start, d.written.closed, d.written.length = start, closed, length
	}
}

// IndexSize is how many bytes AppendIndex appends.
func (d *Document) IndexSize() int {
	if l, ok := d.layout(); ok {
		return entrySize * (1 + len(l.members))
	}
	return 0
}

// AppendIndex appends to dst the index of what the document is by now, for
// [Document.ResetIndexed] of another document: of what Append has returned last, if
// that is changed and Indexing is set, and otherwise of the text that Reset was
// given. It appends nothing if the document is no object, if there would be little
// in the index or too much, or if it would say no more than the one that
// ResetIndexed was given.
func (d *Document) AppendIndex(dst []byte) []byte {
	l, ok := d.layout()
	if !ok {
		return dst
	}
	dst = append(dst, entries([]member{{uint32(l.start), uint32(l.closed), uint32(l.length), 0}})...)
	return append(dst, entries(l.members)...)
}

// entries is the memory of members. An index stays in its process, so that the order
// of the bytes does not matter.
func entries(members []member) []byte {
	return unsafe.Slice((*byte)(unsafe.Pointer(unsafe.SliceData(members))), entrySize*len(members))
}

// layout returns what is to be in an index, if that is worth it.
func (d *Document) layout() (l layout, ok bool) {
	if d.written.closed > 0 {
		return d.written, len(d.written.members) > 0
	}
	n := d.root
	if n == nil || n.dirty || d.whole != nil || n.reached < indexWorth ||
		len(n.members) > indexMost || len(n.members) == d.recalled {
		return layout{}, false
	}
	return layout{members: n.members, start: d.start, closed: n.closed, length: len(d.text)}, true
}

// recall gives the root the members that the index knows.
func (d *Document) recall() {
	n, size := d.root, len(d.index)/entrySize
	if size < 2 || len(d.index)%entrySize != 0 {
		return
	}
	var first [1]member
	copy(entries(first[:]), d.index)
	start, closed, length := int(first[0].start), int(first[0].keyEnd), int(first[0].value)
	if start != d.start || length != len(d.text) || closed > len(n.text) {
		return // it is of another text
	}
	n.members = slices.Grow(n.members, size-1)[:size-1]
	copy(entries(n.members), d.index[entrySize:])
	n.reached, n.closed = int(n.members[size-2].end), closed
	d.recalled = size - 1
}
