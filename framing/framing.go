// Package framing cuts a stream of bytes into messages and puts messages
// together to a stream again. It depends on the standard library only.
//
// Cutting what was put together gives the same messages, and putting together
// what was cut gives the same bytes, for every [Format]; see [Cutter] for the
// one exception, a last message without a delimiter, which it tells apart.
package framing

import (
	"bytes"
	"encoding/binary"
	"slices"
)

// Format is a way of marking where a message ends.
type Format uint8

// The formats.
const (
	// Line ends a message with a newline. A carriage return before it is part
	// of the message, so that bytes pass unchanged.
	Line Format = iota
	// NUL ends a message with a byte of value 0.
	NUL
	// Length puts the message's length before it, as 4 bytes, the most
	// significant first.
	Length
	// Varint puts the message's length before it as a base 128 varint, as
	// Protocol Buffers do in delimited streams.
	Varint
	// None marks nothing: the whole stream is one message.
	None
)

var names = []string{"line", "nul", "length", "varint", "none"}

// Names returns the names of all formats, that of Line first.
func Names() []string { return slices.Clone(names) }

// Parse returns the format with the name and whether there is one.
func Parse(name string) (Format, bool) {
	i := slices.Index(names, name)
	return Format(max(i, 0)), i >= 0
}

// String returns the format's name.
func (f Format) String() string {
	if int(f) < len(names) {
		return names[f]
	}
	return "unknown format"
}

// Delimiter returns the byte that ends a message and whether there is one.
func (f Format) Delimiter() (byte, bool) {
	switch f {
	case Line:
		return '\n', true
	case NUL:
		return 0, true
	}
	return 0, false
}

// Overhead is how many bytes a format adds to a message at most.
const Overhead = binary.MaxVarintLen64

// Append appends the message to buffer with what its format puts before and
// behind it, and returns the extended buffer. A message that itself holds the
// delimiter will be cut there when it is read again. Length cannot express
// 4 GiB and more.
func (f Format) Append(buffer, message []byte) []byte {
	switch f {
	case Line:
		return append(append(buffer, message...), '\n')
	case NUL:
		return append(append(buffer, message...), 0)
	case Length:
		buffer = binary.BigEndian.AppendUint32(buffer, uint32(len(message)))
	case Varint:
		buffer = binary.AppendUvarint(buffer, uint64(len(message)))
	}
	return append(buffer, message...)
}

// Rest returns what is missing of the message that a cut after n bytes of
// stream cuts in two: nothing if the cut is between two messages. The stream
// begins with a message. A writer that was interrupted completes the message
// with it, so that what follows can be read.
func (f Format) Rest(stream []byte, n int) []byte {
	if delimiter, ok := f.Delimiter(); ok {
		if n == 0 || stream[n-1] == delimiter {
			return nil
		}
		if i := bytes.IndexByte(stream[n:], delimiter); i >= 0 {
			return stream[n : n+i+1]
		}
		return stream[n:]
	}
	if f == None {
		return nil
	}
	cutter := NewCutter(f, len(stream))
	for from := 0; from < n; {
		_, end, next, found := cutter.Next(stream, from)
		if found != Whole {
			return stream[n:]
		}
		if end > n {
			return stream[n:end]
		}
		from = next
	}
	return nil
}
