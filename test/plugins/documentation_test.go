//go:build cgo && (linux || freebsd)

package plugins

import (
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// What the documentation shows is built as it says, and does what it says.
func TestDocumentedPlugin(t *testing.T) {
	t.Parallel()
	page := string(read(t, repository+"/docs/plugins.md"))
	root, err := filepath.Abs(repository)
	if err != nil {
		t.Fatal(err)
	}
	directory := t.TempDir()
	write(t, filepath.Join(directory, "main.go"), []byte(block(t, page, "go")))
	command := exec.Command("sh", "-e")
	command.Stdin = strings.NewReader(block(t, page, "sh"))
	command.Dir = directory
	command.Env = append(inModule(directory).Env, "GOPIPER="+root)
	if output, err := command.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, output)
	}
	expect(t, directory, run(t, filepath.Join(directory, "shout.so")+`?{"suffix": "!!"}`),
		"shout: declared true, workers 1", `0: "HELLO!!"`)
}

// block is the first piece of code of a language.
func block(t *testing.T, page, language string) string {
	t.Helper()
	_, rest, found := strings.Cut(page, "```"+language+"\n")
	code, _, closed := strings.Cut(rest, "```\n")
	if !found || !closed {
		t.Fatalf("no code in %s", language)
	}
	return code
}

// Every message that the documentation explains is one that a test expects.
func TestDocumentedMessages(t *testing.T) {
	t.Parallel()
	var tests strings.Builder
	for _, pattern := range []string{"/loader/*_test.go", "/loader/*/*_test.go", "/test/plugins/*_test.go"} {
		paths, err := filepath.Glob(repository + pattern)
		if err != nil {
			t.Fatal(err)
		}
		for _, path := range paths {
			tests.Write(read(t, path))
		}
	}
	_, table, found := strings.Cut(string(read(t, repository+"/docs/plugins.md")), "| Message |")
	rows := regexp.MustCompile("(?m)^\\| `([^`]*)`").FindAllStringSubmatch(table, -1)
	if !found || len(rows) < 20 {
		t.Fatalf("%d messages are explained", len(rows))
	}
	for _, row := range rows {
		if !strings.Contains(tests.String(), row[1]) {
			t.Errorf("no test expects %q", row[1])
		}
	}
}
