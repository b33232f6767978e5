//go:build cgo && (linux || freebsd)

package plugins

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// outside copies the third party's modules and the contract to a directory of
// their own, as they would lie on somebody else's machine, and joins them there.
func outside(t *testing.T) string {
	t.Helper()
	directory := t.TempDir()
	for name, from := range map[string]string{
		"shout": "thirdparty/shout", "words": "thirdparty/words", "contract": repository + "/component",
	} {
		if err := os.CopyFS(filepath.Join(directory, name), os.DirFS(from)); err != nil {
			t.Fatal(err)
		}
	}
	goCommand(t, filepath.Join(directory, "shout"), "mod", "edit", "-replace", "github.com/gopiper/gopiper/component=../contract")
	return directory
}

// shout builds the component in a directory that outside has made.
func shout(t *testing.T, directory string) string {
	t.Helper()
	path := filepath.Join(directory, "shout.so")
	build(t, filepath.Join(directory, "shout"), path, ".")
	return path
}

// edit replaces text in a file.
func edit(t *testing.T, path, old, new string) {
	t.Helper()
	content := string(read(t, path))
	if !strings.Contains(content, old) {
		t.Fatalf("%s has no %q", path, old)
	}
	write(t, path, []byte(strings.ReplaceAll(content, old, new)))
}

func TestThirdParty(t *testing.T) {
	t.Parallel()
	directory := outside(t)
	path := shout(t, directory)
	expect(t, directory, run(t, path, path+`?{"times": 3}`, path+`?{"time": 3}`, path+`?{"times": -1}`),
		"shout: declared true, workers 1", `0: "HELLO!"`,
		"shout: declared true, workers 1", `0: "HELLO!!!"`,
		`error: shout: unknown attribute "time"; did you mean "times"?`,
		`error: shout: attribute "times": -1 is too small; the least is 0`)
}

const (
	refused = "was not built like gopiper, so the two cannot share packages\n  "
	again   = "\n  to build it again: "
)

func TestOtherSourceOfTheContract(t *testing.T) {
	t.Parallel()
	directory := outside(t)
	edit(t, filepath.Join(directory, "contract", "report.go"), "s >= 300", "s >= 301")
	got := run(t, shout(t, directory))
	got, _, _ = strings.Cut(got, "; `")
	expect(t, directory, got+"\n", "error: DIR/shout.so: "+refused+
		"github.com/gopiper/gopiper/component is not from the source that gopiper was built from: github.com/gopiper/gopiper/component"+
		again+"use the source of github.com/gopiper/gopiper/component that gopiper was built from")
}

// The version is part of the file names that the compiler writes down, so that
// even equal source under another version does not fit.
func TestOtherVersionOfTheContract(t *testing.T) {
	t.Parallel()
	directory := outside(t)
	edit(t, filepath.Join(directory, "shout", "go.mod"), "component v0.0.0", "component v0.9.0")
	got, _, _ := strings.Cut(run(t, shout(t, directory)), "; `")
	expect(t, directory, got+"\n", "error: DIR/shout.so: "+refused+
		"github.com/gopiper/gopiper/component is v0.9.0, in gopiper v0.0.0: github.com/gopiper/gopiper/component"+
		again+"require github.com/gopiper/gopiper/component v0.0.0 and replace it by the source that gopiper was built from")
}

// Plugins share packages with each other too.
func TestOtherVersionThanAnotherPlugin(t *testing.T) {
	t.Parallel()
	first, second := outside(t), outside(t)
	goCommand(t, filepath.Join(second, "shout"), "mod", "edit", "-module=example.com/cry")
	edit(t, filepath.Join(second, "shout", "go.mod"), "words v1.0.0", "words v1.1.0")
	edit(t, filepath.Join(second, "words", "words.go"), `"!"`, `"?"`)
	got := strings.ReplaceAll(run(t, shout(t, first), shout(t, second)), first, "FIRST")
	got, _, _ = strings.Cut(got, "; `")
	expect(t, second, got+"\n", "shout: declared true, workers 1", `0: "HELLO!"`,
		"error: DIR/shout.so: "+refused+"example.com/words is v1.1.0, in FIRST/shout.so v1.0.0: example.com/words"+
			again+"require example.com/words v1.0.0 and replace it by the source that FIRST/shout.so was built from")
}

// New code in the same main package is another build of the same plugin.
func TestOtherBuildOfALoadedPlugin(t *testing.T) {
	t.Parallel()
	first, second := outside(t), outside(t)
	edit(t, filepath.Join(second, "shout", "main.go"), "ToUpper", "ToTitle")
	got := strings.ReplaceAll(run(t, shout(t, first), shout(t, second)), first, "FIRST")
	expect(t, second, got, "shout: declared true, workers 1", `0: "HELLO!"`,
		"error: DIR/shout.so: is the same plugin as FIRST/shout.so, which this process has loaded: a copy or another build of it; name one file in all stages")
}
