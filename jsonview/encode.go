package jsonview

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"unicode/utf16"
	"unicode/utf8"
)

// AppendString appends s to dst as a JSON string. It escapes quotes,
// backslashes and control characters, and nothing else: what is not valid
// UTF-8 stays as it is.
func AppendString[T string | []byte](dst []byte, s T) []byte {
	const hex = "0123456789abcdef"
	dst = append(dst, '"')
	start := 0
	for i := 0; i < len(s); i++ {
		c := s[i]
		if c >= ' ' && c != '"' && c != '\\' {
			continue
		}
		dst = append(dst, s[start:i]...)
		start = i + 1
		switch c {
		case '"', '\\':
			dst = append(dst, '\\', c)
		case '\n':
			dst = append(dst, '\\', 'n')
		case '\r':
			dst = append(dst, '\\', 'r')
		case '\t':
			dst = append(dst, '\\', 't')
		default:
			dst = append(dst, '\\', 'u', '0', '0', hex[c>>4], hex[c&15])
		}
	}
	dst = append(dst, s[start:]...)
	return append(dst, '"')
}

// AppendFloat appends f to dst as a JSON number: a whole number without an
// exponent or fraction up to 1e21, any other in its shortest form that reads
// back the same. It fails for what is no number in JSON: NaN and the
// infinities.
func AppendFloat(dst []byte, f float64) ([]byte, error) {
	if math.IsNaN(f) || math.IsInf(f, 0) {
		return dst, fmt.Errorf("%v is no number in JSON", f)
	}
	format := byte('f')
	if a := math.Abs(f); a != 0 && (a < 1e-6 || a >= 1e21) {
		format = 'e'
	}
	return strconv.AppendFloat(dst, f, format, -1, 64), nil
}

// Append appends a Go value to dst as JSON: nil, bool, string, int, int64,
// float64, []any, []string, map[string]any (its keys sorted), or a [Value],
// which is copied as it stands. It fails for any other type and for nesting
// deeper than MaxDepth; dst then holds what was appended before.
func Append(dst []byte, value any) ([]byte, error) { return appendAny(dst, value, 0) }

func appendAny(dst []byte, value any, depth int) ([]byte, error) {
	if depth > MaxDepth {
		return dst, errors.New("nested deeper than 1000, or in itself")
	}
	switch v := value.(type) {
	case nil:
		return append(dst, "null"...), nil
	case bool:
		return strconv.AppendBool(dst, v), nil
	case string:
		return AppendString(dst, v), nil
	case int:
		return strconv.AppendInt(dst, int64(v), 10), nil
	case int64:
		return strconv.AppendInt(dst, v, 10), nil
	case float64:
		return AppendFloat(dst, v)
	case []any:
		return appendList(dst, v, depth)
	case []string:
		return appendList(dst, v, depth)
	case map[string]any:
		return appendMap(dst, v, depth)
	case Value:
		if !v.Exists() {
			return append(dst, "null"...), nil
		}
		return append(dst, v.raw...), nil
	}
	return dst, fmt.Errorf("a %T cannot be written as JSON", value)
}

func appendList[T any](dst []byte, list []T, depth int) ([]byte, error) {
	dst = append(dst, '[')
	for i, e := range list {
		if i > 0 {
			dst = append(dst, ',')
		}
		var err error
		if dst, err = appendAny(dst, e, depth+1); err != nil {
			return dst, fmt.Errorf("element %d: %w", i+1, err)
		}
	}
	return append(dst, ']'), nil
}

func appendMap(dst []byte, m map[string]any, depth int) ([]byte, error) {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	dst = append(dst, '{')
	for i, k := range keys {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = append(AppendString(dst, k), ':')
		var err error
		if dst, err = appendAny(dst, m[k], depth+1); err != nil {
			return dst, fmt.Errorf("%q: %w", k, err)
		}
	}
	return append(dst, '}'), nil
}

// appendUnescaped appends the characters of a string's text, which is known to
// be valid, with its escapes resolved. Half of a surrogate pair becomes U+FFFD,
// as in encoding/json.
func appendUnescaped(dst, text []byte) []byte {
	for i := 0; i < len(text); {
		if text[i] != '\\' {
			start := i
			for i < len(text) && text[i] != '\\' {
				i++
			}
			dst = append(dst, text[start:i]...)
			continue
		}
		switch c := text[i+1]; c {
		case 'b':
			dst = append(dst, '\b')
		case 'f':
			dst = append(dst, '\f')
		case 'n':
			dst = append(dst, '\n')
		case 'r':
			dst = append(dst, '\r')
		case 't':
			dst = append(dst, '\t')
		case 'u':
			r := hex4(text[i+2:])
			i += 6
			if utf16.IsSurrogate(r) {
				pair := unicodeReplacement
				if i+6 <= len(text) && text[i] == '\\' && text[i+1] == 'u' {
					pair = utf16.DecodeRune(r, hex4(text[i+2:]))
				}
				if r = pair; r != unicodeReplacement {
					i += 6
				}
			}
			dst = utf8.AppendRune(dst, r)
			continue
		default: // a quote, a backslash or a slash
			dst = append(dst, c)
		}
		i += 2
	}
	return dst
}

const unicodeReplacement = '\uFFFD'

// hex4 reads four hexadecimal digits.
func hex4(text []byte) rune {
	var r rune
	for _, c := range text[:4] {
		switch {
		case c <= '9':
			c -= '0'
		default:
			c = c&^0x20 - 'A' + 10
		}
		r = r<<4 | rune(c)
	}
	return r
}
