package script

import (
	"math"
	"strings"

	lua "github.com/yuin/gopher-lua"

	"github.com/gopiper/gopiper/script/cmath"
)

// absent are the globals that Lua programs look for to find out where they run.
// Reading one is no error.
var absent = map[string]bool{
	"_ENV": true, "arg": true, "bit": true, "bit32": true, "jit": true, "ngx": true, "utf8": true, "module": true,
	"getfenv": true, "setfenv": true, "newproxy": true, "warn": true,
}

// forbidden are the globals that a script cannot have, each with what to do.
var forbidden = map[string]string{
	"io":         "a script opens no files; use gopiper.read_file, or a component such as file",
	"debug":      "it could reach around the limits of a script",
	"package":    "use require for modules beside the script",
	"load":       "a script runs no other source; use require",
	"loadstring": "a script runs no other source; use require",
	"loadfile":   "a script runs no other source; use require",
	"dofile":     "a script runs no other source; use require",
}

// openLibrary gives the state the safe library.
func (st *state) openLibrary() {
	L := st.lua
	for _, open := range []lua.LGFunction{lua.OpenBase, lua.OpenTable, lua.OpenMath, lua.OpenCoroutine, lua.OpenOs} {
		L.Push(L.NewFunction(open))
		L.Call(0, 0)
	}
	globals := L.Get(lua.GlobalsIndex).(*lua.LTable)
	for name := range absent {
		globals.RawSetString(name, lua.LNil)
	}
	for _, name := range []string{"_printregs", "_GOPHER_LUA_VERSION", "channel"} {
		globals.RawSetString(name, lua.LNil)
	}
	for name := range forbidden {
		globals.RawSetString(name, lua.LNil)
	}
	st.set(globals, map[string]lua.LGFunction{
		concatName: st.concat, "print": st.print, "collectgarbage": collectGarbage,
		"next": st.next, "tonumber": toNumber, "tostring": toString, "require": st.require,
		"error": st.counted(raise), "assert": assert, "setmetatable": setMetatable, "rawset": rawSet, "select": choose,
		forName: forNumber, "%": operator("mod", cmath.Remainder), "^": operator("pow", cmath.Pow),
	})
	for _, name := range []string{"pcall", "xpcall"} {
		st.set(globals, map[string]lua.LGFunction{name: st.protects(globals.RawGetString(name).(*lua.LFunction).GFunction)})
	}
	st.set(globals.RawGetString("table").(*lua.LTable), map[string]lua.LGFunction{
		"concat": st.tableConcat, "insert": st.tableInsert, "maxn": tableMaxn, "sort": st.tableSort,
	})
	st.set(globals, map[string]lua.LGFunction{"pairs": st.pairs(globals.RawGetString("next"))})
	st.openTables(globals, globals.RawGetString("table").(*lua.LTable))
	mathTable := globals.RawGetString("math").(*lua.LTable)
	st.set(mathTable, mathematics)
	numericArguments(L, mathTable, "", 1)
	numericArguments(L, globals.RawGetString("os").(*lua.LTable), "difftime", 1)
	numericArguments(L, globals, "unpack", 2)
	numericArguments(L, globals.RawGetString("table").(*lua.LTable), "remove", 2)
	mathTable.RawSetString("huge", lua.LNumber(math.Inf(1)))
	st.set(mathTable, map[string]lua.LGFunction{"random": st.mathRandom, "randomseed": st.mathRandomSeed, "modf": mathModf})
	st.openStrings(globals)
	st.openOS(globals.RawGetString("os").(*lua.LTable))
	st.openCoroutines(globals.RawGetString("coroutine").(*lua.LTable))
	st.openMessages()
	st.openModule()
	st.openJSON()
	st.strict(globals)
}

func (st *state) set(table *lua.LTable, functions map[string]lua.LGFunction) {
	for name, f := range functions {
		table.RawSetString(name, st.lua.NewFunction(f))
	}
}

// forbid returns a table that says why it is not there when it is called or
// indexed.
func (st *state) forbid(name, why string) lua.LValue {
	L := st.lua
	refuse := L.NewFunction(func(L *lua.LState) int {
		full := name
		if key, ok := L.Get(2).(lua.LString); ok && (name == "io" || name == "debug" || name == "package") {
			full += "." + string(key)
		}
		L.RaiseError("%s is not available in a script: %s", full, why)
		return 0
	})
	meta := L.CreateTable(0, 4)
	for _, event := range []string{"__index", "__newindex", "__call"} {
		meta.RawSetString(event, refuse)
	}
	meta.RawSetString("__metatable", lua.LFalse)
	table := L.CreateTable(0, 0)
	table.Metatable = meta
	return table
}

// strict makes it an error to read a global that was never assigned: most
// often it is misspelled, and its nil would end a list of stages unnoticed.
func (st *state) strict(globals *lua.LTable) {
	L := st.lua
	declared := make(map[string]bool)
	meta := L.CreateTable(0, 4)
	st.set(meta, map[string]lua.LGFunction{
		"__newindex": func(L *lua.LState) int {
			if name, ok := L.Get(2).(lua.LString); ok {
				declared[string(name)] = true
			}
			L.RawSet(L.CheckTable(1), L.Get(2), L.Get(3))
			return 0
		},
		"__index": func(L *lua.LState) int {
			name, ok := L.Get(2).(lua.LString)
			if !ok || declared[string(name)] || absent[string(name)] {
				return 0
			}
			if why, ok := forbidden[string(name)]; ok { // made when it is needed: a state is to be small
				L.Push(st.forbid(string(name), why))
				return 1
			}
			var names []string
			for key, _ := globals.Next(lua.LNil); key != lua.LNil; key, _ = globals.Next(key) {
				names = append(names, key.String())
			}
			hint := suggest(string(name), names)
			if hint == "" {
				hint = "; is it spelled right, and is it local to another block?"
			}
			L.RaiseError("the variable %q is not defined%s", string(name), hint)
			return 0
		},
	})
	meta.RawSetString("__metatable", lua.LFalse)
	globals.Metatable = meta
}

func (st *state) print(L *lua.LState) int {
	var text strings.Builder
	for i := 1; i <= L.GetTop(); i++ {
		if i > 1 {
			text.WriteByte('\t')
		}
		text.WriteString(textShown(L, L.Get(i)))
		st.guard.spend(L, text.Len())
	}
	st.guard.emit(L, text.Len()+1)
	if st.first || !st.describing { // once, however often the script is evaluated
		st.script.options.Print(st.position(L), text.String())
	}
	return 0
}

// counted is error, which also counts the text of the error: it is copied.
func (st *state) counted(raise lua.LGFunction) lua.LGFunction {
	return func(L *lua.LState) int {
		if text, ok := L.Get(1).(lua.LString); ok {
			st.guard.spend(L, min(len(text), stringMax))
		}
		return raise(L)
	}
}

// collectGarbage does nothing: the memory is Go's to manage.
func collectGarbage(L *lua.LState) int {
	L.Push(lua.LNumber(0))
	return 1
}

// pairs also asks userdata, such as a message's attributes, for an iterator.
func (st *state) pairs(next lua.LValue) lua.LGFunction {
	return func(L *lua.LState) int {
		switch value := L.Get(1).(type) {
		case *lua.LTable:
			L.Push(next)
			L.Push(value)
			L.Push(lua.LNil)
			return 3
		case *lua.LUserData:
			if iterate, ok := L.GetMetaField(value, "__pairs").(*lua.LFunction); ok {
				L.Push(iterate)
				L.Push(value)
				L.Call(1, 3)
				return 3
			}
		}
		L.TypeError(1, lua.LTTable)
		return 0
	}
}

func (st *state) mathRandom(L *lua.LState) int {
	low, high := 1.0, 0.0
	switch L.GetTop() {
	case 0:
		L.Push(lua.LNumber(st.random.Float64()))
		return 1
	case 1:
		high = integer(L, 1)
	case 2:
		low, high = integer(L, 1), integer(L, 2)
	default:
		L.RaiseError("math.random takes two numbers at most")
	}
	if !(low <= high) || high-low >= 1<<53 {
		L.RaiseError("math.random: no whole number from %v to %v", low, high)
	}
	L.Push(lua.LNumber(low + float64(st.random.Int64N(int64(high-low)+1))))
	return 1
}

func (st *state) mathRandomSeed(L *lua.LState) int {
	st.source.Seed(uint64(int64(L.CheckNumber(1))), 0)
	return 0
}

// mathModf is math.modf, which has no fraction left of an infinity.
func mathModf(L *lua.LState) int {
	f := numberArgument(L, 1)
	whole := math.Trunc(f)
	fraction := f - whole
	if math.IsInf(f, 0) {
		fraction = math.Copysign(0, f)
	}
	L.Push(lua.LNumber(whole))
	L.Push(lua.LNumber(math.Copysign(fraction, f)))
	return 2
}
