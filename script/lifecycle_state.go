package script

import (
	"time"

	"github.com/gopiper/gopiper/component"
)

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
