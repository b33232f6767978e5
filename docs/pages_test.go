package docs

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gopiper/gopiper/internal/transcript"
)

var (
	update = flag.Bool("update", false, "write the generated pages anew")
	place  *transcript.Place
)

func TestMain(m *testing.M) {
	flag.Parse()
	var err error
	if place, err = transcript.NewPlace(".."); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	code := m.Run()
	place.Remove()
	os.Exit(code)
}

// pages are those that are written by hand.
func pages(t *testing.T) []string {
	t.Helper()
	names, err := filepath.Glob("*.md")
	if err != nil || len(names) < 5 {
		t.Fatalf("%v, %v", names, err)
	}
	names = append(names, viewPages()...)
	return append(names, "../README.md", "../CONTRIBUTING.md")
}

// What the sessions on the pages show is what happens.
func TestSessions(t *testing.T) {
	sessions := 0
	for _, name := range pages(t) {
		page := read(t, name)
		sessions += strings.Count(page, "```console\n")
		t.Run(filepath.Base(name), func(t *testing.T) {
			t.Parallel()
			directory := t.TempDir()
			if filepath.Base(name) == "README.md" {
				directory = place.Directory // it shows what is run in a checkout
			}
			for _, problem := range place.Play(directory, page) {
				t.Error(problem)
			}
		})
	}
	if sessions < 20 {
		t.Errorf("there are only %d sessions", sessions)
	}
}

// Every piece of Lua on the pages is valid: a script, or the stages of one.
func TestLua(t *testing.T) {
	for _, name := range pages(t) {
		if name == "../README.md" {
			continue // it shows parts of examples, see TestReadme
		}
		for _, block := range transcript.Blocks(read(t, name)) {
			script := block.Text
			isModule := block.Name() != "" && !strings.Contains(script, "createPipeline")
			needsMore := strings.Contains(script, ".so\"") || strings.Contains(script, "read_file(") || strings.Count(script, "require(") > 1
			if block.Language != "lua" || isModule || needsMore {
				continue // a session or another test runs it
			}
			if !strings.Contains(script, "createPipeline") {
				script = "local gopiper = require('gopiper') gopiper.createPipeline{ gopiper.stdin{},\n" + script + "\n gopiper.stdout{} }"
			}
			command := place.Shell(t.Context(), t.TempDir(), "gopiper check --state state /dev/stdin")
			command.Stdin = strings.NewReader(script)
			if output, err := command.CombinedOutput(); err != nil && block.Name() != "wrong.lua" {
				t.Errorf("%s:%d: %s", name, block.Line, output)
			}
		}
	}
}

// The Go on the pages is part of a program that is tested.
func TestGo(t *testing.T) {
	var tested strings.Builder
	for _, pattern := range []string{"../*_test.go", "../examples/*/*.go", "../component/*.go"} {
		paths, err := filepath.Glob(pattern)
		if err != nil {
			t.Fatal(err)
		}
		for _, path := range paths {
			tested.WriteString(read(t, path))
		}
	}
	for _, name := range pages(t) {
		if name == "plugins.md" || name == "testing-components.md" {
			continue // they have tests of their own
		}
		for _, block := range transcript.Blocks(read(t, name)) {
			if block.Language == "go" && !strings.Contains(tested.String(), strings.TrimSpace(block.Text)) {
				t.Errorf("%s:%d: this is in no program that is tested", name, block.Line)
			}
		}
	}
}

func read(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// The Lua in the README is part of an example, and its commands are run by CI.
func TestReadme(t *testing.T) {
	page := read(t, "../README.md")
	var examples strings.Builder
	paths, err := filepath.Glob("../examples/*/pipeline.lua")
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range paths {
		examples.WriteString(read(t, path))
	}
	ci := read(t, "../.ci/run")
	for _, block := range transcript.Blocks(page) {
		switch block.Language {
		case "lua":
			if !strings.Contains(examples.String(), block.Text) {
				t.Errorf("line %d: this is in no example", block.Line)
			}
		case "sh":
			for line := range strings.Lines(block.Text) {
				command, _, _ := strings.Cut(line, "#")
				if !strings.Contains(ci, strings.TrimSpace(command)) {
					t.Errorf("line %d: CI does not run %s", block.Line, command)
				}
			}
		}
	}
}
