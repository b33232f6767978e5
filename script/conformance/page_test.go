package conformance

import (
	"fmt"
	"os"
	"strings"
	"testing"
)

// page is about this suite, and lists the differences.
const page = "../../docs/lua-conformance.md"

const (
	listBegin = "<!-- differences -->\n"
	listEnd   = "<!-- end -->"
)

// inline is a text as code in a table.
func inline(text string) string {
	text = strings.ReplaceAll(strings.ReplaceAll(text, "\n", " "), "|", `\|`)
	return "`" + strings.Join(strings.Fields(text), " ") + "`"
}

// TestPage holds the list on the page to the differences there are, or writes it.
func TestPage(t *testing.T) {
	cases := make(map[string]luaCase)
	for _, c := range luaCases(t) {
		cases[c.name] = c
	}
	var list strings.Builder
	list.WriteString("| Lua | lua5.1 | here | engines | because |\n|---|---|---|---|---|\n")
	for _, d := range differences {
		on := "all"
		if d.engines != nil {
			on = strings.Join(d.engines, ", ")
		}
		c := cases[d.name]
		fmt.Fprintf(&list, "| %s | %s | %s | %s | %s |\n", inline(c.body), inline(c.want), inline(d.got), on, d.why)
	}
	committed, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	before, rest, ok1 := strings.Cut(string(committed), listBegin)
	_, after, ok2 := strings.Cut(rest, listEnd)
	if !ok1 || !ok2 {
		t.Fatalf("%s has no place for the list", page)
	}
	want := before + listBegin + list.String() + listEnd + after
	if *update {
		if err := os.WriteFile(page, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if string(committed) != want {
		t.Errorf("%s does not list the differences as they are; run go generate ./script/conformance", page)
	}
}
