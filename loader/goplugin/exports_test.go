//go:build cgo && (linux || darwin || freebsd)

package goplugin

import (
	"testing"

	"github.com/gopiper/gopiper/component"
)

func newFactory(map[string]any) (component.Factory, error) { return nil, nil }

type named []*component.Declaration

func TestExports(t *testing.T) {
	declaration := component.Declaration{Name: "part"}
	pointer := &declaration
	variable := newFactory
	list := named{}
	for _, c := range []struct {
		what    string
		symbols map[string]any
		want    string
	}{
		{"both", map[string]any{"NewFactory": newFactory, "Declaration": &declaration}, ""},
		{"no declaration", map[string]any{"NewFactory": newFactory}, ""},
		{"nothing", nil, "is a Go plugin, but exports no NewFactory; it must have `" + signature + "` in package main"},
		{"variable", map[string]any{"NewFactory": &variable},
			"its NewFactory is a variable of the type func(map[string]any) (component.Factory, error); it must be `" + signature + "`"},
		{"no error", map[string]any{"NewFactory": func(map[string]string, ...int) component.Factory { return nil }},
			"its NewFactory is a func(map[string]string, []int) component.Factory; it must be `" + signature + "`"},
		{"nothing in, nothing out", map[string]any{"NewFactory": func() {}},
			"its NewFactory is a func(); it must be `" + signature + "`"},
		{"declaration is a pointer", map[string]any{"NewFactory": newFactory, "Declaration": &pointer},
			"its Declaration is a variable of the type *component.Declaration; it must be `var Declaration component.Declaration`, or not be there"},
		{"declaration is a function", map[string]any{"NewFactory": newFactory, "Declaration": func() component.Declaration { return declaration }},
			"its Declaration is a func() component.Declaration; it must be `var Declaration component.Declaration`, or not be there"},
		{"declaration of another package", map[string]any{"NewFactory": newFactory, "Declaration": &list},
			"its Declaration is a variable of the type github.com/gopiper/gopiper/loader/goplugin.named; it must be `var Declaration component.Declaration`, or not be there"},
	} {
		loaded, err := exports(func(name string) (any, bool) {
			symbol, ok := c.symbols[name]
			return symbol, ok
		})
		got := ""
		if err != nil {
			got = err.Error()
		}
		if got != c.want {
			t.Errorf("%s:\n got %s\nwant %s", c.what, got, c.want)
		}
		if err == nil && (loaded.New == nil || (loaded.Declaration != nil) != (c.symbols["Declaration"] != nil)) {
			t.Errorf("%s: loaded %+v", c.what, loaded)
		}
	}
}
