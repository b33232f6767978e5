package std

import (
	"slices"
	"strings"
)

// Function is a function of the library. It may be called from many goroutines,
// each with a Context of its own.
type Function struct {
	// Name is what stands behind "gopiper." in a script, such as "json.decode",
	// or the name of a method, such as "counter:add", whose first argument is
	// the object.
	Name string
	// Signature shows the arguments and results.
	Signature string
	// Doc says what the function does and what it does with bad data, in
	// Markdown.
	Doc string
	// Example is Lua; a line "expression --> result" tells what it gives.
	Example string
	// Call calls the function. The result is good until the next call with the
	// same Context. The error is an *ArgumentError, that of Context.Charge, or
	// that more than Context.MaxOutput would be made.
	Call func(*Context, []Value) ([]Value, error)
	// Pure says that it has no effects, keeps nothing that a script could notice,
	// and gives no tables and no objects: only such a function can be called
	// from a compiled one.
	Pure bool
	// Handling says that it can be called only while messages are handled, and not
	// while a script describes: a binding raises an error then.
	Handling bool
}

// Short is the last part of the name.
func (f *Function) Short() string {
	return f.Name[strings.LastIndexAny(f.Name, ".:")+1:]
}

// Group is what stands on one page of the reference.
type Group struct {
	// Name is that of the table under gopiper, or of the only function.
	Name    string
	Summary string // one sentence
	// Text is what holds for all functions, in Markdown; may be "".
	Text      string
	Functions []Function
}

// Groups returns all groups in the order of the reference. They are only to be
// read.
func Groups() []Group { return groups }

// Find returns the group of a name, nil if there is none.
func Find(name string) *Group {
	for i := range groups {
		if groups[i].Name == name {
			return &groups[i]
		}
	}
	return nil
}

// Functions returns all functions, in the order of their groups.
func Functions() []Function {
	var list []Function
	for _, g := range groups {
		list = append(list, g.Functions...)
	}
	return list
}

// pure are the pure functions, by their groups; nil stands for all of a group.
var pure = map[string][]string{
	"json": {"encode"}, "time": nil, "regex": {"match", "find", "replace", "escape"},
	"kv": {"format"}, "logfmt": {"format"}, "csv": {"format"}, "url": {"build", "escape", "unescape"},
	"ip": {"is_private", "in_cidr"}, "hash": nil, "hmac": nil, "base64": nil, "hex": nil,
	"compress": nil, "decompress": nil, "template": nil,
}

func init() {
	for i := range groups {
		names, some := pure[groups[i].Name]
		for j := range groups[i].Functions {
			f := &groups[i].Functions[j]
			f.Pure = some && (names == nil || slices.Contains(names, f.Short()))
		}
	}
}

var groups = []Group{
	jsonGroup, timeGroup, regexGroup, dissectGroup, kvGroup, logfmtGroup, csvGroup, urlGroup, ipGroup,
	hashGroup, hmacGroup, base64Group, hexGroup, compressGroup, decompressGroup, uuidGroup, randomGroup,
	templateGroup, counterGroup, gaugeGroup, logGroup, sharedGroup, stateGroup,
}

// function makes a Function of its parts.
func function(name, signature, doc, example string, body func(*arguments) []Value) Function {
	f := Function{Name: name, Signature: signature, Doc: doc, Example: strings.TrimSpace(example)}
	short, method := f.Short(), strings.Contains(name, ":")
	f.Call = func(c *Context, values []Value) ([]Value, error) {
		a := &c.arguments
		*a = arguments{Context: c, name: short, method: method, values: values}
		c.tables.Release()
		results := body(a)
		if a.err != nil {
			return nil, a.err
		}
		return results, nil
	}
	return f
}
