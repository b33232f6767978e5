package std

import (
	"fmt"
	"strings"
	"unsafe"

	"github.com/gopiper/gopiper/jsonview"
)

// Maker makes the values of an engine of those of JSON; see [DecodeJSON].
type Maker[T any] interface {
	Null() T
	Flag(b bool) T
	Number(f float64) T
	// Exact makes an exact number of its text.
	Exact(text string) T
	// Text makes a string; the text may be a part of the one that is decoded.
	Text(text string) T
	// List makes an array. The slice is good until it returns.
	List(elements []T) T
	// Object makes an object. The slices are good until it returns. Of a name that
	// repeats, the first counts.
	Object(names []string, fields []T) T
}

// Memory is what [DecodeJSON] uses again from one call to the next. The zero
// Memory is ready for use.
type Memory[T any] struct {
	values []T
	names  []string
}

// DecodeJSON is json.decode for bindings that can do without tables in between:
// it returns what the maker makes of argument 1, or the description of what is
// wrong with it. The error is that of a [Function]'s Call.
func DecodeJSON[T any](c *Context, values []Value, maker Maker[T], memory *Memory[T]) (value T, problem string, err error) {
	a := &c.arguments
	*a = arguments{Context: c, name: "decode", values: values}
	text := a.text(1)
	if a.err != nil {
		return value, "", a.err
	}
	value, wrong := decode(a, text, maker, memory)
	if a.err == nil && wrong != nil {
		problem = wrong.Error()
	}
	return value, problem, a.err
}

// decode returns the value of a text that is one JSON value.
func (a *arguments) decode(text string) (Value, error) {
	return decode(a, text, Maker[Value](valueMaker{&a.tables}), &a.decoded)
}

func decode[T any](a *arguments, text string, maker Maker[T], memory *Memory[T]) (value T, err error) {
	if !a.charge(len(text)) {
		return value, a.err
	}
	if _, err := jsonview.Parse(bytesOf(text)); err != nil {
		return value, err
	}
	d := decoder[T]{a: a, text: text, maker: maker, memory: memory}
	values, names := len(memory.values), len(memory.names)
	defer memory.release(values, names) // also if a charge panics
	if value = d.value(); d.full {
		return value, fmt.Errorf("more than %d values", valuesMax)
	}
	return value, nil
}

// memoryMax is how many values and names a Memory keeps room for.
const memoryMax = 1 << 10

// release forgets what was put on the memory since it held so much.
func (m *Memory[T]) release(values, names int) {
	if values+names == 0 && (cap(m.values) > memoryMax || cap(m.names) > memoryMax) {
		*m = Memory[T]{}
		return
	}
	clear(m.values[values:])
	clear(m.names[names:])
	m.values, m.names = m.values[:values], m.names[:names]
}

// bytesOf looks at a text that nobody writes to.
func bytesOf(text string) []byte { return unsafe.Slice(unsafe.StringData(text), len(text)) }

// decoder walks over a text that is known to be valid. The values of arrays and
// objects that are not at their end yet are in its memory.
type decoder[T any] struct {
	a      *arguments
	text   string
	at     int
	full   bool // there are too many values
	maker  Maker[T]
	memory *Memory[T]
}

func (d *decoder[T]) blank() {
	for d.at < len(d.text) && d.text[d.at] <= ' ' {
		d.at++
	}
}

func (d *decoder[T]) value() (nothing T) {
	d.blank()
	if d.full || !d.a.value() || d.at >= len(d.text) {
		d.full = true
		return nothing
	}
	switch d.text[d.at] {
	case '{':
		return d.object()
	case '[':
		return d.array()
	case '"':
		return d.maker.Text(d.string())
	case 't':
		d.at += len("true")
		return d.maker.Flag(true)
	case 'f':
		d.at += len("false")
		return d.maker.Flag(false)
	case 'n':
		d.at += len("null")
		return d.maker.Null()
	}
	return d.number()
}

// next steps over what stands behind a value and tells whether another one
// follows.
func (d *decoder[T]) next() bool {
	d.blank()
	d.at++
	return !d.full && d.at < len(d.text) && d.text[d.at-1] == ','
}

// enter steps over a bracket and tells whether something is behind it.
func (d *decoder[T]) enter(end byte) bool {
	d.at++
	if d.blank(); d.text[d.at] != end {
		return true
	}
	d.at++
	return false
}

func (d *decoder[T]) array() T {
	m, first := d.memory, len(d.memory.values)
	for more := d.enter(']'); more; more = d.next() {
		value := d.value()
		m.values = append(m.values, value)
	}
	list := d.maker.List(m.values[first:])
	m.release(first, len(m.names))
	return list
}

func (d *decoder[T]) object() T {
	m, first, firstName := d.memory, len(d.memory.values), len(d.memory.names)
	for more := d.enter('}'); more; more = d.next() {
		d.blank()
		m.names = append(m.names, d.string())
		d.blank()
		d.at++ // the colon
		value := d.value()
		m.values = append(m.values, value)
	}
	object := d.maker.Object(m.names[firstName:], m.values[first:])
	m.release(first, firstName)
	return object
}

func (d *decoder[T]) string() string {
	start, escaped := d.at, false
	for d.at++; d.text[d.at] != '"'; d.at++ {
		if d.text[d.at] == '\\' {
			escaped = true
			d.at++
		}
	}
	d.at++
	if !escaped {
		return d.text[start+1 : d.at-1]
	}
	value := jsonview.TryParse(bytesOf(d.text[start:d.at]))
	d.a.scratch = value.AppendText(d.a.scratch[:0])
	return string(d.a.scratch)
}

func (d *decoder[T]) number() T {
	start := d.at
	for d.at < len(d.text) && (d.text[d.at]-'0' <= 9 || strings.IndexByte("+-.eE", d.text[d.at]) >= 0) {
		d.at++
	}
	text := d.text[start:d.at]
	if f, exact := NumberOf(text); !exact {
		return d.maker.Number(f)
	}
	return d.maker.Exact(text)
}

// valueMaker makes Values.
type valueMaker struct{ tables *Tables }

func (valueMaker) Null() Value             { return Value{Kind: Null} }
func (valueMaker) Flag(b bool) Value       { return Flag(b) }
func (valueMaker) Number(f float64) Value  { return Num(f) }
func (valueMaker) Exact(text string) Value { return Value{Kind: Exact, Text: text} }
func (valueMaker) Text(text string) Value  { return Text(text) }
func (m valueMaker) List(list []Value) Value {
	t := m.tables.Take()
	t.List, t.Array = append(t.List, list...), true
	return OfTable(t)
}

func (m valueMaker) Object(names []string, fields []Value) Value {
	t := m.tables.Take()
	for i, name := range names {
		if t.place(name) < 0 {
			t.Set(name, fields[i])
		}
	}
	return OfTable(t)
}
