package docs

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/gopiper/gopiper/internal/transcript"
	"github.com/gopiper/gopiper/script"
	"github.com/gopiper/gopiper/script/std"
)

// views are the pages in lua that are written by hand, in the order of the index.
var views = []struct {
	title string
	names []string
}{
	{"Messages", []string{
		"msg", "msg.data", "msg.attributes", "msg.key", "msg.timestamp", "msg.json", "msg.copy", "msg.emit", "msg.keep", "statuses",
	}},
	{"Describing", []string{"createPipeline", "loadComponent", "func", "stage", "branch", "switch", "merge", "env", "read_file", "glob"}},
	{"In functions", []string{"emit", "null", "array", "object"}},
}

// viewPages are the paths of those pages.
func viewPages() []string {
	var paths []string
	for _, v := range views {
		for _, name := range v.names {
			paths = append(paths, "lua/"+name+".md")
		}
	}
	return paths
}

// The pages of the standard library are what its functions say of themselves.
// With -update they are written. The examples on them are run by the tests of
// package script.
func TestGeneratedLua(t *testing.T) {
	want := map[string]string{"README.md": luaIndex(t)}
	for _, g := range std.Groups() {
		for name, text := range g.Pages() {
			if want[name] != "" || slices.Contains(viewPages(), "lua/"+name) {
				t.Errorf("lua/%s is two pages", name)
			}
			want[name] = text
		}
	}
	if *update {
		removeGenerated(t, want)
		for name, text := range want {
			if err := os.WriteFile(filepath.Join("lua", name), []byte(generatedNote+text), 0o666); err != nil {
				t.Fatal(err)
			}
		}
	}
	for name, text := range want {
		if got, err := os.ReadFile(filepath.Join("lua", name)); err != nil || string(got) != generatedNote+text {
			t.Errorf("lua/%s is not what the code says (%v); run make docs", name, err)
		}
	}
	paths, err := filepath.Glob("lua/*")
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range paths {
		if want[filepath.Base(path)] == "" && !slices.Contains(viewPages(), path) {
			t.Errorf("%s is no page of a function and not among the views of lua_test.go; run make docs, or add it", path)
		}
	}
}

// removeGenerated removes generated pages that are not wanted any more.
func removeGenerated(t *testing.T, want map[string]string) {
	paths, err := filepath.Glob("lua/*.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range paths {
		if want[filepath.Base(path)] == "" && strings.HasPrefix(read(t, path), generatedNote) {
			if err := os.Remove(path); err != nil {
				t.Fatal(err)
			}
		}
	}
}

// luaIndex leads to every page: what it says of a view is that page's signature.
func luaIndex(t *testing.T) string {
	var page strings.Builder
	page.WriteString("# Functions and views\n\nEvery function and view that scripts have, a page each. [The language](../lua.md) tells how they play together; " +
		"which [engines](../lua.md#engines) there are, " +
		"and how they differ; the sessions and examples on all pages are run by the tests.\n")
	for _, v := range views {
		fmt.Fprintf(&page, "\n## %s\n\n| | |\n|---|---|\n", v.title)
		for _, name := range v.names {
			lines := strings.Split(read(t, "lua/"+name+".md"), "\n")
			fmt.Fprintf(&page, "| [%s](%s.md) | %s |\n", strings.TrimPrefix(lines[0], "# "), name, lines[2])
		}
	}
	return page.String() + "\n" + std.Index()
}

// elsewhere are names whose page is that of another.
var elsewhere = map[string]string{
	"msg.release": "msg.keep", "DONE": "statuses", "CONTINUE": "statuses", "RETRY": "statuses", "FAIL": "statuses", "DROP": "statuses",
}

// Everything that scripts find in msg, in the module and in a stage's table is on a page.
func TestLuaIsComplete(t *testing.T) {
	command := place.Shell(t.Context(), t.TempDir(), "gopiper check /dev/stdin 2> names.txt; grep '^name ' names.txt")
	command.Stdin = strings.NewReader(`for name in pairs(require("gopiper")) do print("name " .. name) end`)
	output, err := command.Output()
	names := strings.Fields(strings.ReplaceAll(string(output), "name ", ""))
	if err != nil || !slices.Contains(names, "emit") || !slices.Contains(script.MessageFields(), "data") {
		t.Fatalf("the names in the module are %q (%v)", names, err)
	}
	for _, field := range script.MessageFields() {
		names = append(names, "msg."+field)
	}
	for _, name := range names {
		file := name
		if elsewhere[name] != "" {
			file = elsewhere[name]
		}
		page, err := os.ReadFile("lua/" + file + ".md")
		if last := name[strings.LastIndexByte(name, '.')+1:]; err != nil || !regexp.MustCompile(`\b`+last+`\b`).Match(page) {
			t.Errorf("lua/%s.md does not tell of %s (%v)", file, name, err)
		}
	}
	for _, name := range script.FunctionNames() {
		if !strings.Contains(read(t, "lua/stage.md"), "`"+name+"(") {
			t.Errorf("lua/stage.md does not tell of %s", name)
		}
	}
}

// A page of a view has a script and a session, and is short.
func TestLuaViews(t *testing.T) {
	for _, path := range viewPages() {
		page := read(t, path)
		scripts, sessions := 0, 0
		for _, block := range transcript.Blocks(page) {
			if block.Language == "lua" && block.Name() != "" && strings.Contains(page, "gopiper run "+block.Name()) {
				scripts++
			}
			if block.Language == "console" {
				sessions++
			}
		}
		if scripts == 0 || sessions == 0 || strings.Count(page, "\n") > 100 {
			t.Errorf("%s: %d scripts that run, %d sessions, %d lines", path, scripts, sessions, strings.Count(page, "\n"))
		}
	}
}

var (
	anchored = regexp.MustCompile(`\]\(([^)#:]*\.md)?#([^)]+)\)`)
	heading  = regexp.MustCompile(`(?m)^#+ (.*)$`)
)

// Links to a heading, from and among the pages in lua, lead to one that is there.
func TestLuaAnchors(t *testing.T) {
	paths, err := filepath.Glob("lua/*.md")
	if err != nil {
		t.Fatal(err)
	}
	links := 0
	for _, path := range paths {
		for _, match := range anchored.FindAllStringSubmatch(read(t, path), -1) {
			target := path
			if match[1] != "" {
				target = filepath.Join("lua", match[1])
			}
			found := false
			for _, h := range heading.FindAllStringSubmatch(read(t, target), -1) {
				found = found || strings.ReplaceAll(strings.ToLower(h[1]), " ", "-") == match[2]
			}
			if links++; !found {
				t.Errorf("%s: %s has no heading #%s", path, target, match[2])
			}
		}
	}
	if links < 20 {
		t.Errorf("there are only %d links to headings", links)
	}
}

// The examples do the same on LuaJIT.
func TestSessionsOnLuaJIT(t *testing.T) {
	sessions := 0
	for _, name := range append(viewPages(), "lua-from.md") {
		sessions += strings.Count(read(t, name), "| gopiper run ")
		t.Run(filepath.Base(name), func(t *testing.T) {
			t.Parallel()
			page := strings.ReplaceAll(read(t, name), "| gopiper run ", "| gopiper run --lua luajit ")
			for _, problem := range place.Play(t.TempDir(), page) {
				t.Error(problem)
			}
		})
	}
	if sessions < 20 {
		t.Errorf("there are only %d sessions", sessions)
	}
}
