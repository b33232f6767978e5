package script

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/gopiper/gopiper/component"
)

// fakeMessage is a message as an engine's would be: it counts what is made from
// it.
type fakeMessage struct {
	component.StandardMessage
	derived int
}

func (m *fakeMessage) Derive()                         { m.derived++ }
func (m *fakeMessage) DerivedSettled(component.Report) { m.derived-- }

func newFake(data string) *fakeMessage {
	m := &fakeMessage{StandardMessage: component.NewMessage([]byte(data))}
	m.SetKey("k")
	m.SetTimestamp(1_700_000_000_500_000_000)
	m.SetAttribute("a", "1")
	m.SetAttribute("b", "2")
	return m
}

// bare is a message that can do no more than the contract asks for.
type bare struct{ data []byte }

func (m *bare) SetData(data []byte)       { m.data = data }
func (m *bare) GetData() []byte           { return m.data }
func (m *bare) Status() *component.Report { return &component.Report{} }
func (m *bare) Release()                  {}

func load(t testing.TB, source string, change ...func(*Options)) *Script {
	t.Helper()
	options := testOptions(t)
	for _, c := range change {
		c(&options)
	}
	s, err := Load(context.Background(), "test.lua", []byte(source), options)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// withFunction is a pipeline with one function, on line 2.
func withFunction(body string) string {
	return `local gopiper = require "gopiper"; local calls = 0; local kept
gopiper.createPipeline{ gopiper.stdin{}, function(msg) ` + body + ` end, gopiper.stdout{} }`
}

func functionOf(s *Script, pipeline, stage int) *Function {
	return s.Plan().Pipelines[pipeline].Stages[stage].Function.Impl.(*Function)
}

func handle(t testing.TB, c component.Component, m component.Message) component.Report {
	t.Helper()
	var reports []component.Report
	c.Handle(m, func(r component.Report) { reports = append(reports, r) })
	if len(reports) != 1 {
		t.Fatalf("%d callbacks before Handle returned", len(reports))
	}
	return reports[0]
}

func show(m component.Message) string {
	text := string(m.GetData())
	if s, ok := m.(component.StandardMessage); ok {
		text += fmt.Sprintf(" key=%s at=%d", s.Key(), s.Timestamp()/1_000_000)
		for name, value := range s.Attributes {
			text += " " + name + "=" + value
		}
	}
	return text
}

const unchanged = "hello key=k at=1700000000500 a=1 b=2"

var functionTests = []struct {
	name, body string
	report     string
	message    string   // "" for unchanged
	sent       []string // "+" stands for " key=k at=1700000000500 a=1 b=2"
}{
	{name: "nothing", body: ``, report: "0"},
	{name: "nil", body: `return nil`, report: "0"},
	{name: "done", body: `return gopiper.DONE`, report: "0"},
	{name: "drop", body: `return gopiper.DROP`, report: "300"},
	{name: "fail with description", body: `return 250, "no user id"`, report: "250 no user id"},
	{name: "retry with a number", body: `return gopiper.RETRY + 5, 7`, report: "105 7"},
	{name: "reserved is passed on", body: `return 42`, report: "42"},
	{name: "negative is passed on", body: `return -1, nil`, report: "-1"},
	{name: "find", body: `if msg.data:find("ell", 1, true) then return gopiper.DROP end`, report: "300"},
	{name: "data", body: `msg.data = msg.data:upper() .. 1; assert(msg.data == "HELLO1")`, report: "0",
		message: "HELLO1 key=k at=1700000000500 a=1 b=2"},
	{name: "bytes", body: `assert(#msg.data == 5); msg.data = "\0\255\r"`, report: "0",
		message: "\x00\xff\r key=k at=1700000000500 a=1 b=2"},
	{name: "number as data", body: `msg.data = 5`, report: "0", message: "5 key=k at=1700000000500 a=1 b=2"},
	{name: "key", body: `assert(msg.key == "k"); msg.key = nil; assert(msg.key == nil); msg.key = "z"`, report: "0",
		message: "hello key=z at=1700000000500 a=1 b=2"},
	{name: "timestamp", body: `assert(msg.timestamp == 1700000000.5); msg.timestamp = msg.timestamp + 1`, report: "0",
		message: "hello key=k at=1700000001500 a=1 b=2"},
	{name: "no timestamp", body: `msg.timestamp = nil; assert(msg.timestamp == nil)`, report: "0",
		message: "hello key=k at=0 a=1 b=2"},
	{name: "attributes", body: `local a = msg.attributes; assert(a.a == "1" and a.x == nil); a.a = nil; a.b = 3; a.c = "4"`, report: "0",
		message: "hello key=k at=1700000000500 b=3 c=4"},
	{name: "pairs of attributes", body: `local all = ""; for k, v in pairs(msg.attributes) do all = all .. k .. v; msg.attributes[k] = nil end; msg.data = all`,
		report: "0", message: "a1b2 key=k at=1700000000500"},
	{name: "tostring", body: `assert(tostring(msg) == "message" and tostring(msg.attributes) == "attributes")`, report: "0"},
	{name: "global function", body: `calls = calls + 1; return calls == 1 and 300 or 200`, report: "300"},

	{name: "one message", body: `return "x"`, report: "300", sent: []string{"x+"}},
	{name: "messages", body: `return "x", "y", "z"`, report: "300", sent: []string{"x+", "y+", "z+"}},
	{name: "msg and another", body: `msg.data = "m"; return "x", msg, "y"`, report: "0",
		message: "m key=k at=1700000000500 a=1 b=2", sent: []string{"x+", "y+"}},
	{name: "msg itself", body: `return msg`, report: "0"},
	{name: "tables", body: `return { data = "x", key = "q", timestamp = 2, attributes = { b = 9, c = "c" } }, { data = "y" }`, report: "300",
		sent: []string{"x key=q at=2000 a=1 b=9 c=c", "y+"}},
	{name: "message without key", body: `return { data = 5, key = "", timestamp = 0 }`, report: "300", sent: []string{"5 key= at=0 a=1 b=2"}},
	{name: "unpack", body: `return unpack{ "1", "2" }`, report: "300", sent: []string{"1+", "2+"}},

	{name: "continue", body: `return gopiper.CONTINUE`,
		report: "212 test.lua:2: the function returned gopiper.CONTINUE; a function cannot keep a message, because nobody would send it on; return nothing for done"},
	{name: "true", body: `return true`,
		report: "212 test.lua:2: the function returned the boolean true; return nothing, a status such as gopiper.DROP, or messages"},
	{name: "nil and text", body: `return nil, "no user"`,
		report: `212 test.lua:2: the function returned nil and the string "no user"; return nothing, a status such as gopiper.FAIL and a description, or messages`},
	{name: "half a status", body: `return 200.5`, report: "212 test.lua:2: the function returned the status 200.5; a status is a whole number"},
	{name: "three values", body: `return 200, "x", 5`, report: "212 test.lua:2: the function returned the number 5 behind a status and a description"},
	{name: "table as description", body: `return 200, {}`, report: "212 test.lua:2: the function returned a table as the description of a status; it is a string"},
	{name: "list", body: `return { "x", "y" }`,
		report: "212 test.lua:2: the function returned a table that is no message: it is a list; return the messages one by one: return unpack(list)"},
	{name: "no data", body: `return { key = "x" }`,
		report: "212 test.lua:2: the function returned a table that is no message: it has no data; write { data = msg.data } for the same"},
	{name: "unknown field", body: `return { data = "x", atributes = {} }`,
		report: `212 test.lua:2: the function returned a table that is no message: unknown field "atributes"; did you mean "attributes"?`},
	{name: "wrong field", body: `return { data = {} }`,
		report: "212 test.lua:2: the function returned a table that is no message: its data cannot be a table"},
	{name: "wrong attribute", body: `return { data = "x", attributes = { a = true } }`,
		report: "212 test.lua:2: the function returned a table that is no message: its attribute a cannot be the boolean true; attributes are strings"},
	{name: "number among messages", body: `return "x", 5`,
		report: "212 test.lua:2: the function returned the number 5 among messages; a message is a string, msg, a copy of it, or { data = … }"},
	{name: "twice", body: `return msg, msg`, report: "212 test.lua:2: the function returned the message itself twice"},
	{name: "attributes as message", body: `return msg.attributes`,
		report: "212 test.lua:2: the function returned a message's attributes that is neither the message it was given nor a copy of it"},
	{name: "nothing is sent if one is wrong", body: `return "x", {}, "y"`,
		report: "212 test.lua:2: the function returned a table that is no message: it has no data; write { data = msg.data } for the same"},

	{name: "error", body: `error("broken")`, report: "210 test.lua:2: broken"},
	{name: "nil field", body: `return msg.attributes.x.y`, report: `210 test.lua:2: cannot get the field "y" of a nil value; the field "x" is nil; where it may be missing, ask first: if x then … end`},
	{name: "unknown field of msg", body: `return msg.dta`, report: `210 test.lua:2: a message has no field "dta"; did you mean "data"?`},
	{name: "json", body: `return msg.json.x`, report: `210 test.lua:2: msg.json: the data is not JSON: offset 0: expected a value, found 'h'`},
	{name: "assign an unknown field", body: `msg.atributes = 1`, report: `210 test.lua:2: a message has no field "atributes"; did you mean "attributes"?`},
	{name: "assign attributes", body: `msg.attributes = {}`,
		report: "210 test.lua:2: msg.attributes cannot be assigned as a whole; assign its fields: msg.attributes.name = value"},
	{name: "assign a table", body: `msg.data = {}`, report: "210 test.lua:2: msg.data is a string, not a table"},
	{name: "assign nil", body: `msg.data = nil`, report: "210 test.lua:2: msg.data is a string, not nil"},
	{name: "boolean attribute", body: `msg.attributes.x = true`,
		report: `210 test.lua:2: the attribute "x" is a string or nil, not the boolean true; use tostring(…)`},
	{name: "text as timestamp", body: `msg.timestamp = "now"`,
		report: `210 test.lua:2: msg.timestamp is a number of seconds since 1970 or nil, not the string "now"`},
	{name: "undefined variable", body: `return count`, report: `210 test.lua:2: the variable "count" is not defined; is it spelled right, and is it local to another block?`},
	{name: "describing", body: `gopiper.createPipeline{}`,
		report: "210 test.lua:2: gopiper.createPipeline is for describing and cannot be called while messages are handled; call it outside the function"},
	{name: "a stage", body: `gopiper.stdin{}`,
		report: "210 test.lua:2: gopiper.stdin is for describing and cannot be called while messages are handled; call it outside the function"},
	{name: "metatable", body: `return setmetatable(msg, {})`, report: "210 test.lua:2: argument 1 of setmetatable: table expected, got userdata"},
	{name: "a long line", body: `msg.data = string.rep("x", 1e9)`, report: "210 test.lua:2: a string would be longer than 32 MiB"},
	{name: "yield", body: `coroutine.yield()`, report: "210 test.lua:2: can not yield from outside of a coroutine"},
	{name: "env", body: `msg.data = gopiper.env("X") .. gopiper.env("UNSET", "-")`, report: "0",
		message: "value of X- key=k at=1700000000500 a=1 b=2"},
	{name: "unset env", body: `gopiper.env("UNSET")`,
		report: `210 test.lua:2: the environment variable UNSET is not set; set it, or give a default: gopiper.env("UNSET", …)`},
}

// onEngines runs a test of functions on every engine.
func onEngines(t *testing.T, name string, test func(t *testing.T, engine func(*Options))) {
	t.Run(name, func(t *testing.T) { onEach(t, test) })
}

// onEach runs a test on every engine.
func onEach(t *testing.T, test func(t *testing.T, engine func(*Options))) {
	t.Run("auto", func(t *testing.T) { test(t, func(*Options) {}) })
	t.Run("gopher-lua", func(t *testing.T) { test(t, interpret) })
	t.Run("luajit", func(t *testing.T) { test(t, onLuaJIT) })
}

func interpret(o *Options) { o.Engine = EngineGopherLua }

// ownWords begins what LuaJIT says in its own words.
var ownWords = regexp.MustCompile(`^\S+:\d+: (attempt to|bad argument)`)

// likeReport tells whether a report on LuaJIT is like that of the other engines:
// what the engine itself says may be worded otherwise.
func likeReport(onLuaJIT, other component.Report) bool {
	if onLuaJIT.Status == other.Status && ownWords.MatchString(onLuaJIT.Description) {
		one, _, _ := strings.Cut(onLuaJIT.Description, ": ")
		return strings.HasPrefix(other.Description, one+": ")
	}
	return onLuaJIT == other
}

func onLuaJIT(o *Options) { o.Engine = EngineLuaJIT }

// atLeisure is for tests of limits other than time.
func atLeisure(o *Options) { o.Limits.Time = time.Minute }

// sentOn is what was sent on for a message.
func sentOn(t *testing.T, m *fakeMessage, postponed chan component.Message) (sent []string) {
	t.Helper()
	close(postponed)
	for p := range postponed {
		if !slices.Contains(component.Parents(p), component.Tracked(m)) {
			t.Error("the message is not the parent of what was sent")
		}
		sent = append(sent, show(p))
	}
	if m.derived != len(sent) {
		t.Errorf("%d messages were counted and %d sent", m.derived, len(sent))
	}
	return sent
}

func TestFunction(t *testing.T) {
	for _, test := range functionTests {
		onEngines(t, test.name, func(t *testing.T, engine func(*Options)) {
			s := load(t, withFunction(test.body), engine)
			postponed := make(chan component.Message, 10)
			f := s.Plan().Pipelines[0].Stages[1].Function
			worker := functionOf(s, 0, 1).Create(0, 0, postponed)
			m := newFake("hello")
			status, description, _ := strings.Cut(test.report, " ")
			want := component.Report{Description: description}
			want.Status, _ = strconv.Atoi(status)
			if got := handle(t, worker, m); got != want && (f.Engine != engineLuaJIT || !likeReport(got, want)) {
				t.Errorf("report %s\nwant   %s", got, want)
			}
			if test.message == "" {
				test.message = unchanged
			}
			if got := show(m); got != test.message {
				t.Errorf("message %q, want %q", got, test.message)
			}
			for i, want := range test.sent {
				test.sent[i] = strings.Replace(want, "+", " key=k at=1700000000500 a=1 b=2", 1)
			}
			if sent := sentOn(t, m, postponed); !slices.Equal(sent, test.sent) {
				t.Errorf("sent %q, want %q", sent, test.sent)
			}
		})
	}
}

func TestBatchGoesOnAfterAnError(t *testing.T) {
	s := load(t, withFunction(`
		if msg.data == "bad" then error("bad one") end
		if msg.data == "drop" then return gopiper.DROP end
		if msg.data == "loop" then while true do pcall(error) end end
		msg.data = msg.data .. "!"`), func(o *Options) { o.Limits.Time = 5 * time.Millisecond })
	worker := functionOf(s, 0, 1).Create(0, 0, make(chan component.Message, 10)).(component.BatchHandler)
	var messages []component.Message
	for _, data := range []string{"a", "bad", "drop", "bad", "loop", "b"} {
		messages = append(messages, newFake(data))
	}
	reports := make([]component.Report, len(messages))
	for n := 0; n < len(messages); {
		handled := worker.HandleBatch(messages[n:], reports[n:])
		if handled < 1 {
			t.Fatal("nothing was handled")
		}
		n += handled
	}
	want := []string{
		"0", "210 test.lua:3: bad one", "300", "210 test.lua:3: bad one",
		"211 test.lua:5: the function ran for more than 5ms; is there a loop without an end?", "0",
	}
	for i, r := range reports {
		if r.String() != want[i] {
			t.Errorf("message %d: %s, want %s", i, r, want[i])
		}
	}
	if got := string(messages[0].GetData()) + string(messages[5].GetData()); got != "a!b!" {
		t.Errorf("data %s", got)
	}
}

func TestLimitsHoldInEveryCorner(t *testing.T) {
	for _, body := range []string{
		`while true do end`,
		`repeat local ok = pcall(function() while true do end end) until false`,
		`xpcall(function() while true do end end, function() while true do end end)`,
		`coroutine.wrap(function() while true do end end)()`,
		`local c = coroutine.create(function() while true do end end); coroutine.resume(c)`,
		`string.find(string.rep("a", 200), string.rep("a*", 30) .. "b")`,
		`string.gsub(string.rep("a", 200), string.rep("a-", 30) .. "b", "")`,
		`for _ in string.gmatch(string.rep("a", 200), string.rep("a?a*", 30) .. "b") do end`,
		`table.sort({3, 1, 2}, function() while true do end end)`,
		`("x"):gsub("x", function() while true do end end)`,
		`local s = string.rep("x", 6e7); while true do s = s:reverse() end`,
		`local s = string.rep("x", 6e7); while true do s:find("y") end`,
		`setmetatable({}, { __index = function(t, k) return t[k .. "x"] end }).x()`,
	} {
		s := load(t, withFunction(`if msg.data == "good" then return 300 end `+body),
			func(o *Options) { o.Limits.Time = 5 * time.Millisecond })
		worker := functionOf(s, 0, 1).Create(0, 0, nil)
		if got := handle(t, worker, newFake("x")); got.Status != StatusLimit && got.Status != StatusError {
			t.Errorf("%s: %s", body, got)
		}
		if got := handle(t, worker, newFake("good")); got.Status != 300 {
			t.Errorf("after %s: %s", body, got)
		}
	}
}

func TestMessageIsOnlyGoodDuringTheCall(t *testing.T) {
	s := load(t, `local gopiper = require "gopiper"; local kept, attributes
gopiper.createPipeline{ gopiper.stdin{},
  function(msg) kept, attributes = msg, msg.attributes end,
  function(msg) if msg.data == "attributes" then return attributes.a else kept.data = "x" end end,
gopiper.stdout{} }`)
	first := functionOf(s, 0, 1).Create(0, 0, nil)
	second := functionOf(s, 0, 2).Create(0, 0, nil)
	handle(t, first, newFake("hello"))
	for data, line := range map[string]int{"data": 4, "attributes": 4} {
		want := fmt.Sprintf("210 test.lua:%d: a message was used after its function had returned; copy what is needed later, such as msg.data", line)
		if got := handle(t, second, newFake(data)); got.String() != want {
			t.Errorf("%s: %s", data, got)
		}
	}
}

func TestMessageWithDataOnly(t *testing.T) {
	s := load(t, withFunction(`msg.data = msg.data .. "!"; if msg.data == "b!" then msg.key = "x" end`))
	worker := functionOf(s, 0, 1).Create(0, 0, nil)
	m := &bare{[]byte("a")}
	if got := handle(t, worker, m); got.Status != 0 || string(m.data) != "a!" {
		t.Errorf("%s, data %s", got, m.data)
	}
	if got := handle(t, worker, &bare{[]byte("b")}); got.String() != "210 test.lua:2: this message has data only" {
		t.Errorf("%s", got)
	}
	splitting := load(t, withFunction(`return "x"`))
	if got := handle(t, functionOf(splitting, 0, 1).Create(0, 0, nil), m); got.Status != StatusReturn {
		t.Errorf("split without a channel: %s", got)
	}
}

func TestPredicateAndKey(t *testing.T) {
	tests := []struct{ body, decides, key string }{
		{`return msg.data == "hello"`, "true", "error: test.lua:2: the function returned the boolean true as the key; a key is a string, a number or nil"},
		{`return nil`, "false", ""},
		{`return false`, "false", "error: test.lua:2: the function returned the boolean false as the key; a key is a string, a number or nil"},
		{``, "false", ""},
		{`return msg.attributes.a`, "true", "1"},
		{`return msg.data:find("ell")`, "true", "2"},
		{`error("x")`, "error: test.lua:2: x", "error: test.lua:2: x"},
		{`msg.data = "x"`, "error: test.lua:2: a `when` function must not change the message",
			"error: test.lua:2: an `order_by` function must not change the message"},
		{`msg.attributes.a = nil`, "error: test.lua:2: a `when` function must not change the message",
			"error: test.lua:2: an `order_by` function must not change the message"},
	}
	for _, test := range tests {
		s := load(t, withFunction(test.body))
		f := functionOf(s, 0, 1)
		decide, key := f.Predicate(1, 0), f.Key(1, 0)
		for range 2 {
			m := newFake("hello")
			decision, err := decide(m)
			got := fmt.Sprint(decision)
			if err != nil {
				got = "error: " + err.Error()
			}
			if got != test.decides {
				t.Errorf("%s decides %s, want %s", test.body, got, test.decides)
			}
			got, err = key(m)
			if err != nil {
				got = "error: " + err.Error()
			}
			if got != test.key {
				t.Errorf("%s has the key %s, want %s", test.body, got, test.key)
			}
			if show(m) != unchanged {
				t.Errorf("%s left %s", test.body, show(m))
			}
		}
	}
}

func TestRequireInAFunction(t *testing.T) {
	s := load(t, `local out = require "out"
`+withFunction(`require "out".mark(msg); if msg.data == "x" then require "lib" end`))
	c := functionOf(s, 0, 1).Create(0, 0, nil)
	m := newFake("")
	if r := handle(t, c, m); r.Status != 0 || !strings.Contains(show(m), "seen=yes") {
		t.Errorf("%s, %s", r, show(m))
	}
	if r := handle(t, c, newFake("x")); r.String() != "210 test.lua:3: require of a module that is not loaded yet is for describing and cannot be called while messages are handled; call it outside the function" {
		t.Errorf("%s", r)
	}
}

func TestDeclarationKeepsItsWord(t *testing.T) {
	f := functionOf(load(t, withFunction(``)), 0, 1)
	d := f.Declaration()
	if got := component.WorkerInterfaces(f.Create(0, 0, nil)); got != d.Interfaces {
		t.Errorf("the worker is a %s, declared is %s", got, d.Interfaces)
	}
	if !d.Sync || f.Amount() != 1 {
		t.Error("not as documented")
	}
}

func TestCalledOff(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	_, err := Load(ctx, "test.lua", []byte("while true do end"), testOptions(t))
	if err == nil || err.Error() != "test.lua:1: called off: context canceled" || !errors.Is(err, context.Canceled) {
		t.Errorf("Load: %v", err)
	}
	s := load(t, `for i = 1, 10000 do end `+withFunction(``))
	c := functionOf(s, 0, 1).Create(0, 0, nil)
	if err := c.(component.Opener).Open(ctx); !errors.Is(err, context.Canceled) || !strings.Contains(err.Error(), "called off") {
		t.Errorf("Open: %v", err)
	}
	if err := c.(component.Opener).Open(context.Background()); err != nil {
		t.Errorf("Open again: %v", err)
	}
}
