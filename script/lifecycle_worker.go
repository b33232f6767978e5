package script

import (
	"context"
	"sync"
	"time"

	lua "github.com/yuin/gopher-lua"

	"github.com/gopiper/gopiper/component"
	"github.com/gopiper/gopiper/plan"
)

// tableWorker is the worker of a stage that is a table of functions.
type tableWorker struct {
	worker
	life    *lifecycle
	private shared // its Lua state

	// mu is held by whoever runs the Lua state, and while that sends what was
	// emitted.
	mu     sync.Mutex
	ready  *state // the one that init has run in
	doing  doing
	closed chan struct{} // closed by Close: nobody takes anything any more
	ticker *time.Timer
	told   string // the last error of the timer, which is told once

	kept      []*kept
	fresh     []*kept // those of the call of HandleBatch at hand
	added     []*kept // those of the function at hand
	touched   []*kept // those that it has emitted something of, or released
	emissions []emission

	batch      batch           // for handle_batch
	remembered component.State // gopiper.state; nil unless the stage is stateful
}

// doing says which function runs, for what it may do.
type doing uint8

const (
	doingNothing doing = iota
	doingHandle
	doingBatch
	doingOther // timer or flush
	doingInit  // nothing can be sent yet
	doingClose // or any more
)

// flushingWorker is the worker of a table with flush.
type flushingWorker struct{ *tableWorker }

func newTableWorker(f *Function, postponed chan component.Message) component.Component {
	w := &tableWorker{life: f.life, closed: make(chan struct{})}
	w.worker = *newWorker(f, place{}, postponed)
	w.worker.table, w.shared = w, &w.private
	w.view.indexes = false // it may have sent on a message when the function ends
	flushes := f.life.flush >= 0
	switch {
	case f.life.stateful && flushes:
		return statefulFlushingWorker{statefulWorker{w}}
	case f.life.stateful:
		return statefulWorker{w}
	case flushes:
		return flushingWorker{w}
	}
	return w
}

// Open evaluates the script for this worker, calls init, and starts the timer.
func (w *tableWorker) Open(ctx context.Context) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.life.stateful {
		w.remembered = component.StateOf(ctx)
	}
	if err := w.begin(ctx); err != nil {
		return err
	}
	if w.life.timer >= 0 {
		w.ticker = time.AfterFunc(w.life.every, w.tick)
	}
	return nil
}

// begin sees to it that there is a Lua state in which init has run.
func (w *tableWorker) begin(ctx context.Context) error {
	if w.ready != nil && !w.ready.broken && (len(w.kept) > 0 || !w.ready.overweight()) {
		return nil
	}
	if w.ready != nil {
		w.ready, w.private = nil, shared{}
	}
	if err := w.enter(ctx); err != nil {
		return err
	}
	w.leave()
	w.state.of = w
	if w.remembered != nil {
		w.state.standard.context.State = stageState{w}
	}
	w.batch, w.drive = batch{}, nil
	w.ready = w.state
	if w.life.init >= 0 {
		if err := w.call(w.life.init, doingInit); err != nil {
			w.ready = nil
			w.private = shared{} // what init has left behind is not used
			return err
		}
	}
	return nil
}

// call calls one of the functions other than handle, with the table, and sends what
// it has emitted. It has as long as the description of the script may take.
func (w *tableWorker) call(ordinal int, what doing) error {
	if err := w.enter(context.Background()); err != nil {
		return err
	}
	defer w.leave()
	st := w.state
	defer func() { w.doing = doingNothing }()
	w.doing = what
	st.guard.reset(w.function.script.options.describing())
	st.lua.Push(st.functions[ordinal])
	st.lua.Push(st.tables[w.life.table])
	if err := st.call(1, 0); err != nil {
		w.undo()
		return w.function.script.runtimeError(err)
	}
	if err := w.send(nil); err != nil {
		p := st.functions[ordinal].Proto
		return &Error{Position: plan.Position{File: p.SourceName, Line: p.LineDefined}, Message: err.Error()}
	}
	return nil
}

// Handle hands one message to the function.
func (w *tableWorker) Handle(m component.Message, handled component.HandledCallback) {
	messages, reports := [1]component.Message{m}, [1]component.Report{}
	w.HandleBatch(messages[:], reports[:])
	handled(reports[0])
}

// HandleBatch hands messages to handle, one after the other, or to handle_batch.
func (w *tableWorker) HandleBatch(messages []component.Message, reports []component.Report) (n int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if err := w.begin(context.Background()); err != nil {
		for i := range messages {
			reports[i] = component.Report{Status: StatusState, Description: err.Error()}
		}
		return len(messages)
	}
	if w.life.batch {
		n = w.together(messages, reports)
	} else {
		w.doing = doingHandle
		n = w.worker.HandleBatch(messages, reports)
		w.doing = doingNothing
	}
	if w.state.broken {
		for _, k := range w.fresh {
			if k.alive() {
				reports[k.at] = brokenReport
				k.end(true)
			}
		}
		w.failKept(brokenReport)
	}
	clear(w.fresh)
	w.fresh = w.fresh[:0]
	return n
}

var brokenReport = component.Report{Status: StatusState, Description: "the Lua engine failed while the stage kept the message"}

// finish turns the n values that handle returned into a report, as worker.finish does,
// and sends what was emitted.
func (w *tableWorker) finish(L *lua.LState, n int) component.Report {
	w.view.readOnly = ""
	r, err := w.report(L, n)
	keeps := w.view.kept
	if err == nil && keeps != nil && (len(w.parts) > 0 || r.Class() != component.ClassDone && r.Status != component.Continue) {
		err = w.misreturned("something for a message that it keeps; return nothing")
	}
	if err != nil {
		w.undo()
		return component.Report{Status: StatusReturn, Description: err.Error()}
	}
	if keeps != nil {
		r = component.Report{Status: component.Continue}
		keeps.at = w.next
	} else if failed := w.write(&w.view, r.Class()); failed.Status != component.Done {
		w.undo()
		return failed
	}
	if class := r.Class(); class == component.ClassRetry || class == component.ClassFail {
		w.undo()
		return r
	}
	for i := range w.parts {
		w.emissions = append(w.emissions, emission{part: w.parts[i], parents: []*view{&w.view}})
	}
	if err := w.send(&w.view); err != nil {
		return component.Report{Status: StatusError, Description: err.Error()}
	}
	return r
}

// Flush calls flush.
func (w flushingWorker) Flush(ctx context.Context) error { return w.flush(ctx) }

// flush calls flush. What is kept after it fails: nobody would ever send it on.
func (w *tableWorker) flush(context.Context) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.ready == nil || w.ready.broken {
		return nil
	}
	if err := w.call(w.life.flush, doingOther); err != nil {
		if len(w.kept) == 0 {
			w.tell(err)
		}
		w.failKept(component.Report{Status: w.statusOf(), Description: err.Error()})
	}
	if len(w.kept) > 0 {
		p := w.state.functions[w.life.flush].Proto
		e := &Error{Position: plan.Position{File: p.SourceName, Line: p.LineDefined},
			Message: "flush has returned, and the message is still kept; flush emits what was made of it, or releases it"}
		w.failKept(component.Report{Status: StatusReturn, Description: e.Error()})
	}
	return nil
}

// statusOf is the status of an error that was just raised.
func (w *tableWorker) statusOf() int {
	if w.state.guard.tripped != nil {
		return StatusLimit
	}
	return StatusError
}

// tick calls the timer, and lets it be called again. After an error everything is as it
// was, so that the next time, or flush, may do what could not be done now.
func (w *tableWorker) tick() {
	w.mu.Lock()
	defer w.mu.Unlock()
	select {
	case <-w.closed:
		return
	default:
	}
	if err := w.begin(context.Background()); err != nil {
		w.tell(err)
	} else if err := w.call(w.life.timer, doingOther); err != nil {
		w.tell(err)
	} else {
		w.told = ""
	}
	if w.state != nil && w.state.broken {
		w.failKept(brokenReport)
	}
	w.ticker.Reset(w.life.every)
}

// tell tells an error that belongs to no message.
func (w *tableWorker) tell(err error) {
	if err.Error() == w.told {
		return
	}
	w.told = err.Error()
	var at plan.Position
	if e, ok := err.(*Error); ok {
		at = e.Position
	}
	w.function.script.options.Print(at, w.told)
}

// Close ends the timer, calls close, and gives up the Lua state. What is still kept
// then stays unsettled: the run was broken off.
func (w *tableWorker) Close() error {
	close(w.closed)
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.ticker != nil {
		w.ticker.Stop()
	}
	var err error
	if w.life.close >= 0 && w.ready != nil && !w.ready.broken {
		err = w.call(w.life.close, doingClose)
	}
	w.kept, w.ready, w.private, w.state = nil, nil, shared{}, nil
	return err
}
