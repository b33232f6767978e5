package jsonview

import (
	"bytes"
	"encoding/binary"
	"math/bits"
	"strconv"
)

// MaxDepth is how deep arrays and objects may be nested.
const MaxDepth = 1000

// SyntaxError says where a text stops being JSON.
type SyntaxError struct {
	// Offset counts bytes from the start of the text.
	Offset int
	// Line and Column say the same, counted from 1, the column in bytes.
	Line, Column int
	// Expected is what should have been there, such as "a value".
	Expected string
	// Found is the byte at Offset; End is true if the text ends there.
	Found byte
	End   bool
}

// Error returns a sentence such as
//
//	offset 17: expected ',' or '}', found 'x'
//
// or, if it is not in the first line,
//
//	offset 17, line 2, column 5: expected ',' or '}', found 'x'
func (e *SyntaxError) Error() string {
	found := "the end"
	if !e.End {
		found = strconv.QuoteRune(rune(e.Found))
		if e.Found >= 0x80 {
			found = "byte 0x" + strconv.FormatUint(uint64(e.Found), 16)
		}
	}
	where := strconv.Itoa(e.Offset)
	if e.Line > 1 {
		where += ", line " + strconv.Itoa(e.Line) + ", column " + strconv.Itoa(e.Column)
	}
	return "offset " + where + ": expected " + e.Expected + ", found " + found
}

// fault is what the scanner expected where it failed; 0 means that it did not.
type fault uint8

const (
	noValue fault = iota + 1
	noKey
	noKeyOrEnd
	noColon
	noCommaOrBrace
	noCommaOrBracket
	noQuote
	noPlainCharacter
	noEscape
	noHexDigit
	noDigit
	noLiteral
	noEnd
	tooDeep
	tooLong
)

var expectations = [...]string{
	noValue:          "a value",
	noKey:            "a key in quotes",
	noKeyOrEnd:       "a key in quotes or '}'",
	noColon:          "':'",
	noCommaOrBrace:   "',' or '}'",
	noCommaOrBracket: "',' or ']'",
	noQuote:          "'\"' to end the string",
	noPlainCharacter: "an escape instead of a control character in the string",
	noEscape:         "one of \"\\/bfnrtu behind the backslash",
	noHexDigit:       "a hexadecimal digit",
	noDigit:          "a digit",
	noLiteral:        "true, false or null",
	noEnd:            "nothing behind the value",
	tooDeep:          "nesting of at most 1000",
	tooLong:          "a text of less than 2 GiB",
}

func syntaxError(src []byte, offset int, f fault) *SyntaxError {
	before := src[:min(offset, len(src))]
	e := &SyntaxError{Offset: offset, Expected: expectations[f], End: offset >= len(src),
		Line: 1 + bytes.Count(before, []byte{'\n'}), Column: len(before) - bytes.LastIndexByte(before, '\n')}
	if !e.End {
		e.Found = src[offset]
	}
	return e
}

const (
	ones  = 0x0101010101010101
	highs = 0x80 * ones
)

// specials marks with its high bit the first byte of w that a string cannot
// hold as it is: a quote, a backslash or a control character. Bits above the
// first mark mean nothing. Flipping bit 1 puts the quote right behind the
// control characters, so that one comparison finds both.
func specials(w uint64) uint64 {
	const backslash, flip, limit = '\\' * ones, 2 * ones, 0x21 * ones
	return ((w ^ flip - limit) | (w ^ backslash - ones)) & (highs &^ w)
}

// nearby returns the place of the first byte, among the eight from i on, that a
// string cannot hold as it is; that of the last if there is none; and i at the
// end of the text. It is small enough to be inlined: most keys are short, and a
// call costs as much as they do.
func nearby(src []byte, i int) int {
	if i+8 > len(src) {
		return i
	}
	return i + bits.TrailingZeros64(specials(binary.LittleEndian.Uint64(src[i:]))|1<<63)>>3
}

// skipString returns the position behind the string whose opening quote is
// right before i, and whether it holds escapes. On a fault the position is
// where that is.
func skipString(src []byte, i int) (end int, escaped bool, f fault) {
	for i+8 <= len(src) {
		m := specials(binary.LittleEndian.Uint64(src[i:]))
		if m == 0 {
			i += 8
			continue
		}
		i += bits.TrailingZeros64(m) >> 3
		if src[i] == '"' {
			return i + 1, escaped, 0
		}
		if src[i] != '\\' {
			return i, escaped, noPlainCharacter
		}
		escaped = true
		if i, f = skipEscape(src, i+1); f != 0 {
			return i, escaped, f
		}
	}
	return skipStringTail(src, i, escaped)
}

// skipStringTail does that for the last seven bytes of the text.
func skipStringTail(src []byte, i int, escaped bool) (int, bool, fault) {
	for i < len(src) {
		switch c := src[i]; {
		case c == '"':
			return i + 1, escaped, 0
		case c < ' ':
			return i, escaped, noPlainCharacter
		case c == '\\':
			escaped = true
			var f fault
			if i, f = skipEscape(src, i+1); f != 0 {
				return i, escaped, f
			}
		default:
			i++
		}
	}
	return i, escaped, noQuote
}

// skipEscape returns the position behind the escape whose backslash is right
// before i.
func skipEscape(src []byte, i int) (int, fault) {
	if i >= len(src) {
		return i, noEscape
	}
	switch src[i] {
	case '"', '\\', '/', 'b', 'f', 'n', 'r', 't':
		return i + 1, 0
	case 'u':
		for k := i + 1; k < i+5; k++ {
			if k >= len(src) || !isHex(src[k]) {
				return k, noHexDigit
			}
		}
		return i + 5, 0
	}
	return i, noEscape
}

func isHex(c byte) bool {
	return c-'0' <= 9 || c|0x20 >= 'a' && c|0x20 <= 'f'
}

// skipSpace returns the position of the first byte from i on that is not
// white space.
func skipSpace(src []byte, i int) int {
	for i < len(src) && (src[i] == ' ' || src[i] == '\n' || src[i] == '\r' || src[i] == '\t') {
		i++
	}
	return i
}

// skipNumber returns the position behind the number at i.
func skipNumber(src []byte, i int) (int, fault) {
	if i < len(src) && src[i] == '-' {
		i++
		if i >= len(src) || src[i]-'0' > 9 {
			return i, noDigit
		}
	}
	if i >= len(src) || src[i]-'0' > 9 {
		return i, noValue
	}
	if src[i] == '0' {
		i++
	} else {
		i = skipDigits(src, i+1)
	}
	if i < len(src) && src[i] == '.' {
		start := i + 1
		if i = skipDigits(src, start); i == start {
			return i, noDigit
		}
	}
	if i < len(src) && src[i]|0x20 == 'e' {
		i++
		if i < len(src) && (src[i] == '+' || src[i] == '-') {
			i++
		}
		start := i
		if i = skipDigits(src, start); i == start {
			return i, noDigit
		}
	}
	return i, 0
}

func skipDigits(src []byte, i int) int {
	for i < len(src) && src[i]-'0' <= 9 {
		i++
	}
	return i
}

// skipLiteral returns the position behind the word, whose first byte is at i.
func skipLiteral(src []byte, i int, word string) (int, fault) {
	if len(src)-i >= len(word) && string(src[i:i+len(word)]) == word {
		return i + len(word), 0
	}
	return i, noLiteral
}

// skipKey returns where the member's value starts, given that its key should
// start at i, and where the key's text ends.
func skipKey(src []byte, i int, expected fault) (value, keyEnd int, escaped bool, f fault) {
	if i >= len(src) || src[i] != '"' {
		return i, 0, false, expected
	}
	keyEnd = nearby(src, i+1)
	if keyEnd < len(src) && src[keyEnd] == '"' {
		i = keyEnd + 1
	} else {
		if i, escaped, f = skipString(src, keyEnd); f != 0 {
			return i, 0, false, f
		}
		keyEnd = i - 1
	}
	if i < len(src) && src[i] <= ' ' {
		i = skipSpace(src, i)
	}
	if i >= len(src) || src[i] != ':' {
		return i, 0, false, noColon
	}
	i++
	if i < len(src) && src[i] <= ' ' {
		i = skipSpace(src, i)
	}
	return i, keyEnd, escaped, 0
}

// skip returns the position behind the value that starts at i, which is nested
// in depth containers.
func skip(src []byte, i, depth int) (int, fault) {
	if i >= len(src) {
		return i, noValue
	}
	switch src[i] {
	case '"':
		end, _, f := skipString(src, i+1)
		return end, f
	case '{', '[':
		return skipContainer(src, i, depth)
	}
	return skipWord(src, i)
}

// skipWord does that for a number, true, false or null.
func skipWord(src []byte, i int) (int, fault) {
	switch src[i] {
	case 't':
		return skipLiteral(src, i, "true")
	case 'f':
		return skipLiteral(src, i, "false")
	case 'n':
		return skipLiteral(src, i, "null")
	}
	return skipNumber(src, i)
}

// open is what skipContainer knows of the objects and arrays it is in: a bit
// for each, 1 for an object.
type open [MaxDepth/64 + 1]uint64

func (o *open) push(depth int, object bool) {
	o[depth>>6] &^= 1 << (depth & 63)
	if object {
		o[depth>>6] |= 1 << (depth & 63)
	}
}

func (o *open) isObject(depth int) bool { return o[depth>>6]>>(depth&63)&1 != 0 }

// skipContainer does that for an object or array. It does not recurse.
func skipContainer(src []byte, i, depth int) (int, fault) {
	var around open
	var f fault
	base, object := depth, false
	for {
		// A value starts at i.
		if i >= len(src) {
			return i, noValue
		}
		switch c := src[i]; c {
		case '"':
			if i, _, f = skipString(src, i+1); f != 0 {
				return i, f
			}
		case '{', '[':
			if depth++; depth > MaxDepth {
				return i, tooDeep
			}
			object = c == '{'
			around.push(depth, object)
			i = skipSpace(src, i+1)
			if i < len(src) && src[i] == c+2 { // '}' and ']' are two behind
				i++
				depth--
				object = around.isObject(depth)
				break
			}
			if object {
				if i, _, _, f = skipKey(src, i, noKeyOrEnd); f != 0 {
					return i, f
				}
			}
			continue
		default:
			if i, f = skipWord(src, i); f != 0 {
				return i, f
			}
		}
		// A value ends before i; close what ends with it.
		for depth > base {
			if i < len(src) && src[i] <= ' ' {
				i = skipSpace(src, i)
			}
			if i < len(src) && src[i] == ',' {
				break
			}
			if i >= len(src) || object && src[i] != '}' || !object && src[i] != ']' {
				return i, expectedBehind(object)
			}
			i++
			depth--
			object = around.isObject(depth)
		}
		if depth == base {
			return i, 0
		}
		i = skipSpace(src, i+1)
		if object {
			if i, _, _, f = skipKey(src, i, noKey); f != 0 {
				return i, f
			}
		}
	}
}

// expectedBehind is the fault where neither a comma nor the end follows a
// member or element.
func expectedBehind(object bool) fault {
	if object {
		return noCommaOrBrace
	}
	return noCommaOrBracket
}
