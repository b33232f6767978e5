package script

import (
	lua "github.com/yuin/gopher-lua"

	"github.com/gopiper/gopiper/component"
)

// batchMost is how many messages handle_batch gets at most.
const batchMost = 256

// batch is what handle_batch needs, used again for every batch.
type batch struct {
	views    []*view
	statuses []component.Report
}

// together hands messages to handle_batch. An error that it raises, and a wrong return
// value, fails all of them.
func (w *tableWorker) together(messages []component.Message, reports []component.Report) int {
	n := min(len(messages), batchMost)
	for len(w.batch.views) < n {
		w.batch.views = append(w.batch.views, &view{sends: true})
		w.batch.statuses = append(w.batch.statuses, component.Report{})
	}
	views := w.batch.views[:n]
	for i, v := range views {
		v.begin(messages[i])
	}
	w.doing = doingBatch
	defer func() {
		w.doing = doingNothing
		for _, v := range views {
			v.end()
			v.kept, v.pending, v.failing, v.readOnly = nil, false, false, ""
		}
	}()
	clear(w.batch.statuses)
	if failed := w.engine.together(views); failed.Status != component.Done {
		w.undo()
		for i := range n {
			reports[i] = failed
		}
		return n
	}
	for i, v := range views {
		r := w.batch.statuses[i]
		if v.kept != nil {
			r = component.Report{Status: component.Continue}
			v.kept.at = i
		} else if failed := w.function.write(v, r.Class()); failed.Status != component.Done {
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
	w.deliver()
	return n
}

// readStatuses reads what handle_batch has returned for n messages.
func (w *tableWorker) readStatuses(value lua.LValue, n int) error {
	if value == lua.LNil {
		return nil
	}
	const shape = "nothing, or statuses by the places of the messages: { [2] = gopiper.DROP, [3] = { 200, \"why\" } }"
	wrong := w.function.misreturned
	table, ok := value.(*lua.LTable)
	if !ok {
		return wrong("%s; handle_batch returns %s", describe(value), shape)
	}
	for key, value := table.Next(lua.LNil); key != lua.LNil; key, value = table.Next(key) {
		place, ok := key.(lua.LNumber)
		if !ok || place < 1 || float64(place) > float64(n) || place != lua.LNumber(int(place)) {
			return wrong("a status for %s; there are %d messages, from 1 on", describe(key), n)
		}
		i := int(place) - 1
		var description lua.LValue = lua.LNil
		if pair, ok := value.(*lua.LTable); ok {
			value, description = pair.RawGetInt(1), pair.RawGetInt(2)
		}
		number, ok := value.(lua.LNumber)
		if !ok {
			return wrong("%s for message %d; handle_batch returns %s; to send others in its place, messages[%d]:emit()",
				describe(value), i+1, shape, i+1)
		}
		r := component.Report{Status: int(number)}
		switch keeps := w.batch.views[i].kept != nil; {
		case lua.LNumber(r.Status) != number || r.Status > 1e9 || r.Status < -1e9:
			return wrong("the status %s for message %d; a status is a whole number", numberText(number), i+1)
		case keeps && r.Class() != component.ClassDone && r.Status != component.Continue:
			return wrong("the status %d for message %d, which it keeps; return nothing for it", r.Status, i+1)
		case !keeps && r.Status == component.Continue:
			return wrong("gopiper.CONTINUE for message %d, which it does not keep; messages[%d]:keep() keeps it", i+1, i+1)
		}
		if description != lua.LNil {
			if r.Description, ok = textOf(description); !ok {
				return wrong("%s as the description for message %d; it is a string", describe(description), i+1)
			}
			r.Description = shorten(r.Description, descriptionMax)
		}
		w.batch.statuses[i] = r
	}
	return nil
}
