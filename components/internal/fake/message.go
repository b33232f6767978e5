// Package fake stands in for the engine in the tests of components: messages
// that keep account of what becomes of them, and an output that collects what
// a source emits.
package fake

import (
	"maps"
	"slices"
	"sync"
	"testing"

	"github.com/gopiper/gopiper/component"
)

// Message is a message as a component gets it from the engine. It may be used
// from many goroutines.
type Message struct {
	mu         sync.Mutex
	data       []byte
	key        string
	timestamp  int64
	attributes map[string]string
	open       bool
	status     component.Report
	holds      int // the worker's own, and the messages made from it
	outcome    component.Report
}

// NewMessage returns a message with the data.
func NewMessage(data string) *Message {
	return &Message{data: slices.Clip([]byte(data)), holds: 1, outcome: component.Report{Status: component.Drop}}
}

// NewUnterminated returns a message that came without a delimiter.
func NewUnterminated(data string) *Message {
	m := NewMessage(data)
	m.open = true
	return m
}

// Messages returns a message for each data.
func Messages(data ...string) []component.Message {
	messages := make([]component.Message, len(data))
	for i, d := range data {
		messages[i] = NewMessage(d)
	}
	return messages
}

// Settled tells whether everything made from the message has ended, and how.
func (m *Message) Settled() (component.Report, bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.outcome, m.holds == 0
}

// end ends one hold on the message.
func (m *Message) end(outcome component.Report) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.holds--; m.holds < 0 {
		panic("a message was ended more often than it was held")
	}
	m.outcome = component.Worse(m.outcome, outcome)
}

// Derive implements component.Tracked.
func (m *Message) Derive() {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.holds == 0 {
		panic("a message was made from one that had been settled")
	}
	m.holds++
}

// DerivedSettled implements component.Tracked.
func (m *Message) DerivedSettled(outcome component.Report) { m.end(outcome) }

// Release ends the component's hold.
func (m *Message) Release() { m.end(component.Report{Status: component.Drop}) }

// Deliver is what a last stage and its engine do with a message that was sent
// on or Done: it ends as Done.
func Deliver(message component.Message) {
	if m, ok := message.(*Message); ok {
		m.end(component.Report{})
		return
	}
	if !component.Adopt(message) {
		panic("a message that was made was sent twice")
	}
	message.Release()
}

// Status implements component.Message.
func (m *Message) Status() *component.Report { return &m.status }

// GetData implements component.Message.
func (m *Message) GetData() []byte { return m.data }

// SetData implements component.Message.
func (m *Message) SetData(data []byte) { m.data = slices.Clip(data) }

// Key implements component.StandardMessage, as what follows does.
func (m *Message) Key() string { return m.key }

// SetKey sets the key.
func (m *Message) SetKey(key string) { m.key = key }

// Timestamp returns the timestamp.
func (m *Message) Timestamp() int64 { return m.timestamp }

// SetTimestamp sets the timestamp.
func (m *Message) SetTimestamp(nanoseconds int64) { m.timestamp = nanoseconds }

// Attribute returns an attribute.
func (m *Message) Attribute(name string) (string, bool) {
	value, ok := m.attributes[name]
	return value, ok
}

// SetAttribute sets an attribute.
func (m *Message) SetAttribute(name, value string) {
	if m.attributes == nil {
		m.attributes = map[string]string{}
	}
	m.attributes[name] = value
}

// DeleteAttribute deletes an attribute.
func (m *Message) DeleteAttribute(name string) { delete(m.attributes, name) }

// Attributes calls yield for every attribute.
func (m *Message) Attributes(yield func(name, value string) bool) {
	for _, name := range slices.Sorted(maps.Keys(m.attributes)) {
		if !yield(name, m.attributes[name]) {
			return
		}
	}
}

// Unterminated tells whether the message came without a delimiter.
func (m *Message) Unterminated() bool { return m.open }

// Grow returns memory.
func (m *Message) Grow(n int) []byte { return make([]byte, 0, n) }

// Handle hands a message to a worker that is Sync and returns its report. It
// ends the message's hold unless the worker keeps it.
func Handle(t testing.TB, worker component.Component, message component.Message) component.Report {
	t.Helper()
	var reports []component.Report
	worker.Handle(message, func(r component.Report) { reports = append(reports, r) })
	if len(reports) != 1 {
		t.Fatalf("Handle called back %d times before it returned", len(reports))
	}
	if m, ok := message.(*Message); ok && reports[0].Class() != component.ClassContinue {
		m.end(reports[0])
	}
	return reports[0]
}
