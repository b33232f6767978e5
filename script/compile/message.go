package compile

import (
	"math"
	"unsafe"

	"github.com/gopiper/gopiper/component"
	"github.com/gopiper/gopiper/jsonview"
)

// field is one of msg's.
type field uint8

const (
	noField field = iota
	dataField
	keyField
	timestampField
	jsonField
	attributesField
)

var fields = map[string]field{
	"data": dataField, "key": keyField, "timestamp": timestampField, "json": jsonField, "attributes": attributesField,
}

// effects is what a function sees of the message, and what it has assigned: it
// is applied once the function has ended well.
type effects struct {
	message  component.Message
	standard component.StandardMessage // nil if the message has data only

	data     string // as the function sees it, save what was changed in document
	hasData  bool   // it was assigned
	key      string
	hasKey   bool
	at       int64
	hasTime  bool
	changes  []attribute
	document *jsonview.Document
	opened   bool // the document was read in this call
	current  bool // and data was not assigned since
	growth   int  // at most how many bytes the document's changes add
	deferred []deferred
}

// attributeOverhead is what an attribute takes beside its name and value, in bytes.
const attributeOverhead = 64

// attribute is what becomes of an attribute.
type attribute struct {
	name, value string
	set         bool
}

func (e *effects) begin(m component.Message) {
	data := m.GetData()
	e.message, e.data = m, stringOf(data)
	e.standard, _ = m.(component.StandardMessage)
	e.hasData, e.hasKey, e.hasTime, e.opened, e.current, e.growth = false, false, false, false, false, 0
	e.changes, e.deferred = e.changes[:0], e.deferred[:0]
}

// end lets go of the message and of much memory.
func (e *effects) end() {
	if e.growth > keepMax || len(e.data) > keepMax {
		e.document = &jsonview.Document{Indexing: e.document.Indexing}
	}
	e.message, e.standard, e.data = nil, nil, ""
}

// bytesOf and stringOf look at memory that nobody writes to while it is used.
func bytesOf(s string) []byte  { return unsafe.Slice(unsafe.StringData(s), len(s)) }
func stringOf(b []byte) string { return unsafe.String(unsafe.SliceData(b), len(b)) }

// meta returns what the message has beside data.
func (f *frame) meta() component.StandardMessage {
	if f.effects.standard == nil {
		f.bail()
	}
	return f.effects.standard
}

func (f *frame) data() Value {
	e := &f.effects
	if e.current {
		start := len(f.arena)
		arena, changed, err := e.document.Append(f.arena)
		if err != nil {
			return f.bail()
		}
		if changed {
			f.arena = arena
			f.build(len(arena) - start)
			return text(f.since(start))
		}
	}
	return text(e.data)
}

func (f *frame) setData(v Value) {
	e := &f.effects
	e.data, e.hasData, e.current = f.textOf(v), true, false
	f.emit(len(e.data))
}

func (f *frame) key() Value {
	key := f.effects.key
	if !f.effects.hasKey {
		key = f.meta().Key()
	}
	if key == "" {
		return Value{}
	}
	return text(key)
}

func (f *frame) setKey(v Value) {
	f.meta()
	key := ""
	if v.kind != isNil {
		key = f.textOf(v)
	}
	f.effects.key, f.effects.hasKey = key, true
}

func (f *frame) timestamp() Value {
	at := f.effects.at
	if !f.effects.hasTime {
		at = f.meta().Timestamp()
	}
	if at == 0 {
		return Value{}
	}
	return number(float64(at) / 1e9)
}

func (f *frame) setTimestamp(v Value) {
	f.meta()
	at := int64(0)
	if v.kind != isNil {
		ns := v.number * 1e9
		if v.kind != isNumber || !(math.Abs(ns) < 1<<63) {
			f.bail()
		}
		at = int64(ns)
	}
	f.effects.at, f.effects.hasTime = at, true
}

func (f *frame) attribute(name string) Value {
	m := f.meta()
	f.charge(len(f.effects.changes) << 6)
	for i := range f.effects.changes {
		if c := &f.effects.changes[i]; c.name == name {
			if c.set {
				return text(c.value)
			}
			return Value{}
		}
	}
	if value, ok := m.Attribute(name); ok {
		return text(value)
	}
	return Value{}
}

func (f *frame) setAttribute(name string, v Value) {
	f.meta()
	c := attribute{name: name}
	if v.kind != isNil {
		c.value, c.set = f.textOf(v), true
		f.emit(len(name) + len(c.value) + attributeOverhead)
	}
	changes := f.effects.changes
	f.charge(len(changes) << 6)
	for i := range changes {
		if changes[i].name == name {
			changes[i] = c
			return
		}
	}
	f.effects.changes = append(changes, c)
}

// commit applies what was assigned, and what was deferred. Nothing in it can fail, save that the
// document is no JSON, which it finds out first.
//
// What was written to the JSON of a message that is dropped is not worth a pass.
func (f *frame) commit(written bool) {
	e := &f.effects
	if e.current && written {
		f.commitDocument()
	}
	if e.hasData {
		e.message.SetData(append(f.grow(len(e.data)), e.data...))
	}
	if e.hasKey {
		e.standard.SetKey(f.names.own(e.key))
	}
	if e.hasTime {
		e.standard.SetTimestamp(e.at)
	}
	for i := range e.changes {
		if c := &e.changes[i]; c.set {
			e.standard.SetAttribute(f.names.own(c.name), f.names.own(c.value))
		} else {
			e.standard.DeleteAttribute(f.names.own(c.name))
		}
	}
	f.settle()
}

// commitDocument applies the document's changes, which data that was assigned
// before them is part of.
func (f *frame) commitDocument() {
	e := &f.effects
	if e.growth == 0 {
		return
	}
	result, changed, err := e.document.Append(f.grow(len(e.data) + e.growth))
	if err != nil {
		f.bail()
	}
	if changed {
		e.message.SetData(result)
		e.hasData = false
	}
}

// passOn gives the message the index of its JSON, if others want it. It is called
// when all is committed.
func (f *frame) passOn(class component.Class) {
	e := &f.effects
	if !e.current || !e.document.Indexing || class != component.ClassDone {
		return
	}
	if carrier, ok := e.message.(jsonview.Carrier); ok {
		if n := e.document.IndexSize(); n > 0 {
			carrier.SetIndex(e.document.AppendIndex(carrier.GrowIndex(n)))
		}
	}
}

// grow returns an empty slice for data of the message.
func (f *frame) grow(n int) []byte {
	if f.effects.standard != nil {
		return f.effects.standard.Grow(n)
	}
	return make([]byte, 0, n)
}
