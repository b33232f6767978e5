package compile

import (
	"os"
	"strings"
	"testing"
)

// TestPage holds the page about compiled functions to what is compiled.
func TestPage(t *testing.T) {
	text, err := os.ReadFile("../../docs/lua-compiled.md")
	if err != nil {
		t.Fatal(err)
	}
	blocks := strings.Split(string(text), "```lua\n")[1:]
	for _, block := range blocks {
		source, _, _ := strings.Cut(block, "\n```")
		function, _ := parsed(t, "return "+strings.TrimSuffix(source, ","))
		if _, reason := Compile(function, Handler, environment(nil)); reason != nil {
			t.Errorf("%v in\n%s", reason, source)
		}
	}
	_, table, _ := strings.Cut(string(text), "| Function has | Reason |\n|---|---|\n")
	table, _, _ = strings.Cut(table, "\n\n")
	rows := strings.Split(table, "\n")
	if len(blocks) != 2 || len(rows) < 20 {
		t.Fatalf("%d functions, %d reasons", len(blocks), len(rows))
	}
	for _, row := range rows {
		body, want, ok := strings.Cut(strings.TrimSuffix(strings.TrimPrefix(row, "| `"), " |"), "` | ")
		if !ok {
			t.Fatalf("%q is no row", row)
		}
		if _, reason := (&sample{body: body}).compiled(t, Handler); reason == nil || reason.Text != want {
			t.Errorf("%s: %v, want %s", body, reason, want)
		}
	}
}
