package fake

import (
	"bytes"
	"maps"
	"slices"
	"sync"

	"github.com/gopiper/gopiper/component"
)

// Emitted is a message that a source has emitted.
type Emitted struct {
	Data         string
	Meta         component.Meta
	Failed       component.Report
	Unterminated bool
}

// Output collects what a source emits. Batches are reused, and their memory is
// overwritten before that.
type Output struct {
	// StopAt is the number of messages after which Emit says that the run is
	// stopping; 0 for never.
	StopAt int
	// OnEmit, if set, is called after every batch.
	OnEmit func()

	mu      sync.Mutex
	free    []*component.Batch
	emitted []Emitted
	batches []int
	placed  []placed
}

// placed is a batch: how many messages there were with it, and what it says of
// where its source goes on.
type placed struct {
	messages  int
	said      bool
	partition string
	position  []byte // nil to remove it
}

// Batch implements component.Output.
func (o *Output) Batch() *component.Batch {
	o.mu.Lock()
	defer o.mu.Unlock()
	if len(o.free) == 0 {
		return &component.Batch{}
	}
	b := o.free[0]
	o.free = o.free[1:]
	return b
}

// Emit implements component.Output.
func (o *Output) Emit(b *component.Batch) bool {
	goOn := o.take(b)
	if o.OnEmit != nil {
		o.OnEmit()
	}
	return goOn
}

func (o *Output) take(b *component.Batch) bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	partition, position, said := b.Placed()
	if b.Len() == 0 && !said {
		panic("an empty batch was emitted")
	}
	if o.StopAt > 0 && len(o.emitted) >= o.StopAt {
		return false
	}
	first := len(o.emitted)
	for i := range b.Len() {
		e := Emitted{Data: string(b.Data(i))}
		if metas := b.Metas(); i < len(metas) {
			e.Meta = metas[i]
		}
		o.emitted = append(o.emitted, e)
	}
	for i, report := range b.Failures {
		o.emitted[first+i].Failed = report
	}
	if b.Len() > 0 {
		o.emitted[len(o.emitted)-1].Unterminated = b.Unterminated()
		o.batches = append(o.batches, b.Len())
	}
	o.placed = append(o.placed, placed{len(o.emitted), said, partition, bytes.Clone(position)})
	for i := range b.Buffer {
		b.Buffer[i] = '#'
	}
	b.Reset()
	o.free = append(o.free, b)
	return true
}

// Emitted returns what was emitted so far.
func (o *Output) Emitted() []Emitted {
	o.mu.Lock()
	defer o.mu.Unlock()
	return slices.Clone(o.emitted)
}

// Data returns the data of what was emitted so far.
func (o *Output) Data() []string {
	var data []string
	for _, e := range o.Emitted() {
		data = append(data, e.Data)
	}
	return data
}

// Batches returns the number of messages of each batch so far.
func (o *Output) Batches() []int {
	o.mu.Lock()
	defer o.mu.Unlock()
	return slices.Clone(o.batches)
}

// Capacity is how much memory the batches hold.
func (o *Output) Capacity() int {
	o.mu.Lock()
	defer o.mu.Unlock()
	n := 0
	for _, b := range o.free {
		n += cap(b.Buffer)
	}
	return n
}

// Message returns what was emitted as a message.
func (e Emitted) Message() *Message {
	m := NewMessage(e.Data)
	m.open = e.Unterminated
	return m
}

// Emits tells how many batches were emitted so far, those without messages too.
func (o *Output) Emits() int {
	o.mu.Lock()
	defer o.mu.Unlock()
	return len(o.placed)
}

// Settle returns what the next run finds when the first of the batches, so many,
// are settled and the others are not: how many messages are settled, and what
// becomes of the positions, which are not changed.
func (o *Output) Settle(batches int, positions map[string][]byte) (messages int, next map[string][]byte) {
	o.mu.Lock()
	defer o.mu.Unlock()
	next = maps.Clone(positions)
	if next == nil {
		next = map[string][]byte{}
	}
	for _, p := range o.placed[:batches] {
		messages = p.messages
		switch {
		case !p.said:
		case p.position == nil:
			delete(next, p.partition)
		default:
			next[p.partition] = p.position
		}
	}
	return messages, next
}
