package tidy

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// TestArchitecture holds ARCHITECTURE.md to the engine: every numbered invariant
// is cited where it is enforced and no other is, and the file map names every
// file.
func TestArchitecture(t *testing.T) {
	page, err := os.ReadFile(filepath.Join(repository, "ARCHITECTURE.md"))
	if err != nil {
		t.Fatal(err)
	}
	_, section, _ := strings.Cut(string(page), "## Invariants")
	section, _, _ = strings.Cut(section, "\n## ")
	numbered := map[string]bool{}
	for _, m := range regexp.MustCompile(`(?m)^(\d+)\. `).FindAllStringSubmatch(section, -1) {
		numbered[m[1]] = false
	}
	_, files, _ := strings.Cut(string(page), "## File map of the engine")
	files, _, _ = strings.Cut(files, "\n## ")
	paths, err := filepath.Glob(filepath.Join(repository, "engine", "*.go"))
	if err != nil || len(paths) == 0 || len(numbered) == 0 {
		t.Fatalf("%d files, %d invariants, %v", len(paths), len(numbered), err)
	}
	for _, path := range paths {
		name := filepath.Base(path)
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		if !regexp.MustCompile(`\b` + regexp.QuoteMeta(name)).MatchString(files) {
			t.Errorf("the file map does not name %s", name)
		}
		source, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range regexp.MustCompile(`Invariant (\d+)`).FindAllStringSubmatch(string(source), -1) {
			if _, known := numbered[m[1]]; !known {
				t.Errorf("%s cites invariant %s, which ARCHITECTURE.md does not have", name, m[1])
			}
			numbered[m[1]] = true
		}
	}
	for number, cited := range numbered {
		if !cited {
			t.Errorf("invariant %s is cited nowhere", number)
		}
	}
}
