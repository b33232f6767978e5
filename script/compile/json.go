package compile

import (
	"bytes"
	"math"

	"github.com/gopiper/gopiper/jsonview"
	"github.com/gopiper/gopiper/script/std"
)

// exactMax is up to where a float64 holds every whole number.
const exactMax = 1 << 53

// document returns msg.json.
func (f *frame) document() Value {
	e := &f.effects
	if !e.current {
		if e.opened {
			f.bail() // values of the former document may still be in use
		}
		var index []byte
		if carrier, ok := e.message.(jsonview.Carrier); ok && !e.hasData {
			index = carrier.Index()
		}
		e.document.ResetIndexed(bytesOf(e.data), index)
		e.opened, e.current = true, true
	}
	return f.fromJSON(e.document.Root())
}

// fromJSON makes a value of what a document returns.
func (f *frame) fromJSON(v jsonview.Value, node *jsonview.Node, err error) Value {
	if err != nil {
		return f.bail()
	}
	if node != nil {
		return Value{kind: isNode, node: node}
	}
	switch v.Kind() {
	case jsonview.String:
		raw := v.Raw()
		if bytes.IndexByte(raw, '\\') < 0 {
			return text(textIn(raw))
		}
		start := len(f.arena)
		f.build(len(raw))
		f.arena = v.AppendText(f.arena)
		return text(f.since(start))
	case jsonview.Number:
		return numberIn(v.Raw())
	case jsonview.Bool:
		return boolean(v.Bool())
	case jsonview.Null:
		return Value{kind: isNull}
	}
	return Value{}
}

// numberIn makes a value of a number's text.
func numberIn(raw []byte) Value {
	if len(raw) <= 15 { // it may be a small whole number, and then it is exact
		n, i := int64(0), 0
		for i < len(raw) && '0' <= raw[i] && raw[i] <= '9' {
			n = n*10 + int64(raw[i]-'0')
			i++
		}
		if i == len(raw) {
			return Value{kind: isNumber, number: float64(n), text: stringOf(raw)}
		}
	}
	s := stringOf(raw)
	n, exact := std.NumberOf(s)
	if exact || math.Abs(n) >= exactMax {
		return Value{kind: isExact, text: s}
	}
	return Value{kind: isNumber, number: n, text: s}
}

// index returns object[key].
func (f *frame) index(object, key Value) Value {
	if object.kind != isNode || !f.effects.current {
		return f.bail()
	}
	switch key.kind {
	case isString:
		return f.member(object, key.text)
	case isNumber:
		if object.node.Kind() == jsonview.Array {
			i, ok := whole(key.number)
			if !ok {
				break
			}
			f.charge(len(f.effects.data)) // the first time lists all elements
			return f.fromJSON(object.node.At(int(i) - 1))
		}
	}
	return f.bail()
}

// member returns object.key.
func (f *frame) member(object Value, key string) Value {
	if object.kind != isNode || !f.effects.current || object.node.Kind() != jsonview.Object {
		return f.bail()
	}
	f.charge(len(f.effects.data) + f.effects.growth)
	return f.fromJSON(object.node.Get(key))
}

// setIndex does object[key] = value.
func (f *frame) setIndex(object, key, value Value) {
	if object.kind != isNode || !f.effects.current { // it is no part of the data any more
		f.bail()
	}
	mark := len(f.arena)
	raw := f.toJSON(value)
	f.charge(len(f.effects.data) + f.effects.growth)
	f.effects.growth += len(raw) + 2
	f.emit(len(raw) + 2)
	n := object.node
	switch {
	case n.Kind() == jsonview.Object && key.kind == isString && value.kind == isNil:
		n.Delete(key.text)
	case n.Kind() == jsonview.Object && key.kind == isString:
		f.effects.growth += 6*len(key.text) + 4
		if n.Set(key.text, raw) != nil {
			f.bail()
		}
	case n.Kind() == jsonview.Array && key.kind == isNumber && value.kind != isNil:
		i, ok := whole(key.number)
		if length, err := n.Len(); !ok || err != nil || i < 1 || int(i) > length+1 {
			f.bail()
		}
		if n.SetAt(int(i)-1, raw) != nil {
			f.bail()
		}
	default:
		f.bail()
	}
	f.arena = f.arena[:mark] // the document has a copy
}

// toJSON returns the text of a value, nil for nil. A number that comes from
// JSON keeps its text.
func (f *frame) toJSON(v Value) []byte {
	start := len(f.arena)
	switch v.kind {
	case isNil:
		return nil
	case isFalse:
		return falseText
	case isTrue:
		return trueText
	case isNull:
		return nullText
	case isExact:
		return bytesOf(v.text)
	case isNumber:
		if v.text != "" {
			return bytesOf(v.text)
		}
		var err error
		if f.arena, err = jsonview.AppendFloat(f.arena, v.number); err != nil {
			f.bail()
		}
	case isString:
		f.build(len(v.text))
		f.arena = jsonview.AppendString(f.arena, v.text)
	default:
		f.bail() // an object or array in two places
	}
	f.build(len(f.arena) - start)
	return f.arena[start:len(f.arena):len(f.arena)]
}

var falseText, trueText, nullText = []byte("false"), []byte("true"), []byte("null")

// length returns #v.
func (f *frame) length(v Value) Value {
	switch {
	case v.kind == isString:
		return number(float64(len(v.text)))
	case v.kind == isNode && f.effects.current && v.node.Kind() == jsonview.Array:
		f.charge(len(f.effects.data))
		if n, err := v.node.Len(); err == nil {
			return number(float64(n))
		}
	}
	return f.bail()
}

// textIn returns what is between the quotes.
func textIn(raw []byte) string { return stringOf(raw[1 : len(raw)-1]) }
