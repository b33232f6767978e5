package docs

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/gopiper/gopiper/script/std"
)

// The pages of the standard library are what its functions say of themselves.
// With -update they are written. The examples on them are run by the tests of
// package script.
func TestGeneratedLua(t *testing.T) {
	want := map[string]string{"README.md": std.Index()}
	for _, g := range std.Groups() {
		want[g.Name+".md"] = g.Page()
	}
	if *update {
		for name, text := range want {
			if err := os.MkdirAll("lua", 0o777); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(filepath.Join("lua", name), []byte(generatedNote+text), 0o666); err != nil {
				t.Fatal(err)
			}
		}
	}
	paths, err := filepath.Glob("lua/*.md")
	if err != nil || len(paths) != len(want) {
		t.Errorf("%d pages in lua, %d groups; run make docs (%v)", len(paths), len(want), err)
	}
	for name, text := range want {
		if got, err := os.ReadFile(filepath.Join("lua", name)); err != nil || string(got) != generatedNote+text {
			t.Errorf("lua/%s is not what the code says (%v); run make docs", name, err)
		}
	}
}
