package script

import (
	"maps"
	"slices"
	"strconv"
	"time"

	lua "github.com/yuin/gopher-lua"

	"github.com/gopiper/gopiper/component"
	"github.com/gopiper/gopiper/plan"
)

// attributesOf takes a table of attributes apart: what belongs to every stage
// goes into the stage's own fields, the rest are the component's.
func (st *state) attributesOf(L *lua.LState, stage *plan.Stage, table *lua.LTable, what string) {
	for key, value := table.Next(lua.LNil); key != lua.LNil; key, value = table.Next(key) {
		name, ok := key.(lua.LString)
		if !ok {
			L.RaiseError("%s: attributes have names; %s stands there without one; write { name = value }", what, describe(value))
		}
		if slices.Contains(component.StageAttributes, string(name)) {
			st.setting(L, stage, string(name), value, what)
			continue
		}
		converted, err := toGo(value)
		if err != nil {
			if _, isFunction := value.(*lua.LFunction); isFunction {
				L.RaiseError("%s: attribute %q: a function cannot be an attribute's value%s", what, string(name),
					suggest(string(name), component.StageAttributes))
			}
			L.RaiseError("%s: attribute %q: %s", what, string(name), err.Error())
		}
		if stage.Attributes == nil {
			stage.Attributes = make(map[string]any)
		}
		stage.Attributes[string(name)] = converted
	}
}

// setting sets one of what belongs to every stage.
func (st *state) setting(L *lua.LState, stage *plan.Stage, name string, value lua.LValue, what string) {
	what += ": attribute \"" + name + "\""
	switch name {
	case "name":
		stage.Name = text(L, value, what)
	case "workers":
		stage.Workers = int(number(L, value, what, 1))
	case "order":
		stage.Order = plan.Order(text(L, value, what))
	case "order_by":
		if f, ok := value.(*lua.LFunction); ok {
			stage.OrderByFunction = st.scriptFunction(L, f, what)
			return
		}
		if _, ok := value.(lua.LString); !ok {
			L.RaiseError("%s: it is the name of an attribute or a function that returns the key, not %s", what, describe(value))
		}
		stage.OrderBy = text(L, value, what)
	case "retry":
		stage.Retry = retry(L, value, what)
	case "timeout":
		stage.Timeout = duration(L, value, what)
	}
}

// converted converts a value by the rules of component attributes.
func converted[T any](L *lua.LState, value lua.LValue, what string, wanted component.Type, least any) T {
	c, err := convert(value, wanted, least)
	if err != nil {
		L.RaiseError("%s: %s", what, err.Error())
	}
	return c.(T)
}

func text(L *lua.LState, value lua.LValue, what string) string {
	s := converted[string](L, value, what, component.String, nil)
	if s == "" {
		L.RaiseError("%s: it is empty; leave it out instead", what)
	}
	return s
}

func number(L *lua.LState, value lua.LValue, what string, least int64) int64 {
	return converted[int64](L, value, what, component.Int, least)
}

func duration(L *lua.LState, value lua.LValue, what string) time.Duration {
	return converted[time.Duration](L, value, what, component.Duration, time.Duration(0))
}

// options returns the fields of an option table, which must all be known, and
// of which elements without a name are none.
func options(L *lua.LState, value lua.LValue, what string, known ...string) map[string]lua.LValue {
	table, ok := value.(*lua.LTable)
	if !ok {
		L.RaiseError("%s: it is a table of options, { %s = … }, not %s", what, known[0], describe(value))
	}
	fields := make(map[string]lua.LValue)
	for key, value := table.Next(lua.LNil); key != lua.LNil; key, value = table.Next(key) {
		name, ok := key.(lua.LString)
		if !ok {
			L.RaiseError("%s: options have names; %s stands there without one", what, describe(value))
		}
		if !slices.Contains(known, string(name)) {
			L.RaiseError("%s: unknown option %q%s", what, string(name), suggestOption(string(name), known))
		}
		fields[string(name)] = value
	}
	return fields
}

func retry(L *lua.LState, value lua.LValue, what string) *plan.Retry {
	r := &plan.Retry{}
	fields := options(L, value, what, "max_attempts", "initial", "max", "on")
	if v, ok := fields["max_attempts"]; ok {
		r.MaxAttempts = int(number(L, v, what+", max_attempts", 0))
	}
	if v, ok := fields["initial"]; ok {
		r.Initial = duration(L, v, what+", initial")
	}
	if v, ok := fields["max"]; ok {
		r.Max = duration(L, v, what+", max")
	}
	if v, ok := fields["on"]; ok {
		r.On = retryOn(L, v, what+", on")
	}
	return r
}

func retryOn(L *lua.LState, value lua.LValue, what string) map[int]*plan.Retry {
	table, ok := value.(*lua.LTable)
	if !ok {
		L.RaiseError("%s: it is a table of policies by status, such as { [120] = { max_attempts = 3 } }, not %s", what, describe(value))
	}
	policies := make(map[int]*plan.Retry)
	for key, value := table.Next(lua.LNil); key != lua.LNil; key, value = table.Next(key) {
		status, ok := key.(lua.LNumber)
		if !ok || status != lua.LNumber(int(status)) {
			L.RaiseError("%s: the keys are statuses from 100 to 199, such as [120], not %s", what, describe(key))
		}
		at := what + "[" + strconv.Itoa(int(status)) + "]"
		if inner, ok := value.(*lua.LTable); ok && inner.RawGetString("on") != lua.LNil {
			L.RaiseError("%s: the policy of one status has no policies by status in it", at)
		}
		policies[int(status)] = retry(L, value, at)
	}
	return policies
}

// scriptFunction makes a Lua function known to the plan.
func (st *state) scriptFunction(L *lua.LState, value lua.LValue, what string) *plan.Func {
	f, ok := value.(*lua.LFunction)
	if !ok || f.IsG {
		L.RaiseError("%s is %s; a function of the script is expected: function(msg) … end", what, describe(value))
	}
	st.functions = append(st.functions, f)
	return &plan.Func{
		Name:     st.script.functionName(f),
		Position: plan.Position{File: f.Proto.SourceName, Line: f.Proto.LineDefined},
		Impl:     &Function{script: st.script, ordinal: len(st.functions) - 1},
	}
}

// noStage says what a value is that is no stage, and what to write.
func (st *state) noStage(value lua.LValue) string {
	if f, ok := value.(*lua.LFunction); ok {
		if name, ok := st.names[f]; ok {
			return "gopiper." + name + " without its braces; write gopiper." + name + "{}"
		}
		return "a function of the library, such as print; write function(msg) … end"
	}
	if s, ok := value.(lua.LString); ok {
		return describe(value) + "; write gopiper.loadComponent(" + strconv.Quote(string(s)) + ")"
	}
	return describe(value) + "; a stage is gopiper.NAME{ … } or function(msg) … end"
}

// stages turns a list of stages and functions into stages. hint says what to do
// with a field that has a name.
func (st *state) stages(L *lua.LState, table *lua.LTable, what, hint string) []*plan.Stage {
	last := 0
	for key, _ := table.Next(lua.LNil); key != lua.LNil; key, _ = table.Next(key) {
		switch k := key.(type) {
		case lua.LNumber:
			if float64(k) != float64(int(k)) || k < 1 {
				L.RaiseError("%s: %s is no place in a list", what, describe(key))
			}
			last = max(last, int(k))
		default:
			L.RaiseError("%s: unexpected field %q in the list of stages; %s", what, key.String(), hint)
		}
	}
	var list []*plan.Stage
	for i := 1; i <= last; i++ {
		list = append(list, st.element(L, table.RawGet(lua.LNumber(i)), what+": stage "+strconv.Itoa(i), list))
	}
	return list
}

// element turns one element of a list into a stage of its own.
func (st *state) element(L *lua.LState, value lua.LValue, what string, before []*plan.Stage) *plan.Stage {
	switch v := value.(type) {
	case *lua.LFunction:
		if v.IsG {
			break
		}
		f := st.scriptFunction(L, v, what)
		return &plan.Stage{Kind: plan.Function, Function: f, Position: f.Position}
	case *lua.LUserData:
		if stage, ok := v.Value.(*plan.Stage); ok {
			if st.stagesLeft -= placed(stage, st.stagesLeft+1); st.stagesLeft < 0 {
				L.RaiseError("%s: the script places more than %d stages; does a branch hold another many times?", what, stagesMax)
			}
			return cloneStage(stage, -1)
		}
	case *lua.LTable:
		if isLifecycle(v) {
			return st.lifecycleStage(L, v, what)
		}
		L.RaiseError("%s is a table; a stage is gopiper.NAME{ … }, function(msg) … end or a table of functions, { handle = function(msg) … end }", what)
	case *lua.LNilType:
		after := ""
		if len(before) > 0 {
			s := before[len(before)-1]
			after = ", behind " + label(s) + " (" + s.Position.String() + ")"
		}
		L.RaiseError("%s is nil%s; is the variable set, and does the function return a stage?", what, after)
	}
	L.RaiseError("%s is %s", what, st.noStage(value))
	return nil
}

// stagesMax bounds how many stages a script places.
const stagesMax = 100_000

// placed is how many stages a stage is, those in its branches counted, but no more
// than most.
func placed(s *plan.Stage, most int) int {
	n := 1
	for _, fork := range s.Branches {
		for _, inner := range fork.Stages {
			if n >= most {
				return n
			}
			n += placed(inner, most-n)
		}
	}
	return n
}

// label is what a stage is called in an error.
func label(s *plan.Stage) string {
	switch {
	case s.Name != "":
		return s.Name
	case s.Reference != "":
		return s.Reference
	}
	return string(s.Kind)
}

// cloneStage copies a stage, so that one that was described once can be placed
// many times. pipeline is the number of the pipeline that it is placed in, -1
// while that is not known.
func cloneStage(s *plan.Stage, pipeline int) *plan.Stage {
	c := *s
	c.Attributes = maps.Clone(s.Attributes)
	c.Function = cloneFunction(s.Function, pipeline)
	c.OrderByFunction = cloneFunction(s.OrderByFunction, pipeline)
	c.Branches = nil
	for _, fork := range s.Branches {
		f := *fork
		f.When = cloneFunction(fork.When, pipeline)
		f.Stages = cloneStages(fork.Stages, pipeline)
		c.Branches = append(c.Branches, &f)
	}
	return &c
}

func cloneStages(stages []*plan.Stage, pipeline int) []*plan.Stage {
	list := make([]*plan.Stage, 0, len(stages))
	for _, s := range stages {
		list = append(list, cloneStage(s, pipeline))
	}
	return list
}

func cloneFunction(f *plan.Func, pipeline int) *plan.Func {
	if f == nil {
		return nil
	}
	c := *f
	impl := *f.Impl.(*Function)
	impl.pipeline = pipeline
	c.Impl = &impl
	return &c
}
