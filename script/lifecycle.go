package script

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	lua "github.com/yuin/gopher-lua"

	"github.com/gopiper/gopiper/component"
	"github.com/gopiper/gopiper/plan"
)

// A stage may be a table of functions instead of one: handle or handle_batch, and
// beside it init, timer, flush and close, which are called when the worker is opened,
// every so often, when nothing more is to be kept, and at the end. Every worker of
// such a stage has a Lua state of its own, which nothing else runs in: its timer
// cannot meet another function.

// leastEvery is the shortest time between two calls of a timer.
const leastEvery = time.Millisecond

// lifecycle describes such a table. It never changes.
type lifecycle struct {
	table int  // its place in state.tables
	batch bool // the function is handle_batch
	// The places of the others in state.functions; -1 for none.
	init, timer, flush, close int
	every                     time.Duration // between two calls of timer
	stateful                  bool          // it may use gopiper.state

	declaration *component.Declaration
}

// functionNames are the fields of the table that are functions.
var functionNames = []string{"init", "handle", "handle_batch", "timer", "flush", "close"}

// isLifecycle tells whether a table is meant to be a stage.
func isLifecycle(table *lua.LTable) bool {
	for _, name := range functionNames {
		if table.RawGetString(name) != lua.LNil {
			return true
		}
	}
	return false
}

// lifecycleStage makes a stage of a table of functions. It stands where its handle
// does, until somebody knows better.
func (st *state) lifecycleStage(L *lua.LState, table *lua.LTable, what string) *plan.Stage {
	life := &lifecycle{table: len(st.tables)}
	st.tables = append(st.tables, table)
	name := "handle"
	single, batch := table.RawGetString("handle"), table.RawGetString("handle_batch")
	switch {
	case single == lua.LNil && batch == lua.LNil:
		L.RaiseError("%s: the table has no handle%s; write handle = function(msg) … end beside the others", what, misspelledHandle(table))
	case single != lua.LNil && batch != lua.LNil:
		L.RaiseError("%s: the table has handle and handle_batch; leave one of them out", what)
	case batch != lua.LNil:
		name, single, life.batch = "handle_batch", batch, true
	}
	f := st.scriptFunction(L, single, what+": "+name)
	f.Impl.(*Function).life, f.Impl.(*Function).limits = life, st.limits(L, table.RawGetString("limits"))
	stage := &plan.Stage{Kind: plan.Function, Function: f, Position: f.Position}
	rest := L.CreateTable(0, 0)
	for key, value := table.Next(lua.LNil); key != lua.LNil; key, value = table.Next(key) {
		field, _ := key.(lua.LString)
		if field == "limits" || slices.Contains(functionNames, string(field)) {
			continue
		}
		if value.Type() == lua.LTFunction && field != "order_by" {
			L.RaiseError("%s: %s is a function; those of a stage are %s%s", what, key.String(), strings.Join(functionNames, ", "),
				suggest(string(field), functionNames))
		}
		rest.RawSet(key, value)
	}
	takeEngine(L, f, rest, what)
	st.attributesOf(L, stage, rest, what)
	life.init = st.lifecycleFunction(L, table, "init", what)
	life.timer = st.lifecycleFunction(L, table, "timer", what)
	life.flush = st.lifecycleFunction(L, table, "flush", what)
	life.close = st.lifecycleFunction(L, table, "close", what)
	if stateful := table.RawGetString("stateful"); stateful != lua.LNil {
		life.stateful = converted[bool](L, stateful, what+": attribute \"stateful\"", component.Bool, nil)
	}
	if life.stateful && life.batch {
		L.RaiseError("%s: a stage that is stateful has handle, not handle_batch: a change of gopiper.state belongs to one message", what)
	}
	life.every = st.every(L, table.RawGetString("every"), life, what)
	life.declare()
	return stage
}

// misspelledHandle names a function that may be meant as the table's handle.
func misspelledHandle(table *lua.LTable) string {
	for key, value := table.Next(lua.LNil); key != lua.LNil; key, value = table.Next(key) {
		name, _ := key.(lua.LString)
		if value.Type() == lua.LTFunction && !slices.Contains(functionNames, string(name)) && suggest(string(name), functionNames) != "" {
			return ", but " + strconv.Quote(string(name))
		}
	}
	return ""
}

// lifecycleFunction makes one of the other functions known; -1 if there is none.
func (st *state) lifecycleFunction(L *lua.LState, table *lua.LTable, name, what string) int {
	value := table.RawGetString(name)
	if value == lua.LNil {
		return -1
	}
	f, ok := value.(*lua.LFunction)
	switch {
	case ok && !f.IsG:
	case name == "timer":
		L.RaiseError("%s: timer is %s; it is a function, and every says how often it is called: every = \"1s\", timer = function() … end",
			what, describe(value))
	default:
		L.RaiseError("%s: %s is %s; it is a function of the script", what, name, describe(value))
	}
	st.functions = append(st.functions, f)
	return len(st.functions) - 1
}

// every reads how often the timer is called.
func (st *state) every(L *lua.LState, value lua.LValue, life *lifecycle, what string) time.Duration {
	switch {
	case value == lua.LNil && life.timer < 0:
		return 0
	case value == lua.LNil:
		L.RaiseError("%s: there is a timer, and every is missing, which says how often it is called: every = \"1s\"", what)
	case life.timer < 0:
		L.RaiseError("%s: every is how often timer is called, and there is no timer; write timer = function() … end", what)
	}
	every := duration(L, value, what+": attribute \"every\"")
	if every < leastEvery {
		L.RaiseError("%s: attribute \"every\": %v is too often; the least is %v", what, every, leastEvery)
	}
	return every
}

// declare says what the stage is as a component.
func (l *lifecycle) declare() {
	d := declaration
	d.Emits = l.timer >= 0 || l.flush >= 0
	d.Stateful = l.stateful || l.flush >= 0
	if l.flush >= 0 { // it may keep messages
		d.Interfaces |= component.IsFlusher
	}
	l.declaration = &d
}

// identity is what must be the same whenever the script is evaluated.
func (f *Function) identity() string {
	if f.life == nil {
		return fmt.Sprint(f.ordinal)
	}
	l := f.life
	return fmt.Sprint(f.ordinal, l.batch, l.init, l.timer, l.flush, l.close, l.every, l.stateful)
}
