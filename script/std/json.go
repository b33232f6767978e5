package std

import (
	"fmt"
	"strconv"

	"github.com/gopiper/gopiper/jsonview"
)

var jsonGroup = Group{
	Name:    "json",
	Summary: "JSON as tables, and tables as JSON.",
	Text: `For a message that is JSON as a whole, ` + "`msg.json`" + ` is faster: it reads only what is
asked for and leaves the rest as it was. What is here decodes all.

| JSON | Lua |
|---|---|
| null | ` + "`gopiper.null`" + ` |
| a whole number beyond 2^53, and any number that is beyond 1.8e308 or so near to 0 that a Lua number would be 0 | an exact number, as in ` + "`msg.json`" + `: it keeps its text, and is calculated with as far as it is whole |
| any other number | the nearest Lua number |
| an array | a list, marked with ` + "`gopiper.array`" + `, so that it stays an array when it becomes empty |
| an object | a table with the fields; of a name that repeats, the first counts |

What is decoded and encoded again has the same values, 64-bit integers among them. What is lost is how it was written: blanks, the order of
the fields (they are sorted by name), the second of two fields of one name, escapes in strings, and the spelling of numbers: ` + "`1.0`" + ` becomes
` + "`1`, `1e3` becomes `1000`, and `1e17` becomes `100000000000000000`" + `, which is an exact number when it is decoded again. ` + "`msg.json`" + ` loses none of that, and ` + "`json.encode(msg.json)`" + `, or of a part of it, is its text as it stands.

An empty table that a script makes is an object; ` + "`gopiper.array{}`" + ` is an empty array.`,
	Functions: []Function{
		function("json.decode", "json.decode(text) -> value",
			"Reads a text that is one JSON value. For what is no JSON, and for arrays and objects nested deeper than 1000, "+
				"it returns nil and a description with the offset.",
			`
gopiper.json.decode('{"user":{"id":7},"tags":[]}') --> {user = {id = 7}, tags = {}}
tostring(gopiper.json.decode('{"id":12345678901234567890}').id) --> "12345678901234567890"
gopiper.json.decode('[1, 2.50, "a\\u00e9"]') --> {1, 2.5, "aé"}
gopiper.json.decode('{"a":1,}') --> nil, "offset 7: expected a key in quotes, found '}'"
`, jsonDecode),
		function("json.encode", "json.encode(value) -> text",
			"Writes a value as JSON without blanks, fields sorted by name. "+
				"It raises an error for what JSON has not: functions, NaN and infinities, tables with both elements and names, "+
				"lists with holes, tables nested deeper than 1000 or in themselves. Bytes that are not UTF-8 stay as they are.",
			`
gopiper.json.encode("Ann's \"x\"") --> '"Ann\'s \\"x\\""'
gopiper.json.encode({ 1, "two", gopiper.null, { 3 } }) --> '[1,"two",null,[3]]'
gopiper.json.encode(gopiper.json.decode('{"b":{},"a":[],"c":9007199254740993}')) --> '{"a":[],"b":{},"c":9007199254740993}'
`, jsonEncode),
	},
}

func jsonDecode(a *arguments) []Value {
	text := a.text(1)
	if a.err != nil {
		return nil
	}
	value, err := a.decode(text)
	if err != nil {
		return a.failed("%s", err.Error())
	}
	return a.one(value)
}

func jsonEncode(a *arguments) []Value {
	if len(a.values) == 0 {
		a.bad(1, "value expected")
		return nil
	}
	e := jsonEncoder{a: a, out: a.buffer[:0]}
	if err := e.append(a.values[0], 0); err != nil {
		a.bad(1, "%s", err.Error())
	}
	return a.made(e.out)
}

type jsonEncoder struct {
	a   *arguments
	out []byte
}

// stepError is an error somewhere inside a value.
type stepError struct{ path, message string }

func (e *stepError) Error() string {
	if e.path == "" {
		return e.message
	}
	return "at " + e.path + ": " + e.message
}

func inside(step string, err error) error {
	e := err.(*stepError)
	if len(e.path) > 200 {
		return e
	}
	return &stepError{step + e.path, e.message}
}

func (e *jsonEncoder) append(v Value, depth int) error {
	if !e.a.tick() || len(e.out) > e.a.maxOutput() {
		return &stepError{message: fmt.Sprintf("it would be longer than %d bytes", e.a.maxOutput())}
	}
	switch v.Kind {
	case Nil, Null:
		e.out = append(e.out, "null"...)
	case Boolean:
		e.out = strconv.AppendBool(e.out, v.Bool)
	case Number:
		var err error
		if e.out, err = jsonview.AppendFloat(e.out, v.Number); err != nil {
			return &stepError{message: err.Error()}
		}
	case Exact, JSON:
		if e.a.bounded(1, v.Text) {
			e.out = append(e.out, v.Text...)
		}
	case String:
		if e.a.bounded(1, v.Text) {
			e.out = jsonview.AppendString(e.out, v.Text)
		}
	case Map:
		if depth >= jsonview.MaxDepth {
			return &stepError{message: fmt.Sprintf("tables are nested deeper than %d, or in themselves", jsonview.MaxDepth)}
		}
		return e.table(v.Table, depth)
	default:
		return &stepError{message: "a " + v.TypeName() + " cannot be written as JSON"}
	}
	return nil
}

func (e *jsonEncoder) table(t *Table, depth int) error {
	switch {
	case len(t.Names) > 0 && (len(t.List) > 0 || t.Array):
		return &stepError{message: "a table is either a list or has names, not both; it has the field " + quoted(t.Names[0])}
	case len(t.List) > 0 || t.Array:
		e.out = append(e.out, '[')
		for i, v := range t.List {
			if i > 0 {
				e.out = append(e.out, ',')
			}
			if err := e.append(v, depth+1); err != nil {
				return inside("["+strconv.Itoa(i+1)+"]", err)
			}
		}
		e.out = append(e.out, ']')
		return nil
	}
	e.out = append(e.out, '{')
	for i, name := range t.Names {
		if i > 0 {
			e.out = append(e.out, ',')
		}
		e.out = append(jsonview.AppendString(e.out, name), ':')
		if err := e.append(t.Fields[i], depth+1); err != nil {
			return inside("."+name, err)
		}
	}
	e.out = append(e.out, '}')
	return nil
}
