//go:build cgo && (linux || darwin || freebsd)

package goplugin

import (
	"errors"
	"fmt"
	"reflect"
	"strings"

	"github.com/gopiper/gopiper/component"
	"github.com/gopiper/gopiper/loader"
)

const signature = "func NewFactory(attributes map[string]any) (component.Factory, error)"

// exports finds what a plugin exports for gopiper. lookup is that of
// plugin.Plugin: of a variable it returns the address.
func exports(lookup func(name string) (any, bool)) (loader.Loaded, error) {
	var loaded loader.Loaded
	symbol, ok := lookup("NewFactory")
	if !ok {
		return loaded, errors.New("is a Go plugin, but exports no NewFactory; it must have `" + signature + "` in package main")
	}
	if loaded.New, ok = symbol.(loader.NewFactory); !ok {
		return loaded, fmt.Errorf("its NewFactory is %s; it must be `%s`", describe(symbol), signature)
	}
	if symbol, ok = lookup("Declaration"); !ok {
		return loaded, nil
	}
	if loaded.Declaration, ok = symbol.(*component.Declaration); !ok {
		return loaded, fmt.Errorf("its Declaration is %s; it must be `var Declaration component.Declaration`, or not be there", describe(symbol))
	}
	return loaded, nil
}

// describe says what a symbol is: a function, or a variable with its type.
func describe(symbol any) string {
	t := reflect.TypeOf(symbol)
	if t.Kind() == reflect.Func {
		return "a " + typeName(t)
	}
	return "a variable of the type " + typeName(t.Elem())
}

// typeName is the type's name with the whole paths of packages: what differs
// may be where they come from.
func typeName(t reflect.Type) string {
	switch {
	case t == reflect.TypeFor[any]():
		return "any"
	case t == reflect.TypeFor[component.Factory]():
		return "component.Factory"
	case t == reflect.TypeFor[component.Declaration]():
		return "component.Declaration"
	case t.Name() != "" && t.PkgPath() != "":
		return t.PkgPath() + "." + t.Name()
	}
	switch {
	case t.Name() != "":
		return t.Name()
	case t.Kind() == reflect.Pointer:
		return "*" + typeName(t.Elem())
	case t.Kind() == reflect.Slice:
		return "[]" + typeName(t.Elem())
	case t.Kind() == reflect.Map:
		return "map[" + typeName(t.Key()) + "]" + typeName(t.Elem())
	case t.Kind() == reflect.Func:
		return functionName(t)
	}
	return t.String()
}

func functionName(t reflect.Type) string {
	in, out := make([]string, t.NumIn()), make([]string, t.NumOut())
	for i := range in {
		in[i] = typeName(t.In(i))
	}
	for i := range out {
		out[i] = typeName(t.Out(i))
	}
	results := strings.Join(out, ", ")
	if len(out) > 1 {
		results = "(" + results + ")"
	}
	return strings.TrimSpace("func(" + strings.Join(in, ", ") + ") " + results)
}
