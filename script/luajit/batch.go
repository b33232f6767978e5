package luajit

import (
	"errors"
	"math"
	"sync/atomic"
)

// Mode is what a function is called for.
type Mode int

const (
	// Handle is for functions that handle messages.
	Handle Mode = iota
	// Predicate is for functions that say yes or no: the outcome is Status, and
	// the status 1 or 0. They must not change the message.
	Predicate
	// Key is for functions that compute a key: it is the text of the outcome
	// Done, "" for nil. They must not change the message.
	Key
	// Keeper is for functions that handle messages and may keep them.
	Keeper
)

// Function is a Lua function of a state. It lives as long as the state.
type Function struct {
	state  *State
	number int
	file   string
	line   int
	name   string
	driver int32 // 0 before Bind
}

// Position returns the file and the first line of the function; the line is 0 if
// it is none of a source.
func (f *Function) Position() (file string, line int) { return f.file, f.line }

// Bind makes the function one that is called with batches. The name is for
// Running. A function that is bound again has its new mode and name, and the old
// driver stays until the state is closed.
func (f *Function) Bind(name string, mode Mode) error {
	s := f.state
	if err := s.enter(); err != nil {
		return err
	}
	if err := s.load(s.ours["function"]); err != nil {
		return err
	}
	s.pushed = 1
	s.head.number, s.head.count = int32(f.number), int32(mode)
	if err := s.operate(opBind, &name); err != nil {
		return err
	}
	f.driver, f.name = s.head.handled, name
	return nil
}

// Call calls the function with every message of the batch that was not handled
// yet, one after the other, with one crossing into Lua, and returns how many it
// handled: fewer than there are once the results take more than 16 MiB. Call
// goes on where the last one ended; results are good until then. An error says
// that the state has failed, and nothing is known of the messages: ErrBroken.
// What functions raise is in the results.
func (f *Function) Call(b *Batch) (int, error) {
	s := f.state
	switch err := s.enter(); {
	case err != nil:
		return 0, err
	case f.driver == 0:
		return 0, errors.New("the function is not bound")
	case b.state != s:
		return 0, errors.New("the batch is of another Lua state")
	}
	b.first += b.handled
	b.handled, b.out, b.function = 0, nil, f
	rest := b.messages[b.first:]
	if len(rest) == 0 {
		return 0, nil
	}
	h := s.head
	s.pinner.Pin(&rest[0])
	h.messages, h.input, h.attributes = address(rest), 0, 0
	if len(b.bytes) > 0 {
		s.pinner.Pin(&b.bytes[0])
		h.input = address(b.bytes)
	}
	if len(b.attributes) > 0 {
		s.pinner.Pin(&b.attributes[0])
		h.attributes = address(b.attributes)
	}
	h.number, h.count = f.driver, int32(len(rest))
	err := s.operate(opBatch, &f.name)
	s.pinner.Unpin()
	if err != nil {
		return 0, err
	}
	b.handled = int(h.handled)
	b.out = memory(&h.output, h.used)
	return b.handled, nil
}

// Invoke calls the function with the table of functions that owner, which handles
// messages, was described in. The name is for Running. The error is an *[Error] if it is
// what the function raised.
func (f *Function) Invoke(name string, owner *Function) error {
	_, err := f.state.ask(opInvoke, name, f, float64(f.number), float64(owner.number))
	return err
}

// Together calls the function with a list of n messages of the host's: objects of the
// kind Batched with the numbers from 0 up to n and a generation. It returns what the
// function returned first. The rest is as in Invoke.
func (f *Function) Together(name string, n int, generation uint64) (any, error) {
	answers, err := f.state.ask(opTogether, name, f, float64(f.number), float64(n), float64(generation))
	if err != nil {
		return nil, err
	}
	return answers[0], nil
}

// Begun returns how many messages functions of the state have begun to handle,
// modulo 1<<32; 0 once it is closed. Any goroutine may call it at any time: if it
// stands still while a call runs, one message takes that long.
func (s *State) Begun() uint32 {
	s.closing.Lock()
	defer s.closing.Unlock()
	if s.head == nil {
		return 0
	}
	return atomic.LoadUint32(&s.head.begun)
}

// Batch is the batch of a state: messages to call a function with, and what
// becomes of them. The memory is kept from batch to batch.
type Batch struct {
	state      *State
	messages   []message
	attributes []attribute
	bytes      []byte

	first, handled int
	out            []byte // Lua's memory, until the next call
	function       *Function
}

// Batch returns the batch of the state.
func (s *State) Batch() *Batch { return &s.batch }

// keepMax is how much memory an empty batch keeps.
const keepMax = 1 << 20

// Reset empties the batch.
func (b *Batch) Reset() {
	if cap(b.bytes) > keepMax && len(b.bytes) < cap(b.bytes)/8 {
		b.bytes = nil
	}
	b.messages, b.attributes, b.bytes = b.messages[:0], b.attributes[:0], b.bytes[:0]
	b.first, b.handled, b.out = 0, 0, nil
}

// Len returns how many messages the batch has.
func (b *Batch) Len() int { return len(b.messages) }

// Add adds a message, which is copied: its data, its key ("" for none) and its
// timestamp in nanoseconds since 1970 (0 for none). It returns false, and adds
// nothing, if the batch would take more than 4 GiB: call the function first.
func (b *Batch) Add(data []byte, key string, timestamp int64) bool {
	at := len(b.bytes)
	if uint64(at)+uint64(len(data))+uint64(len(key)) > math.MaxUint32 {
		return false
	}
	b.bytes = append(append(b.bytes, data...), key...)
	b.messages = append(b.messages, message{
		data: uint32(at), dataSize: uint32(len(data)),
		key: uint32(at + len(data)), keySize: uint32(len(key)),
		attributes: uint32(len(b.attributes)),
		timestamp:  float64(timestamp) / 1e9,
	})
	return true
}

// AddAttribute adds an attribute, which is copied, to the message that was added
// last. It returns false, and adds nothing, if the batch would take more than
// 4 GiB, and where there is no message.
func (b *Batch) AddAttribute(name, value string) bool {
	at := len(b.bytes)
	if len(b.messages) == 0 || uint64(at)+uint64(len(name))+uint64(len(value)) > math.MaxUint32 {
		return false
	}
	b.bytes = append(append(b.bytes, name...), value...)
	b.attributes = append(b.attributes, attribute{
		name: uint32(at), nameSize: uint32(len(name)),
		value: uint32(at + len(name)), valueSize: uint32(len(value)),
	})
	b.messages[len(b.messages)-1].attributeCount++
	return true
}

// Settled returns what became of message i of the call that is going on, which a
// function of the host may ask for messages before the one at hand. It is good
// until the function of the host returns.
func (b *Batch) Settled(i int) Result {
	b.out = memory(&b.state.head.output, b.state.head.used)
	return b.Result(i)
}

// Result returns what became of message i, counted from the first that the last
// Call handled.
func (b *Batch) Result(i int) Result { return Result{b, b.out[i*resultSize:][:resultSize]} }
