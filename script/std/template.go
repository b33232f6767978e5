package std

import (
	"fmt"
	"strconv"
	"strings"
)

var templateGroup = Group{
	Name:    "template",
	Summary: "Fills values into a text.",
	Functions: []Function{
		function("template", "template(text, values [, default]) -> text",
			"Replaces every `${name}` by the field of that name, a string, a number, a boolean or an exact number; `${user.name}` is a field of a field, unless there is one "+
				"of the whole name, and `$$` a dollar sign. A field that is not there, or is gopiper.null, is the default; without one the result is nil and a description. "+
				"So it is for a field that is a table. A text with a single `$` raises an error.",
			`
gopiper.template("${user.name} pays $$${sum}", { user = { name = "Ann" }, sum = 5 }) --> "Ann pays $5"
gopiper.template("${a}-${b}", { a = 1 }, "?") --> "1-?"
gopiper.template("${a}-${b}", { a = 1 }) --> nil, 'template: there is no value for "b"'
`, template),
	},
}

// piece is a part of a template: literal text and the name behind it.
type piece struct {
	literal string
	name    string // "" for none
}

func (a *arguments) compileTemplate(text string) ([]piece, error) {
	var pieces []piece
	for offset := 0; a.tick(); {
		before, rest, found := strings.Cut(text[offset:], "$")
		if !found {
			return append(pieces, piece{literal: before}), nil
		}
		at := offset + len(before)
		if strings.HasPrefix(rest, "$") {
			pieces, offset = append(pieces, piece{literal: before + "$"}), at+2
			continue
		}
		name, _, closed := strings.Cut(strings.TrimPrefix(rest, "{"), "}")
		if !strings.HasPrefix(rest, "{") || !closed || name == "" {
			return nil, fmt.Errorf("the $ at offset %d begins no ${name}; write $$ for a dollar sign", at)
		}
		pieces, offset = append(pieces, piece{before, name}), at+len("${}")+len(name)
	}
	return nil, a.err
}

func template(a *arguments) []Value {
	text, values := a.text(1), a.table(2)
	if a.err != nil {
		return nil
	}
	pieces, ok := a.templates.get(text)
	if !ok {
		var err error
		text = strings.Clone(text)
		if pieces, err = a.compileTemplate(text); err != nil {
			a.bad(1, "%s", err.Error())
			return nil
		}
		a.templates.put(text, pieces, 64*len(pieces))
	}
	out := a.buffer[:0]
	for _, p := range pieces {
		if out = append(out, p.literal...); p.name == "" {
			continue
		}
		v := a.find(values, p.name)
		switch v.Kind {
		case Nil, Null:
			if a.absent(3) {
				return a.failed("template: there is no value for %s", quoted(p.name))
			}
			out = append(out, a.text(3)...)
		case Boolean:
			out = strconv.AppendBool(out, v.Bool)
		default:
			value, ok := v.AsText()
			if !ok {
				return a.failed("template: the value of %s is a %s", quoted(p.name), v.TypeName())
			}
			out = append(out, value...)
		}
		if !a.tick() || len(out) > a.maxOutput() {
			a.fits(len(out))
			return nil
		}
	}
	return a.made(out)
}

// find returns the field of a name, or that of a field.
func (a *arguments) find(t *Table, name string) Value {
	for {
		if v := t.Get(name); v.Kind != Nil {
			return v
		}
		first, rest, found := strings.Cut(name, ".")
		inner, ok := a.tableIn(2, t.Get(first))
		if !found || !ok {
			return Value{}
		}
		t, name = inner, rest
	}
}
