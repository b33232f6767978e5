package script

import (
	"slices"
	"strconv"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/gopiper/gopiper/script/std"
)

// crossing hands tables to the library and gets them from it, often enough for
// LuaJIT to compile it.
const crossing = `local gopiper = require "gopiper"
local function told(ok, value, problem)
  if type(value) == "table" then value = gopiper.json.encode(value) end
  return tostring(ok) .. " " .. tostring(value):gsub("^test.lua:%d+: ", "") .. " " .. tostring(problem) .. "\n"
end
local function crossed(text)
  local t = gopiper.json.decode(text)
  local all = gopiper.json.encode(t) .. "\n"
  if type(t) ~= "table" then t = { value = t } end
  all = all .. gopiper.json.encode{ t, { inner = t, n = 1.5, text = "x" }, gopiper.array{}, gopiper.object{} }
  all = all .. told(pcall(gopiper.kv.format, t)) .. told(pcall(gopiper.logfmt.format, t)) .. told(pcall(gopiper.csv.format, t))
  all = all .. told(pcall(gopiper.template, "${a} ${b} ${c} ${d.a}", t, "-")) .. told(pcall(gopiper.url.build, { query = t, path = "/" }))
  all = all .. told(pcall(gopiper.kv.parse, text, ",", ":")) .. told(pcall(gopiper.csv.parse, text))
  all = all .. told(pcall(gopiper.logfmt.parse, text)) .. told(pcall(gopiper.regex.find_all, text, "[a-c]+"))
  all = all .. told(pcall(gopiper.regex.find, text, "([a-c]+)([0-9]*)")) .. told(pcall(gopiper.regex.split, text, ","))
  return all .. told(pcall(gopiper.dissect, text, "%{a},%{b},%{+b}"))
end
gopiper.createPipeline{ gopiper.stdin{}, function(msg)
  local all
  for i = 1, 5 do
    local now = crossed(msg.data)
    if all and now ~= all then error(now .. all) end
    all = now
  end
  msg.data = all
end, gopiper.stdout{} }`

// drawnJSON draws a value with few names and many shapes.
func drawnJSON(t *rapid.T, depth int) string {
	kind := rapid.IntRange(0, 9).Draw(t, "kind")
	switch {
	case kind < 4 && depth > 0:
		names := rapid.SliceOfNDistinct(rapid.StringMatching(`[a-d]{1,2}[0-9]?`), 0, 16, rapid.ID[string]).Draw(t, "names")
		var fields []string
		for _, name := range names {
			fields = append(fields, strconv.Quote(name)+":"+drawnJSON(t, depth-1))
		}
		return "{" + strings.Join(fields, ",") + "}"
	case kind < 6 && depth > 0:
		var items []string
		for range rapid.IntRange(0, 16).Draw(t, "items") {
			items = append(items, drawnJSON(t, depth-1))
		}
		return "[" + strings.Join(items, ",") + "]"
	}
	return rapid.SampledFrom([]string{`""`, `"a"`, `"b, c=d"`, `"\u00e9 \"x\""`, "0", "-1.5", "1e300", "12345678901234567890", "true", "false", "null",
		`"a long text that is no name at all, and more than forty bytes long"`}).Draw(t, "leaf")
}

// What goes to the library and comes from it is the same on all engines, whatever
// LuaJIT has made of what it has seen before.
func TestStandardTablesCross(t *testing.T) {
	compare := compareEngines(t, crossing)
	rapid.Check(t, func(t *rapid.T) { compare(t, drawnJSON(t, 2)) })
}

// compareEngines returns what fails a test if the function of a script makes other data
// of a text on one engine than on another.
func compareEngines(t *testing.T, source string) func(t rapid.TB, text string) {
	var workers []func(text string) string
	for _, engine := range engines {
		c := functionOf(load(t, source, engine.set), 0, 1).Create(0, 0, nil)
		workers = append(workers, func(text string) string {
			m := newFake(text)
			if r := handle(t, c, m); r.Status != 0 {
				return r.String()
			}
			return string(m.GetData())
		})
	}
	return func(t rapid.TB, text string) {
		want := workers[0](text)
		for i, worker := range workers[1:] {
			if got := worker(text); got != want {
				t.Fatalf("%q\n%s: %s\n%s: %s", text, engines[0].name, want, engines[i+1].name, got)
			}
		}
	}
}

func TestFieldOrder(t *testing.T) {
	var order fieldOrder // that of the table before
	rapid.Check(t, func(t *rapid.T) {
		names := rapid.SliceOfNDistinct(rapid.StringMatching("[ab\\x00\\xff]{0,10}"), 0, 20, rapid.ID[string]).Draw(t, "names")
		for _, shift := range []int{0, 0, len(names) / 2} {
			table := &std.Table{}
			for _, name := range slices.Concat(names[shift:], names[:shift]) {
				table.Set(name, std.Text(name))
			}
			order.sort(table)
			if !slices.IsSorted(table.Names) || len(table.Names) != len(names) {
				t.Fatalf("%q", table.Names)
			}
			for i, name := range table.Names {
				if table.Fields[i].Text != name {
					t.Fatalf("%q is with %q", name, table.Fields[i].Text)
				}
			}
		}
	})
}

const hot = `local gopiper = require "gopiper"
local function told(text, value, problem)
  if type(value) == "table" then value = gopiper.json.encode(value) end
  return text .. tostring(value) .. " " .. tostring(problem) .. "\n"
end
local function missing(helper)
  local _, none = pcall(helper)
  local _, null = pcall(helper, nil)
  return tostring(none:match("got.*value")) .. tostring(null:match("got nil")) .. "\n"
end
gopiper.createPipeline{ gopiper.stdin{}, function(msg)
  local text = msg.data
  msg.data = told("json ", gopiper.json.decode(text)) .. told("kv ", gopiper.kv.parse(text)) ..
    told("kv; ", gopiper.kv.parse(text, ",", ":")) .. told("kv nil ", gopiper.kv.parse(text, nil)) ..
    missing(gopiper.json.decode) .. missing(gopiper.kv.parse)
end, gopiper.stdout{} }`

// What is in Lua on LuaJIT is as it is in Go, for all texts that are nearly JSON or pairs.
func TestHotHelpersAreThoseOfGo(t *testing.T) {
	compare := compareEngines(t, hot)
	nested := func(depth int) string { return strings.Repeat("[", depth) + strings.Repeat("]", depth) }
	for _, text := range []string{
		"", " ", "{", "[", "{}", "[]", "[ ]", "{ }", " []", "[] ", "[]  ", "[]x", "[1,]", "[,]", `{"a":1,}`, `{,}`, `{"a"}`, `{"a":}`, "[}", "{]",
		`{"a":1 , "b" : [ 1 , 2 ] , "c":{ } }`, `{"a":1,"a":2}`, `{"a":null,"a":2}`, `{"a":{},"a":[]}`, `{"":0}`, `{"a`, `{"a":"b`, "[\"\x00\"]", "[\"\x80\"]",
		"[01]", "[-0]", "[-]", "[0]", "[-1]", "[1.]", "[.5]", "[1.5]", "[0.1]", "[-0.0]", "[0.0]", "[1.10]", "[1e3]", "[1E3]", "[1.5e3]", "[123456789012345]",
		"[999999999999999]", "[1000000000000000]", "[9007199254740993]", "[0.000000000000001]", "[0.0000000000000001]", "[3.14159265358979]", "[123456.789012345]", "[1-]", "[1 2]", "[true]", "[tru]", "[truex]",
		"[false]", "[fals]", "[null]", "[nul]", "[t", "[f", "[n", nested(63), nested(64), nested(65), nested(66), "[" + strings.Repeat("1,", 2047) + "1]", "[" + strings.Repeat("1,", 2048) + "1]",
		"a=1  b = 2 =3 d= e", "a", "=", "a=b=c", "a=1 a=2 a", `a="b c" d`, `a="b`, "a=\tb\n", "a=1\x00b c", "a\x00", "\x00", "ä=ö", strings.Repeat("a=1 ", 1025),
	} {
		compare(t, text)
	}
	rapid.Check(t, func(t *rapid.T) {
		text := drawnJSON(t, 3)
		for range rapid.IntRange(0, 3).Draw(t, "changes") {
			at := rapid.IntRange(0, len(text)).Draw(t, "at")
			text = text[:at] + rapid.SampledFrom([]string{" ", "", ",", "]", "}", "[", "{", "\"", "0", "7.25", "-", ".", "e1", ":", "=", "a=b ", "\\", "\n", "\x00", "\x80", "é", "-0", "true"}).Draw(t, "what") + text[min(len(text), at+rapid.IntRange(0, 2).Draw(t, "drop")):]
		}
		compare(t, text)
	})
}

// What they mostly get does not cross to Go at all, and the rest does.
func TestHotHelpersDoNotCross(t *testing.T) {
	const script = `local gopiper = require "gopiper"
gopiper.createPipeline{ gopiper.stdin{}, function(msg)
  local helper = msg.data:find("=", 1, true) and gopiper.kv.parse or gopiper.json.decode
  helper(msg.data)
end, gopiper.stdout{} }`
	c := functionOf(load(t, script, onLuaJIT), 0, 1).Create(0, 0, nil)
	crossed := 0
	run := func(text string) int {
		crossed = 0
		if r := handle(t, c, newFake(text)); r.Status != 0 {
			t.Fatal(text, r)
		}
		return crossed
	}
	run("{}") // the first evaluates the script
	standard := c.(*jitWorker).state.standard
	standard.functions = slices.Clone(standard.functions)
	for i := range standard.functions {
		call := standard.functions[i].Call
		standard.functions[i].Call = func(c *std.Context, arguments []std.Value) ([]std.Value, error) {
			crossed++
			return call(c, arguments)
		}
	}
	for _, text := range []string{`{"id":7,"name":"ann","tags":["a","b"],"ok":true}`, `{ "é": [1.5, -2, null, {}, []] }`, `a=1 b=two c`} {
		if run(text) != 0 {
			t.Errorf("%s crosses to Go", text)
		}
	}
	for _, text := range []string{`{"a":1e3}`, `{"a":"\n"}`, `{"a":1,"a":2}`, "[\n1]", `["` + strings.Repeat("x", 4096) + `"]`, `a="b"`} {
		if run(text) != 1 {
			t.Errorf("%s does not cross to Go", text)
		}
	}
}
