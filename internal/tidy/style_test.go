package tidy

import (
	"bytes"
	"go/ast"
	"go/format"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"
)

const (
	fileMax     = 500 // lines of a file that is no test
	functionMax = 70  // lines of a function
)

// each calls visit for every file of the repository that people write, with its
// path and contents.
func each(t *testing.T, visit func(path string, text []byte)) {
	t.Helper()
	count := 0
	err := filepath.WalkDir(repository, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name, err := filepath.Rel(repository, path)
		switch {
		case err != nil:
			return err
		case entry.IsDir():
			if slices.Contains([]string{".git", "build", "bench/data", "bench/results"}, name) {
				return fs.SkipDir
			}
			return nil
		case !entry.Type().IsRegular():
			return nil
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		count++
		visit(name, text)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if count < 200 {
		t.Fatalf("there are only %d files", count)
	}
}

func isGo(path string) bool   { return strings.HasSuffix(path, ".go") }
func isTest(path string) bool { return strings.HasSuffix(path, "_test.go") }

// Files are formatted, and files and functions are short.
func TestGoFiles(t *testing.T) {
	each(t, func(path string, text []byte) {
		if !isGo(path) {
			return
		}
		formatted, err := format.Source(text)
		if err != nil {
			t.Errorf("%s: %v", path, err)
			return
		}
		if !bytes.Equal(formatted, text) {
			t.Errorf("%s: run gofmt -w", path)
		}
		if lines := bytes.Count(text, []byte("\n")); lines > fileMax && !isTest(path) {
			t.Errorf("%s: %d lines; %d at most", path, lines, fileMax)
		}
		files := token.NewFileSet()
		file, err := parser.ParseFile(files, path, text, parser.SkipObjectResolution)
		if err != nil {
			t.Errorf("%s: %v", path, err)
			return
		}
		for _, declaration := range file.Decls {
			f, ok := declaration.(*ast.FuncDecl)
			if !ok {
				continue
			}
			lines := files.Position(f.End()).Line - files.Position(f.Pos()).Line + 1
			if lines > functionMax && !isTest(path) {
				t.Errorf("%s: %s has %d lines; %d at most", path, f.Name.Name, lines, functionMax)
			}
		}
	})
}

// What nobody should find here, but in this file.
var banned = []struct {
	expression *regexp.Regexp
	why        string
}{
	{regexp.MustCompile(`\b(TODO|FIXME|XXX)\b`), "what is not done is not here; open an issue"},
	{regexp.MustCompile(`(^|[\s"'(=])/(work|home|Users|root)/\w`), "a path of one machine"},
	{regexp.MustCompile(`[ \t]\n`), "blanks at the end of a line"},
}

const self = "internal/tidy/style_test.go"

// Nothing unfinished, and nothing of one machine.
func TestWords(t *testing.T) {
	each(t, func(path string, text []byte) {
		if !utf8.Valid(text) || strings.Contains(path, "testdata/") || path == "LICENSE" || path == self {
			return
		}
		for _, b := range banned {
			if at := b.expression.FindIndex(text); at != nil {
				line := 1 + bytes.Count(text[:at[0]], []byte("\n"))
				t.Errorf("%s:%d: %q: %s", path, line, text[at[0]:at[1]], b.why)
			}
		}
	})
}

// link finds the links of a Markdown page to files.
var link = regexp.MustCompile(`\]\(([^)#:]+)(#[^)]*)?\)`)

// Links lead to files that are there.
func TestLinks(t *testing.T) {
	each(t, func(path string, text []byte) {
		if !strings.HasSuffix(path, ".md") {
			return
		}
		for _, match := range link.FindAllSubmatch(text, -1) {
			target := filepath.Join(repository, filepath.Dir(path), string(match[1]))
			if _, err := os.Stat(target); err != nil {
				t.Errorf("%s: a link leads to %s, which is not there", path, match[1])
			}
		}
	})
}
