package script

import (
	"errors"
	"fmt"
	"sync"

	lua "github.com/yuin/gopher-lua"

	"github.com/gopiper/gopiper/jsonview"
	"github.com/gopiper/gopiper/script/luajit"
)

// This file is msg.json on LuaJIT. To Lua a part of it is an object with the number
// of its node and, as its generation, the stamp of its document.

// jitDocument is a document that was opened for the message at hand.
type jitDocument struct {
	view      *view
	stamp     uint64
	fragments []fragment // by the number of their node
	walks     []jsonview.Cursor
	places    []int // of arrays that are walked through
}

// hostFunctions are the functions that luajit.Names lists, which all states share.
var hostFunctions = sync.OnceValue(func() []luajit.Func {
	of := map[string]func(*jitSeat, *luajit.Call) error{
		"json": (*jitSeat).readJSON, "assign": (*jitSeat).assignJSON, "forget": (*jitSeat).forgetJSON,
		"data": (*jitSeat).readData, "get": (*jitSeat).get, "set": (*jitSeat).set, "length": (*jitSeat).length,
		"text": (*jitSeat).text, "walk": (*jitSeat).walk, "step": (*jitSeat).step, "next": (*jitSeat).next,
		"element": (*jitSeat).element, "insert": (*jitSeat).insert, "remove": (*jitSeat).remove,
		"elements": (*jitSeat).elements, "copy": (*jitSeat).copy, "emit": (*jitSeat).emit,
		"snapshot": (*jitSeat).snapshot, "sync": (*jitSeat).sync,
		"keep": (*jitSeat).keep, "release": (*jitSeat).release, "emitFrom": (*jitSeat).emitFrom,
	}
	list := make([]luajit.Func, len(luajit.Names))
	for i, name := range luajit.Names {
		switch f := of[name]; {
		case f != nil:
			list[i] = func(c *luajit.Call) error {
				st, _ := c.Host().(*jitState)
				if st == nil || st.seat == nil {
					return errors.New("there is no message while the script describes")
				}
				st.seat.begin(c)
				return f(st.seat, c)
			}
		case name == "calculate":
			list[i] = jitCalculate
		default:
			list[i] = jitCompare
		}
	}
	return list
})

// open returns the document of a view, with its place in the list.
func (s *jitSeat) openView(v *view) *jitDocument {
	d := v.openDocument()
	if v.isKept() {
		return s.table.documentOf(v.kept)
	}
	for i := range s.documents {
		if at := &s.documents[i]; at.view == v && (len(at.fragments) == 0 || at.fragments[0].generation == d.generation) {
			return at
		}
	}
	s.state.stamp++
	if n := len(s.documents); n < cap(s.documents) {
		s.documents = s.documents[:n+1]
	} else {
		s.documents = append(s.documents, jitDocument{})
	}
	at := &s.documents[len(s.documents)-1]
	at.view, at.stamp = v, s.state.stamp
	at.fragments, at.walks, at.places = at.fragments[:0], at.walks[:0], at.places[:0]
	return at
}

// fragment returns the part that an argument is, while it may be used.
func (s *jitSeat) fragment(o luajit.Object) (*jitDocument, *fragment, error) {
	for i := len(s.documents) - 1; i >= 0; i-- {
		if s.documents[i].stamp == o.Generation {
			return s.documents[i].fragment(o)
		}
	}
	if s.table != nil {
		if d := s.table.documents[o.Generation]; d != nil {
			return d.fragment(o)
		}
	}
	return nil, nil, errFragmentOver
}

func (d *jitDocument) fragment(o luajit.Object) (*jitDocument, *fragment, error) {
	if int(o.Number) >= len(d.fragments) {
		return nil, nil, errFragmentOver
	}
	f := &d.fragments[o.Number]
	return d, f, f.usable()
}

// answer answers with a value or node of a document.
func (s *jitSeat) answer(c *luajit.Call, d *jitDocument, value jsonview.Value, node *jsonview.Node, err error) error {
	if err != nil {
		return err
	}
	if node != nil {
		n := node.Number()
		for len(d.fragments) <= n {
			d.fragments = append(d.fragments, fragment{})
		}
		d.fragments[n] = fragment{of: d.view, node: node, generation: d.view.json.generation}
		kind := luajit.JSONObject
		if node.Kind() == jsonview.Array {
			kind = luajit.JSONArray
		}
		c.ReturnObject(luajit.Object{Kind: kind, Number: uint32(n), Generation: d.stamp})
		return nil
	}
	switch value.Kind() {
	case jsonview.Null:
		return c.Return(luajit.Null{})
	case jsonview.Bool:
		return c.Return(value.Bool())
	case jsonview.String:
		c.ReturnBytes(value.Text(s.buffer[:0]))
		return nil
	case jsonview.Number:
		f, isExact := d.view.origin().number(value.Raw())
		if isExact {
			return c.Return(luajit.Exact(value.Raw()))
		}
		c.ReturnNumber(f)
		return nil
	}
	c.ReturnNil()
	return nil
}

// readJSON is msg.json; an argument is data that was assigned before.
func (s *jitSeat) readJSON(c *luajit.Call) error {
	if data, ok := c.Bytes(0); ok {
		setBytes(s.view.message, data)
	}
	return s.root(c, &s.view)
}

func (s *jitSeat) root(c *luajit.Call, v *view) error {
	d := s.openView(v)
	value, node, err := v.json.Root()
	return s.answer(c, d, value, node, invalid(err))
}

// assignJSON is msg.json = value; the second argument is as in readJSON.
func (s *jitSeat) assignJSON(c *luajit.Call) error {
	if err := s.view.changeable(); err != nil {
		return err
	}
	if data, ok := c.Bytes(1); ok {
		setBytes(s.view.message, data)
	}
	return s.assign(c, 0, &s.view)
}

func (s *jitSeat) assign(c *luajit.Call, argument int, v *view) error {
	if c.IsNil(argument) {
		return errors.New("msg.json cannot be nil; gopiper.null is JSON's null, and gopiper.DROP drops the message")
	}
	v.openDocument()
	raw, err := s.encode(v, c, argument, "msg.json", "")
	if err != nil {
		return err
	}
	return v.replace(raw)
}

// forgetJSON says that msg.data is assigned.
func (s *jitSeat) forgetJSON(*luajit.Call) error {
	if s.view.json != nil && s.view.json.open {
		s.view.json.forget()
	}
	s.view.data = nil
	return nil
}

// readData is msg.data with what was written.
func (s *jitSeat) readData(c *luajit.Call) error {
	text, err := s.view.text()
	if err != nil {
		return err
	}
	return c.Return(lua.LVAsString(text))
}

// get is an object's field or an array's element, or what a copy has.
func (s *jitSeat) get(c *luajit.Call) error {
	o, _ := c.Object(0)
	if o.Kind >= luajit.Copy {
		return s.getOfCopy(c, o)
	}
	d, f, err := s.fragment(o)
	if err != nil {
		return err
	}
	if f.isArray() {
		n, _ := c.Number(1)
		value, node, err := f.element(placeAt(n))
		return s.answer(c, d, value, node, err)
	}
	key, ok := c.Bytes(1)
	if !ok {
		c.ReturnNil()
		return nil
	}
	value, node, err := f.member(string(key))
	return s.answer(c, d, value, node, err)
}

// set assigns an object's field or an array's element, or what a copy has.
func (s *jitSeat) set(c *luajit.Call) error {
	o, _ := c.Object(0)
	if o.Kind >= luajit.Copy {
		return s.setOfCopy(c, o)
	}
	_, f, err := s.changing(c)
	if err != nil {
		return err
	}
	if f.isArray() {
		return s.setElement(c, f)
	}
	key, ok := c.Bytes(1)
	if !ok {
		return fmt.Errorf("a key of a JSON object is a string, not %s; use tostring(…)", jitDescribe(c.Value(1)))
	}
	if c.IsNil(2) {
		return f.unset(string(key))
	}
	raw, err := s.encode(f.of, c, 2, "the field", string(key))
	if err != nil {
		return err
	}
	return f.set(string(key), raw)
}

func (s *jitSeat) setElement(c *luajit.Call, f *fragment) error {
	index := -1
	if n, ok := c.Number(1); ok {
		index = placeAt(n)
	}
	remove, nothing, err := f.placeOf(index, jitDescribe(c.Value(1)), c.IsNil(2))
	switch {
	case err != nil || nothing:
		return err
	case remove:
		return f.removeAt(index)
	}
	raw, err := s.encode(f.of, c, 2, "an array's element", "")
	if err != nil {
		return err
	}
	return f.setAt(index, raw)
}

// changing returns the part that the first argument is, to be changed.
func (s *jitSeat) changing(c *luajit.Call) (*jitDocument, *fragment, error) {
	o, _ := c.Object(0)
	d, f, err := s.fragment(o)
	if err == nil {
		err = f.of.changeable()
	}
	return d, f, err
}

func (s *jitSeat) length(c *luajit.Call) error {
	o, _ := c.Object(0)
	_, f, err := s.fragment(o)
	if err != nil {
		return err
	}
	n, err := f.length()
	c.ReturnNumber(float64(n))
	return err
}

// text is tostring.
func (s *jitSeat) text(c *luajit.Call) error {
	o, _ := c.Object(0)
	switch o.Kind {
	case luajit.Copy, luajit.Kept, luajit.Batched:
		return c.Return("message")
	case luajit.CopyAttributes, luajit.KeptAttributes, luajit.BatchedAttributes:
		return c.Return("attributes")
	}
	_, f, err := s.fragment(o)
	if err != nil {
		return err
	}
	if s.buffer, err = f.text(s.buffer[:0]); err != nil {
		return err
	}
	c.ReturnBytes(s.buffer)
	return nil
}

// walk begins to go through a part and returns the number of the walk.
func (s *jitSeat) walk(c *luajit.Call) error {
	o, _ := c.Object(0)
	d, _, err := s.fragment(o)
	if err != nil {
		return err
	}
	d.walks, d.places = append(d.walks, jsonview.Cursor{}), append(d.places, 0)
	c.ReturnNumber(float64(len(d.walks) - 1))
	return nil
}

// step is the next member, or element, of a walk.
func (s *jitSeat) step(c *luajit.Call) error {
	o, _ := c.Object(0)
	d, f, err := s.fragment(o)
	if err != nil {
		return err
	}
	n, _ := c.Number(1)
	walk := int(n)
	if f.isArray() {
		d.places[walk]++
		return s.pushElement(c, d, f, d.places[walk])
	}
	return s.pushMember(c, d, f, &d.walks[walk])
}

// pushElement answers with an index, counted from 1, and its element, or nil behind
// the last.
func (s *jitSeat) pushElement(c *luajit.Call, d *jitDocument, f *fragment, index int) error {
	value, node, err := f.element(index - 1)
	if err != nil {
		return err
	}
	if node == nil && !value.Exists() {
		c.ReturnNil()
		return nil
	}
	c.ReturnNumber(float64(index))
	return s.answer(c, d, value, node, nil)
}

func (s *jitSeat) pushMember(c *luajit.Call, d *jitDocument, f *fragment, cursor *jsonview.Cursor) error {
	key, value, node, err := f.next(cursor)
	if err != nil {
		return err
	}
	if !key.Exists() {
		c.ReturnNil()
		return nil
	}
	c.ReturnBytes(key.Text(s.buffer[:0]))
	return s.answer(c, d, value, node, nil)
}

// next is next of a part. The place is remembered: to find it anew is to read the
// object again.
func (s *jitSeat) next(c *luajit.Call) error {
	o, _ := c.Object(0)
	d, f, err := s.fragment(o)
	if err != nil {
		return err
	}
	if f.isArray() {
		index := 0
		if !c.IsNil(1) {
			n, _ := c.Number(1)
			if index = placeAt(n) + 1; index == 0 {
				return fmt.Errorf("next: a JSON array has no element %s", jitText(c.Value(1)))
			}
		}
		return s.pushElement(c, d, f, index+1)
	}
	var cursor jsonview.Cursor
	if !c.IsNil(1) {
		key, ok := c.Bytes(1)
		found := false
		if ok {
			if found, err = f.node.Seek(&cursor, string(key)); err != nil {
				return invalid(err)
			}
		}
		if !found {
			return fmt.Errorf("next: the JSON object has no member %s", jitText(c.Value(1)))
		}
	}
	return s.pushMember(c, d, f, &cursor)
}

// element is a step of ipairs.
func (s *jitSeat) element(c *luajit.Call) error {
	o, _ := c.Object(0)
	d, f, err := s.fragment(o)
	if err != nil {
		return err
	}
	n, _ := c.Number(1)
	return s.pushElement(c, d, f, int(n)+1)
}

// changingArray is changing of a part that must be an array.
func (s *jitSeat) changingArray(c *luajit.Call, function string) (d *jitDocument, f *fragment, length int, err error) {
	if d, f, err = s.changing(c); err != nil {
		return d, f, 0, err
	}
	if !f.isArray() {
		return d, f, 0, fmt.Errorf("%s takes a list, not a JSON object", function)
	}
	length, err = f.length()
	return d, f, length, err
}

// insert is table.insert.
func (s *jitSeat) insert(c *luajit.Call) error {
	_, f, n, err := s.changingArray(c, "table.insert")
	if err != nil {
		return err
	}
	index, value := n, 1
	switch c.Len() {
	case 2:
	case 3:
		at, _ := c.Number(1)
		if index, value = placeAt(at), 2; index < 0 || index > n {
			return fmt.Errorf("table.insert: the position is a number from 1 to %d, not %s", n+1, jitDescribe(c.Value(1)))
		}
	default:
		return errors.New("table.insert takes a list, a position if it likes, and a value")
	}
	if c.IsNil(value) {
		return errors.New("table.insert: nil cannot be in a JSON array; gopiper.null is JSON's null")
	}
	raw, err := s.encode(f.of, c, value, "table.insert", "")
	if err != nil {
		return err
	}
	return f.insert(index, raw)
}

// remove is table.remove.
func (s *jitSeat) remove(c *luajit.Call) error {
	d, f, n, err := s.changingArray(c, "table.remove")
	if err != nil {
		return err
	}
	index := n - 1
	if c.Len() > 1 {
		at, _ := c.Number(1)
		index = placeAt(at)
	}
	if index < 0 || index >= n {
		return nil
	}
	value, node, err := f.element(index)
	if err := s.answer(c, d, value, node, err); err != nil {
		return err
	}
	return f.removeAt(index)
}

// elements is a list of an array's elements, or of a copy's attributes.
func (s *jitSeat) elements(c *luajit.Call) error {
	o, _ := c.Object(0)
	if isAttributes(o) {
		return s.attributesOfCopy(c, o)
	}
	_, f, err := s.fragment(o)
	if err != nil {
		return err
	}
	n := 0
	if f.isArray() {
		if n, err = f.length(); err != nil {
			return err
		}
	}
	list := &luajit.Table{}
	for i := range n {
		value, node, err := f.element(i)
		if err != nil {
			return err
		}
		list.Items = append(list.Items, s.value(f.of, value, node))
	}
	return c.Return(list)
}
