package std

import (
	"fmt"
	"strings"
)

// Pages are the reference pages of the group by their files' names, in Markdown:
// NAME.md for the group, and one for every function, such as json.decode.md. A group
// whose only function has its name is one page.
func (g *Group) Pages() map[string]string {
	pages := map[string]string{g.Name + ".md": g.page()}
	for i := range g.Functions {
		if f := &g.Functions[i]; f.Name != g.Name {
			pages[f.file()] = f.page(g)
		}
	}
	return pages
}

// page is the group's own page: what holds for all of its functions.
func (g *Group) page() string {
	var page strings.Builder
	fmt.Fprintf(&page, "# gopiper.%s\n\n%s\n", g.Name, g.Summary)
	if g.Text != "" {
		fmt.Fprintf(&page, "\n%s\n", g.Text)
	}
	list := ""
	for i := range g.Functions {
		f := &g.Functions[i]
		if f.Name == g.Name {
			page.WriteString("\n" + f.body(g))
			continue
		}
		list += fmt.Sprintf("| [%s](%s) | `%s` | %s |\n", f.Name, f.file(), f.signature(), firstSentence(f.Doc))
	}
	if list != "" {
		fmt.Fprintf(&page, "\n## Functions\n\n| | | |\n|---|---|---|\n%s", list)
	}
	page.WriteString("\n" + see(append(related[g.Name], "README")))
	return page.String()
}

// page is the page of a function that is not the only one of its group.
func (f *Function) page(g *Group) string {
	others := []string{g.Name}
	for i := range g.Functions {
		if other := &g.Functions[i]; other != f && other.Name != g.Name {
			others = append(others, strings.TrimSuffix(other.file(), ".md"))
		}
	}
	title := "gopiper." + f.Name
	if f.method() {
		title = f.Name
	}
	return fmt.Sprintf("# %s\n\n%s\n%s", title, f.body(g), see(append(others, related[g.Name]...)))
}

// body is what the page of a function says about it.
func (f *Function) body(g *Group) string {
	var body strings.Builder
	fmt.Fprintf(&body, "`%s`\n\n%s\n", f.signature(), f.Doc)
	if f.Name != g.Name && g.Text != "" {
		fmt.Fprintf(&body, "[More](%s.md) holds for all functions of `%s`.\n", g.Name, g.Name)
	}
	if list := f.values(); list != "" {
		fmt.Fprintf(&body, "\n| | |\n|---|---|\n%s", list)
	}
	fmt.Fprintf(&body, "\nA wrong argument [raises an error](README.md#errors).\n\n```\n%s\n```\n\n%s\n", f.Example, f.engines(g))
	return body.String()
}

// engines tells which engines run functions that call this one.
func (f *Function) engines(g *Group) string {
	switch {
	case f.Handling:
		return "It is for functions that handle messages; a function that calls it is not [compiled](../lua-compiled.md)."
	case g.Name == "log":
		return "Every engine has it. When a [compiled function](../lua-compiled.md) comes to a call of it, the interpreter handles the message."
	case f.Pure:
		return "Every engine has it, [compiled functions](../lua-compiled.md) among them."
	case f.method():
		return "Every engine has it. In a [compiled function](../lua-compiled.md) the object is a local variable around the function."
	}
	return "Every engine has it; a function that calls it is not [compiled](../lua-compiled.md)."
}

// values are the arguments and results, as rows of a table.
func (f *Function) values() string {
	arguments, results, _ := strings.Cut(f.Signature[strings.IndexByte(f.Signature, '('):], "->")
	var rows strings.Builder
	for _, name := range strings.FieldsFunc(arguments, func(r rune) bool { return strings.ContainsRune("()[], ", r) }) {
		text := kinds[name]
		if text == "" {
			text = "see above"
		}
		if strings.Contains(arguments, "["+name) || strings.Contains(arguments, "[, "+name) {
			text += "; may be left out"
		}
		fmt.Fprintf(&rows, "| `%s` | %s |\n", name, text)
	}
	if results = strings.TrimSpace(results); results == "" {
		results = "nothing"
	} else {
		results = "`" + results + "`"
	}
	fmt.Fprintf(&rows, "| gives | %s |\n", results)
	return rows.String()
}

// kinds tells what the arguments are, by the names that they have in signatures.
var kinds = map[string]string{
	"text": "a string", "line": "a string", "pattern": "a string", "replacement": "a string", "layout": "a string", "zone": "a string",
	"separator": "a string", "pair_separator": "a string", "value_separator": "a string", "key": "a string", "one": "a string",
	"other": "a string", "default": "a string", "name": "a string", "prefix": "a string", "after": "a string",
	"value": "any value that it can take", "table": "a table, or an object of `msg.json`", "values": "a table, or an object of `msg.json`",
	"labels": "a table of strings", "fields": "a table", "list": "a list, or an array of `msg.json`",
	"networks": "a string, or a list of strings", "seconds": "a number", "from": "a whole number", "limit": "a whole number",
	"n": "a number", "low": "a whole number", "high": "a whole number",
	"ttl": "a number of seconds, or a duration such as `\"10s\"`",
}

// related are the groups and pages that stand near to a group.
var related = map[string][]string{
	"json": {"msg.json", "null", "array", "object"}, "time": {"msg.timestamp"}, "regex": {"dissect"}, "dissect": {"regex", "kv"},
	"kv": {"logfmt", "dissect"}, "logfmt": {"kv", "dissect"}, "csv": {"kv"}, "url": {"ip"}, "ip": {"url"}, "hash": {"hmac"},
	"hmac": {"hash"}, "base64": {"hex"}, "hex": {"base64"}, "compress": {"decompress"}, "decompress": {"compress"},
	"uuid": {"random"}, "random": {"uuid"}, "template": {"msg.json"}, "counter": {"gauge"}, "gauge": {"counter"}, "log": {"statuses"},
	"shared": {"stage"}, "state": {"stage"},
}

// see lists pages.
func see(names []string) string {
	links := make([]string, len(names))
	for i, name := range names {
		shown := name
		if name == "README" {
			shown = "all functions and views"
		}
		links[i] = "[" + shown + "](" + name + ".md)"
	}
	return "See also " + strings.Join(links, ", ") + ".\n"
}

// signature is the Signature as one writes it in a script.
func (f *Function) signature() string {
	if f.method() {
		return f.Signature
	}
	return "gopiper." + f.Signature
}

func (f *Function) method() bool { return strings.Contains(f.Name, ":") }

// file is the name of the function's page.
func (f *Function) file() string { return strings.ReplaceAll(f.Name, ":", ".") + ".md" }

// firstSentence is what a list says of a function.
func firstSentence(text string) string {
	first, _, _ := strings.Cut(text, ". ")
	return strings.TrimSuffix(first, ".") + "."
}

// Index is the part of the index that leads to all groups and functions, in Markdown.
func Index() string {
	var page strings.Builder
	page.WriteString(`## The standard library

What scripts have for messages, besides Lua's own library. It stands in ` + "`gopiper`" + `, the module that ` +
		"`require(\"gopiper\")`" + ` returns,
and can be used both where a script describes and in functions; [shared](shared.md) and [state](state.md) in functions only.

### Errors

A call with a wrong argument raises an error, as Lua's own functions do; a number will do where a string is expected, and the
other way round. What depends on data never does: for a text that is no JSON, no time and so on a function returns nil and a description.

` + "```" + `
local order, problem = gopiper.json.decode(msg.data)
if not order then return gopiper.FAIL, problem end
` + "```" + `

A text that is handed over is at most 16 MiB long; a longer one raises an error. Tables that are made of a text hold at most
524288 values; a text with more gives nil and a description.

A part of ` + "`msg.json`" + ` can be handed over where a table is expected. Fields of tables are written sorted by name, those of parts of
` + "`msg.json`" + ` in their own order.

On the pages, what stands behind ` + "`-->`" + ` is what the line gives. The tests run them.

### Groups

| | | |
|---|---|---|
`)
	for _, g := range groups {
		var links []string
		for i := range g.Functions {
			if f := &g.Functions[i]; f.Name != g.Name {
				links = append(links, fmt.Sprintf("[%s](%s)", f.Short(), f.file()))
			}
		}
		fmt.Fprintf(&page, "| [%s](%s.md) | %s | %s |\n", g.Name, g.Name, g.Summary, strings.Join(links, ", "))
	}
	return page.String()
}
