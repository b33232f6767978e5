package script

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"log/slog"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/gopiper/gopiper/component"
	"github.com/gopiper/gopiper/script/std"
)

// showing defines show, which writes values as Lua has them.
const showing = `
local gopiper = require "gopiper"
local function literal(v)
  if type(v) == "string" then
    return '"' .. v:gsub("\\", "\\\\"):gsub('"', '\\"'):gsub("\n", "\\n"):gsub("%z", "\\0") .. '"'
  elseif type(v) ~= "table" then
    return tostring(v)
  end
  local parts = {}
  for i = 1, #v do parts[i] = literal(v[i]) end
  local names = {}
  for k in pairs(v) do if type(k) == "string" then names[#names + 1] = k end end
  table.sort(names)
  for _, k in ipairs(names) do parts[#parts + 1] = k .. " = " .. literal(v[k]) end
  return "{" .. table.concat(parts, ", ") .. "}"
end
local function show(...)
  local parts = {}
  for i = 1, select("#", ...) do parts[i] = literal((select(i, ...))) end
  print(table.concat(parts, ", "))
end
`

// Every function has examples, and they give what they say they do.
func TestStandardExamples(t *testing.T) {
	logTo(t, io.Discard)
	for _, f := range std.Functions() {
		t.Run(f.Name, func(t *testing.T) {
			var source strings.Builder
			source.WriteString(showing)
			var lines []string
			count := 0
			for line := range strings.Lines(f.Example) {
				expression, want, found := strings.Cut(strings.TrimSpace(line), "-->")
				switch {
				case !found, strings.TrimSpace(want) == "":
					fmt.Fprintln(&source, expression)
				default:
					fmt.Fprintf(&source, "show(%s)\nshow(%s)\n", expression, want)
					lines = append(lines, line)
				}
				count += strings.Count(line, "-->")
			}
			if count == 0 {
				t.Error("no example")
			}
			text := ""
			if f.Handling {
				text = evaluateHandling(t, source.String())
			} else {
				text = evaluate(t, source.String())
			}
			got := strings.Split(strings.TrimSpace(text), "\n")
			if len(lines) == 0 && text == "" {
				return
			}
			if len(got) != 2*len(lines) {
				t.Fatalf("%s", text)
			}
			for i, line := range lines {
				if got[2*i] != got[2*i+1] {
					t.Errorf("%sgot: %s", line, got[2*i])
				}
			}
		})
	}
}

var standardTests = []struct{ expression, want string }{
	// Arguments are checked as in Lua 5.1.
	{`pcall(gopiper.time.parse)`, `false, "bad argument #1 to 'parse' (string expected, got no value)"`},
	{`pcall(gopiper.time.parse, nil)`, `false, "bad argument #1 to 'parse' (string expected, got nil)"`},
	{`pcall(gopiper.time.parse, {})`, `false, "bad argument #1 to 'parse' (string expected, got table)"`},
	{`pcall(gopiper.time.format, "x")`, `false, "bad argument #1 to 'format' (number expected, got string)"`},
	{`gopiper.time.format("0")`, `"1970-01-01T00:00:00Z"`}, {`gopiper.hex.encode(12)`, `"3132"`},
	{`pcall(gopiper.template, "x", print)`, `false, "bad argument #2 to 'template' (table expected, got function)"`},
	{`pcall(gopiper.hex.encode, gopiper.null)`, `false, "bad argument #1 to 'encode' (string expected, got null)"`},
	{`pcall(gopiper.random.int, 1, 1.5)`, `false, "bad argument #2 to 'int' (a whole number from -9007199254740992 to 9007199254740992 expected, got 1.5)"`},
	{`pcall(function() gopiper.counter("x"):add("y") end)`, `false, "bad argument #1 to 'add' (number expected, got string)"`},
	{`pcall(gopiper.counter("x").add, {})`, `false, "calling 'add' on bad self (counter expected, got table)"`},
	{`pcall(gopiper.gauge("x").set, gopiper.counter("x"), 1)`, `false, "calling 'set' on bad self (gauge expected, got counter)"`},
	// Nothing is converted in secret.
	{`pcall(gopiper.json.encode, 0/0)`, `false, "bad argument #1 to 'encode' (NaN is no number in JSON)"`},
	{`pcall(gopiper.json.encode, { a = { 1, 1/0 } })`, `false, "bad argument #1 to 'encode' (at .a[2]: +Inf is no number in JSON)"`},
	{`pcall(gopiper.json.encode, { a = { 1, nil, 3 } })`,
		`false, "bad argument #1 to 'encode' (at .a: a list has the elements 1, 2, 3 and so on without a hole; [3] comes where [2] is expected)"`},
	{`pcall(gopiper.json.encode, { [true] = 1 })`, `false, "bad argument #1 to 'encode' (a table has names or the numbers 1, 2, 3 … as keys, not the boolean true)"`},
	{`pcall(gopiper.json.encode, { 1, a = 1 })`,
		`false, "bad argument #1 to 'encode' (a table is either a list or has names, not both; it has the field \"a\")"`},
	{`(function() local t = {}; t.t = t; local _, e = pcall(gopiper.json.encode, t); return e:match("%(.*") end)()`,
		`"(at .t.t.t.t.t.t.t.t.t.t.t: tables are nested deeper than 1000, or in themselves)"`},
	{`(function() local t = {}; for i = 1, 60 do t = { t, t } end; local _, e = pcall(gopiper.json.encode, t); return e:match("more than %d+ values") end)()`,
		`"more than 524288 values"`},
	{`pcall(gopiper.json.encode, { f = print })`, `false, "bad argument #1 to 'encode' (at .f: a function cannot be written as JSON)"`},
	{`pcall(gopiper.json.encode)`, `false, "bad argument #1 to 'encode' (value expected)"`},
	// JSON keeps what it means.
	{`gopiper.json.encode(gopiper.json.decode('{"z":1,"a":{"y":[],"b":{}},"c":[null,true,1e2,0.1]}'))`,
		`"{\"a\":{\"b\":{},\"y\":[]},\"c\":[null,true,100,0.1],\"z\":1}"`},
	{`(function() local t = gopiper.json.decode('[1]'); table.remove(t); return gopiper.json.encode(t), gopiper.json.encode({}) end)()`, `"[]", "{}"`},
	{`gopiper.json.decode('null') == gopiper.null, gopiper.json.decode('[null]')[1] == gopiper.null, gopiper.null`, `true, true, null`},
	{`gopiper.json.decode('{"a":1,"a":2}')`, `{a = 1}`}, {`gopiper.json.decode('"\\ud83d\\ude00\\u00e9"')`, `"😀é"`},
	{`gopiper.json.decode(' [ ] '), gopiper.json.decode('-0.5e1'), gopiper.json.decode('')`, `{}, -5, nil, "offset 0: expected a value, found the end"`},
	{`(function() local x = gopiper.json.decode('[9007199254740993,9007199254740993,-9007199254740993,9007199254740992,1e999]');
return x[1] == x[2], x[3] < x[1], x[1] < x[5], x[1] .. "!", x[1] + 0, type(x[4]), -x[3] end)()`, `true, true, true, "9007199254740993!", 9007199254740993, "number", 9007199254740993`},
	{`gopiper.json.decode(("["):rep(1001))`, `nil, "offset 1000: expected nesting of at most 1000, found '['"`},
	// Groups say what they are.
	{`pcall(gopiper.regex.find_all, ("x"):rep(2^22), "(a?){100}")`,
		`false, "bad argument #1 to 'find_all' (a text of 4194304 bytes is too long for a pattern of this size; cut it first)"`},
	{`gopiper.regex.match(("x"):rep(2^20) .. "yz", "(y)(a)?z")`, `"y", nil`},
	{`gopiper.ip.in_cidr("1.1.1.1", {}), pcall(gopiper.ip.in_cidr, "1.1.1.1", "")`,
		`false, false, "bad argument #2 to 'in_cidr' (\"\" is no network; write for example \"10.0.0.0/8\")"`},
	{`gopiper.ip.in_cidr("::ffff:10.0.0.1", { "::ffff:10.0.0.0/104", "fe80::/10" }), gopiper.ip.in_cidr("fe80::1%eth0", "fe80::/10")`, `true, true`},
	{`gopiper.url.build{ scheme = "http", host = "h:80" }`, `nil, "url: the host \"h:80\" has a colon; a port is a part of its own"`},
	{`gopiper.url.build{ scheme = "http", host = "::1", port = 80, path = "/%2F", query = "a b" }`, `"http://[::1]:80/%2F?a%20b"`},
	{`gopiper.url.build(gopiper.url.parse("mailto:a@b")), gopiper.url.parse("http://h:99999")`, `"mailto:a@b", nil, "url: \"99999\" is no port"`},
	{`gopiper.dissect("3 1 2", "%{+a/3} %{+a/1} %{+a/2}").a, pcall(gopiper.dissect, "x", "%{*a}")`,
		`"1 2 3", false, "bad argument #2 to 'dissect' (%{*a} has no value; add %{&a})"`},
	{`pcall(gopiper.regex.replace, "x", "x", "$1")`,
		`false, "bad argument #3 to 'replace' (the pattern has no group \"1\"; write $$ for a dollar sign)"`},
	{`pcall(gopiper.regex.match, "x", "(")`, `false, "bad argument #2 to 'match' (the pattern is no regular expression: missing closing ): ` + "`(`" + `)"`},
	{`pcall(function() return gopiper.json.decod end)`,
		`false, "gopiper.json has no function \"decod\"; did you mean \"decode\"?"`},
	{`pcall(function() gopiper.json.decod = 1 end)`,
		`false, "gopiper.json.decod cannot be assigned: the library is shared by all; use a variable of your own"`},
	{`pcall(function() return gopiper.regx end)`, `false, "gopiper.regx is no component; did you mean \"regex\"?"`},
	{`pcall(function() return gopiper.regexx end)`, `false, "gopiper.regexx is no component; did you mean \"regex\"?"`},
	{`pcall(function() return gopiper.arry end)`, `false, "gopiper.arry is no component; did you mean \"array\"?"`},
	{`pcall(rawset, gopiper.json, "encode", print)`, `false, "rawset: the library is shared by all and cannot be changed; use a table of your own"`},
	{`gopiper.json.decode("[" .. ("1,"):rep(2^19) .. "1]")`, `nil, "more than 524288 values"`},
	{`tostring(gopiper.counter("a_b", { c = "d" })), tostring(gopiper.gauge("g"))`, `"counter", "gauge"`},
	{`pcall(gopiper.regex.match, ("x"):rep(2^24 + 1), "x")`,
		`false, "bad argument #1 to 'match' (a string of at most 16 MiB expected, got 16777217 bytes)"`},
}

func TestStandard(t *testing.T) {
	for _, test := range standardTests {
		source := strings.ReplaceAll(showing, "\n", " ") + " show(" + test.expression + ")"
		got := strings.Replace(evaluate(t, source), `false, "`+failed, `false, "`, 1) // where there is a line
		if got != test.want {
			t.Errorf("%s\ngot:  %s\nwant: %s", test.expression, got, test.want)
		}
	}
}

// A name that is a component too still is one.
func TestGroupIsComponent(t *testing.T) {
	s := load(t, `local gopiper = require "gopiper"; local json = gopiper.json
gopiper.createPipeline{ gopiper.stdin{}, gopiper.json{ name = "a" }, json{}, gopiper.stdout{} }`,
		func(o *Options) { o.Known = append(o.Known, "json") })
	stages := s.Plan().Pipelines[0].Stages
	if stages[1].Reference != "json" || stages[1].Name != "a" || stages[1].Position.Line != 2 || stages[2].Reference != "json" {
		t.Errorf("%+v, %+v", stages[1], stages[2])
	}
	_, err := Load(context.Background(), "test.lua", []byte(`require "gopiper".regex{}`), testOptions(t))
	if err == nil || !strings.Contains(err.Error(), "gopiper.regex is no component") {
		t.Errorf("%v", err)
	}
}

// While a script describes, time stands still and random values are the same in
// every state.
func TestStandardIsFrozen(t *testing.T) {
	s := load(t, `local gopiper = require "gopiper"
local at, id, n = gopiper.time.now(), gopiper.uuid.v4() .. gopiper.uuid.v7() .. gopiper.random.hex(3), gopiper.random.int(1, 1e9)
gopiper.createPipeline{ gopiper.stdin{}, function(msg)
  msg.data = at .. id .. n
  msg.attributes.other = tostring(gopiper.uuid.v4() ~= id:sub(1, 36))
end, gopiper.stdout{} }`)
	var want string
	for worker := range 3 {
		m := newFake("")
		handle(t, functionOf(s, 0, 1).Create(0, worker, nil), m)
		other, _ := m.Attribute("other")
		if got := string(m.GetData()); worker > 0 && got != want || other != "true" {
			t.Errorf("worker %d: %s, %s; want %s", worker, got, other, want)
		}
		want = string(m.GetData())
	}
}

// Nothing that a script asks of the library runs much longer than it may.
func TestStandardIsBounded(t *testing.T) {
	for _, body := range []string{
		`while true do gopiper.json.decode("[" .. ("[],"):rep(1e6) .. "1]") end`,
		`for i = 1, 1e9 do pcall(gopiper.regex.match, "x", "(a?){900}" .. i) end`,
		`local s = ("a"):rep(1e5) while true do gopiper.regex.match(s, "(a|aa)+$b") end`,
		`local s = ("a"):rep(1e7) while true do gopiper.hash.md5(s) end`,
		`local s = (","):rep(1e7) while true do gopiper.csv.parse(s) end`,
		`local t = {} for i = 1, 60 do t = { t, t } end while true do pcall(gopiper.json.encode, t) end`,
		`local z = gopiper.compress.gzip(("a"):rep(1e7)) while true do gopiper.decompress.gzip(z) end`,
		`local s = gopiper.random.bytes(1e6):rep(15) while true do gopiper.compress.zstd(s) end`,
		`while true do gopiper.random.bytes(1e6) end`,
		`local t = {} for i = 1, 1e4 do t[i] = i end while true do gopiper.json.encode(t) end`,
	} {
		s := load(t, withFunction(body), func(o *Options) { o.Limits.Time = 20 * time.Millisecond })
		r := handle(t, functionOf(s, 0, 1).Create(0, 0, nil), newFake(""))
		if r.Status != StatusLimit {
			t.Errorf("%s: %s", body, r)
		}
	}
}

// logTo has log lines written to w, without their time, for as long as the test
// runs.
func logTo(t testing.TB, w io.Writer) {
	before := slog.Default()
	t.Cleanup(func() { slog.SetDefault(before) })
	slog.SetDefault(slog.New(slog.NewTextHandler(w, &slog.HandlerOptions{ReplaceAttr: func(_ []string, a slog.Attr) slog.Attr {
		if a.Key == slog.TimeKey {
			return slog.Attr{}
		}
		return a
	}})))
}

// What a script logs while it describes is logged once, what a function logs
// every time.
func TestStandardLogsOnce(t *testing.T) {
	var out bytes.Buffer
	logTo(t, &out)
	s := load(t, `local gopiper = require "gopiper"; gopiper.log.info("described", { n = 1 })
gopiper.createPipeline{ gopiper.stdin{}, function(msg) gopiper.log.warn("handled", { data = msg.data, list = { 1 } }) end, gopiper.stdout{} }`)
	for worker := range 2 {
		f := functionOf(s, 0, 1)
		f.Place("p", "s")
		handle(t, f.Create(0, worker, nil), newFake(strconv.Itoa(worker)))
	}
	want := "level=INFO msg=described n=1 position=test.lua:1\n" +
		"level=WARN msg=handled data=0 list=[1] pipeline=p stage=s position=test.lua:2\n" +
		"level=WARN msg=handled data=1 list=[1] pipeline=p stage=s position=test.lua:2\n"
	if out.String() != want {
		t.Errorf("%s", out.String())
	}
}

// A function can be called from a coroutine, kept, and caught there.
func TestStandardInCoroutines(t *testing.T) {
	got := evaluate(t, `local gopiper = require "gopiper"; local encode = gopiper.hex.encode
local each = coroutine.wrap(function() for i = 1, 2 do coroutine.yield(encode(i)) end; print(pcall(encode, {})); encode({}) end)
print(each(), each())
print(select(2, pcall(each)))`)
	want := "31\t32\nfalse\ttest.lua:2: bad argument #1 to 'encode' (string expected, got table)\n"
	if !strings.HasPrefix(got, want) || !strings.Contains(got[len(want):], "bad argument #1 to 'encode'") {
		t.Errorf("%s", got)
	}
}

// stateSize is how many bytes a state takes whose function has the body.
func stateSize(t *testing.T, body string) int64 {
	t.Helper()
	f := functionOf(load(t, withFunction(body)), 0, 1)
	const states = 50
	var before, after runtime.MemStats
	kept := make([]component.Component, states)
	runtime.GC()
	runtime.GC() // what pools hold goes with the second
	runtime.ReadMemStats(&before)
	for i := range kept {
		kept[i] = f.Create(0, i, nil)
		if r := handle(t, kept[i], newFake("")); r.Status != 0 {
			t.Fatal(r)
		}
	}
	runtime.GC()
	runtime.ReadMemStats(&after)
	runtime.KeepAlive(kept)
	return (int64(after.HeapAlloc) - int64(before.HeapAlloc)) / states
}

// What a script does not use of the library takes no memory, and what it uses
// not much.
func TestStandardIsSmall(t *testing.T) {
	without := stateSize(t, ``)
	with := stateSize(t, `for _, f in pairs{ gopiper.json.decode, gopiper.time.parse, gopiper.regex.match, gopiper.counter } do end`)
	t.Logf("a state takes %d bytes, with four groups %d", without, with)
	if with-without > 32<<10 {
		t.Errorf("four groups take %d bytes", with-without)
	}
}

func BenchmarkStandard(b *testing.B) {
	logTo(b, io.Discard)
	for _, f := range std.Functions() {
		expression, _, found := strings.Cut(f.Example, "-->")
		if !found || f.Handling || strings.HasPrefix(f.Example, "local") || strings.Contains(f.Name, ":") {
			continue
		}
		b.Run(f.Name, func(b *testing.B) { benchmarkBody(b, `local _ = `+expression) })
	}
	b.Run("counter:add", func(b *testing.B) { benchmarkBody(b, `kept = kept or gopiper.counter("seen") kept:add()`) })
	b.Run("gauge:set", func(b *testing.B) { benchmarkBody(b, `kept = kept or gopiper.gauge("size") kept:set(1)`) })
	b.Run("nothing", func(b *testing.B) { benchmarkBody(b, ``) }) // what a call of the function itself costs
}

func benchmarkBody(b *testing.B, body string) {
	c := functionOf(load(b, withFunction(body)), 0, 1).Create(0, 0, nil).(component.BatchHandler)
	messages, reports := []component.Message{newFake("")}, make([]component.Report, 1)
	b.ReportAllocs()
	for b.Loop() {
		if c.HandleBatch(messages, reports); reports[0].Status != 0 {
			b.Fatal(reports[0])
		}
	}
}
