package script

import (
	"math"
	"strconv"
	"strings"

	lua "github.com/yuin/gopher-lua"
	"github.com/yuin/gopher-lua/ast"

	"github.com/gopiper/gopiper/script/cmath"
	"github.com/gopiper/gopiper/script/compile"
)

// This file calculates what the engine calculates otherwise than Lua 5.1: powers,
// remainders, and with strings that are numbers.

// calculatedElsewhere turns a ^ b and a % b into calls of the Go functions of these
// names, for the engine's instructions round otherwise; of constants, into the result. A
// remainder by a whole number that is spelled out stays, as it is much faster so, and
// differs only if the number on the left is beyond 2^53.
func calculatedElsewhere(e *ast.ArithmeticOpExpr) ast.Expr {
	if e.Operator != "%" && e.Operator != "^" {
		return e
	}
	if f, ok := folded(e); ok {
		return numeral(f, e)
	}
	if e.Operator == "%" && compile.IsWhole(e.Rhs) {
		return e
	}
	return called(e.Operator, e, e.Lhs, single(e.Rhs))
}

// folded is the value of an expression of constants, if that is a finite number: Lua
// calculates any other when it is run, too.
func folded(expression ast.Expr) (f float64, ok bool) {
	switch e := expression.(type) {
	case *ast.NumberExpr:
		f, ok = parseNumber(e.Value)
		return f, ok
	case *ast.UnaryMinusOpExpr:
		f, ok = folded(e.Expr)
		return -f, ok
	case *ast.ArithmeticOpExpr:
		a, ok1 := folded(e.Lhs)
		b, ok2 := folded(e.Rhs)
		if !ok1 || !ok2 {
			return 0, false
		}
		f = calculate[e.Operator](a, b)
		return f, !math.IsNaN(f) && !math.IsInf(f, 0)
	}
	return 0, false
}

// numeral is a number as an expression.
func numeral(f float64, at ast.Expr) ast.Expr {
	var e ast.Expr
	if math.IsInf(f, 0) {
		e = &ast.ArithmeticOpExpr{Operator: "*", Lhs: numeral(math.MaxFloat64, at), Rhs: numeral(2, at)}
	} else {
		e = &ast.NumberExpr{Value: strconv.FormatFloat(math.Abs(f), 'g', -1, 64)}
	}
	e.SetLine(at.Line())
	if math.Signbit(f) {
		e = &ast.UnaryMinusOpExpr{Expr: e}
		e.SetLine(at.Line())
	}
	return e
}

// calculate are the operators of arithmetic.
var calculate = map[string]func(a, b float64) float64{
	"+": func(a, b float64) float64 { return a + b },
	"-": func(a, b float64) float64 { return a - b },
	"*": func(a, b float64) float64 { return a * b },
	"/": func(a, b float64) float64 { return a / b },
	"%": cmath.Remainder,
	"^": cmath.Pow,
}

// mathematics are the functions of the library math that have other last digits with
// the engine.
var mathematics = func() map[string]lua.LGFunction {
	functions := make(map[string]lua.LGFunction)
	for name, f := range map[string]func(a, b float64) float64{"atan2": cmath.Atan2, "pow": cmath.Pow} {
		functions[name] = func(L *lua.LState) int {
			a := float64(L.CheckNumber(1))
			L.Push(lua.LNumber(f(a, float64(L.CheckNumber(2)))))
			return 1
		}
	}
	for name, f := range map[string]func(float64) float64{
		"acos": cmath.Acos, "asin": cmath.Asin, "atan": cmath.Atan, "cos": cmath.Cos, "cosh": cmath.Cosh,
		"deg": cmath.Deg, "exp": cmath.Exp, "log": cmath.Log, "log10": cmath.Log10, "rad": cmath.Rad,
		"sin": cmath.Sin, "sinh": cmath.Sinh, "tan": cmath.Tan, "tanh": cmath.Tanh,
	} {
		functions[name] = func(L *lua.LState) int {
			L.Push(lua.LNumber(f(float64(L.CheckNumber(1)))))
			return 1
		}
	}
	return functions
}()

// operator is the function that does the work of an operator; see rewriter. Whatever
// are no numbers have a metamethod for it.
func operator(name string, calculate func(a, b float64) float64) lua.LGFunction {
	return func(L *lua.LState) int {
		a, b := L.Get(1), L.Get(2)
		if x, ok := a.(lua.LNumber); ok {
			if y, ok := b.(lua.LNumber); ok {
				L.Push(lua.LNumber(calculate(float64(x), float64(y))))
				return 1
			}
		}
		event := "__" + name
		method := L.GetMetaField(a, event)
		if method == lua.LNil {
			method = L.GetMetaField(b, event)
		}
		if method == lua.LNil {
			raiseOperands(L, name, a, b)
		}
		L.Push(method)
		L.Push(a)
		L.Push(b)
		L.Call(2, 1)
		return 1
	}
}

// raiseOperands raises the error of the engine about what cannot be calculated with.
func raiseOperands(L *lua.LState, name string, a, b lua.LValue) {
	L.RaiseError("cannot perform %s operation between %s and %s", name, a.Type(), b.Type())
}

// stringArithmetic are the metamethods of strings that calculate with those that
// are numbers, in place of the engine.
func stringArithmetic() map[string]lua.LGFunction {
	methods := map[string]lua.LGFunction{
		"__unm": stringOperator("__unm", func(a, _ float64) float64 { return -a }),
	}
	for operator, event := range map[string]string{
		"+": "__add", "-": "__sub", "*": "__mul", "/": "__div", "%": "__mod", "^": "__pow",
	} {
		methods[event] = stringOperator(event, calculate[operator])
	}
	return methods
}

func stringOperator(event string, calculate func(a, b float64) float64) lua.LGFunction {
	return func(L *lua.LState) int {
		a, b := L.Get(1), L.Get(2)
		if event == "__unm" {
			b = lua.LNumber(0)
		}
		x, ok1 := numberOf(a)
		y, ok2 := numberOf(b)
		if ok1 && ok2 {
			L.Push(lua.LNumber(calculate(x, y)))
			return 1
		}
		if other, ok := L.GetMetaField(b, event).(*lua.LFunction); ok && b.Type() != lua.LTString {
			L.Push(other)
			L.Push(a)
			L.Push(b)
			L.Call(2, 1)
			return 1
		}
		raiseOperands(L, strings.TrimLeft(event, "_"), a, b)
		return 0
	}
}
