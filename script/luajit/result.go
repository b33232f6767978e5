package luajit

import (
	"encoding/binary"
	"math"
)

// Outcome is what became of a message.
type Outcome uint8

const (
	// Done: the function returned nothing, or nil.
	Done Outcome = iota
	// Status: it returned a status, and perhaps a description, which is Text.
	Status
	// Split: it returned messages; the status is 1 if msg itself was among them.
	Split
	// Raised: it raised an error; see Err.
	Raised
	// Misreturned: it returned what it may not; Text says where and what.
	Misreturned
)

// What was changed, as bits.
const (
	changedData = 1 << iota
	changedKey
	changedTimestamp
	changedAttributes
	changedIsCopy
)

// Result is what became of a message. It is good until the next call of a
// function of the state, or its Close; so are all bytes that it returns, which
// are Lua's and must not be changed.
type Result struct {
	batch  *Batch
	record []byte // of resultSize bytes
}

func (r Result) word(at int) uint32 { return binary.NativeEndian.Uint32(r.record[at:]) }

// span returns the bytes whose offset and size are at a place of the record.
func (r Result) span(at int) []byte {
	from, size := r.word(at), r.word(at+4)
	if size == 0 { // where it would begin is not said then
		return nil
	}
	return r.batch.out[from:][:size:size]
}

// Outcome returns what became of the message.
func (r Result) Outcome() Outcome { return Outcome(r.record[0]) }

// Status returns the status that the function returned.
func (r Result) Status() int { return int(int32(r.word(4))) }

// Plain tells, at once, whether the function was done with the message and
// changed nothing but the data, if that.
func (r Result) Plain() bool { return r.record[0] == 0 && r.record[1]&^changedData == 0 }

// Text returns the description of the outcome Status, the key of one of mode
// Key, or what is wrong; "" if there is none.
func (r Result) Text() string {
	switch r.Outcome() {
	case Raised, Misreturned, Status, Done:
		return string(r.span(8))
	}
	return ""
}

// Err returns the error that the function raised; nil if it raised none.
func (r Result) Err() *Error {
	if r.Outcome() != Raised {
		return nil
	}
	return r.batch.state.errorOf(string(r.span(8)), string(r.span(16)), r.batch.function.file, r.batch.function.line)
}

// Data returns the data, and true if it was assigned.
func (r Result) Data() ([]byte, bool) {
	if r.record[1]&changedData == 0 {
		return nil, false
	}
	return r.span(24), true
}

// Key returns the key, "" for none, and true if it was assigned.
func (r Result) Key() (string, bool) {
	if r.record[1]&changedKey == 0 {
		return "", false
	}
	return string(r.span(32)), true
}

// Timestamp returns the timestamp in nanoseconds since 1970, 0 for none, and
// true if it was assigned.
func (r Result) Timestamp() (int64, bool) {
	if r.record[1]&changedTimestamp == 0 {
		return 0, false
	}
	return nanoseconds(binary.NativeEndian.Uint64(r.record[56:])), true
}

// nanoseconds turns the bits of a number of seconds into what a timestamp
// counts.
func nanoseconds(bits uint64) int64 { return int64(math.Float64frombits(bits) * 1e9) }

// Attributes calls a function with the attributes that were assigned, in the
// order that they were first assigned in; deleted ones have no value.
func (r Result) Attributes(assigned func(name, value string, deleted bool)) {
	if r.record[1]&changedAttributes == 0 {
		return
	}
	in := reader{rest: r.batch.out[r.word(40):]}
	for range r.word(44) {
		assigned(in.attribute())
	}
}

// deletedSize is the size of the value of an attribute that was deleted.
const deletedSize = math.MaxUint32

func (r *reader) attribute() (name, value string, deleted bool) {
	nameSize, valueSize := r.word(), r.word()
	name = string(r.take(nameSize))
	if valueSize == deletedSize {
		return name, "", true
	}
	return name, string(r.take(valueSize)), false
}

func (r *reader) take(n uint32) []byte {
	taken := r.rest[:n:n]
	r.rest = r.rest[n:]
	return taken
}

// Part is one of the messages that a message is split into. What it does not
// say is that of the message.
type Part struct {
	Data         []byte // Lua's memory, as in Result
	Key          string
	HasKey       bool
	Timestamp    int64 // nanoseconds since 1970
	HasTimestamp bool
	Attributes   [][2]string // names and values
	// Snapshot is what the host has returned for a copy of the message, if IsCopy.
	IsCopy   bool
	Snapshot int
}

// Parts goes through the messages that the message is split into.
func (r Result) Parts(yield func(Part) bool) {
	if r.Outcome() != Split {
		return
	}
	in := reader{rest: r.batch.out[r.word(48):]}
	for range r.word(52) {
		if !yield(in.part()) {
			return
		}
	}
}

func (r *reader) part() Part {
	flags, dataSize, keySize, count := r.word(), r.word(), r.word(), r.word()
	bits := binary.NativeEndian.Uint64(r.take(8))
	if flags&changedIsCopy != 0 {
		return Part{IsCopy: true, Snapshot: int(math.Float64frombits(bits))}
	}
	timestamp := nanoseconds(bits)
	p := Part{
		Data:         r.take(dataSize),
		Key:          string(r.take(keySize)),
		HasKey:       flags&changedKey != 0,
		Timestamp:    timestamp,
		HasTimestamp: flags&changedTimestamp != 0,
	}
	for range count {
		name, value, _ := r.attribute()
		p.Attributes = append(p.Attributes, [2]string{name, value})
	}
	return p
}
