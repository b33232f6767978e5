package script

import (
	"fmt"
	"strconv"

	lua "github.com/yuin/gopher-lua"

	"github.com/gopiper/gopiper/script/std"
)

// The limits on what is handed to the standard library: how deep tables may be
// nested, and how many values they may hold altogether.
const (
	argumentDepthMax = 1000
	argumentsMax     = 1 << 19
)

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
		return b.fromUserData(v)
	}
	return std.Value{Kind: std.Other, Text: value.Type().String()}, nil
}

func (b *standard) fromUserData(v *lua.LUserData) (std.Value, error) {
	if v == b.st.null {
		return std.Value{Kind: std.Null}, nil
	}
	switch held := v.Value.(type) {
	case *exact:
		return std.Value{Kind: std.Exact, Text: held.text}, nil
	case *piece:
		held.alive(b.running)
		out, err := held.node.Append(b.st.take())
		if err != nil {
			return std.Value{}, invalid(err)
		}
		b.st.guard.charge(b.running, min(len(out), stringMax))
		text := string(out)
		b.st.buffer = out
		return std.Value{Kind: std.JSON, Text: text}, nil
	case std.Counter, std.Gauge:
		return std.Value{Kind: std.Object, Object: held}, nil
	}
	name, ok := metatableName(v)
	if !ok {
		name = v.Type().String()
	}
	return std.Value{Kind: std.Other, Text: name}, nil
}

func (b *standard) tableFromLua(table *lua.LTable, depth int) (std.Value, error) {
	t := &std.Table{Array: table.Metatable == lua.LValue(b.st.arrayMark)}
	sorted, last := true, ""
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
			if t.Names == nil {
				t.Names, t.Fields = make([]string, 0, 8), make([]std.Value, 0, 8)
			}
			sorted, last = sorted && last <= string(k), string(k)
			t.Names, t.Fields = append(t.Names, last), append(t.Fields, element)
		case lua.LNumber:
			if n := len(t.List) + 1; float64(k) != float64(n) {
				return std.Value{}, fmt.Errorf("a list has the elements 1, 2, 3 and so on without a hole; [%s] comes where [%d] is expected",
					std.FormatNumber(float64(k)), n)
			}
			if t.List == nil {
				t.List = make([]std.Value, 0, min(table.Len(), b.left+1))
			}
			if err != nil {
				return std.Value{}, deeper("["+strconv.Itoa(len(t.List)+1)+"]", depth, err)
			}
			t.List = append(t.List, element)
		default:
			return std.Value{}, fmt.Errorf("a table has names or the numbers 1, 2, 3 … as keys, not %s", describe(key))
		}
	}
	if !sorted {
		t.Sort()
	}
	if len(t.List) > 0 && table.Metatable == lua.LValue(b.st.objectMark) {
		return std.Value{}, fmt.Errorf("a gopiper.object has names, not numbers; use tostring(…) for its keys")
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
	switch value.Kind {
	case std.Boolean:
		return lua.LBool(value.Bool)
	case std.Number:
		return lua.LNumber(value.Number)
	case std.String:
		return lua.LString(value.Text)
	case std.Map:
		return b.tableToLua(value.Table)
	case std.Null:
		return b.st.null
	case std.Exact:
		return b.st.newExact(value.Text)
	case std.Object:
		return &lua.LUserData{Value: value.Object, Metatable: b.objects[value.TypeName()]}
	}
	return lua.LNil
}

func (b *standard) tableToLua(t *std.Table) *lua.LTable {
	table := b.st.lua.CreateTable(len(t.List), len(t.Names))
	_ = b.charge(64 * (len(t.List) + len(t.Names))) // it raises its error
	for _, element := range t.List {
		table.Append(b.toLua(element))
	}
	for i, name := range t.Names {
		table.RawSetString(name, b.toLua(t.Fields[i]))
	}
	if t.Array {
		table.Metatable = b.st.arrayMark
	}
	return table
}
