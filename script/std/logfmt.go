package std

import "strings"

var logfmtGroup = Group{
	Name:    "logfmt",
	Summary: "Log lines of the form `level=info msg=\"a b\" ok`.",
	Functions: []Function{
		function("logfmt.parse", "logfmt.parse(text) -> table",
			"Reads a line. A value may stand in double quotes, with \\\\n, \\\\r, \\\\t, \\\\\" and \\\\\\\\; a key without a value is true; "+
				"of a key that repeats the last value counts. A quote that is not closed, a value without a key, and text right behind a quote "+
				"give nil and a description.",
			`
gopiper.logfmt.parse('level=info msg="a \\"b\\"" took=12ms ok') --> {level = "info", msg = 'a "b"', took = "12ms", ok = true}
gopiper.logfmt.parse('a=1 ="x"') --> nil, "logfmt: a key expected at offset 4"
`, logfmtParse),
		function("logfmt.format", "logfmt.format(table) -> text",
			"Writes the fields of a table, sorted by name, so that logfmt.parse reads the same. Values are strings, "+
				"numbers and booleans, of which true is a key without a value; anything else raises an error.",
			`
gopiper.logfmt.format({ msg = "a b" }) --> 'msg="a b"'
`, logfmtFormat),
	},
}

func logfmtParse(a *arguments) []Value {
	text := a.text(1)
	if !a.charge(len(text)) {
		return nil
	}
	t, i := a.tables.Take(), 0
	for {
		for i < len(text) && text[i] <= ' ' {
			i++
		}
		if i == len(text) {
			return a.one(OfTable(t))
		}
		if !a.value() {
			return a.excess()
		}
		start := i
		for i < len(text) && text[i] > ' ' && text[i] != '=' && text[i] != '"' {
			i++
		}
		key := text[start:i]
		if key == "" {
			return a.failed("logfmt: a key expected at offset %d", i)
		}
		if i == len(text) || text[i] != '=' {
			if i < len(text) && text[i] == '"' {
				return a.failed("logfmt: = or a blank expected at offset %d", i)
			}
			t.Set(key, Flag(true))
			continue
		}
		i++
		if i < len(text) && text[i] == '"' {
			value, rest, ok := unquote(text[i:])
			if !ok {
				return a.failed("logfmt: the quote at offset %d is not closed", i)
			}
			if i = len(text) - len(rest); rest != "" && rest[0] > ' ' {
				return a.failed("logfmt: a blank expected at offset %d", i)
			}
			t.Set(key, Text(value))
			continue
		}
		start = i
		for i < len(text) && text[i] > ' ' {
			i++
		}
		t.Set(key, Text(text[start:i]))
	}
}

func logfmtFormat(a *arguments) []Value {
	t := a.table(1)
	if len(t.List) > 0 {
		a.bad(1, "a table with names expected, got a list")
	}
	out := a.buffer[:0]
	for i, name := range t.Names {
		text, alone := a.plain(name, t.Fields[i])
		if name == "" || hasControl(name) || strings.ContainsAny(name, `="`) {
			a.bad(1, "the name %s holds a =, a quote or a blank", quoted(name))
		}
		if a.err != nil {
			return nil
		}
		if len(out) > 0 {
			out = append(out, ' ')
		}
		if out = append(out, name...); alone {
			continue
		}
		if out = append(out, '='); hasControl(text) || strings.ContainsAny(text, `="\`) || text == "" {
			out = appendQuoted(out, text)
		} else {
			out = append(out, text...)
		}
	}
	return a.made(out)
}

// hasControl tells whether a text has blanks or control characters.
func hasControl(text string) bool {
	for i := range len(text) {
		if text[i] <= ' ' {
			return true
		}
	}
	return false
}
