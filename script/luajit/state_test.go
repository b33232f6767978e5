package luajit

import (
	"errors"
	"fmt"
	"os"
	"reflect"
	"strconv"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestOpen(t *testing.T) {
	l, err := Open()
	if err != nil {
		t.Fatal(err)
	}
	again, err := Open()
	if err != nil || again != l || l.File() == "" {
		t.Error("it was loaded twice", err)
	}
	for _, test := range []struct{ file, want string }{
		{"libnone-5.1.so.9", "LuaJIT cannot be loaded: "},
		{"libc.so.6", "libc.so.6 is no LuaJIT 2.1: "},
	} {
		_, err := load([]string{test.file})
		if err == nil || !strings.HasPrefix(err.Error(), test.want) || !strings.Contains(err.Error(), "apt-get install libluajit-5.1-2") {
			t.Errorf("%s: %v", test.file, err)
		}
	}
	if got := fileNames("/x.so"); !reflect.DeepEqual(got, []string{"/x.so"}) {
		t.Error(got)
	}
}

// What the script asks is answered as Lua 5.1 does; the file was written by
// Debian's lua5.1.
func TestLikeLua(t *testing.T) {
	text, err := os.ReadFile("testdata/lua51.txt")
	if err != nil {
		t.Fatal(err)
	}
	s := newState(t)
	if _, err := s.Finish(); err != nil { // the clock does not stand still
		t.Fatal(err)
	}
	for line := range strings.Lines(string(text)) {
		expression, quoted, _ := strings.Cut(strings.TrimSuffix(line, "\n"), "\t")
		want, err := strconv.Unquote(quoted)
		if err != nil {
			t.Fatal(line, err)
		}
		values, err := s.Run("x", `
local function all(...)
  local texts = {}
  for i = 1, select("#", ...) do
    texts[i] = tostring((select(i, ...))):gsub("table: 0x%x+", "a table")
  end
  return table.concat(texts, " | ")
end
return all(`+expression+`)`)
		if err != nil {
			t.Errorf("%s: %v", expression, err)
		} else if values[0] != want && !strings.Contains(want, "bad argument") {
			t.Errorf("%s: got %q, want %q", expression, values[0], want)
		} else if got, _ := values[0].(string); strings.HasPrefix(want, "false") && !strings.HasPrefix(got, "false | ") {
			t.Errorf("%s: got %q, want an error", expression, values[0])
		}
	}
}

// What a pattern stands for is learnt from its first calls; all have the same
// result.
func TestGsubLearns(t *testing.T) {
	s := newState(t)
	for _, test := range []struct{ call, want string }{
		{`("a.b"):gsub("%.", "-")`, `[a-b 1]`},
		{`("a.b.c"):gsub("%.", "-")`, `[a-b-c 2]`},
		{`("a.b"):gsub(".", "-")`, `[--- 3]`},
		{`("ab"):gsub("x", "-")`, `[ab 0]`},
		{`("ab"):gsub("", "-")`, `[-a-b- 3]`},
		{`("abc"):gsub("b", "%0%0")`, `[abbc 1]`},
		{`("abc"):gsub("b", "%%")`, `[a%c 1]`},
		{`("abc"):gsub("b", "x", 0)`, `[abc 0]`},
		{`("abc"):gsub("b", { b = "y" })`, `[ayc 1]`},
		{`("a%d1"):gsub("%%d", "x")`, `[ax1 1]`},
		{`("a1"):gsub("%d", "x")`, `[ax 1]`},
		{`("a^$b"):gsub("%^%$", "x")`, `[axb 1]`},
		{`("baab"):gsub("aa", "a")`, `[bab 1]`},
		{`string.gsub(121, "2", "x")`, `[1x1 1]`},
	} {
		for range 4 {
			if values, err := s.Run("x", "return "+test.call); err != nil || fmt.Sprint(values) != test.want {
				t.Errorf("%s: got %v, %v; want %s", test.call, values, err, test.want)
			}
		}
	}
}

func TestNames(t *testing.T) {
	const want = "_G _VERSION assert collectgarbage coroutine.create coroutine.resume coroutine.running coroutine.status " +
		"coroutine.wrap coroutine.yield error getmetatable ipairs math.abs math.acos math.asin math.atan math.atan2 " +
		"math.ceil math.cos math.cosh math.deg math.exp math.floor math.fmod math.frexp math.huge math.ldexp math.log " +
		"math.log10 math.max math.min math.mod math.modf math.pi math.pow math.rad math.random math.randomseed math.sin " +
		"math.sinh math.sqrt math.tan math.tanh next os.clock os.date os.difftime os.time pairs pcall print rawequal rawget " +
		"rawset require select setmetatable string.byte string.char string.find string.format string.gmatch string.gsub " +
		"string.len string.lower string.match string.rep string.reverse string.sub string.upper table.concat " +
		"table.getn table.insert table.maxn table.remove table.sort tonumber tostring type unpack xpcall"
	values, err := newState(t).Run("x", `
local names = {}
for name, value in pairs(_G) do
  if type(value) == "table" and value ~= _G then
    if getmetatable(value) == nil then
      for field, inner in pairs(value) do
        if type(inner) ~= "table" then
          names[#names + 1] = name .. "." .. field
        end
      end
    end
  else
    names[#names + 1] = name
  end
end
table.sort(names)
return table.concat(names, " ")`)
	if err != nil || values[0] != want {
		t.Errorf("got %v, %v\nwant %s", values, err, want)
	}
}

func TestForbidden(t *testing.T) {
	s := newState(t)
	for _, test := range []struct{ code, want string }{
		{`io.open("x")`, `x:1: io.open is not available in a script: a script opens no files; use gopiper.read_file, or a component such as file`},
		{`debug.getinfo(1)`, `x:1: debug.getinfo is not available in a script: it could reach around the limits of a script`},
		{`os.execute("x")`, `x:1: os.execute is not available in a script: a script only describes and handles messages`},
		{`loadstring("return 1")`, `x:1: loadstring is not available in a script: a script runs no other source; use require`},
		{`string.dump(print)`, `x:1: string.dump is not available in a script: a script cannot look at compiled functions`},
		{`package.loaded.ffi()`, `x:1: package.loaded is not available in a script: use require for modules beside the script`},
		{`require("ffi")`, `x:1: attempt to call field 'module' (a nil value)`},
		{`return ffi`, `x:1: the variable "ffi" is not defined; is it spelled right, and is it local to another block?`},
		{`setmetatable(_G, nil)`, `x:1: cannot change a protected metatable`},
		{`getmetatable("").__index = nil`, `x:1: attempt to index a boolean value`},
		{`x = = 1`, `x:1: unexpected symbol near '='`},
		{"\x1bLJ\x02", `x: attempt to load chunk with wrong mode`},
		{`return coroutine.create(function() end)`, `x: the script returned a thread, which cannot be passed to Go`},
		{`local t = {} t.t = t return t`, `x: the script returned a table that is nested more than 1000 deep, or in itself, which cannot be passed to Go`},
		{`return { [{}] = 1 }`, `x: the script returned a table with a key that is a table, which cannot be passed to Go`},
	} {
		_, err := s.Run("x", test.code)
		var e *Error
		if !errors.As(err, &e) || err.Error() != test.want {
			t.Errorf("%q: got %v, want %s", test.code, err, test.want)
		}
	}
	for _, code := range []string{`return jit, bit, newproxy, getfenv, arg`, `x = nil return x`, `return getmetatable(_G) or nil`} {
		if values, err := s.Run("x", code); err != nil || values[0] != nil {
			t.Errorf("%s: %v %v", code, values, err)
		}
	}
}

// Names that Lua abbreviates are whole in errors.
func TestLongName(t *testing.T) {
	name := strings.Repeat("folder/", 20) + "pipeline.lua"
	s := newState(t)
	_, err := s.Run(name, "\n\nerror('x')")
	var e *Error
	if !errors.As(err, &e) || e.File != name || e.Line != 3 || e.Message != "x" || e.Stack != name+":3: in main chunk" {
		t.Errorf("%#v", err)
	}
	values, err := s.Run(name, "\nreturn function() return true end")
	if err != nil {
		t.Fatal(err)
	}
	if file, line := values[0].(*Function).Position(); file != name || line != 2 {
		t.Error(file, line)
	}
}

// What is passed to Lua comes back as it was.
func TestValues(t *testing.T) {
	s := newState(t)
	var value func(depth int) *rapid.Generator[any]
	value = func(depth int) *rapid.Generator[any] {
		return rapid.Custom(func(t *rapid.T) any {
			switch kind := rapid.IntRange(0, 5).Draw(t, "kind"); {
			case kind == 0:
				return rapid.Bool().Draw(t, "bool")
			case kind == 1:
				return rapid.Float64().Draw(t, "number")
			case kind < 5 || depth == 0:
				return string(rapid.SliceOf(rapid.Byte()).Draw(t, "text"))
			}
			table := &Table{}
			for range rapid.IntRange(0, 4).Draw(t, "items") {
				table.Items = append(table.Items, value(depth-1).Draw(t, "item"))
			}
			for range rapid.IntRange(0, 4).Draw(t, "fields") {
				if table.Fields == nil {
					table.Fields = map[any]any{}
				}
				table.Fields[rapid.StringN(1, 5, -1).Draw(t, "key")] = value(depth-1).Draw(t, "field")
			}
			return table
		})
	}
	if err := s.Register("echo", func(c *Call) error { return c.Return(c.Value(0)) }); err != nil {
		t.Fatal(err)
	}
	rapid.Check(t, func(t *rapid.T) {
		want := value(3).Draw(t, "value")
		for _, code := range []string{"return ...", "return echo(...)"} {
			if got, err := s.Run("x", code, want); err != nil || !reflect.DeepEqual(got, []any{want}) {
				t.Fatalf("%s: got %#v, %v; want %#v", code, got, err, want)
			}
		}
	})
	if _, err := s.Run("x", "", struct{}{}); err == nil || err.Error() != "a struct {} cannot be passed to Lua" {
		t.Error(err)
	}
	deep := []any{}
	for range depthMax + 2 {
		deep = []any{deep}
	}
	if _, err := s.Run("x", "", deep); err == nil || !strings.Contains(err.Error(), "nested deeper") {
		t.Error(err)
	}
}

func TestRegister(t *testing.T) {
	s := newState(t)
	kept := function(t, s, "return function() end", Handle)
	for name, f := range map[string]Func{
		"fails":     func(*Call) error { return errors.New("it is " + strings.Repeat("long ", 2000)) },
		"panics":    func(*Call) error { panic("oh") },
		"count":     func(c *Call) error { c.ReturnNumber(float64(c.Len())); return nil },
		"many":      func(c *Call) error { return errors.Join(c.Return(1), c.Return("2"), c.Return(nil), c.Return(true)) },
		"large":     func(c *Call) error { c.ReturnBytes(make([]byte, 3<<20)); return nil },
		"wrong":     func(c *Call) error { return c.Return(make(chan int)) },
		"reenters":  func(*Call) error { _, err := s.Run("y", ""); return err },
		"recalls":   func(*Call) error { _, err := kept.Call(s.Batch()); return err },
		"text.size": func(c *Call) error { b, ok := c.Bytes(0); return errors.Join(c.Return(len(b)), c.Return(ok)) },
		"text.twice": func(c *Call) error {
			n, ok := c.Number(1)
			return errors.Join(c.Return(2*n), c.Return(ok), c.Return(c.Value(2)))
		},
	} {
		if err := s.Register(name, f); err != nil {
			t.Fatal(err)
		}
	}
	for _, test := range []struct{ code, want string }{
		{`return count(), count(nil, nil), count(1, "x", {}, true)`, `[0 2 4]`},
		{`return many()`, `[1 2 <nil> true]`},
		{`return #large(), #large()`, `[3.145728e+06 3.145728e+06]`},
		{`return text.size("a\0b")`, `[3 true]`},
		{`return text.size(("x"):rep(100000))`, `[100000 true]`},
		{`return text.size()`, `[0 false]`},
		{`return count(1, {})`, `[2]`},
		{`return text.twice(1, 21)`, `[42 true <nil>]`},
		{`return count(function() end, count)`, `[2]`},
		{`local ok, why = pcall(function() fails() end) return ok, #why`, `[false 10011]`},
		{`panics()`, `x:1: the function panicked: oh`},
		{`wrong()`, `x:1: a chan int cannot be passed to Lua`},
		{`reenters()`, `x:1: the Lua state is in use: a function that Lua called cannot use its state`},
		{`recalls()`, `x:1: the Lua state is in use: a function that Lua called cannot use its state`},
		{`for i = 1, 1000 do assert(count(i) == 1) end`, `[]`},
	} {
		values, err := s.Run("x", test.code)
		if got := fmt.Sprint(values); err != nil && err.Error() != test.want || err == nil && got != test.want {
			t.Errorf("%s: got %s, %v; want %s", test.code, got, err, test.want)
		}
	}
	for _, name := range []string{"", ".x", "x.", "a.b.c"} {
		if err := s.Register(name, func(*Call) error { return nil }); err == nil {
			t.Errorf("the name %q was taken", name)
		}
	}
	if err := s.Register("x", nil); err == nil {
		t.Error("nil was taken")
	}
}
