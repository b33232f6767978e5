package script

import (
	lua "github.com/yuin/gopher-lua"

	"github.com/gopiper/gopiper/script/std"
)

// decodeJSON is gopiper.json.decode: the Lua tables are made as the text is
// read.
func (b *standard) decodeJSON(L *lua.LState) int {
	b.gather(L, "decode")
	value, problem, err := std.DecodeJSON(&b.context, b.arguments, std.Maker[lua.LValue](luaMaker{b.st}), &b.decoded)
	clear(b.arguments)
	switch {
	case err != nil:
		L.RaiseError("%s", err.Error())
	case problem != "":
		L.Push(lua.LNil)
		L.Push(lua.LString(problem))
		return 2
	}
	L.Push(value)
	return 1
}

// luaMaker makes Lua values of those of JSON.
type luaMaker struct{ st *state }

func (m luaMaker) Null() lua.LValue             { return m.st.null }
func (m luaMaker) Flag(b bool) lua.LValue       { return lua.LBool(b) }
func (m luaMaker) Number(f float64) lua.LValue  { return lua.LNumber(f) }
func (m luaMaker) Exact(text string) lua.LValue { return m.st.newExact(text) }

func (m luaMaker) Text(text string) lua.LValue {
	if len(text) <= wordMax {
		return m.st.word([]byte(text))
	}
	return lua.LString(text)
}

func (m luaMaker) List(elements []lua.LValue) lua.LValue {
	_ = m.st.standard.charge(64 * len(elements)) // it raises its error
	table := m.st.lua.CreateTable(len(elements), 0)
	for _, element := range elements {
		table.Append(element)
	}
	table.Metatable = m.st.arrayMark
	return table
}

func (m luaMaker) Object(names []string, fields []lua.LValue) lua.LValue {
	_ = m.st.standard.charge(64 * len(names)) // it raises its error
	table := m.st.lua.CreateTable(0, len(names))
	for i, name := range names {
		if table.RawGetString(name) == lua.LNil {
			table.RawSetString(name, fields[i])
		}
	}
	return table
}
