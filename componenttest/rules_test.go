package componenttest

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// What a failure quotes stands in the documentation, where it says.
func TestRulesAreTheContracts(t *testing.T) {
	documented := documentation(t, "../component")
	for _, c := range checks {
		text, ok := documented[c.where]
		if !ok {
			t.Errorf("%s: %s is not documented", c.name, c.where)
		} else if !strings.Contains(text, strings.Join(strings.Fields(c.rule), " ")) {
			t.Errorf("%s: %s does not say %q, but %q", c.name, c.where, c.rule, text)
		}
	}
}

// documentation returns the comments of a package: those of its declarations,
// with everything inside of them, by the name.
func documentation(t *testing.T, folder string) map[string]string {
	t.Helper()
	paths, err := filepath.Glob(folder + "/*.go")
	if err != nil {
		t.Fatal(err)
	}
	documented := map[string]string{}
	for _, path := range paths {
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.ParseComments)
		if err != nil {
			t.Fatal(err)
		}
		add := func(name string, n ast.Node) {
			for _, comment := range file.Comments {
				if comment.Pos() >= n.Pos() && comment.End() <= n.End() {
					documented[name] += " " + strings.Join(strings.Fields(comment.Text()), " ")
				}
			}
		}
		if file.Doc != nil {
			documented["package component"] += strings.Join(strings.Fields(file.Doc.Text()), " ")
		}
		for _, declaration := range file.Decls {
			switch d := declaration.(type) {
			case *ast.FuncDecl:
				name := d.Name.Name
				if d.Recv != nil {
					name = receiver(d.Recv.List[0].Type) + "." + name
				}
				documented["component."+name] += strings.Join(strings.Fields(d.Doc.Text()), " ")
			case *ast.GenDecl:
				for _, spec := range d.Specs {
					if s, ok := spec.(*ast.TypeSpec); ok {
						documented["component."+s.Name.Name] += strings.Join(strings.Fields(d.Doc.Text()), " ")
						add("component."+s.Name.Name, s)
					}
					if s, ok := spec.(*ast.ValueSpec); ok {
						documented["component."+s.Names[0].Name] += strings.Join(strings.Fields(s.Doc.Text()), " ")
					}
				}
			}
		}
	}
	return documented
}

func receiver(t ast.Expr) string {
	if star, ok := t.(*ast.StarExpr); ok {
		t = star.X
	}
	return t.(*ast.Ident).Name
}

// The page lists every check, in order, with its rule and nothing else.
func TestPageListsTheChecks(t *testing.T) {
	page, err := os.ReadFile("../docs/testing-components.md")
	if err != nil {
		t.Fatal(err)
	}
	var listed []string
	for line := range strings.Lines(string(page)) {
		if row, ok := strings.CutPrefix(line, "| `"); ok {
			name, _, _ := strings.Cut(row, "`")
			listed = append(listed, name)
		}
	}
	if want := Names(); !slices.Equal(listed, want) {
		t.Errorf("the page lists %q, want %q", listed, want)
	}
}

// Every check tells what is the matter, in the tier in which it is run.
func TestChecksAreComplete(t *testing.T) {
	tier := 0
	for _, c := range checks {
		if c.rule == "" || c.where == "" || c.mend == "" || c.applies == nil || c.run == nil {
			t.Errorf("%s is incomplete", c.name)
		}
		if c.tier < tier {
			t.Errorf("%s, of tier %d, comes after one of tier %d", c.name, c.tier, tier)
		}
		tier = c.tier
	}
}
