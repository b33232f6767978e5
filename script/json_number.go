package script

import (
	"fmt"
	"math"
	"math/big"
	"strconv"
	"strings"

	lua "github.com/yuin/gopher-lua"

	"github.com/gopiper/gopiper/jsonview"
)

// exactFrom is where whole numbers begin that a Lua number may not hold: it
// holds all up to this, 2^53.
const exactFrom = 1 << 53

// digitsMax is how long a number may be that is calculated with.
const digitsMax = 1000

// exact is a number of JSON that a Lua number cannot hold: a whole number
// beyond 2^53, or one beyond the greatest or smallest.
type exact struct {
	text  string
	whole bool
}

// number turns a number's text into a Lua number, or into an exact one.
func (st *state) number(v *view, value jsonview.Value) lua.LValue {
	f, isExact := v.number(value.Raw())
	if isExact {
		return st.newExact(string(value.Raw()))
	}
	return lua.LNumber(f)
}

// smallInt reads up to 15 digits. The text is that of a number.
func smallInt(raw []byte) (float64, bool) {
	digits, negative := raw, raw[0] == '-'
	if negative {
		digits = raw[1:]
	}
	n := int64(0)
	for _, c := range digits {
		if c < '0' || c > '9' {
			return 0, false
		}
		n = n*10 + int64(c-'0')
	}
	if negative {
		return math.Copysign(float64(n), -1), true
	}
	return float64(n), true
}

func (st *state) newExact(text string) lua.LValue {
	return &lua.LUserData{Value: &exact{text, !strings.ContainsAny(text, ".eE")}, Metatable: st.exact}
}

// exactOf returns the exact number that a value is, nil if it is none.
func exactOf(value lua.LValue) *exact {
	if u, ok := value.(*lua.LUserData); ok {
		e, _ := u.Value.(*exact)
		return e
	}
	return nil
}

func (e *exact) float() float64 {
	f, _ := strconv.ParseFloat(e.text, 64) // also of what is beyond: infinity
	return f
}

// openExact makes the metatable of exact numbers.
func (st *state) openExact() {
	L := st.lua
	st.exact = L.CreateTable(0, 12)
	functions := map[string]lua.LGFunction{
		"__tostring": func(L *lua.LState) int {
			text, _ := textOf(L.Get(1))
			L.Push(lua.LString(text))
			return 1
		},
		"__concat": func(L *lua.LState) int {
			left, ok := textOf(L.Get(1))
			right, ok2 := textOf(L.Get(2))
			if !ok || !ok2 {
				L.RaiseError("cannot join %s and %s with ..; use tostring(…) for what may be no string", describe(L.Get(1)), describe(L.Get(2)))
			}
			st.guard.charge(L, len(left)+len(right))
			L.Push(lua.LString(left + right))
			return 1
		},
		"__eq": func(L *lua.LState) int { return st.compare(L, func(sign int) bool { return sign == 0 }) },
		"__lt": func(L *lua.LState) int { return st.compare(L, func(sign int) bool { return sign < 0 }) },
		"__le": func(L *lua.LState) int { return st.compare(L, func(sign int) bool { return sign <= 0 }) },
		"__unm": func(L *lua.LState) int {
			L.Push(lua.LNumber(0))
			L.Replace(2, L.Get(1))
			L.Replace(1, lua.LNumber(0))
			return st.calculate(L, '-')
		},
	}
	for event, operator := range map[string]byte{"__add": '+', "__sub": '-', "__mul": '*', "__div": '/', "__mod": '%', "__pow": '^'} {
		functions[event] = func(L *lua.LState) int { return st.calculate(L, operator) }
	}
	st.set(st.exact, functions)
	st.exact.RawSetString("__metatable", lua.LString("exact number"))
}

// operand is a value to calculate with: a whole number as such, or else f.
func operand(value lua.LValue) (whole *big.Int, f float64, err error) {
	if e := exactOf(value); e != nil {
		if !e.whole {
			return nil, e.float(), nil
		}
		if len(e.text) > digitsMax {
			return nil, 0, fmt.Errorf("a number of %d digits is too long to calculate with or to compare", len(e.text))
		}
		whole, _ = new(big.Int).SetString(e.text, 10)
		return whole, e.float(), nil
	}
	number, ok := value.(lua.LNumber)
	if text, isText := value.(lua.LString); isText {
		parsed, err := strconv.ParseFloat(strings.TrimSpace(string(text)), 64)
		number, ok = lua.LNumber(parsed), err == nil
	}
	if !ok {
		return nil, 0, fmt.Errorf("cannot calculate with %s", describe(value))
	}
	if f = float64(number); f == math.Trunc(f) && math.Abs(f) <= exactFrom {
		whole = big.NewInt(int64(f))
	}
	return whole, f, nil
}

// bothOperands are the two of an operator.
func bothOperands(left, right lua.LValue) (a, b *big.Int, x, y float64, err error) {
	if a, x, err = operand(left); err == nil {
		b, y, err = operand(right)
	}
	return a, b, x, y, err
}

// calculated is the result of an operator: exact for sums, differences, products
// and remainders of whole numbers, or else, without n, a float.
func calculated(operator byte, left, right lua.LValue) (n *big.Int, f float64, err error) {
	a, b, x, y, err := bothOperands(left, right)
	if err != nil {
		return nil, 0, err
	}
	if a != nil && b != nil && operator != '/' && operator != '^' && (operator != '%' || b.Sign() != 0) {
		switch operator {
		case '+':
			a.Add(a, b)
		case '-':
			a.Sub(a, b)
		case '*':
			a.Mul(a, b)
		case '%': // its sign is that of the divisor, as in Lua
			if a.Rem(a, b); a.Sign() != 0 && a.Sign() != b.Sign() {
				a.Add(a, b)
			}
		}
		if a.IsInt64() && a.Int64() <= exactFrom && a.Int64() >= -exactFrom {
			return nil, float64(a.Int64()), nil
		}
		return a, 0, nil
	}
	return nil, calculate[string(operator)](x, y), nil
}

// compared is the order of two numbers, one of which is exact.
func compared(left, right lua.LValue) (sign int, err error) {
	if a, b := exactOf(left), exactOf(right); a != nil && b != nil && a.text == b.text {
		return 0, nil
	}
	a, b, x, y, err := bothOperands(left, right)
	switch {
	case err != nil:
	case a != nil && b != nil:
		sign = a.Cmp(b)
	case x < y:
		sign = -1
	case x > y:
		sign = 1
	}
	return sign, err
}

// calculate is an operator.
func (st *state) calculate(L *lua.LState, operator byte) int {
	n, f, err := calculated(operator, L.Get(1), L.Get(2))
	check(L, err)
	if n != nil {
		L.Push(st.newExact(n.String()))
	} else {
		L.Push(lua.LNumber(f))
	}
	return 1
}

func (st *state) compare(L *lua.LState, holds func(sign int) bool) int {
	sign, err := compared(L.Get(1), L.Get(2))
	check(L, err)
	L.Push(lua.LBool(holds(sign)))
	return 1
}
