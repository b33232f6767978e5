package script

import (
	"errors"
	"math"
	"strconv"
	"strings"

	lua "github.com/yuin/gopher-lua"

	"github.com/gopiper/gopiper/script/compile"
)

// space is what C, and so Lua, takes for white space.
const space = " \t\n\v\f\r"

// parseNumber reads a string as a number, as C's strtod and so Lua 5.1 does; the
// engine also takes what Go does, 0b1 and 1_000, and 010 for octal.
func parseNumber(text string) (float64, bool) {
	if len(text) > compile.NumeralMax {
		return 0, false
	}
	text, _, _ = strings.Cut(text, "\x00")
	text = strings.Trim(text, space)
	unsigned := strings.ToLower(text)
	negative := strings.HasPrefix(text, "-")
	if negative || strings.HasPrefix(text, "+") {
		unsigned = unsigned[1:]
	}
	switch {
	case unsigned == "nan":
		return math.NaN(), true
	case unsigned == "inf" || unsigned == "infinity":
		if negative {
			return math.Inf(-1), true
		}
		return math.Inf(1), true
	case strings.HasPrefix(unsigned, "0x"):
		if strings.Trim(unsigned[2:], "0123456789abcdef.p+-") != "" {
			return 0, false
		}
		if !strings.Contains(unsigned, "p") {
			text += "p0" // which Go wants
		}
	case strings.Trim(unsigned, "0123456789.e+-") != "":
		return 0, false
	}
	f, err := strconv.ParseFloat(text, 64)
	return f, err == nil || errors.Is(err, strconv.ErrRange)
}

// parseWhole reads a whole number in a base, as C's strtoul does.
func parseWhole(text string, base int) (float64, bool) {
	if len(text) > compile.NumeralMax {
		return 0, false
	}
	text, _, _ = strings.Cut(text, "\x00")
	text = strings.ToLower(strings.Trim(text, space))
	unsigned := text
	if text != "" && strings.IndexByte("+-", text[0]) >= 0 {
		unsigned = text[1:]
	}
	if base == 16 && len(unsigned) > 2 {
		unsigned = strings.TrimPrefix(unsigned, "0x")
	}
	n, err := strconv.ParseUint(unsigned, base, 64) // the largest there is if it is beyond
	if err != nil && !errors.Is(err, strconv.ErrRange) || strings.HasPrefix(unsigned, "+") {
		return 0, false
	}
	if err == nil && strings.HasPrefix(text, "-") {
		n = -n
	}
	return float64(n), true
}

// numberOf is a number, or a string that is one.
func numberOf(value lua.LValue) (float64, bool) {
	switch v := value.(type) {
	case lua.LNumber:
		return float64(v), true
	case lua.LString:
		return parseNumber(string(v))
	}
	return 0, false
}

// integer returns argument n without its fraction.
func integer(L *lua.LState, n int) float64 { return math.Trunc(numberArgument(L, n)) }

// numberArgument returns argument n, a number or a string that is one.
func numberArgument(L *lua.LState, n int) float64 {
	f, ok := numberOf(L.Get(n))
	if !ok {
		L.TypeError(n, lua.LTNumber)
	}
	return f
}

// optional is integer of an argument that may be left out.
func optional(L *lua.LState, n int, otherwise float64) float64 {
	if L.Get(n) == lua.LNil {
		return otherwise
	}
	return integer(L, n)
}

func toNumber(L *lua.LState) int {
	value := L.CheckAny(1)
	e := exactOf(value)
	f, ok := 0.0, false
	if base := optional(L, 2, 10); base == 10 && e != nil {
		f, ok = e.float(), true
	} else if base == 10 {
		f, ok = numberOf(value)
	} else {
		text := ""
		if e != nil {
			text = e.text
		} else {
			text = textArgument(L, 1)
		}
		if !(2 <= base && base <= 36) {
			L.ArgError(2, "a base is 2 to 36")
		}
		f, ok = parseWhole(text, int(base))
	}
	if !ok {
		L.Push(lua.LNil)
		return 1
	}
	L.Push(lua.LNumber(f))
	return 1
}

// numericArguments lets the functions of a table, or the one of a name, have numbers
// for strings that are numbers, from the argument of a place on: the engine reads some
// of them otherwise.
func numericArguments(L *lua.LState, table *lua.LTable, name string, from int) {
	functions := make(map[string]lua.LGFunction)
	table.ForEach(func(key, value lua.LValue) {
		if f, ok := value.(*lua.LFunction); ok && f.IsG && (name == "" || key.String() == name) {
			functions[key.String()] = f.GFunction
		}
	})
	for name, f := range functions {
		table.RawSetString(name, L.NewFunction(func(L *lua.LState) int {
			for i := from; i <= L.GetTop(); i++ {
				if L.Get(i).Type() == lua.LTString {
					L.Replace(i, lua.LNumber(numberArgument(L, i)))
				}
			}
			return f(L)
		}))
	}
}

// forName is the name of the global function that readies the bounds of a numeric
// for loop. No identifier can be spelled like it.
const forName = "for"

// forNumber lets strings that are numbers be bounds; about anything else the
// engine complains.
func forNumber(L *lua.LState) int {
	value := L.Get(1)
	if text, ok := value.(lua.LString); ok {
		if f, ok := parseNumber(string(text)); ok {
			value = lua.LNumber(f)
		}
	}
	L.Push(value)
	return 1
}
