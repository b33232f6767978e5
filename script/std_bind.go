package script

import (
	"encoding/binary"
	"log/slog"
	"strings"
	"time"

	lua "github.com/yuin/gopher-lua"

	"github.com/gopiper/gopiper/script/std"
)

// standard is the standard library of a state. Of a group nothing is made until
// a script asks for it.
type standard struct {
	st        *state
	context   std.Context
	running   *lua.LState // the coroutine that calls
	arguments []std.Value
	left      int // values that the arguments may still hold
	decoded   std.Memory[lua.LValue]

	objects map[string]*lua.LTable // metatables
	// made are the groups and functions by their names, for the compiler; nil
	// where nothing is compiled.
	made map[lua.LValue]string
}

// openStandard makes gopiper.NAME find the standard library.
func (st *state) openStandard(module, meta *lua.LTable) {
	b := &st.standard
	b.st = st
	b.context = std.Context{
		Charge: b.charge, MaxOutput: stringMax, Now: b.now, Where: b.where,
		Metrics: st.script.options.Metrics, Logger: st.script.options.Logger, Shared: st.script.shared,
	}
	if st.first {
		b.made = make(map[lua.LValue]string)
	}
	otherwise := meta.RawGetString("__index").(*lua.LFunction).GFunction
	st.set(meta, map[string]lua.LGFunction{"__index": func(L *lua.LState) int {
		if name, ok := L.Get(2).(lua.LString); ok {
			if g := std.Find(string(name)); g != nil {
				value := b.group(g)
				module.RawSetString(g.Name, value)
				L.Push(value)
				return 1
			}
		}
		return otherwise(L)
	}})
}

// group makes the table of a group, or its function. What the name stands for
// as a component, such as gopiper.json{ … }, it still does.
func (b *standard) group(g *std.Group) lua.LValue {
	L := b.st.lua
	table := L.CreateTable(0, len(g.Functions))
	var single lua.LValue
	var names []string
	for i := range g.Functions {
		f := &g.Functions[i]
		bound := L.NewFunction(b.bind(f))
		switch {
		case f.Name == g.Name:
			single = bound
		case strings.Contains(f.Name, ":"):
			b.methods(g.Name).RawSetString(f.Short(), bound)
		default:
			names = append(names, f.Short())
			table.RawSetString(f.Short(), bound)
		}
		b.note(bound, "gopiper."+f.Name)
	}
	if single != nil {
		return single
	}
	b.note(table, "gopiper."+g.Name)
	meta := L.CreateTable(0, 4)
	b.st.set(meta, map[string]lua.LGFunction{
		"__index": func(L *lua.LState) int {
			L.RaiseError("gopiper.%s has no function %q%s", g.Name, L.Get(2).String(), suggestOption(L.Get(2).String(), names))
			return 0
		},
		"__newindex": func(L *lua.LState) int {
			L.RaiseError("gopiper.%s.%s cannot be assigned: the library is shared by all; use a variable of your own", g.Name, L.Get(2).String())
			return 0
		},
		"__call": func(L *lua.LState) int {
			attributes := L.Get(2)
			L.Push(b.st.shortForm(L, g.Name))
			L.Push(attributes)
			L.Call(1, 1)
			return 1
		},
	})
	meta.RawSetString("__metatable", lua.LFalse)
	meta.RawSetString(groupMark, lua.LTrue)
	table.Metatable = meta
	return table
}

// groupMark stands in the metatables of groups.
const groupMark = "gopiper"

func (b *standard) note(value lua.LValue, name string) {
	if b.made != nil {
		b.made[value] = name
	}
}

// methods returns the table of the methods of a kind of object.
func (b *standard) methods(kind string) *lua.LTable {
	meta, ok := b.objects[kind]
	if !ok {
		L := b.st.lua
		meta = L.CreateTable(0, 4)
		meta.RawSetString("__index", L.CreateTable(0, 2))
		meta.RawSetString("__metatable", lua.LString(kind))
		b.st.set(meta, map[string]lua.LGFunction{"__tostring": func(L *lua.LState) int {
			L.Push(lua.LString(kind))
			return 1
		}})
		if b.objects == nil {
			b.objects = make(map[string]*lua.LTable)
		}
		b.objects[kind] = meta
	}
	return meta.RawGetString("__index").(*lua.LTable)
}

// bind makes a Lua function of one of the library.
func (b *standard) bind(f *std.Function) lua.LGFunction {
	if f.Name == "json.decode" {
		return b.decodeJSON
	}
	return func(L *lua.LState) int {
		if f.Handling && b.st.describing {
			L.RaiseError("gopiper.%s is for handling messages and cannot be called while the script describes; call it in a function of a stage", f.Name)
		}
		b.gather(L, f.Short())
		results, err := f.Call(&b.context, b.arguments)
		clear(b.arguments)
		if err != nil {
			L.RaiseError("%s", err.Error())
		}
		for _, value := range results {
			b.st.guard.charge(L, len(value.Text))
			L.Push(b.toLua(value))
		}
		return len(results)
	}
}

// gather makes the arguments of a call.
func (b *standard) gather(L *lua.LState, function string) {
	b.surroundings(L)
	b.arguments, b.left = b.arguments[:0], argumentsMax
	for i := 1; i <= L.GetTop(); i++ {
		value, err := b.fromLua(L.Get(i), 0)
		if err != nil {
			b.arguments = b.arguments[:0]
			L.RaiseError("bad argument #%d to '%s' (%s)", i, function, err.Error())
		}
		b.arguments = append(b.arguments, value)
	}
}

// surroundings sets what differs between describing and handling.
func (b *standard) surroundings(L *lua.LState) {
	b.running = L
	b.context.Quiet, b.context.Random = b.st.describing && !b.st.first, nil
	if b.st.describing {
		b.context.Random = b.frozenRandom
	}
}

// now is the clock, which stands still while a script describes.
func (b *standard) now() time.Time {
	if b.st.describing {
		return b.st.script.world.now
	}
	return time.Now()
}

// where tells whose log line it is.
func (b *standard) where() []slog.Attr {
	list := make([]slog.Attr, 0, 3)
	if f := b.st.running; f != nil && !b.st.describing && f.stage != "" {
		list = append(list, slog.String("pipeline", f.pipelineName), slog.String("stage", f.stage))
	}
	return append(list, slog.String("position", b.st.position(b.running).String()))
}

func (b *standard) frozenRandom(p []byte) {
	var word [8]byte
	for len(p) > 0 {
		binary.LittleEndian.PutUint64(word[:], b.st.random.Uint64())
		p = p[copy(p, word[:]):]
	}
}

// charge has the state's guard look at the clock and the memory, and raises an
// error if the call must end.
func (b *standard) charge(n int) error {
	b.st.guard.charge(b.running, n)
	return nil
}

// rawSet is rawset, which takes no groups of the library: functions that were
// compiled do not look at them again.
func rawSet(L *lua.LState) int {
	table := L.CheckTable(1)
	if meta, ok := table.Metatable.(*lua.LTable); ok && meta.RawGetString(groupMark) != lua.LNil {
		L.RaiseError("rawset: the library is shared by all and cannot be changed; use a table of your own")
	}
	L.RawSet(table, L.CheckAny(2), L.CheckAny(3))
	L.SetTop(1)
	return 1
}
