package script

import (
	"strconv"

	"github.com/yuin/gopher-lua/ast"
)

// mended returns a statement that does what Lua 5.1 does, in place of one of which
// the engine's compiler makes something else.
func mended(statement ast.Stmt) ast.Stmt {
	switch s := statement.(type) {
	case *ast.AssignStmt:
		return separated(s)
	case *ast.GenericForStmt:
		padded(s)
	}
	return statement
}

// separated lets all values of an assignment be computed before the first is
// assigned: in a, b = b, a the compiler reads the local variable a when it has been
// assigned already. The values go through variables that cannot be spelled.
func separated(s *ast.AssignStmt) ast.Stmt {
	if len(s.Lhs) < 2 || !assignsVariable(s.Lhs) {
		return s
	}
	values := &ast.LocalAssignStmt{Exprs: s.Rhs}
	assignment := &ast.AssignStmt{Lhs: s.Lhs}
	for i := range s.Lhs {
		name := "=" + strconv.Itoa(i)
		value := &ast.IdentExpr{Value: name}
		value.SetLine(s.Line())
		values.Names = append(values.Names, name)
		assignment.Rhs = append(assignment.Rhs, value)
	}
	block := &ast.DoBlockStmt{Stmts: []ast.Stmt{values, assignment}}
	for _, each := range []ast.Stmt{values, assignment, block} {
		each.SetLine(s.Line())
		each.SetLastLine(s.LastLine())
	}
	return block
}

func assignsVariable(targets []ast.Expr) bool {
	for _, target := range targets {
		if _, ok := target.(*ast.IdentExpr); ok {
			return true
		}
	}
	return false
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
