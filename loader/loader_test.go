package loader

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/gopiper/gopiper/component"
)

type factory struct{ attributes map[string]any }

func (factory) Amount() int                                       { return 1 }
func (factory) Create(chan component.Message) component.Component { return nil }

func newFactory(attributes map[string]any) (component.Factory, error) {
	return factory{attributes}, nil
}

func declaration(name string) component.Declaration {
	return component.Declaration{Name: name, Roles: component.Sink, Attributes: []component.Attribute{
		{Name: "size", Type: component.Size, Default: int64(7), Doc: "How large."},
		{Name: "path", Type: component.String, Required: true, Doc: "Where to. More."},
	}}
}

func withBuiltins(names ...string) *registry {
	r := &registry{}
	for _, n := range names {
		r.register(declaration(n), newFactory)
	}
	return r
}

func TestBuiltinGetsValidatedAttributes(t *testing.T) {
	r := withBuiltins("stdout", "stdin")
	loaded, err := r.load("stdout")
	if err != nil {
		t.Fatal(err)
	}
	if loaded.Name != "stdout" || loaded.Declaration == nil {
		t.Errorf("loaded %q with declaration %v", loaded.Name, loaded.Declaration)
	}
	given := map[string]any{"path": "x"}
	f, err := loaded.New(given)
	if err != nil {
		t.Fatal(err)
	}
	if got, want := f.(factory).attributes, (map[string]any{"path": "x", "size": int64(7)}); !reflect.DeepEqual(got, want) {
		t.Errorf("the component got %v, not %v", got, want)
	}
	if len(given) != 1 {
		t.Errorf("the caller's map was changed to %v", given)
	}
}

func TestNamesAndDeclarationsAreSorted(t *testing.T) {
	r := withBuiltins("stdout", "filter", "stdin")
	want := []string{"filter", "stdin", "stdout"}
	if got := r.names(); !reflect.DeepEqual(got, want) {
		t.Errorf("names: %v", got)
	}
	for i, d := range r.declarations() {
		if d.Name != want[i] {
			t.Errorf("declaration %d is that of %q", i, d.Name)
		}
	}
}

func TestLoadErrors(t *testing.T) {
	directory := t.TempDir()
	t.Chdir(directory)
	for _, name := range []string{"stdout_component.so", "x.wasm", "x.lua", "x.dylib", "x"} {
		if err := os.WriteFile(name, nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Mkdir("build.so", 0o700); err != nil {
		t.Fatal(err)
	}
	here, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	r := withBuiltins("stdin", "stdout")
	for _, c := range []struct{ reference, want string }{
		{"", "no component is named; give a built-in's name or a file's path; `gopiper list` shows them"},
		{"stdot", "stdot: no such component; did you mean \"stdout\"? (`gopiper list` shows them)"},
		{"kafka_streams", "kafka_streams: no such component; `gopiper list` shows them; a file's path ends in .so"},
		{"nowhere.so", "nowhere.so: no such file; build it first (the path is relative to " + here + ")"},
		{"stdot_component.so", "stdot_component.so: no such file; did you mean \"stdout_component.so\"? (the path is relative to " + here + ")"},
		{here + "/none/x.so", here + "/none/x.so: no such file; build it first"},
		{"x.lua/x.so", "x.lua/x.so: cannot be read: not a directory"},
		{"build.so", "build.so: is a directory; name the component's file in it, which ends in .so"},
		{"stdout_component.so", "stdout_component.so: this binary was built without plugins; use a gopiper built with cgo, or in a program of your own import github.com/gopiper/gopiper/loader/goplugin"},
		{"x.wasm", "x.wasm: components in .wasm files are not supported by this version; use a Go plugin (.so) or a built-in (`gopiper list` shows them)"},
		{"./x.lua", "./x.lua: components in .lua files are not supported by this version; use a Go plugin (.so) or a built-in (`gopiper list` shows them)"},
		{"./x.dylib", "./x.dylib: no component: files that end in .dylib are not known; a Go plugin ends in .so"},
		{"./x", "./x: has no ending that tells what it is; a Go plugin ends in .so"},
		{"x\x00.so", "x\x00.so: cannot be read: invalid argument"},
	} {
		loaded, err := r.load(c.reference)
		if err == nil || err.Error() != c.want {
			t.Errorf("%q:\n got %v\nwant %s", c.reference, err, c.want)
		}
		if loaded.New != nil {
			t.Errorf("%q: an error and a component", c.reference)
		}
	}
	_, err = (&registry{}).load("stdout")
	if err == nil || !strings.Contains(err.Error(), "built without any") {
		t.Errorf("without built-ins: %v", err)
	}
}

func TestTransport(t *testing.T) {
	path := filepath.Join(t.TempDir(), "my_part.so")
	if err := os.WriteFile(path, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	declared, invalid := declaration("declared"), declaration("declared")
	invalid.Roles = 0
	var opened string
	for _, c := range []struct {
		what     string
		result   Loaded
		err      error
		wantName string
		wantErr  string
	}{
		{"declared", Loaded{Declaration: &declared, New: newFactory}, nil, "declared", ""},
		{"undeclared", Loaded{New: newFactory}, nil, "my_part", ""},
		{"invalid", Loaded{Declaration: &invalid, New: newFactory}, nil, "",
			path + ": its Declaration is invalid: the Roles must name one or more of Source, Processor and Sink"},
		{"broken", Loaded{}, errors.New("is broken"), "", path + ": is broken"},
	} {
		r := &registry{}
		r.registerTransport(".so", func(p string) (Loaded, error) {
			opened = p
			return c.result, c.err
		})
		loaded, err := r.load(path)
		if opened != path {
			t.Errorf("%s: opened %q", c.what, opened)
		}
		if loaded.Name != c.wantName || fmt.Sprint(err) != c.wantErr && (err != nil || c.wantErr != "") {
			t.Errorf("%s: got %q, %v", c.what, loaded.Name, err)
		}
	}
}

func TestUndeclaredAttributesPassUncheckedAsACopy(t *testing.T) {
	new := guard(Loaded{Name: "part", New: newFactory})
	given := map[string]any{"anything": 1.5}
	f, err := new(given)
	if err != nil {
		t.Fatal(err)
	}
	got := f.(factory).attributes
	if !reflect.DeepEqual(got, given) {
		t.Errorf("got %v", got)
	}
	got["more"] = true
	if len(given) != 1 {
		t.Error("the component can change the caller's map")
	}
	f, err = new(nil)
	if err != nil || f.(factory).attributes == nil {
		t.Errorf("nil attributes reach the component as %v, %v", f, err)
	}
}

func TestNewErrors(t *testing.T) {
	d := declaration("part")
	first, second := errors.New("first"), errors.New("second")
	valid := map[string]any{"path": "x"}
	for _, c := range []struct {
		what       string
		attributes map[string]any
		newFactory NewFactory
		want       string
	}{
		{"unknown attribute", map[string]any{"path": "x", "sizes": 1}, newFactory,
			`part: unknown attribute "sizes"; did you mean "size"?`},
		{"several", map[string]any{"size": true}, newFactory,
			"part: attribute \"size\": expected a size, got the boolean true\npart: attribute \"path\" is required: Where to."},
		{"its own error", valid, func(map[string]any) (component.Factory, error) { return nil, first }, "part: first"},
		{"its own errors", valid,
			func(map[string]any) (component.Factory, error) { return nil, errors.Join(first, second) },
			"part: first\npart: second"},
		{"an error around two", valid,
			func(map[string]any) (component.Factory, error) {
				return nil, fmt.Errorf("both: %w, %w", first, second)
			}, "part: both: first, second"},
		{"nothing", valid, func(map[string]any) (component.Factory, error) { return nil, nil },
			"part: NewFactory returned neither a factory nor an error; this is a defect of the component"},
		{"nil pointer", valid, func(map[string]any) (component.Factory, error) { return (*factory)(nil), nil },
			"part: NewFactory returned neither a factory nor an error; this is a defect of the component"},
	} {
		f, err := guard(Loaded{Name: "part", Declaration: &d, New: c.newFactory})(c.attributes)
		if err == nil || err.Error() != c.want || f != nil {
			t.Errorf("%s:\n got %v, %v\nwant %s", c.what, f, err, c.want)
		}
	}
}

func TestPanicTellsWhere(t *testing.T) {
	_, err := guard(Loaded{Name: "part", New: func(attributes map[string]any) (component.Factory, error) {
		var list []component.Factory
		return list[len(attributes)], nil
	}})(nil)
	if err == nil {
		t.Fatal("no error")
	}
	for _, want := range []string{
		"part: NewFactory panicked: runtime error: index out of range [0] with length 0 at ",
		"loader.TestPanicTellsWhere", "loader_test.go:", "this is a defect of the component",
	} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%q lacks %q", err, want)
		}
	}
	for _, not := range []string{"guard.go", " at runtime.", "\n"} {
		if strings.Contains(err.Error(), not) {
			t.Errorf("%q contains %q", err, not)
		}
	}
}

func TestRegisterRefuses(t *testing.T) {
	with := func(a component.Attribute) func(*component.Declaration) {
		return func(d *component.Declaration) { d.Attributes = append(d.Attributes, a) }
	}
	for _, c := range []struct {
		change func(*component.Declaration)
		want   string
	}{
		{func(d *component.Declaration) { d.Name = "" }, `the name "" is not in lower_snake_case`},
		{func(d *component.Declaration) { d.Name = "Part" }, `the name "Part" is not`},
		{func(d *component.Declaration) { d.Name = "2x" }, `the name "2x" is not`},
		{func(d *component.Declaration) { d.Roles = 0 }, "Roles must name"},
		{func(d *component.Declaration) { d.Roles = 8 }, "Roles must name"},
		{func(d *component.Declaration) { d.Name = "stdout" }, `"stdout" is registered twice`},
		{with(component.Attribute{Name: "workers"}), `"workers": belongs to every stage`},
		{with(component.Attribute{Name: "size"}), `"size" is declared twice`},
		{with(component.Attribute{}), `"": the name is not`},
		{with(component.Attribute{Name: "a", Type: 99}), "unknown type 99"},
		{with(component.Attribute{Name: "a", Required: true, Default: "x"}), "is required and has a default"},
		{with(component.Attribute{Name: "a", Type: component.Int, Default: 1}), "the type integer has the Go type int64"},
		{with(component.Attribute{Name: "a", Type: component.Duration, Min: int64(1)}), "its Min is of the Go type int64"},
		{with(component.Attribute{Name: "a", Type: component.Bool, Min: true}), "has a Min"},
		{with(component.Attribute{Name: "a", Type: component.Any, Min: 1}), "has a Min"},
		{with(component.Attribute{Name: "a", Type: component.Int, Options: []string{"x"}}), "has options"},
		{with(component.Attribute{Name: "a", Default: "y", Options: []string{"x"}}), `default "y" is none of its options`},
	} {
		r := withBuiltins("stdout")
		d := declaration("part")
		c.change(&d)
		if got := panicOf(func() { r.register(d, newFactory) }); !strings.Contains(got, c.want) {
			t.Errorf("got %q, want %q", got, c.want)
		}
	}
	r := withBuiltins("stdout")
	if got := panicOf(func() { r.register(declaration("part"), nil) }); !strings.Contains(got, "no NewFactory") {
		t.Errorf("got %q", got)
	}
	r.registerTransport(".so", nil)
	if got := panicOf(func() { r.registerTransport(".so", nil) }); !strings.Contains(got, "registered twice") {
		t.Errorf("got %q", got)
	}
}

func TestRegisterTakesEveryType(t *testing.T) {
	r := &registry{}
	r.register(component.Declaration{Name: "part_2", Roles: component.Source | component.Sink, Attributes: []component.Attribute{
		{Name: "a", Type: component.String, Default: "x", Options: []string{"x", "y"}},
		{Name: "b", Type: component.Int, Default: int64(1), Min: int64(0)},
		{Name: "c", Type: component.Float, Default: 1.0, Min: 0.5},
		{Name: "d", Type: component.Bool, Default: true},
		{Name: "e", Type: component.Duration, Default: time.Second, Min: time.Millisecond},
		{Name: "f", Type: component.Size, Default: int64(1)},
		{Name: "g", Type: component.List, Default: []string{}},
		{Name: "h", Type: component.Map, Default: map[string]any{}},
		{Name: "i", Type: component.Any, Default: 3},
	}}, newFactory)
	if _, err := r.load("part_2"); err != nil {
		t.Error(err)
	}
}

func panicOf(f func()) (message string) {
	defer func() {
		if v := recover(); v != nil {
			message = fmt.Sprint(v)
		}
	}()
	f()
	return ""
}
