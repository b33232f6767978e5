package script

import lua "github.com/yuin/gopher-lua"

// coroutinesMax bounds how deep coroutines may resume one another: each takes
// of Go's stack.
const coroutinesMax = 100

// openCoroutines puts every coroutine under the limits of its state.
func (st *state) openCoroutines(table *lua.LTable) {
	create := table.RawGetString("create").(*lua.LFunction).GFunction
	wrap := table.RawGetString("wrap").(*lua.LFunction).GFunction
	resume := table.RawGetString("resume").(*lua.LFunction).GFunction
	small := func(L *lua.LState) {
		L.Options.CallStackSize, L.Options.RegistrySize = 100, 256
		st.guard.spend(L, 16<<10)
	}
	nested := func(L *lua.LState) int {
		if thread, ok := L.Get(1).(*lua.LState); ok && thread.Dead {
			L.Push(lua.LFalse)
			L.Push(lua.LString("cannot resume dead coroutine"))
			return 2
		}
		if st.coroutine >= coroutinesMax {
			L.RaiseError("more than %d coroutines have resumed one another", coroutinesMax)
		}
		st.coroutine++
		defer func() { st.coroutine-- }()
		return resume(L)
	}
	resumeWrapped := func(L *lua.LState) int {
		thread := L.Get(lua.UpvalueIndex(1))
		if thread.(*lua.LState).Dead {
			L.RaiseError("cannot resume dead coroutine")
		}
		L.Insert(thread, 1)
		return nested(L)
	}
	st.set(table, map[string]lua.LGFunction{
		"create": func(L *lua.LState) int {
			if L.CheckFunction(1).IsG {
				L.ArgError(1, "expected a function written in Lua")
			}
			small(L)
			n := create(L)
			L.Get(-1).(*lua.LState).SetContext(&st.guard)
			return n
		},
		"wrap": func(L *lua.LState) int {
			small(L)
			wrap(L)
			thread := L.Get(-1).(*lua.LFunction).Upvalues[0].Value()
			thread.(*lua.LState).SetContext(&st.guard)
			L.Push(L.NewClosure(resumeWrapped, thread))
			return 1
		},
		"resume": nested,
	})
}
