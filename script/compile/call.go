package compile

import (
	"github.com/yuin/gopher-lua/ast"

	"github.com/gopiper/gopiper/script/pattern"
)

// function is one that can be called: with one result, or with any number,
// which it pushes. Its first result can be had without the stack where that
// depends on the first argument alone, and the call has takes arguments.
type function struct {
	one   func(f *frame, arguments []Value) Value
	many  func(f *frame, arguments []Value)
	quick func(f *frame, v Value) Value
	takes int
}

// unary is a function of one argument.
func unary(quick func(f *frame, v Value) Value) function {
	return function{
		one: func(f *frame, arguments []Value) Value {
			if len(arguments) == 0 {
				return f.bail()
			}
			return quick(f, arguments[0])
		},
		quick: quick, takes: 1,
	}
}

// functions are those that can be compiled, by their full names.
var functions = map[string]function{
	"tostring":        unary(toString),
	"tonumber":        {one: toNumber, quick: toDecimal, takes: 1},
	"type":            unary(typeOf),
	"string.len":      unary(stringLen),
	"string.sub":      {one: stringSub},
	"string.upper":    unary(stringUpper),
	"string.lower":    unary(stringLower),
	"string.rep":      {one: stringRep},
	"string.reverse":  unary(stringReverse),
	"string.char":     {one: stringChar},
	"string.byte":     {many: stringByte},
	"string.find":     find(nil),
	"string.match":    match(nil),
	"string.gsub":     gsub(nil),
	"string.format":   {one: func(f *frame, _ []Value) Value { return f.bail() }},
	"math.fmod":       {one: mathFmod},
	"math.modf":       {many: mathModf},
	"math.frexp":      {many: mathFrexp},
	"math.max":        {one: mathMax},
	"math.min":        {one: mathMin},
	"math.random":     {one: mathRandom},
	"math.pow":        {one: mathPow},
	"math.atan2":      {one: mathAtan2},
	"math.ldexp":      {one: mathLdexp},
	"math.randomseed": {},
	"string.gmatch":   {},
	"string.dump":     {},
}

// push pushes the values of expressions.
type push func(*frame)

// list compiles expressions of which the last may have any number of values.
func (c *compiler) list(expressions []ast.Expr, line int) push {
	if len(expressions) == 0 {
		return func(*frame) {}
	}
	n := len(expressions) - 1
	singles := make([]expression, 0, n+1)
	for _, e := range expressions[:n] {
		singles = append(singles, c.expression(e))
	}
	var last push
	switch e := expressions[n].(type) {
	case *ast.Comma3Expr:
		c.refuse(line, "a variable number of arguments")
	case *ast.FuncCallExpr:
		if !e.AdjustRet && !isConcat(e) {
			last = c.call(e)
		}
	}
	if last == nil {
		singles = append(singles, c.expression(expressions[n]))
		if len(singles) == 1 {
			only := singles[0]
			return func(f *frame) {
				v := only(f)
				f.stack = append(f.stack, v)
			}
		}
		last = func(*frame) {}
	}
	return func(f *frame) {
		for _, single := range singles {
			v := single(f)
			f.stack = append(f.stack, v)
		}
		last(f)
	}
}

func isConcat(e *ast.FuncCallExpr) bool {
	name, ok := e.Func.(*ast.IdentExpr)
	return ok && name.Value == concatName
}

// call compiles a call that pushes all its results.
func (c *compiler) call(e *ast.FuncCallExpr) push {
	if isConcat(e) {
		value := c.callOne(e)
		return func(f *frame) {
			v := value(f)
			f.stack = append(f.stack, v)
		}
	}
	called, arguments := c.called(e)
	if one := called.one; one != nil {
		return func(f *frame) {
			base := len(f.stack)
			arguments(f)
			v := one(f, f.stack[base:])
			f.stack = append(f.stack[:base], v)
		}
	}
	many := called.many
	return func(f *frame) {
		base := len(f.stack)
		arguments(f)
		results := len(f.stack)
		many(f, f.stack[base:])
		f.stack = f.stack[:base+copy(f.stack[base:], f.stack[results:])]
	}
}

// callOne compiles a call of which the first result matters.
func (c *compiler) callOne(e *ast.FuncCallExpr) expression {
	if isConcat(e) {
		operands := make([]expression, len(e.Args))
		for i, a := range e.Args {
			operands[i] = c.expression(a)
		}
		return joined(operands, e.Line())
	}
	if quick := c.quick(e); quick != nil {
		return quick
	}
	called, arguments := c.called(e)
	if one := called.one; one != nil {
		return func(f *frame) Value {
			base := len(f.stack)
			arguments(f)
			v := one(f, f.stack[base:])
			f.stack = f.stack[:base]
			return v
		}
	}
	many := called.many
	return func(f *frame) (v Value) {
		base := len(f.stack)
		arguments(f)
		results := len(f.stack)
		if many(f, f.stack[base:]); len(f.stack) > results {
			v = f.stack[results]
		}
		f.stack = f.stack[:base]
		return v
	}
}

// quick compiles a call whose first result can be had without the stack, nil for
// any other.
func (c *compiler) quick(e *ast.FuncCallExpr) expression {
	m, arguments := c.callee(e)
	called := functions[m.name]
	if m.name == "string.gsub" {
		called = c.prepared(m.name, called, arguments, e.Line())
	}
	if called.quick == nil || len(arguments) != called.takes {
		return nil
	}
	if call, ok := arguments[0].(*ast.FuncCallExpr); ok && !call.AdjustRet && !isConcat(call) && len(e.Args) == 1 && e.Receiver == nil {
		return nil // it may have no value, or several
	}
	c.enter(e.Line())
	defer c.leave()
	first, quick, line, isMethod := c.expression(arguments[0]), called.quick, e.Line(), e.Receiver != nil
	return func(f *frame) Value {
		f.step(line)
		v := first(f)
		if isMethod && v.kind != isString {
			f.bail()
		}
		return quick(f, v)
	}
}

// called returns the function that is called, and what pushes its arguments.
func (c *compiler) called(e *ast.FuncCallExpr) (function, push) {
	c.enter(e.Line())
	defer c.leave()
	line := e.Line()
	m, arguments := c.callee(e)
	called := functions[m.name]
	switch {
	case m.name == "error", m.left:
		return leftFunction, func(*frame) {}
	case m.pure != nil:
		called = pureFunction(m.pure)
	case m.kind == anObject:
		called = methodFunction(m.methods[e.Method])
	case called.one == nil && called.many == nil:
		c.refuse(line, "a call of %s", m.name)
	default:
		called = c.prepared(m.name, called, arguments, line)
	}
	isMethod := e.Receiver != nil && m.kind != anObject
	if isMethod && len(arguments) == 1 {
		receiver := c.expression(arguments[0]) // it has one value, whatever it is
		return called, func(f *frame) {
			f.step(line)
			v := receiver(f)
			if v.kind != isString {
				f.bail()
			}
			f.stack = append(f.stack, v)
		}
	}
	list := c.list(arguments, line)
	return called, func(f *frame) {
		f.step(line)
		base := len(f.stack)
		list(f)
		if isMethod && f.stack[base].kind != isString {
			f.bail()
		}
	}
}

// callee returns the meaning of what is called, and the arguments with the
// receiver as the first.
func (c *compiler) callee(e *ast.FuncCallExpr) (m Meaning, arguments []ast.Expr) {
	if e.Receiver == nil {
		m := c.static(e.Func)
		if m.kind != library {
			c.refuse(e.Line(), "a call of %s", spelled(e.Func))
		}
		return m, e.Args
	}
	m = c.static(e.Receiver)
	if _, ok := m.methods[e.Method]; ok {
		return m, e.Args
	}
	if m.kind == aMessage || m.kind == theAttributes || m.kind == library {
		c.refuse(e.Line(), "a call of %s:%s", spelled(e.Receiver), e.Method)
	}
	m = c.environment.Meaning("string." + e.Method)
	if m.kind != library {
		c.refuse(e.Line(), "a call of the method %s", e.Method)
	}
	return m, append([]ast.Expr{e.Receiver}, e.Args...)
}

// prepared looks at constant patterns and formats beforehand.
func (c *compiler) prepared(name string, called function, arguments []ast.Expr, line int) function {
	var p *pattern.Pattern
	if len(arguments) > 1 {
		if s, ok := arguments[1].(*ast.StringExpr); ok {
			compiled := pattern.Compile(s.Value)
			p = &compiled
		}
	}
	switch name {
	case "string.find":
		return find(p)
	case "string.match":
		return match(p)
	case "string.gsub":
		replaces := gsub(p)
		if len(arguments) == 3 && p != nil {
			if s, ok := arguments[2].(*ast.StringExpr); ok {
				replaces.quick, replaces.takes = replaceQuickly(p, s.Value), 3
			}
		}
		return replaces
	case "string.format":
		if len(arguments) > 0 {
			if s, ok := arguments[0].(*ast.StringExpr); ok {
				return c.format(s.Value, line)
			}
		}
		c.refuse(line, "string.format with a format that is computed")
	}
	return called
}

// at returns argument i, nil if there are fewer.
func at(arguments []Value, i int) Value {
	if i < len(arguments) {
		return arguments[i]
	}
	return Value{}
}
