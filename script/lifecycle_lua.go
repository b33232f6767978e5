package script

import (
	"context"
	"time"

	lua "github.com/yuin/gopher-lua"

	"github.com/gopiper/gopiper/component"
)

// luaTable runs the functions of a table on gopher-lua; its handle perhaps compiled.
// It implements tableEngine.
type luaTable struct {
	worker
	of      *tableWorker
	private shared           // the Lua state
	objects []*lua.LUserData // what Lua holds of the messages of a batch
}

func newLuaTable(w *tableWorker) *luaTable {
	t := &luaTable{of: w}
	t.worker = *newWorker(w.function, place{}, w.postponed)
	t.worker.table, t.shared = t, &t.private
	t.view.indexes = false // it may have sent on a message when the function ends
	return t
}

func (t *luaTable) open(ctx context.Context) error {
	if err := t.enter(ctx); err != nil {
		return err
	}
	t.leave()
	t.state.of = t.of
	if t.of.remembered != nil {
		t.state.standard.context.State = stageState{t.of}
	}
	return nil
}

func (t *luaTable) drop() {
	t.private, t.state, t.drive, t.objects = shared{}, nil, nil, nil
}

func (t *luaTable) broken() bool       { return t.state != nil && t.state.broken }
func (t *luaTable) overweight() bool   { return t.state.overweight() }
func (t *luaTable) hand() *view        { return &t.view }
func (t *luaTable) hold(k *kept)       { k.object = t.state.newMessage(&k.view) }
func (t *luaTable) forget(*kept, bool) {}

func (t *luaTable) handle(messages []component.Message, reports []component.Report) int {
	return t.worker.HandleBatch(messages, reports)
}

func (t *luaTable) call(ordinal int) (int, error) {
	if err := t.enter(context.Background()); err != nil {
		return StatusState, err
	}
	defer t.leave()
	st := t.state
	st.guard.reset(t.function.script.options.describing())
	st.lua.Push(st.functions[ordinal])
	st.lua.Push(st.tables[t.of.life.table])
	if err := st.call(1, 0); err != nil {
		return t.failure(StatusError), t.function.script.runtimeError(err)
	}
	return 0, nil
}

// finish turns the n values that handle returned into a report, as worker.finish does,
// and sends what was emitted.
func (t *luaTable) finish(L *lua.LState, n int) component.Report {
	r, err := t.report(L, n)
	r = t.of.finish(&t.view, t.next, r, t.parts, err, func(class component.Class) component.Report { return t.function.write(&t.view, class) })
	t.of.deliver()
	return r
}

func (t *luaTable) together(views []*view) component.Report {
	if err := t.enter(context.Background()); err != nil {
		return component.Report{Status: StatusState, Description: err.Error()}
	}
	defer t.leave()
	st, n := t.state, len(views)
	list := st.lua.CreateTable(n, 0)
	for i, v := range views {
		if i == len(t.objects) {
			t.objects = append(t.objects, st.newMessage(v))
		}
		list.Append(t.objects[i])
	}
	limits := t.limits()
	limits.Instructions *= int64(n)
	limits.Time = min(limits.Time*time.Duration(n), t.function.script.options.TimeLimit)
	st.guard.reset(limits)
	st.lua.Push(t.lua)
	st.lua.Push(list)
	if err := st.call(1, 1); err != nil {
		return t.failed(err)
	}
	value := st.lua.Get(-1)
	st.lua.Pop(1)
	if err := t.of.readStatuses(value, n); err != nil {
		return component.Report{Status: StatusReturn, Description: err.Error()}
	}
	return component.Report{}
}

// keepMessage is msg:keep().
func (st *state) keepMessage(L *lua.LState) int {
	k, err := st.of.keep(st.receiver(L, "keep").view)
	check(L, err)
	L.Push(k.object.(*lua.LUserData))
	return 1
}

// releaseMessage is kept:release().
func (st *state) releaseMessage(L *lua.LState) int {
	check(L, st.of.release(st.receiver(L, "release").view))
	return 0
}

// emitView is msg:emit() in a function of a table, of what was kept, too, which then
// goes on itself.
func (st *state) emitView(L *lua.LState, v *view) {
	check(L, st.of.may())
	if st.of.emitKept(v) {
		return
	}
	p := st.snapshot(L, v)
	st.guard.emit(L, p.size())
	st.of.emit(p, v.origin())
}

// emitFrom is gopiper.emit(message, from): it sends a message on that was made of those
// that are named, kept ones or the one at hand. They are settled when it is.
func (st *state) emitFrom(L *lua.LState) int {
	if st.of == nil {
		st.notDescribing(L)
		check(L, errEmitElsewhere)
	}
	check(L, st.of.may())
	var p part
	switch value := L.Get(1).(type) {
	case lua.LString, lua.LNumber:
		p.data, _ = textOf(value)
	case *lua.LTable:
		var err error
		if p, err = tablePart(value); err != nil {
			L.RaiseError("gopiper.emit: the table is no message: %v", err)
		}
	default:
		u, _ := value.(*lua.LUserData)
		if u == nil || u.Metatable != st.message {
			L.RaiseError("gopiper.emit: a message is a string, a table { data = … } or a copy of one, not %s", describe(value))
		}
		h := u.Value.(*held)
		if !h.alive() || h.isKept() {
			check(L, errEmitOfKept)
		}
		p = st.snapshot(L, h.view)
	}
	parents := st.parents(L, L.Get(2))
	st.guard.emit(L, p.size())
	st.of.emit(p, parents...)
	return 0
}

func (st *state) notDescribing(L *lua.LState) {
	if st.describing {
		L.RaiseError("gopiper.emit is for handling messages and cannot be called while the script describes; call it in a function of a stage")
	}
}

// parents are the views of what a message is made of.
func (st *state) parents(L *lua.LState, value lua.LValue) (parents []*view) {
	list := []lua.LValue{value}
	switch v := value.(type) {
	case *lua.LNilType:
		parents, err := st.of.parentsOfNothing()
		check(L, err)
		return parents
	case *lua.LTable:
		list = list[:0]
		for i := 1; i <= v.Len(); i++ {
			list = append(list, v.RawGetInt(i))
		}
	}
	for _, value := range list {
		u, ok := value.(*lua.LUserData)
		if !ok || u.Metatable != st.message {
			L.RaiseError("gopiper.emit: a message is made of kept ones, or of the one at hand, not of %s", describe(value))
		}
		var err error
		parents, err = st.of.parent(parents, u.Value.(*held).view)
		check(L, err)
	}
	return parents
}
