package std

import (
	"fmt"
	"strings"
)

// Page is the reference page of the group, in Markdown.
func (g *Group) Page() string {
	var page strings.Builder
	fmt.Fprintf(&page, "# gopiper.%s\n\n%s\n", g.Name, g.Summary)
	if g.Text != "" {
		fmt.Fprintf(&page, "\n%s\n", g.Text)
	}
	for i := range g.Functions {
		f := &g.Functions[i]
		signature := f.Signature
		if !strings.Contains(f.Name, ":") {
			signature = "gopiper." + signature
		}
		doc := f.Doc
		if f.Pure {
			doc += " It can be called in [compiled functions](../lua-compiled.md)."
		}
		fmt.Fprintf(&page, "\n## %s\n\n`%s`\n\n%s\n\n```\n%s\n```\n", f.Name, signature, doc, f.Example)
	}
	return page.String()
}

const jsonOwn = `
And what [JSON](../lua.md#json) has and Lua has not, the same in ` + "`msg.json`" + ` and in the library: ` + "`gopiper.null`" + `, which is equal to
itself only, and counts as true; ` + "`gopiper.array(t)` and `gopiper.object(t)`" + `, which mark a table as one or the other, so that it is
that even while it is empty, and return it.

A part of ` + "`msg.json`" + ` can be handed over where a table is expected. Fields of tables are written sorted by name, those of parts of
` + "`msg.json`" + ` in their own order.
`

// Index is the page that leads to those of all groups, NAME.md, in Markdown.
func Index() string {
	var page strings.Builder
	page.WriteString(`# The standard library

What scripts have for messages, besides Lua's own library. It stands in ` + "`gopiper`" + `, the module that ` +
		"`require(\"gopiper\")`" + ` returns,
and can be used both where a script describes and in functions.

A call with a wrong argument raises an error, as Lua's own functions do. What depends on data never does: for a text that
is no JSON, no time and so on a function returns nil and a description.

` + "```" + `
local order, problem = gopiper.json.decode(msg.data)
if not order then return gopiper.FAIL, problem end
` + "```" + `

A text that is handed over is at most 16 MiB long; a longer one raises an error. Tables that are made of a text hold at most
524288 values; a text with more gives nil and a description.

On the pages, what stands behind ` + "`-->`" + ` is what the line gives. The tests run them.

| | |
|---|---|
`)
	for _, g := range groups {
		var names []string
		for i := range g.Functions {
			if f := &g.Functions[i]; f.Name != g.Name {
				names = append(names, "`"+f.Short()+"`")
			}
		}
		fmt.Fprintf(&page, "| [%s](%s.md) | %s %s |\n", g.Name, g.Name, g.Summary, strings.Join(names, ", "))
	}
	page.WriteString(jsonOwn)
	return page.String()
}
