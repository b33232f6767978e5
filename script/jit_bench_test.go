package script

import (
	"context"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	lua "github.com/yuin/gopher-lua"

	"github.com/gopiper/gopiper/component"
	"github.com/gopiper/gopiper/script/std"
)

// shapes are tables of which hardly two have the same fields.
const shapes = `local values = {}
for i = 1, 64 do
  values[i] = {}
  for j = 1, 8 do
    local kind = math.floor(i / 2 ^ (j % 6)) % 4
    if kind > 0 then values[i]["f" .. j] = kind == 1 and j or kind == 2 and "x" or true end
  end
end`

// standardCalls are calls of all groups of the standard library with small
// arguments. What is before them is not measured.
var standardCalls = []struct{ name, before, call string }{
	{"json.decode", ``, `gopiper.json.decode('{"id":7,"name":"ann","tags":["a","b"],"ok":true}')`},
	{"json.encode", `local v = { id = 7, name = "ann", tags = { "a", "b" }, ok = true }`, `gopiper.json.encode(v)`},
	{"json.decode, shapes", shapes + ` for i, v in ipairs(values) do values[i] = gopiper.json.encode(v) end`, `gopiper.json.decode(values[i % 64 + 1])`},
	{"json.encode, shapes", shapes, `gopiper.json.encode(values[i % 64 + 1])`},
	{"time.parse", ``, `gopiper.time.parse("2026-01-01T00:00:00Z")`},
	{"time.format", ``, `gopiper.time.format(1767225600 + i, "%F")`},
	{"regex.match", ``, `gopiper.regex.match("GET /a", "^GET")`},
	{"regex.groups", ``, `gopiper.regex.groups("id=7", "(?P<k>[a-z]+)=(?P<v>[0-9]+)")`},
	{"regex.find_all", ``, `gopiper.regex.find_all("a1b2", "[0-9]")`},
	{"regex.split", ``, `gopiper.regex.split("a, b, c", ", *")`},
	{"dissect", ``, `gopiper.dissect("10.0.0.1 GET /index.html 200", "%{ip} %{verb} %{path} %{status}")`},
	{"kv.parse", ``, `gopiper.kv.parse("a=1 b=2")`},
	{"kv.parse, ten", ``, `gopiper.kv.parse("one=1 two=2 three=3 four=4 five=5 six=6 seven=7 eight=8 nine=9 ten=10")`},
	{"kv.format", `local v = { a = "1", b = 2 }`, `gopiper.kv.format(v)`},
	{"logfmt.parse", ``, `gopiper.logfmt.parse('level=info msg="a b" took=12ms ok')`},
	{"logfmt.format", `local v = { level = "info", msg = "a b", took = 12 }`, `gopiper.logfmt.format(v)`},
	{"csv.parse", ``, `gopiper.csv.parse("1,ann,2026-01-01,ok,10.0.0.1")`},
	{"csv.format", `local v = { 1, "ann", "2026-01-01", "ok", "10.0.0.1" }`, `gopiper.csv.format(v)`},
	{"url.parse", ``, `gopiper.url.parse("https://example.com/a/b?x=1&y=2")`},
	{"url.build", `local v = { scheme = "https", host = "example.com", path = "/a" }`, `gopiper.url.build(v)`},
	{"url.query", ``, `gopiper.url.query("x=1&y=2&z=3")`},
	{"url.escape", ``, `gopiper.url.escape("a b&c")`},
	{"ip.parse", ``, `gopiper.ip.parse("192.168.1.7")`},
	{"ip.is_private", ``, `gopiper.ip.is_private("192.168.1.7")`},
	{"ip.in_cidr", `local v = { "10.0.0.0/8", "192.168.0.0/16" }`, `gopiper.ip.in_cidr("192.168.1.7", v)`},
	{"hash.crc32", ``, `gopiper.hash.crc32("0123456789abcdef")`},
	{"hmac.sha256", ``, `gopiper.hmac.sha256("key", "0123456789abcdef")`},
	{"base64.encode", ``, `gopiper.base64.encode("0123456789abcdef")`},
	{"hex.encode", ``, `gopiper.hex.encode("0123456789abcdef")`},
	{"compress.snappy", ``, `gopiper.compress.snappy("0123456789abcdef")`},
	{"decompress.snappy", `local v = gopiper.compress.snappy("0123456789abcdef")`, `gopiper.decompress.snappy(v)`},
	{"uuid.v4", ``, `gopiper.uuid.v4()`},
	{"random.int", ``, `gopiper.random.int(1, 6)`},
	{"template", `local v = { a = "x" }`, `gopiper.template("${a}", v)`},
	{"template, ten", `local v = { one = 1, two = 2, three = 3, four = 4, five = 5, six = 6, seven = 7, eight = 8, nine = 9, ten = 10 }`,
		`gopiper.template("${one} ${five} ${ten}", v)`},
	{"counter", `local v = { kind = "a" }`, `gopiper.counter("counted", v)`},
	{"counter:add", `local seen = gopiper.counter("seen")`, `seen:add()`},
	{"gauge", `local v = { kind = "a" }`, `gopiper.gauge("measured", v)`},
	{"gauge:set", `local size = gopiper.gauge("size")`, `size:set(i)`},
	{"log.info", `local v = { user = "ann", n = 1 }`, `gopiper.log.info("seen", v)`},
	{"log.debug", `local v = { user = "ann", n = 1 }`, `gopiper.log.debug("not written", v)`},
	{"shared.get", `gopiper.shared.set("a", "x")`, `gopiper.shared.get("a")`},
	{"shared.add", ``, `gopiper.shared.add("n", 1)`},
	{"state.get", `gopiper.state.set("a", "x")`, `gopiper.state.get("a")`},
	{"state.keys", `gopiper.state.set("a", "x") gopiper.state.set("b", "x")`, `gopiper.state.keys("")`},
}

// No group is left out.
func TestStandardCallsAreOfAllGroups(t *testing.T) {
	for _, g := range std.Groups() {
		called := false
		for _, test := range standardCalls {
			rest, found := strings.CutPrefix(test.name, g.Name)
			called = called || found && (rest == "" || strings.ContainsAny(rest[:1], ".:,"))
		}
		if !called {
			t.Errorf("no call of gopiper.%s", g.Name)
		}
	}
}

// forgetful is a state that notes no changes.
type forgetful struct{ changes }

func (f *forgetful) Put(_ component.Message, key, value []byte, _ time.Time) error {
	f.values[string(key)] = value
	return nil
}

// callOf returns the function that a call calls, and its arguments; nil for those of
// objects, which only engines have.
func callOf(b *testing.B, before, call string) (*std.Function, []std.Value) {
	name, _, _ := strings.Cut(call, "(")
	for _, f := range std.Functions() {
		if "gopiper."+f.Name != name {
			continue
		}
		L := lua.NewState()
		defer L.Close()
		at := &standard{st: &state{}, left: argumentsMax}
		var arguments []std.Value
		L.SetGlobal("called", L.NewFunction(func(L *lua.LState) int {
			arguments = arguments[:0]
			for i := 1; i <= L.GetTop(); i++ {
				value, err := at.fromLua(L.Get(i), 0)
				if err != nil {
					b.Fatal(err)
				}
				arguments = append(arguments, value)
			}
			return 0
		}))
		if strings.Contains(before, "gopiper") {
			return nil, nil
		}
		if err := L.DoString("local i = 1; " + before + " called" + strings.TrimPrefix(call, name)); err != nil {
			b.Fatal(err)
		}
		return &f, arguments
	}
	return nil, nil
}

// What the functions do themselves, which no engine does without.
func BenchmarkStandardAlone(b *testing.B) {
	logTo(b, io.Discard)
	for _, test := range standardCalls {
		f, arguments := callOf(b, test.before, test.call)
		if f == nil {
			continue
		}
		b.Run(test.name, func(b *testing.B) {
			c := &std.Context{}
			for b.Loop() {
				if _, err := f.Call(c, arguments); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// What a call of the standard library costs on each engine, without what calling
// the function does: a function makes many calls.
func BenchmarkStandardCall(b *testing.B) {
	logTo(b, io.Discard)
	const calls = 1000
	for _, test := range standardCalls {
		for _, engine := range engines {
			b.Run(test.name+"/"+engine.name, func(b *testing.B) {
				source := fmt.Sprintf(`local gopiper = require "gopiper"
gopiper.createPipeline{ gopiper.stdin{}, { stateful = true, handle = function(msg)
  %s
  for i = 1, %d do local _ = %s end
end }, gopiper.stdout{} }`, test.before, calls, test.call)
				c := functionOf(load(b, source, engine.set), 0, 1).Create(0, 0, nil).(component.BatchHandler)
				state := component.WithState(context.Background(), &forgetful{changes{values: map[string][]byte{}}})
				if err := c.(component.Opener).Open(state); err != nil {
					b.Fatal(err)
				}
				messages, reports := []component.Message{newFake("")}, make([]component.Report, 1)
				b.ReportAllocs()
				for n := 0; n < b.N; n += calls {
					if c.HandleBatch(messages, reports); reports[0].Status != 0 {
						b.Fatal(reports[0])
					}
				}
			})
		}
	}
}
