package script

import (
	"errors"
	"fmt"
	"math"

	"github.com/gopiper/gopiper/jsonview"
	"github.com/gopiper/gopiper/script/std"
)

// This file is what can be done with msg.json, for every engine: an engine only
// turns values into its own and raises the errors.

// fragment is an object or array of a message's document.
type fragment struct {
	of         *view
	node       *jsonview.Node
	generation uint64 // of the document
}

var (
	errFragmentOver = errors.New("a part of msg.json was used after its function had returned; copy what is needed later")
	errFragmentGone = errors.New("a part of msg.json was used after msg.data or msg.json had been assigned; read msg.json again")
	errTooDeep      = fmt.Errorf("msg.json: objects and arrays would be nested more than %d deep", jsonview.MaxDepth)
)

// usable is an error if the fragment's data is gone.
func (f *fragment) usable() error {
	d := f.of.json
	switch {
	case f.generation == d.generation && f.of.alive():
		return nil
	case f.generation < d.started || !f.of.alive():
		return errFragmentOver
	}
	return errFragmentGone
}

// isArray tells arrays from objects.
func (f *fragment) isArray() bool { return f.node.Kind() == jsonview.Array }

// member is an object's member of a key.
func (f *fragment) member(key string) (jsonview.Value, *jsonview.Node, error) {
	value, node, err := f.node.Get(key)
	return value, node, invalid(err)
}

// element is an array's element, counted from 0.
func (f *fragment) element(index int) (jsonview.Value, *jsonview.Node, error) {
	value, node, err := f.node.At(index)
	return value, node, invalid(err)
}

// length is that of an array, and 0 of an object, as of a table with names.
func (f *fragment) length() (int, error) {
	if !f.isArray() {
		return 0, nil
	}
	n, err := f.node.Len()
	return n, invalid(err)
}

// next is an object's next member.
func (f *fragment) next(cursor *jsonview.Cursor) (key, value jsonview.Value, node *jsonview.Node, err error) {
	key, value, node, err = f.node.Next(cursor)
	return key, value, node, invalid(err)
}

// text appends the JSON text.
func (f *fragment) text(out []byte) ([]byte, error) {
	out, err := f.node.Append(out)
	return out, invalid(err)
}

// set gives an object's member a JSON text.
func (f *fragment) set(key string, raw []byte) error {
	return f.wrote(len(key)+len(raw), f.node.Set(key, raw))
}

// unset deletes an object's member.
func (f *fragment) unset(key string) error {
	f.node.Delete(key)
	return f.of.wrote(len(key))
}

// placeOf is what an index is good for: an element to set, the last to remove,
// or nothing to do.
func (f *fragment) placeOf(index int, described string, isNil bool) (remove, nothing bool, err error) {
	if index < 0 {
		return false, false, fmt.Errorf("a JSON array has elements 1, 2, 3 and so on, not %s", described)
	}
	length, err := f.length()
	switch {
	case err != nil:
		return false, false, err
	case isNil && index >= length:
		return false, true, nil
	case isNil && index == length-1:
		return true, false, nil
	case isNil:
		return false, false, fmt.Errorf("a JSON array has no gaps; use table.remove for element %d of %d, or gopiper.null", index+1, length)
	case index > length:
		return false, false, fmt.Errorf("a JSON array has no gaps; it has %d elements, so that the next one is %d, not %d", length, length+1, index+1)
	}
	return false, false, nil
}

// setAt gives an element of an array a JSON text.
func (f *fragment) setAt(index int, raw []byte) error {
	return f.wrote(len(raw), f.node.SetAt(index, raw))
}

// insert puts a JSON text before an element.
func (f *fragment) insert(index int, raw []byte) error {
	return f.wrote(len(raw), f.node.Insert(index, raw))
}

// removeAt removes an element.
func (f *fragment) removeAt(index int) error { return f.wrote(0, f.node.Remove(index)) }

// wrote notes that n bytes were written, unless that was an error: as it is
// JSON, and where it belongs is there, it can only be too deep.
func (f *fragment) wrote(n int, err error) error {
	if err != nil {
		return errTooDeep
	}
	return f.of.wrote(n + 8) // and quotes, a colon and a comma
}

// wrote notes that something of n bytes was written.
func (v *view) wrote(n int) error {
	v.data, v.json.changed = nil, true
	if v.json.size += n; v.json.size > stringMax {
		return fmt.Errorf("msg.json: what was written for this message takes more than %d MiB", stringMax>>20)
	}
	v.json.large = v.json.large || v.json.size > documentMax
	return nil
}

// replace is msg.json = a JSON text: what held the parts is gone, and with it
// what was written before.
func (v *view) replace(raw []byte) error {
	d := v.json
	data := v.message.GetData()
	d.forget()
	d.Reset(data)
	d.open, d.size = true, len(data)
	if d.SetRoot(raw) != nil {
		return errTooDeep
	}
	return v.wrote(len(raw))
}

// number is a number's value, if a float64 holds it; otherwise it is exact, and
// its text is all there is to it. Where the float64 would be written otherwise,
// such as 1.0 and 1e3, the text is noted: it is used where the same number is
// written.
func (v *view) number(raw []byte) (f float64, isExact bool) {
	if len(raw) <= 15 {
		if n, ok := smallInt(raw); ok {
			if len(v.numbers) > 0 {
				delete(v.numbers, math.Float64bits(n))
			}
			return n, false
		}
	}
	if f, isExact = std.NumberOf(string(raw)); isExact {
		return f, true
	}
	var buffer [32]byte
	if text, _ := jsonview.AppendFloat(buffer[:0], f); string(text) == string(raw) {
		delete(v.numbers, math.Float64bits(f))
	} else {
		if v.numbers == nil {
			v.numbers = make(map[uint64]string)
		}
		v.numbers[math.Float64bits(f)] = string(raw)
	}
	return f, false
}
