package script

import (
	lua "github.com/yuin/gopher-lua"

	"github.com/gopiper/gopiper/jsonview"
)

// This file makes the functions of Lua that take tables take parts of msg.json.

// walk is where next is in an object.
type walk struct {
	node   *jsonview.Node
	key    string
	cursor jsonview.Cursor
}

// piecePairs is pairs of a part: its members, or elements, in order.
func (st *state) piecePairs(L *lua.LState) int {
	p := st.use(L)
	var cursor jsonview.Cursor
	index := 0
	L.Push(L.NewFunction(func(L *lua.LState) int {
		p.alive(L)
		if p.isArray() {
			index++
			return st.pushElement(L, p, index)
		}
		return st.pushMember(L, p, &cursor)
	}))
	L.Push(&p.value)
	L.Push(lua.LNil)
	return 3
}

// pushElement pushes an index, counted from 1, and its element, or nil behind
// the last.
func (st *state) pushElement(L *lua.LState, p *piece, index int) int {
	value := st.elementAt(L, p, index-1)
	if value == lua.LNil {
		L.Push(lua.LNil)
		return 1
	}
	L.Push(lua.LNumber(index))
	L.Push(value)
	return 2
}

// pushMember does that for an object's next member.
func (st *state) pushMember(L *lua.LState, p *piece, cursor *jsonview.Cursor) int {
	st.guard.charge(L, 64)
	key, value, node, err := p.next(cursor)
	check(L, err)
	if !key.Exists() {
		L.Push(lua.LNil)
		return 1
	}
	L.Push(st.word(key.Text(st.buffer)))
	L.Push(st.fromJSON(p.of, value, node))
	return 2
}

// next is next of tables and of parts.
func (st *state) next(L *lua.LState) int {
	p := pieceOf(L.Get(1))
	if p == nil {
		key, value := L.CheckTable(1).Next(L.Get(2))
		if key == lua.LNil {
			L.Push(lua.LNil)
			return 1
		}
		L.Push(key)
		L.Push(value)
		return 2
	}
	p.alive(L)
	if p.isArray() {
		index := 0
		if L.Get(2) != lua.LNil {
			if index = arrayPlace(L.Get(2)) + 1; index == 0 {
				L.RaiseError("next: a JSON array has no element %s", L.Get(2).String())
			}
		}
		return st.pushElement(L, p, index+1)
	}
	return st.nextMember(L, p)
}

// nextMember is next of an object. The place is remembered: to find it anew is
// to read the object again.
func (st *state) nextMember(L *lua.LState, p *piece) int {
	at := &p.of.json.walk
	if L.Get(2) == lua.LNil {
		*at = walk{node: p.node}
	} else if key, ok := L.Get(2).(lua.LString); !ok || at.node != p.node || at.key != string(key) {
		st.use(L)
		at.node = p.node
		found, err := p.node.Seek(&at.cursor, L.Get(2).String())
		check(L, err)
		if !ok || !found {
			L.RaiseError("next: the JSON object has no member %s", L.Get(2).String())
		}
	}
	n := st.pushMember(L, p, &at.cursor)
	if n == 2 {
		at.key = string(L.Get(-2).(lua.LString))
	}
	return n
}

// openTables gives the library functions that know parts.
func (st *state) openTables(globals, table *lua.LTable) {
	step := st.lua.NewFunction(func(L *lua.LState) int {
		index := int(L.CheckNumber(2)) + 1
		if p := pieceOf(L.Get(1)); p != nil {
			p.alive(L)
			return st.pushElement(L, p, index)
		}
		value := L.CheckTable(1).RawGetInt(index)
		if value == lua.LNil {
			return 0
		}
		L.Push(lua.LNumber(index))
		L.Push(value)
		return 2
	})
	globals.RawSetString("ipairs", st.lua.NewFunction(func(L *lua.LState) int {
		if pieceOf(L.Get(1)) == nil {
			L.CheckTable(1)
		} else {
			st.use(L)
		}
		L.Push(step)
		L.Push(L.Get(1))
		L.Push(lua.LNumber(0))
		return 3
	}))
	insert, remove := table.RawGetString("insert").(*lua.LFunction).GFunction, table.RawGetString("remove").(*lua.LFunction).GFunction
	st.set(table, map[string]lua.LGFunction{
		"insert": func(L *lua.LState) int {
			if pieceOf(L.Get(1)) == nil {
				return insert(L)
			}
			return st.insert(L)
		},
		"remove": func(L *lua.LState) int {
			if pieceOf(L.Get(1)) != nil {
				return st.remove(L)
			}
			n := L.CheckTable(1).Len()
			if at := L.OptInt(2, n); at < 1 || at > n {
				return 0 // as in Lua; the engine returns nil
			}
			return remove(L)
		},
	})
	for name, in := range map[string]*lua.LTable{"unpack": globals, "concat": table, "getn": table, "maxn": table} {
		original := in.RawGetString(name).(*lua.LFunction).GFunction
		in.RawSetString(name, st.lua.NewFunction(func(L *lua.LState) int {
			if pieceOf(L.Get(1)) != nil {
				L.Replace(1, st.elements(L))
			}
			return original(L)
		}))
	}
}

// elements is a table of an array's elements.
func (st *state) elements(L *lua.LState) *lua.LTable {
	p := st.use(L)
	list := L.CreateTable(0, 0)
	if p.isArray() {
		n, err := p.length()
		check(L, err)
		for i := range n {
			list.Append(st.elementAt(L, p, i))
		}
	}
	return list
}

// changeArray is change of a part that must be an array; it also counts the
// elements that are to be moved.
func (st *state) changeArray(L *lua.LState, function string) (p *piece, n int) {
	p = st.change(L)
	if !p.isArray() {
		L.RaiseError("%s takes a list, not a JSON object", function)
	}
	n, err := p.length()
	check(L, err)
	st.guard.charge(L, min(64*n, stringMax))
	return p, n
}

// insert is table.insert of an array.
func (st *state) insert(L *lua.LState) int {
	p, n := st.changeArray(L, "table.insert")
	index, value := n, L.Get(2)
	switch L.GetTop() {
	case 2:
	case 3:
		if value = L.Get(3); arrayPlace(L.Get(2)) < 0 || arrayPlace(L.Get(2)) > n {
			L.RaiseError("table.insert: the position is a number from 1 to %d, not %s", n+1, describe(L.Get(2)))
		}
		index = arrayPlace(L.Get(2))
	default:
		L.RaiseError("table.insert takes a list, a position if it likes, and a value")
	}
	if value == lua.LNil {
		L.RaiseError("table.insert: nil cannot be in a JSON array; gopiper.null is JSON's null")
	}
	raw := st.toJSON(L, p.of, value, "table.insert", "")
	st.guard.emit(L, len(raw))
	check(L, p.insert(index, raw))
	st.buffer = raw
	return 0
}

// remove is table.remove of an array.
func (st *state) remove(L *lua.LState) int {
	p, n := st.changeArray(L, "table.remove")
	index := n - 1
	if L.GetTop() > 1 {
		index = arrayPlace(lua.LNumber(L.CheckNumber(2)))
	}
	if index < 0 || index >= n {
		return 0
	}
	L.Push(st.elementAt(L, p, index))
	check(L, p.removeAt(index))
	return 1
}
