package script

import (
	"fmt"

	lua "github.com/yuin/gopher-lua"
)

// This file has functions of Lua that the engine has, too, but that do not do
// what those of Lua 5.1 do.

// protectedMax is how deep pcall and xpcall may be nested, which Lua 5.1 bounds
// with the calls of C, 200. Each takes long to end when the stack is deep.
const protectedMax = 100

// protects bounds how deep the engine's pcall or xpcall is nested.
func (st *state) protects(call lua.LGFunction) lua.LGFunction {
	return func(L *lua.LState) int {
		if st.protected >= protectedMax {
			L.RaiseError("stack overflow: pcall is nested more than %d deep", protectedMax)
		}
		st.protected++
		defer func() { st.protected-- }()
		return call(L)
	}
}

// raise is error: the position is that of the level, and a number is text.
func raise(L *lua.LState) int {
	value := L.Get(1)
	if level := optional(L, 2, 1); level > 0 {
		switch v := value.(type) {
		case lua.LString:
			value = lua.LString(positionAt(L, int(level))) + v
		case lua.LNumber:
			value = lua.LString(positionAt(L, int(level)) + numberText(v))
		}
	}
	L.Error(value, 0)
	return 0
}

// positionAt is "file:line: " of the function at a level, 1 for the one that
// called the running one, or "" if that is none of Lua.
func positionAt(L *lua.LState, level int) string {
	frame, ok := L.GetStack(level)
	if !ok {
		return ""
	}
	if _, err := L.GetInfo("Sl", frame, lua.LNil); err != nil || frame.What == "G" || frame.CurrentLine <= 0 {
		return ""
	}
	return fmt.Sprintf("%s:%d: ", frame.Source, frame.CurrentLine)
}

// assert adds no position to its message.
func assert(L *lua.LState) int {
	if lua.LVAsBool(L.CheckAny(1)) {
		return L.GetTop()
	}
	message := lua.LString("assertion failed!")
	if L.Get(2) != lua.LNil {
		message = lua.LString(textArgument(L, 2))
	}
	L.Error(message, 0)
	return 0
}

func setMetatable(L *lua.LState) int {
	table := L.CheckTable(1)
	if L.GetTop() < 2 {
		L.ArgError(2, "expected nil or a table")
	}
	L.CheckTypes(2, lua.LTNil, lua.LTTable)
	if meta, ok := table.Metatable.(*lua.LTable); ok && meta.RawGetString("__metatable") != lua.LNil {
		L.RaiseError("cannot change a protected metatable")
	}
	table.Metatable = L.Get(2)
	L.SetTop(1)
	return 1
}

// choose is select.
func choose(L *lua.LState) int {
	n := float64(L.GetTop() - 1)
	if L.Get(1) == lua.LString("#") {
		L.Push(lua.LNumber(n))
		return 1
	}
	at := integer(L, 1)
	switch {
	case at < 0:
		at += n + 1
	case at > n:
		return 0
	}
	if !(at >= 1) {
		L.ArgError(1, "index out of range")
	}
	return int(n-at) + 1
}

// tableInsert is table.insert, with any position.
func (st *state) tableInsert(L *lua.LState) int {
	table := L.CheckTable(1)
	switch n := table.Len(); L.GetTop() {
	case 2:
		table.RawSetInt(n+1, L.Get(2))
	case 3:
		at, value := int(integer(L, 2)), L.Get(3)
		if 1 <= at && at <= n {
			table.Insert(at, value)
			return 0
		}
		for i := n; i >= at; i-- {
			st.guard.charge(L, 4096) // it may be far
			table.RawSet(lua.LNumber(i+1), table.RawGet(lua.LNumber(i)))
		}
		table.RawSet(lua.LNumber(at), value)
	default:
		L.RaiseError("table.insert takes a list, a position if it likes, and a value")
	}
	return 0
}

// tableMaxn is table.maxn, which takes any number for a key.
func tableMaxn(L *lua.LState) int {
	most := lua.LNumber(0)
	L.CheckTable(1).ForEach(func(key, _ lua.LValue) {
		if n, ok := key.(lua.LNumber); ok && n > most {
			most = n
		}
	})
	L.Push(most)
	return 1
}
