package script

import (
	"errors"
	"fmt"
	"math"
	"strconv"

	lua "github.com/yuin/gopher-lua"

	"github.com/gopiper/gopiper/component"
)

// depthMax bounds how deep tables of attributes may be nested.
const depthMax = 100

// elementsMax bounds how many values there are in the tables of one attribute: a
// table that holds another twice, and that another twice and so on, is small in
// Lua only.
const elementsMax = 1 << 20

var (
	errNested = fmt.Errorf("tables are nested more than %d deep; does one contain itself?", depthMax)
	errMany   = fmt.Errorf("there are more than %d values; does a table hold another many times?", elementsMax)
)

// toGo turns a Lua value into what attributes are made of: string, float64,
// bool, []any and map[string]any. An empty table is a list.
func toGo(value lua.LValue) (any, error) {
	left := elementsMax
	return elementToGo(value, 0, &left)
}

// elementToGo is toGo of a value that is depth tables deep, of which left more
// may follow.
func elementToGo(value lua.LValue, depth int, left *int) (any, error) {
	if *left--; *left < 0 {
		return nil, errMany
	}
	switch v := value.(type) {
	case lua.LString:
		return string(v), nil
	case lua.LBool:
		return bool(v), nil
	case lua.LNumber:
		if math.IsNaN(float64(v)) || math.IsInf(float64(v), 0) {
			return nil, fmt.Errorf("the number %v is not finite", float64(v))
		}
		return float64(v), nil
	case *lua.LTable:
		if depth >= depthMax {
			return nil, errNested
		}
		return tableToGo(v, depth, left)
	}
	return nil, fmt.Errorf("%s cannot be an attribute's value; use strings, numbers, booleans and tables of them", describe(value))
}

func tableToGo(table *lua.LTable, depth int, left *int) (any, error) {
	var list []any
	fields := make(map[string]any)
	for key, value := table.Next(lua.LNil); key != lua.LNil; key, value = table.Next(key) {
		element, err := elementToGo(value, depth+1, left)
		switch k := key.(type) {
		case lua.LString:
			if err != nil {
				return nil, within("."+string(k), err)
			}
			fields[string(k)] = element
		case lua.LNumber:
			if float64(k) != float64(len(list)+1) {
				return nil, fmt.Errorf("a list has the elements 1, 2, 3 and so on without a gap; after %d comes %v", len(list), float64(k))
			}
			if err != nil {
				return nil, within("["+strconv.Itoa(len(list)+1)+"]", err)
			}
			list = append(list, element)
		default:
			return nil, fmt.Errorf("a table has names or the numbers 1, 2, 3 … as keys, not %s", describe(key))
		}
	}
	switch {
	case len(fields) == 0 && list == nil:
		return []any{}, nil
	case len(fields) == 0:
		return list, nil
	case list != nil:
		return nil, errors.New("a table is either a list or has names, not both")
	}
	return fields, nil
}

// pathError is an error somewhere inside a value.
type pathError struct {
	path string
	err  error
}

func (e *pathError) Error() string { return "at " + e.path + ": " + e.err.Error() }

func within(step string, err error) error {
	if errors.Is(err, errNested) || errors.Is(err, errMany) {
		return err
	}
	var inner *pathError
	if errors.As(err, &inner) {
		return &pathError{step + inner.path, inner.err}
	}
	return &pathError{step, err}
}

// convert turns a value into the Go type of an attribute's type, by the rules
// that hold for every component's attributes.
func convert(value lua.LValue, wanted component.Type, least any) (any, error) {
	plain, err := toGo(value)
	if err != nil {
		return nil, err
	}
	d := component.Declaration{Attributes: []component.Attribute{{Name: "value", Type: wanted, Min: least}}}
	converted, err := d.Validate(map[string]any{"value": plain})
	if err == nil {
		return converted["value"], nil
	}
	for {
		switch e := err.(type) { // it says which attribute, and so will the caller
		case interface{ Unwrap() []error }:
			err = e.Unwrap()[0]
			continue
		case interface{ Unwrap() error }:
			err = e.Unwrap()
			continue
		}
		return nil, err
	}
}

// shorten cuts a text that is longer than most bytes.
func shorten(text string, most int) string {
	if len(text) > most {
		return text[:most] + "…"
	}
	return text
}

// describe names a value for people.
func describe(value lua.LValue) string {
	switch v := value.(type) {
	case *lua.LNilType:
		return "nil"
	case lua.LString:
		return "the string " + strconv.Quote(shorten(string(v), 40))
	case lua.LNumber, lua.LBool:
		return "the " + value.Type().String() + " " + value.String()
	case *lua.LUserData:
		if name, ok := metatableName(v); ok {
			return "a " + name
		}
	}
	return "a " + value.Type().String()
}

func metatableName(v *lua.LUserData) (string, bool) {
	meta, ok := v.Metatable.(*lua.LTable)
	if !ok {
		return "", false
	}
	name, ok := meta.RawGetString("__metatable").(lua.LString)
	return string(name), ok
}
