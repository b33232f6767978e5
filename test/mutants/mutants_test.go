package main

import (
	"bytes"
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
)

const root = "../.."

// Every patch says what it breaks, and applies.
func TestPatches(t *testing.T) {
	patches, err := readPatches(".")
	if err != nil {
		t.Fatal(err)
	}
	absolute, err := filepath.Abs(root)
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range patches {
		if p.breaks == "-" || !strings.HasSuffix(p.what, ".") {
			t.Errorf("%s.patch does not begin with a sentence and a line Breaks:", p.name)
		}
		if err := p.apply(t.Context(), absolute, "--check"); err != nil {
			t.Error(err)
		}
	}
}

// Every numbered invariant has a patch that breaks it, and nothing else that is
// numbered is broken.
func TestInvariants(t *testing.T) {
	page, err := os.ReadFile(filepath.Join(root, "ARCHITECTURE.md"))
	if err != nil {
		t.Fatal(err)
	}
	_, section, _ := strings.Cut(string(page), "## Invariants")
	section, _, _ = strings.Cut(section, "\n## ")
	broken := map[string]bool{}
	for _, m := range regexp.MustCompile(`(?m)^(\d+)\. `).FindAllStringSubmatch(section, -1) {
		broken["invariant "+m[1]] = false
	}
	if len(broken) < 8 {
		t.Fatalf("ARCHITECTURE.md has %d invariants", len(broken))
	}
	patches, err := readPatches(".")
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range patches {
		if !strings.HasPrefix(p.breaks, "invariant ") {
			continue
		}
		if _, known := broken[p.breaks]; !known {
			t.Errorf("%s.patch breaks %s, which ARCHITECTURE.md does not have", p.name, p.breaks)
		}
		broken[p.breaks] = true
	}
	for invariant, is := range broken {
		if !is {
			t.Errorf("no patch breaks %s", invariant)
		}
	}
}

func TestParsePatch(t *testing.T) {
	p, err := parsePatch("x", "It breaks\nmuch.\nBreaks: invariant 3\n\ndiff --git a/f b/f\n--- a/f\n+++ b/f\n")
	if err != nil || p.what != "It breaks much." || p.breaks != "invariant 3" || !strings.HasPrefix(p.diff, "diff --git") {
		t.Errorf("%+v, %v", p, err)
	}
	p, err = parsePatch("x", "--- a/f\n+++ b/f\n")
	if err != nil || p.what != "" || p.breaks != "-" || !strings.HasPrefix(p.diff, "--- a/f") {
		t.Errorf("without a head: %+v, %v", p, err)
	}
	if _, err := parsePatch("x", "only words\n"); err == nil {
		t.Error("without a diff it is a patch")
	}
}

func TestWatch(t *testing.T) {
	const passes = `{"Action":"run","Package":"github.com/gopiper/gopiper/engine","Test":"TestA"}
{"Action":"pass","Package":"github.com/gopiper/gopiper/engine","Test":"TestA"}
{"Action":"pass","Package":"github.com/gopiper/gopiper/engine"}
`
	const fails = passes + `{"Action":"output","Package":"github.com/gopiper/gopiper","Test":"TestB/c","Output":"wrong\n"}
{"Action":"fail","Package":"github.com/gopiper/gopiper","Test":"TestB/c"}
{"Action":"fail","Package":"github.com/gopiper/gopiper","Test":"TestB"}
{"Action":"fail","Package":"github.com/gopiper/gopiper"}
`
	const hangs = `{"Action":"output","Package":"github.com/gopiper/gopiper/engine","Output":"panic: test timed out after 1m0s\n"}
{"Action":"output","Package":"github.com/gopiper/gopiper/engine","Output":"\trunning tests:\n"}
{"Action":"output","Package":"github.com/gopiper/gopiper/engine","Output":"\t\tTestD/e (59s)\n"}
{"Action":"fail","Package":"github.com/gopiper/gopiper/engine"}
`
	const broken = `{"ImportPath":"x","Action":"build-output","Output":"syntax error\n"}
{"ImportPath":"x","Action":"build-fail"}
{"Action":"fail","Package":"github.com/gopiper/gopiper/engine"}
`
	if f, err := watch(strings.NewReader(passes)); f != nil || err != nil {
		t.Errorf("passes: %+v, %v", f, err)
	}
	if f, err := watch(strings.NewReader(fails)); err != nil || f == nil || f.where != ". TestB/c" || f.hang || f.output != "wrong\n" {
		t.Errorf("fails: %+v, %v", f, err)
	}
	if f, err := watch(strings.NewReader(hangs)); err != nil || f == nil || f.where != "engine TestD/e" || !f.hang {
		t.Errorf("hangs: %+v, %v", f, err)
	}
	if f, err := watch(strings.NewReader(broken)); f != nil || !errors.Is(err, errBuild) || !strings.Contains(err.Error(), "syntax error") {
		t.Errorf("does not compile: %+v, %v", f, err)
	}
	if f, err := watch(strings.NewReader("go: no such tool\n")); f != nil || err == nil {
		t.Errorf("the go command fails: %+v, %v", f, err)
	}
}

func TestReport(t *testing.T) {
	tell := func(patches int, list ...verdict) (string, error) {
		verdicts := make(chan verdict, len(list))
		for _, v := range list {
			verdicts <- v
		}
		close(verdicts)
		var b bytes.Buffer
		err := report(&b, patches, false, verdicts)
		return b.String(), err
	}
	noticed := verdict{patch: patch{name: "one", breaks: "invariant 1"}, by: &failure{where: "engine TestA"}, took: time.Second}
	hung := verdict{patch: patch{name: "two"}, by: &failure{where: "engine TestB", hang: true}}
	if text, err := tell(2, noticed, hung); err != nil || !strings.Contains(text, "engine TestB (it hangs)\n2 patches, 2 noticed, 0 survived") {
		t.Errorf("%v\n%s", err, text)
	}
	if text, err := tell(2, noticed, verdict{patch: patch{name: "two", what: "It lies."}}); err == nil ||
		!strings.Contains(err.Error(), "two: It lies.") || !strings.Contains(text, "SURVIVED") {
		t.Errorf("one survives: %v\n%s", err, text)
	}
	if _, err := tell(1, verdict{patch: patch{name: "two"}, err: errBuild}); err == nil || !strings.Contains(err.Error(), "two: it does not compile") {
		t.Errorf("one does not compile: %v", err)
	}
	if _, err := tell(2, noticed); err == nil || !strings.Contains(err.Error(), "1 patches were not tested") {
		t.Errorf("one is missing: %v", err)
	}
}

// A module of two packages goes up a ladder of its own: as it is, with a bug, with one
// that hangs, and when it does not compile.
func TestClimb(t *testing.T) {
	folder := t.TempDir()
	git := exec.Command("git", "init", "-q")
	git.Dir = folder
	if output, err := git.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, output)
	}
	for name, text := range map[string]string{
		"go.mod":      "module github.com/gopiper/gopiper\n\ngo 1.25\n",
		".gitignore":  "ignored\n",
		"ignored":     "",
		"a/a.go":      "package a\n\n// One is 1.\nfunc One() int { return 1 }\n",
		"a/a_test.go": "package a\n\nimport \"testing\"\n\nfunc TestOne(t *testing.T) {\n\tif One() != 1 {\n\t\tt.Error(One())\n\t}\n}\n",
		"b/b.go":      "package b\n",
	} {
		path := filepath.Join(folder, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	tree, err := listTree(t.Context(), folder)
	if err != nil || len(tree.files) != 5 {
		t.Fatalf("%v, %v", tree.files, err)
	}
	steps := []step{{packages: []string{"./b"}, timeout: time.Minute}, {packages: []string{"./a"}, fresh: true, timeout: 2 * time.Second}}
	at := placeIn(t.TempDir(), 0)
	try := func(body string) (*failure, error) {
		diff := "diff --git a/a/a.go b/a/a.go\n--- a/a/a.go\n+++ b/a/a.go\n@@ -3,2 +3,2 @@\n // One is 1.\n-func One() int { return 1 }\n+func One() int { " + body + " }\n"
		return patch{name: "x", diff: diff}.test(t.Context(), tree, at, steps)
	}
	if f, err := try("return 2 - 1"); f != nil || err != nil {
		t.Errorf("what changes nothing: %+v, %v", f, err)
	}
	if f, err := try("return 2"); err != nil || f == nil || f.where != "a TestOne" || !strings.Contains(f.output, "2") {
		t.Errorf("a bug: %+v, %v", f, err)
	}
	if f, err := try("for { }"); err != nil || f == nil || f.where != "a TestOne" || !f.hang {
		t.Errorf("what hangs: %+v, %v", f, err)
	}
	if f, err := try("return nothing"); f != nil || !errors.Is(err, errBuild) {
		t.Errorf("what does not compile: %+v, %v", f, err)
	}
	if _, err := (patch{name: "x", diff: "--- a/a/a.go\n+++ b/a/a.go\n@@ -1 +1 @@\n-no such line\n+another\n"}).test(t.Context(), tree, at, steps); err == nil ||
		!strings.Contains(err.Error(), "x does not apply") {
		t.Errorf("what does not apply: %v", err)
	}
	if err := tree.copyTo(at.copy); err != nil {
		t.Fatal(err)
	}
	passed := 0
	if f, err := climb(t.Context(), at, steps, func(step, time.Duration) { passed++ }); f != nil || err != nil || passed != 2 {
		t.Errorf("as it is: %+v, %v after %d steps", f, err, passed)
	}
	over, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := climb(over, at, steps, nil); !errors.Is(err, context.Canceled) {
		t.Errorf("called off: %v", err)
	}
}

func TestUsage(t *testing.T) {
	for _, arguments := range [][]string{{"more"}, {"-j", "0"}, {"-run", "("}, {"-run", "no such patch"}, {"-unknown"}} {
		if err := run(t.Context(), arguments); err == nil {
			t.Errorf("%q is allowed", arguments)
		}
	}
}
