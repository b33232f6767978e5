package script

import (
	"errors"
	"strconv"
	"strings"

	lua "github.com/yuin/gopher-lua"

	"github.com/gopiper/gopiper/script/compile"
	"github.com/gopiper/gopiper/script/luajit"
)

// Values of LuaJIT become those of gopher-lua where tables are written as JSON and
// where exact numbers are calculated with: both engines do it by the same code.

// jitMarks tell in such values what Lua has not.
var jitMarks = marks{
	arrayMark:  &lua.LTable{Metatable: lua.LNil},
	objectMark: &lua.LTable{Metatable: lua.LNil},
	null:       &lua.LUserData{Metatable: jitMetatable("JSON null")},
}

var jitMetatables = map[string]*lua.LTable{
	"exact number": jitMetatable("exact number"), "JSON object": jitMetatable("JSON object"),
	"JSON array": jitMetatable("JSON array"), "message": jitMetatable("message"),
	"message's attributes": jitMetatable("message's attributes"), "stage": jitMetatable("stage"),
	"counter": jitMetatable("counter"), "gauge": jitMetatable("gauge"),
}

// jitMetatable is that of what is described by a name.
func jitMetatable(name string) *lua.LTable {
	t := &lua.LTable{Metatable: lua.LNil}
	t.RawSetString("__metatable", lua.LString(name))
	return t
}

var jitObjectNames = map[luajit.ObjectKind]string{
	luajit.JSONObject: "JSON object", luajit.JSONArray: "JSON array",
	luajit.Copy: "message", luajit.Kept: "message", luajit.Batched: "message",
	luajit.CopyAttributes: "message's attributes", luajit.KeptAttributes: "message's attributes",
	luajit.BatchedAttributes: "message's attributes", luajit.Counter: "counter", luajit.Gauge: "gauge",
}

// jitToLua turns a value into one of gopher-lua. Parts of msg.json are those of the
// seat; without a seat they are only to be described.
func jitToLua(s *jitSeat, value any) lua.LValue {
	switch v := value.(type) {
	case bool:
		return lua.LBool(v)
	case float64:
		return lua.LNumber(v)
	case string:
		return lua.LString(v)
	case luajit.Null:
		return jitMarks.null
	case luajit.Exact:
		return &lua.LUserData{Value: &exact{string(v), !strings.ContainsAny(string(v), ".eE")}, Metatable: jitMetatables["exact number"]}
	case luajit.Object:
		u := &lua.LUserData{Metatable: jitMetatables[jitObjectNames[v.Kind]]}
		if s != nil && v.Kind <= luajit.JSONArray {
			if _, f, _ := s.fragment(v); f != nil {
				u.Value = f
			} else {
				u.Value = &fragment{of: &view{json: &document{started: 1}}}
			}
		}
		return u
	case luajit.Other:
		if meta := jitMetatables[string(v)]; meta != nil {
			return &lua.LUserData{Metatable: meta}
		}
		if v == "function" {
			return &lua.LFunction{}
		}
		return &lua.LUserData{Metatable: lua.LNil}
	case *luajit.Table:
		return jitTableToLua(s, v)
	}
	return lua.LNil
}

func jitTableToLua(s *jitSeat, v *luajit.Table) *lua.LTable {
	t := &lua.LTable{Metatable: lua.LNil}
	switch v.Mark {
	case luajit.MarkedArray:
		t.Metatable = jitMarks.arrayMark
	case luajit.MarkedObject:
		t.Metatable = jitMarks.objectMark
	}
	for _, item := range v.Items {
		t.Append(jitToLua(s, item))
	}
	for key, field := range v.Fields {
		t.RawSet(jitToLua(s, key), jitToLua(s, field))
	}
	return t
}

// encode returns an argument as JSON, in the seat's buffer.
func (s *jitSeat) encode(v *view, c *luajit.Call, argument int, what, key string) ([]byte, error) {
	e := encoder{marks: jitMarks, out: s.buffer[:0], numbers: v.origin().numbers}
	var err error
	if text, ok := c.Bytes(argument); ok {
		e.text(text)
	} else {
		err = e.value(jitToLua(s, c.Value(argument)), 0)
	}
	if s.buffer = e.out; cap(s.buffer) > documentMax {
		s.buffer = nil
	}
	if err != nil {
		return nil, assigning(what, key, err)
	}
	return e.out, nil
}

// jitDescribe names a value for people.
func jitDescribe(value any) string { return describe(jitToLua(nil, value)) }

// jitTypeName is what type says of a value.
func jitTypeName(value any) string { return jitToLua(nil, value).Type().String() }

// jitText is tostring, for errors.
func jitText(value any) string {
	if text, ok := jitTextOf(value); ok {
		return text
	}
	return jitTypeName(value)
}

// jitTextOf is the text of a string, a number or an exact number.
func jitTextOf(value any) (string, bool) {
	switch v := value.(type) {
	case string:
		return v, true
	case float64:
		return string(compile.AppendNumber(nil, v)), true
	case luajit.Exact:
		return string(v), true
	}
	return "", false
}

// jitCalculate is an operator of exact numbers: a sign and two values.
func jitCalculate(c *luajit.Call) error {
	operator, _ := c.Bytes(0)
	if len(operator) != 1 {
		return errors.New("there is no such operator: " + strconv.Quote(string(operator)))
	}
	n, f, err := calculated(operator[0], jitToLua(nil, c.Value(1)), jitToLua(nil, c.Value(2)))
	if err != nil {
		return err
	}
	if n != nil {
		return c.Return(luajit.Exact(n.String()))
	}
	return c.Return(f)
}

// jitCompare compares exact numbers: "=", "<", or "(" for less or equal.
func jitCompare(c *luajit.Call) error {
	operator, _ := c.Bytes(0)
	sign, err := compared(jitToLua(nil, c.Value(1)), jitToLua(nil, c.Value(2)))
	if err != nil {
		return err
	}
	return c.Return(sign == 0 && string(operator) != "<" || sign < 0 && string(operator) != "=")
}
