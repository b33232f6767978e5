package script

import (
	"errors"

	"github.com/gopiper/gopiper/component"
)

// kept is a message that a table of functions keeps, as Lua holds it: a view of its
// own, which is good until the message is sent on or released.
type kept struct {
	view
	object any // what Lua holds, which is the engine's
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

// action is to send a message, or to release one.
type action struct {
	message  component.Message
	released bool
}

// Errors of what scripts do with messages.
var (
	errKeepWithoutFlush = errors.New("a message can be kept by a stage with flush only: { handle = function(msg) … end, flush = function() … end }")
	errReleaseOfOthers  = errors.New("only a kept message can be released: local kept = msg:keep() … kept:release(); to drop msg, return gopiper.DROP")
	errEmitElsewhere    = errors.New("gopiper.emit is for a stage with timer, flush or other functions beside handle; here, msg:emit() sends msg on, and `return` does")
	errEmitOfKept       = errors.New("gopiper.emit: the message is kept, or was; kept:emit() sends it on")
	errMadeOfGone       = errors.New("gopiper.emit: a message that it is made of was emitted or released before; forget what was emitted")
	errMadeOfOther      = errors.New("gopiper.emit: a message that it is made of is not kept, and not at hand; keep it with msg:keep()")
	errKeptOver         = errors.New("a kept message was used after it had been emitted or released")
	errMessageOver      = errors.New("a message was used after its function had returned; copy what is needed later, such as msg.data")
)

// keep is msg:keep(): the message stays with the stage, and what it returns stands for
// it until it is emitted or released. w is nil in a stage that is no table.
func (w *tableWorker) keep(v *view) (*kept, error) {
	switch {
	case w == nil || w.life.flush < 0:
		return nil, errKeepWithoutFlush
	case v.kept != nil:
		return v.kept, nil
	case v.copied != nil:
		return nil, errors.New("a copy cannot be kept; keep msg itself")
	}
	if err := v.flush(); err != nil {
		return nil, err
	}
	k := &kept{view: view{message: v.message, data: v.data, sends: true}}
	k.kept = k
	w.engine.hold(k)
	v.kept, v.pending = k, true
	v.readOnly = "after msg:keep() the function"
	w.added = append(w.added, k)
	return k, nil
}

// release is kept:release(): the message is dropped.
func (w *tableWorker) release(v *view) error {
	if !v.isKept() {
		return errReleaseOfOthers
	}
	if err := w.may(); err != nil {
		return err
	}
	w.touch(v.kept)
	return nil
}

// emitKept is kept:emit(), where that is what it is: the message goes on itself.
func (w *tableWorker) emitKept(v *view) bool {
	if !v.isKept() {
		return false
	}
	w.touch(v.kept)
	if !v.kept.sent {
		v.kept.sent = true
		w.emissions = append(w.emissions, emission{itself: v.kept})
	}
	return true
}

// emit notes what is to be sent, and what it is made of.
func (w *tableWorker) emit(p part, parents ...*view) {
	w.emissions = append(w.emissions, emission{part: p, parents: parents})
}

// may is an error where nothing can be sent.
func (w *tableWorker) may() error {
	switch w.doing {
	case doingNothing, doingInit:
		return errors.New("nothing can be emitted or released in init: the pipeline does not run yet")
	case doingClose:
		return errors.New("nothing can be emitted or released in close: the pipeline has ended; do it in flush")
	case doingHandle:
		w.engine.hand().pending = true
	}
	return nil
}

// parentsOfNothing are those of a message of which it is not said what it is made of.
func (w *tableWorker) parentsOfNothing() ([]*view, error) {
	switch w.doing {
	case doingHandle:
		return []*view{w.engine.hand()}, nil
	case doingBatch:
		return nil, errors.New("gopiper.emit: in handle_batch, say what the message is made of: gopiper.emit(message, messages)")
	}
	return nil, nil
}

// parent adds a view to those of what a message is made of.
func (w *tableWorker) parent(parents []*view, v *view) ([]*view, error) {
	switch {
	case v.isKept() && v.kept.failed:
		return parents, nil // it has failed already, and is nobody's any more
	case v.isKept() && !v.alive():
		return nil, errMadeOfGone
	case !v.alive() || v.copied != nil:
		return nil, errMadeOfOther
	case v.isKept():
		w.touch(v.kept)
	}
	return append(parents, v), nil
}

// touch notes that a message is not kept any more once the function has returned.
func (w *tableWorker) touch(k *kept) {
	if !k.touched {
		k.touched = true
		w.touched = append(w.touched, k)
	}
}

// send decides on what the function has done, when it has returned: what was emitted
// is to be sent, what that was made of released, and what was kept is kept. handled is
// the message at hand; nil if there is none. After an error nothing was done. Lua may be
// running: deliver does the rest.
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
	var parents []component.Message
	for i := range w.emissions {
		e := &w.emissions[i]
		if e.itself != nil {
			w.decided = append(w.decided, action{message: e.itself.message})
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
		w.decided = append(w.decided, action{message: e.part.message(parents...)})
	}
	for _, k := range w.touched {
		m, sent := k.message, k.sent
		w.forget(k, false)
		if !sent {
			w.decided = append(w.decided, action{m, true})
		}
	}
	w.reset(handled)
	return nil
}

// deliver does what was decided. It may wait for who takes the messages.
func (w *tableWorker) deliver() {
	over := false
	for i := range w.decided {
		a := &w.decided[i]
		if a.released {
			a.message.Release()
		} else if !over {
			over = !w.sendOn(a.message)
		}
	}
	clear(w.decided)
	if w.decided = w.decided[:0]; cap(w.decided) > partsKept {
		w.decided = nil
	}
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
		w.engine.forget(k, true)
		k.end(true)
	}
	hand := w.engine.hand()
	if w.reverting != nil && w.doing == doingHandle && hand.message != nil {
		w.reverting.Revert(hand.message) // the next message must not find what this one has changed
	}
	w.reset(hand)
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
	w.engine.forget(k, failed)
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
