package luajit

import (
	"encoding/binary"
	"fmt"
	"math"
)

// The tags of values, as in lua/values.lua and compound.lua.
const (
	tagNil = iota
	tagFalse
	tagTrue
	tagNumber
	tagString
	tagTable
	tagFunction
	tagObject
	tagNull
	tagExact
	tagArrayTable
	tagObjectTable
	tagOther
)

// depthMax is how deep tables may be nested.
const depthMax = 1002

// Table is a Lua table as Go sees it, copied: the items at 1, 2, 3 and so on,
// and the rest. The keys of Fields are strings and float64.
type Table struct {
	Items  []any
	Fields map[any]any
	// Mark says what gopiper.array or gopiper.object have marked it as.
	Mark Mark
}

// Mark is what a table is in JSON, if a script has said so.
type Mark uint8

// The marks.
const (
	Unmarked Mark = iota
	MarkedArray
	MarkedObject
)

// ObjectKind is the kind of an [Object].
type ObjectKind uint32

// The kinds of objects, as in lua/object.lua.
const (
	JSONObject ObjectKind = iota + 1
	JSONArray
	Counter
	Gauge
	Copy
	Kept
	Batched
	CopyAttributes
	KeptAttributes
	BatchedAttributes
)

// Object is something of the host's that scripts hold: to them it is userdata.
// Those of the same kind and number are equal as long as the generation is the
// same; what any of the three means is the host's.
type Object struct {
	Kind       ObjectKind
	Number     uint32
	Generation uint64 // less than 1<<53
}

// Null is JSON's null.
type Null struct{}

// Exact is the text of a number of JSON that a Lua number cannot hold.
type Exact string

// Other is what scripts have and Go has not: the name of its type.
type Other string

// appendValue appends a value as Lua reads it: nil, bool, int, float64, string,
// []byte (a string to Lua), *Table and []any.
func appendValue(b []byte, value any, depth int) ([]byte, error) {
	if depth > depthMax {
		return b, fmt.Errorf("a table is nested deeper than %d tables, or in itself", depthMax)
	}
	switch v := value.(type) {
	case nil:
		return append(b, tagNil), nil
	case bool:
		return appendBool(b, v), nil
	case int:
		return appendNumber(b, float64(v)), nil
	case float64:
		return appendNumber(b, v), nil
	case string:
		return appendText(b, v), nil
	case []byte:
		return appendText(b, v), nil
	case []any:
		return appendTable(b, &Table{Items: v}, depth)
	case *Table:
		return appendTable(b, v, depth)
	case Object:
		return appendObject(b, v), nil
	case Null:
		return append(b, tagNull), nil
	case Exact:
		return appendExact(b, string(v)), nil
	}
	return b, fmt.Errorf("a %T cannot be passed to Lua", value)
}

func appendBool(b []byte, value bool) []byte {
	if value {
		return append(b, tagTrue)
	}
	return append(b, tagFalse)
}

func appendExact(b []byte, text string) []byte {
	at := len(b)
	b = appendText(b, text)
	b[at] = tagExact
	return b
}

func appendNumber(b []byte, number float64) []byte {
	return binary.NativeEndian.AppendUint64(append(b, tagNumber), math.Float64bits(number))
}

func appendText[T string | []byte](b []byte, text T) []byte {
	return append(binary.NativeEndian.AppendUint32(append(b, tagString), uint32(len(text))), text...)
}

func appendObject(b []byte, o Object) []byte {
	b = binary.NativeEndian.AppendUint32(append(b, tagObject), uint32(o.Kind))
	b = binary.NativeEndian.AppendUint32(b, o.Number)
	return binary.NativeEndian.AppendUint64(b, math.Float64bits(float64(o.Generation)))
}

// tagsOfTables are by their marks.
var tagsOfTables = [...]byte{tagTable, tagArrayTable, tagObjectTable}

// appendTableHead appends what stands before the items and fields of a table.
func appendTableHead(b []byte, items, fields int, mark Mark) []byte {
	b = binary.NativeEndian.AppendUint32(append(b, tagsOfTables[mark]), uint32(items))
	return binary.NativeEndian.AppendUint32(b, uint32(fields))
}

func appendTable(b []byte, t *Table, depth int) ([]byte, error) {
	b = appendTableHead(b, len(t.Items), len(t.Fields), t.Mark)
	var err error
	for _, item := range t.Items {
		if b, err = appendValue(b, item, depth+1); err != nil {
			return b, err
		}
	}
	for key, value := range t.Fields {
		switch k := key.(type) {
		case string:
		case float64:
			if math.IsNaN(k) {
				return b, fmt.Errorf("a key of a table is not a number")
			}
		default:
			return b, fmt.Errorf("a key of a table is a %T; it is a string or a float64", key)
		}
		if b, err = appendValue(b, key, depth+1); err != nil {
			return b, err
		}
		if b, err = appendValue(b, value, depth+1); err != nil {
			return b, err
		}
	}
	return b, nil
}

// reader reads the values that Lua wrote.
type reader struct {
	rest  []byte
	state *State // makes functions; nil where there are none
}

func (r *reader) word() uint32 {
	n := binary.NativeEndian.Uint32(r.rest)
	r.rest = r.rest[4:]
	return n
}

func (r *reader) number() float64 {
	n := math.Float64frombits(binary.NativeEndian.Uint64(r.rest))
	r.rest = r.rest[8:]
	return n
}

// bytes returns memory of Lua's.
func (r *reader) bytes() []byte {
	n := r.word()
	text := r.rest[:n:n]
	r.rest = r.rest[n:]
	return text
}

func (r *reader) tag() byte {
	tag := r.rest[0]
	r.rest = r.rest[1:]
	return tag
}

func (r *reader) object() Object {
	return Object{Kind: ObjectKind(r.word()), Number: r.word(), Generation: uint64(r.number())}
}

// value returns a copy of the next value: nil, bool, float64, string, *Table,
// Object, Null, Exact, Other or *Function.
func (r *reader) value() any {
	switch tag := r.tag(); tag {
	case tagFalse:
		return false
	case tagTrue:
		return true
	case tagNumber:
		return r.number()
	case tagString:
		return string(r.bytes())
	case tagObject:
		return r.object()
	case tagNull:
		return Null{}
	case tagExact:
		return Exact(r.bytes())
	case tagOther:
		return Other(r.bytes())
	case tagTable, tagArrayTable, tagObjectTable:
		items, fields := r.word(), r.word()
		t := &Table{}
		switch tag {
		case tagArrayTable:
			t.Mark = MarkedArray
		case tagObjectTable:
			t.Mark = MarkedObject
		}
		for range items {
			t.Items = append(t.Items, r.value())
		}
		if fields > 0 {
			t.Fields = make(map[any]any, fields)
		}
		for range fields {
			key := r.value()
			if _, isTable := key.(*Table); isTable {
				key = Other("table") // by which nobody could find it
			}
			t.Fields[key] = r.value()
		}
		return t
	case tagFunction:
		f := &Function{state: r.state, number: int(r.word()), line: int(r.word())}
		r.tag() // of the string
		f.file = sourceName(string(r.bytes()))
		return f
	}
	return nil
}

// sourceName is the name of a source without the mark of Lua before it.
func sourceName(source string) string {
	if source != "" && (source[0] == '@' || source[0] == '=') {
		return source[1:]
	}
	return source
}
