package script

import (
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/gopiper/gopiper/component"
	"github.com/gopiper/gopiper/script/compile"
	"github.com/gopiper/gopiper/script/std"
)

// engines are the ways in which functions run: every example of the standard
// library is tried on each.
var engines = []struct {
	name string
	set  func(*Options)
	// compiles tells that functions run compiled where they can.
	compiles bool
}{
	{"gopher-lua", func(o *Options) { o.Engine = EngineGopherLua }, false},
	{"luajit", onLuaJIT, false},
	{"compiled", func(o *Options) { o.Engine = EngineAuto }, true},
}

// examples are the lines of a function's example that give something, and what
// stands before each.
func examples(f *std.Function) (list []struct{ before, expression, want string }) {
	var before string
	for line := range strings.Lines(f.Example) {
		expression, want, found := strings.Cut(strings.TrimSpace(line), "-->")
		if expression, want = strings.TrimSpace(expression), strings.TrimSpace(want); !found || want == "" {
			before += expression + "\n"
			continue
		}
		list = append(list, struct{ before, expression, want string }{before, expression, want})
	}
	return list
}

// An example gives in a function, on every engine, what it says it does: as it
// stands, and, for the functions that can be called from compiled ones, in a
// function that can be compiled.
func TestStandardExamplesInFunctions(t *testing.T) {
	logTo(t, io.Discard)
	const values = `local a, b, c, d = %s
msg.data = tostring(a) .. "," .. tostring(b) .. "," .. tostring(c) .. "," .. tostring(d)
msg.key = type(a) .. "," .. type(b) .. "," .. type(c) .. "," .. type(d)`
	compiled := 0
	for _, f := range std.Functions() {
		if f.Handling {
			continue // its lines depend on one another: TestStandardExamples runs them so
		}
		for _, example := range examples(&f) {
			for _, engine := range engines {
				shown := strings.ReplaceAll(showing, "print(", "msg.data = (msg.data or '') .. (")
				_, shown, _ = strings.Cut(shown, "\n") // gopiper is there
				_, shown, _ = strings.Cut(shown, "\n")
				got := run(t, engine.set, shown+example.before+"show("+example.expression+")")
				want := run(t, engine.set, shown+example.before+"show("+example.want+")")
				if got != want {
					t.Errorf("%s: %s gives %s, not %s", engine.name, example.expression, got, want)
				}
				if strings.ContainsAny(example.want, "{") || !f.Pure {
					continue
				}
				if got, want := run(t, engine.set, fmt.Sprintf(values, example.expression)), run(t, engine.set, fmt.Sprintf(values, example.want)); got != want {
					t.Errorf("%s: %s gives %s, not %s", engine.name, example.expression, got, want)
				}
				if engine.compiles && runsCompiled(t, fmt.Sprintf(values, example.expression)) {
					compiled++
				}
			}
		}
	}
	if t.Logf("%d examples run compiled", compiled); compiled < 40 {
		t.Errorf("only %d examples run compiled", compiled)
	}
}

// run runs a function's body with one message, and returns what it makes of it.
func run(t *testing.T, set func(*Options), body string) string {
	t.Helper()
	m := newFake("")
	if r := handle(t, functionOf(load(t, withFunction(body), set), 0, 1).Create(0, 0, nil), m); r.Status != 0 {
		t.Fatalf("%v in\n%s", r, body)
	}
	return string(m.GetData()) + " " + m.Key()
}

// runsCompiled tells whether a function's body does, to its end.
func runsCompiled(t *testing.T, body string) bool {
	t.Helper()
	runner := functionOf(load(t, withFunction(body)), 0, 1).runner(compile.Handler)
	if runner == nil {
		return false
	}
	_, err := runner.Handle(newFake(""))
	return err == nil
}

// Every pure function can be called from a compiled one, with results that are
// those of the interpreter, errors among them; every other cannot.
func TestStandardCompiled(t *testing.T) {
	for _, test := range []struct{ body, data string }{
		{`msg.data = gopiper.hash.sha256(msg.data) .. gopiper.hex.encode(msg.data) .. gopiper.hmac.sha1("k", msg.data)`, "abc"},
		{`local ip, path = gopiper.regex.match(msg.data, "^(\\S+) (?:\\S+) (x)?(\\S+)") msg.key = ip msg.data = tostring(path)`, "1.2.3.4 GET /a"},
		{`local t, why = gopiper.time.parse(msg.data) if not t then return gopiper.FAIL, why end msg.timestamp = t`, "never"},
		{`msg.timestamp = gopiper.time.parse(msg.data) msg.data = gopiper.time.format(msg.timestamp, "%F %R")`, "2026-03-01T12:30:00Z"},
		{`msg.data = gopiper.json.encode(msg.json.a) .. gopiper.json.encode(1.0) .. gopiper.json.encode(gopiper.null)`, `{"a":{"b":[1.0, 9007199254740993]}}`},
		{`msg.data = gopiper.template("${a.b} ${n}", msg.json)`, `{"a":{"b":"x"},"n":1.50}`},
		{`msg.data = gopiper.logfmt.format(msg.json)`, `{"b":1,"a":"x y"}`},
		{`msg.json.local_ = gopiper.ip.is_private(msg.json.ip)`, `{"ip":"10.0.0.1"}`},
		{`msg.data = gopiper.decompress.gzip(gopiper.compress.gzip(msg.data))`, "aaaa"},
		{`msg.data = gopiper.base64.decode(msg.data) or "?"`, "YQ=="},
		{`local n = 0 for i = 1, 20 do n = n + #gopiper.url.escape(msg.data .. i) end msg.data = n`, "a b"},
		{`local s, n = gopiper.regex.replace(msg.data, "(\\d)", "<$1>") msg.data = s .. n`, "a1b2"},
		{`for i = 1, 3 do msg.data = gopiper.regex.match(msg.data .. i, "[" .. i .. "-9]+") or "none" end`, "x1"}, // patterns in memory that is used again
		{`if msg.data == "log" then gopiper.log.warn("seen", { list = { 1 } }) end`, "x"},
	} {
		outcomes := make([]string, len(engines))
		for i, engine := range engines {
			c := functionOf(load(t, withFunction(test.body), engine.set), 0, 1).Create(0, 0, nil)
			for range 2 {
				m := newFake(test.data)
				r := handle(t, c, m)
				outcomes[i] += fmt.Sprint(r, string(m.GetData()), " ", m.Key(), m.Timestamp(), "\n")
			}
		}
		for i, engine := range engines {
			if outcomes[i] != outcomes[0] {
				t.Errorf("%s\n%s: %s\n%s: %s", test.body, engines[0].name, outcomes[0], engine.name, outcomes[i])
			}
		}
		runner := functionOf(load(t, withFunction(test.body)), 0, 1).runner(compile.Handler)
		if runner == nil {
			t.Errorf("%s is not compiled", test.body)
		} else if _, err := runner.Handle(newFake(test.data)); err != nil {
			t.Errorf("%s: %v", test.body, err)
		}
	}
	for _, body := range []string{
		`msg.data = gopiper.uuid.v4()`, `msg.data = gopiper.random.hex(4)`, `local t = gopiper.json.decode(msg.data)`,
		`local t = gopiper.kv.parse(msg.data)`, `gopiper.counter("x"):add()`, `msg.data = gopiper.hash.md6(msg.data)`,
	} {
		if runsCompiled(t, body) {
			t.Errorf("%s runs compiled", body)
		}
	}
}

// Other names for groups, functions and counters are as good; what is counted
// counts once, whoever runs the function in the end.
func TestStandardCompiledNames(t *testing.T) {
	var tally std.Tally
	s := load(t, `local gopiper = require "gopiper"
local hash, encode = gopiper.hash, gopiper.hex.encode
local seen, size = gopiper.counter("seen"), gopiper.gauge("size")
gopiper.createPipeline{ gopiper.stdin{}, function(msg)
  seen:add() seen:add(#msg.data) size:set(7) size:add(-1)
  if msg.data == "odd" then error("odd") end
  if msg.data == "log" then gopiper.log.debug("x") end
  msg.data = encode(hash.crc32(msg.data))
end, gopiper.switch{ { when = function(msg) seen:add(1000) return true end, gopiper.stdout{} } } }`, func(o *Options) { o.Metrics = &tally })
	f := functionOf(s, 0, 1)
	if f.runner(compile.Handler) == nil {
		t.Fatalf("not compiled: %s", s.Plan().Pipelines[0].Stages[1].Function.Reason)
	}
	c := f.Create(0, 0, nil)
	for _, data := range []string{"abc", "odd", "log"} {
		handle(t, c, newFake(data))
	}
	when := s.Plan().Pipelines[0].Stages[2].Branches[0].When
	if taken, err := when.Impl.(*Function).Predicate(0, 0)(newFake("")); !taken || err != nil || when.Engine != "compiled" {
		t.Error(taken, err, when.Reason)
	}
	if got := fmt.Sprint(tally.Series()); got != "[{seen [] true 1012} {size [] false 6}]" {
		t.Error(got)
	}
}

// What a call of the library may take is bounded in compiled functions, too.
func TestStandardCompiledIsBounded(t *testing.T) {
	for _, body := range []string{
		`for i = 1, 1e9 do gopiper.hash.md5(msg.data) end`,
		`for i = 1, 1e9 do gopiper.regex.match(msg.data, "(a|aa)+$b") end`,
		`for i = 1, 1e9 do gopiper.compress.zstd(msg.data) end`,
	} {
		s := load(t, withFunction(body), func(o *Options) { o.Limits.Time = 20e6 })
		m := newFake(strings.Repeat("a", 1e6))
		if _, err := functionOf(s, 0, 1).runner(compile.Handler).Handle(m); err == nil || err == compile.ErrInterpret {
			t.Errorf("%s: %v", body, err)
		}
	}
}

// Of the library, compiled functions allocate nothing that need not be.
func TestStandardCompiledAllocates(t *testing.T) {
	for body, most := range map[string]float64{
		`msg.key = gopiper.hash.sha256(msg.data)`:                                         0,
		`msg.key = gopiper.hmac.sha256("key", msg.data)`:                                  0,
		`msg.key = gopiper.regex.match(msg.data, "T[0-9]+")`:                              0,
		`local a, b = gopiper.regex.match(msg.data, "^(\\d+)-(\\d+)") msg.key = b`:        1,
		`msg.timestamp = gopiper.time.parse(msg.data)`:                                    0,
		`msg.key = gopiper.time.format(gopiper.time.parse(msg.data), "%F")`:               0,
		`msg.key = gopiper.base64.encode(msg.data) msg.key = gopiper.hex.encode(msg.key)`: 0,
		`msg.key = gopiper.json.encode(msg.data) msg.key = gopiper.url.escape(msg.key)`:   0,
		`if gopiper.ip.in_cidr("10.1.2.3", "10.0.0.0/8") then msg.key = "in" end`:         0,
	} {
		s := load(t, withFunction(body))
		c := functionOf(s, 0, 1).Create(0, 0, nil).(component.BatchHandler)
		messages, reports := []component.Message{newFake("2026-03-01T12:30:00Z")}, make([]component.Report, 1)
		if testing.Short() && strings.Contains(body, "regex") {
			continue // under the race detector, with -short, a sync.Pool such as that of regexp forgets at random
		}
		if got := testing.AllocsPerRun(200, func() { c.HandleBatch(messages, reports) }); got > most || reports[0].Status != 0 {
			t.Errorf("%s: %v allocations, %v", body, got, reports[0])
		}
	}
}

func BenchmarkStandardJSON(b *testing.B) {
	for _, test := range []struct{ name, body string }{
		{"decode", `local t = gopiper.json.decode(msg.data)`},
		{"decode and encode", `local s = gopiper.json.encode(gopiper.json.decode(msg.data))`},
		{"encode msg.json", `local s = gopiper.json.encode(msg.json)`},
		{"msg.json = decode", `msg.json = gopiper.json.decode(msg.data)`},
	} {
		b.Run(test.name, func(b *testing.B) {
			c := functionOf(load(b, withFunction(test.body)), 0, 1).Create(0, 0, nil).(component.BatchHandler)
			messages, reports := []component.Message{&reused{StandardMessage: newFake(event), data: []byte(event)}}, make([]component.Report, 1)
			b.ReportAllocs()
			for b.Loop() {
				if c.HandleBatch(messages, reports); reports[0].Status != 0 {
					b.Fatal(reports[0])
				}
			}
		})
	}
}
