package main

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// markdown is a component's reference page.
func (d *declared) markdown() string {
	code := func(text string) string { return "`" + text + "`" }
	var page strings.Builder
	fmt.Fprintf(&page, "# %s\n\n%s\n\nMay be: %s.\n", d.Name, d.Summary, strings.Join(d.Roles, ", "))
	if d.Stateful {
		page.WriteString("\nIt keeps state: a stage of it has one worker, unless its order is by key.\n")
	}
	if d.Doc != "" {
		fmt.Fprintf(&page, "\n%s\n", d.Doc)
	}
	if d.Example != "" {
		fmt.Fprintf(&page, "\n## Example\n\n```lua\n%s\n```\n", d.script())
	}
	if len(d.Delivery) > 0 {
		page.WriteString("\n## Delivery\n\nWhat it promises when the process is killed or the machine loses power. Of several promises the first that fits counts.\n\n")
	}
	for i, p := range d.Delivery {
		fmt.Fprintf(&page, "- %s\n", p.sentence(d.first(i), code, func(text string) string { return "**" + text + "**" }))
	}
	page.WriteString("\n## Attributes\n\n")
	if len(d.Attributes) == 0 {
		page.WriteString("None of its own.\n")
	}
	for _, a := range d.Attributes {
		fmt.Fprintf(&page, "- `%s` (%s): %s\n", a.Name, a.facts(code), indented(a.Doc, "  "))
	}
	page.WriteString("\nEvery stage also takes `name`, `workers`, `order`, `order_by`, `retry` and `timeout`.\n")
	return page.String()
}

// first tells whether promise i is the first for its role.
func (d *declared) first(i int) bool { return i == 0 || d.Delivery[i-1].Role != d.Delivery[i].Role }

// script is the example as a whole script.
func (d *declared) script() string {
	return "local gopiper = require(\"gopiper\")\n\ngopiper.createPipeline({\n  " + indented(d.Example, "  ") + "\n})"
}

// indented puts a prefix before all lines but the first.
func indented(text, prefix string) string {
	return strings.ReplaceAll(strings.ReplaceAll(text, "\n", "\n"+prefix), "\n"+prefix+"\n", "\n\n")
}

// text is the same for a terminal.
func (d *declared) text() string {
	plain := func(text string) string { return text }
	var page strings.Builder
	fmt.Fprintf(&page, "%s (%s)\n\n%s", bold(d.Name), strings.Join(d.Roles, ", "), wrapped(d.Summary, "  "))
	if d.Stateful {
		page.WriteString("\n" + wrapped("It keeps state: a stage of it has one worker, unless its order is by key.", "  "))
	}
	if d.Doc != "" {
		page.WriteString("\n" + wrapped(d.Doc, "  "))
	}
	if d.Example != "" {
		fmt.Fprintf(&page, "\n%s\n\n  %s\n", bold("EXAMPLE"), indented(d.script(), "  "))
	}
	if len(d.Delivery) > 0 {
		fmt.Fprintf(&page, "\n%s\n\n", bold("DELIVERY"))
	}
	for i, p := range d.Delivery {
		page.WriteString(wrapped(p.sentence(d.first(i), plain, plain), "  "))
	}
	fmt.Fprintf(&page, "\n%s\n", bold("ATTRIBUTES"))
	if len(d.Attributes) == 0 {
		page.WriteString("\n  None of its own.\n")
	}
	for _, a := range d.Attributes {
		fmt.Fprintf(&page, "\n  %s  %s\n%s", bold(a.Name), a.facts(plain), wrapped(a.Doc, "      "))
	}
	fmt.Fprintf(&page, "\n%s\n", bold("ATTRIBUTES OF EVERY STAGE"))
	for _, a := range everyStage {
		fmt.Fprintf(&page, "\n  %s\n%s", bold(a.name), wrapped(a.doc, "      "))
	}
	return page.String()
}

// wrapped breaks the lines of a text, each after at most 80 columns, and puts a
// prefix before each. Lines that begin with a space, such as code, stay whole.
func wrapped(text, prefix string) string {
	const columns = 80
	var out strings.Builder
	for line := range strings.Lines(text) {
		line = strings.TrimRight(line, " \n")
		if line == "" || line[0] == ' ' || line[0] == '\t' {
			out.WriteString(strings.TrimRight(prefix+line, " ") + "\n")
			continue
		}
		used := 0
		for _, word := range strings.Fields(line) {
			length := utf8.RuneCountInString(word)
			switch {
			case used == 0:
				out.WriteString(prefix)
				used = len(prefix)
			case used+1+length > columns:
				out.WriteString("\n" + prefix)
				used = len(prefix)
			default:
				out.WriteByte(' ')
				used++
			}
			out.WriteString(word)
			used += length
		}
		out.WriteByte('\n')
	}
	return out.String()
}
