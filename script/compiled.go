package script

import (
	"context"
	"strconv"
	"strings"

	lua "github.com/yuin/gopher-lua"
	"github.com/yuin/gopher-lua/ast"

	"github.com/gopiper/gopiper/plan"
	"github.com/gopiper/gopiper/script/compile"
	"github.com/gopiper/gopiper/script/std"
)

// What runs functions, as the plan says it.
const (
	engineCompiled    = "compiled"
	engineInterpreter = "gopher-lua"
	engineLuaJIT      = "luajit"
)

// compiled is what became of a function of the plan: its function is nil if the
// interpreter runs it.
type compiled struct {
	function *compile.Function
	purpose  compile.Purpose
	onLuaJIT bool
	life     *lifecycle // of one that is a part of a table
	label    string     // tells people which it is
	indexes  bool       // compiled or not, it passes on what it knows of the JSON
}

// compileFunctions compiles the functions of the plan, as far as they can be, and
// notes in the plan what runs each.
func (s *Script) compileFunctions(st *state) *Error {
	s.compiled = make([]compiled, len(st.functions))
	if len(st.functions) == 0 {
		return nil
	}
	c := &compiling{state: st, surveys: make(map[string]*survey)}
	if s.options.Engine != EngineGopherLua {
		for name, source := range s.world.sources() {
			c.surveys[name] = surveyed(source, name)
		}
	}
	var visit func(stages []*plan.Stage)
	visit = func(stages []*plan.Stage) {
		for _, stage := range stages {
			c.at = stage.Position
			c.compile(stage.Function, compile.Handler)
			c.compile(stage.OrderByFunction, compile.Key)
			for _, branch := range stage.Branches {
				c.at = branch.Position
				c.compile(branch.When, compile.Predicate)
				visit(branch.Stages)
			}
		}
	}
	for _, p := range s.plan.Pipelines {
		c.pipeline = "pipeline " + p.Name
		if p.Name == "" {
			c.pipeline = "the pipeline at " + p.Position.String()
		}
		visit(p.Stages)
		visit(p.Failed)
		s.noteIndexes(p.Failed, false)
		s.noteIndexes(p.Stages, false)
	}
	return c.problem
}

// compiling is the compilation of the functions of a script, in the state that has
// made the plan.
type compiling struct {
	state   *state
	surveys map[string]*survey // of the script and its modules

	pipeline string        // at hand: its name or number
	at       plan.Position // of the stage at hand
	problem  *Error        // the first
}

func (c *compiling) compile(f *plan.Func, purpose compile.Purpose) {
	if f == nil {
		return
	}
	f.Engine = engineInterpreter
	s, impl := c.state.script, f.Impl.(*Function)
	ordinal := impl.ordinal
	s.compiled[ordinal].purpose, s.compiled[ordinal].life = purpose, impl.life
	s.compiled[ordinal].label = c.label(f, purpose)
	onLuaJIT, missing, problem := s.onLuaJIT(f, c.at)
	switch {
	case problem != nil:
		if c.problem == nil {
			c.problem = problem
		}
		return
	case onLuaJIT:
		f.Engine, s.compiled[ordinal].onLuaJIT = engineLuaJIT, true
		return
	case s.wanted(impl) == EngineGopherLua || s.wanted(impl) == EngineLuaJIT:
		f.Reason = missing
		return
	}
	function := c.state.functions[ordinal]
	tree, reason := c.tree(function)
	if life := f.Impl.(*Function).life; life != nil && life.batch {
		reason = &compile.Reason{Line: function.Proto.LineDefined, Text: "handle_batch, which gets many messages at once"}
	}
	if reason == nil {
		s.compiled[ordinal].function, reason = compile.Compile(tree, purpose, &meanings{c, function})
	}
	f.Reason = missing
	if reason != nil {
		f.Reason = reason.Error()
		if missing != "" {
			f.Reason += "; " + missing
		}
		return
	}
	f.Engine = engineCompiled
}

// label tells people which function it is.
func (c *compiling) label(f *plan.Func, purpose compile.Purpose) string {
	what := "the function"
	switch {
	case purpose == compile.Predicate:
		what = "the `when` function"
	case purpose == compile.Key:
		what = "the `order_by` function"
	}
	if f.Name != "" {
		what += " " + strconv.Quote(f.Name)
	}
	return what + " (" + f.Position.String() + "), the stage at " + c.at.String() + " of " + c.pipeline
}

// tree finds what the user wrote of a function.
func (c *compiling) tree(function *lua.LFunction) (*ast.FunctionExpr, *compile.Reason) {
	p := function.Proto
	found := c.surveys[p.SourceName].functions[lines{p.LineDefined, max(p.LineDefined, p.LastLineDefined)}]
	if len(found) != 1 {
		return nil, &compile.Reason{Line: p.LineDefined, Text: "another function on the same line"}
	}
	return found[0], nil
}

// originals is what the library held before the script could change it.
type originals struct {
	tables    map[string]*lua.LTable
	functions map[*lua.LFunction]string // by their full names
}

func (st *state) noteOriginals() {
	globals := st.lua.Get(lua.GlobalsIndex).(*lua.LTable)
	o := &st.originals
	o.tables = map[string]*lua.LTable{"gopiper": st.modules["gopiper"].(*lua.LTable)}
	o.functions = make(map[*lua.LFunction]string)
	for _, name := range []string{"tostring", "tonumber", "type", "error"} {
		o.functions[globals.RawGetString(name).(*lua.LFunction)] = name
	}
	for _, name := range []string{"string", "math"} {
		o.tables[name] = globals.RawGetString(name).(*lua.LTable)
	}
	var library []string
	for name, table := range o.tables {
		table.ForEach(func(key, value lua.LValue) {
			if f, ok := value.(*lua.LFunction); ok {
				o.functions[f] = name + "." + key.String()
				library = append(library, key.String())
			}
		})
	}
	st.script.library = library
}

// meanings says what the names in a function stand for. It implements
// compile.Environment.
type meanings struct {
	*compiling
	function *lua.LFunction
}

// Meaning implements compile.Environment.
func (m *meanings) Meaning(name string) compile.Meaning {
	if standard, ok := compile.Module(name); ok {
		return standard
	}
	if library, field, ok := strings.Cut(name, "."); ok {
		if table := m.state.originals.tables[library]; table != nil && !m.isLoose(library) {
			return m.of(field, table.RawGetString(field))
		}
		return compile.Meaning{}
	}
	for i, upvalue := range m.function.Proto.DbgUpvalues {
		if upvalue != name || i >= len(m.function.Upvalues) {
			continue
		}
		if m.surveys[m.function.Proto.SourceName].assigned[name] {
			return compile.Assigned()
		}
		return m.of(name, m.function.Upvalues[i].Value())
	}
	return m.global(name)
}

// global is the meaning of a global variable, which any script or module may assign.
func (m *meanings) global(name string) compile.Meaning {
	for _, s := range m.surveys {
		if s.assigned[name] || s.loose["_G"] {
			return compile.Assigned()
		}
	}
	value := m.state.lua.Get(lua.GlobalsIndex).(*lua.LTable).RawGetString(name)
	if value == lua.LNil {
		return compile.Meaning{} // to read it is an error
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
	case *lua.LFunction:
		if full, ok := m.state.originals.functions[v]; ok {
			return compile.Library(full)
		}
		return m.standard(v)
	case *lua.LTable:
		for library, table := range m.state.originals.tables {
			if v == table && !m.isLoose(name) {
				return compile.Library(library)
			}
		}
		return m.standard(v)
	case *lua.LUserData:
		if v == m.state.null {
			return compile.JSONNull()
		}
		return object(v.Value)
	}
	return compile.Meaning{}
}

// standard is the meaning of a group or a function of the standard library,
// which nobody can change.
func (m *meanings) standard(value lua.LValue) compile.Meaning {
	meaning, _ := compile.Module(m.state.standard.made[value])
	return meaning
}

// object is the meaning of a counter or a gauge.
func object(held any) compile.Meaning {
	none := func(float64) bool { return false }
	switch o := held.(type) {
	case std.Counter:
		return compile.Object(map[string]compile.Method{"add": {Do: o.Add, Refuses: std.NoCount, Optional: true}})
	case std.Gauge:
		return compile.Object(map[string]compile.Method{"set": {Do: o.Set, Refuses: none}, "add": {Do: o.Change, Refuses: none}})
	}
	return compile.Meaning{}
}

// isLoose tells that somebody may change the table that a variable holds.
func (m *meanings) isLoose(name string) bool {
	for _, s := range m.surveys {
		if s.loose[name] {
			return true
		}
	}
	return false
}

// runner makes a runner of the compiled function; nil if it is not compiled, or for
// another purpose.
func (f *Function) runner(purpose compile.Purpose) *compile.Runner {
	c := f.script.compiled[f.ordinal]
	if c.function == nil || c.purpose != purpose {
		return nil
	}
	limits := f.limits.or(f.script.options.Limits)
	return c.function.NewRunner(compile.Options{Indexes: c.indexes, Limits: compile.Limits{
		Steps: int(limits.Instructions), Time: limits.Time, Bytes: int(limits.Memory), Output: int(limits.Output),
	}})
}

// evaluated tells whether the script could be evaluated for the place: before that no
// function runs, compiled or not.
func (s *seat) evaluated() bool {
	if s.state == nil {
		if s.enter(context.Background()) != nil {
			return false
		}
		s.leave()
	}
	return true
}

// limit is the error of a compiled function that has come to a limit; nil if it has
// not.
func (s *seat) limit(err error) error {
	limit, ok := err.(*compile.LimitError)
	if !ok {
		return nil
	}
	return &Error{Position: plan.Position{File: s.function.position().File, Line: limit.Line}, Message: limit.Message}
}
