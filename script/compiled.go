package script

import (
	"strings"

	lua "github.com/yuin/gopher-lua"
	"github.com/yuin/gopher-lua/ast"

	"github.com/gopiper/gopiper/plan"
	"github.com/gopiper/gopiper/script/compile"
)

// compiled is what became of a function of the plan: closures, or the reason why
// the interpreter runs it.
type compiled struct {
	function *compile.Function
	purpose  compile.Purpose
	reason   *compile.Reason
}

// compileFunctions compiles the functions of the plan, as far as they can be, and
// notes in the plan what runs each.
func (s *Script) compileFunctions(st *state) {
	s.compiled = make([]compiled, len(st.functions))
	if s.options.Interpret || len(st.functions) == 0 {
		return
	}
	c := &compiling{state: st, surveys: make(map[string]*survey), libraries: st.originals}
	for name, source := range s.world.sources() {
		c.surveys[name] = surveyed(source, name)
	}
	var visit func(stages []*plan.Stage)
	visit = func(stages []*plan.Stage) {
		for _, stage := range stages {
			c.compile(stage.Function, compile.Handler)
			c.compile(stage.OrderByFunction, compile.Key)
			for _, branch := range stage.Branches {
				c.compile(branch.When, compile.Predicate)
				visit(branch.Stages)
			}
		}
	}
	for _, p := range s.plan.Pipelines {
		visit(p.Stages)
		visit(p.Failed)
	}
}

// compiling is the compilation of the functions of a script, in the state that has
// made the plan.
type compiling struct {
	state     *state
	surveys   map[string]*survey
	libraries map[lua.LValue]string // tables and functions of the library by their full names
}

func (c *compiling) compile(f *plan.Func, purpose compile.Purpose) {
	if f == nil {
		return
	}
	ordinal := f.Impl.(*Function).ordinal
	function := c.state.functions[ordinal]
	became := &c.state.script.compiled[ordinal]
	became.purpose = purpose
	tree, sv, reason := c.tree(function)
	if reason == nil {
		became.function, reason = compile.Compile(tree, purpose, &meanings{compiling: c, survey: sv, function: function})
	}
	if became.reason = reason; reason == nil {
		f.Engine = "compiled"
		return
	}
	f.Engine, f.Reason = "gopher-lua", reason.Error()
}

// tree finds what the user wrote of a function.
func (c *compiling) tree(function *lua.LFunction) (*ast.FunctionExpr, *survey, *compile.Reason) {
	p := function.Proto
	s, ok := c.surveys[p.SourceName]
	if !ok {
		return nil, nil, &compile.Reason{Line: p.LineDefined, Text: "its source is not known"}
	}
	found := s.functions[lines{p.LineDefined, max(p.LineDefined, p.LastLineDefined)}]
	if len(found) != 1 {
		return nil, nil, &compile.Reason{Line: p.LineDefined, Text: "another function on the same line"}
	}
	return found[0], s, nil
}

// noteOriginals remembers the library before the script can change it.
func (st *state) noteOriginals() {
	st.originals = map[lua.LValue]string{st.modules["gopiper"]: "gopiper"}
	globals := st.lua.Get(lua.GlobalsIndex).(*lua.LTable)
	for _, name := range []string{"tostring", "tonumber", "type", "error"} {
		st.originals[globals.RawGetString(name)] = name
	}
	for _, name := range []string{"string", "math"} {
		table := globals.RawGetString(name).(*lua.LTable)
		st.originals[table] = name
		table.ForEach(func(key, value lua.LValue) {
			if f, ok := value.(*lua.LFunction); ok {
				st.originals[f] = name + "." + key.String()
			}
		})
	}
}

// meanings says what the names in a function stand for. It implements
// compile.Environment.
type meanings struct {
	*compiling
	survey   *survey
	function *lua.LFunction
}

// Meaning implements compile.Environment.
func (m *meanings) Meaning(name string) compile.Meaning {
	if library, field, ok := strings.Cut(name, "."); ok {
		return m.field(library, field)
	}
	if m.survey.assigned[name] {
		return compile.Assigned()
	}
	for i, upvalue := range m.function.Proto.DbgUpvalues {
		if upvalue == name && i < len(m.function.Upvalues) {
			return m.of(name, m.function.Upvalues[i].Value())
		}
	}
	for _, s := range m.surveys {
		if s.assigned[name] || s.loose["_G"] {
			return compile.Assigned()
		}
	}
	value := m.state.lua.Get(lua.GlobalsIndex).(*lua.LTable).RawGetString(name)
	if value == lua.LNil {
		return compile.Meaning{} // to read it may be an error
	}
	return m.of(name, value)
}

// of is the meaning of a name that has a value.
func (m *meanings) of(name string, value lua.LValue) compile.Meaning {
	switch v := value.(type) {
	case *lua.LNilType:
		return compile.Constant(nil)
	case lua.LBool:
		return compile.Constant(bool(v))
	case lua.LNumber:
		return compile.Constant(float64(v))
	case lua.LString:
		return compile.Constant(string(v))
	case *lua.LTable:
		if m.survey.loose[name] {
			return compile.Meaning{}
		}
	}
	if value == m.state.null {
		return compile.JSONNull()
	}
	if library, ok := m.libraries[value]; ok {
		return compile.Library(library)
	}
	return compile.Meaning{}
}

// field is the meaning of a field of a library.
func (m *meanings) field(library, name string) compile.Meaning {
	for value, full := range m.libraries {
		table, ok := value.(*lua.LTable)
		if !ok || full != library {
			continue
		}
		switch v := table.RawGetString(name).(type) {
		case lua.LNumber:
			return compile.Constant(float64(v))
		case *lua.LUserData:
			return m.of(library+"."+name, v)
		case *lua.LFunction:
			if original, ok := m.libraries[v]; ok {
				return compile.Library(original)
			}
			if library == "gopiper" {
				return compile.Library(library + "." + name)
			}
		}
	}
	return compile.Meaning{}
}

// runner makes a runner of the compiled function; nil if it is not compiled, or for
// another purpose.
func (f *Function) runner(purpose compile.Purpose) *compile.Runner {
	all := f.script.compiled
	if f.ordinal >= len(all) || all[f.ordinal].function == nil || all[f.ordinal].purpose != purpose {
		return nil
	}
	return all[f.ordinal].function.NewRunner(compile.Options{Limits: compile.Limits{Time: f.script.options.CallLimit}})
}

// limit is the error of a compiled function that has come to a limit; nil if it has
// not.
func (s *seat) limit(err error) error {
	limit, ok := err.(*compile.LimitError)
	if !ok {
		return nil
	}
	at := s.function.script.functions[s.function.ordinal]
	return &Error{Position: plan.Position{File: at.SourceName, Line: limit.Line}, Message: limit.Message}
}
