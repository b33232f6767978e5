package compile

import "testing"

// calls are calls of library functions whose results are compared.
var calls = []struct {
	call string
	left bool
	odd  bool // gopher-lua's own library differs from Lua 5.1
}{
	{call: `tostring(nil), tostring(true), tostring(1), tostring(1.5), tostring("x")`},
	{call: `tostring(-1e10), tostring(2^40), tostring(100000000000000 - 1), tostring(1.25e-7)`},
	{call: `tonumber("12"), tonumber(" 1.5 "), tonumber("x"), tonumber(""), tonumber(nil), tonumber(true), tonumber("1e2")`, odd: true},
	{call: `tonumber("1 2"), tonumber("."), tonumber("-.5"), tonumber("5."), tonumber("1e"), tonumber("--1")`},
	{call: `tonumber("0x10")`, left: true}, {call: `tonumber("10", 2)`, left: true}, {call: `tonumber("7", 10)`},
	{call: `type(nil), type(1), type("x"), type(true)`}, {call: `type()`, left: true},
	{call: `string.upper("aZ09{}@[\195\164xyz"), string.lower("AZaz09@[` + "`" + `{\195\132")`, odd: true},
	{call: `("abcdefghijklmnopqrstuvwxyz"):upper(), ("ABCDEFGHIJKLMNOPQRSTUVWXYZ"):lower()`},
	{call: `string.len("abc"), ("x"):len(), string.len(12)`},
	{call: `("hello"):sub(2), ("hello"):sub(-3, -2), ("hello"):sub(0, 99), ("hello"):sub(4, 2), ("hello"):sub(-99, 1)`},
	{call: `("hello"):sub()`, left: true}, {call: `("hello"):sub("2", "3")`, odd: true}, {call: `("hello"):sub(1.5)`, left: true},
	{call: `("ab"):rep(3), ("ab"):rep(0), ("ab"):rep(-1), (""):rep(10), string.rep(5, 2)`},
	{call: `("abc"):reverse(), (""):reverse()`}, {call: `string.char(72, 105), string.char()`}, {call: `string.char(256)`, left: true},
	{call: `("abc"):byte(), ("abc"):byte(-1), ("abc"):byte(2, 3), ("abc"):byte(10)`},
	{call: `("hello"):find("l"), ("hello"):find("x"), ("hello"):find(""), ("a.b"):find(".", 1, true)`},
	{call: `("a.b"):find("%."), ("hello"):find("l", 4), ("hello"):find("l", -1), ("hello"):find("h", -99), ("hello"):find("", 6)`, odd: true},
	{call: `("hello"):find("", 10)`, left: true}, {call: `("hello"):find("(l)(l)")`}, {call: `("hello"):find("()l()")`},
	{call: `("hello"):find("[", 1, true), ("[x"):find("[", 1, true)`}, {call: `("hello"):find("[")`, left: true},
	{call: `("key = value"):match("^(%w+)%s*=%s*(%w+)$")`}, {call: `("2024-01-02"):match("(%d+)-(%d+)-(%d+)")`},
	{call: `("hello"):match("l+"), ("hello"):match("z"), ("hello"):match("()ll()")`}, {call: `("abc"):match("^b"), ("abc"):match("c$")`},
	{call: `("f(a(b)c)d"):match("%b()"), ("THE (quick) fox"):match("%f[%a]%a+%f[%A]")`, odd: true}, {call: `("aa"):match("(a)%1")`},
	{call: `("hello"):gsub("l", "L")`}, {call: `("hello"):gsub("l", "L", 1)`}, {call: `("hello"):gsub("l", "")`}, {call: `("hello"):gsub("", "-")`},
	{call: `("hello"):gsub("(l)(o)", "%2%1%0")`}, {call: `("hello"):gsub("l+", "<%0>")`}, {call: `("hello"):gsub("l", "%%")`},
	{call: `("hello"):gsub("l", "%1")`}, {call: `("hello"):gsub("l", "%2")`, left: true}, {call: `("hello"):gsub("()l", "%1")`},
	{call: `("hello"):gsub("^h", "J")`}, {call: `("hello"):gsub("x", "y")`}, {call: `("hello"):gsub("l", 1)`, odd: true}, {call: `("hello"):gsub("l", "x", 0)`},
	{call: `("hello"):gsub("l", nil)`, left: true}, {call: `("a.b.c"):gsub("%.", "-")`}, {call: `("GET / HTTP/1.1"):gsub("HTTP/1%.1", "HTTP/2.0")`},
	{call: `("abc def"):gsub("%w+", "<%0>")`}, {call: `("  trim  "):gsub("^%s+", "")`}, {call: `("aaa"):gsub("a*", "x")`}, {call: `("abc"):gsub(".", "%0%0")`},
	{call: `string.format("%d %5d %-5d| %05d %+d", 1, 2, 3, 4, 5)`}, {call: `string.format("%s %10s %-10s| %.2s", "a", "b", "c", "defg")`},
	{call: `string.format("%x %X %o %04x", 255, 255, 8, 10)`}, {call: `string.format("%.2f %5.1f %f %e %g", 1.005, 2.25, 3, 12345.678, 0.0001)`},
	{call: `string.format("%g %g %g %g", 100000, 1000000, 0.00001, 1e20)`}, {call: `string.format("%08.3f|%-8.3f|%+.1f", 3.14159, 2.5, -1.25)`},
	{call: `string.format("%5.3d|%-5.3d|%.0f", 7, 7, 2.5)`}, {call: `string.format("100%% of %s", 5)`}, {call: `string.format("%d", "12")`},
	{call: `string.format("%d")`, left: true}, {call: `string.format("%d", "x")`, left: true}, {call: `string.format("no directive")`},
	{call: `string.format("%5.1f|%-10s|%03d", 1.25, "é", -5)`, odd: true}, {call: `("%s=%s"):format("k", 1.5)`}, {call: `string.format("% d", 5)`},
	{call: `math.abs(-5), math.ceil(1.2), math.floor(-1.2), math.sqrt(16), math.pi > 3, math.huge > 1e308`},
	{call: `math.max(1, 5, 3), math.min(4, 2), math.fmod(7, 3), math.fmod(-7, 3), math.pow(2, 8)`}, {call: `math.modf(3.75)`},
	{call: `math.modf(-3.75)`}, {call: `math.frexp(8)`}, {call: `math.ldexp(1, 4), math.log10(1000), math.log(1), math.exp(0), math.deg(0), math.rad(0)`},
	{call: `math.sin(0), math.cos(0), math.tan(0), math.atan2(0, 1), math.cosh(0), math.sinh(0), math.tanh(0), math.asin(0), math.acos(1), math.atan(0)`},
	{call: `math.floor("3.7")`}, {call: `math.floor("x")`, left: true}, {call: `math.max()`, left: true}, {call: `math.random()`, left: true},
	{call: `string.upper(string.sub("hello", 2, 3) .. string.rep("x", 2))`}, {call: `string.len(("a"):rep(5) .. "b")`},
	{call: `("aXb"):gsub("X", "y"):upper(), (("aXb"):gsub("X", "y"):byte())`}, {call: `("xx"):gsub("x", "y"):rep()`, left: true},
	{call: `("xx"):match("(x)(x)"):len(), string.upper(string.gsub("aXb", "X", "y"))`}, {call: `("xx"):gsub("x", "y"):sub()`, left: true},
	{call: `tonumber(string.gsub("12", "x", ""))`, left: true, odd: true}, {call: `math.max(string.find("abc", "b"))`},
	{call: `string.rep(string.gsub("ab", "b", "c"))`}, {call: `tostring(string.find("a", "b")), type(string.find("a", "b"))`},
	{call: `tostring(string.byte(""))`, left: true}, {call: `("abc"):find("z"):len()`, left: true},
	{call: `string.upper(nil)`, left: true}, {call: `string.upper()`, left: true}, {call: `(5):rep(2)`, left: true},
	{call: `string.find(msg.json.level, "inf"), string.gsub(msg.data, "info", "warn")`}, {call: `(string.gsub(msg.data, '"', "'"))`},
}

func TestLibrary(t *testing.T) {
	for _, c := range calls {
		t.Run(c.call, func(t *testing.T) {
			v := construct("return 0, "+c.call).judge(t, c.odd)
			if v.reason != nil {
				t.Fatalf("not compiled: %v", v.reason)
			}
			if v.left != c.left {
				t.Errorf("left to the interpreter: %v", v.left)
			}
		})
	}
}
