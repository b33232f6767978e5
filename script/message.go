package script

import (
	"errors"
	"fmt"
	"math"

	lua "github.com/yuin/gopher-lua"

	"github.com/gopiper/gopiper/component"
)

// view is what a function sees of a message, msg: one for every function of a
// state, used again for every message, so that a message costs no table.
type view struct {
	message component.Message // nil while no function runs
	data    lua.LValue        // msg.data, once it was read or assigned
	json    *document         // msg.json; nil until it was first used
	// numbers are texts of numbers that were read for the message at hand, in it
	// or in copies of it; see state.number.
	numbers map[uint64]string
	// readOnly names what must not change a message; "" if it may.
	readOnly string
	sends    bool // whether messages can be sent on
	indexes  bool // whether others want to know where the JSON's members lie

	// calls counts the calls that have ended: copies are good for one.
	calls   uint64
	emitted []part

	copied *view // what a copy was made from; nil for msg itself
	born   uint64

	// For the stages that are tables of functions:
	kept    *kept // what keeps the message, if something does
	pending bool  // there is something to do when the function has returned
	failing bool  // the message fails, or is tried again
}

// attributeOverhead is what an attribute takes beside its name and value, in bytes.
const attributeOverhead = 64

// textsKept is for how many texts of numbers memory is kept.
const textsKept = 1 << 10

func (v *view) begin(m component.Message) { v.message, v.data = m, nil }

func (v *view) end() {
	if v.indexes && v.json != nil && v.json.open && !v.json.changed {
		v.json.passOn(v.message)
	}
	v.message, v.data = nil, nil
	v.calls++
	if v.json != nil {
		v.json.end()
	}
	if len(v.numbers) > textsKept {
		v.numbers = nil
	}
	clear(v.numbers)
	v.emitted = nil
}

var errDataOnly = errors.New("this message has data only")

// messageFields are the fields of msg, for suggestions.
var messageFields = []string{"data", "attributes", "key", "timestamp", "json", "copy", "emit", "keep", "release"}

// openMessages makes the metatables of messages and of their attributes.
func (st *state) openMessages() {
	L := st.lua
	st.message, st.attributes = L.CreateTable(0, 4), L.CreateTable(0, 5)
	st.copy, st.emit = L.NewFunction(st.copyMessage), L.NewFunction(st.emitMessage)
	st.keep, st.release = L.NewFunction(st.keepMessage), L.NewFunction(st.releaseMessage)
	st.set(st.message, map[string]lua.LGFunction{
		"__index": st.messageIndex, "__newindex": st.messageNewIndex,
		"__tostring": func(L *lua.LState) int {
			L.Push(lua.LString("message"))
			return 1
		},
	})
	st.set(st.attributes, map[string]lua.LGFunction{
		"__index": attributesIndex, "__newindex": st.attributesNewIndex, "__pairs": attributesPairs,
		"__tostring": func(L *lua.LState) int {
			L.Push(lua.LString("attributes"))
			return 1
		},
	})
	st.message.RawSetString("__metatable", lua.LString("message"))
	st.attributes.RawSetString("__metatable", lua.LString("message's attributes"))
}

// held is a view as Lua holds it, with the attributes beside it.
type held struct {
	*view
	attributes *lua.LUserData
}

// newMessage makes what Lua holds of a view.
func (st *state) newMessage(v *view) *lua.LUserData {
	attributes := &lua.LUserData{Value: &held{view: v}, Metatable: st.attributes}
	return &lua.LUserData{Value: &held{v, attributes}, Metatable: st.message}
}

// viewed returns the view of the first argument, while it may be used.
func viewed(L *lua.LState) *held {
	h := L.Get(1).(*lua.LUserData).Value.(*held)
	if !h.alive() {
		if h.isKept() {
			check(L, errKeptOver)
		}
		check(L, errMessageOver)
	}
	return h
}

// standard returns what engines' messages offer beside data.
func (h *held) standard(L *lua.LState) component.StandardMessage {
	m, ok := h.message.(component.StandardMessage)
	if !ok {
		check(L, errDataOnly)
	}
	return m
}

// changeable is an error if the message must not be changed.
func (v *view) changeable() error {
	if v.readOnly != "" {
		return fmt.Errorf("%s must not change the message", v.readOnly)
	}
	return nil
}

func (st *state) messageIndex(L *lua.LState) int {
	h := viewed(L)
	name, ok := L.Get(2).(lua.LString)
	if !ok {
		return noField(L)
	}
	switch name {
	case "data":
		L.Push(st.readData(L, h.view))
	case "json":
		L.Push(st.readJSON(L, h.view))
	case "attributes":
		L.Push(h.attributes)
	case "key":
		if key := h.standard(L).Key(); key != "" {
			L.Push(lua.LString(key))
		} else {
			L.Push(lua.LNil)
		}
	case "timestamp":
		if at := h.standard(L).Timestamp(); at != 0 {
			L.Push(lua.LNumber(float64(at) / 1e9))
		} else {
			L.Push(lua.LNil)
		}
	case "copy":
		L.Push(st.copy)
	case "emit":
		L.Push(st.emit)
	case "keep":
		L.Push(st.keep)
	case "release":
		L.Push(st.release)
	default:
		return noField(L)
	}
	return 1
}

func noField(L *lua.LState) int {
	name := L.Get(2).String()
	L.RaiseError("a message has no field %q%s", name, suggest(name, messageFields))
	return 0
}

func (st *state) messageNewIndex(L *lua.LState) int {
	h := viewed(L)
	check(L, h.changeable())
	value := L.Get(3)
	switch name := L.Get(2).String(); name {
	case "data":
		text, ok := textOf(value)
		if !ok {
			L.RaiseError("msg.data is a string, not %s", describe(value))
		}
		if h.json != nil && h.json.open {
			h.json.forget()
		}
		st.guard.emit(L, len(text))
		setData(h.message, text)
		if h.data = value; value.Type() != lua.LTString {
			h.data = lua.LString(text)
		}
	case "key":
		text, ok := textOf(value)
		if !ok && value != lua.LNil {
			L.RaiseError("msg.key is a string or nil, not %s", describe(value))
		}
		h.standard(L).SetKey(text)
	case "timestamp":
		at, ok := nanoseconds(value)
		if !ok {
			L.RaiseError("msg.timestamp is a number of seconds since 1970 or nil, not %s", describe(value))
		}
		h.standard(L).SetTimestamp(at)
	case "json":
		st.assignJSON(L, h.view, value)
	case "copy", "emit", "keep", "release":
		L.RaiseError("msg.%s is a method and cannot be assigned", name)
	case "attributes":
		L.RaiseError("msg.attributes cannot be assigned as a whole; assign its fields: msg.attributes.name = value")
	default:
		return noField(L)
	}
	return 0
}

// setData copies text into memory of the message, where it has such.
func setData(m component.Message, text string) {
	if s, ok := m.(component.StandardMessage); ok {
		m.SetData(append(s.Grow(len(text)), text...))
		return
	}
	m.SetData([]byte(text))
}

// nanoseconds turns seconds into what a message's timestamp counts. A float
// holds about a microsecond of the time of today.
func nanoseconds(value lua.LValue) (int64, bool) {
	switch v := value.(type) {
	case *lua.LNilType:
		return 0, true
	case lua.LNumber:
		if ns := float64(v) * 1e9; math.Abs(ns) < 1<<63 {
			return int64(ns), true
		}
	}
	return 0, false
}

func attributesIndex(L *lua.LState) int {
	h := viewed(L)
	name, ok := textOf(L.Get(2))
	if !ok {
		L.RaiseError("an attribute's name is a string, not %s", describe(L.Get(2)))
	}
	if value, set := h.standard(L).Attribute(name); set {
		L.Push(lua.LString(value))
	} else {
		L.Push(lua.LNil)
	}
	return 1
}

func (st *state) attributesNewIndex(L *lua.LState) int {
	h := viewed(L)
	check(L, h.changeable())
	name, ok := textOf(L.Get(2))
	if !ok {
		L.RaiseError("an attribute's name is a string, not %s", describe(L.Get(2)))
	}
	m := h.standard(L)
	if L.Get(3) == lua.LNil {
		m.DeleteAttribute(name)
		return 0
	}
	value, ok := textOf(L.Get(3))
	if !ok {
		L.RaiseError("the attribute %q is a string or nil, not %s; use tostring(…)", name, describe(L.Get(3)))
	}
	st.guard.emit(L, len(name)+len(value)+attributeOverhead)
	m.SetAttribute(name, value)
	return 0
}

// attributesPairs iterates over the attributes as they are now, by name.
func attributesPairs(L *lua.LState) int {
	h := viewed(L)
	var list []string
	for name, value := range h.standard(L).Attributes {
		list = append(list, name, value)
	}
	L.Push(L.NewFunction(func(L *lua.LState) int {
		if len(list) == 0 {
			L.Push(lua.LNil)
			return 1
		}
		L.Push(lua.LString(list[0]))
		L.Push(lua.LString(list[1]))
		list = list[2:]
		return 2
	}))
	L.Push(lua.LNil)
	L.Push(lua.LNil)
	return 3
}
