package std

import "strings"

var kvGroup = Group{
	Name:    "kv",
	Summary: "Texts of keys and values, with separators of one's own.",
	Text: `The separators are texts; pairs are separated by a blank and a key from its value by ` + "`=`" + ` by
default. A value may stand in double quotes, in which ` + "`\\\"`" + ` is a quote and ` + "`\\\\`" + ` a backslash. Blanks
around keys and values do not count.`,
	Functions: []Function{
		function("kv.parse", "kv.parse(text [, pair_separator [, value_separator]]) -> table",
			"Reads pairs. A key without a value is true; of a key that repeats the last value counts; what has no key is left out. "+
				"A quote that is not closed gives nil and a description.",
			`
gopiper.kv.parse('user=ann msg="a b" ok') --> {user = "ann", msg = "a b", ok = true}
gopiper.kv.parse("a: 1; b: 2", ";", ":") --> {a = "1", b = "2"}
gopiper.kv.parse('a="b') --> nil, "kv: the quote at offset 2 is not closed"
`, kvParse),
		function("kv.format", "kv.format(table [, pair_separator [, value_separator]]) -> text",
			"Writes the fields of a table, sorted by name, so that kv.parse reads the same. Values are strings, "+
				"numbers and booleans, of which true is a key without a value; anything else raises an error.",
			`
gopiper.kv.format({ msg = "a b" }) --> 'msg="a b"'
gopiper.kv.format({ b = true, a = 1 }, "&", ":") --> "a:1&b"
`, kvFormat),
	},
}

// separators returns the separators that are arguments 2 and 3.
func (a *arguments) separators() (pair, value string) {
	pair, value = a.optionalText(2, " "), a.optionalText(3, "=")
	if pair == "" || strings.ContainsAny(pair, "\"\\") {
		a.bad(2, "a separator is not empty and holds no quote and no backslash")
	}
	if value == "" || value == pair || strings.ContainsAny(value, "\"\\") {
		a.bad(3, "a separator is not empty, not that of pairs, and holds no quote and no backslash")
	}
	return pair, value
}

const blanks = " \t\r\n"

func kvParse(a *arguments) []Value {
	text := a.text(1)
	pair, separator := a.separators()
	if !a.charge(len(text)) {
		return nil
	}
	t, rest := a.tables.Take(), text
	for rest != "" {
		if !a.value() {
			return a.excess()
		}
		if after, ok := strings.CutPrefix(rest, pair); ok {
			rest = after
			continue
		}
		end := strings.Index(rest, pair)
		if end < 0 {
			end = len(rest)
		}
		middle := strings.Index(rest[:end], separator)
		if middle < 0 {
			if key := trim(rest[:end]); key != "" {
				t.Set(key, Flag(true))
			}
			rest = rest[end:]
			continue
		}
		key, value := trim(rest[:middle]), trim(rest[middle+len(separator):end])
		if strings.HasPrefix(value, `"`) {
			quote := middle + strings.IndexByte(rest[middle:], '"')
			inner, after, ok := unquote(rest[quote:])
			if !ok {
				return a.failed("kv: the quote at offset %d is not closed", len(text)-len(rest)+quote)
			}
			value, rest = inner, after
		} else {
			rest = rest[end:]
		}
		if key != "" {
			t.Set(key, Text(value))
		}
	}
	return a.one(OfTable(t))
}

// trim returns a text without the blanks around it: strings.Trim takes longer, for it
// looks at the blanks anew each time.
func trim(text string) string {
	for text != "" && strings.IndexByte(blanks, text[0]) >= 0 {
		text = text[1:]
	}
	for text != "" && strings.IndexByte(blanks, text[len(text)-1]) >= 0 {
		text = text[:len(text)-1]
	}
	return text
}

// unquote reads a text in double quotes and returns what stands in and behind
// it.
func unquote(text string) (inner, rest string, ok bool) {
	for i := 1; i < len(text); i++ {
		switch text[i] {
		case '\\':
			return unescape(text, i)
		case '"':
			return text[1:i], text[i+1:], true
		}
	}
	return "", "", false
}

// unescape does the same for a text with a backslash, which is at i.
func unescape(text string, i int) (inner, rest string, ok bool) {
	out := append(make([]byte, 0, len(text)), text[1:i]...)
	for ; i < len(text); i++ {
		c := text[i]
		if c == '"' {
			return string(out), text[i+1:], true
		}
		if c == '\\' {
			if i++; i == len(text) {
				break
			}
			switch c = text[i]; c {
			case 'n':
				c = '\n'
			case 'r':
				c = '\r'
			case 't':
				c = '\t'
			case '"', '\\':
			default:
				out = append(out, '\\')
			}
		}
		out = append(out, c)
	}
	return "", "", false
}

var escapes = strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\n", `\n`, "\r", `\r`, "\t", `\t`)

func appendQuoted(out []byte, text string) []byte {
	return append(append(append(out, '"'), escapes.Replace(text)...), '"')
}

// plain returns the text of a field's value, and whether it is one that stands
// alone.
func (a *arguments) plain(name string, v Value) (text string, alone bool) {
	if v.Kind == Boolean {
		if v.Bool {
			return "", true
		}
		return "false", false
	}
	text, ok := v.AsText()
	if !ok {
		a.bad(1, "the field %s is a %s; strings, numbers and booleans can be written", quoted(name), v.TypeName())
	}
	if !a.bounded(1, text) || !a.tick() {
		return "", false
	}
	return text, false
}

func kvFormat(a *arguments) []Value {
	t := a.table(1)
	pair, separator := a.separators()
	if len(t.List) > 0 {
		a.bad(1, "a table with names expected, got a list")
	}
	out := a.buffer[:0]
	for i, name := range t.Names {
		text, alone := a.plain(name, t.Fields[i])
		if name == "" || strings.ContainsAny(name, blanks+`"`) || strings.Contains(name, pair) || strings.Contains(name, separator) {
			a.bad(1, "the name %s holds a separator, a quote or a blank", quoted(name))
		}
		if a.err != nil {
			return nil
		}
		if len(out) > 0 {
			out = append(out, pair...)
		}
		if out = append(out, name...); alone {
			continue
		}
		out = append(out, separator...)
		switch {
		case text == "" || strings.ContainsAny(text, blanks+`"\`) || strings.Contains(text, pair) || strings.Contains(text, separator):
			out = appendQuoted(out, text)
		default:
			out = append(out, text...)
		}
	}
	return a.made(out)
}
