package component

// Batch is a number of messages that a [Runner] originates together: one piece
// of memory, the places of the messages in it, and what became of them. Get one
// from [Output].Batch, fill it, and give it to [Output].Emit.
//
// A batch is not safe for concurrent use. It is the source's until Emit, the
// engine's until OnSettled is called, and the source's again during that call;
// afterwards it is reused.
type Batch struct {
	// Buffer is the memory that the messages lie in. The source reads into it
	// (it may replace it by a larger one) and says with Add where the messages
	// are. Its capacity is kept when the batch is reused.
	Buffer []byte

	// OnSettled, if set, is called once when every message of the batch is
	// settled: everything made from them is delivered, dropped or kept as
	// failed. Outcome then tells each message's. It may be called from any
	// goroutine and must not block. Batches may be settled in another order
	// than they were emitted. It is not called for what a stop left unsettled.
	OnSettled func(batch *Batch)

	// Position is the source's own: whatever it needs in OnSettled, such as
	// the offset behind the batch. The engine does not touch it, and clears it
	// when the batch is reused. For what shall survive the process see
	// SetPosition.
	Position any

	partition string
	position  []byte
	placed    positioned

	spans    []span
	metas    []Meta // empty, or one for every message
	failures []failure
	outcomes []Report // empty, or one for every message
	open     bool     // the last message is unterminated
}

// Meta is what a message carries beside its data.
type Meta struct {
	Key        string
	Timestamp  int64    // nanoseconds since the Unix epoch, 0 for unknown
	Attributes []string // name, value, name, value, …
}

type span struct{ start, end uint32 }

// positioned tells what SetPosition or RemovePosition has said.
type positioned uint8

const (
	notPositioned positioned = iota
	positionSet
	positionRemoved
)

type failure struct {
	index  int
	report Report
}

// Add adds a message: the bytes of Buffer from start up to end. Messages may
// share bytes and need not be adjacent. Offsets must be below 4 GiB.
func (b *Batch) Add(start, end int) {
	b.spans = append(b.spans, span{uint32(start), uint32(end)})
}

// Append copies data to the end of Buffer and adds it as a message.
func (b *Batch) Append(data []byte) {
	start := len(b.Buffer)
	b.Buffer = append(b.Buffer, data...)
	b.Add(start, len(b.Buffer))
}

// SetMeta gives the message that was added last a key, a timestamp and
// attributes. The batch owns the attributes from then on.
func (b *Batch) SetMeta(meta Meta) {
	for len(b.metas) < len(b.spans) {
		b.metas = append(b.metas, Meta{})
	}
	b.metas[len(b.spans)-1] = meta
}

// SetFailed says that the message that was added last has failed already, for
// example because it is too long: it reaches no component but those of the
// failed branch.
func (b *Batch) SetFailed(report Report) {
	b.failures = append(b.failures, failure{len(b.spans) - 1, report})
}

// SetUnterminated says that no delimiter followed the message that was added
// last, which must also be the last of the batch.
func (b *Batch) SetUnterminated() { b.open = true }

// SetPosition says where the source goes on behind this batch: once the batch is
// settled, and so are all that the stage's worker emitted before it, the engine
// keeps position under the name of the partition, and [PositionsOf] finds it in
// the next run. A source that reads one thing needs one partition, such as "".
// position is copied. A batch without messages may have a position, too.
//
// What is settled for OnSettled is settled for good: the position is durable when
// OnSettled is called.
func (b *Batch) SetPosition(partition string, position []byte) {
	b.partition, b.position, b.placed = partition, append(b.position[:0], position...), positionSet
}

// RemovePosition says, as SetPosition does, that the partition is not needed any
// more: its position is forgotten.
func (b *Batch) RemovePosition(partition string) {
	b.partition, b.position, b.placed = partition, b.position[:0], positionRemoved
}

// Len is the number of messages.
func (b *Batch) Len() int { return len(b.spans) }

// Data returns the data of message i, 0 up to Len, with a capacity that equals
// its length.
func (b *Batch) Data(i int) []byte {
	s := b.spans[i]
	return b.Buffer[s.start:s.end:s.end]
}

// Outcome is the final report of message i. It is for OnSettled.
func (b *Batch) Outcome(i int) Report {
	if i < len(b.outcomes) {
		return b.outcomes[i]
	}
	return Report{}
}

// AllDone tells whether every message's outcome is Done. It is for OnSettled.
func (b *Batch) AllDone() bool { return len(b.outcomes) == 0 }

// The methods below are for engines.

// Reset empties the batch for its next use and keeps its memory.
func (b *Batch) Reset() {
	clear(b.metas)
	clear(b.failures)
	clear(b.outcomes)
	*b = Batch{
		Buffer: b.Buffer[:0], position: b.position[:0], spans: b.spans[:0], metas: b.metas[:0],
		failures: b.failures[:0], outcomes: b.outcomes[:0],
	}
}

// Placed returns what SetPosition or RemovePosition has said; ok is false if
// neither was called. A position that is nil is to be removed. It is valid until
// the batch is reused.
func (b *Batch) Placed() (partition string, position []byte, ok bool) {
	switch b.placed {
	case positionSet:
		if b.position == nil {
			b.position = []byte{}
		}
		return b.partition, b.position, true
	case positionRemoved:
		return b.partition, nil, true
	}
	return "", nil, false
}

// Metas returns the metas of the messages: none, or one for each of the first
// so many.
func (b *Batch) Metas() []Meta { return b.metas }

// Failures calls yield for every message that the source has set as failed.
func (b *Batch) Failures(yield func(i int, report Report) bool) {
	for _, f := range b.failures {
		if !yield(f.index, f.report) {
			return
		}
	}
}

// Unterminated tells whether the last message has no delimiter behind it.
func (b *Batch) Unterminated() bool { return b.open }

// SetOutcome records the outcome of message i if it is not Done.
func (b *Batch) SetOutcome(i int, report Report) {
	if report.Status == Done {
		return
	}
	if len(b.outcomes) == 0 {
		b.outcomes = append(b.outcomes, make([]Report, len(b.spans))...)
	}
	b.outcomes[i] = report
}
