//go:build cgo && (linux || freebsd)

package plugins

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

// run has the host try the arguments in one process, and returns what it
// prints.
func run(t *testing.T, arguments ...string) string {
	t.Helper()
	output, err := exec.Command(host(t), arguments...).CombinedOutput()
	if err != nil {
		t.Fatalf("the host ended with %v:\n%s", err, output)
	}
	return string(output)
}

// expect compares what the host prints with the lines, in which DIR stands for
// the directory.
func expect(t *testing.T, directory, got string, lines ...string) {
	t.Helper()
	want := strings.Join(lines, "\n") + "\n"
	if got = strings.ReplaceAll(got, directory, "DIR"); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

func TestTheLeastIsEnough(t *testing.T) {
	t.Parallel()
	directory := t.TempDir()
	outcomes := filepath.Join(directory, "outcomes")
	got := run(t, plugin(t, "minimal_processor"),
		"source:"+plugin(t, "minimal_source")+`?{"amount": 2, "outcomes": "`+outcomes+`"}`,
		plugin(t, "minimal_sink"))
	expect(t, directory, got,
		"minimal_processor: declared false, workers 1", `0: "HELLO"`,
		"minimal_source: declared false, workers 1", `*main.message: "message 1"`, `*main.message: "message 2"`,
		"minimal_sink: declared false, workers 1", "hello", `0: "hello"`)
	if text, err := os.ReadFile(outcomes); err != nil || string(text) != "2 released, 0 failed\n" {
		t.Errorf("the source learned %q, %v", text, err)
	}
}

// What gopiper ships as plugins is what it has built in.
func TestShippedPlugins(t *testing.T) {
	t.Parallel()
	directory := t.TempDir()
	for _, name := range []string{"stdin", "stdout"} {
		path := filepath.Join(directory, name+"_component.so")
		build(t, repository, path, "./plugins/"+name+"_component")
		if got := run(t, path); !strings.HasPrefix(got, name+": declared true, workers 1\n") {
			t.Errorf("%s: got\n%s", name, got)
		}
	}
}

func TestBrokenPlugins(t *testing.T) {
	t.Parallel()
	const source = "github.com/gopiper/gopiper/test/plugins/broken/"
	const signature = "`func NewFactory(attributes map[string]any) (component.Factory, error)`"
	for _, c := range []struct{ name, want string }{
		{"no_factory", "DIR/no_factory.so: is a Go plugin, but exports no NewFactory; it must have " + signature + " in package main"},
		{"factory_type", "DIR/factory_type.so: its NewFactory is a func(map[string]string) component.Factory; it must be " + signature},
		{"factory_variable", "DIR/factory_variable.so: its NewFactory is a variable of the type func(map[string]any) (component.Factory, error); it must be " + signature},
		{"factory_panics", "factory_panics: NewFactory panicked: interface conversion: interface {} is nil, not string" +
			" at " + source + "factory_panics.NewFactory (" + source + "factory_panics/main.go:8); this is a defect of the component"},
		{"declaration_type", "DIR/declaration_type.so: its Declaration is a variable of the type *component.Declaration; it must be `var Declaration component.Declaration`, or not be there"},
		{"declaration_invalid", `DIR/declaration_invalid.so: its Declaration is invalid: attribute "workers": belongs to every stage and may not be declared`},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			path := plugin(t, "broken/"+c.name)
			// The second time it says the same.
			expect(t, filepath.Dir(path), run(t, path, path), "error: "+c.want, "error: "+c.want)
		})
	}
	t.Run("init_panics", func(t *testing.T) {
		t.Parallel()
		path := plugin(t, "broken/init_panics")
		expect(t, filepath.Dir(path), run(t, path, path),
			"error: DIR/init_panics.so: its initialisation panicked: assignment to entry in nil map at "+
				source+"init_panics.init.0 ("+source+"init_panics/main.go:8); this is a defect of the component",
			"error: DIR/init_panics.so: its initialisation panicked before; start gopiper again once it is mended")
	})
}

func TestFilesThatAreNoPlugins(t *testing.T) {
	t.Parallel()
	directory := t.TempDir()
	in := func(name string) string { return filepath.Join(directory, name) }
	write(t, in("text.so"), []byte("text"))
	write(t, in("program.so"), read(t, host(t)))
	write(t, in("cut.so"), read(t, plugin(t, "minimal_processor"))[:1<<20])
	write(t, in("c.c"), []byte("int NewFactory(void) { return 0; }\n"))
	if err := os.Mkdir(in("directory.so"), 0o700); err != nil {
		t.Fatal(err)
	}
	compiler := strings.Fields(goCommand(t, directory, "env", "CC"))
	command := exec.Command(compiler[0], append(compiler[1:], "-shared", "-fPIC", "-o", in("c.so"), in("c.c"))...)
	if output, err := command.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, output)
	}
	for name, want := range map[string]string{
		"missing.so":   "error: DIR/missing.so: no such file; build it first\n",
		"directory.so": "error: DIR/directory.so: is a directory; name the component's file in it, which ends in .so\n",
		"text.so":      "error: DIR/text.so: is no shared object, not a Go plugin for ",
		"program.so":   "error: DIR/program.so: is a program, not a plugin; build it with `go build -buildmode=plugin`\n",
		"cut.so":       "error: DIR/cut.so: is a damaged or incomplete ELF file (",
		"c.so":         "error: DIR/c.so: is a shared object but no Go plugin (",
	} {
		if got := strings.ReplaceAll(run(t, in(name)), directory, "DIR"); !strings.HasPrefix(got, want) {
			t.Errorf("%s: got\n%swant\n%s", name, got, want)
		}
	}
}

func TestHostWithoutCgo(t *testing.T) {
	t.Parallel()
	directory := t.TempDir()
	static := filepath.Join(directory, "host")
	command := inModule(repository, "build", "-trimpath", "-buildvcs=false", "-o", static, "./test/plugins/host")
	command.Env = append(command.Env, "CGO_ENABLED=0")
	if output, err := command.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, output)
	}
	path := plugin(t, "minimal_processor")
	output, err := exec.Command(static, path).CombinedOutput()
	if err != nil {
		t.Fatal(err)
	}
	expect(t, filepath.Dir(path), string(output),
		"error: DIR/minimal_processor.so: Go plugins need a gopiper built with cgo, on Linux, macOS or FreeBSD; use a built-in (`gopiper list` shows them)")
}

// The build information of a copy is edited in place: it must keep its length.
func TestBuiltInAnotherWay(t *testing.T) {
	t.Parallel()
	original := plugin(t, "minimal_processor")
	version := strings.TrimSpace(goCommand(t, repository, "env", "GOVERSION"))
	other := version[:len(version)-1] + "x"
	command := "\n  to build it again: `GOTOOLCHAIN=" + version + " go build -buildmode=plugin -trimpath`"
	for _, c := range []struct{ what, old, new, want string }{
		{"another Go", version, other, "was not built like gopiper, so the two cannot share packages\n" +
			"  built with " + other + ", gopiper with " + version + command},
		{"without -trimpath", "\t-trimpath=true", "\t-trimpaht=true", "was not built like gopiper, so the two cannot share packages\n" +
			"  built without -trimpath, gopiper with it" + command},
		{"another mode", "\t-buildmode=plugin", "\t-buildmode=shared", "is no plugin: it was built with -buildmode=shared; build it with " +
			"`GOTOOLCHAIN=" + version + " go build -buildmode=plugin -trimpath`"},
	} {
		directory := t.TempDir()
		path := filepath.Join(directory, "x.so")
		write(t, path, bytes.ReplaceAll(read(t, original), []byte(c.old), []byte(c.new)))
		expect(t, directory, run(t, path), "error: DIR/x.so: "+c.want)
	}
}

func TestOnePluginManyPaths(t *testing.T) {
	t.Parallel()
	directory := t.TempDir()
	in := func(name string) string { return filepath.Join(directory, name) }
	write(t, in("part.so"), read(t, plugin(t, "minimal_processor")))
	write(t, in("copy.so"), read(t, in("part.so")))
	if err := os.Symlink("part.so", in("link.so")); err != nil {
		t.Fatal(err)
	}
	expect(t, directory, run(t, in("part.so"), in("link.so"), in("copy.so")),
		"part: declared false, workers 1", `0: "HELLO"`,
		"link: declared false, workers 1", `0: "HELLO"`,
		"error: DIR/copy.so: is the same plugin as DIR/part.so, which this process has loaded: a copy or another build of it; name one file in all stages")
}

func TestBuiltAgainMeanwhile(t *testing.T) {
	t.Parallel()
	directory := t.TempDir()
	path := filepath.Join(directory, "part.so")
	write(t, path, read(t, plugin(t, "minimal_processor")))
	expect(t, directory, run(t, path, "copy:"+plugin(t, "minimal_processor")+":"+path, path, "copy:"+plugin(t, "minimal_sink")+":"+path, path),
		"part: declared false, workers 1", `0: "HELLO"`,
		"part: declared false, workers 1", `0: "HELLO"`,
		"error: DIR/part.so: has been built again since this process loaded it; a Go plugin cannot be replaced in a running process: start gopiper again")
}

// built holds what was built once for all tests.
var built struct {
	sync.Mutex
	directory string
	paths     map[string]func() error
}

func TestMain(m *testing.M) {
	directory, err := os.MkdirTemp("", "gopiper-plugins-")
	if err != nil {
		panic(err)
	}
	built.directory, built.paths = directory, make(map[string]func() error)
	code := m.Run()
	os.RemoveAll(directory)
	os.Exit(code)
}
