package std

import (
	"math"
	"sort"
	"strconv"
	"strings"
)

// Kind is the kind of a Value.
type Kind uint8

// The kinds. The zero Value is nil.
const (
	Nil     Kind = iota
	Boolean      // Bool
	Number       // Number
	String       // Text
	Map          // Table: a table of any kind
	Null         // JSON's null, which scripts know as gopiper.null
	Exact        // Text: a number, in JSON, that a float64 cannot hold; see NumberOf
	JSON         // Text: an object or array as JSON: a part of msg.json
	Object       // Object: a counter or a gauge
	Other        // Text names what this library has no use for, such as a function
)

// Value is a value of a script, of whatever engine. It is only to be read by
// those who did not make it.
type Value struct {
	Kind   Kind
	Bool   bool
	Number float64
	Text   string
	Table  *Table
	Object any
}

// Text makes a string.
func Text(s string) Value { return Value{Kind: String, Text: s} }

// Num makes a number.
func Num(f float64) Value { return Value{Kind: Number, Number: f} }

// Flag makes a boolean.
func Flag(b bool) Value { return Value{Kind: Boolean, Bool: b} }

// OfTable makes a value of a table.
func OfTable(t *Table) Value { return Value{Kind: Map, Table: t} }

// TypeName is what Lua's type function says of the value, except for what
// engines hold as userdata: those have names of their own.
func (v Value) TypeName() string {
	switch v.Kind {
	case Nil:
		return "nil"
	case Boolean:
		return "boolean"
	case Number:
		return "number"
	case String:
		return "string"
	case Map:
		return "table"
	case Null:
		return "null"
	case Exact:
		return "exact number"
	case JSON:
		if strings.HasPrefix(v.Text, "[") {
			return "JSON array"
		}
		return "JSON object"
	case Object:
		switch v.Object.(type) {
		case Counter:
			return "counter"
		case Gauge:
			return "gauge"
		}
	}
	return v.Text
}

// AsText returns the text of a string, a number or an exact number, which is
// what Lua takes for a string.
func (v Value) AsText() (string, bool) {
	switch v.Kind {
	case String, Exact:
		return v.Text, true
	case Number:
		return FormatNumber(v.Number), true
	}
	return "", false
}

// FormatNumber is the text that Lua 5.1 gives a number: that of C's "%.14g".
func FormatNumber(f float64) string {
	switch {
	case math.IsNaN(f):
		if math.Signbit(f) {
			return "-nan"
		}
		return "nan"
	case math.IsInf(f, 0):
		return strings.ToLower(strings.TrimPrefix(strconv.FormatFloat(f, 'g', -1, 64), "+"))
	case f == math.Trunc(f) && math.Abs(f) < 1e14 && (f != 0 || !math.Signbit(f)):
		return strconv.FormatInt(int64(f), 10)
	}
	return strconv.FormatFloat(f, 'g', 14, 64)
}

// Table is a table of a script: a list of elements 1, 2, 3 …, and fields with
// names. A name is there once. It belongs to one goroutine.
//
// As engines differ in the order of a table's fields, whoever passes a script's
// table passes them sorted by name: what is written of it is then the same.
type Table struct {
	List   []Value
	Names  []string
	Fields []Value // those of Names
	// Array says that the table is a list even if it is empty.
	Array bool

	places map[string]int // of Names, once there are many
}

// manyNames is from when on names are looked up in a map.
const manyNames = 12

func (t *Table) place(name string) int {
	if len(t.Names) < manyNames {
		for i, n := range t.Names {
			if n == name {
				return i
			}
		}
		return -1
	}
	if len(t.places) != len(t.Names) {
		t.places = make(map[string]int, 2*len(t.Names))
		for i, n := range t.Names {
			t.places[n] = i
		}
	}
	if i, ok := t.places[name]; ok {
		return i
	}
	return -1
}

// Get returns a field, nil if it is not there.
func (t *Table) Get(name string) Value {
	if i := t.place(name); i >= 0 {
		return t.Fields[i]
	}
	return Value{}
}

// Set sets a field; a new one becomes the last.
func (t *Table) Set(name string, value Value) {
	if i := t.place(name); i >= 0 {
		t.Fields[i] = value
		return
	}
	t.Names, t.Fields = append(t.Names, name), append(t.Fields, value)
	if t.places != nil {
		t.places[name] = len(t.Names) - 1
	}
}

// Sort sorts the fields by name.
func (t *Table) Sort() {
	sort.Sort((*byName)(t))
	t.places = nil
}

type byName Table

func (t *byName) Len() int           { return len(t.Names) }
func (t *byName) Less(i, j int) bool { return t.Names[i] < t.Names[j] }
func (t *byName) Swap(i, j int) {
	t.Names[i], t.Names[j] = t.Names[j], t.Names[i]
	t.Fields[i], t.Fields[j] = t.Fields[j], t.Fields[i]
}

// Append adds an element to the list.
func (t *Table) Append(value Value) { t.List = append(t.List, value) }

// exactFrom is where whole numbers begin that a Lua number may not hold: it
// holds all up to this, 2^53.
const exactFrom = 1 << 53

// NumberOf returns the value of a number of JSON, and whether a script gets it as
// an exact number because a Lua number does not hold it: a whole number beyond
// 2^53, one beyond the greatest, or one so near to 0 that it would be 0.
func NumberOf(text string) (f float64, exact bool) {
	f, err := strconv.ParseFloat(text, 64)
	switch {
	case err != nil:
		return f, true
	case f == 0:
		mantissa := text
		if i := strings.IndexAny(text, "eE"); i >= 0 {
			mantissa = text[:i]
		}
		return f, strings.ContainsAny(mantissa, "123456789")
	case math.Abs(f) < exactFrom || strings.ContainsAny(text, ".eE"):
		return f, false
	}
	return f, strings.TrimPrefix(text, "-") != strconv.Itoa(exactFrom)
}
