package component

import (
	"context"
	"errors"
)

// ErrClosed is returned, or wrapped, by [Flusher].Flush of a sink whose other
// side has gone for good and will not come back, such as a closed standard
// output. The engine then stops the pipeline quietly: nothing more is read,
// what is in flight stays unsettled, and the run ends without an error.
var ErrClosed = errors.New("closed by the other side")

// BatchHandler is implemented by a component that handles many messages with
// one call, instead of Handle: it is faster. The engine then calls Handle only
// to handle a message again one at a time.
type BatchHandler interface {
	// HandleBatch handles messages[0:n] in their order, sets reports[i] for
	// each of them that is not Done (all are Done at entry), and returns n.
	// The rest is handed over again. n must be 1 or more; 0 is treated like a
	// panic. It is synchronous: at return the component holds none of
	// messages[0:n] except those with a report of Continue.
	//
	// The rules of [Component].Handle hold: never called concurrently for one
	// worker; the engine owns both slices and reuses them. What is sent on
	// postponed meanwhile takes its place right before its first parent.
	HandleBatch(messages []Message, reports []Report) int
}

// Runner is implemented by a source that has a loop of its own, instead of
// sending on postponed: it originates messages by the batch and is faster.
type Runner interface {
	// Run originates messages until there are no more, and then returns nil;
	// until ctx is cancelled, and then returns nil or the context's error; or
	// until it cannot go on, and returns why, which fails the pipeline.
	// It is called once, in a goroutine of its own, after Open.
	Run(ctx context.Context, out Output) error
}

// Output takes the batches that a [Runner] originates. It must be used by one
// goroutine at a time.
type Output interface {
	// Batch returns an empty batch from a pool. It is the caller's until
	// Emit; a batch that is not emitted needs no care.
	Batch() *Batch

	// Emit hands the batch over; the engine owns it from then on, also when
	// Emit returns false. It blocks while the pipeline is full, and is false
	// once the run is stopping: the batch was not taken, nothing will be
	// settled, and Run should return. What is in it can still be read then.
	Emit(batch *Batch) bool
}

// Flusher is implemented by a component that buffers: a sink that writes many
// messages at once, a processor that keeps messages with Continue.
type Flusher interface {
	// Flush writes what the worker has buffered and sends on what it keeps.
	// The engine calls it when there is nothing more to hand over at the
	// moment, when the bound on messages in flight is reached, and at the end
	// of the input; never concurrently with Handle of the same worker. It may
	// block. A Done of this component counts only once Flush has returned nil.
	//
	// On an error the messages that are Done since the last Flush are given
	// the error's report: that of a [*Report] in its chain, else a Retry. On
	// [ErrClosed] the pipeline stops.
	//
	// A component that keeps messages, and sends them on by its own rules,
	// does not want to be flushed whenever the input is idle: it declares
	// itself Stateful. It is then flushed only when the bound is reached and
	// at the end of the input, and its Done counts at once.
	Flush(ctx context.Context) error
}

// Opener is implemented by a factory, a component, or both, that has something
// to open before the first message: once for the factory, once per worker.
type Opener interface {
	// Open opens. An error stops the pipeline before any message is read.
	// ctx is cancelled when the start is called off.
	Open(ctx context.Context) error
}

// Closer is implemented by a factory, a component, or both, that has something
// to release after the last message. Workers are closed before their factory.
type Closer interface {
	// Close releases what Open or Create acquired. It is called once, after
	// the last Flush, also when the pipeline failed; after a timeout it may be
	// called while Handle is still stuck. After Close has returned the
	// component sends nothing on postponed. The error is logged.
	Close() error
}
