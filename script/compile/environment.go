package compile

import (
	"strings"

	"github.com/gopiper/gopiper/script/std"
)

// Meaning is what a name stands for that a function uses and does not declare.
// The zero Meaning is one that is not known.
type Meaning struct {
	kind  kindOfMeaning
	value Value
	name  string // of what is in a library

	pure    *std.Function // a function of the standard library
	left    bool          // calls are left to the interpreter
	methods map[string]Method
}

type kindOfMeaning uint8

const (
	unknown kindOfMeaning = iota
	constant
	library  // a table of functions and constants, or a function
	assigned // somewhere, so that it is no constant
	aLocal   // of the function at hand; value.number is its slot
	aMessage
	theAttributes
	anObject // with methods
)

// Constant is the meaning of a name that has one value for good: nil, a bool, a
// float64 or a string. Any other value is not known.
func Constant(value any) Meaning {
	m := Meaning{kind: constant}
	switch v := value.(type) {
	case nil:
	case bool:
		m.value = boolean(v)
	case float64:
		m.value = number(v)
	case string:
		m.value = text(v)
	default:
		return Meaning{}
	}
	return m
}

// JSONNull is the meaning of the value that stands for null in JSON.
func JSONNull() Meaning { return Meaning{kind: constant, value: Value{kind: isNull}} }

// Library is the meaning of a library or a function of one, by its full name,
// such as "string" or "string.upper". What is not in the subset is no error
// before the function calls it.
func Library(name string) Meaning { return Meaning{kind: library, name: name} }

// Assigned is the meaning of a variable that is assigned somewhere else than
// where it is declared.
func Assigned() Meaning { return Meaning{kind: assigned} }

// Environment says what names stand for.
type Environment interface {
	// Meaning returns the meaning of an upvalue or a global variable, or of a
	// field of a library, whose name it gets with dots: "gopiper.DROP".
	Meaning(name string) Meaning
}

// Standard is the environment of a Lua state whose global functions nobody has
// replaced. Others embed it, and ask it last.
type Standard struct{}

// Meaning knows the libraries string and math, the functions in them that can
// be compiled, error, tonumber, tostring and type, and the standard library.
func (Standard) Meaning(name string) Meaning {
	switch name {
	case "string", "math":
		return Library(name)
	case "math.pi":
		return Constant(pi)
	case "math.huge":
		return Constant(huge)
	}
	if m, ok := Module(name); ok {
		return m
	}
	if _, ok := functions[name]; ok || name == "error" || strings.HasPrefix(name, "string.") || strings.HasPrefix(name, "math.") {
		return Library(name)
	}
	return Meaning{}
}
