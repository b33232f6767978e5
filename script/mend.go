package script

import (
	"bytes"
	"fmt"
	"regexp"
	"strconv"

	"github.com/yuin/gopher-lua/ast"
)

// mended returns a statement that does what Lua 5.1 does, in place of one of which
// the engine's compiler makes something else.
func (r *rewriter) mended(statement ast.Stmt) ast.Stmt {
	switch s := statement.(type) {
	case *ast.AssignStmt:
		return separated(s)
	case *ast.LocalAssignStmt:
		r.hidden(s)
	case *ast.NumberForStmt:
		s.Init, s.Limit, s.Step = bound(s.Init), bound(s.Limit), bound(s.Step)
	case *ast.GenericForStmt:
		padded(s)
	}
	return statement
}

// separated lets all operands of an assignment be computed before the first is
// assigned, and assigns the last one first: in a, b = b, a the compiler reads the
// local variable a when it has been assigned already. The operands go through
// variables that cannot be spelled.
func separated(s *ast.AssignStmt) ast.Stmt {
	if len(s.Lhs) < 2 {
		return s
	}
	operands := &ast.LocalAssignStmt{}
	operand := func(e ast.Expr, kind string, i int) ast.Expr {
		if _, constant := e.(ast.ConstExpr); constant {
			return e
		}
		name := kind + strconv.Itoa(i)
		operands.Names, operands.Exprs = append(operands.Names, name), append(operands.Exprs, single(e))
		return unspelled(name, s.Line())
	}
	block := &ast.DoBlockStmt{}
	targets := make([]ast.Expr, len(s.Lhs))
	for i, target := range s.Lhs {
		if field, ok := target.(*ast.AttrGetExpr); ok {
			target = &ast.AttrGetExpr{Object: operand(field.Object, "=object", i), Key: operand(field.Key, "=key", i)}
			target.SetLine(s.Line())
		}
		targets[i] = target
	}
	if len(operands.Names) > 0 {
		block.Stmts = append(block.Stmts, operands)
	}
	values := &ast.LocalAssignStmt{Exprs: s.Rhs}
	block.Stmts = append(block.Stmts, values)
	for i := len(targets) - 1; i >= 0; i-- {
		block.Stmts = append(block.Stmts, &ast.AssignStmt{
			Lhs: targets[i : i+1], Rhs: []ast.Expr{unspelled("="+strconv.Itoa(i), s.Line())},
		})
	}
	for i := range targets {
		values.Names = append(values.Names, "="+strconv.Itoa(i))
	}
	if len(values.Exprs) == 1 {
		none := &ast.NilExpr{} // it is no declaration of a function
		none.SetLine(s.Line())
		if _, ok := s.Rhs[0].(*ast.FunctionExpr); ok {
			values.Exprs = append(values.Exprs, none)
		}
	}
	for _, each := range append(block.Stmts, block) {
		each.SetLine(s.Line())
		each.SetLastLine(s.LastLine())
	}
	return block
}

// unspelled is a variable that cannot be spelled.
func unspelled(name string, line int) ast.Expr {
	v := &ast.IdentExpr{Value: name}
	v.SetLine(line)
	return v
}

// single is an expression that has one value.
func single(e ast.Expr) ast.Expr {
	switch e := e.(type) {
	case *ast.FuncCallExpr:
		e.AdjustRet = true
	case *ast.Comma3Expr:
		e.AdjustRet = true
	}
	return e
}

var (
	declaredVariable = regexp.MustCompile(`\blocal\s+(\w+)\s*=`)
	declaredFunction = regexp.MustCompile(`\blocal\s+function\s+(\w+)`)
)

// plainly notes the lines and names of variables that are declared as local f = …
// and not as local function f, which are the same in the syntax tree.
func plainly(source []byte) map[string]bool {
	found := make(map[string]bool)
	for _, each := range []struct {
		pattern *regexp.Regexp
		plain   bool
	}{{declaredVariable, true}, {declaredFunction, false}} {
		line, at := 1, 0
		for _, m := range each.pattern.FindAllSubmatchIndex(source, -1) {
			line += bytes.Count(source[at:m[0]], []byte("\n"))
			at = m[0]
			found[declaredAt(line, string(source[m[2]:m[3]]))] = each.plain
		}
	}
	return found
}

func declaredAt(line int, name string) string { return fmt.Sprint(line, " ", name) }

// hidden keeps the function in local f = function … end from seeing the new f: the
// compiler takes it for local function f.
func (r *rewriter) hidden(s *ast.LocalAssignStmt) {
	if len(s.Names) != 1 || len(s.Exprs) != 1 || !r.plain[declaredAt(s.Line(), s.Names[0])] {
		return
	}
	if _, ok := s.Exprs[0].(*ast.FunctionExpr); ok {
		none := &ast.NilExpr{}
		none.SetLine(s.Line())
		s.Exprs = append(s.Exprs, none)
	}
}

// bound lets a bound of a numeric for loop be a string that is a number.
func bound(e ast.Expr) ast.Expr {
	switch e.(type) {
	case nil, *ast.NumberExpr, *ast.ArithmeticOpExpr, *ast.UnaryMinusOpExpr, *ast.UnaryLenOpExpr:
		return e
	}
	return called(forName, e, single(e))
}

// padded gives a for loop all of its three values: the compiler leaves those that are
// missing, as in `for k in next, t`, as they happen to be.
func padded(s *ast.GenericForStmt) {
	switch last := s.Exprs[len(s.Exprs)-1].(type) { // which may have several values
	case *ast.FuncCallExpr:
		if !last.AdjustRet {
			return
		}
	case *ast.Comma3Expr:
		if !last.AdjustRet {
			return
		}
	}
	for len(s.Exprs) < 3 {
		none := &ast.NilExpr{}
		none.SetLine(s.Line())
		s.Exprs = append(s.Exprs, none)
	}
}
