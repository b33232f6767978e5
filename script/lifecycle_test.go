package script

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"

	"github.com/gopiper/gopiper/component"
)

const joiner = `init = function(stage) list, from = {}, {}; between = stage.between end, between = "+",
handle = function(msg) list[#list + 1] = msg.data; from[#from + 1] = msg:keep() end,
flush = function() gopiper.emit(table.concat(list, between), from); list, from = {}, {} end,`

func TestKeptMessagesAreSettledByWhatIsMadeOfThem(t *testing.T) {
	onEach(t, func(t *testing.T, engine func(*Options)) {
		s := newStage(t, engine, "local list, from, between", joiner)
		s.want("reports", s.handle("a", "b"), "1; 1")
		s.want("reports", s.handle("c"), "1")
		s.want("sent before", s.sent(), "")
		s.want("outcomes before", s.outcomes(), "a kept; b kept; c kept")
		s.flush()
		s.want("outcomes while it is under way", s.outcomes(), "a kept; b kept; c kept")
		s.want("sent", s.sent(), "a+b+c")
		s.want("outcomes", s.outcomes(), "a done; b done; c done")
		s.flush()
		s.want("sent again", s.sent(), "")
	})
}

func TestTimer(t *testing.T) {
	onEach(t, func(t *testing.T, engine func(*Options)) {
		synctest.Test(t, func(t *testing.T) {
			s := newStage(t, engine, "local list, from, between", joiner+`every = "10s", timer = function()
				if #list > 0 then gopiper.emit("timer " .. table.concat(list, between), from); list, from = {}, {} end end`)
			s.handle("a", "b")
			time.Sleep(9 * time.Second)
			synctest.Wait()
			s.want("sent too early", s.sent(), "")
			time.Sleep(2 * time.Second)
			synctest.Wait()
			s.want("sent", s.sent(), "timer a+b")
			s.handle("c")
			time.Sleep(10 * time.Second)
			synctest.Wait()
			s.want("sent later", s.sent(), "timer c")
			s.want("outcomes", s.outcomes(), "a done; b done; c done")
			s.close()
			time.Sleep(time.Minute)
		})
	})
}

// An error in the timer leaves everything as it was; it is told once.
func TestTimerFails(t *testing.T) {
	onEach(t, func(t *testing.T, engine func(*Options)) {
		synctest.Test(t, func(t *testing.T) {
			s := newStage(t, engine, "local n, k = 0", `handle = function(msg) k = msg:keep() end, flush = function() end,
				every = 1, timer = function() n = n + 1; gopiper.emit("x" .. n, k); if n < 4 then error("not yet") end end`)
			s.handle("a")
			time.Sleep(3500 * time.Millisecond)
			synctest.Wait()
			s.want("sent", s.sent(), "")
			s.want("outcomes", s.outcomes(), "a kept")
			s.want("printed", s.output(), "test.lua:4: not yet")
			time.Sleep(time.Second)
			synctest.Wait()
			s.want("sent", s.sent(), "x4")
			s.want("outcomes", s.outcomes(), "a done")
		})
	})
}

var handleTests = []struct {
	name, fields           string
	data                   []string
	reports, sent, outcome string // before flush
	flushed, after         string // sent by it, and the outcomes
}{
	{"done", `handle = function(msg) msg.data = "x" end`, []string{"a"}, "0", "", "a done", "", ""},
	{"emitted and done", `handle = function(msg) gopiper.emit("x"); msg:emit(); return "y", msg end`, []string{"a"},
		"0", "x; a; y", "a done", "", ""},
	{"emitted and dropped", `handle = function(msg) gopiper.emit{ data = "x" }; return gopiper.DROP end`, []string{"a"},
		"300", "x", "a done", "", ""},
	{"emitted and failed", `handle = function(msg) gopiper.emit("x"); return 200, "no" end`, []string{"a"}, "200 no", "", "a fail", "", ""},
	{"emitted and raised", `handle = function(msg) gopiper.emit("x"); error("oh") end`, []string{"a"},
		"210 test.lua:3: oh", "", "a fail", "", ""},
	{"kept and raised", `handle = function(msg) k = msg:keep(); if msg.data == "a" then error("oh") end end, flush = function() k:emit() end`,
		[]string{"a", "b"}, "210 test.lua:3: oh; 1", "", "a fail; b kept", "b", "a fail; b done"},
	{"kept, then what was made of one that failed", `handle = function(msg) k[#k + 1] = msg:keep(); if msg.data == "a" then error("oh") end end,
		init = function() k = {} end, flush = function() gopiper.emit("x", k) end`,
		[]string{"a", "b"}, "210 test.lua:3: oh; 1", "", "a fail; b kept", "x", "a fail; b done"},
	{"kept and a status", `handle = function(msg) msg:keep(); return gopiper.CONTINUE end, flush = function() end`, []string{"a"},
		"1", "", "a kept", "", "a failed 212 test.lua:3: flush has returned, and the message is still kept; flush emits what was made of it, or releases it"},
	{"kept and dropped", `handle = function(msg) msg:keep(); return gopiper.DROP end, flush = function() end`, []string{"a"},
		"212 test.lua:3: the function returned something for a message that it keeps; return nothing", "", "a fail", "", "a fail"},
	{"not kept, and said so", `handle = function(msg) return gopiper.CONTINUE end, flush = function() end`, []string{"a"},
		"212 test.lua:3: the function returned gopiper.CONTINUE for a message that it does not keep; msg:keep() keeps it", "", "a fail", "", "a fail"},
	{"kept without flush", `handle = function(msg) msg:keep() end`, []string{"a"},
		"210 test.lua:3: a message can be kept by a stage with flush only: { handle = function(msg) … end, flush = function() … end }", "", "a fail", "", ""},
	{"changed before", `handle = function(msg) msg.json.n = 2; k = msg:keep() end, flush = function() k.json.m = k.json.n; k:emit() end`,
		[]string{`{"n":1}`}, "1", "", `{"n":1} kept`, `{"n":2,"m":2}`, `{"n":1} done`},
	{"changed after", `handle = function(msg) msg:keep(); msg.data = "x" end, flush = function() end`, []string{"a"},
		"210 test.lua:3: after msg:keep() the function must not change the message", "", "a fail", "", "a fail"},
	{"released", `handle = function(msg) k = msg:keep() end, flush = function() k:release() end`, []string{"a"}, "1", "", "a kept", "", "a drop"},
	{"released at once", `handle = function(msg) msg:keep():release() end, flush = function() end`, []string{"a"},
		"1", "", "a drop", "", "a drop"},
	{"of two", `handle = function(msg) if k then gopiper.emit(k.data .. msg.data, { k, msg }); k = nil; return gopiper.DROP end; k = msg:keep() end,
		flush = function() k:emit() end`, []string{"a", "b", "c"}, "1; 300; 1", "ab", "a done; b done; c kept", "c", "a done; b done; c done"},
	{"twice of one", `handle = function(msg) k = msg:keep() end, flush = function() gopiper.emit("x", k); gopiper.emit("y", k); k:emit() end`,
		[]string{"a"}, "1", "", "a kept", "x; y; a", "a done"},
	{"again", `handle = function(msg) k = k or msg:keep(); gopiper.emit("x", k) end, flush = function() end`, []string{"a", "b"},
		"1; 210 test.lua:3: gopiper.emit: a message that it is made of was emitted or released before; forget what was emitted", "x", "a done; b fail", "", "a done; b fail"},
	{"of a copy", `handle = function(msg) gopiper.emit("x", msg:copy()) end`, []string{"a"},
		"210 test.lua:3: gopiper.emit: a message that it is made of is not kept, and not at hand; keep it with msg:keep()", "", "a fail", "", ""},
	{"of something else", `handle = function(msg) gopiper.emit("x", "y") end`, []string{"a"},
		"210 test.lua:3: gopiper.emit: a message is made of kept ones, or of the one at hand, not of the string \"y\"", "", "a fail", "", ""},
	{"flush fails", `handle = function(msg) k = msg:keep() end, flush = function() gopiper.emit("x", k); error("oh") end`, []string{"a", "b"},
		"1; 1", "", "a kept; b kept", "", "a failed 210 test.lua:3: oh; b failed 210 test.lua:3: oh"},
	{"a copy of a kept one", `handle = function(msg) k = msg:keep() end, flush = function() local c = k:copy(); c.data = "x"; c:emit(); k:release() end`,
		[]string{"a"}, "1", "", "a kept", "x", "a done"},
	{"used when it was gone", `handle = function(msg) if k then return k.data end; k = msg:keep(); gopiper.emit("x", k) end, flush = function() end`,
		[]string{"a"}, "1", "x", "a done", "", "a done"},

	{"a part of a kept one's JSON", `handle = function(msg) if k then gopiper.emit(part.b, k); part = nil; return end; k = msg:keep(); part = k.json.a; part.b = part.b + 1 end,
		init = function() part = false end, flush = function() end`, []string{`{"a":{"b":1}}`, "x"}, "1; 0", "2", `{"a":{"b":1}} done; x done`, "", `{"a":{"b":1}} done; x done`},
	{"a kept one is changed", `handle = function(msg) msg.attributes.x, msg.key = "1", "key"; k = msg:keep() end,
		flush = function() k.attributes.y, k.timestamp = k.attributes.x .. 2, 3; k.data = k.data .. k.key .. k.timestamp
			for name, value in pairs(k.attributes) do k.data = k.data .. " " .. name .. "=" .. value end; k:emit() end`,
		[]string{"a"}, "1", "", "a kept", "akey3 x=1 y=12", "a done"},
	{"plain ones between", `handle = function(msg) if msg.data == "a" then k[#k + 1] = msg:keep() elseif msg.data == "b" then return "b1", "b2" elseif #k == 2 then
		gopiper.emit("of two", k); k = {}; msg:emit() end end, init = function() k = {} end, flush = function() for i = 1, #k do k[i]:emit() end end`,
		[]string{"a", "b", "c", "a", "b", "c", "a", "c"}, "1; 300; 0; 1; 300; 0; 1; 0", "b1; b2; b1; b2; of two; c",
		"a done; b done; c done; a done; b done; c done; a kept; c done", "a", "a done; b done; c done; a done; b done; c done; a done; c done"},
	{"errors between", `handle = function(msg) local one = msg:keep(); if msg.data == "b" then error("oh") end; k[#k + 1] = one end, init = function() k = {} end,
		flush = function() gopiper.emit("x", k) end`, []string{"a", "b", "c"}, "1; 210 test.lua:3: oh; 1", "", "a kept; b fail; c kept", "x", "a done; b fail; c done"},
	{"the message from a timer", `handle = function(msg) k = msg end, flush = function() gopiper.emit("x", k) end`, []string{"a"}, "0", "", "a done", "", "a done"},
	{"sent and changed", `handle = function(msg) msg.data = "b"; gopiper.emit(msg); msg.data = "c"; msg.attributes.x = 1; gopiper.emit(msg:copy()); msg.data = "d" end`,
		[]string{"a"}, "0", "b; c", "a done", "", ""},

	{"a batch of all there is", `handle_batch = function(list) for i, m in ipairs(list) do local c = m:copy(); c.data = c.data .. i; c.attributes.n = i; c:emit()
		m.key, m.timestamp, m.attributes.x = i, i, "x"; m.json = { m.key, m.timestamp, m.attributes.x }; m:emit() end end`, []string{"a", "b"},
		"0; 0", `a1; ["1",1,"x"]; b2; ["2",2,"x"]`, "a done; b done", "", ""},
	{"a batch", `handle_batch = function(list) list[1].data = #list; list[2]:emit(); return { [2] = gopiper.DROP, [3] = { 200, "why" } } end`,
		[]string{"a", "b", "c", "d"}, "0; 300; 200 why; 0", "b", "a done; b done; c fail; d done", "", ""},
	{"a batch that fails", `handle_batch = function(list) list[1]:emit(); list[2]:keep(); error("oh") end, flush = function() end`,
		[]string{"a", "b"}, "210 test.lua:3: oh; 210 test.lua:3: oh", "", "a fail; b fail", "", "a fail; b fail"},
	{"a batch kept", `handle_batch = function(list) k = {}; for i, m in ipairs(list) do k[i] = m:keep() end; return { gopiper.CONTINUE } end,
		flush = function() gopiper.emit("x", k) end`, []string{"a", "b"}, "1; 1", "", "a kept; b kept", "x", "a done; b done"},
	{"made of a batch", `handle_batch = function(list) gopiper.emit("x", list); return { [2] = 200, [1] = 300 } end`, []string{"a", "b"},
		"300; 200", "x", "a done; b fail", "", ""},
	{"made of nothing in a batch", `handle_batch = function(list) gopiper.emit("x") end`, []string{"a"},
		"210 test.lua:3: gopiper.emit: in handle_batch, say what the message is made of: gopiper.emit(message, messages)", "", "a fail", "", ""},
	{"a batch with a wrong place", `handle_batch = function(list) return { [3] = 300 } end`, []string{"a"},
		"212 test.lua:3: the function returned a status for the number 3; there are 1 messages, from 1 on", "", "a fail", "", ""},
	{"a batch with messages", `handle_batch = function(list) return { "x" } end`, []string{"a"},
		"212 test.lua:3: the function returned the string \"x\" for message 1; handle_batch returns nothing, or statuses by the places of the messages: { [2] = gopiper.DROP, [3] = { 200, \"why\" } }; to send others in its place, messages[1]:emit()", "", "a fail", "", ""},
	{"a batch that returns a status", `handle_batch = function(list) return gopiper.DROP end`, []string{"a"},
		"212 test.lua:3: the function returned the number 300; handle_batch returns nothing, or statuses by the places of the messages: { [2] = gopiper.DROP, [3] = { 200, \"why\" } }", "", "a fail", "", ""},
	{"a batch with JSON that is none", `handle_batch = function(list) for _, m in ipairs(list) do m.json.a = 1 end end`, []string{"{}", `{"b":}`},
		`0; 210 test.lua:3: msg.json: the data is not JSON: offset 5: expected a value, found '}'`, "", `{} done; {"b":} fail`, "", ""},
}

func TestHandling(t *testing.T) {
	for _, test := range handleTests {
		onEngines(t, test.name, func(t *testing.T, engine func(*Options)) {
			s := newStage(t, engine, "local k", test.fields)
			s.want("reports", s.handle(test.data...), test.reports)
			s.want("sent", s.sent(), test.sent)
			s.want("outcomes", s.outcomes(), test.outcome)
			if _, ok := s.worker.(component.Flusher); ok {
				s.flush()
				s.want("sent by flush", s.sent(), test.flushed)
				s.want("outcomes after flush", s.outcomes(), test.after)
			}
		})
	}
}

// A copy is good for the call that has made it.
func TestCopiesOfBeforeAreOver(t *testing.T) {
	onEach(t, func(t *testing.T, engine func(*Options)) {
		s := newStage(t, engine, "local k", `handle = function(msg) if k then gopiper.emit(k) end; k = msg:copy() end, close = function() end`)
		s.want("a copy", s.handle("a", "b"), "0; 210 test.lua:3: gopiper.emit: the message is kept, or was; kept:emit() sends it on")
	})
}

// TestTablesOnAllEngines lets the messages themselves say what becomes of them: all
// engines do the same.
func TestTablesOnAllEngines(t *testing.T) {
	const source = `init = function() list, n = {}, 0 end,
	handle = function(msg)
		n = n + 1
		local last
		for what in msg.data:gmatch("%S+") do
			local i = tonumber(what:sub(2)) or 0
			local one = list[i]
			what = what:sub(1, 1)
			if what == "k" then list[#list + 1] = msg:keep()
			elseif what == "e" and one then one:emit()
			elseif what == "r" and one then one:release()
			elseif what == "m" and one then gopiper.emit("of " .. one.data .. n, one)
			elseif what == "a" then gopiper.emit("of all " .. n, list)
			elseif what == "s" then msg:emit()
			elseif what == "w" then msg.data = "w" .. n
			elseif what == "j" then msg.json = { n = n }
			elseif what == "p" then last = function() return "p" .. n, msg end
			elseif what == "d" then last = function() return gopiper.DROP end
			elseif what == "f" then last = function() return 200, "f" .. n end
			elseif what == "!" then error("e" .. n)
			elseif what == "z" then list = {} end
		end
		if last then return last() end
	end,
	flush = function() for i = 1, #list do pcall(function() list[i]:emit() end) end end`
	rapid.Check(t, func(rt *rapid.T) {
		batches := rapid.SliceOfN(rapid.SliceOfN(rapid.StringMatching(`([kersmajwpdf!z][1-4]? ){0,3}`), 1, 8), 1, 5).Draw(rt, "batches")
		var want string
		for _, engine := range []func(*Options){interpret, onLuaJIT} {
			s := newStage(t, engine, "local list, n", source)
			var got []string
			for _, batch := range batches {
				got = append(got, s.handle(batch...), "sent: "+s.sent())
			}
			s.flush()
			got = append(got, "flushed: "+s.sent(), s.outcomes())
			s.close()
			all := strings.Join(got, "\n")
			if want == "" {
				want = all
			} else if all != want {
				rt.Fatalf("LuaJIT:\n%s\ngopher-lua:\n%s", all, want)
			}
		}
	})
}

// What runs too long is ended, but on LuaJIT.
func TestFlushNeverEnds(t *testing.T) {
	s := newStage(t, interpret, "local k", `handle = function(msg) k = msg:keep() end, flush = function() while true do end end`)
	s.worker.(interface{ limitForTest(time.Duration) }).limitForTest(300 * time.Millisecond)
	s.want("reports", s.handle("a"), "1")
	s.flush()
	s.want("outcomes", s.outcomes(), "a failed 211 test.lua:3: the function ran for more than 300ms; is there a loop without an end?")
}

func (w *tableWorker) limitForTest(d time.Duration) { w.function.script.options.TimeLimit = d }

// A batch has at most batchMost messages.
func TestLargeBatches(t *testing.T) {
	onEach(t, func(t *testing.T, engine func(*Options)) {
		s := newStage(t, engine, "", `handle_batch = function(list) gopiper.emit(#list, list) end`)
		s.handle(slices.Repeat([]string{"a"}, 2*batchMost+1)...)
		s.want("sent", s.sent(), fmt.Sprintf("%d; %d; 1", batchMost, batchMost))
	})
}

func TestInitFails(t *testing.T) {
	onEach(t, func(t *testing.T, engine func(*Options)) {
		_, err := openStage(t, engine, "", `init = function() error("no table of prices") end, handle = function() end, close = function() error("it was not opened") end`)
		if err == nil || err.Error() != "test.lua:3: no table of prices" {
			t.Error(err)
		}
	})
}

func TestClose(t *testing.T) {
	onEach(t, func(t *testing.T, engine func(*Options)) {
		s := newStage(t, engine, "local n = 0", `init = function(stage) stage.n = 0 end, handle = function() error("oh") end,
			timer = function() end, every = "1h", close = function(stage) print("closed", n, stage.n) end`)
		s.handle("a")
		s.close()
		s.want("printed", s.output(), "closed\t0\t0")
	})
}

// A worker with a table shares nothing with the others.
func TestWorkersAreAlone(t *testing.T) {
	onEach(t, func(t *testing.T, engine func(*Options)) {
		s := newStage(t, engine, "local n = 0", `init = function() n = n + 1 end, handle = function(msg) n = n + 1; msg.data = n end`)
		f := s.worker.(*tableWorker).function
		for range 2 {
			c := f.Create(0, 0, nil)
			if err := c.(component.Opener).Open(context.Background()); err != nil {
				t.Fatal(err)
			}
			m := newFake("")
			if handle(t, c, m); string(m.GetData()) != "2" {
				t.Errorf("%s, want 2: once init, once handle", m.GetData())
			}
			if err := c.(component.Closer).Close(); err != nil {
				t.Error(err)
			}
		}
	})
}

// When the engine of a state has failed for good, what it kept fails, and a new one
// takes its place.
func TestBrokenStateFailsWhatIsKept(t *testing.T) {
	onEach(t, func(t *testing.T, engine func(*Options)) {
		s := newStage(t, engine, "local n = 0", `init = function() n = 10 end, handle = function(msg) n = n + 1; print(n); msg:keep() end, flush = function() end`)
		s.handle("a")
		w := s.worker.(flushingWorker)
		switch engine := w.engine.(type) {
		case *luaTable:
			engine.state.broken = true
		case *jitTable:
			engine.private.close()
		}
		w.failKept(brokenReport)
		s.handle("b")
		s.want("printed", s.output(), "11; 11")
		s.want("outcomes", s.outcomes(), "a failed 213 the Lua engine failed while the stage kept the message; b kept")
	})
}

func TestTablesAreDescribed(t *testing.T) {
	s := load(t, `local gopiper = require "gopiper"
local sums = { name = "by_user", workers = 2, order = "key", window = { size = 3 },
  handle = function() end,
  flush = function() end }
local plain = { handle = function(msg) msg.data = "x" end }
gopiper.createPipeline{ gopiper.stdin{}, sums, plain,
  gopiper.func{ handle_batch = function() end, retry = { max_attempts = 1 } }, gopiper.stdout{} }`)
	var got []string
	for _, stage := range s.Plan().Pipelines[0].Stages[1:4] {
		f := stage.Function
		d := f.Impl.(*Function).Declaration()
		got = append(got, fmt.Sprintf("%s %v %v %s %s %q emits=%v stateful=%v", stage.Name, stage.Position, stage.Attributes, f.Name, f.Engine, f.Reason, d.Emits, d.Stateful))
	}
	want := []string{
		`by_user test.lua:3 map[window:map[size:3]] sums compiled "" emits=true stateful=true`,
		` test.lua:5 map[] plain compiled "" emits=false stateful=false`,
		` test.lua:7 map[] handle_batch gopher-lua "line 7: handle_batch, which gets many messages at once" emits=false stateful=false`,
	}
	if !slices.Equal(got, want) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

func TestTablesThatAreWrong(t *testing.T) {
	for _, test := range []struct{ stage, want string }{
		{`{ flush = function() end }`, "createPipeline: stage 2: the table has no handle; write handle = function(msg) … end beside the others"},
		{`{ handel = function() end, flush = function() end }`, "createPipeline: stage 2: the table has no handle, but \"handel\"; write handle = function(msg) … end beside the others"},
		{`{ handle = print, handle_batch = print }`, "createPipeline: stage 2: the table has handle and handle_batch; leave one of them out"},
		{`{ handle = 3 }`, "createPipeline: stage 2: handle is the number 3; a function of the script is expected: function(msg) … end"},
		{`{ handle = function() end, close = true }`, "createPipeline: stage 2: close is the boolean true; it is a function of the script"},
		{`{ handle = function() end, timer = { every = 1, function() end } }`, "createPipeline: stage 2: timer is a table; it is a function, and every says how often it is called: every = \"1s\", timer = function() … end"},
		{`{ handle = function() end, timer = function() end }`, "createPipeline: stage 2: there is a timer, and every is missing, which says how often it is called: every = \"1s\""},
		{`{ handle = function() end, every = 1 }`, "createPipeline: stage 2: every is how often timer is called, and there is no timer; write timer = function() … end"},
		{`{ handle = function() end, timer = function() end, every = "1us" }`, "createPipeline: stage 2: attribute \"every\": 1µs is too often; the least is 1ms"},
		{`{ handle = function() end, on_close = function() end }`, "createPipeline: stage 2: on_close is a function; those of a stage are init, handle, handle_batch, timer, flush, close"},
		{`{ handle = function() end, workers = "x" }`, "createPipeline: stage 2: attribute \"workers\": expected an integer, got the string \"x\""},
		{`{ gopiper.stdin{} }`, "createPipeline: stage 2 is a table; a stage is gopiper.NAME{ … }, function(msg) … end or a table of functions, { handle = function(msg) … end }"},
		{`gopiper.func{ function() end, close = function() end }`, "gopiper.func: beside init, timer, flush and close the function has a name, too: handle = function(msg) … end"},
	} {
		_, err := Load(context.Background(), "test.lua", []byte("local gopiper = require 'gopiper' gopiper.createPipeline{ gopiper.stdin{}, "+test.stage+", gopiper.stdout{} }"), testOptions(t))
		if err == nil || err.Error() != "test.lua:1: "+test.want {
			t.Errorf("%s:\n got %v\nwant test.lua:1: %s", test.stage, err, test.want)
		}
	}
}

func TestEmitIsForTables(t *testing.T) {
	s := load(t, withFunction(`gopiper.emit("x")`))
	r := handle(t, functionOf(s, 0, 1).Create(0, 0, nil), newFake(""))
	if want := "test.lua:2: gopiper.emit is for a stage with timer, flush or other functions beside handle; here, msg:emit() sends msg on, and `return` does"; r.Description != want {
		t.Error(r)
	}
}
