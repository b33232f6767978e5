package compile

import "github.com/yuin/gopher-lua/ast"

// local compiles the declaration of local variables.
func (c *compiler) local(s *ast.LocalAssignStmt) block {
	if len(s.Names) == 1 && len(s.Exprs) == 1 {
		if m := c.static(s.Exprs[0]); m.kind == library || m.kind == aMessage || m.kind == theAttributes {
			c.declare(s.Names[0], m) // another name for it
			return func(*frame) signal { return proceeded }
		}
		value := c.expression(s.Exprs[0])
		variable := c.slot()
		c.declare(s.Names[0], variable)
		slot := variable.slot()
		return func(f *frame) signal {
			f.locals[slot] = value(f)
			return proceeded
		}
	}
	list := c.list(s.Exprs, s.Line())
	first := c.used
	for _, name := range s.Names {
		c.declare(name, c.slot())
	}
	n := len(s.Names)
	return func(f *frame) signal {
		base := len(f.stack)
		list(f)
		clear(f.locals[first : first+n])
		copy(f.locals[first:first+n], f.stack[base:])
		f.stack = f.stack[:base]
		return proceeded
	}
}

// target is what can be assigned to: store gets the object and the key of a field,
// where there are such, and the value.
type target struct {
	object expression // the object of a field of JSON; nil for none
	key    expression // nil for none
	store  func(f *frame, object, key, value Value)
	place  string // which targets must not be assigned together
}

func (c *compiler) assign(s *ast.AssignStmt) block {
	targets := make([]target, len(s.Lhs))
	for i, e := range s.Lhs {
		targets[i] = c.target(e)
	}
	if len(s.Lhs) == 1 && len(s.Rhs) == 1 {
		return assignOne(targets[0], c.expression(s.Rhs[0]))
	}
	places := map[string]bool{}
	for _, t := range targets {
		if places[t.place] {
			c.refuse(s.Line(), "an assignment whose order matters; write one for each")
		}
		places[t.place] = true
	}
	list := c.list(s.Rhs, s.Line())
	return func(f *frame) signal {
		base := len(f.stack)
		for i := range targets {
			var object, key Value
			if targets[i].object != nil {
				object = targets[i].object(f)
			}
			if targets[i].key != nil {
				key = targets[i].key(f)
			}
			f.stack = append(f.stack, object, key)
		}
		values := len(f.stack)
		list(f)
		for len(f.stack) < values+len(targets) {
			f.stack = append(f.stack, Value{})
		}
		for i := range targets {
			targets[i].store(f, f.stack[base+2*i], f.stack[base+2*i+1], f.stack[values+i])
		}
		f.stack = f.stack[:base]
		return proceeded
	}
}

func assignOne(t target, value expression) block {
	store := t.store
	switch {
	case t.object == nil && t.key == nil:
		return func(f *frame) signal {
			store(f, Value{}, Value{}, value(f))
			return proceeded
		}
	case t.object == nil:
		key := t.key
		return func(f *frame) signal {
			k := key(f)
			store(f, Value{}, k, value(f))
			return proceeded
		}
	}
	object, key := t.object, t.key
	return func(f *frame) signal {
		o := object(f)
		k := key(f)
		store(f, o, k, value(f))
		return proceeded
	}
}

// target compiles what stands on the left.
func (c *compiler) target(e ast.Expr) target {
	switch e := e.(type) {
	case *ast.IdentExpr:
		switch m := c.resolve(e.Value); m.kind {
		case aLocal:
			slot := m.slot()
			return target{place: "local " + e.Value, store: func(f *frame, _, _, v Value) { f.locals[slot] = v }}
		case aMessage, theAttributes, library:
			c.refuse(e.Line(), "an assignment to %s, which has another meaning before", e.Value)
		}
		c.refuse(e.Line(), "an assignment to %s, which is not declared in the function", e.Value)
	case *ast.AttrGetExpr:
		if c.purpose != Handler {
			c.refuse(e.Line(), "an assignment in %s", purposes[c.purpose])
		}
		switch object := c.static(e.Object); object.kind {
		case aMessage:
			return c.fieldTarget(e)
		case theAttributes:
			return target{place: "attributes", key: c.name(e.Key), store: func(f *frame, _, k, v Value) { f.setAttribute(k.text, v) }}
		case aLocal, unknown:
			return target{
				place: "json", object: c.expression(e.Object), key: c.expression(e.Key),
				store: (*frame).setIndex,
			}
		}
	}
	c.refuse(e.Line(), "an assignment to what is no field of the message")
	return target{}
}

func (c *compiler) fieldTarget(e *ast.AttrGetExpr) target {
	switch c.field(e) {
	case dataField:
		return target{place: "json", store: func(f *frame, _, _, v Value) { f.setData(v) }}
	case keyField:
		return target{place: "key", store: func(f *frame, _, _, v Value) { f.setKey(v) }}
	case timestampField:
		return target{place: "timestamp", store: func(f *frame, _, _, v Value) { f.setTimestamp(v) }}
	case jsonField:
		c.refuse(e.Line(), "an assignment to msg.json as a whole")
	}
	c.refuse(e.Line(), "an assignment to msg.attributes as a whole")
	return target{}
}

// field returns which field of the message is meant.
func (c *compiler) field(e *ast.AttrGetExpr) field {
	key, ok := e.Key.(*ast.StringExpr)
	if !ok {
		c.refuse(e.Line(), "a field of the message whose name is computed")
	}
	known, ok := fields[key.Value]
	if !ok {
		c.refuse(e.Line(), "msg.%s, which is no field that can be compiled", key.Value)
	}
	c.json = c.json || known == jsonField
	return known
}

// name compiles the key of an attribute: a string.
func (c *compiler) name(e ast.Expr) expression {
	if s, ok := e.(*ast.StringExpr); ok {
		v := text(s.Value)
		return func(*frame) Value { return v }
	}
	key := c.expression(e)
	return func(f *frame) Value { return text(f.textOf(key(f))) }
}
