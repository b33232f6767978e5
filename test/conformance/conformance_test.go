//go:build cgo && (linux || freebsd)

package conformance

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gopiper/gopiper/component"
)

// repository is the root of the repository, seen from here.
const repository = "../.."

// build builds as the Makefile does, but without debug information, which takes
// half of the time.
func build(t *testing.T, mode, path, folder string) {
	t.Helper()
	command := goCommand(repository, "build", "-trimpath", "-buildvcs=false", "-ldflags=-s -w", "-buildmode="+mode, "-o", path, folder)
	if output, err := command.CombinedOutput(); err != nil {
		t.Fatalf("%s: %v\n%s", command, err, output)
	}
}

// goCommand is a go command that the environment of the tests does not change.
func goCommand(directory string, arguments ...string) *exec.Cmd {
	command := exec.Command("go", arguments...)
	command.Dir = directory
	command.Env = append(os.Environ(), "CGO_ENABLED=1", "GOFLAGS=", "GOWORK=off")
	return command
}

// checked runs the suite over a plugin and returns what came of each check.
func checked(t *testing.T, host string, suite map[string]any) string {
	t.Helper()
	directory := t.TempDir()
	in, out := filepath.Join(directory, "in"), filepath.Join(directory, "out")
	if err := os.WriteFile(in, []byte("one\ntwo\n\nfour\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	suite["Output"] = out
	argument, err := json.Marshal(suite)
	if err != nil {
		t.Fatal(err)
	}
	stdin, err := os.Open(in)
	if err != nil {
		t.Fatal(err)
	}
	defer stdin.Close()
	stdout, err := os.Create(out)
	if err != nil {
		t.Fatal(err)
	}
	defer stdout.Close()
	var said strings.Builder
	command := exec.Command(host, string(argument))
	command.Stdin, command.Stdout, command.Stderr = stdin, stdout, &said
	if err := command.Run(); err != nil {
		t.Fatalf("the host ended with %v:\n%s", err, said.String())
	}
	return said.String()
}

const (
	handling = "factory callback callback_once statuses handles data_untouched given_data after_callback kept parents "
	running  = "declaration factory interfaces run_ends run_batches run_settled run_stops run_cancelled goroutines pipeline"
	flushing = "declaration factory interfaces callback callback_once sync statuses handles data_untouched given_data " +
		"after_callback emits kept parents flush batch_count batch_rest batch_slices again batch_agrees workers replaced goroutines pipeline"
)

// What gopiper ships as plugins, and the least that a plugin can be, conform.
func TestPlugins(t *testing.T) {
	directory := t.TempDir()
	host := filepath.Join(directory, "host")
	build(t, "exe", host, "./test/conformance/host")
	for _, c := range []struct {
		folder string
		suite  map[string]any
		passes string // the names of the checks
	}{
		{"plugins/stdin_component", map[string]any{"Role": component.Source, "Originates": 4}, running},
		{"plugins/stdout_component", map[string]any{"Role": component.Sink}, flushing},
		{"test/plugins/minimal_source", map[string]any{"Role": component.Source, "Attributes": map[string]any{"amount": 5}, "Originates": 5},
			"factory source_closes source_messages source_release goroutines pipeline"},
		{"test/plugins/minimal_processor", map[string]any{"Role": component.Processor}, handling + "again workers replaced goroutines pipeline pipeline_retry"},
		{"test/plugins/minimal_sink", map[string]any{"Role": component.Sink}, handling + "again workers replaced goroutines pipeline"},
	} {
		t.Run(c.folder, func(t *testing.T) {
			path := filepath.Join(directory, filepath.Base(c.folder)+".so")
			build(t, "plugin", path, "./"+c.folder)
			c.suite["Reference"] = path
			var want strings.Builder
			for _, name := range strings.Fields(c.passes) {
				fmt.Fprintf(&want, "%s: passed\n", name)
			}
			if got := checked(t, host, c.suite); got != want.String() {
				t.Errorf("got\n%s\nwant\n%s", got, want.String())
			}
			if c.suite["Originates"] == nil {
				return
			}
			// The suite does look at it.
			c.suite["Originates"] = 6
			if got := checked(t, host, c.suite); !strings.Contains(got, "messages, and the suite says 6") {
				t.Errorf("got\n%s", got)
			}
		})
	}
}

// What the documentation says of a plugin's test is done as it says, and finds
// what it says.
func TestDocumentation(t *testing.T) {
	directory := t.TempDir()
	for name, page := range map[string]string{"main.go": "plugins.md", "main_test.go": "testing-components.md"} {
		if err := os.WriteFile(filepath.Join(directory, name), []byte(block(t, page, "go")), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	root, err := filepath.Abs(repository)
	if err != nil {
		t.Fatal(err)
	}
	module := block(t, "plugins.md", "sh")
	module = module[:strings.Index(module, "go build")]
	command := exec.Command("sh", "-e")
	command.Stdin = strings.NewReader(module + block(t, "testing-components.md", "sh"))
	command.Dir = directory
	command.Env = append(goCommand(directory).Env, "GOPIPER="+root)
	output, err := command.CombinedOutput()
	got := string(output)
	if err == nil || strings.Count(got, "--- FAIL") != 2 || !strings.Contains(got, "the Doc is missing\n            the Example is missing") {
		t.Errorf("%v\n%s", err, got)
	}
}

// block is the first piece of code of a language on a page.
func block(t *testing.T, page, language string) string {
	t.Helper()
	content, err := os.ReadFile(filepath.Join(repository, "docs", page))
	if err != nil {
		t.Fatal(err)
	}
	_, rest, found := strings.Cut(string(content), "```"+language+"\n")
	code, _, closed := strings.Cut(rest, "```\n")
	if !found || !closed {
		t.Fatalf("no code in %s", language)
	}
	return code
}
