package compile

import (
	"strconv"
	"strings"

	"github.com/yuin/gopher-lua/ast"
)

// expression computes one value.
type expression func(*frame) Value

// concatName is the function that package script lets the .. operator be.
const concatName = ".."

// expression compiles an expression to one value.
func (c *compiler) expression(e ast.Expr) expression {
	c.enter(e.Line())
	defer c.leave()
	switch e := e.(type) {
	case *ast.NilExpr:
		return literal(Value{})
	case *ast.TrueExpr:
		return literal(boolean(true))
	case *ast.FalseExpr:
		return literal(boolean(false))
	case *ast.StringExpr:
		return literal(text(e.Value))
	case *ast.NumberExpr:
		return literal(number(c.number(e)))
	case *ast.IdentExpr, *ast.AttrGetExpr:
		return c.variable(e)
	case *ast.FuncCallExpr:
		return c.callOne(e)
	case *ast.StringConcatOpExpr:
		return c.concat(e)
	case *ast.ArithmeticOpExpr:
		return c.arithmetic(e)
	case *ast.UnaryMinusOpExpr:
		value := c.expression(e.Expr)
		return func(f *frame) Value { return number(-f.numberOf(value(f))) }
	case *ast.UnaryLenOpExpr:
		value := c.expression(e.Expr)
		return func(f *frame) Value { return f.length(value(f)) }
	case *ast.UnaryNotOpExpr, *ast.RelationalOpExpr:
		holds := c.condition(e)
		return func(f *frame) Value { return boolean(holds(f)) }
	case *ast.LogicalOpExpr:
		return c.logical(e)
	case *ast.TableExpr:
		c.refuse(e.Line(), "a table")
	case *ast.FunctionExpr:
		c.refuse(e.Line(), "a function in the function")
	}
	c.refuse(e.Line(), "an expression of an unknown kind")
	return nil
}

func literal(v Value) expression { return func(*frame) Value { return v } }

// number reads a number as it stands in the script.
func (c *compiler) number(e *ast.NumberExpr) float64 {
	s := e.Value
	if len(s) > 2 && s[0] == '0' && s[1]|0x20 == 'x' {
		if n, err := strconv.ParseUint(s[2:], 16, 53); err == nil && !strings.Contains(s, "_") {
			return float64(n)
		}
	}
	octal := len(s) > 1 && s[0] == '0' && '0' <= s[1] && s[1] <= '9'
	if n, ok, _ := parseNumber(s); ok && !octal {
		return n
	}
	c.refuse(e.Line(), "the number %s, in a spelling that is not compiled", s)
	return 0
}

// variable compiles a name or a field.
func (c *compiler) variable(e ast.Expr) expression {
	m := c.static(e)
	switch m.kind {
	case aLocal:
		slot := m.slot()
		return func(f *frame) Value { return f.locals[slot] }
	case constant:
		return literal(m.value)
	case aMessage:
		c.refuse(e.Line(), "the message as a value")
	case theAttributes:
		c.refuse(e.Line(), "msg.attributes as a value")
	case library:
		c.refuse(e.Line(), "%s as a value", m.name)
	case assigned:
		c.refuse(e.Line(), "the variable %s, which is assigned somewhere", spelled(e))
	}
	get, ok := e.(*ast.AttrGetExpr)
	if !ok {
		c.refuse(e.Line(), "the variable %s, whose value is not known beforehand", spelled(e))
		return nil
	}
	switch object := c.static(get.Object); object.kind {
	case aMessage:
		return c.messageField(get)
	case theAttributes:
		if key, ok := get.Key.(*ast.StringExpr); ok {
			name := key.Value
			return func(f *frame) Value { return f.attribute(name) }
		}
		key := c.name(get.Key)
		return func(f *frame) Value { return f.attribute(key(f).text) }
	case library:
		c.refuse(e.Line(), "%s, which is not compiled", spelled(e))
	}
	object := c.expression(get.Object)
	if key, ok := get.Key.(*ast.StringExpr); ok {
		name := key.Value
		return func(f *frame) Value { return f.member(object(f), name) }
	}
	key := c.expression(get.Key)
	return func(f *frame) Value {
		o := object(f)
		return f.index(o, key(f))
	}
}

func (c *compiler) messageField(e *ast.AttrGetExpr) expression {
	switch c.field(e) {
	case dataField:
		return (*frame).data
	case keyField:
		return (*frame).key
	case timestampField:
		return (*frame).timestamp
	}
	return (*frame).document
}

// spelled is a.b.c as text, for reasons.
func spelled(e ast.Expr) string {
	switch e := e.(type) {
	case *ast.IdentExpr:
		return e.Value
	case *ast.AttrGetExpr:
		if key, ok := e.Key.(*ast.StringExpr); ok {
			return spelled(e.Object) + "." + key.Value
		}
		return spelled(e.Object) + "[…]"
	}
	return "(…)"
}

func (c *compiler) logical(e *ast.LogicalOpExpr) expression {
	left, right := c.expression(e.Lhs), c.expression(e.Rhs)
	stopsAt := e.Operator == "or"
	return func(f *frame) Value {
		if v := left(f); v.truth() == stopsAt {
			return v
		}
		return right(f)
	}
}

// concat compiles a .. b .. c, which are joined at once.
func (c *compiler) concat(e *ast.StringConcatOpExpr) expression {
	operands := []expression{c.expression(e.Lhs)}
	rest := e.Rhs
	for {
		right, ok := rest.(*ast.StringConcatOpExpr)
		if !ok {
			return joined(append(operands, c.expression(rest)), e.Line())
		}
		operands = append(operands, c.expression(right.Lhs))
		rest = right.Rhs
	}
}

// joined joins the operands' values. An arena is contiguous: all are known
// before the first is copied.
func joined(operands []expression, line int) expression {
	return func(f *frame) Value {
		f.step(line)
		base := len(f.stack)
		for _, operand := range operands {
			v := operand(f)
			if v.kind != isString {
				v = text(f.textOf(v))
			}
			f.stack = append(f.stack, v)
		}
		n := 0
		for i := base; i < len(f.stack); i++ {
			n += len(f.stack[i].text)
		}
		f.build(n)
		start := len(f.arena)
		for i := base; i < len(f.stack); i++ {
			f.arena = append(f.arena, f.stack[i].text...)
		}
		f.stack = f.stack[:base]
		return text(f.since(start))
	}
}
