package component

import (
	"context"
	"time"
)

// State is the keyed state of one stage, shared by its workers: what it must
// remember between messages. It survives the process when the pipeline runs
// with a state directory; otherwise it lives in memory.
//
// A change names the message that caused it, and becomes durable in the same
// commit that settles this message for its source: after a crash, either both
// have happened, or the message comes again and finds the state as it was
// before. A change is seen by Get and Each at once. It is taken back when the
// stage's report on the message is a Retry or a Fail, for the message is handled
// again, now or when it is replayed.
//
// Its methods may be called from any goroutine; but of one key's changes, those
// caused by different messages must be made in turn, which one worker, or order
// by that key, brings about.
type State interface {
	// Get returns the value of a key, nil if it has none or it has expired. The
	// value must not be changed. An error means that the store cannot be read.
	Get(key []byte) ([]byte, error)

	// Put gives the key a value, until expires if that is not the zero time. Key
	// and value are copied. cause must be a message that the caller is handling
	// or keeps, or one that NewMessage made from such; with nil the change is of
	// the stage's own, such as in Open, and is durable when Put returns: that is a
	// wait for the disk each time.
	Put(cause Message, key, value []byte, expires time.Time) error

	// Delete removes a key, as Put sets it.
	Delete(cause Message, key []byte) error

	// Each calls yield for every key that begins with prefix, in the order of
	// their bytes, until yield returns false. Key and value are valid during the
	// call of yield, which must not change the state.
	Each(prefix []byte, yield func(key, value []byte) bool) error

	// Durable tells whether the state survives the process.
	Durable() bool
}

// Reverting is implemented by a State whose changes a component can take back itself.
// The engine's implements it.
type Reverting interface {
	// Revert takes back what the component has changed because of a message that it
	// handles, and will report as one that is tried again or failed: in HandleBatch
	// the next message is handled before the engine knows of that report. It may be
	// called from any goroutine.
	Revert(cause Message)
}

// Positions are where a source goes on: by partition, the position of the last
// batch that was settled with all before it, see [Batch].SetPosition.
type Positions struct {
	// Of has the positions by partition. It is the caller's.
	Of map[string][]byte
	// Durable tells whether the positions of this run will be there in the next.
	Durable bool
}

type (
	stateKey     struct{}
	positionsKey struct{}
)

// StateOf returns the stage's state. ctx is that of [Opener].Open, of a factory
// or a worker; with any other it is nil.
func StateOf(ctx context.Context) State {
	s, _ := ctx.Value(stateKey{}).(State)
	return s
}

// PositionsOf returns where the stage, a source, goes on. ctx is that of
// [Opener].Open or [Runner].Run.
func PositionsOf(ctx context.Context) Positions {
	if p, ok := ctx.Value(positionsKey{}).(func() Positions); ok {
		return p()
	}
	return Positions{}
}

// WithState returns a context in which StateOf finds the state. It is for
// engines, and for tests of components.
func WithState(ctx context.Context, state State) context.Context {
	return context.WithValue(ctx, stateKey{}, state)
}

// WithPositions returns a context in which PositionsOf finds what positions
// returns. It is for engines, and for tests of components.
func WithPositions(ctx context.Context, positions func() Positions) context.Context {
	return context.WithValue(ctx, positionsKey{}, positions)
}
