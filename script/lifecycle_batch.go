package script

import (
	"context"
	"time"

	lua "github.com/yuin/gopher-lua"

	"github.com/gopiper/gopiper/component"
)

// batchMost is how many messages handle_batch gets at most.
const batchMost = 256

// batch is what handle_batch needs, used again for every batch.
type batch struct {
	views    []*view
	objects  []*lua.LUserData
	statuses []component.Report
}

// together hands messages to handle_batch. An error that it raises, and a wrong return
// value, fails all of them.
func (w *tableWorker) together(messages []component.Message, reports []component.Report) int {
	n := min(len(messages), batchMost)
	if err := w.enter(context.Background()); err != nil {
		for i := range n {
			reports[i] = component.Report{Status: StatusState, Description: err.Error()}
		}
		return n
	}
	defer w.leave()
	st := w.state
	list := st.lua.CreateTable(n, 0)
	for i := range n {
		list.Append(w.batch.object(st, i))
		w.batch.views[i].begin(messages[i])
	}
	defer func() {
		w.doing = doingNothing
		for _, v := range w.batch.views[:n] {
			v.end()
			v.kept, v.pending, v.failing, v.readOnly = nil, false, false, ""
		}
	}()
	if failed := w.callBatch(list, n); failed.Status != component.Done {
		w.undo()
		for i := range n {
			reports[i] = failed
		}
		return n
	}
	for i, v := range w.batch.views[:n] {
		r := w.batch.statuses[i]
		if v.kept != nil {
			r = component.Report{Status: component.Continue}
			v.kept.at = i
		} else if failed := w.write(v, r.Class()); failed.Status != component.Done {
			r = failed
		}
		class := r.Class()
		v.failing = class == component.ClassRetry || class == component.ClassFail
		if r.Status != component.Done {
			reports[i] = r
		}
	}
	if err := w.send(nil); err != nil {
		for i := range n {
			reports[i] = component.Report{Status: StatusError, Description: err.Error()}
		}
	}
	return n
}

// object returns what Lua holds of message i.
func (b *batch) object(st *state, i int) *lua.LUserData {
	if i == len(b.views) {
		v := &view{sends: true}
		b.views, b.objects = append(b.views, v), append(b.objects, st.newMessage(v))
		b.statuses = append(b.statuses, component.Report{})
	}
	return b.objects[i]
}

// callBatch calls handle_batch and reads the statuses that it returns. The report is
// that of all messages unless it is Done.
func (w *tableWorker) callBatch(list *lua.LTable, n int) component.Report {
	st := w.state
	limits := w.limits()
	limits.Instructions *= int64(n)
	limits.Time = min(limits.Time*time.Duration(n), w.function.script.options.TimeLimit)
	w.doing = doingBatch
	st.guard.reset(limits)
	st.lua.Push(w.lua)
	st.lua.Push(list)
	if err := st.call(1, 1); err != nil {
		return w.failed(err)
	}
	value := st.lua.Get(-1)
	st.lua.Pop(1)
	clear(w.batch.statuses)
	if err := w.readStatuses(value, n); err != nil {
		return component.Report{Status: StatusReturn, Description: err.Error()}
	}
	return component.Report{}
}

// readStatuses reads what handle_batch has returned.
func (w *tableWorker) readStatuses(value lua.LValue, n int) error {
	if value == lua.LNil {
		return nil
	}
	const shape = "nothing, or statuses by the places of the messages: { [2] = gopiper.DROP, [3] = { 200, \"why\" } }"
	table, ok := value.(*lua.LTable)
	if !ok {
		return w.misreturned("%s; handle_batch returns %s", describe(value), shape)
	}
	for key, value := table.Next(lua.LNil); key != lua.LNil; key, value = table.Next(key) {
		place, ok := key.(lua.LNumber)
		if !ok || place < 1 || float64(place) > float64(n) || place != lua.LNumber(int(place)) {
			return w.misreturned("a status for %s; there are %d messages, from 1 on", describe(key), n)
		}
		i := int(place) - 1
		var description lua.LValue = lua.LNil
		if pair, ok := value.(*lua.LTable); ok {
			value, description = pair.RawGetInt(1), pair.RawGetInt(2)
		}
		number, ok := value.(lua.LNumber)
		if !ok {
			return w.misreturned("%s for message %d; handle_batch returns %s; to send others in its place, messages[%d]:emit()",
				describe(value), i+1, shape, i+1)
		}
		r := component.Report{Status: int(number)}
		switch keeps := w.batch.views[i].kept != nil; {
		case lua.LNumber(r.Status) != number || r.Status > 1e9 || r.Status < -1e9:
			return w.misreturned("the status %s for message %d; a status is a whole number", numberText(number), i+1)
		case keeps && r.Class() != component.ClassDone && r.Status != component.Continue:
			return w.misreturned("the status %d for message %d, which it keeps; return nothing for it", r.Status, i+1)
		case !keeps && r.Status == component.Continue:
			return w.misreturned("gopiper.CONTINUE for message %d, which it does not keep; messages[%d]:keep() keeps it", i+1, i+1)
		}
		if description != lua.LNil {
			if r.Description, ok = textOf(description); !ok {
				return w.misreturned("%s as the description for message %d; it is a string", describe(description), i+1)
			}
		}
		w.batch.statuses[i] = r
	}
	return nil
}
