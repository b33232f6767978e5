package script

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gopiper/gopiper/component"
	"github.com/gopiper/gopiper/plan"
)

func TestStatesAreSharedByPlace(t *testing.T) {
	s := load(t, `local gopiper = require "gopiper"; local n = 0
local function count(msg) n = n + 1; msg.data = n end
for _ = 1, 2 do gopiper.createPipeline{ gopiper.stdin{}, count, count, gopiper.stdout{} } end`)
	var workers []component.Component
	run := func(pipeline, stage, segment, worker int) string {
		c := functionOf(s, pipeline, stage).Create(segment, worker, nil)
		if err := c.(component.Opener).Open(context.Background()); err != nil {
			t.Fatal(err)
		}
		workers = append(workers, c)
		m := newFake("")
		handle(t, c, m)
		return string(m.GetData())
	}
	for _, test := range []struct {
		pipeline, stage, segment, worker int
		want                             string
	}{
		{0, 1, 0, 0, "1"}, {0, 2, 0, 0, "2"}, // the same place
		{0, 1, 0, 1, "1"},                    // another worker
		{0, 1, 1, 0, "1"},                    // another segment
		{1, 1, 0, 0, "1"}, {1, 2, 0, 0, "2"}, // another pipeline
		{0, 1, 0, 0, "3"},
	} {
		if got := run(test.pipeline, test.stage, test.segment, test.worker); got != test.want {
			t.Errorf("%+v: %s", test, got)
		}
	}
	if n := len(s.states.held); n != 4 {
		t.Errorf("%d states for 4 places", n)
	}
	for _, c := range workers {
		if err := c.(component.Closer).Close(); err != nil {
			t.Error(err)
		}
	}
	if n := len(s.states.held); n != 0 {
		t.Errorf("%d states are left after the last worker was closed", n)
	}
	if got := run(0, 1, 0, 0); got != "1" {
		t.Errorf("after closing: %s, want a fresh state", got)
	}
}

// A worker that was replaced because it did not return in time may still be in
// its function: the new one must not share its state.
func TestStuckWorkerKeepsItsState(t *testing.T) {
	s := load(t, withFunction(`calls = calls + 1; if msg.data == "stuck" then return "x" end; msg.data = calls`))
	f := functionOf(s, 0, 1)
	postponed := make(chan component.Message) // nobody receives yet
	stuck := f.Create(0, 0, postponed)
	handle(t, f.Create(0, 0, nil), newFake(""))
	done := make(chan component.Report)
	go stuck.Handle(newFake("stuck"), func(r component.Report) { done <- r })
	for !s.states.enter(place{0, 0, 0}, false).state.busy.Load() {
	}
	m := newFake("")
	if handle(t, f.Create(0, 0, nil), m); string(m.GetData()) != "1" {
		t.Errorf("call %s, want the first of a new state", m.GetData())
	}
	<-postponed
	if r := <-done; r.Status != component.Drop {
		t.Errorf("the stuck one: %s", r)
	}
}

// A state in which the engine has failed where it cannot recover is given up.
func TestBrokenStateIsNotUsedAgain(t *testing.T) {
	s := load(t, withFunction(`calls = calls + 1; msg.data = calls`))
	f := functionOf(s, 0, 1)
	c := f.Create(0, 0, nil)
	for i, want := range []string{"1", "2", "1", "2"} {
		m := newFake("")
		if handle(t, c, m); string(m.GetData()) != want {
			t.Errorf("call %d: data %s, want %s", i, m.GetData(), want)
		}
		s.states.enter(place{0, 0, 0}, false).state.broken = i == 1
	}
}

func TestEveryEvaluationIsTheSame(t *testing.T) {
	var asked atomic.Int64
	s := load(t, `local gopiper = require "gopiper"
local token = gopiper.env("TOKEN") .. os.time() .. os.date("%c") .. os.clock() .. math.random() .. math.random(100)
gopiper.createPipeline{
  gopiper.file{ token = token, file = gopiper.read_file("key.txt"), logs = gopiper.glob("logs/*.log"), count = collectgarbage("count") },
  function(msg) msg.data = gopiper.env("TOKEN") .. gopiper.env("LATER") end, gopiper.stdout{},
}`, func(o *Options) {
		o.Environment = func(string) (string, bool) { return fmt.Sprint(asked.Add(1)), true }
	})
	f := functionOf(s, 0, 1)
	for worker := range 3 {
		m := newFake("")
		if r := handle(t, f.Create(0, worker, nil), m); r.Status != 0 || string(m.GetData()) != "12" {
			t.Errorf("worker %d: %s, data %s", worker, r, m.GetData())
		}
	}
}

func TestDifferentPlanIsAnError(t *testing.T) {
	tests := map[string]string{
		`gopiper.createPipeline{ gopiper.file{ path = tostring({}) }, function() end, gopiper.stdout{} }`:                                                         "pipelines[1].stages[1].attributes.path is \"table: 0x",
		`local list = { gopiper.file{}, function() end, gopiper.stdout{} }; if again then list[4] = gopiper.stdout{} end; gopiper.createPipeline(list)`:           "pipelines[1].stages has 4 elements, and had 3 at first",
		`gopiper.createPipeline({ gopiper.file{ workers = again and 2 or 1 }, function() end, gopiper.stdout{} })`:                                                "pipelines[1].stages[1].workers is 2, and was 1 at first",
		`local f, g = function() end, function() end; gopiper.createPipeline{ gopiper.file{}, again and f or g, gopiper.stdout{} }`:                               "function 1 is the one of line 4",
		`local t; if again then t = { a = { 1 } } end; gopiper.createPipeline{ gopiper.file{ x = t, y = again and 1 or "1" }, function() end, gopiper.stdout{} }`: "pipelines[1].stages[1].attributes.x is there, and was not there at first",
		`gopiper.createPipeline{ gopiper.file{}, function() end, gopiper.stdout{} }; if again then error("only now") end`:                                         "only now",
	}
	for source, want := range tests {
		// The address of a table tells one evaluation from another.
		s := load(t, `local gopiper = require "gopiper"
local first = gopiper.env("FIRST", "")
local again = first ~= "" and tostring(print) ~= first
`+source, func(o *Options) {
			o.Environment = func(string) (string, bool) { return "", true }
		})
		s.world.variables["FIRST"] = variable{"another address", true}
		f := functionOf(s, 0, 1)
		err := f.Prepare(0, 0)
		var e *Error
		if !errors.As(err, &e) || !strings.Contains(e.Message, want) {
			t.Errorf("%s: %v, want %s", source, err, want)
			continue
		}
		c := f.Create(0, 0, nil)
		if err := c.(component.Opener).Open(context.Background()); err == nil {
			t.Error("Open has no error")
		}
		if r := handle(t, c, newFake("")); r.Status != StatusState || !strings.Contains(r.Description, want) {
			t.Errorf("without Open: %s", r)
		}
		if _, err := f.Predicate(0, 0)(newFake("")); err == nil {
			t.Error("the predicate has no error")
		}
	}
}

func TestTimeAndRandomRunWhileHandling(t *testing.T) {
	s := load(t, withFunction(`
		local x, y = math.random(1e9), math.random(1e9)
		math.randomseed(7); local a = math.random(1e9)
		math.randomseed(7); local b = math.random(1e9)
		assert(x ~= y and a == b and os.clock() > 0 and os.time() > 1.7e9)
		msg.data = x`))
	f := functionOf(s, 0, 1)
	seen := map[string]bool{}
	for worker := range 3 {
		m := newFake("")
		if r := handle(t, f.Create(0, worker, nil), m); r.Status != 0 {
			t.Errorf("%s", r)
		}
		seen[string(m.GetData())] = true
	}
	if len(seen) != 3 {
		t.Errorf("random numbers of 3 workers: %v", seen)
	}
}

func TestPrintSaysWhereAndOnlyOnceWhileDescribing(t *testing.T) {
	var printed []string
	s := load(t, `print("describing", 1, nil)
`+withFunction(`print(msg, msg.data)`), func(o *Options) {
		o.Print = func(at plan.Position, text string) { printed = append(printed, at.String()+" "+text) }
	})
	for worker := range 2 {
		handle(t, functionOf(s, 0, 1).Create(0, worker, nil), newFake("hello"))
	}
	want := []string{"test.lua:1 describing\t1\tnil", "test.lua:3 message\thello", "test.lua:3 message\thello"}
	if !slices.Equal(printed, want) {
		t.Errorf("printed %q", printed)
	}
}

func TestSlowFunctionHandsTheRestBack(t *testing.T) {
	s := load(t, withFunction(`for i = 1, 2000 do end; local start = os.clock(); repeat until os.clock() - start > 0.015`),
		func(o *Options) { o.Limits.Time = time.Minute })
	c := functionOf(s, 0, 1).Create(0, 0, nil).(component.BatchHandler)
	messages := []component.Message{newFake(""), newFake(""), newFake("")}
	if n := c.HandleBatch(messages, make([]component.Report, 3)); n != 1 {
		t.Errorf("%d were handled", n)
	}
}

func TestMemoryIsBounded(t *testing.T) {
	for _, source := range []string{
		`local t = {}; for i = 1, 1e9 do t[i] = { i } end`,
		`local t = {}; for i = 1, 1e9 do t[i] = string.rep("x", 1e6) end`,
		`local t = {}; for i = 1, 1e9 do t[i] = coroutine.create(function() end) end`,
	} {
		options := testOptions(t)
		options.MemoryLimit = 32 << 20
		_, err := Load(context.Background(), "test.lua", []byte(source), options)
		if err == nil || err.Error() != "test.lua:1: the script uses more than 32 MiB of memory; does it keep more and more, or build ever longer strings?" {
			t.Errorf("%s: %v", source, err)
		}
	}
}
