package script

import (
	"math"

	lua "github.com/yuin/gopher-lua"
)

// openJSON makes the metatables of the parts of msg.json, and what belongs to
// it in the module.
func (st *state) openJSON() {
	L := st.lua
	st.jsonObject, st.jsonArray = L.CreateTable(0, 6), L.CreateTable(0, 6)
	for _, meta := range []*lua.LTable{st.jsonObject, st.jsonArray} {
		st.set(meta, map[string]lua.LGFunction{
			"__len": st.pieceLen, "__pairs": st.piecePairs, "__tostring": st.pieceString,
		})
	}
	st.set(st.jsonObject, map[string]lua.LGFunction{"__index": st.objectIndex, "__newindex": st.objectNewIndex})
	st.set(st.jsonArray, map[string]lua.LGFunction{"__index": st.arrayIndex, "__newindex": st.arrayNewIndex})
	st.jsonObject.RawSetString("__metatable", lua.LString("JSON object"))
	st.jsonArray.RawSetString("__metatable", lua.LString("JSON array"))

	nullMeta := L.CreateTable(0, 2)
	st.set(nullMeta, map[string]lua.LGFunction{"__tostring": func(L *lua.LState) int {
		L.Push(lua.LString("null"))
		return 1
	}})
	nullMeta.RawSetString("__metatable", lua.LString("JSON null"))
	st.null = &lua.LUserData{Metatable: nullMeta}
	st.openExact()

	st.arrayMark, st.objectMark = L.CreateTable(0, 1), L.CreateTable(0, 1)
	st.arrayMark.RawSetString("__metatable", lua.LString("array"))
	st.objectMark.RawSetString("__metatable", lua.LString("object"))
	module := st.modules["gopiper"].(*lua.LTable)
	module.RawSetString("null", st.null)
	st.set(module, map[string]lua.LGFunction{
		"array": st.mark("array", st.arrayMark), "object": st.mark("object", st.objectMark),
	})
}

// mark is gopiper.array or gopiper.object, which say what a table is in JSON.
func (st *state) mark(name string, meta *lua.LTable) lua.LGFunction {
	return func(L *lua.LState) int {
		table, ok := L.Get(1).(*lua.LTable)
		if !ok {
			L.RaiseError("gopiper.%s takes a table: gopiper.%s{ … }, not %s", name, name, describe(L.Get(1)))
		}
		switch table.Metatable {
		case lua.LNil, st.arrayMark, st.objectMark:
			table.Metatable = meta
		default:
			L.RaiseError("gopiper.%s takes a table without a metatable", name)
		}
		L.Push(table)
		return 1
	}
}

// pieceOf returns the part of msg.json that a value is, nil if it is none.
func pieceOf(value lua.LValue) *piece {
	if u, ok := value.(*lua.LUserData); ok {
		p, _ := u.Value.(*piece)
		return p
	}
	return nil
}

// alive raises an error if the part's data is gone.
func (p *piece) alive(L *lua.LState) { check(L, p.usable()) }

// use returns the part that an argument is, while it may be used, and counts
// the time that it takes to look through it.
func (st *state) use(L *lua.LState) *piece {
	p := pieceOf(L.Get(1))
	p.alive(L)
	st.guard.charge(L, min(p.node.Size(), stringMax))
	return p
}

// change is use of a part that is going to be changed.
func (st *state) change(L *lua.LState) *piece {
	p := st.use(L)
	check(L, p.of.changeable())
	return p
}

func (st *state) objectIndex(L *lua.LState) int {
	p := st.use(L)
	if key, ok := L.Get(2).(lua.LString); ok {
		value, node, err := p.member(string(key))
		check(L, err)
		L.Push(st.fromJSON(p.of, value, node))
		return 1
	}
	L.Push(lua.LNil)
	return 1
}

func (st *state) objectNewIndex(L *lua.LState) int {
	p := st.change(L)
	key, ok := L.Get(2).(lua.LString)
	if !ok {
		L.RaiseError("a key of a JSON object is a string, not %s; use tostring(…)", describe(L.Get(2)))
	}
	if L.Get(3) == lua.LNil {
		st.guard.emit(L, len(key))
		check(L, p.unset(string(key)))
		return 0
	}
	raw := st.toJSON(L, p.of, L.Get(3), "the field", string(key))
	st.guard.emit(L, len(key)+len(raw))
	check(L, p.set(string(key), raw))
	st.buffer = raw
	return 0
}

// place is an index of an array, counted from 0; it is negative for what none
// can be.
func arrayPlace(value lua.LValue) int {
	if n, ok := value.(lua.LNumber); ok {
		return placeAt(float64(n))
	}
	return -1
}

// placeAt does that for a number.
func placeAt(n float64) int {
	if n >= 1 && n < 1<<31 && n == math.Trunc(n) {
		return int(n) - 1
	}
	return -1
}

func (st *state) arrayIndex(L *lua.LState) int {
	p := st.use(L)
	L.Push(st.elementAt(L, p, arrayPlace(L.Get(2))))
	return 1
}

// elementAt is an array's element, nil if there is none.
func (st *state) elementAt(L *lua.LState, p *piece, index int) lua.LValue {
	value, node, err := p.element(index)
	check(L, err)
	return st.fromJSON(p.of, value, node)
}

func (st *state) arrayNewIndex(L *lua.LState) int {
	p := st.change(L)
	index, value := arrayPlace(L.Get(2)), L.Get(3)
	remove, nothing, err := p.placeOf(index, describe(L.Get(2)), value == lua.LNil)
	check(L, err)
	switch {
	case nothing:
	case remove:
		check(L, p.removeAt(index))
	default:
		raw := st.toJSON(L, p.of, value, "an array's element", "")
		st.guard.emit(L, len(raw))
		check(L, p.setAt(index, raw))
		st.buffer = raw
	}
	return 0
}

// pieceLen is #.
func (st *state) pieceLen(L *lua.LState) int {
	n, err := st.use(L).length()
	check(L, err)
	L.Push(lua.LNumber(n))
	return 1
}

// pieceString is the JSON text.
func (st *state) pieceString(L *lua.LState) int {
	text, err := st.use(L).text(st.take())
	check(L, err)
	return st.push(L, text)
}
