package jsonview

import (
	"fmt"
	"strconv"
)

// Kind is the kind of a JSON value.
type Kind uint8

// The kinds. Missing is that of a value which is not there.
const (
	Missing Kind = iota
	Null
	Bool
	Number
	String
	Array
	Object
)

var kindNames = [...]string{"nothing", "null", "a boolean", "a number", "a string", "an array", "an object"}

// String returns the kind with its article, such as "an object".
func (k Kind) String() string {
	if int(k) < len(kindNames) {
		return kindNames[k]
	}
	return "an unknown kind"
}

func kindOf(first byte) Kind {
	switch first {
	case '{':
		return Object
	case '[':
		return Array
	case '"':
		return String
	case 't', 'f':
		return Bool
	case 'n':
		return Null
	}
	return Number
}

// Value is a JSON value inside a text. It refers to that text. The zero Value
// is one that is not there. Its text has been checked completely.
type Value struct {
	raw    []byte
	offset int
	kind   Kind
}

// Parse checks the whole text and returns the value that it is.
func Parse(text []byte) (Value, error) {
	value, end, f := parse(text)
	if f != 0 {
		return Value{}, syntaxError(text, end, f)
	}
	return value, nil
}

// TryParse does what Parse does, but instead of saying what is wrong with a
// text it returns a Missing value. It never allocates.
func TryParse(text []byte) Value {
	value, _, _ := parse(text)
	return value
}

func parse(text []byte) (value Value, end int, f fault) {
	start := skipSpace(text, 0)
	end, f = skip(text, start, 0)
	if f != 0 {
		return Value{}, end, f
	}
	if after := skipSpace(text, end); after < len(text) {
		return Value{}, after, noEnd
	}
	return valueAt(text, start, end), end, 0
}

func valueAt(text []byte, start, end int) Value {
	return Value{raw: text[start:end:end], offset: start, kind: kindOf(text[start])}
}

// Get finds the value that path leads to from the value that text is. It stops
// reading right behind it. A value that is not there, also because something
// on the way is neither object nor array, is no error; then the whole text has
// been checked. Of members of the same name the first counts.
func Get(text []byte, path Path) (Value, error) {
	start, end, f := find(text, skipSpace(text, 0), 0, path.steps)
	if f == 0 && (start < 0 || len(path.steps) == 0) {
		if after := skipSpace(text, end); after < len(text) {
			end, f = after, noEnd
		}
	}
	if f != 0 {
		return Value{}, syntaxError(text, end, f)
	}
	if start < 0 {
		return Value{}, nil
	}
	return valueAt(text, start, end), nil
}

// Get finds the value that path leads to from v. It cannot fail, for v has
// been checked; a value that is not there is Missing.
func (v Value) Get(path Path) Value {
	if !v.Exists() {
		return Value{}
	}
	start, end, _ := find(v.raw, 0, 0, path.steps)
	if start < 0 {
		return Value{}
	}
	return v.part(start, end)
}

// part returns the value that lies in v's text from start up to end.
func (v Value) part(start, end int) Value {
	p := valueAt(v.raw, start, end)
	p.offset += v.offset
	return p
}

// find returns where the value starts and ends that the steps lead to from the
// value at i. When there is none, start is negative and end is behind the value
// at i.
func find(text []byte, i, depth int, steps []step) (start, end int, f fault) {
	if len(steps) == 0 {
		end, f = skip(text, i, depth)
		return i, end, f
	}
	switch s := steps[0]; {
	case i < len(text) && text[i] == '{' && s.index < 0:
		return findMember(text, i+1, depth+1, steps)
	case i < len(text) && text[i] == '[' && s.index >= 0:
		return findElement(text, i+1, depth+1, steps)
	}
	end, f = skip(text, i, depth)
	return -1, end, f
}

// findMember does that for the object whose brace is right before i.
func findMember(text []byte, i, depth int, steps []step) (start, end int, f fault) {
	i = skipSpace(text, i)
	if i < len(text) && text[i] == '}' {
		return -1, i + 1, 0
	}
	met := false
	for expected := noKeyOrEnd; ; expected = noKey {
		key := i + 1
		value, keyEnd, escaped, f := skipKey(text, i, expected)
		if f != 0 {
			return -1, value, f
		}
		if !met && sameKey(text[key:keyEnd], escaped, steps[0].key) {
			met = true
			if start, i, f = find(text, value, depth, steps[1:]); start >= 0 || f != 0 {
				return start, i, f
			}
		} else if i, f = skip(text, value, depth); f != 0 {
			return -1, i, f
		}
		i = skipSpace(text, i)
		if i < len(text) && text[i] == '}' {
			return -1, i + 1, 0
		}
		if i >= len(text) || text[i] != ',' {
			return -1, i, noCommaOrBrace
		}
		i = skipSpace(text, i+1)
	}
}

// findElement does that for the array whose bracket is right before i.
func findElement(text []byte, i, depth int, steps []step) (start, end int, f fault) {
	i = skipSpace(text, i)
	if i < len(text) && text[i] == ']' {
		return -1, i + 1, 0
	}
	for n := 0; ; n++ {
		if n == steps[0].index {
			if start, i, f = find(text, i, depth, steps[1:]); start >= 0 || f != 0 {
				return start, i, f
			}
		} else if i, f = skip(text, i, depth); f != 0 {
			return -1, i, f
		}
		i = skipSpace(text, i)
		if i < len(text) && text[i] == ']' {
			return -1, i + 1, 0
		}
		if i >= len(text) || text[i] != ',' {
			return -1, i, noCommaOrBracket
		}
		i = skipSpace(text, i+1)
	}
}

// sameKey tells whether a key's text, between its quotes, spells key.
func sameKey(text []byte, escaped bool, key string) bool {
	if !escaped {
		return string(text) == key
	}
	// Every escape is longer than what it stands for.
	if len(text) < len(key) {
		return false
	}
	var buffer [64]byte
	return string(appendUnescaped(buffer[:0], text)) == key
}

// Exists tells whether the value is there.
func (v Value) Exists() bool { return v.kind != Missing }

// Kind returns what the value is.
func (v Value) Kind() Kind { return v.kind }

// Raw returns the value's text. It is memory to read.
func (v Value) Raw() []byte { return v.raw }

// Offset is where the value starts in the text that it was found in.
func (v Value) Offset() int { return v.offset }

// String returns a string with its escapes resolved, and the text of any other
// value; "" for a missing one.
func (v Value) String() string { return string(v.Text(nil)) }

// AppendText appends to dst what String returns.
func (v Value) AppendText(dst []byte) []byte {
	if v.kind != String {
		return append(dst, v.raw...)
	}
	return appendUnescaped(dst, v.raw[1:len(v.raw)-1])
}

// Text returns what String returns, as memory to read: a part of the value's
// text where that is possible, otherwise appended to scratch[:0].
func (v Value) Text(scratch []byte) []byte {
	if v.kind != String {
		return v.raw
	}
	text := v.raw[1 : len(v.raw)-1]
	for _, c := range text {
		if c == '\\' {
			return appendUnescaped(scratch[:0], text)
		}
	}
	return text
}

// Bool returns a boolean, false for any other kind.
func (v Value) Bool() bool { return v.kind == Bool && v.raw[0] == 't' }

// Int returns a number that is written as a whole number and fits. The error
// says that it is not.
func (v Value) Int() (int64, error) {
	if v.kind == Number {
		if n, err := strconv.ParseInt(string(v.raw), 10, 64); err == nil {
			return n, nil
		}
	}
	return 0, fmt.Errorf("offset %d: expected a whole number of 64 bits, found %s", v.offset, v.describe())
}

// Float returns the float64 that is nearest to a number. The error says that
// the value is none, or beyond the greatest.
func (v Value) Float() (float64, error) {
	if v.kind == Number {
		if f, err := strconv.ParseFloat(string(v.raw), 64); err == nil {
			return f, nil
		}
	}
	return 0, fmt.Errorf("offset %d: expected a number that a float64 can hold, found %s", v.offset, v.describe())
}

func (v Value) describe() string {
	if v.kind == Number && len(v.raw) <= 40 {
		return string(v.raw)
	}
	return v.kind.String()
}

// Members calls yield for every member of an object in the order of the text,
// with its key, a string, until yield returns false. It is an
// iter.Seq2[Value, Value]; of any other value it yields nothing.
func (v Value) Members(yield func(key, value Value) bool) {
	if v.kind != Object {
		return
	}
	for i := skipSpace(v.raw, 1); v.raw[i] == '"'; {
		start := i
		value, keyEnd, _, _ := skipKey(v.raw, i, noKey)
		end, _ := skip(v.raw, value, 0)
		if !yield(v.part(start, keyEnd+1), v.part(value, end)) {
			return
		}
		if i = skipSpace(v.raw, end); v.raw[i] == ',' {
			i = skipSpace(v.raw, i+1)
		}
	}
}

// Elements calls yield for every element of an array, with its place counted
// from 0, until yield returns false. It is an iter.Seq2[int, Value]; of any
// other value it yields nothing.
func (v Value) Elements(yield func(index int, element Value) bool) {
	if v.kind != Array {
		return
	}
	i := skipSpace(v.raw, 1)
	for n := 0; v.raw[i] != ']'; n++ {
		end, _ := skip(v.raw, i, 0)
		if !yield(n, v.part(i, end)) {
			return
		}
		if i = skipSpace(v.raw, end); v.raw[i] == ',' {
			i = skipSpace(v.raw, i+1)
		}
	}
}

// Len counts the members of an object or the elements of an array; it is 0 for
// any other value. It reads the value through.
func (v Value) Len() int {
	n := 0
	v.Members(func(_, _ Value) bool { n++; return true })
	v.Elements(func(int, Value) bool { n++; return true })
	return n
}
