package framing

import (
	"bytes"
	"encoding/binary"
)

// Found says what a [Cutter] found.
type Found uint8

// What can be found.
const (
	// Nothing: more bytes are needed.
	Nothing Found = iota
	// Whole: a message.
	Whole
	// Unterminated: the stream's last message, without a delimiter behind it.
	// Only End finds it.
	Unterminated
	// TooLong: the first bytes of a message that is longer than the limit. The
	// rest of it will be passed over.
	TooLong
	// Broken: what cannot be a message, because the stream ends before the
	// length that was announced or because that is no number. What follows
	// will be passed over.
	Broken
)

// Cutter finds messages in a stream that is given to it piece by piece, each
// piece beginning with what was left of the one before. It copies nothing,
// looks at every byte once and needs no more of the stream in memory than one
// message of the limit's length and [Overhead].
//
// Make one with [NewCutter] for each stream. It is not safe for concurrent use.
type Cutter struct {
	format    Format
	delimited bool
	delimiter byte
	max       int
	searched  int    // bytes of the incomplete message known to hold no delimiter
	skip      uint64 // bytes still to be passed over
	skipping  bool   // pass over all up to the delimiter, or to the end if there is none
}

// NewCutter returns a cutter for one stream. Messages are at most limit bytes
// long, which must be 1 or more.
func NewCutter(format Format, limit int) *Cutter {
	c := &Cutter{format: format, max: limit}
	c.delimiter, c.delimited = format.Delimiter()
	return c
}

// Next finds the next message in data[from:]: data[start:end]. It goes on at
// next, also when it found nothing; then the caller adds bytes behind data, may
// move data[next:] to the front of another buffer, and calls again with from
// at the same byte of the stream.
func (c *Cutter) Next(data []byte, from int) (start, end, next int, found Found) {
	if c.skipping || c.skip > 0 {
		if from = c.pass(data, from); from == len(data) {
			return from, from, from, Nothing
		}
	}
	if !c.delimited {
		return c.nextCounted(data, from)
	}
	i := bytes.IndexByte(data[from+c.searched:], c.delimiter)
	if i < 0 {
		if len(data)-from > c.max {
			c.searched, c.skipping = 0, true
			return from, from + c.max, len(data), TooLong
		}
		c.searched = len(data) - from
		return from, from, from, Nothing
	}
	end = from + c.searched + i
	c.searched = 0
	if end-from > c.max {
		return from, from + c.max, end + 1, TooLong
	}
	return from, end, end + 1, Whole
}

// nextCounted is Next for formats without a delimiter.
func (c *Cutter) nextCounted(data []byte, from int) (start, end, next int, found Found) {
	length, prefix := c.prefix(data[from:])
	if prefix < 0 {
		c.skipping = true
		return from, min(len(data), from+c.max), len(data), Broken
	}
	start = from + prefix
	have := uint64(len(data) - start)
	switch {
	case c.format != None && prefix == 0:
		return from, from, from, Nothing
	case length > uint64(c.max) && have >= uint64(c.max):
		end = start + c.max
		if c.format == None {
			c.skipping = true
			return start, end, len(data), TooLong
		}
		c.skip = length - uint64(c.max)
		return start, end, end, TooLong
	case length > have || c.format == None:
		return from, from, from, Nothing
	}
	end = start + int(length)
	return start, end, end, Whole
}

// prefix reads a message's length and returns it with the number of bytes it
// takes: 0 if it is incomplete, less if it is no number. Without a format, the
// message is all there is.
func (c *Cutter) prefix(data []byte) (length uint64, size int) {
	switch c.format {
	case Length:
		if len(data) >= 4 {
			return uint64(binary.BigEndian.Uint32(data)), 4
		}
	case Varint:
		return binary.Uvarint(data)
	case None:
		return uint64(len(data)), 0
	}
	return 0, 0
}

// pass passes over what is left of a message that is too long and returns
// where the next one begins.
func (c *Cutter) pass(data []byte, from int) int {
	if c.skip > 0 {
		n := min(c.skip, uint64(len(data)-from))
		c.skip -= n
		return from + int(n)
	}
	if c.delimited {
		if i := bytes.IndexByte(data[from:], c.delimiter); i >= 0 {
			c.skipping = false
			return from + i + 1
		}
	}
	return len(data)
}

// End says what data[from:] is, where Next has found nothing, once the stream
// has ended: nothing, a message, or what came of one. The message is
// data[start:end].
func (c *Cutter) End(data []byte, from int) (start, end int, found Found) {
	start, end = from, len(data)
	switch {
	case c.skipping || c.skip > 0 || from == len(data):
		return end, end, Nothing
	case c.delimited:
		return start, end, Unterminated
	case c.format == None:
		return start, end, Whole
	}
	if _, prefix := c.prefix(data[from:]); prefix > 0 {
		start += prefix
	}
	return start, min(end, start+c.max), Broken
}
