package script

import (
	lua "github.com/yuin/gopher-lua"

	"github.com/gopiper/gopiper/script/compile"
)

// numberText is a number as Lua 5.1 writes it, with 14 digits; the engine writes all
// 17.
func numberText(n lua.LNumber) string {
	return string(compile.AppendNumber(nil, float64(n)))
}

// textOf is the text of a string or a number, also of an exact one.
func textOf(value lua.LValue) (string, bool) {
	switch v := value.(type) {
	case lua.LString:
		return string(v), true
	case lua.LNumber:
		return numberText(v), true
	case *lua.LUserData:
		if e := exactOf(v); e != nil {
			return e.text, true
		}
	}
	return "", false
}

// textArgument returns argument n, a string or a number, as a string.
func textArgument(L *lua.LState, n int) string {
	if number, ok := L.Get(n).(lua.LNumber); ok {
		return numberText(number)
	}
	return L.CheckString(n)
}

// textShown is what tostring makes of a value.
func textShown(L *lua.LState, value lua.LValue) string {
	if number, ok := value.(lua.LNumber); ok {
		return numberText(number)
	}
	return L.ToStringMeta(value).String()
}

func toString(L *lua.LState) int {
	value := L.CheckAny(1)
	if number, ok := value.(lua.LNumber); ok {
		value = lua.LString(numberText(number))
	} else {
		value = L.ToStringMeta(value)
	}
	L.Push(value)
	return 1
}
