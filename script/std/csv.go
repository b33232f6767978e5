package std

import "strings"

var csvGroup = Group{
	Name:    "csv",
	Summary: "Lines of comma-separated values.",
	Text: `A line is one record, as RFC 4180 has it: a value with the separator, a quote or a newline in it stands
in double quotes, where two of them are one. The separator is one byte, a comma by default.`,
	Functions: []Function{
		function("csv.parse", "csv.parse(line [, separator]) -> list",
			"Reads a record; one newline at its end does not count. An empty line is a record of one empty value. A quote that is not closed, and text behind one, give nil and a description.",
			`
gopiper.csv.parse('1,"a, ""b""",') --> {"1", 'a, "b"', ""}
gopiper.csv.parse("a;b", ";") --> {"a", "b"}
gopiper.csv.parse('"a') --> nil, "csv: the quote at offset 0 is not closed"
`, csvParse),
		function("csv.format", "csv.format(list [, separator]) -> line",
			"Writes a record, without a newline. Values are strings and numbers; gopiper.null is an empty value; anything else raises an error.",
			`
gopiper.csv.format({ 1, 'a, "b"', "" }) --> '1,"a, ""b""",'
`, csvFormat),
	},
}

func (a *arguments) separator(i int) byte {
	separator := a.optionalText(i, ",")
	if len(separator) != 1 || strings.ContainsAny(separator, "\"\r\n") {
		a.bad(i, "one character expected that is no quote and no newline, got %s", quoted(separator))
		return ','
	}
	return separator[0]
}

func csvParse(a *arguments) []Value {
	text, separator := a.text(1), a.separator(2)
	if !a.charge(len(text)) {
		return nil
	}
	rest := strings.TrimSuffix(strings.TrimSuffix(text, "\n"), "\r")
	whole := len(rest)
	t := a.array()
	for {
		var value string
		if strings.HasPrefix(rest, `"`) {
			end := closingQuote(rest)
			if end < 0 {
				return a.failed("csv: the quote at offset %d is not closed", whole-len(rest))
			}
			value = strings.ReplaceAll(rest[1:end], `""`, `"`)
			rest = rest[end+1:]
			if rest != "" && rest[0] != separator {
				return a.failed("csv: a separator expected at offset %d", whole-len(rest))
			}
		} else {
			end := strings.IndexByte(rest, separator)
			if end < 0 {
				end = len(rest)
			}
			value, rest = rest[:end], rest[end:]
		}
		if t.Append(Text(value)); !a.value() {
			return a.excess()
		}
		if rest == "" {
			return a.one(OfTable(t))
		}
		rest = rest[1:]
	}
}

// closingQuote returns where the quote closes that the text begins with, -1 if
// it does not.
func closingQuote(text string) int {
	for i := 1; i < len(text); i++ {
		if text[i] != '"' {
			continue
		}
		if i+1 == len(text) || text[i+1] != '"' {
			return i
		}
		i++
	}
	return -1
}

func csvFormat(a *arguments) []Value {
	t, separator := a.table(1), a.separator(2)
	if len(t.Names) > 0 {
		a.bad(1, "a list expected, got a table with the field %s", quoted(t.Names[0]))
	}
	out := a.buffer[:0]
	for i, v := range t.List {
		text, ok := v.AsText()
		if !ok && v.Kind != Null {
			a.bad(1, "element %d is a %s; strings, numbers and gopiper.null can be written", i+1, v.TypeName())
		}
		if !a.bounded(1, text) || !a.tick() {
			return nil
		}
		if i > 0 {
			out = append(out, separator)
		}
		if strings.IndexByte(text, separator) >= 0 || strings.ContainsAny(text, "\"\r\n") {
			out = append(append(append(out, '"'), strings.ReplaceAll(text, `"`, `""`)...), '"')
		} else {
			out = append(out, text...)
		}
	}
	return a.made(out)
}
