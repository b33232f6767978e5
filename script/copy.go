package script

import (
	"errors"
	"fmt"

	lua "github.com/yuin/gopher-lua"

	"github.com/gopiper/gopiper/component"
)

// This file is msg:copy() and msg:emit().

// partOverhead is what an emitted message takes beside its data.
const partOverhead = 256

// origin is the view of the message that the function was given.
func (v *view) origin() *view {
	if v.copied != nil {
		return v.copied
	}
	return v
}

// alive tells whether the message may be used.
func (v *view) alive() bool {
	return v.message != nil && (v.copied == nil || v.born == v.copied.calls)
}

// touched tells whether there is something to do though nothing was returned.
func (v *view) touched() bool {
	return len(v.emitted) > 0 || v.pending || v.json != nil && v.json.changed
}

// receiver returns the message that a method was called with.
func (st *state) receiver(L *lua.LState, method string) *held {
	if u, ok := L.Get(1).(*lua.LUserData); ok && u.Metatable == st.message {
		return viewed(L)
	}
	L.RaiseError("msg:%s() is called with a colon", method)
	return nil
}

// copyMessage is msg:copy(): a message of its own, with all that msg has now.
func (st *state) copyMessage(L *lua.LState) int {
	h := st.receiver(L, "copy")
	p := st.snapshot(L, h.view)
	L.Push(st.newMessage(h.origin().copyOf(&p)))
	return 1
}

// copyOf makes a copy of what the message, or a copy of it, was.
func (v *view) copyOf(p *part) *view {
	m := component.NewMessage([]byte(p.data))
	p.give(m)
	return &view{message: m, data: lua.LString(p.data), copied: v, born: v.calls}
}

// emitMessage is msg:emit(): the message as it is now is sent on once the
// function has returned, before the function's own.
func (st *state) emitMessage(L *lua.LState) int {
	h := st.receiver(L, "emit")
	if st.of != nil {
		st.emitView(L, h.view)
		return 0
	}
	origin := h.origin()
	check(L, origin.emits())
	p := st.snapshot(L, h.view)
	st.guard.emit(L, p.size())
	origin.emitted = append(origin.emitted, p)
	return 0
}

// emits is an error if the function may not emit messages.
func (v *view) emits() error {
	switch {
	case v.readOnly != "":
		return fmt.Errorf("%s must not send messages; emit them in a function of the pipeline", v.readOnly)
	case !v.sends:
		return errors.New("messages cannot be sent on here: nothing follows the function")
	}
	return nil
}

// snapshot returns all that the message has now, to be sent on.
func (st *state) snapshot(L *lua.LState, v *view) part {
	p, err := v.snapshot()
	if err != nil {
		L.RaiseError("%s", err.Error())
	}
	st.guard.spend(L, min(len(p.data)+partOverhead, stringMax))
	return p
}

func (v *view) snapshot() (part, error) {
	text, err := v.text()
	if err != nil {
		return part{}, err
	}
	p := part{data: lua.LVAsString(text), whole: true}
	if m, ok := v.message.(component.StandardMessage); ok {
		p.key, p.timestamp = m.Key(), m.Timestamp()
		for name, value := range m.Attributes {
			p.attributes = append(p.attributes, name, value)
		}
	}
	return p, nil
}

// size is about how many bytes the message takes that a part becomes.
func (p *part) size() int {
	n := len(p.data) + partOverhead
	for _, text := range p.attributes {
		n += len(text) + 16
	}
	return n
}

// give gives a message the key, the timestamp and the attributes of a whole
// part, and no others.
func (p *part) give(m component.StandardMessage) {
	m.SetKey(p.key)
	m.SetTimestamp(p.timestamp)
	var others []string
	for name := range m.Attributes {
		if !p.names(name) {
			others = append(others, name)
		}
	}
	for _, name := range others {
		m.DeleteAttribute(name)
	}
	for i := 0; i < len(p.attributes); i += 2 {
		m.SetAttribute(p.attributes[i], p.attributes[i+1])
	}
}

func (p *part) names(attribute string) bool {
	for i := 0; i < len(p.attributes); i += 2 {
		if p.attributes[i] == attribute {
			return true
		}
	}
	return false
}
