package compile

import (
	"math"

	"github.com/yuin/gopher-lua/ast"
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
		return func(f *frame) Value {
			left := f.numberOf(a(f))
			return number(f.modulo(left, f.numberOf(b(f))))
		}
	case "^":
		return func(f *frame) Value {
			left := f.numberOf(a(f))
			return number(math.Pow(left, f.numberOf(b(f))))
		}
	}
	c.refuse(e.Line(), "the operator %s", e.Operator)
	return nil
}

// modulo is a % b for whole numbers. How fractions are rounded, and what
// becomes of zero and the infinities, is for the interpreter to say.
func (f *frame) modulo(a, b float64) float64 {
	x, ok1 := whole(a)
	y, ok2 := whole(b)
	if !ok1 || !ok2 || y == 0 || x == 0 && math.Signbit(a) {
		f.bail()
	}
	r := x % y
	if r != 0 && (r < 0) != (y < 0) {
		r += y
	}
	return float64(r)
}
