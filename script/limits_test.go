package script

import (
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/gopiper/gopiper/component"
	"github.com/gopiper/gopiper/plan"
)

func TestLimitsOfAFunction(t *testing.T) {
	for _, test := range []struct{ limits, body, want string }{
		{`instructions = 5000`, `for i = 1, 1e6 do end`, "211 test.lua:3: the function took more than 5000 "},
		{`instructions = 3e6, time = "1m"`, `local n = 0; for i = 1, 1.4e6 do n = n + 1 end`, "0"},
		{`time = "3ms", instructions = 1e12`, `while true do end`, "211 test.lua:3: the function ran for more than 3ms; "},
		{`memory = "2MiB", time = "1m"`, `local t = {}; for i = 1, 1e6 do t[i] = ("x"):rep(1000) .. i end`, "211 test.lua:3: the function "},
		{`output = 1000`, `for i = 1, 100 do msg.attributes["a" .. i] = "x" end`, "211 test.lua:3: the function writes more than 1000 bytes for one message"},
		{`output = "1kB"`, `msg.data = ("x"):rep(2000)`, "211 test.lua:3: the function writes more than 1000 bytes for one message"},
		{`output = 1000`, `msg:emit(); return ("x"):rep(1000)`, "211 test.lua:3: the function returned messages of more than 1000 bytes together"},
		{`output = 1000`, `print(("x"):rep(2000))`, "211 test.lua:3: the function writes more than 1000 bytes for one message"},
	} {
		onEngines(t, test.limits, func(t *testing.T, engine func(*Options)) {
			s := load(t, `local gopiper = require "gopiper"
gopiper.createPipeline{ gopiper.stdin{}, gopiper.func{ name = "f",
function(msg) if msg.data == "well" then return end `+test.body+` end, limits = { `+test.limits+` } }, gopiper.stdout{} }`, engine)
			worker := functionOf(s, 0, 1).Create(0, 0, make(chan component.Message, 10))
			for range 2 {
				if r := handle(t, worker, newFake("{}")); !strings.HasPrefix(r.String(), test.want) {
					t.Errorf("report %s\nwant   %s", r, test.want)
				}
				if r := handle(t, worker, newFake("well")); r.Status != component.Done {
					t.Errorf("the next message: %s", r)
				}
			}
		})
	}
}

// What a script keeps from one message to the next is bounded, though no call
// takes much.
func TestStateIsBounded(t *testing.T) {
	var told []string
	s := load(t, withFunction(`kept = kept or {}; kept[#kept + 1] = ("x"):rep(1e6) .. msg.data; msg.data = #kept`), func(o *Options) {
		o.StateLimit = 8 << 20
		o.Print = func(_ plan.Position, text string) { told = append(told, text) }
		o.Limits.Time = time.Minute
	})
	worker := functionOf(s, 0, 1).Create(0, 0, nil)
	for n := 0; len(told) == 0; n++ {
		if n > 2000 {
			t.Fatal("the state grows without a bound")
		}
		if r := handle(t, worker, newFake("x")); r.Status != component.Done {
			t.Fatal(r)
		}
	}
	if !strings.HasPrefix(told[0], "the script kept more than 8 MiB in its variables") {
		t.Error(told)
	}
	m := newFake("x")
	handle(t, worker, m)
	if string(m.GetData()) != "2" { // the message that was handled when it was told was the first
		t.Errorf("the variables did not begin anew: %s", m.GetData())
	}
}

func TestWeigh(t *testing.T) {
	s := load(t, withFunction(`kept = { n = {} }; for i = 1, 100 do kept.n[i] = ("x"):rep(10000) .. i end`))
	f := functionOf(s, 0, 1)
	seat := &seat{function: f}
	if _, err := seat.ask(newFake("x")); err != nil {
		t.Fatal(err)
	}
	if w := seat.state.weigh(1 << 30); w < 1_000_000 || w > 1_200_000 {
		t.Errorf("a million bytes weigh %d", w)
	}
	if w := seat.state.weigh(1000); w > 20000 {
		t.Errorf("it does not stop at 1000, but at %d", w)
	}
}

// Coroutines that never end go as any other value does: they are no goroutines,
// and nothing refers to them. TestMain looks for goroutines.
func TestCoroutinesThatNeverEnd(t *testing.T) {
	s := load(t, withFunction(`for i = 1, 100 do coroutine.wrap(function() coroutine.yield() end)() end`),
		func(o *Options) { o.Limits.Time = time.Minute })
	worker := functionOf(s, 0, 1).Create(0, 0, nil)
	size := func() int64 {
		for range 20 {
			if r := handle(t, worker, newFake("x")); r.Status != component.Done {
				t.Fatal(r)
			}
		}
		runtime.GC()
		return pulse.read()
	}
	first := size()
	for range 10 {
		if grown := size() - first; grown > 4<<20 { // 2,000 of them are 30 MiB
			t.Fatalf("the heap has grown by %d bytes", grown)
		}
	}
	if c, ok := worker.(component.Closer); ok {
		c.Close()
	}
	if len(s.states.held) > 0 {
		t.Error("a state is kept")
	}
}
