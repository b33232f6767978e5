package script

import (
	lua "github.com/yuin/gopher-lua"

	"github.com/gopiper/gopiper/component"
)

// kept is a message that a table of functions keeps, as Lua holds it: a view of its
// own, which is good until the message is sent on or released.
type kept struct {
	view
	object *lua.LUserData
	index  int // in tableWorker.kept
	at     int // in the batch that it came with

	// What the function at hand has done with it.
	touched bool // it is in tableWorker.touched
	sent    bool // it is sent on itself

	failed bool // it is not kept because its own function failed
}

// isKept tells whether the view is what msg:keep() has returned.
func (v *view) isKept() bool { return v.kept != nil && v == &v.kept.view }

// end ends what Lua holds.
func (k *kept) end(failed bool) {
	k.view.end()
	k.json, k.failed = nil, failed
}

// emission is what a function sends on when it has returned.
type emission struct {
	part    part
	parents []*view
	itself  *kept // instead of the part
}

// keepMessage is msg:keep(): the message stays with the stage, and what it returns
// stands for it until it is emitted or released.
func (st *state) keepMessage(L *lua.LState) int {
	h := st.receiver(L, "keep")
	w := st.of
	switch {
	case w == nil || w.life.flush < 0:
		L.RaiseError("a message can be kept by a stage with flush only: { handle = function(msg) … end, flush = function() … end }")
	case h.isKept() || h.view.kept != nil:
		L.Push(h.view.kept.object)
		return 1
	case h.copied != nil:
		L.RaiseError("a copy cannot be kept; keep msg itself")
	}
	if err := h.flush(); err != nil {
		L.RaiseError("%s", err.Error())
	}
	k := &kept{view: view{message: h.message, data: h.data, sends: true}}
	k.kept = k
	k.object = st.newMessage(&k.view)
	h.view.kept, h.view.pending = k, true
	h.view.readOnly = "after msg:keep() the function"
	w.added = append(w.added, k)
	L.Push(k.object)
	return 1
}

// releaseMessage is kept:release(): the message is dropped.
func (st *state) releaseMessage(L *lua.LState) int {
	h := st.receiver(L, "release")
	if !h.isKept() {
		L.RaiseError("only a kept message can be released: local kept = msg:keep() … kept:release(); to drop msg, return gopiper.DROP")
	}
	st.of.may(L)
	st.of.touch(h.kept)
	return 0
}

// emitView is msg:emit() in a function of a table, of what was kept, too, which then
// goes on itself.
func (w *tableWorker) emitView(L *lua.LState, h *held) {
	w.may(L)
	origin := h.origin()
	if h.isKept() {
		w.touch(h.kept)
		if !h.kept.sent {
			h.kept.sent = true
			w.emissions = append(w.emissions, emission{itself: h.kept})
		}
		return
	}
	p := w.state.snapshot(L, h.view)
	w.emit(L, emission{part: p, parents: []*view{origin}})
}

// emitFrom is gopiper.emit(message, from): it sends a message on that was made of those
// that are named, kept ones or the one at hand. They are settled when it is.
func (st *state) emitFrom(L *lua.LState) int {
	w := st.of
	if w == nil {
		st.notDescribing(L)
		L.RaiseError("gopiper.emit is for a stage with timer, flush or other functions beside handle; here, msg:emit() sends msg on, and `return` does")
	}
	w.may(L)
	e := emission{}
	switch value := L.Get(1).(type) {
	case lua.LString, lua.LNumber:
		e.part.data, _ = textOf(value)
	case *lua.LTable:
		p, err := tablePart(value)
		if err != nil {
			L.RaiseError("gopiper.emit: the table is no message: %v", err)
		}
		e.part = p
	case *lua.LUserData:
		if h, ok := value.Value.(*held); ok && value.Metatable == st.message {
			if !h.alive() || h.isKept() {
				L.RaiseError("gopiper.emit: the message is kept, or was; kept:emit() sends it on")
			}
			e.part = st.snapshot(L, h.view)
			break
		}
		L.RaiseError("gopiper.emit: a message is a string, a table { data = … } or a copy of one, not %s", describe(value))
	default:
		L.RaiseError("gopiper.emit: a message is a string, a table { data = … } or a copy of one, not %s", describe(value))
	}
	e.parents = w.parents(L, L.Get(2))
	w.emit(L, e)
	return 0
}

func (st *state) notDescribing(L *lua.LState) {
	if st.describing {
		L.RaiseError("gopiper.emit is for handling messages and cannot be called while the script describes; call it in a function of a stage")
	}
}

// may raises an error where nothing can be sent.
func (w *tableWorker) may(L *lua.LState) {
	switch w.doing {
	case doingNothing, doingInit:
		L.RaiseError("nothing can be emitted or released in init: the pipeline does not run yet")
	case doingClose:
		L.RaiseError("nothing can be emitted or released in close: the pipeline has ended; do it in flush")
	}
	if w.doing == doingHandle {
		w.view.pending = true
	}
}

// parents are the views of what a message is made of.
func (w *tableWorker) parents(L *lua.LState, value lua.LValue) []*view {
	switch v := value.(type) {
	case *lua.LNilType:
		switch w.doing {
		case doingHandle:
			return []*view{&w.view}
		case doingBatch:
			L.RaiseError("gopiper.emit: in handle_batch, say what the message is made of: gopiper.emit(message, messages)")
		}
		return nil
	case *lua.LTable:
		parents := make([]*view, 0, v.Len())
		for i := 1; i <= v.Len(); i++ {
			parents = w.parent(L, parents, v.RawGetInt(i))
		}
		return parents
	}
	return w.parent(L, nil, value)
}

func (w *tableWorker) parent(L *lua.LState, parents []*view, value lua.LValue) []*view {
	u, ok := value.(*lua.LUserData)
	if !ok || u.Metatable != w.state.message {
		L.RaiseError("gopiper.emit: a message is made of kept ones, or of the one at hand, not of %s", describe(value))
	}
	h := u.Value.(*held)
	switch {
	case h.isKept() && h.kept.failed:
		return parents // it has failed already, and is nobody's any more
	case h.isKept() && !h.alive():
		L.RaiseError("gopiper.emit: a message that it is made of was emitted or released before; forget what was emitted")
	case !h.alive() || h.copied != nil:
		L.RaiseError("gopiper.emit: a message that it is made of is not kept, and not at hand; keep it with msg:keep()")
	case h.isKept():
		w.touch(h.kept)
	}
	return append(parents, h.view)
}

// emit notes what is to be sent.
func (w *tableWorker) emit(L *lua.LState, e emission) {
	w.state.guard.emit(L, e.part.size())
	w.emissions = append(w.emissions, e)
}

// touch notes that a message is not kept any more once the function has returned.
func (w *tableWorker) touch(k *kept) {
	if !k.touched {
		k.touched = true
		w.touched = append(w.touched, k)
	}
}

// send does what the function has decided, when it has returned: it sends what was
// emitted, releases what that was made of, and keeps what was kept. handled is the
// message at hand; nil if there is none. After an error nothing was done.
func (w *tableWorker) send(handled *view) error {
	for _, k := range w.touched {
		if k.sent {
			if err := k.flush(); err != nil {
				w.undo()
				return err
			}
		}
	}
	for _, k := range w.added {
		k.index = len(w.kept)
		w.kept = append(w.kept, k)
		w.fresh = append(w.fresh, k)
	}
	w.added = w.added[:0]
	messages := make([]component.Message, 0, len(w.emissions))
	var parents []component.Message
	for i := range w.emissions {
		e := &w.emissions[i]
		if e.itself != nil {
			messages = append(messages, e.itself.message)
			continue
		}
		parents = parents[:0]
		for _, v := range e.parents {
			if !v.failing {
				parents = append(parents, v.message)
			}
		}
		if len(parents) == 0 && len(e.parents) > 0 {
			continue // what it was made of has failed
		}
		messages = append(messages, e.part.message(parents...))
	}
	for _, m := range messages {
		if !w.sendOn(m) {
			break
		}
	}
	for _, k := range w.touched {
		m, sent := k.message, k.sent
		w.forget(k, false)
		if !sent {
			m.Release()
		}
	}
	w.reset(handled)
	return nil
}

// sendOn sends one message; false if nobody takes it any more.
func (w *tableWorker) sendOn(m component.Message) bool {
	select { // first of all: both may be possible
	case <-w.closed:
		return false
	default:
	}
	select {
	case w.postponed <- m:
		return true
	case <-w.closed:
		return false
	}
}

// undo makes as if the function at hand had not been called.
func (w *tableWorker) undo() {
	for _, k := range w.added {
		k.end(true)
	}
	w.reset(&w.view)
}

func (w *tableWorker) reset(handled *view) {
	for _, k := range w.touched {
		k.touched, k.sent = false, false
	}
	clear(w.touched)
	clear(w.added)
	clear(w.emissions)
	w.touched, w.added, w.emissions = w.touched[:0], w.added[:0], w.emissions[:0]
	if handled != nil {
		handled.kept, handled.pending, handled.readOnly = nil, false, ""
	}
}

// forget takes a message off the list of those that are kept.
func (w *tableWorker) forget(k *kept, failed bool) {
	last := w.kept[len(w.kept)-1]
	w.kept[k.index], last.index = last, k.index
	w.kept[len(w.kept)-1] = nil
	w.kept = w.kept[:len(w.kept)-1]
	k.end(failed)
}

// failKept fails all that is kept.
func (w *tableWorker) failKept(r component.Report) {
	for i := len(w.kept) - 1; i >= 0; i-- {
		k := w.kept[i]
		m := k.message
		w.forget(k, true)
		if m == nil {
			continue
		}
		if f, ok := m.(component.Failing); ok {
			f.Fail(r)
		}
	}
}
