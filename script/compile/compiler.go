package compile

import (
	"fmt"

	"github.com/yuin/gopher-lua/ast"
)

// depthMax bounds how deep expressions and blocks may be nested.
const depthMax = 200

// compiler compiles one function. What it does not compile it panics with, as a
// *Reason.
type compiler struct {
	environment Environment
	purpose     Purpose
	names       []declared // those in scope, the innermost last
	used, most  int        // slots
	loops       int        // around the statement at hand
	depth       int
	json        bool // the function reads the message's JSON
}

// declared is a name of the function at hand.
type declared struct {
	name string
	Meaning
}

func (c *compiler) refuse(line int, format string, arguments ...any) {
	panic(&Reason{Line: line, Text: fmt.Sprintf(format, arguments...)})
}

// enter goes one level deeper.
func (c *compiler) enter(line int) {
	if c.depth++; c.depth > depthMax {
		c.refuse(line, "more than %d levels of nesting", depthMax)
	}
}

func (c *compiler) leave() { c.depth-- }

// slot makes room for a local variable.
func (c *compiler) slot() Meaning {
	c.used++
	c.most = max(c.most, c.used)
	return Meaning{kind: aLocal, value: number(float64(c.used - 1))}
}

func (m Meaning) slot() int { return int(m.value.number) }

func (c *compiler) declare(name string, m Meaning) { c.names = append(c.names, declared{name, m}) }

// resolve returns what a name stands for.
func (c *compiler) resolve(name string) Meaning {
	for i := len(c.names) - 1; i >= 0; i-- {
		if c.names[i].name == name {
			return c.names[i].Meaning
		}
	}
	if m := c.environment.Meaning(name); m.kind <= assigned || m.kind == anObject {
		return m
	}
	return Meaning{}
}

// static returns what an expression stands for that has a meaning before the
// function runs: a name, or a field of the message or of a library.
func (c *compiler) static(e ast.Expr) Meaning {
	switch e := e.(type) {
	case *ast.IdentExpr:
		return c.resolve(e.Value)
	case *ast.AttrGetExpr:
		key, ok := e.Key.(*ast.StringExpr)
		if !ok {
			return Meaning{}
		}
		switch object := c.static(e.Object); {
		case object.kind == library:
			return c.environment.Meaning(object.name + "." + key.Value)
		case object.kind == aMessage && key.Value == "attributes":
			return Meaning{kind: theAttributes}
		}
	}
	return Meaning{}
}

// signal is how a block ended.
type signal uint8

const (
	proceeded signal = iota
	broken
	returned
)

// block runs statements.
type block func(*frame) signal

// block compiles statements with a scope of their own.
func (c *compiler) block(statements []ast.Stmt) block {
	names, used := len(c.names), c.used
	list := make([]block, 0, len(statements))
	for _, s := range statements {
		c.enter(s.Line())
		list = append(list, c.statement(s))
		c.leave()
	}
	c.names, c.used = c.names[:names], used
	return sequence(list)
}

func sequence(list []block) block {
	switch len(list) {
	case 0:
		return func(*frame) signal { return proceeded }
	case 1:
		return list[0]
	case 2:
		a, b := list[0], list[1]
		return func(f *frame) signal {
			if s := a(f); s != proceeded {
				return s
			}
			return b(f)
		}
	}
	return func(f *frame) signal {
		for _, b := range list {
			if s := b(f); s != proceeded {
				return s
			}
		}
		return proceeded
	}
}

// statement compiles one statement.
func (c *compiler) statement(statement ast.Stmt) block {
	line := statement.Line()
	switch s := statement.(type) {
	case *ast.LocalAssignStmt:
		return c.local(s)
	case *ast.AssignStmt:
		return c.assign(s)
	case *ast.FuncCallStmt:
		return c.callStatement(s)
	case *ast.DoBlockStmt:
		return c.block(s.Stmts)
	case *ast.IfStmt:
		return c.choice(s)
	case *ast.NumberForStmt:
		return c.loop(s)
	case *ast.ReturnStmt:
		return c.giveBack(s)
	case *ast.BreakStmt:
		if c.loops == 0 {
			c.refuse(line, "a break outside of a loop")
		}
		return func(*frame) signal { return broken }
	case *ast.WhileStmt:
		c.refuse(line, "a while loop")
	case *ast.RepeatStmt:
		c.refuse(line, "a repeat loop")
	case *ast.GenericForStmt:
		c.refuse(line, "a for loop over an iterator")
	case *ast.FuncDefStmt:
		c.refuse(line, "a function in the function")
	case *ast.GotoStmt, *ast.LabelStmt:
		c.refuse(line, "goto")
	}
	c.refuse(line, "a statement of an unknown kind")
	return nil
}

func (c *compiler) callStatement(s *ast.FuncCallStmt) block {
	call, ok := s.Expr.(*ast.FuncCallExpr)
	if !ok {
		c.refuse(s.Line(), "a statement of an unknown kind")
	}
	run := c.call(call)
	return func(f *frame) signal {
		base := len(f.stack)
		run(f)
		f.stack = f.stack[:base]
		return proceeded
	}
}

func (c *compiler) choice(s *ast.IfStmt) block {
	condition, then := c.condition(s.Condition), c.block(s.Then)
	if len(s.Else) == 0 {
		return func(f *frame) signal {
			if condition(f) {
				return then(f)
			}
			return proceeded
		}
	}
	otherwise := c.block(s.Else)
	return func(f *frame) signal {
		if condition(f) {
			return then(f)
		}
		return otherwise(f)
	}
}

// loop compiles a numeric for.
func (c *compiler) loop(s *ast.NumberForStmt) block {
	first, limit, step := c.expression(s.Init), c.expression(s.Limit), expression(func(*frame) Value { return number(1) })
	if s.Step != nil {
		step = c.expression(s.Step)
	}
	names, used, line := len(c.names), c.used, s.Line()
	variable := c.slot()
	c.declare(s.Name, variable)
	slot := variable.slot()
	c.loops++
	body := c.block(s.Stmts)
	c.loops--
	c.names, c.used = c.names[:names], used
	return func(f *frame) signal {
		a, b, d := first(f), limit(f), step(f)
		if a.kind != isNumber || b.kind != isNumber || d.kind != isNumber || d.number == 0 {
			f.bail()
		}
		for i := a.number; d.number > 0 && i <= b.number || d.number < 0 && i >= b.number; i += d.number {
			f.step(line)
			f.locals[slot] = number(i)
			switch body(f) {
			case broken:
				return proceeded
			case returned:
				return returned
			}
		}
		return proceeded
	}
}

// giveBack compiles a return.
func (c *compiler) giveBack(s *ast.ReturnStmt) block {
	for _, e := range s.Exprs {
		switch m := c.static(e); {
		case m.kind == aMessage:
			c.refuse(s.Line(), "messages that are returned")
		case c.purpose == Handler && e == s.Exprs[0] && isText(e):
			c.refuse(s.Line(), "messages that are returned")
		}
	}
	list := c.list(s.Exprs, s.Line())
	return func(f *frame) signal {
		base := len(f.stack)
		list(f)
		f.results = len(f.stack) - base
		return returned
	}
}

// isText tells whether an expression is a string for certain.
func isText(e ast.Expr) bool {
	switch e := e.(type) {
	case *ast.StringExpr, *ast.StringConcatOpExpr:
		return true
	case *ast.FuncCallExpr:
		name, ok := e.Func.(*ast.IdentExpr)
		return ok && name.Value == concatName
	}
	return false
}
