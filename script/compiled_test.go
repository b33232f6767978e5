package script

import (
	"strings"
	"testing"

	"github.com/gopiper/gopiper/plan"
)

// What a name stands for is taken for constant only if nobody can change it.
func TestCompiled(t *testing.T) {
	for _, test := range []struct {
		name, before, body string
		after              string
		reason             string // "" if the function is compiled
		want               string // data of the message "x" afterwards
	}{
		{name: "nothing", want: "x"},
		{name: "constants", before: `local a, b, c, d = "s", 2, true, nil`, body: `if c and not d then msg.data = a .. b end`, want: "s2"},
		{name: "a status", body: `if msg.data == "" then return gopiper.DROP end`, want: "x"},
		{name: "a library under another name", before: `local up = string.upper; local g = gopiper`,
			body: `msg.data = up(msg.data)`, want: "X"},
		{name: "a global constant", before: `prefix = "p"`, body: `msg.data = prefix .. msg.data`, reason: "line 4:", want: "px"},
		{name: "of each closure", before: `local list = {}; for i = 1, 2 do list[i] = i end; local i = list[2]`, body: `msg.data = i`, want: "2"},
		{name: "assigned later", before: `local a = "1"`, body: `msg.data = a`, after: `a = "2"`, reason: "line 4:", want: "2"},
		{name: "assigned by a function", before: `local a = "1"; local function set() a = "3" end`, body: `msg.data = a`,
			after: `set()`, reason: "line 4:", want: "3"},
		{name: "assigned in a loop", before: `local a = "1"`, body: `msg.data = a`, after: `for i = 1, 2 do a = i end`, reason: "line 4:", want: "2"},
		{name: "a table", before: `local t = { a = "1" }`, body: `msg.data = t.a`, reason: "line 4:", want: "1"},
		{name: "a replaced function", before: `string.upper = function() return "mine" end`, body: `msg.data = msg.data:upper()`,
			reason: "line 4:", want: "mine"},
		{name: "one that may be replaced", before: `local s = string; local function set() s.upper = string.lower end`,
			body: `msg.data = msg.data:upper()`, reason: "line 4:", want: "X"},
		{name: "a replaced library", before: `string = { upper = function() return "mine" end }`, body: `msg.data = string.upper(msg.data)`,
			reason: "line 4:", want: "mine"},
		{name: "a replaced global", before: `function tostring() return "mine" end`, body: `msg.data = tostring(1)`, reason: "line 4:", want: "mine"},
		{name: "all globals", before: `local g = _G; g.tostring = function() return "mine" end`, body: `msg.data = tostring(1)`,
			reason: "line 4:", want: "mine"},
		{name: "its own", before: `local up = function(s) return s .. "!" end`, body: `msg.data = up(msg.data)`, reason: "line 4:", want: "x!"},
		{name: "another on the line", body: `end, function(msg) msg.data = msg.data .. "2"`, reason: "line 4: another function on the same line", want: "x"},
	} {
		t.Run(test.name, func(t *testing.T) {
			source := "local gopiper = require 'gopiper'\n" + test.before + "\nlocal list = { gopiper.stdin{},\nfunction(msg) " + test.body +
				" end }\nlist[#list + 1] = gopiper.stdout{}\n" + test.after + "\ngopiper.createPipeline(list)"
			s := load(t, source)
			f := s.Plan().Pipelines[0].Stages[1].Function
			if compiled := f.Engine == engineCompiled; compiled != (test.reason == "") || compiled != (f.Reason == "") || !strings.HasPrefix(f.Reason, test.reason) {
				t.Errorf("%s runs it, %q", f.Engine, f.Reason)
			}
			m := newFake("x")
			report := handle(t, functionOf(s, 0, 1).Create(0, 0, nil), m)
			if got := string(m.GetData()); got != test.want {
				t.Errorf("%s: the data is %q, want %q", report, got, test.want)
			}
			f = load(t, source, interpret).Plan().Pipelines[0].Stages[1].Function
			if f.Engine != engineInterpreter || f.Reason != "" {
				t.Errorf("though it is to be interpreted: %s, %q", f.Engine, f.Reason)
			}
		})
	}
}

// Predicates and key functions are compiled too, and one that changes its message has
// the interpreter's error.
func TestCompiledPredicateAndKey(t *testing.T) {
	s := load(t, `local gopiper = require "gopiper"
gopiper.createPipeline{ gopiper.stdin{}, gopiper.switch{
  { when = function(msg) return msg.data == "x" end, gopiper.stdout{} },
  { when = function(msg) msg.data = "" end, gopiper.stdout{} },
}, gopiper.loadComponent("a.so", { workers = 2, order = "key",
  order_by = function(msg) return msg.data .. 1 end }), gopiper.stdout{} }`)
	stages := s.Plan().Pipelines[0].Stages
	first, second, key := stages[1].Branches[0].When, stages[1].Branches[1].When, stages[2].OrderByFunction
	for _, f := range []*plan.Func{first, key} {
		if f.Engine != engineCompiled {
			t.Errorf("%v: %s, %s", f.Position, f.Engine, f.Reason)
		}
	}
	if second.Engine != engineInterpreter || !strings.HasPrefix(second.Reason, "line 4: ") {
		t.Errorf("%s, %q", second.Engine, second.Reason)
	}
	if taken, err := first.Impl.(*Function).Predicate(0, 0)(newFake("x")); !taken || err != nil {
		t.Errorf("it decides %t, %v", taken, err)
	}
	if taken, err := first.Impl.(*Function).Predicate(0, 0)(newFake("y")); taken || err != nil {
		t.Errorf("it decides %t, %v", taken, err)
	}
	if k, err := key.Impl.(*Function).Key(0, 0)(newFake("x")); k != "x1" || err != nil {
		t.Errorf("the key is %q, %v", k, err)
	}
	if _, err := second.Impl.(*Function).Predicate(0, 0)(newFake("x")); err == nil || !strings.Contains(err.Error(), "must not change the message") {
		t.Errorf("it changes the message: %v", err)
	}
}
