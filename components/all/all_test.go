package all_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	_ "github.com/gopiper/gopiper/components/all"
	"github.com/gopiper/gopiper/loader"
)

// Every component of the library is a built-in, under its folder's name.
func TestNothingForgotten(t *testing.T) {
	files, err := filepath.Glob("../*/*.go")
	if err != nil {
		t.Fatal(err)
	}
	var want []string
	for _, name := range files {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(string(text), "\nvar Declaration = ") {
			want = append(want, filepath.Base(filepath.Dir(name)))
		}
	}
	if got := loader.Names(); !slices.Equal(got, want) {
		t.Errorf("built-ins: %v, folders with a declaration: %v", got, want)
	}
}

// Declarations are the reference pages.
func TestDocumented(t *testing.T) {
	for _, d := range loader.Declarations() {
		if !strings.HasSuffix(d.Summary, ".") || strings.Count(d.Summary, ". ") > 0 {
			t.Errorf("%s: the summary is not one sentence: %q", d.Name, d.Summary)
		}
		if !strings.Contains(d.Example, "gopiper."+d.Name+"{") {
			t.Errorf("%s: the example does not show it", d.Name)
		}
		for _, a := range d.Attributes {
			if !strings.HasSuffix(a.Doc, ".") {
				t.Errorf("%s: %s: what the attribute says does not end in a full stop: %q", d.Name, a.Name, a.Doc)
			}
		}
	}
}
