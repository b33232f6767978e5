package fake

import (
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
	if b.Len() == 0 {
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
	o.emitted[len(o.emitted)-1].Unterminated = b.Unterminated()
	o.batches = append(o.batches, b.Len())
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
