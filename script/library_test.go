package script

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/gopiper/gopiper/plan"
)

// evaluate runs Lua while describing and returns what it prints, or its error.
func evaluate(t testing.TB, source string) string {
	t.Helper()
	var lines []string
	options := testOptions(t)
	options.Print = func(_ plan.Position, text string) { lines = append(lines, text) }
	_, err := Load(context.Background(), "test.lua", []byte(source), options)
	if err != nil && !strings.Contains(err.Error(), "describes no pipeline") {
		return err.Error()
	}
	return strings.Join(lines, "\n")
}

// failed begins an error of the script under test.
const failed = "test.lua:1: "

var libraryTests = []struct{ expression, want string }{
	{`("hello"):sub(2, 3)`, "el"}, {`("hello"):sub(-3)`, "llo"}, {`("hello"):sub(4, 2)`, ""},
	{`("hello"):sub(-100, 100)`, "hello"}, {`("hello"):sub(0)`, "hello"}, {`("x"):sub(0/0)`, ""},
	{`("hello"):byte()`, "104"}, {`("hello"):byte(2, 4)`, "101\t108\t108"}, {`("hello"):byte(-1)`, "111"},
	{`select("#", ("x"):byte(5))`, "0"},
	{`string.char(104, 105)`, "hi"}, {`string.char(256)`, failed + "argument 1 of char: a byte is 0 to 255"},
	{`#string.rep("ab", 3), string.rep("x", -1), string.rep("", 1e18)`, "6\t\t"},
	{`("aÄb"):upper(), ("AÄB"):lower()`, "AÄB\taÄb"}, {`("abc"):reverse(), ("abc"):len()`, "cba\t3"},

	{`("hello"):find("l")`, "3\t3"}, {`("hello"):find("xyz")`, "nil"}, {`("hello"):find("")`, "1\t0"},
	{`("hello"):find("", 10)`, "6\t5"}, {`("hello"):find("l", -2)`, "4\t4"}, {`("a.b"):find(".", 2, true)`, "2\t2"},
	{`("key=value"):find("(%w+)=(%w+)")`, "1\t9\tkey\tvalue"}, {`("x"):find("()")`, "1\t0\t1"},
	{`("key=value"):match("=(.*)")`, "value"}, {`("abc"):match("^b")`, "nil"}, {`("abc"):match("b()")`, "3"},
	{`("abc"):match("^b", 2)`, "b"}, {`("2024-01-02"):match("(%d+)-(%d+)-(%d+)")`, "2024\t01\t02"},
	{`("hello world"):gsub("o", "0")`, "hell0 w0rld\t2"}, {`("hello"):gsub("", "-")`, "-h-e-l-l-o-\t6"},
	{`("hello"):gsub("l", "L", 1)`, "heLlo\t1"}, {`("abc"):gsub("%w", "%0%0")`, "aabbcc\t3"},
	{`("abc"):gsub("(b)(c)", "%2%1")`, "acb\t1"}, {`("abc"):gsub("^a", "x")`, "xbc\t1"}, {`("abc"):gsub("x", "y")`, "abc\t0"},
	{`("$name"):gsub("%$(%w+)", { name = "Lua" })`, "Lua\t1"}, {`("abc"):gsub("b", function() end)`, "abc\t1"},
	{`("abc"):gsub("b", string.upper)`, "aBc\t1"}, {`("abc"):gsub("(a)(b)", function(x, y) return y .. x end)`, "bac\t1"},
	{`("abc"):gsub("b", "%%")`, "a%c\t1"}, {`("abc"):gsub("()", "%1")`, "1a2b3c4\t4"}, {`("abc"):gsub("b", 5)`, "a5c\t1"},
	{`("THE (quick) fox"):gsub("%f[%a]%a+", string.lower)`, "the (quick) fox\t3"},
	{`("abc"):gsub("b", "%2")`, failed + "string.gsub: %2 stands for no capture of the pattern"},
	{`("abc"):gsub("b", true)`, failed + "argument 3 of gsub: expected a string, a table or a function, got boolean"},
	{`("abc"):gsub("b", { b = {} })`, failed + "string.gsub: a replacement must be a string, a number, nil or false, not a table value"},
	{`(function() local s = ""; for k, v in ("a=1,b=2"):gmatch("(%w)=(%w)") do s = s .. k .. v end return s end)()`, "a1b2"},
	{`(function() local n = 0; for _ in ("abc"):gmatch("") do n = n + 1 end return n end)()`, "4"},
	{`("abc").x`, "nil"},

	{`0.1 + 0.2, 1/3, 2^53, 1e15, 1e14, 123456789012345, 1e-5, -7, 2^31`,
		"0.3\t0.33333333333333\t9.007199254741e+15\t1e+15\t1e+14\t1.2345678901234e+14\t1e-05\t-7\t2147483648"},
	{`tostring(0.1 + 0.2), (0.1 + 0.2) .. "", table.concat({ 0.1 + 0.2 }), ("%s"):format(0.1 + 0.2), string.len(1/3)`, "0.3\t0.3\t0.3\t0.3\t16"},
	{`type((string.gsub(5, "x", "y"))), string.gsub(5, "x", 1/3)`, "string\t5\t0"},

	{`(function() local a, b = 1, 2; a, b = b, a; return a, b end)()`, "2\t1"},
	{`(function() local a, b, c = 1, 2, 3; a, b, c = b, c, a; return a, b, c end)()`, "2\t3\t1"},
	{`(function() local a, b = 1, 2; local function f() a, b = b, a end; f(); return a, b end)()`, "2\t1"},
	{`(function() local i, t = 1, { 1, 2 }; i, t[i] = i + 1, 20; return i, t[1], t[2] end)()`, "2\t20\t2"},
	{`(function() local a, b, c = 1; a, b, c = (function() return 7, 8 end)(); return a, b, c end)()`, "7\t8\tnil"},
	{`(function() local a, b = 1, 2; a, b = b; return a, b end)()`, "2\tnil"},
	{`(function() local s = ""; for k in next, { x = 1 } do s = s .. k end return s end)()`, "x"},
	{`(function() local s = ""; for k, v in next, { x = 1 } do s = s .. k .. v end return s end)()`, "x1"},
	{`(function() local n = 0; for i in (function() n = n + 1; if n < 3 then return n end end) do n = n + i end return n end)()`, "3"},

	{`("%d %5d|%-5d|%05d %i"):format(1.9, 2, 3, 4, -5)`, "1     2|3    |00004 -5"},
	{`("%s %10s|%-4s|%.2s"):format("a", "b", "c", "def")`, "a          b|c   |de"}, {`("%s %s %s"):format(nil, true, 1.5)`, "nil true 1.5"},
	{`("%5.1f %e %g %g"):format(3.14159, 12345.678, 1e20, 0.1)`, "  3.1 1.234568e+04 1e+20 0.1"},
	{`("%x %X %#x %o %c%c"):format(255, 255, 255, 8, 72, 105)`, "ff FF 0xff 10 Hi"}, {`("%u %x"):format(3, -1)`, "3 ffffffffffffffff"},
	{`("%05.2d|%5.3d|%10.2s|"):format(7, 7, "abc")`, "   07|  007|        ab|"},
	{`("%.3d %+d % d"):format(5, 5, 5)`, "005 +5  5"}, {`("%q"):format('a"b\\c\n')`, "\"a\\\"b\\\\c\\\n\""}, {`("100%%"):format()`, "100%"},
	{`("%5.1f|%g"):format(1/0, -1/0)`, "  inf|-inf"}, {`("%d"):format("12")`, "12"}, {`("%3s|%-3sx"):format("ä", "ö")`, " ä|ö x"},
	{`("%d"):format(1e300)`, "-9223372036854775808"},
	{`("%d"):format()`, failed + "string.format: %d has no argument"}, {`("%d"):format("x")`, failed + "argument 2 of format: number expected, got string"},
	{`("%"):format()`, failed + `string.format: "%" begins with no directive; write %% for a percent sign`},
	{`("%123d"):format(1)`, failed + `string.format: "%123d" begins with no directive; write %% for a percent sign`},

	{`tonumber("10"), tonumber(" 0x1F "), tonumber("1e5"), tonumber("1.5e1")`, "10\t31\t100000\t15"},
	{`tonumber("z", 36), tonumber("ff", 16), tonumber("7", 8), tonumber("8", 8)`, "35\t255\t7\tnil"},
	{`tonumber("nan"), tonumber("inf"), tonumber("1_000"), tonumber(""), tonumber({}), tonumber("x")`, "nan\tinf\tnil\tnil\tnil\tnil"},
	{`tonumber("1e999") == math.huge, tonumber("0")`, "true\t0"},

	{`1 .. 2, "a" .. 1.5 .. "b"`, "12\ta1.5b"}, {`setmetatable({}, { __concat = function(a, b) return "meta" end }) .. "x" .. "y"`, "meta"},
	{`"x" .. "y" .. setmetatable({}, { __concat = function(a, b) return a .. "meta" end })`, "xymeta"},
	{`"a" .. (function() return "b", "c" end)()`, "ab"}, {`(function(...) return "a" .. ... end)("b", "c")`, "ab"},
	{`{} .. "x"`, failed + "cannot join a table value with ..; use tostring(x) for what may be no string, or (x or \"\")"},
	{`table.concat({ 1, "b", 3 }, ", "), table.concat({}), table.concat({ 1, 2, 3 }, "", 2, 3)`, "1, b, 3\t\t23"},
	{`table.concat({ 1, {}, 3 })`, failed + "table.concat: element 2 is a table value; only strings and numbers can be joined"},
	{`#table.concat((function() local t = {}; for i = 1, 20000 do t[i] = "x" end return t end)())`, "20000"},

	{`math.huge, -math.huge, math.random(5, 5)`, "inf\t-inf\t5"}, {`math.random(0)`, failed + "math.random: no whole number from 1 to 0"},
	{`math.random(1, 1e300)`, failed + "math.random: no whole number from 1 to 1e+300"},
	{`(function() local r = math.random(10); return r >= 1 and r <= 10 and math.floor(r) == r and math.random() < 1 end)()`, "true"},
	{`os.time({ year = 2024, month = 1, day = 2, hour = 12 }) > 0, os.date("!%Y-%m-%d", 0), os.difftime(5, 2)`, "true\t1970-01-01\t3"},
	{`os.date(string.rep("%%", 600))`, failed + "os.date: the format is too long"},
	{`pcall(error, "x", 0)`, "false\tx"}, {`select(2, pcall(function() return nil + 1 end))`, failed + "cannot perform add operation between nil and number"},
	{`collectgarbage(), collectgarbage("count")`, "0\t0"},
	{`(function() local c = coroutine.wrap(function(a) local b = coroutine.yield(a + 1); return b * 2 end); return c(1), c(5) end)()`, "2\t10"},
	{`coroutine.resume(coroutine.create(function() error("x", 0) end))`, "false\tx"},
	{`(function() local n = 0; for k, v in pairs({ 1, a = 2 }) do n = n + v end return n end)()`, "3"},
	{`pairs(5)`, failed + "argument 1 of pairs: table expected, got number"},
	{`jit, arg, utf8, setfenv, _VERSION`, "nil\tnil\tnil\tnil\tLua 5.1"}, {`_G.undefined`, failed + `the variable "undefined" is not defined; is it spelled right, and is it local to another block?`},
	{`rawget(_G, "undefined")`, "nil"}, {`getmetatable(_G), getmetatable(""), pcall(setmetatable, _G, {})`, "false\tfalse\tfalse\ttest.lua:1: cannot change a protected metatable"},
	{`(function() declared = nil; return declared end)()`, "nil"}, {`_G[1]`, "nil"},
	{`getmetatable(require("gopiper")), tostring(require("gopiper").stdin{}), getmetatable(require("gopiper").stdin{})`, "false\tstage stdin\tstage"},
	{`require("gopiper").stdin{}.name`, failed + "a stage has no fields to read; it is only for the list of a pipeline"},
	{`require("gopiper").DONE, require("gopiper").CONTINUE, require("gopiper").RETRY, require("gopiper").FAIL, require("gopiper").DROP`, "0\t1\t100\t200\t300"},
}

func TestLibrary(t *testing.T) {
	for _, test := range libraryTests {
		if got := evaluate(t, "print("+test.expression+")"); got != test.want {
			t.Errorf("%s: %q, want %q", test.expression, got, test.want)
		}
	}
}

// What is not there says so, and by which name.
func TestSandbox(t *testing.T) {
	for _, name := range []string{
		"io.open", "io.lines", "os.execute", "os.exit", "os.getenv", "os.remove", "os.rename", "os.setenv", "os.setlocale",
		"os.tmpname", "load", "loadstring", "loadfile", "dofile", "debug.getinfo", "debug.sethook", "package.loadlib",
		"package.loaded", "string.dump",
	} {
		got := evaluate(t, "print(pcall(function() local x = "+name+"; return x() end))")
		if want := "false\ttest.lua:1: " + name + " is not available in a script: "; !strings.HasPrefix(got, want) {
			t.Errorf("%s: %s", name, got)
		}
	}
	globals := evaluate(t, `local names = {}; for name in pairs(_G) do names[#names + 1] = name end
		table.sort(names); print(table.concat(names, " "))`)
	const want = "% .. ^ _G _VERSION assert collectgarbage coroutine error for getmetatable ipairs " +
		"math next os pairs pcall print rawequal rawget rawset require select setmetatable string table " +
		"tonumber tostring type unpack xpcall"
	if globals != want {
		t.Errorf("the globals are\n%s\nwant\n%s", globals, want)
	}
}

// Joining in Lua is joining in Go.
func TestConcatIsAssociative(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		parts := rapid.SliceOfN(rapid.StringMatching(`[a-z]{0,3}`), 2, 20).Draw(rt, "parts")
		source := ""
		for i, p := range parts {
			if i > 0 {
				source += " .. "
			}
			source += fmt.Sprintf("%q", p)
			if rapid.Bool().Draw(rt, "parenthesis") {
				source = "(" + source + ")"
			}
		}
		if got := evaluate(t, "print("+source+")"); got != strings.Join(parts, "") {
			rt.Fatalf("%s: %q", source, got)
		}
	})
}

func TestCompileIsBounded(t *testing.T) {
	many := 1 << 16
	var constants strings.Builder
	for i := range many {
		fmt.Fprintf(&constants, "%q,", fmt.Sprint("k", i))
	}
	for name, test := range map[string]struct{ source, want string }{
		"constants": {"local t = {" + constants.String() + "}", "more than 16384 different constants and names"},
		"braces":    {"x = " + strings.Repeat("{", many) + strings.Repeat("}", many), "more than 1000 levels of nesting"},
		"operators": {"x = 1" + strings.Repeat(" + 1", many), "more than 1000 levels of nesting"},
		"joins":     {`x = ""` + strings.Repeat(` .. ""`, many), "register overflow"},
		"fields":    {"x = a" + strings.Repeat(".b", many), "more than 1000 levels of nesting"},
		"methods":   {"x = a" + strings.Repeat(":b()", many), "more than 1000 levels of nesting"},
		"blocks":    {strings.Repeat("do ", many) + strings.Repeat("end ", many), "more than 1000 levels of nesting"},
		"size":      {strings.Repeat(" ", sourceMax+1), "the script is longer than 1 MiB"},
		"most":      {strings.Repeat("a = 1\n", 1000), "undefined"},
	} {
		got := evaluate(t, test.source+"\nlocal _ = undefined")
		if name == "most" {
			test.want = `test.lua:1002: the variable "undefined" is not defined`
		}
		if !strings.Contains(got, test.want) {
			t.Errorf("%s: %s", name, got)
		}
	}
}
