// Package component is the contract between a gopiper pipeline and the
// components that it is made of. It depends on the standard library only,
// because everything that a Go plugin shares with its host must be identical
// to the byte.
//
// A component needs no more than three methods: [Factory.Create],
// [Factory.Amount] and [Component.Handle]. Everything else in this package is
// optional: interfaces that the engine discovers by type assertion
// ([BatchHandler], [Runner], [Flusher], [Opener], [Closer]), and a
// [Declaration] that describes the component as data.
//
// The words: a factory makes workers; a worker is one instance of a component;
// a message is handled by one worker of every stage; a report says how that
// handling ended; a message is settled once its final outcome is known and
// safe.
package component

// Factory makes the workers of one stage. A Go plugin exports
//
//	func NewFactory(attributes map[string]any) (component.Factory, error)
//
// and, optionally, var Declaration component.Declaration. NewFactory is called
// once for every stage that names the component, while the pipeline is being
// validated: it checks its attributes and opens nothing. What it opens, it
// opens in [Opener].Open.
//
// The engine calls a factory from one goroutine.
type Factory interface {
	// Create makes one worker. It is called once for every worker, after the
	// factory's Open and before the worker's, and again when a worker is
	// replaced after a panic or a timeout. It cannot fail and must not block.
	//
	// postponed belongs to this worker alone. The worker may send on it from
	// any goroutine; a send may block while the pipeline is full, which is how
	// a source is held back. A source worker that closes its postponed will
	// originate nothing more; only that worker may close it, at most once. A
	// processor need not close it.
	Create(postponed chan Message) Component

	// Amount says how many workers the stage has when the plan does not say.
	// It is called once and must return 1 or more.
	Amount() int
}

// Component is one worker of a stage.
type Component interface {
	// Handle handles one message and reports how that ended by calling back
	// exactly once: before it returns, which is the fast and recommended way
	// (see [Declaration].Sync), or later from any goroutine. Only the first
	// call has an effect; another one is counted and otherwise ignored.
	//
	// The engine never calls Handle of one worker concurrently, but may call
	// it again before the callback of an earlier message has come. Handle may
	// block: that holds back the stages before it. When the callback has not
	// come within the stage's timeout, the worker is replaced and the message
	// is handled again by the new one.
	//
	// The message belongs to the worker until it calls back; afterwards the
	// worker must not touch it, nor the memory that GetData returned. The
	// exception is a message kept with [Continue]: it stays the worker's until
	// the worker sends it on postponed or calls its Release.
	//
	// Messages sent on postponed before the callback take their place before
	// the handled message; what is sent later takes the next free place.
	Handle(message Message, handled HandledCallback)
}

// HandledCallback takes the report on one message. It may be called from any
// goroutine, does not block, and has an effect the first time only.
type HandledCallback func(report Report)

// Message is one message. A source may send its own implementation; every
// other component sees the engine's, which is a [StandardMessage] too.
//
// None of the methods may be called concurrently for one message.
type Message interface {
	// SetData gives the message new data. The message owns the slice from then
	// on: the caller must neither change nor reuse it. The change takes effect
	// when the message is Done or sent on; when it is retried, the stage sees
	// the message as it first entered the stage.
	SetData(data []byte)

	// GetData returns the message's data. It is memory to read, which other
	// branches may share: to change data, SetData a new slice. The slice is
	// valid until the callback, or, for a message kept with Continue, until
	// that message is sent on or released. Its capacity equals its length.
	GetData() []byte

	// Status is the report of the latest handling. For the message of a
	// source it holds the outcome when Release is called, and only Release
	// tells that it is final. Components do not write it.
	Status() *Report

	// Release ends the message. The engine calls it exactly once on a message
	// that a source sent, when it is settled: everything made from it is
	// delivered, dropped, or kept as failed. A component calls it to end a
	// message that it kept with Continue or made with [NewMessage] and does
	// not send on.
	//
	// Release may be called from any goroutine and must not block.
	Release()
}

// StandardMessage is what the engine's messages, and those that [NewMessage]
// makes, offer beside [Message]. A component gets at it with a type assertion:
//
//	if m, ok := message.(component.StandardMessage); ok { … }
//
// As with SetData, changes take effect when the message is Done or sent on.
type StandardMessage interface {
	Message

	// Key is what the message is ordered and partitioned by; "" if it has none.
	Key() string
	SetKey(key string)

	// Timestamp is when the event happened, in nanoseconds since the Unix
	// epoch; 0 if the source does not know.
	Timestamp() int64
	SetTimestamp(nanoseconds int64)

	// Attribute returns the value of the attribute and whether it is set.
	Attribute(name string) (string, bool)
	SetAttribute(name, value string)
	DeleteAttribute(name string)

	// Attributes calls yield for every attribute, sorted by name, until yield
	// returns false. It is an iter.Seq2[string, string].
	Attributes(yield func(name, value string) bool)

	// Unterminated is true when the source found no delimiter behind the
	// message: the last line of a file without a newline. A sink that writes
	// delimiters leaves it out then, so that bytes pass unchanged.
	Unterminated() bool

	// Grow returns an empty slice with the capacity of at least n bytes for
	// the message's new data. It comes from memory that is reused once the
	// message is settled, so it must be given to SetData of this very message
	// or dropped before the callback. It avoids an allocation.
	Grow(n int) []byte
}
