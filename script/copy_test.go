package script

import (
	"slices"
	"strings"
	"testing"

	"github.com/gopiper/gopiper/component"
)

const rest = " key=k at=1700000000500 a=1 b=2"

var copyTests = []struct {
	name, body string
	report     string
	message    string
	sent       []string
}{
	{"a copy is nothing by itself", `local c = msg:copy(); c.data = "x"; c.attributes.a = "9"; c.key = "z"`, "0", "{}" + rest, nil},
	{"a copy is returned", `local c = msg:copy(); c.data = "x"; c.key = nil; c.timestamp = nil; c.attributes.a = nil; c.attributes.c = "3"; return c, msg`,
		"0", "{}" + rest, []string{"x key= at=0 b=2 c=3"}},
	{"in place of msg", `local c = msg:copy(); c.json.x = 1; return c`, "300", "{}" + rest, []string{`{"x":1}` + rest}},
	{"a copy has what was written", `msg.json.x = 1; msg.key = "n"; local c = msg:copy(); c.json.y = 2; assert(msg.json.y == nil and c.json.x == 1); return c, msg`,
		"0", `{"x":1} key=n at=1700000000500 a=1 b=2`, []string{`{"x":1,"y":2} key=n at=1700000000500 a=1 b=2`}},
	{"numbers keep their text in copies", `msg.json = { 1.5 }; local d = msg:copy(); d.data = "[1.0]"; local c = msg:copy(); c.json = { d.json[1] }; return c`,
		"300", "{}" + rest, []string{`[1.0]` + rest}},
	{"a copy of a copy", `local c = msg:copy():copy(); c.data = "x"; return c, c:copy(), "y"`, "300", "{}" + rest, []string{"x" + rest, "x" + rest, "y" + rest}},
	{"emit msg", `msg:emit(); msg.data = "later"`, "0", "later" + rest, []string{"{}" + rest}},
	{"emit what was written", `msg.json.x = 1; msg:emit(); msg.json.x = 2; msg:emit(); msg.attributes.a = nil`, "0",
		`{"x":2} key=k at=1700000000500 b=2`, []string{`{"x":1}` + rest, `{"x":2}` + rest}},
	{"emit copies", `for i = 1, 3 do local c = msg:copy(); c.data = i; c:emit() end; return gopiper.DROP`, "300", "{}" + rest, []string{"1" + rest, "2" + rest, "3" + rest}},
	{"emit one copy often", `local c = msg:copy(); for i = 1, 2 do c.json.i = i; c:emit() end`, "0", "{}" + rest, []string{`{"i":1}` + rest, `{"i":2}` + rest}},
	{"emitted before returned", `msg:emit(); return "x", msg`, "0", "{}" + rest, []string{"{}" + rest, "x" + rest}},
	{"nothing is emitted by what fails", `msg:emit(); return 200`, "200", "{}" + rest, nil},
	{"nothing is emitted by what is tried again", `msg:emit(); return 100`, "100", "{}" + rest, nil},
	{"nothing is emitted by what raises an error", `msg:emit(); error("x")`, "210 test.lua:2: x", "{}" + rest, nil},
	{"nothing is emitted by what returns wrong", `msg:emit(); return true`,
		"212 test.lua:2: the function returned the boolean true; return nothing, a status such as gopiper.DROP, or messages", "{}" + rest, nil},
	{"nothing is emitted if it cannot be written", `msg:emit(); msg.data = "{} x"; msg.json.a = 1`,
		"210 test.lua:2: msg.json: the data is not JSON: offset 3: expected nothing behind the value, found 'x'", "{} x" + rest, nil},
	{"a copy that is no JSON", `local c = msg:copy(); c.data = "{} x"; c.json.a = 1; return c`,
		"212 test.lua:2: the function returned a copy that cannot be sent on: msg.json: the data is not JSON: offset 3: expected nothing behind the value, found 'x'", "{}" + rest, nil},

	{"without a colon", `msg.copy()`, "210 test.lua:2: msg:copy() is called with a colon", "{}" + rest, nil},
	{"of something else", `msg.emit(msg.attributes)`, "210 test.lua:2: msg:emit() is called with a colon", "{}" + rest, nil},
	{"assigned", `msg.emit = 1`, "210 test.lua:2: msg.emit is a method and cannot be assigned", "{}" + rest, nil},
	{"misspelled", `msg:emt()`, `210 test.lua:2: a message has no field "emt"; did you mean "emit"?`, "{}" + rest, nil},
	{"too much", `msg.data = ("x"):rep(2^20); for i = 1, 100 do msg:emit() end`, "211 test.lua:2: the function writes more than 32 MiB for one message", "", nil},
}

func TestCopyAndEmit(t *testing.T) {
	for _, test := range copyTests {
		onEngines(t, test.name, func(t *testing.T, engine func(*Options)) {
			s := load(t, withFunction(test.body), engine, atLeisure)
			postponed := make(chan component.Message, 10)
			m := newFake("{}")
			if got := handle(t, functionOf(s, 0, 1).Create(0, 0, postponed), m).String(); got != test.report {
				t.Errorf("report %s\nwant   %s", got, test.report)
			}
			if got := show(m); got != test.message && test.message != "" {
				t.Errorf("message %q, want %q", got, test.message)
			}
			if sent := sentOn(t, m, postponed); !slices.Equal(sent, test.sent) {
				t.Errorf("sent %q, want %q", sent, test.sent)
			}
		})
	}
}

func TestEmitWhereItCannotBe(t *testing.T) {
	s := load(t, withFunction(`msg:copy():emit()`))
	f := functionOf(s, 0, 1)
	if r := handle(t, f.Create(0, 0, nil), newFake("x")); r.String() != "210 test.lua:2: messages cannot be sent on here: nothing follows the function" {
		t.Error(r)
	}
	if _, err := f.Predicate(0, 0)(newFake("x")); err == nil || err.Error() != "test.lua:2: a `when` function must not send messages; emit them in a function of the pipeline" {
		t.Error(err)
	}
	if _, err := f.Key(0, 0)(newFake("x")); err == nil || err.Error() != "test.lua:2: an `order_by` function must not send messages; emit them in a function of the pipeline" {
		t.Error(err)
	}
}

func TestWhatWasEmittedIsForgotten(t *testing.T) {
	s := load(t, withFunction(`if msg.data == "big" then msg.data = ("x"):rep(2^25) end; msg:emit()`))
	postponed := make(chan component.Message, 10)
	worker := functionOf(s, 0, 1).Create(0, 0, postponed)
	if r := handle(t, worker, newFake("big")); r.Status != StatusLimit || len(postponed) != 0 {
		t.Error(r)
	}
	if r := handle(t, worker, newFake("x")); r.Status != component.Done || len(postponed) != 1 {
		t.Error(r)
	}
}

func TestCopiesAreGoodForOneCall(t *testing.T) {
	s := load(t, withFunction(`
		if kept then
			for _, use in ipairs{ function() return kept.data end, function() kept:emit() end, function() return kept:copy() end, function() kept.json.x = 1 end, function() return calls.x end } do
				local ok, problem = pcall(use)
				assert(not ok and problem:find("used after its function had returned; copy what is needed later", 1, true), problem)
			end
			if msg.data == "return" then return kept end
		end
		kept = msg:copy(); calls = kept.json`))
	worker := functionOf(s, 0, 1).Create(0, 0, make(chan component.Message, 1))
	for range 3 {
		if r := handle(t, worker, newFake("{}")); r.Status != component.Done {
			t.Fatal(r)
		}
	}
	if r := handle(t, worker, newFake("return")); r.Status != StatusReturn || !strings.Contains(r.Description, "a message that is neither the message it was given nor a copy of it") {
		t.Error(r)
	}
}

func TestCopyOfAMessageWithDataOnly(t *testing.T) {
	s := load(t, withFunction(`local c = msg:copy(); c.json.x = 1; msg.json.y = 2; return c, msg`))
	postponed := make(chan component.Message, 1)
	m := &bare{[]byte(`{}`)}
	if r := handle(t, functionOf(s, 0, 1).Create(0, 0, postponed), m); r.Status != component.Done || string(m.data) != `{"y":2}` {
		t.Error(r, string(m.data))
	}
	if c := <-postponed; string(c.GetData()) != `{"x":1}` {
		t.Errorf("%s", c.GetData())
	}
}
