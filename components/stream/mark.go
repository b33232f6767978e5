package stream

import (
	"bytes"
	"encoding/binary"
	"math"

	"github.com/gopiper/gopiper/framing"
)

// Mark is a place in a stream at which reading can go on: between two messages,
// or within the rest of one that was too long.
type Mark struct {
	// Offset is how many bytes of the stream are done with.
	Offset int64
	// Pass, if not 0, says that the bytes behind Offset, so many, are the rest of
	// a message that was too long or broken: they are passed over. PassAll stands
	// for all up to the delimiter, or, where the framing has none, to the end.
	Pass int64
	// Lines says that the lines behind are the rest of a message of several lines
	// that was too long: they are passed over up to one that begins a message.
	Lines bool
}

// PassAll is a Mark's Pass without a number.
const PassAll = math.MaxInt64

// End says what becomes of what is incomplete at the end of a stream.
type End uint8

const (
	// Finish: nothing more will come. What is left is the last message.
	Finish End = iota
	// Wait: more may come, and will be read from the mark on.
	Wait
	// Gathered: as Wait, but lines that were gathered to a message, with nothing
	// incomplete behind them, are the whole message.
	Gathered
)

// Left is what is left behind the mark at the end of a stream.
type Left uint8

const (
	// Nothing is left.
	Nothing Left = iota
	// Incomplete: the beginning of a message.
	Incomplete
	// Gathering: complete lines that are a message unless it goes on.
	Gathering
)

// Result tells where reading has ended.
type Result struct {
	Mark Mark
	Left Left
	// Stopped: ctx was cancelled or the run is stopping. Mark and Left mean nothing
	// then.
	Stopped bool
}

func (r *Reader) result() Result {
	result := Result{Mark: r.mark()}
	switch left := len(r.batch.Buffer) - r.from; {
	case left > r.gathered:
		result.Left = Incomplete
	case left > 0:
		result.Left = Gathering
	}
	return result
}

// passing is what a reader knows of bytes that are passed over: first of those
// that a mark names, then of those that the cutter passes over by itself.
type passing struct {
	until int64 // where in the stream they end, or PassAll; 0 if there are none
	named bool  // by a mark: the cutter does not know of them
}

func (m Mark) passing() passing {
	switch {
	case m.Pass <= 0:
		return passing{}
	case m.Pass > PassAll-m.Offset:
		return passing{PassAll, true}
	}
	return passing{m.Offset + m.Pass, true}
}

// mark is the place at which reading goes on behind what was cut so far.
func (r *Reader) mark() Mark {
	m := Mark{Offset: r.base + int64(r.from), Lines: r.passLines}
	switch {
	case r.until == PassAll:
		m.Pass = PassAll
	case r.until > m.Offset:
		m.Pass = r.until - m.Offset
	}
	return m
}

// pass notes what is passed over behind a message that the cutter has found: data
// from start on, after it was asked at from, and goes on at next.
func (r *Reader) pass(from, start, next int, found framing.Found) {
	before := r.until
	if r.until = 0; found != framing.TooLong && found != framing.Broken {
		return
	}
	buffer := r.batch.Buffer
	if delimiter, delimited := r.options.Framing.Delimiter(); delimited {
		if buffer[next-1] != delimiter {
			r.until = PassAll
		}
		return
	}
	r.until = PassAll
	if before > r.base+int64(from) && before != PassAll {
		from = int(before - r.base)
	}
	var length uint64
	switch format := r.options.Framing; {
	case found == framing.Broken || format == framing.None:
		return
	case format == framing.Length:
		length = uint64(binary.BigEndian.Uint32(buffer[from:start]))
	default:
		length, _ = binary.Uvarint(buffer[from:start])
	}
	if behind := r.base + int64(start); length <= uint64(PassAll-1-behind) {
		r.until = behind + int64(length)
	}
}

// passed notes how far the cutter has come while it found nothing.
func (r *Reader) passed() {
	if r.until == 0 {
		return
	}
	buffer := r.batch.Buffer
	delimiter, delimited := r.options.Framing.Delimiter()
	switch {
	case delimited && (r.from < len(buffer) || r.from > 0 && buffer[r.from-1] == delimiter),
		!delimited && r.base+int64(r.from) >= r.until:
		r.until = 0
	}
}

// passOver passes over what a mark names.
func (r *Reader) passOver() {
	buffer := r.batch.Buffer
	if delimiter, delimited := r.options.Framing.Delimiter(); delimited {
		i := bytes.IndexByte(buffer[r.from:], delimiter)
		if i < 0 {
			r.from = len(buffer)
			return
		}
		r.from += i + 1
	} else {
		r.from += int(min(r.until-r.base-int64(r.from), int64(len(buffer)-r.from)))
		if r.base+int64(r.from) < r.until {
			return
		}
	}
	r.passing = passing{}
}
