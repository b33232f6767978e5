package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func TestUnpack(t *testing.T) {
	root := t.TempDir()
	write := func(name, text string) {
		t.Helper()
		path := filepath.Join(root, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	git := func(arguments ...string) {
		t.Helper()
		command := exec.Command("git", append([]string{"-C", root, "-c", "user.name=x", "-c", "user.email=x@example.com"}, arguments...)...)
		if out, err := command.CombinedOutput(); err != nil {
			t.Fatalf("git %q: %v\n%s", arguments, err, out)
		}
	}
	git("init", "-q")
	write("a/b", "before\n")
	git("add", ".")
	git("commit", "-q", "-m", "x")
	write("a/b", "after\n")
	write("c", "new\n")
	folder := t.TempDir()
	if err := unpack(root, "HEAD", folder); err != nil {
		t.Fatal(err)
	}
	if text, err := os.ReadFile(filepath.Join(folder, "a", "b")); err != nil || string(text) != "before\n" {
		t.Errorf("%q, %v", text, err)
	}
	if _, err := os.Stat(filepath.Join(folder, "c")); !os.IsNotExist(err) {
		t.Errorf("what is not committed is there, %v", err)
	}
	t.Setenv("TMPDIR", t.TempDir())
	if _, err := buildBefore(root, "no-such-commit"); err == nil || !strings.Contains(err.Error(), "-against no-such-commit") {
		t.Errorf("expected an error that names the commit, got %v", err)
	}
	if left, err := os.ReadDir(os.TempDir()); err != nil || len(left) > 0 {
		t.Errorf("%v is left, %v", left, err)
	}
}

// What another commit has as well is measured beside it, with its plans.
func TestAgainst(t *testing.T) {
	b := small(t)
	folder := t.TempDir()
	for name, text := range map[string]string{"build/gopiper": "#!/bin/sh\ncat \"$2\" >&2; cat", "bench/plans/old.lua": "the old plan"} {
		path := filepath.Join(folder, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	w := &workload{
		data: lines, sinks: both, growth: 1.05,
		programs:     []program{gopiper("ours", "old.lua"), gopiper("ours, another plan", "new.lua"), {name: "cat", command: []string{"cat"}}},
		requirements: []requirement{{subject: "ours", references: []string{"cat"}, metric: cpu}},
	}
	added := w.against(folder)
	var names, texts []string
	for _, p := range added.programs {
		names = append(names, p.name)
	}
	for _, q := range added.requirements {
		texts = append(texts, q.String())
	}
	if want := []string{"ours", "ours, before", "ours, another plan", "cat"}; !slices.Equal(names, want) {
		t.Errorf("%q, expected %q", names, want)
	}
	if want := []string{"ours ÷ ours, before, cpu, at most 1.05", "ours ÷ cat, cpu"}; !slices.Equal(texts, want) {
		t.Errorf("%q, expected %q", texts, want)
	}
	_, said, err := runWithErrors(b.root, added.programs[1], b.data[lines.name].full, nil)
	if err != nil || said != "the old plan" {
		t.Errorf("%q, %v", said, err)
	}
	if len(w.programs) != 3 || len(w.requirements) != 1 {
		t.Error("the workload has changed")
	}
}
