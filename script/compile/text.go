package compile

import (
	"encoding/binary"
	"slices"

	"github.com/gopiper/gopiper/script/pattern"
)

// argumentText returns argument i as a string; a number counts as one.
func (f *frame) argumentText(a []Value, i int) string {
	v := at(a, i)
	if v.kind == isString {
		return v.text
	}
	return f.textOf(v)
}

func toString(f *frame, v Value) Value {
	switch v.kind {
	case isNil:
		return text("nil")
	case isFalse:
		return text("false")
	case isTrue:
		return text("true")
	default:
		return text(f.textOf(v))
	}
}

func toNumber(f *frame, a []Value) Value {
	if base := at(a, 1); len(a) == 0 || base.kind != isNil && (base.kind != isNumber || base.number != 10) {
		return f.bail()
	}
	return toDecimal(f, a[0])
}

func toDecimal(f *frame, v Value) Value {
	switch v.kind {
	case isNumber:
		return number(v.number)
	case isString:
		if f.charge(len(v.text)); len(v.text) > keepMax {
			f.bail()
		}
		n, ok, sure := parseNumber(v.text)
		if !sure {
			return f.bail()
		}
		if ok {
			return number(n)
		}
	case isNull, isExact, isNode:
		return f.bail()
	}
	return Value{}
}

func typeOf(f *frame, v Value) Value {
	switch v.kind {
	case isNil:
		return text("nil")
	case isFalse, isTrue:
		return text("boolean")
	case isNumber:
		return text("number")
	case isString:
		return text("string")
	}
	return f.bail()
}

func stringLen(f *frame, v Value) Value { return number(float64(len(f.textOf(v)))) }

// position returns argument i, a place in a string. A fraction is for the
// interpreter.
func (f *frame) position(a []Value, i int, otherwise float64) float64 {
	p := f.optional(a, i, otherwise)
	if n, ok := whole(p); !ok || n > 1<<31 || n < -1<<31 {
		f.bail()
	}
	return p
}

func stringSub(f *frame, a []Value) Value {
	s := f.argumentText(a, 0)
	if at(a, 1).kind == isNil {
		f.bail()
	}
	from, to := pattern.Span(len(s), f.position(a, 1, 1), f.position(a, 2, -1))
	return text(s[from:to])
}

func stringByte(f *frame, a []Value) {
	s := f.argumentText(a, 0)
	first := f.position(a, 1, 1)
	from, to := pattern.Span(len(s), first, f.position(a, 2, first))
	if to-from > 200 {
		f.bail() // the engines differ in how many results they bear
	}
	for _, c := range []byte(s[from:to]) {
		f.stack = append(f.stack, number(float64(c)))
	}
}

func stringChar(f *frame, a []Value) Value {
	f.build(len(a))
	start := len(f.arena)
	for i := range a {
		c, ok := whole(f.argument(a, i))
		if !ok || c < 0 || c > 255 {
			f.bail()
		}
		f.arena = append(f.arena, byte(c))
	}
	return text(f.since(start))
}

func stringRep(f *frame, a []Value) Value {
	s := f.argumentText(a, 0)
	if at(a, 1).kind == isNil || at(a, 2).kind != isNil {
		f.bail()
	}
	times := max(0, f.position(a, 1, 0))
	if s == "" {
		return text("")
	}
	total := times * float64(len(s))
	f.build(int(min(total, 1<<40)))
	start := len(f.arena)
	f.arena = slices.Grow(f.arena, int(total))[:start+int(total)]
	out := f.arena[start:]
	for n := copy(out, s); n < len(out) && n > 0; n *= 2 {
		copy(out[n:], out[:n])
	}
	return text(f.since(start))
}

func stringReverse(f *frame, v Value) Value {
	start := f.copied(f.textOf(v))
	slices.Reverse(f.arena[start:])
	return text(f.since(start))
}

// copied copies a string to the end of the arena and returns where it starts.
func (f *frame) copied(s string) int {
	f.build(len(s))
	start := len(f.arena)
	f.arena = append(f.arena, s...)
	return start
}

func stringUpper(f *frame, v Value) Value {
	start := f.copied(f.textOf(v))
	flipCase(f.arena[start:], 'a')
	return text(f.since(start))
}

func stringLower(f *frame, v Value) Value {
	start := f.copied(f.textOf(v))
	flipCase(f.arena[start:], 'A')
	return text(f.since(start))
}

// flipCase flips the case of the 26 letters from first on, eight bytes at a
// time: adding to the low seven bits of a byte what is missing to 128 sets its
// high bit exactly if it reaches that far.
func flipCase(b []byte, first byte) {
	const ones, highs = 0x0101010101010101, 0x8080808080808080
	reachFirst, passLast := ones*uint64(128-first), ones*uint64(128-first-26)
	for len(b) >= 8 {
		w := binary.LittleEndian.Uint64(b)
		low := w &^ highs
		letters := (low + reachFirst) &^ (low + passLast) &^ w & highs
		binary.LittleEndian.PutUint64(b, w^letters>>2)
		b = b[8:]
	}
	for i, c := range b {
		if c-first < 26 {
			b[i] = c ^ 0x20
		}
	}
}
