package std

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

var dissectGroup = Group{
	Name:    "dissect",
	Summary: "Cuts a text apart at fixed delimiters, without an expression.",
	Functions: []Function{
		function("dissect", "dissect(text, pattern) -> table",
			"The pattern is text with fields in between: `%{name}` takes what stands up to the text behind it, the last field the rest. "+
				"`%{}` and `%{?name}` skip. `%{name->}` also skips more of the same delimiter. `%{+name}` is appended to name, "+
				"with the delimiter that stands before it; `%{+name/2}` tells in which order. `%{*x}` and `%{&x}` are the name and the value "+
				"of a field. A text that does not fit gives nil and a description; a pattern that is wrong raises an error.",
			`
gopiper.dissect("10.0.0.1 - [2026-03-01] GET", "%{client} %{} [%{day}] %{method}") --> {client = "10.0.0.1", day = "2026-03-01", method = "GET"}
gopiper.dissect("Mar  1 host", "%{at->} %{+at} %{host}") --> {at = "Mar 1", host = "host"}
gopiper.dissect("port=80", "%{*k}=%{&k}") --> {port = "80"}
gopiper.dissect("abc", "%{a}:%{b}") --> nil, 'dissect: ":" expected at offset 0 or behind it'
`, dissect),
	},
}

// dissector is a compiled pattern.
type dissector struct {
	prefix string
	fields []dissectField
	// order is that in which fields are set.
	order []int
}

type dissectField struct {
	name      string
	kind      byte // 0, '?' to skip, '+' to append, '*' for a name, '&' for a value
	order     int
	repeated  bool   // the delimiter may stand there more than once
	delimiter string // behind it; "" for the last
	before    string // the delimiter before it, for what is appended
}

func compileDissector(pattern string) (*dissector, error) {
	d := &dissector{}
	var rest string
	var found bool
	d.prefix, rest, found = strings.Cut(pattern, "%{")
	if !found {
		return nil, fmt.Errorf("the pattern has no field; write %%{name}")
	}
	before := ""
	for more := true; more; {
		inner, after, closed := strings.Cut(rest, "}")
		if !closed {
			return nil, fmt.Errorf("the pattern has %%{ without }")
		}
		f := parseDissectField(inner)
		f.before = before
		if f.delimiter, rest, more = strings.Cut(after, "%{"); more && f.delimiter == "" {
			return nil, fmt.Errorf("nothing stands between %%{%s} and the field behind it", inner)
		}
		if before = f.delimiter; len(d.fields) == 0 {
			f.before = f.delimiter // nothing else is there to stand before it
		}
		d.fields = append(d.fields, f)
	}
	for i := range d.fields {
		d.order = append(d.order, i)
	}
	slices.SortStableFunc(d.order, func(i, j int) int { return d.fields[i].order - d.fields[j].order })
	return d, d.check()
}

func parseDissectField(text string) dissectField {
	f := dissectField{}
	text, f.repeated = strings.CutSuffix(text, "->")
	if text == "" {
		f.kind = '?'
		return f
	}
	if strings.IndexByte("?+*&", text[0]) >= 0 {
		f.kind, text = text[0], text[1:]
	}
	f.name = text
	if f.kind == '+' {
		if name, order, ok := strings.Cut(text, "/"); ok {
			if n, err := strconv.ParseUint(order, 10, 16); err == nil {
				f.name, f.order = name, int(n)
			}
		}
	}
	return f
}

// check tells whether every name has its value and the other way round.
func (d *dissector) check() error {
	has := func(name string, kind byte) bool {
		return slices.ContainsFunc(d.fields, func(f dissectField) bool { return f.kind == kind && f.name == name })
	}
	for _, f := range d.fields {
		switch {
		case f.kind == '*' && !has(f.name, '&'):
			return fmt.Errorf("%%{*%s} has no value; add %%{&%s}", f.name, f.name)
		case f.kind == '&' && !has(f.name, '*'):
			return fmt.Errorf("%%{&%s} has no name; add %%{*%s}", f.name, f.name)
		}
	}
	return nil
}

func dissect(a *arguments) []Value {
	text, pattern := a.text(1), a.text(2)
	if !a.charge(len(text)) {
		return nil
	}
	d, ok := a.dissectors.get(pattern)
	if !ok {
		if len(pattern) > patternMax {
			a.bad(2, "the pattern is longer than %d bytes", patternMax)
			return nil
		}
		var err error
		pattern = strings.Clone(pattern)
		if d, err = compileDissector(pattern); err != nil {
			a.bad(2, "%s", err.Error())
			return nil
		}
		a.dissectors.put(pattern, d, 128*len(d.fields))
	}
	parts, problem := d.cut(text)
	if problem != "" {
		return a.failed("dissect: %s", problem)
	}
	t := a.tables.Take()
	for _, i := range d.order {
		switch f := &d.fields[i]; f.kind {
		case 0:
			t.Set(f.name, Text(parts[i]))
		case '+':
			before := t.Get(f.name)
			if before.Kind == String {
				parts[i] = before.Text + f.before + parts[i]
			}
			t.Set(f.name, Text(parts[i]))
		case '*':
			value := slices.IndexFunc(d.fields, func(g dissectField) bool { return g.kind == '&' && g.name == f.name })
			t.Set(parts[i], Text(parts[value]))
		}
	}
	return a.one(OfTable(t))
}

// cut returns the text of every field.
func (d *dissector) cut(text string) ([]string, string) {
	rest, ok := strings.CutPrefix(text, d.prefix)
	if !ok {
		return nil, fmt.Sprintf("%s expected at offset 0", quoted(d.prefix))
	}
	parts := make([]string, len(d.fields))
	for i := range d.fields {
		f := &d.fields[i]
		if f.delimiter == "" {
			parts[i] = rest
			return parts, ""
		}
		before, after, found := strings.Cut(rest, f.delimiter)
		if !found {
			return nil, fmt.Sprintf("%s expected at offset %d or behind it", quoted(f.delimiter), len(text)-len(rest))
		}
		for f.repeated && strings.HasPrefix(after, f.delimiter) {
			after = after[len(f.delimiter):]
		}
		parts[i], rest = before, after
	}
	if rest != "" {
		return nil, fmt.Sprintf("the end expected at offset %d", len(text)-len(rest))
	}
	return parts, ""
}
