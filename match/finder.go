// Package match tells fast whether bytes hold a text or match a regular
// expression.
//
// A regular expression that is made of characters and classes of characters,
// alternatives and .* is matched without the regular expression engine: two
// bytes that a match must have at a known distance are looked for many places at
// a time, with AVX2 where the processor has it, and what they are part of is
// compared. For any other expression, texts that every match must hold are
// looked for before the engine runs. Either way the answer is that of package
// regexp.
//
// A [Literal] and a [Pattern] do not change and may be used by any number of
// goroutines.
package match

import (
	"bytes"
	"encoding/binary"
	"math/bits"
)

const (
	ones  = 0x0101010101010101
	highs = 0x8080808080808080
)

// finder finds places where two bytes are as they should be, a known distance
// apart. Most of them are places of what is looked for.
type finder struct {
	first, second sharp // first.at < second.at; equal for a single byte
	length        int   // of what is looked for: no place is so close to the end that it does not fit
	rarest        sharp
	common        bool    // no byte is rare: look for the pair
	rare          bool    // it is so rare that looking for it alone is faster
	pair          *finder // the same, but not rare; nil if there is only one byte
}

// sharp is a byte at a certain place, with or without regard to its case.
type sharp struct {
	at   int
	want uint64 // the byte, eight times
	fold uint64 // 0x20 eight times if its case does not matter, want is lower then
}

func (s sharp) plain() bool { return s.fold == 0 }

func (s sharp) is(c byte) bool { return c|byte(s.fold) == byte(s.want) }

// differs is 0 in every byte of w that is as it should be.
func (s sharp) differs(w uint64) uint64 { return (w | s.fold) ^ s.want }

// zeros marks, with its high bit, the first byte of w that is 0. Bits above the
// first mark mean nothing but that a byte may be 0.
func zeros(w uint64) uint64 { return (w - ones) &^ w & highs }

// newFinder returns a finder for something of that length in which the bytes,
// at least one, are sharp. It picks those that are rarest in most texts.
func newFinder(length int, bytes []sharp) finder {
	rarest, other := bytes[0], bytes[0]
	for _, s := range bytes[1:] {
		switch {
		case s.frequency() < rarest.frequency():
			rarest, other = s, rarest
		case other.at == rarest.at || s.frequency() < other.frequency():
			other = s
		}
	}
	f := finder{first: rarest, second: other, length: length, rarest: rarest}
	if other.at < rarest.at {
		f.first, f.second = other, rarest
	}
	if rarest.at == other.at {
		f.rare = rarest.plain()
	} else if rarest.plain() && rarest.frequency() <= rareEnough {
		pair := f
		f.rare, f.pair = true, &pair
	}
	f.common = !f.rare
	return f
}

// next returns the first place from i on, or a negative number. It is a place
// where what is looked for fits, but the caller must compare the rest.
func (f *finder) next(data []byte, i int) int {
	if f.rare {
		return f.single(data, i)
	}
	places := len(data) - f.length + 1 - i
	switch {
	case hasPair && places >= 32:
		return f.findPair(data, i)
	case places < 32 && f.rarest.plain():
		return f.short(data, i)
	default:
		return f.words(data, i)
	}
}

// findPair does what next does, where there are 32 places or more.
func (f *finder) findPair(data []byte, i int) int {
	places := len(data) - f.length + 1 - i
	a, b := &f.first, &f.second
	k := findPair(&data[i+a.at], &data[i+b.at], places, byte(a.want), byte(a.fold), byte(b.want), byte(b.fold))
	if k < 0 {
		return -1
	}
	return i + k
}

// misses is after how many places in vain a byte is not rare in this text.
const misses = 2

// single does what next does by looking for the rarest byte alone.
func (f *finder) single(data []byte, i int) int {
	at := f.rarest.at
	end := len(data) - f.length + at + 1 // behind the last place of the byte
	for missed := 0; i+at < end; missed++ {
		if missed == misses && f.pair != nil {
			return f.pair.next(data, i)
		}
		k := bytes.IndexByte(data[i+at:end], byte(f.rarest.want))
		if k < 0 {
			return -1
		}
		i += k
		if f.first.is(data[i+f.first.at]) && f.second.is(data[i+f.second.at]) {
			return i
		}
		i++
	}
	return -1
}

// short does what next does in data of fewer than 32 places.
func (f *finder) short(data []byte, i int) int {
	for end := len(data) - f.length + 1; i < end; i++ {
		k := bytes.IndexByte(data[i+f.rarest.at:end+f.rarest.at], byte(f.rarest.want))
		if k < 0 {
			return -1
		}
		if i += k; f.first.is(data[i+f.first.at]) && f.second.is(data[i+f.second.at]) {
			return i
		}
	}
	return -1
}

// words does what next does, eight places at a time.
func (f *finder) words(data []byte, i int) int {
	a, b := f.first, f.second
	end := len(data) - f.length + 1
	for ; i+b.at+8 <= len(data); i += 8 {
		w := a.differs(binary.LittleEndian.Uint64(data[i+a.at:])) | b.differs(binary.LittleEndian.Uint64(data[i+b.at:]))
		if m := zeros(w); m != 0 {
			return before(i+bits.TrailingZeros64(m)>>3, end)
		}
	}
	for ; i < end; i++ {
		if a.is(data[i+a.at]) && b.is(data[i+b.at]) {
			return i
		}
	}
	return -1
}

// before returns i if it is before end.
func before(i, end int) int {
	if i < end {
		return i
	}
	return -1
}
