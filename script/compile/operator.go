package compile

import (
	"math"
	"strings"

	"github.com/yuin/gopher-lua/ast"

	"github.com/gopiper/gopiper/script/cmath"
)

// condition decides.
type condition func(*frame) bool

// condition compiles an expression of which only the truth matters.
func (c *compiler) condition(e ast.Expr) condition {
	switch e := e.(type) {
	case *ast.UnaryNotOpExpr:
		c.enter(e.Line())
		defer c.leave()
		holds := c.condition(e.Expr)
		return func(f *frame) bool { return !holds(f) }
	case *ast.LogicalOpExpr:
		c.enter(e.Line())
		defer c.leave()
		left, right := c.condition(e.Lhs), c.condition(e.Rhs)
		if e.Operator == "and" {
			return func(f *frame) bool { return left(f) && right(f) }
		}
		return func(f *frame) bool { return left(f) || right(f) }
	case *ast.RelationalOpExpr:
		c.enter(e.Line())
		defer c.leave()
		return c.comparison(e)
	}
	value := c.expression(e)
	return func(f *frame) bool { return value(f).truth() }
}

func (c *compiler) comparison(e *ast.RelationalOpExpr) condition {
	a, b := c.expression(e.Lhs), c.expression(e.Rhs)
	switch e.Operator {
	case "==", "~=":
		want := e.Operator == "=="
		if s, ok := e.Rhs.(*ast.StringExpr); ok {
			return isThe(a, s.Value, want)
		}
		return func(f *frame) bool {
			left := a(f)
			return f.equal(left, b(f)) == want
		}
	case "<":
		return func(f *frame) bool {
			left := a(f)
			return f.less(left, b(f), false)
		}
	case "<=":
		return func(f *frame) bool {
			left := a(f)
			return f.less(left, b(f), true)
		}
	case ">":
		return func(f *frame) bool {
			left := a(f)
			return f.less(b(f), left, false)
		}
	case ">=":
		return func(f *frame) bool {
			left := a(f)
			return f.less(b(f), left, true)
		}
	}
	c.refuse(e.Line(), "the operator %s", e.Operator)
	return nil
}

// isThe compares with a string that is known.
func isThe(value expression, wanted string, want bool) condition {
	return func(f *frame) bool {
		v := value(f)
		if v.kind == isExact {
			f.bail()
		}
		return (v.kind == isString && v.text == wanted) == want
	}
}

// less tells whether a < b, or a <= b.
func (f *frame) less(a, b Value, orEqual bool) bool {
	switch {
	case a.kind == isNumber && b.kind == isNumber:
		return a.number < b.number || orEqual && a.number == b.number
	case a.kind == isString && b.kind == isString:
		f.charge(min(len(a.text), len(b.text)))
		return a.text < b.text || orEqual && a.text == b.text
	}
	f.bail()
	return false
}

func (c *compiler) arithmetic(e *ast.ArithmeticOpExpr) expression {
	a, b := c.expression(e.Lhs), c.expression(e.Rhs)
	switch e.Operator {
	case "+":
		return func(f *frame) Value {
			left := f.numberOf(a(f))
			return number(left + f.numberOf(b(f)))
		}
	case "-":
		return func(f *frame) Value {
			left := f.numberOf(a(f))
			return number(left - f.numberOf(b(f)))
		}
	case "*":
		return func(f *frame) Value {
			left := f.numberOf(a(f))
			return number(left * f.numberOf(b(f)))
		}
	case "/":
		return func(f *frame) Value {
			left := f.numberOf(a(f))
			return number(left / f.numberOf(b(f)))
		}
	case "%":
		if IsWhole(e.Rhs) {
			by := c.number(e.Rhs.(*ast.NumberExpr))
			return func(f *frame) Value { return number(f.rest(f.numberOf(a(f)), by)) }
		}
		return func(f *frame) Value {
			left := f.numberOf(a(f))
			return number(cmath.Remainder(left, f.numberOf(b(f))))
		}
	case "^":
		return func(f *frame) Value {
			left := f.numberOf(a(f))
			return number(cmath.Pow(left, f.numberOf(b(f))))
		}
	}
	c.refuse(e.Line(), "the operator %s", e.Operator)
	return nil
}

// IsWhole tells whether an expression is a whole number from 1 to 10^15 that is spelled
// out. A remainder by such is left to the engine's own instruction by the interpreter.
func IsWhole(e ast.Expr) bool {
	n, ok := e.(*ast.NumberExpr)
	return ok && len(n.Value) <= 15 && n.Value[0] != '0' && strings.Trim(n.Value, "0123456789") == ""
}

// rest is a % b for a b of which IsWhole holds. What the engine's instruction makes of
// numbers beyond 2^53, and next to 0, is for the interpreter to say.
func (f *frame) rest(a, b float64) float64 {
	if size := math.Abs(a); !(size < exactMax) || size < 1e-300 && a != 0 {
		f.bail()
	}
	return cmath.Remainder(a, b)
}
