package script

import (
	"fmt"
	"math"
	"strings"

	"github.com/yuin/gopher-lua/ast"
)

// nestingMax bounds how deep expressions and blocks may be nested: the compiler
// recurses, and a stack that overflows would end the process.
const nestingMax = 1000

// constantsMax bounds how many different constants and names one function may
// have: the compiler looks through all of them for each.
const constantsMax = 16384

// concatName is the name of the global function that does the work of the ..
// operator. No identifier can be spelled like it.
const concatName = ".."

// rewriter walks a syntax tree before it is compiled. It turns a .. b .. c into
// a call of a Go function, which bounds the length of strings (the engine's own
// instruction cannot be bounded: three of them in a row can ask for more memory
// than there is), and a ^ b and a % b where the engine calculates otherwise than Lua;
// it notes the names of functions, and bounds what would take the
// compiler too deep or too long.
type rewriter struct {
	functions map[lines]string
	visited   map[lines]bool
	depth     int
	constants map[string]bool // of the function at hand
	plain     map[string]bool // declarations of variables, not of functions; see plainly
	problem   string          // what is too much; "" for nothing
	line      int             // and where
}

func (r *rewriter) refuse(at ast.PositionHolder, problem string) {
	if r.problem == "" {
		r.problem, r.line = problem, at.Line()
	}
}

// constant counts a constant or a name.
func (r *rewriter) constant(at ast.PositionHolder, value string) {
	if r.constants[value] = true; len(r.constants) > constantsMax {
		r.refuse(at, fmt.Sprintf("more than %d different constants and names in one function; spread them over several functions or modules", constantsMax))
	}
}

// function goes through the body of a function.
func (r *rewriter) function(statements []ast.Stmt) {
	outer := r.constants
	r.constants = make(map[string]bool)
	r.block(statements)
	r.constants = outer
}

// enter goes one level deeper and tells whether it may.
func (r *rewriter) enter(at ast.PositionHolder) bool {
	if r.depth++; r.depth > nestingMax {
		r.refuse(at, fmt.Sprintf("more than %d levels of nesting; move the inner ones into functions", nestingMax))
	}
	return r.problem == ""
}

func (r *rewriter) leave() { r.depth-- }

func (r *rewriter) block(statements []ast.Stmt) {
	for i, s := range statements {
		if r.enter(s) {
			r.statement(s)
			statements[i] = r.mended(s)
		}
		r.leave()
	}
}

func (r *rewriter) statement(statement ast.Stmt) {
	switch s := statement.(type) {
	case *ast.AssignStmt:
		for i, target := range s.Lhs {
			if i < len(s.Rhs) {
				r.name(s.Rhs[i], spelled(target))
			}
		}
		r.all(s.Lhs)
		r.all(s.Rhs)
	case *ast.LocalAssignStmt:
		for i, e := range s.Exprs {
			if i < len(s.Names) {
				r.name(e, s.Names[i])
			}
		}
		r.all(s.Exprs)
	case *ast.FuncCallStmt:
		s.Expr = r.expression(s.Expr)
	case *ast.DoBlockStmt:
		r.block(s.Stmts)
	case *ast.WhileStmt:
		s.Condition = r.expression(s.Condition)
		r.block(s.Stmts)
	case *ast.RepeatStmt:
		s.Condition = r.expression(s.Condition)
		r.block(s.Stmts)
	case *ast.IfStmt:
		s.Condition = r.expression(s.Condition)
		r.block(s.Then)
		r.block(s.Else)
	case *ast.NumberForStmt:
		s.Init, s.Limit, s.Step = r.expression(s.Init), r.expression(s.Limit), r.expression(s.Step)
		r.block(s.Stmts)
	case *ast.GenericForStmt:
		r.all(s.Exprs)
		r.block(s.Stmts)
	case *ast.FuncDefStmt:
		if s.Name.Func != nil {
			r.name(s.Func, spelled(s.Name.Func))
		} else {
			r.name(s.Func, spelled(s.Name.Receiver)+":"+s.Name.Method)
		}
		r.expression(s.Func)
	case *ast.ReturnStmt:
		r.all(s.Exprs)
	}
}

func (r *rewriter) all(list []ast.Expr) {
	for i, e := range list {
		list[i] = r.expression(e)
	}
}

func (r *rewriter) expression(expression ast.Expr) ast.Expr {
	if expression == nil {
		return nil
	}
	defer r.leave()
	if !r.enter(expression) {
		return expression
	}
	switch e := expression.(type) {
	case *ast.StringConcatOpExpr:
		return r.concat(e)
	case *ast.AttrGetExpr:
		e.Object, e.Key = r.expression(e.Object), r.expression(e.Key)
	case *ast.TableExpr:
		for _, f := range e.Fields {
			if key, ok := f.Key.(*ast.StringExpr); ok && key.Value != "when" && key.Value != "order_by" {
				r.name(f.Value, key.Value)
			}
			f.Key, f.Value = r.expression(f.Key), r.expression(f.Value)
		}
	case *ast.FuncCallExpr:
		e.Func, e.Receiver = r.expression(e.Func), r.expression(e.Receiver)
		r.constant(e, e.Method)
		r.all(e.Args)
	case *ast.LogicalOpExpr:
		e.Lhs, e.Rhs = r.expression(e.Lhs), r.expression(e.Rhs)
	case *ast.RelationalOpExpr:
		e.Lhs, e.Rhs = r.expression(e.Lhs), r.expression(e.Rhs)
	case *ast.ArithmeticOpExpr:
		e.Lhs, e.Rhs = r.expression(e.Lhs), r.expression(e.Rhs)
		return calculatedElsewhere(e)
	case *ast.UnaryMinusOpExpr:
		e.Expr = r.expression(e.Expr)
	case *ast.UnaryNotOpExpr:
		e.Expr = r.expression(e.Expr)
	case *ast.UnaryLenOpExpr:
		e.Expr = r.expression(e.Expr)
	case *ast.FunctionExpr:
		if at := linesOf(e); r.visited[at] {
			r.functions[at] = "" // another function shares its lines
		} else {
			r.visited[at] = true
		}
		r.function(e.Stmts)
	case *ast.StringExpr:
		r.constant(e, e.Value)
	case *ast.NumberExpr:
		f, ok := parseNumber(e.Value)
		if !ok {
			r.refuse(e, fmt.Sprintf("malformed number near %q", shorten(e.Value, 40)))
		}
		r.constant(e, "number "+e.Value)
		if e.Value[0] == '0' || math.IsInf(f, 0) { // the engine takes 0010 for octal, and what is too large for no number
			return numeral(f, e)
		}
	case *ast.IdentExpr:
		r.constant(e, e.Value)
	}
	return expression
}

// concat turns a .. b .. c into a call with the operands as arguments.
func (r *rewriter) concat(e *ast.StringConcatOpExpr) ast.Expr {
	operands := []ast.Expr{r.expression(e.Lhs)}
	rest := e.Rhs
	for {
		right, ok := rest.(*ast.StringConcatOpExpr)
		if !ok {
			break
		}
		operands = append(operands, r.expression(right.Lhs))
		rest = right.Rhs
	}
	last := single(r.expression(rest))
	return called(concatName, e, append(operands, last)...)
}

// called is a call of a function that cannot be spelled, in place of an operator.
func called(name string, operator ast.Expr, operands ...ast.Expr) ast.Expr {
	call := &ast.FuncCallExpr{Func: unspelled(name, operator.Line()), Args: operands, AdjustRet: true}
	call.SetLine(operator.Line())
	call.SetLastLine(operator.LastLine())
	return call
}

// name notes the name of a function, the last part of it. What handles messages in a
// table has the table's.
func (r *rewriter) name(e ast.Expr, name string) {
	if table, ok := e.(*ast.TableExpr); ok {
		for _, field := range table.Fields {
			if key, ok := field.Key.(*ast.StringExpr); ok && (key.Value == "handle" || key.Value == "handle_batch") {
				r.name(field.Value, name)
			}
		}
	}
	if f, ok := e.(*ast.FunctionExpr); ok && name != "" && r.functions[linesOf(f)] == "" {
		r.functions[linesOf(f)] = name[strings.LastIndexAny(name, ".:")+1:]
	}
}

func linesOf(f *ast.FunctionExpr) lines { return lines{f.Line(), max(f.Line(), f.LastLine())} }

// spelled is a.b.c as text; "" for any other expression.
func spelled(expression ast.Expr) string {
	text := ""
	for range 8 { // who names a function does not go deeper
		switch e := expression.(type) {
		case *ast.IdentExpr:
			return e.Value + text
		case *ast.AttrGetExpr:
			key, ok := e.Key.(*ast.StringExpr)
			if !ok {
				return ""
			}
			expression, text = e.Object, "."+key.Value+text
		default:
			return ""
		}
	}
	return ""
}
