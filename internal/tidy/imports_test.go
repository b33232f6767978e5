package tidy

import (
	"encoding/json"
	"errors"
	"io"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

// repository is the root of the repository, seen from here.
const repository = "../.."

const module = "github.com/gopiper/gopiper"

// arrow says what the packages of a folder may import beside the standard
// library. Names without a dot are folders of this module, and stand for what is
// below them too; others are modules.
type arrow struct {
	from string
	to   []string
}

// arrows point one way. The first that fits a package counts.
var arrows = []arrow{
	{"component", nil},
	{"plan", nil},
	{"framing", []string{"golang.org/x/sys"}},
	{"jsonview", nil},
	{"match", []string{"golang.org/x/sys"}},
	{"engine", []string{"component", "plan"}},
	{"store/storetest", []string{"store", "github.com/cockroachdb/pebble"}},
	{"store", []string{"github.com/cockroachdb/pebble", "github.com/klauspost/compress"}},
	{"control", []string{"engine"}},
	{"loader/goplugin", []string{"component", "loader"}},
	{"loader", []string{"component"}},
	{"script/luajit", []string{"component", "github.com/ebitengine/purego", "golang.org/x/sys"}},
	{"script/std", []string{"jsonview", "github.com/klauspost/compress", "github.com/cespare/xxhash"}},
	{"script", []string{"component", "plan", "framing", "jsonview", "script", "github.com/yuin/gopher-lua"}},
	{"observe", []string{"engine", "github.com/prometheus/client_golang"}},
	{"components/all", []string{"components", "loader"}},
	{"components/file", append(parts, "github.com/klauspost/compress")},
	{"components/reject", append(parts, "components/filter")}, // it is filter the other way round
	{"components", parts},
	{"plugins", []string{"component", "components"}},
	{"componenttest", []string{"component", "engine", "framing", "jsonview", "plan", "go.uber.org/goleak"}},
	{".", []string{"component", "engine", "loader", "plan"}},
	{"cmd", []string{
		".", "component", "components/all", "control", "engine", "loader", "observe", "plan", "script", "store",
		"github.com/alecthomas/kong",
	}},
	{"examples", []string{".", "component", "components/all"}},
	{"bench", []string{"component"}},
	{"test", []string{"component", "componenttest", "loader"}},
	{"docs", nil},
	{"internal", nil},
}

// parts are what every component of the library may import: the contract, and
// what components are built from. Never one another, and never the engine.
var parts = []string{
	"component", "framing", "jsonview",
	"match", "components/gather", "components/internal", "components/stream",
	"golang.org/x/sys",
}

type goPackage struct {
	ImportPath, Name, Doc string
	Imports               []string
}

// packages lists the packages of the module in a folder.
func packages(t *testing.T, folder string) []goPackage {
	t.Helper()
	command := exec.Command("go", "list", "-json=ImportPath,Name,Doc,Imports", "./...")
	command.Dir = folder
	output, err := command.Output()
	if err != nil {
		t.Fatalf("%s: %v", command, err)
	}
	var list []goPackage
	for decoder := json.NewDecoder(strings.NewReader(string(output))); ; {
		var p goPackage
		if err := decoder.Decode(&p); errors.Is(err, io.EOF) {
			return list
		} else if err != nil {
			t.Fatal(err)
		}
		list = append(list, p)
	}
}

func all(t *testing.T) []goPackage {
	list := append(packages(t, repository), packages(t, repository+"/component")...)
	if len(list) < 30 {
		t.Fatalf("there are only %d packages", len(list))
	}
	return list
}

// Imports point one way.
func TestArrows(t *testing.T) {
	for _, p := range all(t) {
		from := folder(p.ImportPath)
		i := slices.IndexFunc(arrows, func(a arrow) bool { return within(from, a.from) })
		if i < 0 {
			t.Errorf("%s: no arrow says what it may import; add one here", from)
			continue
		}
		for _, path := range p.Imports {
			to := folder(path)
			standard := !strings.Contains(strings.Split(to, "/")[0], ".") && !isOurs(path)
			if standard || within(to, arrows[i].from) && arrows[i].from != "components" {
				continue
			}
			if !slices.ContainsFunc(arrows[i].to, func(allowed string) bool { return within(to, allowed) }) {
				t.Errorf("%s imports %s", from, to)
			}
		}
	}
}

func isOurs(path string) bool { return path == module || strings.HasPrefix(path, module+"/") }

// folder is the folder of a package of this module, the path of any other.
func folder(path string) string {
	if path == module {
		return "."
	}
	return strings.TrimPrefix(path, module+"/")
}

func within(name, root string) bool {
	return name == root || root != "." && strings.HasPrefix(name, root+"/")
}

// Every package says what it is for, and none is a place for what has no other.
func TestPackages(t *testing.T) {
	for _, p := range all(t) {
		if p.Doc == "" && !strings.Contains(p.ImportPath, "/test/plugins/broken/") && folder(p.ImportPath) != "examples" {
			t.Errorf("%s has no comment that says what it is for", folder(p.ImportPath))
		}
		for _, name := range []string{"util", "utils", "common", "helper", "helpers", "misc", "shared", "base"} {
			if slices.Contains(strings.Split(folder(p.ImportPath), "/"), name) || p.Name == name {
				t.Errorf("%s: %s says nothing; name it after what is in it", folder(p.ImportPath), name)
			}
		}
	}
}
