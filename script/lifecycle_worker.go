package script

import (
	"context"
	"sync"
	"time"

	"github.com/gopiper/gopiper/component"
	"github.com/gopiper/gopiper/plan"
)

// tableWorker is the worker of a stage that is a table of functions.
type tableWorker struct {
	function  *Function
	life      *lifecycle
	postponed chan component.Message
	engine    tableEngine

	// mu is held by whoever runs the Lua state, and while that sends what was
	// emitted.
	mu     sync.Mutex
	opened bool // init has run in the engine's state
	doing  doing
	closed chan struct{} // closed by Close: nobody takes anything any more
	ticker *time.Timer
	told   string // the last error of the timer, which is told once

	kept      []*kept
	fresh     []*kept // those of the call of HandleBatch at hand
	added     []*kept // those of the function at hand
	touched   []*kept // those that it has emitted something of, or released
	emissions []emission
	decided   []action // what is to be done when Lua has returned

	batch      batch           // for handle_batch
	remembered component.State // gopiper.state; nil unless the stage is stateful
	reverting  component.Reverting
	oneOf      [1]component.Message
	oneReport  [1]component.Report
}

// tableEngine runs the functions of a table, in a Lua state that belongs to it alone.
// Its methods are called with the worker's mu held.
type tableEngine interface {
	// open sees to it that there is a state.
	open(ctx context.Context) error
	// drop gives the state up.
	drop()
	// broken tells that the state must not be used again, overweight that it keeps
	// too much.
	broken() bool
	overweight() bool
	// call calls one of the functions other than handle, with the table. It returns
	// the error that the function raised, with the status of one.
	call(ordinal int) (int, error)
	// handle hands messages to handle, and returns how many.
	handle(messages []component.Message, reports []component.Report) int
	// together hands the messages of views to handle_batch, which returns statuses,
	// read by readStatuses. The report is that of all messages unless it is Done.
	together(views []*view) component.Report
	// hand is the view of the message that handle has got.
	hand() *view
	// hold makes what Lua holds of a kept message, and forget ends that.
	hold(k *kept)
	forget(k *kept, failed bool)
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
	w := &tableWorker{function: f, life: f.life, postponed: postponed, closed: make(chan struct{})}
	if f.onLuaJIT() {
		w.engine = newJITTable(w)
	} else {
		w.engine = newLuaTable(w)
	}
	if f.life.flush >= 0 {
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
		w.reverting, _ = w.remembered.(component.Reverting)
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
	if w.opened && !w.engine.broken() && (len(w.kept) > 0 || !w.engine.overweight()) {
		return nil
	}
	w.drop()
	if err := w.engine.open(ctx); err != nil {
		return err
	}
	w.opened = true
	if w.life.init >= 0 {
		if _, err := w.call(w.life.init, doingInit); err != nil {
			w.drop() // what init has left behind is not used
			return err
		}
	}
	return nil
}

func (w *tableWorker) drop() {
	w.opened = false
	w.engine.drop()
}

// call calls one of the functions other than handle, with the table, and sends what
// it has emitted. It has as long as the description of the script may take. The status
// is that of the error.
func (w *tableWorker) call(ordinal int, what doing) (status int, err error) {
	defer func() { w.doing = doingNothing }()
	w.doing = what
	if status, err = w.engine.call(ordinal); err != nil {
		w.undo()
		return status, err
	}
	if err := w.send(nil); err != nil {
		return StatusError, w.errorAt(ordinal, err.Error())
	}
	w.deliver()
	return 0, nil
}

// errorAt is an error of a function, where it begins.
func (w *tableWorker) errorAt(ordinal int, message string) *Error {
	return &Error{Position: w.function.script.positionOf(ordinal), Message: message}
}

// Handle hands one message to the function.
func (w *tableWorker) Handle(m component.Message, handled component.HandledCallback) {
	w.oneOf[0], w.oneReport[0] = m, component.Report{}
	w.HandleBatch(w.oneOf[:], w.oneReport[:])
	w.oneOf[0] = nil
	handled(w.oneReport[0])
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
	if w.remembered != nil && w.reverting == nil {
		messages = messages[:1] // or the next would find what this one has changed, though it fails
	}
	if w.life.batch {
		n = w.together(messages, reports)
	} else {
		w.doing = doingHandle
		n = w.engine.handle(messages, reports)
		w.doing = doingNothing
	}
	if w.engine.broken() {
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

// finish decides on what handle has done with message i of the batch: it has returned
// a report, or err is wrong with what it returned, and parts in place of the message.
// What was written to the message is given to it by write.
func (w *tableWorker) finish(v *view, i int, r component.Report, parts []part, err error, write func(component.Class) component.Report) component.Report {
	v.readOnly = ""
	keeps := v.kept
	if err == nil && keeps != nil && (len(parts) > 0 || r.Class() != component.ClassDone && r.Status != component.Continue) {
		err = w.function.misreturned("something for a message that it keeps; return nothing")
	}
	if err != nil {
		w.undo()
		return component.Report{Status: StatusReturn, Description: err.Error()}
	}
	if keeps != nil {
		r = component.Report{Status: component.Continue}
		keeps.at = i
	} else if failed := write(r.Class()); failed.Status != component.Done {
		w.undo()
		return failed
	}
	if class := r.Class(); class == component.ClassRetry || class == component.ClassFail {
		w.undo()
		return r
	}
	for i := range parts {
		w.emissions = append(w.emissions, emission{part: parts[i], parents: []*view{v}})
	}
	if err := w.send(v); err != nil {
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
	if !w.opened || w.engine.broken() {
		return nil
	}
	if status, err := w.call(w.life.flush, doingOther); err != nil {
		if len(w.kept) == 0 {
			w.tell(err)
		}
		w.failKept(component.Report{Status: status, Description: err.Error()})
	}
	if len(w.kept) > 0 {
		e := w.errorAt(w.life.flush, "flush has returned, and the message is still kept; flush emits what was made of it, or releases it")
		w.failKept(component.Report{Status: StatusReturn, Description: e.Error()})
	}
	return nil
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
	} else if _, err := w.call(w.life.timer, doingOther); err != nil {
		w.tell(err)
	} else {
		w.told = ""
	}
	if w.engine.broken() {
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
	if w.life.close >= 0 && w.opened && !w.engine.broken() {
		_, err = w.call(w.life.close, doingClose)
	}
	w.kept = nil
	w.drop()
	return err
}
