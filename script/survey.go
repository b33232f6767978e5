package script

import (
	"bytes"
	"reflect"

	"github.com/yuin/gopher-lua/ast"
	"github.com/yuin/gopher-lua/parse"
)

// survey is what must be known of a script or module before one of its functions
// can be compiled: by name only, whatever the scope, so that it errs on the safe
// side.
type survey struct {
	// functions are those of a place; functions with the same lines cannot be
	// told apart.
	functions map[lines][]*ast.FunctionExpr
	// assigned are the variables that are assigned other than where they are
	// declared.
	assigned map[string]bool
	// loose are the variables that are used other than to read one of their
	// fields: what is in a table that they hold may change at any time.
	loose map[string]bool
}

// surveyed looks through the source of a script or module, which was parsed
// before: the tree that was compiled is not what the user wrote.
func surveyed(source []byte, name string) *survey {
	s := &survey{functions: make(map[lines][]*ast.FunctionExpr), assigned: make(map[string]bool), loose: make(map[string]bool)}
	statements, err := parse.Parse(bytes.NewReader(source), name)
	if err == nil {
		s.look(reflect.ValueOf(statements))
	}
	return s
}

// look goes through a part of the tree.
func (s *survey) look(v reflect.Value) {
	switch v.Kind() {
	case reflect.Slice:
		for i := range v.Len() {
			s.look(v.Index(i))
		}
	case reflect.Interface:
		s.look(v.Elem())
	case reflect.Pointer:
		if !v.IsNil() && s.enter(v.Interface()) {
			s.look(v.Elem())
		}
	case reflect.Struct:
		for i := range v.NumField() {
			if field := v.Type().Field(i); field.IsExported() {
				s.look(v.Field(i))
			}
		}
	}
}

// enter notes what a node says, and tells whether to go through its parts.
func (s *survey) enter(node any) bool {
	switch n := node.(type) {
	case *ast.FunctionExpr:
		at := lines{n.Line(), max(n.Line(), n.LastLine())}
		s.functions[at] = append(s.functions[at], n)
	case *ast.AssignStmt:
		for _, target := range n.Lhs {
			s.target(target)
		}
		s.look(reflect.ValueOf(n.Rhs))
		return false
	case *ast.FuncDefStmt:
		if n.Name.Func != nil {
			s.target(n.Name.Func)
		} else {
			s.look(reflect.ValueOf(&n.Name.Receiver).Elem())
		}
		s.look(reflect.ValueOf(n.Func))
		return false
	case *ast.AttrGetExpr:
		if _, ok := n.Object.(*ast.IdentExpr); ok {
			s.look(reflect.ValueOf(&n.Key).Elem())
			return false
		}
	case *ast.IdentExpr:
		s.loose[n.Value] = true
	}
	return true
}

// target notes what is assigned.
func (s *survey) target(target ast.Expr) {
	if name, ok := target.(*ast.IdentExpr); ok {
		s.assigned[name.Value] = true
		return
	}
	// x.y = z: the table that x holds does not stay as it is.
	if field, ok := target.(*ast.AttrGetExpr); ok {
		s.look(reflect.ValueOf(&field.Object).Elem())
		s.look(reflect.ValueOf(&field.Key).Elem())
	}
}
