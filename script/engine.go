package script

import (
	"fmt"
	"slices"

	lua "github.com/yuin/gopher-lua"

	"github.com/gopiper/gopiper/plan"
	"github.com/gopiper/gopiper/script/luajit"
)

// Engine says what runs functions.
type Engine string

// The engines.
const (
	// EngineAuto compiles the functions that can be compiled, and leaves the others
	// to gopher-lua.
	EngineAuto Engine = "auto"
	// EngineGopherLua leaves all functions to gopher-lua.
	EngineGopherLua Engine = "gopher-lua"
	// EngineLuaJIT has LuaJIT run all functions; where its library cannot be loaded,
	// that is an error.
	EngineLuaJIT Engine = "luajit"
	// EnginePreferLuaJIT is EngineLuaJIT where the library can be loaded, and
	// EngineAuto elsewhere.
	EnginePreferLuaJIT Engine = "prefer-luajit"
)

// Engines returns all engines.
func Engines() []Engine {
	return []Engine{EngineAuto, EngineGopherLua, EngineLuaJIT, EnginePreferLuaJIT}
}

// wanted is what a function is to run on: what the options say is for all
// functions, unless it is auto; else it is up to the stage.
func (s *Script) wanted(f *Function) Engine {
	if s.options.Engine != EngineAuto {
		return s.options.Engine
	}
	if f.engine != "" {
		return f.engine
	}
	return EngineAuto
}

// engineOf reads the attribute engine of a stage.
func engineOf(name string) (Engine, error) {
	if slices.Contains(Engines(), Engine(name)) {
		return Engine(name), nil
	}
	var names []string
	for _, e := range Engines() {
		names = append(names, string(e))
	}
	return "", fmt.Errorf("there is no engine %q%s", name, suggestOption(name, names))
}

// takeEngine takes the attribute engine of a function out of its stage's.
func takeEngine(L *lua.LState, f *plan.Func, table *lua.LTable, what string) {
	value := table.RawGetString("engine")
	if value == lua.LNil {
		return
	}
	what += ": attribute \"engine\""
	engine, err := engineOf(text(L, value, what))
	if err != nil {
		L.RaiseError("%s: %s", what, err.Error())
	}
	f.Impl.(*Function).engine = engine
	table.RawSetString("engine", lua.LNil)
}

// onLuaJIT decides whether a function runs on LuaJIT: it does, with a reason not
// to it may not, or the error says why it must and cannot.
func (s *Script) onLuaJIT(f *plan.Func, at plan.Position) (yes bool, reason string, err *Error) {
	impl := f.Impl.(*Function)
	wanted := s.wanted(impl)
	if why := impl.notOnLuaJIT(); why != "" && (wanted == EngineLuaJIT || wanted == EnginePreferLuaJIT) {
		if wanted == EngineLuaJIT && impl.engine == EngineLuaJIT {
			return false, "", &Error{Position: at, Message: "the function cannot run on LuaJIT: " + why + "; leave engine out, or write gopiper.func{ function(msg) … end, engine = \"luajit\" } without them"}
		}
		return false, why, nil
	}
	switch wanted {
	case EngineLuaJIT:
		if _, problem := s.openLuaJIT(); problem != nil {
			return false, "", &Error{Position: at, Message: "the function is to run on LuaJIT: " + problem.Error() +
				"; or let gopher-lua run it where LuaJIT is missing: engine = \"prefer-luajit\""}
		}
		return true, "", nil
	case EnginePreferLuaJIT:
		if _, problem := s.openLuaJIT(); problem != nil {
			s.fallBack(at, problem)
			return false, problem.Error(), nil
		}
		return true, "", nil
	}
	return false, "", nil
}

// notOnLuaJIT is why a function cannot run on LuaJIT, or "".
func (f *Function) notOnLuaJIT() string {
	if f.limits != (Limits{}) {
		return "limits do not hold on LuaJIT, which cannot be interrupted"
	}
	return ""
}

// fallBack warns, once, that functions do not run on LuaJIT.
func (s *Script) fallBack(at plan.Position, problem error) {
	if !s.fellBack {
		s.fellBack = true
		s.warnings = append(s.warnings, Warning{Position: at, Message: "functions that would run on LuaJIT run without it: " + problem.Error()})
	}
}

func (s *Script) openLuaJIT() (*luajit.Library, error) {
	if s.options.openLuaJIT != nil {
		return s.options.openLuaJIT()
	}
	return luajit.Open()
}
