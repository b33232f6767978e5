//go:build cgo && (linux || darwin || freebsd)

package goplugin

import (
	"fmt"
	"runtime/debug"
	"strings"
	"testing"
)

const (
	contract = "github.com/gopiper/gopiper/component"
	text     = "golang.org/x/text"
)

// with adds modules, each a path and a version.
func with(b *debug.BuildInfo, modules ...string) *debug.BuildInfo {
	for i := 0; i < len(modules); i += 2 {
		b.Deps = append(b.Deps, &debug.Module{Path: modules[i], Version: modules[i+1]})
	}
	return b
}

// summed has a module of one version and one of a version that depends.
func summed(minor string) *debug.BuildInfo {
	b := with(built("go1.26.8"), contract, "v1.0.0", text, "v0."+minor+".0")
	b.Deps[0].Sum, b.Deps[1].Sum = "h1:same", "h1:"+minor
	return b
}

func TestCompare(t *testing.T) {
	host := with(built("go1.26.8", "-trimpath", "true"), contract, "v0.3.0", text, "v0.21.0")
	host.Main = debug.Module{Path: "github.com/gopiper/gopiper", Version: "(devel)"}
	replaced := with(built("go1.26.8", "-trimpath", "true"))
	replaced.Deps = []*debug.Module{{Path: contract, Version: "v0.0.0", Replace: &debug.Module{Path: "./component"}}}
	hostHashes := hashes{"fmt": "1", "os": "1", contract: "1", text + "/tag": "1", text + "/width": "1"}
	alike := func() *debug.BuildInfo { return built("go1.26.8", "-trimpath", "true") }
	const start = "was not built like gopiper, so the two cannot share packages\n  "
	const command = "`GOTOOLCHAIN=go1.26.8 go build -buildmode=plugin -trimpath`"

	for _, c := range []struct {
		what    string
		parties []party
		plugin  *file
		want    string
	}{
		{"alike", []party{{"gopiper", host, hostHashes}},
			&file{build: with(alike(), contract, "v0.3.0"), hashes: hashes{"fmt": "1", contract: "1", "example.com/own": "9"}}, ""},
		{"another version of what is not shared", []party{{"gopiper", host, hostHashes}},
			&file{build: with(alike(), text, "v0.22.0"), hashes: hashes{"fmt": "1", text + "/own": "2"}}, ""},
		{"another version", []party{{"gopiper", host, hostHashes}},
			&file{build: with(alike(), text, "v0.22.0"), hashes: hashes{text + "/tag": "2", text + "/width": "2"}},
			start + text + " is v0.22.0, in gopiper v0.21.0: golang.org/x/text/tag, golang.org/x/text/width\n" +
				"  to build it again: `go get golang.org/x/text@v0.21.0`; " + command},
		{"another version of a replaced module", []party{{"gopiper", replaced, hashes{contract: "1"}}},
			&file{build: with(alike(), contract, "v0.1.0"), hashes: hashes{contract: "2"}},
			start + contract + " is v0.1.0, in gopiper v0.0.0: " + contract + "\n  to build it again: require " + contract +
				" v0.0.0 and replace it by the source that gopiper was built from; " + command},
		{"other source, and another version of another", []party{{"gopiper", host, hostHashes}},
			&file{build: with(alike(), contract, "v0.3.0", text, "v0.22.0"), hashes: hashes{contract: "2", text + "/tag": "2"}},
			start + contract + " is not from the source that gopiper was built from: " + contract + "\n  " +
				text + " is v0.22.0, in gopiper v0.21.0: golang.org/x/text/tag\n" +
				"  to build it again: use the source of " + contract + " that gopiper was built from; `go get golang.org/x/text@v0.21.0`; " + command},
		{"flags", []party{{"gopiper", host, hostHashes}},
			&file{build: built("go1.26.8", "-trimpath", "true", "-gcflags", "all=-N"), hashes: hashes{"fmt": "2", "os": "2", contract: "2"}},
			start + "built with -gcflags=all=-N, gopiper without: fmt, github.com/gopiper/gopiper/component, os\n  to build it again: " + command},
		{"flags of one module", []party{{"gopiper", host, hostHashes}},
			&file{build: with(built("go1.26.8", "-trimpath", "true", "-tags", "a"), contract, "v0.3.0"), hashes: hashes{"fmt": "1", contract: "2"}},
			start + contract + " is not from the source that gopiper was built from (and it was built with -tags=a, gopiper without): " + contract +
				"\n  to build it again: use the source of " + contract + " that gopiper was built from; " + command},
		{"a consequence", []party{{"gopiper", summed("1"), hashes{contract: "1", text: "1"}}},
			&file{build: summed("2"), hashes: hashes{contract: "2", text: "2"}},
			start + contract + " v1.0.0 was built with other versions of what it imports: " + contract + "\n  " +
				text + " is v0.2.0, in gopiper v0.1.0: " + text + "\n  to build it again: `go get golang.org/x/text@v0.1.0`; `GOTOOLCHAIN=go1.26.8 go build -buildmode=plugin`"},
		{"unknown reason", []party{{"gopiper", host, hostHashes}},
			&file{build: alike(), hashes: hashes{"fmt": "2"}},
			start + "Go's own packages were built in another way: fmt\n  to build it again: " + command},
		{"settings come before hashes, but versions are told", []party{{"gopiper", host, hostHashes}},
			&file{build: with(built("go1.26.8"), text, "v0.22.0"), hashes: hashes{"fmt": "2"}},
			start + "built without -trimpath, gopiper with it\n  " + text + " is v0.22.0, in gopiper v0.21.0\n" +
				"  to build it again: `go get golang.org/x/text@v0.21.0`; " + command},
		{"another plugin", []party{{"gopiper", host, hostHashes}, {"build/a.so", with(alike(), "example.com/w", "v1.0.0"), hashes{"example.com/w": "1"}}},
			&file{build: with(alike(), "example.com/w", "v1.1.0"), hashes: hashes{"example.com/w": "2"}},
			start + "example.com/w is v1.1.0, in build/a.so v1.0.0: example.com/w\n" +
				"  to build it again: `go get example.com/w@v1.0.0`; " + command},
		{"no hashes", []party{{"gopiper", host, nil}},
			&file{build: with(alike(), text, "v0.22.0"), hashes: hashes{text + "/tag": "2"}}, ""},
	} {
		got := ""
		if err := compare(c.parties, c.plugin); err != nil {
			got = err.Error()
		}
		if got != c.want {
			t.Errorf("%s:\n got %s\nwant %s", c.what, got, c.want)
		}
	}
}

func TestManyPackagesAreNotAllNamed(t *testing.T) {
	host, plugin := hashes{}, hashes{}
	for i := range 40 {
		host[fmt.Sprintf("pkg%02d", i)], plugin[fmt.Sprintf("pkg%02d", i)] = "1", "2"
	}
	err := compare([]party{{"gopiper", built("go1.26.8"), host}}, &file{build: built("go1.26.8"), hashes: plugin})
	if err == nil || !strings.Contains(err.Error(), "pkg00, ") || !strings.Contains(err.Error(), "pkg11 and 28 more\n") {
		t.Error(err)
	}
}

// What the runtime finds is explained like what the hashes tell, for where
// there are none.
func TestOpenError(t *testing.T) {
	saved := parties
	defer func() { parties = saved }()
	parties = []party{{"gopiper", with(built("go1.26.8"), text, "v0.21.0"), nil}}
	f := &file{build: with(built("go1.26.8"), text, "v0.22.0")}
	for _, c := range []struct{ err, want string }{
		{`plugin.Open("/x/a"): plugin was built with a different version of package golang.org/x/text/tag`,
			"was not built like gopiper, so the two cannot share packages\n" +
				"  golang.org/x/text is v0.22.0, in gopiper v0.21.0: golang.org/x/text/tag\n" +
				"  to build it again: `go get golang.org/x/text@v0.21.0`; `GOTOOLCHAIN=go1.26.8 go build -buildmode=plugin`"},
		{`plugin.Open("/x/a"): plugin already loaded`,
			"is the same plugin as another file, which this process has loaded: a copy or another build of it; name one file in all stages"},
		{`plugin.Open("/x/a.so"): libm.so.9: cannot open shared object file`,
			"cannot be opened: libm.so.9: cannot open shared object file; build it on this machine, or on one with the same C library"},
	} {
		if got := openError("/x/a.so", fmt.Errorf("%s", c.err), f); got.Error() != c.want {
			t.Errorf("\n got %s\nwant %s", got, c.want)
		}
	}
}
