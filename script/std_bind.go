package script

import (
	"encoding/binary"
	"fmt"
	"log/slog"
	"math"
	"strconv"
	"strings"
	"time"

	lua "github.com/yuin/gopher-lua"

	"github.com/gopiper/gopiper/script/std"
)

// The limits on what is handed to the standard library: how deep tables may be
// nested, and how many values they may hold altogether.
const (
	argumentDepthMax = 1000
	argumentsMax     = 1 << 19
	// checkEvery is how much work the library does between two looks at the
	// clock, in its own units: bytes that could be copied meanwhile.
	checkEvery = 1 << 20
)

// standard is the standard library of a state. Of a group nothing is made until
// a script asks for it.
type standard struct {
	st        *state
	module    *lua.LTable
	short     []string // names of gopiper's own functions, for suggestions
	context   std.Context
	running   *lua.LState // the coroutine that calls
	arguments []std.Value
	left      int // values that the arguments may still hold
	work      int // since the guard was last asked

	null    *lua.LUserData
	array   *lua.LTable // metatables
	exact   *lua.LTable // nil until there is one
	objects map[string]*lua.LTable
}

// exactNumber is what a script holds of a number that a Lua number cannot hold.
type exactNumber string

// nothing is what gopiper.null holds.
type nothing struct{}

// openStandard makes gopiper.NAME find the standard library.
func (st *state) openStandard(module, meta *lua.LTable, short []string) {
	b := &standard{st: st, module: module, short: short}
	b.context.Charge = b.charge
	b.context.MaxOutput = stringMax
	b.context.Now = func() time.Time {
		if st.describing {
			return st.script.world.now
		}
		return time.Now()
	}
	otherwise := meta.RawGetString("__index").(*lua.LFunction).GFunction
	st.set(meta, map[string]lua.LGFunction{"__index": func(L *lua.LState) int {
		if name, ok := L.Get(2).(lua.LString); ok {
			if value := b.find(string(name)); value != nil {
				module.RawSetString(string(name), value)
				L.Push(value)
				return 1
			}
		}
		return otherwise(L)
	}})
}

// standardNames are the names of the groups.
func standardNames() []string {
	names := []string{"null"}
	for _, g := range std.Groups() {
		names = append(names, g.Name)
	}
	return names
}

// find makes what stands behind gopiper.name, nil if that is not ours.
func (b *standard) find(name string) lua.LValue {
	if name == "null" {
		b.prepare()
		return b.null
	}
	for _, g := range std.Groups() {
		if g.Name == name {
			b.prepare()
			return b.group(g)
		}
	}
	return nil
}

// prepare makes what all groups share.
func (b *standard) prepare() {
	if b.null != nil {
		return
	}
	L, set := b.st.lua, b.st.set
	meta := L.CreateTable(0, 2)
	set(meta, map[string]lua.LGFunction{"__tostring": func(L *lua.LState) int {
		L.Push(lua.LString("null"))
		return 1
	}})
	meta.RawSetString("__metatable", lua.LString("null"))
	b.null = &lua.LUserData{Value: nothing{}, Metatable: meta}
	b.array = L.CreateTable(0, 1)
	b.array.RawSetString("__metatable", lua.LString("array"))
	b.objects = make(map[string]*lua.LTable)
}

// group makes the table of a group, or its function. What the name stands for
// as a component, such as gopiper.json{ … }, it still does.
func (b *standard) group(g std.Group) lua.LValue {
	L := b.st.lua
	table := L.CreateTable(0, len(g.Functions))
	var single lua.LValue
	var names []string
	for i := range g.Functions {
		f := &g.Functions[i]
		switch bound := L.NewFunction(b.bind(f)); {
		case f.Name == g.Name:
			single = bound
		case strings.Contains(f.Name, ":"):
			b.methods(g.Name).RawSetString(f.Short(), bound)
		default:
			names = append(names, f.Short())
			table.RawSetString(f.Short(), bound)
		}
	}
	if single != nil {
		return single
	}
	meta := L.CreateTable(0, 4)
	b.st.set(meta, map[string]lua.LGFunction{
		"__index": func(L *lua.LState) int {
			L.RaiseError("gopiper.%s has no function %s%s", g.Name, describe(L.Get(2)), suggestOption(L.Get(2).String(), names))
			return 0
		},
		"__newindex": func(L *lua.LState) int {
			L.RaiseError("gopiper.%s.%s cannot be assigned: the library is shared by all; use a variable of your own", g.Name, L.Get(2).String())
			return 0
		},
		"__call": func(L *lua.LState) int {
			attributes := L.Get(2)
			L.Push(b.st.shortForm(L, g.Name, b.short))
			L.Push(attributes)
			L.Call(1, 1)
			return 1
		},
	})
	meta.RawSetString("__metatable", lua.LFalse)
	table.Metatable = meta
	return table
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
		b.objects[kind] = meta
	}
	return meta.RawGetString("__index").(*lua.LTable)
}

// bind makes a Lua function of one of the library.
func (b *standard) bind(f *std.Function) lua.LGFunction {
	return func(L *lua.LState) int {
		b.surroundings(L)
		b.arguments, b.left = b.arguments[:0], argumentsMax
		for i := 1; i <= L.GetTop(); i++ {
			value, err := b.fromLua(L.Get(i), 0)
			if err != nil {
				b.arguments = b.arguments[:0]
				L.RaiseError("bad argument #%d to '%s' (%s)", i, f.Short(), err.Error())
			}
			b.arguments = append(b.arguments, value)
		}
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

// surroundings sets what differs between describing and handling.
func (b *standard) surroundings(L *lua.LState) {
	b.running, b.context.Random, b.context.Logger = L, nil, nil
	if b.st.describing {
		b.context.Random = b.frozenRandom
		if !b.st.first {
			b.context.Logger = slog.New(slog.DiscardHandler)
		}
	}
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
	if b.work += n; b.work < checkEvery {
		return nil
	}
	if b.work = 0; b.st.guard.check() != nil {
		b.running.RaiseError("%s", b.st.guard.tripped.Error())
	}
	return nil
}

// fromLua turns a Lua value into one of the library.
func (b *standard) fromLua(value lua.LValue, depth int) (std.Value, error) {
	switch v := value.(type) {
	case *lua.LNilType:
		return std.Value{}, nil
	case lua.LString:
		return std.Text(string(v)), nil
	case lua.LNumber:
		return std.Num(float64(v)), nil
	case lua.LBool:
		return std.Flag(bool(v)), nil
	case *lua.LTable:
		if depth >= argumentDepthMax {
			return std.Value{}, fmt.Errorf("tables are nested deeper than %d, or in themselves", argumentDepthMax)
		}
		return b.tableFromLua(v, depth)
	case *lua.LUserData:
		switch held := v.Value.(type) {
		case nothing:
			return std.Value{Kind: std.Null}, nil
		case exactNumber:
			return std.Value{Kind: std.Exact, Text: string(held)}, nil
		case std.Counter, std.Gauge:
			return std.Value{Kind: std.Object, Object: held}, nil
		}
		if name, ok := metatableName(v); ok {
			return std.Value{Kind: std.Other, Text: name}, nil
		}
	}
	return std.Value{Kind: std.Other, Text: value.Type().String()}, nil
}

func (b *standard) tableFromLua(table *lua.LTable, depth int) (std.Value, error) {
	t := &std.Table{Array: table.Metatable == lua.LValue(b.array)}
	for key, value := table.Next(lua.LNil); key != lua.LNil; key, value = table.Next(key) {
		if b.left--; b.left < 0 {
			return std.Value{}, fmt.Errorf("its tables hold more than %d values; does one contain itself?", argumentsMax)
		}
		if b.left&1023 == 0 {
			_ = b.charge(1024 * 64) // it raises its error
		}
		element, err := b.fromLua(value, depth+1)
		switch k := key.(type) {
		case lua.LString:
			if err != nil {
				return std.Value{}, deeper("."+string(k), depth, err)
			}
			t.Names, t.Fields = append(t.Names, string(k)), append(t.Fields, element)
		case lua.LNumber:
			if n := len(t.List) + 1; float64(k) != float64(n) {
				return std.Value{}, fmt.Errorf("a list has the elements 1, 2, 3 and so on without a hole; [%s] comes where [%d] is expected",
					std.FormatNumber(float64(k)), n)
			}
			if err != nil {
				return std.Value{}, deeper("["+strconv.Itoa(len(t.List)+1)+"]", depth, err)
			}
			t.List = append(t.List, element)
		default:
			return std.Value{}, fmt.Errorf("a table has names or the numbers 1, 2, 3 … as keys, not %s", describe(key))
		}
	}
	return std.OfTable(t), nil
}

// deeper says where in a table an error is, as long as that can be read.
func deeper(step string, depth int, err error) error {
	if depth > 10 {
		return err
	}
	return within(step, err)
}

// toLua turns a value of the library into one of Lua.
func (b *standard) toLua(value std.Value) lua.LValue {
	L := b.st.lua
	switch value.Kind {
	case std.Boolean:
		return lua.LBool(value.Bool)
	case std.Number:
		return lua.LNumber(value.Number)
	case std.String:
		return lua.LString(value.Text)
	case std.Map:
		t := value.Table
		table := L.CreateTable(len(t.List), len(t.Names))
		_ = b.charge(64 * (len(t.List) + len(t.Names))) // it raises its error
		for _, element := range t.List {
			table.Append(b.toLua(element))
		}
		for i, name := range t.Names {
			table.RawSetString(name, b.toLua(t.Fields[i]))
		}
		if t.Array {
			table.Metatable = b.array
		}
		return table
	case std.Null:
		return b.null
	case std.Exact:
		if b.exact == nil {
			b.exact = L.CreateTable(0, 16)
			b.openExact()
		}
		return &lua.LUserData{Value: exactNumber(value.Text), Metatable: b.exact}
	case std.Object:
		return &lua.LUserData{Value: value.Object, Metatable: b.objects[value.TypeName()]}
	}
	return lua.LNil
}

// openExact makes exact numbers print all their digits, compare with one
// another, and become Lua numbers in arithmetic.
func (b *standard) openExact() {
	functions := map[string]lua.LGFunction{
		"__tostring": func(L *lua.LState) int {
			L.Push(lua.LString(exactText(L.Get(1))))
			return 1
		},
		"__concat": func(L *lua.LState) int {
			text := exactText(L.Get(1)) + exactText(L.Get(2))
			b.st.guard.charge(L, len(text))
			L.Push(lua.LString(text))
			return 1
		},
		"__eq":  comparison(func(order int) bool { return order == 0 }),
		"__lt":  comparison(func(order int) bool { return order < 0 }),
		"__le":  comparison(func(order int) bool { return order <= 0 }),
		"__add": arithmetic(func(x, y float64) float64 { return x + y }),
		"__sub": arithmetic(func(x, y float64) float64 { return x - y }),
		"__mul": arithmetic(func(x, y float64) float64 { return x * y }),
		"__div": arithmetic(func(x, y float64) float64 { return x / y }),
		"__mod": arithmetic(func(x, y float64) float64 { return x - math.Floor(x/y)*y }),
		"__pow": arithmetic(math.Pow),
		"__unm": func(L *lua.LState) int {
			L.Push(lua.LNumber(-operand(L, 1)))
			return 1
		},
	}
	b.st.set(b.exact, functions)
	b.exact.RawSetString("__metatable", lua.LString("exact number"))
}

// exactText is the text of an exact number or of what stands beside one.
func exactText(value lua.LValue) string {
	if v, ok := value.(*lua.LUserData); ok {
		if exact, ok := v.Value.(exactNumber); ok {
			return string(exact)
		}
	}
	if number, ok := value.(lua.LNumber); ok {
		return std.FormatNumber(float64(number))
	}
	return value.String()
}

func comparison(holds func(order int) bool) lua.LGFunction {
	return func(L *lua.LState) int {
		L.Push(lua.LBool(holds(std.CompareExact(exactText(L.Get(1)), exactText(L.Get(2))))))
		return 1
	}
}

// operand is argument i as a Lua number.
func operand(L *lua.LState, i int) float64 {
	switch v := L.Get(i).(type) {
	case *lua.LUserData:
		if exact, ok := v.Value.(exactNumber); ok {
			f, _ := strconv.ParseFloat(string(exact), 64) // beyond the greatest it is infinite
			return f
		}
	case lua.LNumber:
		return float64(v)
	case lua.LString:
		if f, err := strconv.ParseFloat(strings.TrimSpace(string(v)), 64); err == nil {
			return f
		}
	}
	L.RaiseError("attempt to perform arithmetic on %s", describe(L.Get(i)))
	return 0
}

func arithmetic(operation func(x, y float64) float64) lua.LGFunction {
	return func(L *lua.LState) int {
		L.Push(lua.LNumber(operation(operand(L, 1), operand(L, 2))))
		return 1
	}
}
