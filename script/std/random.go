package std

import (
	"encoding/binary"
	"encoding/hex"
	"math"
)

var uuidGroup = Group{
	Name:    "uuid",
	Summary: "Identifiers that nobody else has.",
	Functions: []Function{
		function("uuid.v4", "uuid.v4() -> text", "A UUID of random bits. While a script describes it is the same every time.", `
#gopiper.uuid.v4() --> 36
gopiper.uuid.v4():sub(15, 15) --> "4"
`, func(a *arguments) []Value {
			var id [16]byte
			a.random(id[:])
			return a.uuid(id, 4)
		}),
		function("uuid.v7", "uuid.v7() -> text", "A UUID that begins with the time, so that later ones sort behind earlier ones; those of one worker always do.", `
gopiper.uuid.v7() < gopiper.uuid.v7() --> true
gopiper.uuid.v7():sub(15, 15) --> "7"
`, uuidV7),
	},
}

// uuid writes a UUID of a version.
func (a *arguments) uuid(id [16]byte, version byte) []Value {
	id[6], id[8] = id[6]&0x0f|version<<4, id[8]&0x3f|0x80
	var text [36]byte
	hex.Encode(text[:8], id[:4])
	hex.Encode(text[9:13], id[4:6])
	hex.Encode(text[14:18], id[6:8])
	hex.Encode(text[19:23], id[8:10])
	hex.Encode(text[24:], id[10:])
	text[8], text[13], text[18], text[23] = '-', '-', '-', '-'
	return a.made(append(a.buffer[:0], text[:]...))
}

func uuidV7(a *arguments) []Value {
	// Milliseconds in 48 bits, and their fraction in the 12 bits behind the
	// version.
	nanoseconds := uint64(a.now().UnixNano())
	at := nanoseconds/1e6<<12 | nanoseconds%1e6*4096/1e6
	if at <= a.last {
		at = a.last + 1
	}
	a.last = at
	var id [16]byte
	a.random(id[8:])
	binary.BigEndian.PutUint64(id[:8], at>>12<<16|at&0xfff)
	return a.uuid(id, 7)
}

// randomMax is how many random bytes a call makes at most.
const randomMax = 1 << 20

var randomGroup = Group{
	Name:    "random",
	Summary: "Random values that nobody can foresee.",
	Text:    "Other than those of `math.random` they are good for keys and tokens. While a script describes they are the same every time.",
	Functions: []Function{
		function("random.bytes", "random.bytes(n) -> text", "Returns n bytes, 1 MiB at most.", `
#gopiper.random.bytes(16) --> 16
`, func(a *arguments) []Value {
			return a.made(a.randomBytes())
		}),
		function("random.hex", "random.hex(n) -> text", "Returns n bytes as hexadecimal digits, two for each.", `
#gopiper.random.hex(16) --> 32
`, func(a *arguments) []Value {
			return a.made(hex.AppendEncode(a.buffer[:0], a.randomBytes()))
		}),
		function("random.int", "random.int(low, high) -> number", "Returns a whole number from low to high, each as likely as the others; "+
			"high - low is less than 2^53.", `
gopiper.random.int(7, 7) --> 7
gopiper.random.int(1, 6) <= 6 --> true
`, randomInt),
	},
}

func randomInt(a *arguments) []Value {
	const most = 1 << 53
	low := a.whole(1, -most, most)
	high := a.whole(2, -most, most)
	if high < low || high-low >= most {
		a.bad(2, "a whole number expected that is not less than the first and less than 2^53 above it")
	}
	if a.err != nil {
		return nil
	}
	span := uint64(high-low) + 1
	var bits [8]byte
	for {
		a.random(bits[:])
		// Numbers from the last, incomplete round would favour the low ones.
		if n := binary.LittleEndian.Uint64(bits[:]); n <= math.MaxUint64-(-span%span) {
			return a.one(Num(float64(low + int64(n%span))))
		}
	}
}

// randomBytes makes as many random bytes as the first argument says.
func (a *arguments) randomBytes() []byte {
	n := a.whole(1, 0, randomMax)
	if !a.charge(4 * int(n)) {
		return nil
	}
	out := make([]byte, n)
	a.random(out)
	return out
}
