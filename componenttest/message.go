package componenttest

import (
	"bytes"
	"fmt"
	"maps"
	"runtime"
	"slices"
	"strings"
	"sync"
	"unsafe"

	"github.com/gopiper/gopiper/component"
)

// message is a message as a component gets it from the engine, which keeps
// account of what is done to it, and notices what must not be. Its memory is
// overwritten once the component must not use it any more.
type message struct {
	a     *account
	index int
	text  []byte // the data at the start, for comparison

	madeOutput []output // what was made from it first of all, as it was sent; the driver's

	mu       sync.Mutex
	state    state
	calls    int    // of its callback
	over     string // what ended the component's hold, for people
	memory   []byte // the data, and guards on both sides of it
	data     []byte
	given    bool     // data was given by SetData
	edits    int      // of data or attributes
	grown    [][]byte // memory that Grow has handed out
	meta     meta
	status   component.Report
	sent     int   // times it was sent on
	released int   // times the component has released it
	line     *line // its place among what was sent on, while that waits for Continue
	derived  int   // messages made from it
	gone     int   // of those, how many have ended
	outcome  component.Report
	result   result
}

type meta struct {
	key        string
	timestamp  int64
	attributes map[string]string
}

// state says whose the message is.
type state uint8

const (
	waiting state = iota // the component has not got it
	held                 // the component handles it
	kept                 // the component keeps it after Continue
	ended                // the component must not touch it any more
)

const (
	guard  = 32   // bytes on each side of the data that nobody may touch
	poison = 0xDB // what memory is overwritten with that is not to be used
)

// metaOf is what message number i carries beside its data.
func metaOf(i int) component.Meta {
	switch i % 3 {
	case 0:
		return component.Meta{}
	case 1:
		return component.Meta{Key: fmt.Sprintf("key %d", i%5), Timestamp: 1_700_000_000_000_000_000 + int64(i)}
	default:
		return component.Meta{Key: "key", Attributes: []string{"colour", "green", "number", fmt.Sprint(i)}}
	}
}

// message adds a message with the data to the account. number says which one of
// the input it is; equal numbers carry the same.
func (a *account) message(data []byte, number int) *message {
	m := &message{a: a, index: len(a.messages), text: slices.Clone(data), outcome: component.Report{Status: component.Drop}}
	m.memory = bytes.Repeat([]byte{poison}, guard+len(data)+guard)
	m.data = m.memory[guard : guard+len(data) : guard+len(data)]
	copy(m.data, data)
	given := metaOf(number)
	m.meta = meta{given.Key, given.Timestamp, map[string]string{}}
	for i := 0; i < len(given.Attributes); i += 2 {
		m.meta.attributes[given.Attributes[i]] = given.Attributes[i+1]
	}
	a.messages = append(a.messages, m)
	return m
}

func (m *message) String() string {
	return fmt.Sprintf("message %d (%s)", m.index+1, short(m.text))
}

// short quotes data, cut where it is long.
func short[T string | []byte](data T) string {
	if len(data) > 30 {
		return fmt.Sprintf("%q…, %d bytes", string(data[:30]), len(data))
	}
	return fmt.Sprintf("%q", string(data))
}

// use notes a use of the message by the component that comes too late or too
// early. m.mu is held.
func (m *message) use(what string) {
	switch m.state {
	case waiting:
		m.a.note("batch_rest", "%s: %s, though it was not handed over%s", m, what, caller())
	case ended:
		m.a.note("after_callback", "%s: %s after %s%s", m, what, m.over, caller())
	}
}

// edit is use that changes the message.
func (m *message) edit(what string) {
	m.use(what)
	m.edits++
}

// caller says where the component made the call.
func caller() string {
	callers := make([]uintptr, 16)
	frames := runtime.CallersFrames(callers[:runtime.Callers(3, callers)])
	for {
		frame, more := frames.Next()
		path := frame.Function[:strings.LastIndexByte(frame.Function, '/')+1]
		name, _, _ := strings.Cut(frame.Function[len(path):], ".")
		switch path + name {
		case "github.com/gopiper/gopiper/componenttest", "github.com/gopiper/gopiper/component", "runtime":
		default:
			return fmt.Sprintf(", at %s:%d", frame.File[strings.LastIndexByte(frame.File, '/')+1:], frame.Line)
		}
		if !more {
			return ""
		}
	}
}

// GetData implements component.Message, as what follows does.
func (m *message) GetData() []byte {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.use("GetData was called")
	return m.data
}

// SetData notes the slice: it is the message's from now on.
func (m *message) SetData(data []byte) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.edit("SetData was called")
	m.data, m.given = data[:len(data):len(data)], true
}

// Status returns the report of the latest handling, which is Done at first.
func (m *message) Status() *component.Report {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.use("Status was called")
	return &m.status
}

// Key returns the key.
func (m *message) Key() string {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.use("Key was called")
	return m.meta.key
}

// SetKey sets the key.
func (m *message) SetKey(key string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.edit("SetKey was called")
	m.meta.key = key
}

// Timestamp returns the timestamp.
func (m *message) Timestamp() int64 {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.use("Timestamp was called")
	return m.meta.timestamp
}

// SetTimestamp sets the timestamp.
func (m *message) SetTimestamp(nanoseconds int64) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.edit("SetTimestamp was called")
	m.meta.timestamp = nanoseconds
}

// Attribute returns an attribute.
func (m *message) Attribute(name string) (string, bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.use("Attribute was called")
	value, ok := m.meta.attributes[name]
	return value, ok
}

// SetAttribute sets an attribute.
func (m *message) SetAttribute(name, value string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.edit("SetAttribute was called")
	m.meta.attributes[name] = value
}

// DeleteAttribute deletes an attribute.
func (m *message) DeleteAttribute(name string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.edit("DeleteAttribute was called")
	delete(m.meta.attributes, name)
}

// Attributes calls yield for every attribute.
func (m *message) Attributes(yield func(name, value string) bool) {
	m.mu.Lock()
	m.use("Attributes was called")
	attributes := maps.Clone(m.meta.attributes)
	m.mu.Unlock()
	for _, name := range slices.Sorted(maps.Keys(attributes)) {
		if !yield(name, attributes[name]) {
			return
		}
	}
}

// Unterminated is false: a delimiter followed.
func (m *message) Unterminated() bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.use("Unterminated was called")
	return false
}

// Grow returns memory that is used again after the message.
func (m *message) Grow(n int) []byte {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.use("Grow was called")
	memory := make([]byte, n)
	m.grown = append(m.grown, memory)
	return memory[:0]
}

// Release ends the component's hold on a message that it keeps.
func (m *message) Release() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.released++
	m.end("it was released")
}

// Derive implements component.Tracked.
func (m *message) Derive() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.edit("NewMessage made one from it")
	m.derived++
}

// DerivedSettled implements component.Tracked.
func (m *message) DerivedSettled(outcome component.Report) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.gone++
	m.outcome = component.Worse(m.outcome, outcome)
	m.a.wake()
}

// overlap tells whether two slices share memory.
func overlap(a, b []byte) bool {
	if len(a) == 0 || len(b) == 0 {
		return false
	}
	a0, b0 := uintptr(unsafe.Pointer(unsafe.SliceData(a))), uintptr(unsafe.Pointer(unsafe.SliceData(b)))
	return a0 < b0+uintptr(len(b)) && b0 < a0+uintptr(len(a))
}
