package script

import (
	"errors"

	lua "github.com/yuin/gopher-lua"

	"github.com/gopiper/gopiper/component"
	"github.com/gopiper/gopiper/jsonview"
)

// This file is msg.json: a view on the message's data that parses what is
// touched and keeps what is written beside the data until the function has
// returned. The metamethods of its parts are in json_piece.go.

// documentMax is the greatest data, in bytes, whose document is kept for the
// next message: it keeps the memory that it has grown to.
const documentMax = 64 << 10

// document is the JSON of the messages of a view, one after the other.
type document struct {
	jsonview.Document
	// generation counts the data that the document has had: parts of older data
	// must not be used. Those from started on are of the message at hand.
	generation, started uint64

	open    bool // it has the data of the message at hand
	changed bool // and something was written
	large   bool // more than documentMax
	size    int  // bytes of data, and of all that was written
	root    *piece
	pieces  []*piece // by the number of their node
	walk    walk     // where next is
}

// piece is an object or array of a document as Lua holds it. It is never used
// again for another: a script may keep it.
type piece struct {
	value lua.LUserData // whose Value is the part itself
	fragment
}

// piecesAtOnce is how many parts are allocated at a time.
const piecesAtOnce = 32

// newPiece makes what Lua holds of a node.
func (st *state) newPiece(v *view, n *jsonview.Node) *piece {
	if len(st.sparePieces) == 0 {
		st.sparePieces = make([]piece, piecesAtOnce)
	}
	p := &st.sparePieces[0]
	st.sparePieces = st.sparePieces[1:]
	p.fragment = fragment{of: v, node: n, generation: v.json.generation}
	p.value.Value, p.value.Metatable = p, st.jsonObject
	if n.Kind() == jsonview.Array {
		p.value.Metatable = st.jsonArray
	}
	return p
}

// openDocument returns the document with the message's data.
func (v *view) openDocument() *document {
	if v.json == nil {
		v.json = &document{}
	}
	d := v.json
	if !d.open {
		text := v.message.GetData()
		d.Indexing = v.indexes
		d.ResetIndexed(text, indexOf(v.message))
		d.open, d.changed = true, false
		d.size, d.large = len(text), len(text) > documentMax
	}
	return d
}

// forget ends the use of all parts: their data is gone.
func (d *document) forget() {
	if d.large {
		d.Document, d.pieces = jsonview.Document{}, nil
	}
	d.generation++
	d.open, d.changed, d.large, d.root, d.walk = false, false, false, nil, walk{}
	clear(d.pieces)
	d.pieces = d.pieces[:0]
}

// end ends the use of all parts: the function has returned.
func (d *document) end() {
	if d.open {
		d.forget()
	}
	d.started = d.generation
}

// rendered returns the data with what was written.
func (v *view) rendered() ([]byte, error) {
	if v.json == nil || !v.json.changed {
		return v.message.GetData(), nil
	}
	text, _, err := v.json.Append(nil)
	return text, invalid(err)
}

// text is the data as a string of Lua's, with what was written.
func (v *view) text() (lua.LValue, error) {
	if v.data == nil {
		text, err := v.rendered()
		if err != nil {
			return nil, err
		}
		v.data = lua.LString(text)
	}
	return v.data, nil
}

// readData is msg.data.
func (st *state) readData(L *lua.LState, v *view) lua.LValue {
	fresh := v.data == nil
	text, err := v.text()
	check(L, err)
	if fresh && v.json != nil && v.json.changed {
		st.guard.spend(L, min(len(text.(lua.LString)), stringMax))
	}
	return text
}

// flush gives the message what was written in msg.json.
func (v *view) flush() error {
	if v.json == nil || !v.json.changed {
		return nil
	}
	v.json.changed = false
	if text, ok := v.data.(lua.LString); ok { // it was read since
		setData(v.message, string(text))
		return nil
	}
	var memory []byte
	if s, ok := v.message.(component.StandardMessage); ok {
		memory = s.Grow(v.json.size)
	}
	text, _, err := v.json.Append(memory)
	if err != nil {
		return invalid(err)
	}
	v.message.SetData(text)
	return nil
}

// invalid says that the data is no JSON, and where.
func invalid(err error) error {
	var syntax *jsonview.SyntaxError
	if errors.As(err, &syntax) {
		return errors.New("msg.json: the data is not JSON: " + syntax.Error())
	}
	return err
}

// check raises an error, if there is one.
func check(L *lua.LState, err error) {
	if err != nil {
		L.RaiseError("%s", invalid(err).Error())
	}
}

// readJSON is msg.json.
func (st *state) readJSON(L *lua.LState, v *view) lua.LValue {
	d := v.openDocument()
	if d.root != nil {
		return &d.root.value
	}
	value, node, err := d.Root()
	check(L, err)
	result := st.fromJSON(v, value, node)
	if node != nil {
		d.root = d.pieces[node.Number()]
	}
	return result
}

// assignJSON is msg.json = value.
func (st *state) assignJSON(L *lua.LState, v *view, value lua.LValue) {
	if value == lua.LNil {
		L.RaiseError("msg.json cannot be nil; gopiper.null is JSON's null, and gopiper.DROP drops the message")
	}
	v.openDocument()
	raw := st.toJSON(L, v, value, "msg.json", "")
	st.guard.emit(L, len(raw))
	check(L, v.replace(raw))
	st.buffer = raw
}

// fromJSON turns a value or node into what Lua gets.
func (st *state) fromJSON(v *view, value jsonview.Value, node *jsonview.Node) lua.LValue {
	if node != nil {
		d := v.json
		n := node.Number()
		for len(d.pieces) <= n {
			d.pieces = append(d.pieces, nil)
		}
		if d.pieces[n] == nil {
			d.pieces[n] = st.newPiece(v, node)
		}
		return &d.pieces[n].value
	}
	switch value.Kind() {
	case jsonview.Null:
		return st.null
	case jsonview.Bool:
		return lua.LBool(value.Bool())
	case jsonview.String:
		return st.word(value.Text(st.buffer))
	case jsonview.Number:
		return st.number(v.origin(), value)
	}
	return lua.LNil
}

// wordMax is how long strings may be that are kept; see word.
const wordMax = 32

// word returns the bytes as a string. Short ones are kept for a while: what
// comes in a message, such as its level, is often what came in others.
func (st *state) word(text []byte) lua.LValue {
	if len(text) > wordMax {
		return lua.LString(text)
	}
	hash := uint32(2166136261)
	for _, c := range text {
		hash = (hash ^ uint32(c)) * 16777619
	}
	slot := &st.words[(hash^hash>>16)%uint32(len(st.words))]
	if word, ok := (*slot).(lua.LString); !ok || string(word) != string(text) {
		*slot = lua.LString(text)
	}
	return *slot
}
