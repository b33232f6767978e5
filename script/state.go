package script

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"sync/atomic"

	lua "github.com/yuin/gopher-lua"

	"github.com/gopiper/gopiper/component"
	"github.com/gopiper/gopiper/plan"
	"github.com/gopiper/gopiper/script/pattern"
)

// state is a Lua state in which the script was evaluated. One goroutine uses it
// at a time.
type state struct {
	script *Script
	lua    *lua.LState
	guard  guard
	source *rand.PCG
	random *rand.Rand // of source
	// busy is true while a function runs: a worker that is stuck in one must
	// not share it with the worker that replaces it.
	busy atomic.Bool
	// broken is true once the engine has panicked where it cannot recover: the
	// state must not be used again.
	broken bool
	// weighAt is the size of the heap at which it is worth a look how much of it
	// this state keeps.
	weighAt int64

	first      bool // whether this evaluation makes the plan
	describing bool // false once messages may be handled
	plan       *plan.Plan
	// functions are those of the plan, in the order of their description, which
	// is how a *Function finds its own in every state.
	functions []*lua.LFunction
	// tables are those that are stages, in the same order.
	tables     []*lua.LTable
	stagesLeft int                   // that may be placed
	modules    map[string]lua.LValue // nil while it is being loaded
	loading    []string
	coroutine  int // depth of coroutines that have resumed others
	protected  int // depth of pcall in pcall

	originals  originals
	shortForms map[string]*lua.LFunction
	names      map[*lua.LFunction]string // of the short forms
	message    *lua.LTable               // metatables
	attributes *lua.LTable
	stage      *lua.LTable
	jsonObject *lua.LTable
	jsonArray  *lua.LTable
	exact      *lua.LTable
	marks
	copy    *lua.LFunction // msg.copy
	emit    *lua.LFunction
	keep    *lua.LFunction
	release *lua.LFunction
	// of is the worker that the state belongs to alone; nil if it does not.
	of       *tableWorker
	standard standard
	running  *Function // that was called last
	// sparePieces are parts of msg.json that nothing is held in yet.
	sparePieces []piece
	words       [128]lua.LValue // short strings that were read; see word
	matcher     pattern.Matcher
	buffer      []byte
}

// listMax bounds the length of lists, in elements.
const listMax = 1 << 20

// registersMax is how many values the functions under way may have together: all
// of them can be put into a table by one instruction.
const registersMax = 1 << 16

// framesMax is how deep functions may call one another.
const framesMax = 1000

func init() {
	// An assignment to t[n] fills the table up to n at once. A list that is longer
	// than this has no length.
	lua.MaxArrayIndex = listMax
}

// newState makes a state with the safe library and nothing evaluated in it.
func newState(s *Script, first bool) *state {
	st := &state{
		script:     s,
		first:      first,
		describing: true,
		plan:       &plan.Plan{},
		source:     rand.NewPCG(s.world.seed[0], s.world.seed[1]),
		stagesLeft: stagesMax,
		modules:    make(map[string]lua.LValue),
		shortForms: make(map[string]*lua.LFunction),
		names:      make(map[*lua.LFunction]string),
	}
	st.random = rand.New(st.source)
	st.guard.what, st.guard.weigh = "the script", st.weigh
	st.matcher.Refuel = st.guard.refuel
	st.lua = lua.NewState(lua.Options{
		SkipOpenLibs:  true,
		CallStackSize: framesMax,
		// The stack of calls grows with use: a state is to be small.
		MinimizeStackMemory: true,
		RegistrySize:        512,
		RegistryMaxSize:     registersMax,
		RegistryGrowStep:    2048,
	})
	st.openLibrary()
	if first {
		st.noteOriginals()
	}
	st.lua.SetContext(&st.guard)
	return st
}

// run ends the description: from now on the clock, the random numbers and the
// limits are those of the handling of messages.
func (st *state) run() {
	st.describing = false
	st.source.Seed(rand.Uint64(), rand.Uint64())
	st.guard = guard{what: "the function", weigh: st.weigh}
	st.guard.reset(st.script.options.Limits)
	st.weighAt = pulse.heap.Load() + st.script.options.StateLimit/4
}

// call calls the function that was pushed with its arguments, and returns the
// error that it raised. It never panics.
func (st *state) call(arguments, results int) (err error) {
	defer func() {
		if p := recover(); p != nil {
			st.broken = true
			err = fmt.Errorf("the Lua engine failed: %v", p)
		}
	}()
	return st.lua.PCall(arguments, results, nil)
}

// position is where the script is: the innermost line of Lua.
func (st *state) position(L *lua.LState) plan.Position {
	for level := 0; ; level++ {
		frame, ok := L.GetStack(level)
		if !ok {
			return plan.Position{File: st.script.name}
		}
		if _, err := L.GetInfo("Sl", frame, lua.LNil); err == nil && frame.Source != "" && frame.CurrentLine > 0 {
			return plan.Position{File: frame.Source, Line: frame.CurrentLine}
		}
	}
}

// only raises an error if messages are being handled: what is for describing
// has no effect then.
func (st *state) only(L *lua.LState, what string) {
	if !st.describing {
		L.RaiseError("%s is for describing and cannot be called while messages are handled; call it outside the function", what)
	}
}

// suggest returns `; did you mean "x"?`, or "".
func suggest(name string, candidates []string) string {
	if nearest := component.Nearest(name, candidates); nearest != "" {
		return "; did you mean \"" + nearest + "\"?"
	}
	return ""
}

// suggestOption does the same for an option, and lists what there is if nothing
// is near.
func suggestOption(name string, known []string) string {
	if s := suggest(name, known); s != "" {
		return s
	}
	return "; there are " + strings.Join(known, ", ")
}
