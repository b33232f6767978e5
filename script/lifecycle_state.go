package script

import (
	"context"
	"time"

	"github.com/gopiper/gopiper/component"
)

// statefulWorker is the worker of a table that is stateful. It gets one message at a
// time, so that what a message that fails has changed is taken back before the next one
// looks.
type statefulWorker struct{ table *tableWorker }

// Open opens the worker.
func (w statefulWorker) Open(ctx context.Context) error { return w.table.Open(ctx) }

// Handle hands one message to the function.
func (w statefulWorker) Handle(m component.Message, handled component.HandledCallback) {
	w.table.Handle(m, handled)
}

// Close closes the worker.
func (w statefulWorker) Close() error { return w.table.Close() }

// statefulFlushingWorker is that of a stateful table with flush.
type statefulFlushingWorker struct{ statefulWorker }

// Flush calls flush.
func (w statefulFlushingWorker) Flush(ctx context.Context) error { return w.table.flush(ctx) }

// stageState is gopiper.state for the functions of a table: the stage's state, with the
// message at hand as the cause of every change.
type stageState struct{ w *tableWorker }

// cause is the message that a change belongs to; nil if none is at hand.
func (s stageState) cause() component.Message {
	if s.w.doing == doingHandle {
		return s.w.engine.hand().message
	}
	return nil
}

// Get implements std.State, as what follows does.
func (s stageState) Get(key []byte) ([]byte, error) { return s.w.remembered.Get(key) }

// Put makes a change.
func (s stageState) Put(key, value []byte, expires time.Time) error {
	return s.w.remembered.Put(s.cause(), key, value, expires)
}

// Delete makes a change.
func (s stageState) Delete(key []byte) error { return s.w.remembered.Delete(s.cause(), key) }

// Each lists what there is.
func (s stageState) Each(prefix []byte, yield func(key, value []byte) bool) error {
	return s.w.remembered.Each(prefix, yield)
}
