package script

import (
	"context"
	"fmt"
	"sync"

	lua "github.com/yuin/gopher-lua"

	"github.com/gopiper/gopiper/component"
	"github.com/gopiper/gopiper/plan"
	"github.com/gopiper/gopiper/script/compile"
)

// The statuses, all of the class Fail, that functions report by themselves.
const (
	StatusError  = 210 // the function raised an error
	StatusLimit  = 211 // it ran too long
	StatusReturn = 212 // it returned what it may not
	StatusState  = 213 // the script could not be evaluated again for it
)

// Function is a Lua function of a plan: the Impl of a [plan.Func]. It handles
// messages as a component, decides as a predicate, or computes keys.
//
// Functions run in Lua states. Those of one pipeline with the same segment and
// worker share one, so they must not run at the same time; different goroutines
// may run them in turn. Functions with another segment or worker have another
// state.
type Function struct {
	script   *Script
	ordinal  int        // its place in state.functions
	pipeline int        // its place in Plan.Pipelines
	engine   Engine     // what its stage wants it to run on; "" for nothing
	life     *lifecycle // of one that is a part of a table; nil for any other
	limits   Limits
	// pipelineName and stage name its place in log lines; see Place.
	pipelineName, stage string
}

// Place tells the names of the pipeline and the stage, for the log lines of the
// function. It is called before the first worker is made, if at all.
func (f *Function) Place(pipeline, stage string) { f.pipelineName, f.stage = pipeline, stage }

var declaration = component.Declaration{
	Name:       "function",
	Summary:    "Runs a Lua function of the script for every message.",
	Roles:      component.Processor | component.Sink,
	Interfaces: component.IsBatchHandler | component.IsOpener | component.IsCloser,
	Sync:       true,
}

// Declaration describes a function as a component. What splits a message sends
// on postponed before the callback, though Emits is not set: the engine takes
// that from every component that is Sync.
func (f *Function) Declaration() *component.Declaration {
	if f.life != nil {
		return f.life.declaration
	}
	return &declaration
}

// Amount is 1: a function has one worker unless the plan says otherwise.
func (f *Function) Amount() int { return 1 }

// Prepare evaluates the script for the functions of a segment and worker. It
// needs not be called: the component's Open does the same, and so does the
// first message. The error is an *[Error].
func (f *Function) Prepare(segment, worker int) error {
	at := place{f.pipeline, segment, worker}
	if f.onLuaJIT() {
		return (&jitSeat{function: f, at: at}).open()
	}
	s := seat{function: f, place: at}
	if err := s.enter(context.Background()); err != nil {
		return err
	}
	s.leave()
	return nil
}

// Create makes a worker that hands every message to the function. Its Open
// returns the *[Error] of a script that cannot be evaluated again; without Open
// every message fails with [StatusState] then.
func (f *Function) Create(segment, worker int, postponed chan component.Message) component.Component {
	at := place{f.pipeline, segment, worker}
	switch {
	case f.life != nil:
		return newTableWorker(f, postponed)
	case f.onLuaJIT():
		return newJITWorker(f, at, postponed)
	}
	return newWorker(f, at, postponed)
}

// Predicate returns a function that tells whether the Lua function returns
// something else than nil or false for a message. It must not be called from
// two goroutines at a time.
func (f *Function) Predicate(segment, worker int) func(component.Message) (bool, error) {
	at := place{f.pipeline, segment, worker}
	if f.onLuaJIT() {
		a := newJITAsk(f, at, "a `when` function")
		return func(m component.Message) (bool, error) {
			err := a.ask(m)
			return err == nil && a.status == 1, err
		}
	}
	s := &seat{function: f, place: at}
	s.view.readOnly = "a `when` function"
	s.view.indexes = f.indexes()
	s.runner = f.runner(compile.Predicate)
	return func(m component.Message) (bool, error) {
		if s.runner != nil && s.evaluated() {
			if taken, err := s.runner.Predicate(m); err == nil {
				return taken, nil
			} else if limit := s.limit(err); limit != nil {
				return false, limit
			}
		}
		value, err := s.ask(m)
		return err == nil && lua.LVAsBool(value), err
	}
}

// Key returns a function that computes the key of a message: the string or
// number that the Lua function returns, "" for nil. It must not be called from
// two goroutines at a time.
func (f *Function) Key(segment, worker int) func(component.Message) (string, error) {
	at := place{f.pipeline, segment, worker}
	if f.onLuaJIT() {
		a := newJITAsk(f, at, "an `order_by` function")
		return func(m component.Message) (string, error) {
			err := a.ask(m)
			return a.text, err
		}
	}
	s := &seat{function: f, place: at}
	s.view.readOnly = "an `order_by` function"
	s.view.indexes = f.indexes()
	s.runner = f.runner(compile.Key)
	return func(m component.Message) (string, error) {
		if s.runner != nil && s.evaluated() {
			if key, err := s.runner.Key(m); err == nil {
				return key, nil
			} else if limit := s.limit(err); limit != nil {
				return "", limit
			}
		}
		value, err := s.ask(m)
		if err != nil || value == lua.LNil {
			return "", err
		}
		key, ok := textOf(value)
		if !ok {
			return "", s.misreturned("%s as the key; a key is a string, a number or nil", describe(value))
		}
		return key, nil
	}
}

// positionOf is where a function of the plan begins.
func (s *Script) positionOf(ordinal int) plan.Position {
	p := s.functions[ordinal]
	return plan.Position{File: p.SourceName, Line: p.LineDefined}
}

func (f *Function) position() plan.Position { return f.script.positionOf(f.ordinal) }

// misreturned is the error of a function that returned what it may not.
func (f *Function) misreturned(format string, args ...any) error {
	return &Error{Position: f.position(), Message: "the function returned " + fmt.Sprintf(format, args...)}
}

// write gives a message what the function has written in msg.json, if it goes on. The
// report is Done unless that cannot be.
func (f *Function) write(v *view, class component.Class) component.Report {
	if class == component.ClassDrop {
		return component.Report{}
	}
	if err := v.flush(); err != nil && class != component.ClassFail {
		e := &Error{Position: f.position(), Message: err.Error()}
		return component.Report{Status: StatusError, Description: e.Error()}
	}
	return component.Report{}
}

// onLuaJIT tells whether LuaJIT runs the function.
func (f *Function) onLuaJIT() bool { return f.script.compiled[f.ordinal].onLuaJIT }

// shared is the Lua state of a place.
type shared struct {
	mutex sync.Mutex
	state *state
	err   error
}

// enter returns the state, made if need be, for the caller alone. A state that
// somebody is still in is left to them: a worker that was replaced because it
// did not return in time.
func (h *shared) enter(ctx context.Context, s *Script) (*state, error) {
	h.mutex.Lock()
	defer h.mutex.Unlock()
	if h.state != nil && h.state.busy.CompareAndSwap(false, true) && !h.state.broken && (h.state.of != nil || !h.state.overweight()) {
		return h.state, nil
	}
	if h.err != nil {
		return nil, h.err
	}
	st, problem := s.evaluate(ctx, false)
	if problem != nil {
		if ctx.Err() == nil { // called off is not for ever
			h.err = problem
		}
		return nil, problem
	}
	st.busy.Store(true)
	h.state = st
	return st, nil
}

// seat is one use of a function at a place.
type seat struct {
	function *Function
	place    place
	counts   bool // whether it is given back
	shared   *shared

	runner *compile.Runner // of the compiled function, nil if there is none

	state   *state
	lua     *lua.LFunction // the function in this state
	message *lua.LUserData // the view as the function gets it
	view    view
}

func (s *seat) enter(ctx context.Context) error {
	if s.shared == nil {
		s.shared = s.function.script.states.enter(s.place, s.counts)
	}
	st, err := s.shared.enter(ctx, s.function.script)
	if err != nil {
		return err
	}
	st.running = s.function
	if s.state != st {
		s.state, s.lua, s.message = st, st.functions[s.function.ordinal], st.newMessage(&s.view)
	}
	return nil
}

func (s *seat) leave() { s.state.busy.Store(false) }

// ask calls the function with a message and returns the first value.
func (s *seat) ask(m component.Message) (lua.LValue, error) {
	if err := s.enter(context.Background()); err != nil {
		return nil, err
	}
	defer s.leave()
	s.state.guard.reset(s.limits())
	s.view.begin(m)
	defer s.view.end()
	L := s.state.lua
	L.Push(s.lua)
	L.Push(s.message)
	if err := s.state.call(1, 1); err != nil {
		return nil, s.function.script.runtimeError(err)
	}
	value := L.Get(-1)
	L.Pop(1)
	return value, nil
}
