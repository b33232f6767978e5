// Package examples tests the examples: the commands that each shows at its top
// print what its expected.txt holds.
package examples

import (
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/gopiper/gopiper/internal/transcript"
)

var update = flag.Bool("update", false, "write what the examples print to their expected.txt")

// withoutPlugins are the examples that need no Go plugin. Those that do are
// tested where there are plugins.
var withoutPlugins = []string{
	"access-log", "durable", "edit-json", "files", "go-api", "lua-functions", "modules", "parallel", "route", "several",
}

var place *transcript.Place

func TestMain(m *testing.M) {
	flag.Parse()
	var err error
	if place, err = transcript.NewPlace("..", plugins...); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	code := m.Run()
	place.Remove()
	os.Exit(code)
}

func TestExamples(t *testing.T) {
	for _, name := range slices.Concat(withoutPlugins, withPlugins) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			output := run(t, name)
			path := filepath.Join(name, "expected.txt")
			if *update {
				if err := os.WriteFile(path, []byte(output), 0o666); err != nil {
					t.Fatal(err)
				}
			}
			if want := read(t, path); output != want {
				t.Errorf("it prints\n%s\nand not\n%s", output, want)
			}
		})
	}
}

var shown = regexp.MustCompile(`(?m)^(?:-- {2}|//\t|# {2}) *\$ (.*)$`)

// run runs the commands that an example shows.
func run(t *testing.T, name string) string {
	t.Helper()
	source := ""
	for _, file := range []string{"main.go", "pipeline.lua"} {
		if text, err := os.ReadFile(filepath.Join(name, file)); err == nil {
			source += string(text)
		}
	}
	var output strings.Builder
	commands := shown.FindAllStringSubmatch(source, -1)
	for _, match := range commands {
		command := place.Shell(t.Context(), place.Directory, match[1])
		command.Stderr = &output // a good example has nothing to say there
		text, err := command.Output()
		output.Write(text)
		if err != nil {
			t.Errorf("%s: %v\n%s", match[1], err, output.String())
		}
	}
	if len(commands) == 0 {
		t.Errorf("it shows no command")
	}
	return output.String()
}

// Every folder is tested: as an example, or as the demonstration.
func TestNothingForgotten(t *testing.T) {
	folders, err := os.ReadDir(".")
	if err != nil {
		t.Fatal(err)
	}
	known := slices.Concat(withoutPlugins, withPlugins, []string{"demo", "hello", "plugin"})
	for _, f := range folders {
		if f.IsDir() && !slices.Contains(known, f.Name()) {
			t.Errorf("%s is not tested", f.Name())
		}
	}
}

// What an example describes is checked without a warning.
func TestNoWarnings(t *testing.T) {
	for _, name := range withoutPlugins {
		if _, err := os.Stat(filepath.Join(name, "pipeline.lua")); err != nil {
			continue // it is a Go program
		}
		command := exec.Command(filepath.Join(place.Directory, "build", "gopiper"), "check", "--state", "none", "examples/"+name+"/pipeline.lua")
		command.Dir = place.Directory
		output, err := command.CombinedOutput()
		if err != nil || !regexp.MustCompile(`^ok: \d+ pipelines?, \d+ stages\n`).Match(output) || strings.Contains(string(output), "warning") {
			t.Errorf("%s: %v\n%s", name, err, output)
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
