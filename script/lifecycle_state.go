package script

import (
	"errors"
	"time"

	"github.com/gopiper/gopiper/component"
)

// stageState is gopiper.state for the functions of a table: the stage's state, with the
// message at hand as the cause of every change.
type stageState struct{ w *tableWorker }

// errBatchState is why handle_batch changes nothing.
var errBatchState = errors.New("gopiper.state can only be read in handle_batch, for a change belongs to one message; use handle")

// cause is the message that a change belongs to; nil for none.
func (s stageState) cause() (component.Message, error) {
	switch s.w.doing {
	case doingHandle:
		return s.w.view.message, nil
	case doingBatch:
		return nil, errBatchState
	}
	return nil, nil
}

// Get implements std.State, as what follows does.
func (s stageState) Get(key []byte) ([]byte, error) { return s.w.remembered.Get(key) }

// Put makes a change.
func (s stageState) Put(key, value []byte, expires time.Time) error {
	cause, err := s.cause()
	if err != nil {
		return err
	}
	return s.w.remembered.Put(cause, key, value, expires)
}

// Delete makes a change.
func (s stageState) Delete(key []byte) error {
	cause, err := s.cause()
	if err != nil {
		return err
	}
	return s.w.remembered.Delete(cause, key)
}

// Each lists what there is.
func (s stageState) Each(prefix []byte, yield func(key, value []byte) bool) error {
	return s.w.remembered.Each(prefix, yield)
}
