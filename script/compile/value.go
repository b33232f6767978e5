package compile

import (
	"math"
	"strconv"
	"strings"

	"github.com/gopiper/gopiper/jsonview"
)

type kind uint8

const (
	isNil kind = iota
	isFalse
	isTrue
	isNumber
	isString
	isNull  // of JSON
	isExact // a number of JSON that a float64 may not hold: its text
	isNode  // an object or array of JSON
)

// Value is a value of Lua while a function runs, passed in registers.
type Value struct {
	kind   kind
	number float64
	text   string // of a string; of a number in JSON, as it was written there
	node   *jsonview.Node
}

const pi = math.Pi

var huge = math.Inf(1)

func number(f float64) Value { return Value{kind: isNumber, number: f} }
func text(s string) Value    { return Value{kind: isString, text: s} }

func boolean(b bool) Value {
	if b {
		return Value{kind: isTrue}
	}
	return Value{kind: isFalse}
}

func (v Value) truth() bool { return v.kind > isFalse }

// whole returns a number as an integer if it is one of at most 15 digits.
func whole(f float64) (int64, bool) {
	n := int64(f)
	return n, float64(n) == f && -1e15 < f && f < 1e15
}

// AppendNumber appends a number as Lua 5.1 writes it: %.14g.
func AppendNumber(dst []byte, f float64) []byte {
	if n, ok := whole(f); ok && n > -1e14 && n < 1e14 && (n != 0 || !math.Signbit(f)) {
		return strconv.AppendInt(dst, n, 10)
	}
	switch {
	case math.IsNaN(f):
		return append(dst, "nan"...)
	case math.IsInf(f, 1):
		return append(dst, "inf"...)
	case math.IsInf(f, -1):
		return append(dst, "-inf"...)
	}
	return strconv.AppendFloat(dst, f, 'g', 14, 64)
}

// spaces are what Lua skips around a number.
const spaces = " \t\n\v\f\r"

// NumeralMax is how long a string may be that is read as a number, in bytes; a longer
// one is none, for the interpreter too.
const NumeralMax = 1 << 20

// parseNumber reads a decimal number with spaces around it. It is sure whether
// the text is one, or leaves that to the interpreter: hexadecimal numbers, what
// the engines take for infinities, and what C takes for an end.
func parseNumber(s string) (f float64, ok, sure bool) {
	if len(s) > NumeralMax {
		return 0, false, true
	}
	s = strings.Trim(s, spaces)
	if !decimal(s) {
		unsigned := strings.TrimLeft(s, "+-")
		odd := len(unsigned) > 1 && unsigned[1]|0x20 == 'x' || unsigned != "" && strings.IndexByte("iInN", unsigned[0]) >= 0
		return 0, false, !odd && strings.IndexByte(s, 0) < 0
	}
	f, err := strconv.ParseFloat(s, 64)
	return f, err == nil, err == nil
}

// decimal tells whether s is a number such as -1.5e3, .5 or 5.
func decimal(s string) bool {
	i := 0
	if i < len(s) && (s[i] == '-' || s[i] == '+') {
		i++
	}
	begin, digits := i, 0
	for ; i < len(s) && ('0' <= s[i] && s[i] <= '9' || s[i] == '.'); i++ {
		if s[i] != '.' {
			digits++
		}
	}
	if digits == 0 || strings.Count(s[begin:i], ".") > 1 {
		return false
	}
	if i == len(s) {
		return true
	}
	if s[i]|0x20 != 'e' {
		return false
	}
	if i++; i < len(s) && (s[i] == '-' || s[i] == '+') {
		i++
	}
	exponent := s[i:]
	return exponent != "" && strings.Trim(exponent, "0123456789") == ""
}

// equal compares two values as == does, unless only the interpreter can.
func (f *frame) equal(a, b Value) bool {
	if a.kind == isExact || b.kind == isExact {
		f.bail()
	}
	if a.kind != b.kind {
		return false
	}
	switch a.kind {
	case isNumber:
		return a.number == b.number
	case isString:
		if len(a.text) != len(b.text) {
			return false
		}
		f.charge(len(a.text))
		return a.text == b.text
	case isNode:
		f.bail()
	}
	return true
}
