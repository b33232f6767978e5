package script

import (
	"bytes"
	"regexp"
)

// lexeme is what may hold a backslash that is no escape, or a quote that begins no
// string: a comment, or a string in long brackets, of which only the beginning is found;
// or a string in quotes.
var lexeme = regexp.MustCompile(`--\[=*\[|--[^\n]*|\[=*\[|"(?:[^"\\]|\\[\s\S])*"|'(?:[^'\\]|\\[\s\S])*'`)

// long is what begins a comment or a string in long brackets.
var long = regexp.MustCompile(`^(?:--)?(\[=*\[)$`)

// escaped is a backslash with what belongs to it.
var escaped = regexp.MustCompile(`\\(?:[0-9]{1,3}|[\s\S])`)

// tooLarge returns the first escape beyond \255 in a source that has been parsed, and its
// line; "" for none. The parser cuts it to a byte, where Lua refuses it.
func tooLarge(source []byte) (escape string, line int) {
	for at := 0; ; {
		found := lexeme.FindIndex(source[at:])
		if found == nil {
			return "", 0
		}
		from, to := at+found[0], at+found[1]
		text := source[from:to]
		if m := long.FindSubmatch(text); m != nil {
			closing := bytes.ReplaceAll(m[1], []byte("["), []byte("]"))
			if n := bytes.Index(source[to:], closing); n >= 0 {
				to += n + len(closing)
			}
		} else if text[0] != '-' {
			for _, m := range escaped.FindAllIndex(text, -1) {
				if e := string(text[m[0]:m[1]]); len(e) == 4 && e > `\255` {
					return e, 1 + bytes.Count(source[:from+m[0]], []byte("\n"))
				}
			}
		}
		at = to
	}
}
