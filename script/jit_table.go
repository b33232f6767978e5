package script

import (
	"context"
	"errors"

	"github.com/gopiper/gopiper/component"
	"github.com/gopiper/gopiper/script/luajit"
)

// jitTable runs the functions of a table on LuaJIT. It implements tableEngine.
//
// A batch is one crossing here, too: while Lua goes from message to message, what its
// function has done with one is decided on when the next asks for something of Go's, or
// at the end. What was decided is sent when Lua has returned.
type jitTable struct {
	jitWorker
	of      *tableWorker
	private jitPlace
	labels  map[int]string // of the functions other than handle
	plain   view           // of one about which Lua has asked nothing
	parts   []part

	// Kept messages are objects with the number of their place in held; so that it is
	// known which one is meant, their generation is another for every one.
	held      []heldMessage
	free      []uint32
	failed    map[uint64]bool         // those that are gone because their function failed
	documents map[uint64]*jitDocument // msg.json of those that are kept, by their stamps

	views []*view // of handle_batch
	stamp uint64  // the generation of their objects
}

// heldMessage is a kept message and the stamp of its document; 0 for none.
type heldMessage struct {
	*kept
	document uint64
}

// failedMost is how many messages that were not kept after all are remembered.
const failedMost = 10000

func newJITTable(w *tableWorker) *jitTable {
	t := &jitTable{of: w, documents: make(map[uint64]*jitDocument), failed: make(map[uint64]bool)}
	t.jitWorker = *newJITWorker(w.function, place{}, w.postponed)
	t.counts, t.jitSeat.place, t.jitSeat.table = false, &t.private, t
	t.labels = map[int]string{}
	for name, ordinal := range map[string]int{"init": w.life.init, "timer": w.life.timer, "flush": w.life.flush, "close": w.life.close} {
		t.labels[ordinal] = name + " beside " + t.label()
	}
	t.apply = t.decide
	return t
}

func (t *jitTable) open(context.Context) error {
	if err := t.jitSeat.open(); err != nil {
		return err
	}
	if t.of.remembered != nil {
		t.private.state.standard.surroundings().State = stageState{t.of}
	}
	return nil
}

func (t *jitTable) drop() {
	t.private.mutex.Lock()
	defer t.private.mutex.Unlock()
	t.private.close()
	t.private.err = nil
	t.held, t.free, t.state = nil, nil, nil
	clear(t.failed)
	clear(t.documents)
}

func (t *jitTable) broken() bool     { return t.private.state == nil }
func (t *jitTable) overweight() bool { return t.jitSeat.overweight(&t.private) }
func (t *jitTable) hand() *view      { return &t.view }

// handle hands messages to handle.
func (t *jitTable) handle(messages []component.Message, reports []component.Report) int {
	t.reports, t.applied = reports, 0
	n, err := t.run(messages)
	if err != nil { // the engine has failed; what was decided before stays
		n += t.applied
		t.of.undo()
		reports[n] = component.Report{Status: StatusState, Description: err.Error()}
		n++
	}
	t.reports = nil
	t.of.deliver()
	return n
}

// decide decides on message i of the call.
func (t *jitTable) decide(i int, r luajit.Result) {
	v := &t.view
	if i != t.current {
		v = &t.plain
		v.begin(t.messages[i])
		defer v.end()
	}
	t.reports[t.first+i] = t.decided(v, i, r)
}

// decided gives a message what the function has assigned, and returns the report.
func (t *jitTable) decided(v *view, i int, r luajit.Result) component.Report {
	if data, ok := r.Data(); ok {
		setBytes(v.message, data)
	}
	if r.Plain() && v.kept == nil && !v.pending && len(t.failures) == 0 {
		return component.Report{}
	}
	report, wrong := component.Report{}, ""
	if err := assign(v.message, r); err != nil {
		report = component.Report{Status: StatusError, Description: t.said(err.Error())}
	} else {
		report, wrong = t.report(i, r)
	}
	if wrong == "" && report.Status != component.Done && r.Outcome() != luajit.Status && r.Outcome() != luajit.Split {
		t.of.undo()
		return report
	}
	var err error
	if wrong != "" {
		err = errors.New(wrong)
	}
	t.parts = t.parts[:0]
	for p := range r.Parts {
		t.parts = append(t.parts, t.part(p))
	}
	report = t.of.finish(v, t.first+i, report, t.parts, err, func(class component.Class) component.Report {
		return t.written(i, class)
	})
	clear(t.parts)
	return report
}

// call calls one of the functions other than handle.
func (t *jitTable) call(ordinal int) (int, error) {
	p, st, err := t.take()
	if err != nil {
		return StatusState, err
	}
	defer t.jitSeat.give(p, st)
	defer t.forgetCall()
	t.emittedBytes = 0
	if err := st.functions[ordinal].Invoke(t.labels[ordinal], st.functions[t.function.ordinal]); err != nil {
		return t.failedWith(p, err)
	}
	return 0, nil
}

// failedWith is an error that the call of a function ended with, and its status.
func (t *jitTable) failedWith(p *jitPlace, err error) (int, error) {
	switch {
	case errors.Is(err, luajit.ErrBroken):
		p.close()
		return StatusState, t.function.script.jitError(err)
	case len(t.limited) > 0:
		return StatusLimit, t.function.script.jitError(err)
	}
	return StatusError, t.function.script.jitError(err)
}

// together hands messages to handle_batch.
func (t *jitTable) together(views []*view) component.Report {
	p, st, err := t.take()
	if err != nil {
		return component.Report{Status: StatusState, Description: err.Error()}
	}
	defer t.jitSeat.give(p, st)
	defer t.forgetCall()
	st.stamp++
	t.views, t.stamp, t.emittedBytes = views, st.stamp, 0
	defer func() { t.views = nil }()
	value, err := st.functions[t.function.ordinal].Together(t.label(), len(views), t.stamp)
	if err != nil {
		status, err := t.failedWith(p, err)
		return component.Report{Status: status, Description: err.Error()}
	}
	if err := t.of.readStatuses(jitToLua(&t.jitSeat, value), len(views)); err != nil {
		return component.Report{Status: StatusReturn, Description: err.Error()}
	}
	return component.Report{}
}

// hold gives a kept message a place.
func (t *jitTable) hold(k *kept) {
	t.jitSeat.state.stamp++
	n := uint32(len(t.held))
	if last := len(t.free) - 1; last >= 0 {
		n, t.free = t.free[last], t.free[:last]
		t.held[n] = heldMessage{kept: k}
	} else {
		t.held = append(t.held, heldMessage{kept: k})
	}
	k.object = luajit.Object{Kind: luajit.Kept, Number: n, Generation: t.jitSeat.state.stamp}
}

func (t *jitTable) forget(k *kept, failed bool) {
	o := k.object.(luajit.Object)
	if int(o.Number) >= len(t.held) || t.held[o.Number].kept != k {
		return // with the state that is gone
	}
	delete(t.documents, t.held[o.Number].document)
	t.held[o.Number] = heldMessage{}
	t.free = append(t.free, o.Number)
	if failed {
		if len(t.failed) == failedMost {
			clear(t.failed)
		}
		t.failed[o.Generation] = true
	}
}

// keptAt is the kept message that an object stands for; nil if it is gone.
func (t *jitTable) keptAt(o luajit.Object) *kept {
	if int(o.Number) < len(t.held) {
		if k := t.held[o.Number].kept; k != nil && k.object.(luajit.Object).Generation == o.Generation {
			return k
		}
	}
	return nil
}

// documentOf is the document of a kept message, which is open.
func (t *jitTable) documentOf(k *kept) *jitDocument {
	h := &t.held[k.object.(luajit.Object).Number]
	d := t.documents[h.document]
	if d == nil || len(d.fragments) > 0 && d.fragments[0].generation != k.json.generation {
		delete(t.documents, h.document)
		t.jitSeat.state.stamp++
		h.document = t.jitSeat.state.stamp
		d = &jitDocument{view: &k.view, stamp: h.document}
		t.documents[h.document] = d
	}
	return d
}
