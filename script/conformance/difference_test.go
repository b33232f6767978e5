package conformance

import (
	"slices"
	"testing"
)

// difference is a case in which engines differ from lua5.1 on purpose.
type difference struct {
	name    string   // of the case
	engines []string // nil for all
	got     string   // what they make of it, as in a .expected file
	why     string
}

// of tells whether an engine is among them.
func (d *difference) of(engine string) bool {
	return d.engines == nil || slices.Contains(d.engines, engine)
}

// differences are all there are. docs/lua-conformance.md lists them.
var differences = []difference{
	{
		name: "format/a string of nil: (\"%s\"):format(nil)", got: `string "nil"`,
		why: "`%s` takes any value, as `tostring` does, so that a field that is missing shows in the text",
	},
	{
		name: "format/a string of a boolean: (\"%s\"):format(true)", got: `string "true"`,
		why: "as above",
	},
	{
		name: "format/a string of a table", engines: []string{"gopher-lua", "luajit"}, got: `string "T"`,
		why: "as above",
	},
	{
		name: "format/characters and strings: (\"%s\"):format(\"a\\0b\") == \"a\\0b\"", got: "boolean true",
		why: "`%s` and `%c` write zero bytes, at which Lua ends the text",
	},
	{
		name: "format/characters and strings: (\"%c%c%c\"):format(76, 117, 97), #(\"%c\"):format(0)", engines: []string{"gopher-lua", "luajit"},
		got: "string \"Lua\"\nnumber 1",
		why: "as above",
	},
	{
		name: "patterns/gsub: (\"abc\"):gsub(\"(\", \"x\")", engines: []string{"gopher-lua", "compiled"}, got: "error",
		why: "a pattern that is not complete is an error also where its captures are not asked for",
	},
	{
		name: "coroutines/yield across pcall is an error", engines: []string{"gopher-lua", "luajit"}, got: "boolean true\nnumber 1",
		why: "a coroutine can yield from within `pcall`",
	},
	{
		name: "metatables/__len is not used for tables", engines: []string{"gopher-lua"}, got: "number 42",
		why: "`#` of a table asks `__len`",
	},
	{
		name: "operators/remainders of large numbers", engines: []string{"gopher-lua", "compiled"}, got: "number 1\nnumber 168",
		why: "`%` with a whole number that is spelled out on its right is exact also for a number of 2^53 and more on its left, and for one of -1e-320 and nearer to 0; in Lua it is not",
	},
	{
		name: "tables/next: next({}, \"nothing\")", engines: []string{"gopher-lua"}, got: "nil",
		why: "`next` with a key that the table has not returns nil, in Lua it is an error",
	},
	{
		name: "operators/coercion: \"0b1\" + 0", engines: []string{"luajit"}, got: "number 1",
		why: "LuaJIT calculates with `0b` and binary digits in a string as with a number; `tonumber` does not",
	},
	{
		name: "mathematics/rounding: math.floor(\"0b1\")", engines: []string{"luajit"}, got: "number 1",
		why: "as above",
	},
	{
		name: "format/floats: (\"%+.3e|%+g\"):format(12345, -1.5)", engines: []string{"luajit"},
		got: `string "+1.235e+04|-1.5"`,
		why: "LuaJIT rounds what is right between two texts away from zero, and not to the even one, " +
			"with `%e`, `%g` and where a number of more than 14 digits becomes text",
	},
	{
		name: "operators/integer and fraction: 123456789012345", engines: []string{"luajit"}, got: "number 1.2345678901235e+14",
		why: "as above",
	},
	{
		name: "operators/minus zero as text", engines: []string{"luajit"},
		got: "string \"-0\"\nstring \"-0\"\nnumber -inf",
		why: "`0 * -1` is `-0`, which Lua takes for `0` where both are constants of one function",
	},
	{
		name: "mathematics/degrees to the last digit: math.deg(0.1) == 0.1 / (math.pi / 180)", engines: []string{"luajit"},
		got: "boolean false",
		why: "`math.deg` of LuaJIT may differ in the last of 17 digits",
	},
	{
		name: "metatables/__tostring that returns nil", engines: []string{"luajit"}, got: "",
		why: "`tostring` returns what `__tostring` does, here nothing",
	},
	{
		name: "patterns/find: (\"abc\"):find(\"b\", 2 ^ 31), (\"abc\"):find(\"b\", -2 ^ 31)", engines: []string{"luajit"},
		got: "number 2\nnumber 2\nnumber 2",
		why: "LuaJIT counts positions in 32 bits; those of `2 ^ 31` and more are others",
	},
	{
		name:    "strings/sub: (\"hello\"):sub(2 ^ 31), (\"hello\"):sub(1, 2 ^ 31), (\"hello\"):sub(-2 ^ 31, 2)",
		engines: []string{"luajit"}, got: "string \"hello\"\nstring \"\"\nstring \"he\"",
		why: "as above",
	},
	{
		name: "strings/sub: (\"hello\"):sub(2 ^ 40), (\"hello\"):sub(1, 2 ^ 53)", engines: []string{"luajit"},
		got: "string \"hello\"\nstring \"\"",
		why: "as above",
	},
	{
		name: "values/escapes of other letters: \"\\q\\w\", \"\\#\", \"\\.\"", engines: []string{"luajit"}, got: "syntax",
		why: "LuaJIT refuses a backslash before what needs none",
	},
}

// TestDifferences holds the list to the cases: what differs no longer must go.
func TestDifferences(t *testing.T) {
	want := make(map[string]string)
	for _, c := range luaCases(t) {
		want[c.name] = c.want
	}
	for _, d := range differences {
		expected, ok := want[d.name]
		if !ok || expected == d.got || d.why == "" {
			t.Errorf("%s is no case, is no difference, or has no reason", d.name)
		}
		for _, name := range d.engines {
			if !slices.ContainsFunc(engines, func(e engine) bool { return e.name == name }) {
				t.Errorf("%s: there is no engine %s", d.name, name)
			}
		}
	}
}
