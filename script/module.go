package script

import (
	"maps"
	"slices"

	lua "github.com/yuin/gopher-lua"

	"github.com/gopiper/gopiper/component"
	"github.com/gopiper/gopiper/plan"
	"github.com/gopiper/gopiper/script/std"
)

// openModule makes what require("gopiper") returns.
func (st *state) openModule() {
	L := st.lua
	module := L.CreateTable(0, 16)
	functions := map[string]lua.LGFunction{
		"loadComponent":  st.loadComponent,
		"createPipeline": st.createPipeline,
		"branch":         st.branchStage,
		"switch":         st.switchStage,
		"merge":          st.mergeStage,
		"func":           st.functionStage,
		"emit":           st.emitFrom,
		"env":            st.env,
		"read_file":      st.readFile,
		"glob":           st.glob,
	}
	st.set(module, functions)
	for name, status := range map[string]int{
		"DONE": component.Done, "CONTINUE": component.Continue, "RETRY": component.Retry,
		"FAIL": component.Fail, "DROP": component.Drop,
	} {
		module.RawSetString(name, lua.LNumber(status))
	}
	meta := L.CreateTable(0, 4)
	st.set(meta, map[string]lua.LGFunction{
		"__index": func(L *lua.LState) int {
			name, ok := L.Get(2).(lua.LString)
			if !ok {
				L.RaiseError("gopiper has no field %s; write gopiper.NAME", L.Get(2).String())
			}
			L.Push(st.shortForm(L, string(name)))
			return 1
		},
		"__newindex": func(L *lua.LState) int {
			L.RaiseError("gopiper.%s cannot be assigned: the module is shared by all; use a variable of your own", L.Get(2).String())
			return 0
		},
	})
	meta.RawSetString("__metatable", lua.LFalse)
	meta.RawSetString(groupMark, lua.LTrue)
	st.openStandard(module, meta)
	module.Metatable = meta
	st.modules["gopiper"] = module
	st.stage = L.CreateTable(0, 3)
	st.set(st.stage, map[string]lua.LGFunction{
		"__index": func(L *lua.LState) int {
			L.RaiseError("a stage has no fields to read; it is only for the list of a pipeline")
			return 0
		},
		"__tostring": func(L *lua.LState) int {
			L.Push(lua.LString("stage " + label(L.CheckUserData(1).Value.(*plan.Stage))))
			return 1
		},
	})
	st.stage.RawSetString("__metatable", lua.LString("stage"))
}

// shortForm returns the function gopiper.NAME, which is short for
// loadComponent(NAME, …).
func (st *state) shortForm(L *lua.LState, name string) *lua.LFunction {
	if f, ok := st.shortForms[name]; ok {
		return f
	}
	known := st.script.options.Known
	if hasUpper(name) || len(known) > 0 && !slices.Contains(known, name) && !slices.Contains([]byte(name), '.') {
		hint := suggest(name, append(st.moduleNames(), known...))
		if hint == "" {
			hint = "; `gopiper list` shows those there are"
		}
		L.RaiseError("gopiper.%s is no component%s", name, hint)
	}
	f := st.lua.NewFunction(func(L *lua.LState) int {
		st.only(L, "gopiper."+name)
		return st.pushComponent(L, name, L.Get(1), "gopiper."+name)
	})
	st.shortForms[name], st.names[f] = f, name
	return f
}

// moduleNames are all names in the module, for suggestions.
func (st *state) moduleNames() []string {
	var names []string
	for _, g := range std.Groups() {
		names = append(names, g.Name)
	}
	st.modules["gopiper"].(*lua.LTable).ForEach(func(key, _ lua.LValue) {
		if name := key.String(); !slices.Contains(names, name) {
			names = append(names, name)
		}
	})
	slices.Sort(names)
	return names
}

// hasUpper: names of components are in lower_snake_case, so that
// gopiper.createPipelin is a misspelled function.
func hasUpper(name string) bool {
	return slices.ContainsFunc([]byte(name), func(c byte) bool { return 'A' <= c && c <= 'Z' }) &&
		!slices.Contains([]byte(name), '.')
}

func (st *state) loadComponent(L *lua.LState) int {
	st.only(L, "gopiper.loadComponent")
	reference, ok := L.Get(1).(lua.LString)
	if !ok || reference == "" {
		L.RaiseError("loadComponent: the first argument is the name or the path of a component, such as \"stdin\" or \"build/enrich.so\", not %s", describe(L.Get(1)))
	}
	return st.pushComponent(L, string(reference), L.Get(2), "loadComponent(\""+string(reference)+"\")")
}

// pushComponent pushes the stage of a component.
func (st *state) pushComponent(L *lua.LState, reference string, attributes lua.LValue, what string) int {
	stage := &plan.Stage{Kind: plan.Component, Reference: reference, Position: st.position(L)}
	switch table := attributes.(type) {
	case *lua.LTable:
		st.attributesOf(L, stage, table, what)
	case *lua.LNilType:
	default:
		L.RaiseError("%s: the attributes are a table, such as { workers = 2 }, not %s", what, describe(attributes))
	}
	return st.pushStage(L, stage)
}

func (st *state) pushStage(L *lua.LState, stage *plan.Stage) int {
	value := L.NewUserData()
	value.Value, value.Metatable = stage, st.stage
	L.Push(value)
	return 1
}

// functionStage is gopiper.func{ function(msg) … end, workers = 4 }: a function with
// what belongs to every stage.
func (st *state) functionStage(L *lua.LState) int {
	st.only(L, "gopiper.func")
	table, ok := L.Get(1).(*lua.LTable)
	if !ok {
		L.RaiseError("gopiper.func takes a table: gopiper.func{ function(msg) … end, workers = 4 }")
	}
	if isLifecycle(table) {
		if table.RawGetInt(1) != lua.LNil {
			L.RaiseError("gopiper.func: beside init, timer, flush and close the function has a name, too: handle = function(msg) … end")
		}
		stage := st.lifecycleStage(L, table, "gopiper.func")
		stage.Position = st.position(L)
		return st.pushStage(L, stage)
	}
	f := st.scriptFunction(L, table.RawGetInt(1), "gopiper.func: the first element")
	f.Impl.(*Function).limits = st.limits(L, table.RawGetString("limits"))
	table = without(L, without(L, table, lua.LNumber(1)), lua.LString("limits"))
	takeEngine(L, f, table, "gopiper.func")
	stage := &plan.Stage{Kind: plan.Function, Function: f, Position: st.position(L)}
	st.attributesOf(L, stage, table, "gopiper.func")
	if len(stage.Attributes) > 0 {
		name := slices.Sorted(maps.Keys(stage.Attributes))[0]
		L.RaiseError("gopiper.func: unknown option %q%s", name, suggestOption(name, append([]string{"limits"}, component.StageAttributes...)))
	}
	return st.pushStage(L, stage)
}

// without copies a table without one of its keys.
func without(L *lua.LState, table *lua.LTable, left lua.LValue) *lua.LTable {
	rest := L.CreateTable(0, 0)
	for key, value := table.Next(lua.LNil); key != lua.LNil; key, value = table.Next(key) {
		if key != left {
			rest.RawSet(key, value)
		}
	}
	return rest
}

func (st *state) env(L *lua.LState) int {
	name, ok := L.Get(1).(lua.LString)
	if !ok || name == "" {
		L.RaiseError("env: the first argument is the name of an environment variable, not %s", describe(L.Get(1)))
	}
	if value, set := st.script.world.variable(string(name)); set {
		L.Push(lua.LString(value))
		return 1
	}
	if L.GetTop() < 2 {
		L.RaiseError("the environment variable %s is not set; set it, or give a default: gopiper.env(%q, …)", name, string(name))
	}
	L.Push(L.Get(2))
	return 1
}

func (st *state) readFile(L *lua.LState) int {
	st.only(L, "gopiper.read_file")
	text, err := st.script.world.readFile(pathArgument(L, "read_file"))
	if err != nil {
		L.RaiseError("%s", err.Error())
	}
	st.guard.spend(L, len(text))
	L.Push(lua.LString(text))
	return 1
}

func (st *state) glob(L *lua.LState) int {
	st.only(L, "gopiper.glob")
	paths, err := st.script.world.glob(pathArgument(L, "glob"))
	if err != nil {
		L.RaiseError("%s", err.Error())
	}
	list := L.CreateTable(len(paths), 0)
	for _, path := range paths {
		list.Append(lua.LString(path))
	}
	L.Push(list)
	return 1
}

func pathArgument(L *lua.LState, function string) string {
	path, ok := L.Get(1).(lua.LString)
	if !ok || path == "" {
		L.RaiseError("%s: the first argument is a path, not %s", function, describe(L.Get(1)))
	}
	return string(path)
}
