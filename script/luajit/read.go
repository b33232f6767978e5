package luajit

import (
	"encoding/binary"
	"unsafe"
)

// Kind is what an [Item] is.
type Kind uint8

// The kinds, as the tags of lua/values.lua and compound.lua.
const (
	IsNil    Kind = tagNil
	IsFalse  Kind = tagFalse
	IsTrue   Kind = tagTrue
	IsNumber Kind = tagNumber // Number
	IsString Kind = tagString // Text
	IsTable  Kind = tagTable  // Items, Fields and Mark; what is in it follows
	IsObject Kind = tagObject // Object
	IsNull   Kind = tagNull
	IsExact  Kind = tagExact // Text
	IsOther  Kind = tagOther // Text is the name of its type
)

// Item is a value that a [Reader] reads, or where a table begins.
type Item struct {
	Kind   Kind
	Mark   Mark // of a table
	Number float64
	// Text is a part of a copy of all that there is to read: who keeps it for long
	// keeps that.
	Text string
	// Items and Fields are how many items a table has, and how many fields: the
	// items are read next, and then the key and the value of each field.
	Items, Fields int
	Object        Object
}

// Reader reads values one by one, those in tables included. It copies what there
// is to read once.
type Reader struct {
	text string
	rest reader // of the same bytes
}

func newReader(raw []byte) Reader {
	text := string(raw)
	return Reader{text: text, rest: reader{rest: unsafe.Slice(unsafe.StringData(text), len(text))}}
}

// Size returns how many bytes all of it takes.
func (r *Reader) Size() int { return len(r.text) }

// Text reads the next value if it is a string, and does nothing otherwise. There must
// be one.
func (r *Reader) Text() (text string, ok bool) {
	rest := r.rest.rest
	if rest[0] != tagString {
		return "", false
	}
	from := len(r.text) - len(rest) + 5
	to := from + int(binary.NativeEndian.Uint32(rest[1:]))
	r.rest.rest = rest[5+to-from:]
	return r.text[from:to], true
}

// Next reads the next value into item. There must be one.
func (r *Reader) Next(item *Item) {
	tag := r.rest.tag()
	item.Kind = Kind(tag)
	switch tag {
	case tagNumber:
		item.Number = r.rest.number()
	case tagString, tagExact, tagOther:
		n := int(r.rest.word())
		from := len(r.text) - len(r.rest.rest)
		item.Text = r.text[from : from+n]
		r.rest.rest = r.rest.rest[n:]
	case tagObject:
		item.Object = r.rest.object()
	case tagTable, tagArrayTable, tagObjectTable:
		item.Kind, item.Mark = IsTable, Unmarked
		switch tag {
		case tagArrayTable:
			item.Mark = MarkedArray
		case tagObjectTable:
			item.Mark = MarkedObject
		}
		item.Items, item.Fields = int(r.rest.word()), int(r.rest.word())
	}
}
