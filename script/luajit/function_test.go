package luajit

import (
	"errors"
	"fmt"
	"strings"
	"testing"
)

// show writes down everything that a result says.
func show(r Result) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%d", r.Outcome())
	if r.Outcome() == Status || r.Outcome() == Split {
		fmt.Fprintf(&b, " %d", r.Status())
	}
	if text := r.Text(); text != "" {
		fmt.Fprintf(&b, " (%s)", text)
	}
	if data, ok := r.Data(); ok {
		fmt.Fprintf(&b, " data=%s", data)
	}
	if key, ok := r.Key(); ok {
		fmt.Fprintf(&b, " key=%s", key)
	}
	if at, ok := r.Timestamp(); ok {
		fmt.Fprintf(&b, " at=%d", at)
	}
	r.Attributes(func(name, value string, deleted bool) { fmt.Fprintf(&b, " %s=%s,%v", name, value, deleted) })
	for p := range r.Parts {
		fmt.Fprintf(&b, " [%s %s %v %d %v %v]", p.Data, p.Key, p.HasKey, p.Timestamp, p.HasTimestamp, p.Attributes)
	}
	return b.String()
}

// The message is "hello" with the key "k", the time 1.5 and the attributes a=1
// and b=2.
func TestHandle(t *testing.T) {
	for _, test := range []struct{ body, want string }{
		{``, `0`},
		{`return`, `0`},
		{`return nil`, `0`},
		{`return 300`, `1 300`},
		{`return 0`, `1 0`},
		{`return -7, "why"`, `1 -7 (why)`},
		{`return 200, 12`, `1 200 (12)`},
		{`return 200, nil`, `1 200`},
		{`msg.data = msg.data:upper()`, `0 data=HELLO`},
		{`msg.data = 12`, `0 data=12`},
		{`msg.data = ""`, `0 data=`},
		{`msg.data = "x" msg.data = msg.data .. "y"`, `0 data=xy`},
		{`msg.key = msg.key .. "!" msg.data = msg.key`, `0 data=k! key=k!`},
		{`msg.key = nil msg.data = tostring(msg.key)`, `0 data=nil key=`},
		{`msg.key = 5`, `0 key=5`},
		{`msg.timestamp = msg.timestamp + 1`, `0 at=2500000000`},
		{`msg.timestamp = nil msg.data = tostring(msg.timestamp)`, `0 data=nil at=0`},
		{`msg.attributes.c = "x"`, `0 c=x,false`},
		{`msg.attributes.a = msg.attributes.a + 1`, `0 a=2,false`},
		{`msg.attributes.a = nil msg.data = tostring(msg.attributes.a)`, `0 data=nil a=,true`},
		{`msg.attributes.a = "x" msg.attributes.a = nil msg.attributes.z = "" msg.data = tostring(msg.attributes.b)`,
			`0 data=2 a=,true z=,false`},
		{`msg.attributes[1] = 2`, `0 1=2,false`},
		{`msg.attributes.c = "3" msg.attributes.a = nil local s = "" for k, v in pairs(msg.attributes) do s = s .. k .. v end msg.data = s`,
			`0 data=b2c3 c=3,false a=,true`},
		{`local s = "" for k, v in pairs(msg.attributes) do s = s .. k .. v end msg.data = s`, `0 data=a1b2`},
		{`msg.data = tostring(msg) .. type(msg) .. tostring(msg.attributes) .. tostring(getmetatable(msg))`,
			`0 data=messageuserdataattributesmessage`},
		{`msg.data = "x" return 200, "no"`, `1 200 (no) data=x`},

		{`return "x", "y"`, `2 0 [x  false 0 false []] [y  false 0 false []]`},
		{`return msg`, `2 1`},
		{`return "x", msg`, `2 1 [x  false 0 false []]`},
		{`return { data = msg.data, key = 7, timestamp = 2, attributes = { q = 1 } }`,
			`2 0 [hello 7 true 2000000000 true [[q 1]]]`},
		{`msg.key = "n" return { data = "" }`, `2 0 key=n [  false 0 false []]`},

		{`return true`, `4 (pipeline.lua:1: the function returned the boolean true; return nothing, a status such as gopiper.DROP, or messages)`},
		{`return nil, "x"`, `4 (pipeline.lua:1: the function returned nil and the string "x"; return nothing, a status such as gopiper.FAIL and a description, or messages)`},
		{`return 1`, `4 (pipeline.lua:1: the function returned gopiper.CONTINUE; a function cannot keep a message, because nobody would send it on; return nothing for done)`},
		{`return 1.5`, `4 (pipeline.lua:1: the function returned the status 1.5; a status is a whole number)`},
		{`return 0/0`, `4 (pipeline.lua:1: the function returned the status nan; a status is a whole number)`},
		{`return 2e9`, `4 (pipeline.lua:1: the function returned the status 2000000000; a status is a whole number)`},
		{`return 200, {}`, `4 (pipeline.lua:1: the function returned a table as the description of a status; it is a string)`},
		{`return 200, "x", 3`, `4 (pipeline.lua:1: the function returned the number 3 behind a status and a description)`},
		{`return msg, msg`, `4 (pipeline.lua:1: the function returned the message itself twice)`},
		{`return "x", 4`, `4 (pipeline.lua:1: the function returned the number 4 among messages; a message is a string, msg, a copy of it, or { data = … })`},
		{`return msg.attributes`, `4 (pipeline.lua:1: the function returned a message's attributes that is neither the message it was given nor a copy of it)`},
		{`return {}`, `4 (pipeline.lua:1: the function returned a table that is no message: it has no data; write { data = msg.data } for the same)`},
		{`return { "x" }`, `4 (pipeline.lua:1: the function returned a table that is no message: it is a list; return the messages one by one: return unpack(list))`},
		{`return { dat = "x" }`, `4 (pipeline.lua:1: the function returned a table that is no message: unknown field "dat"; did you mean "data"?)`},
		{`return { data = {} }`, `4 (pipeline.lua:1: the function returned a table that is no message: its data cannot be a table)`},
		{`return { data = "", timestamp = 1e300 }`, `4 (pipeline.lua:1: the function returned a table that is no message: its timestamp cannot be the number 1e+300)`},
		{`return { data = "", attributes = 1 }`, `4 (pipeline.lua:1: the function returned a table that is no message: its attributes cannot be the number 1)`},
		{`return { data = "", attributes = { a = true } }`, `4 (pipeline.lua:1: the function returned a table that is no message: its attribute a cannot be the boolean true; attributes are strings)`},
	} {
		f := function(t, newState(t), "return function(msg) "+test.body+" end", Handle)
		for round := range 2 { // the memory of the first is used again
			for _, r := range handle(t, f, "hello", "hello") {
				if got := show(r); got != test.want {
					t.Errorf("%s, round %d:\n got %s\nwant %s", test.body, round, got, test.want)
				}
			}
		}
	}
}

func TestRaised(t *testing.T) {
	for _, test := range []struct{ body, want string }{
		{`error("x")`, `pipeline.lua:1: x`},
		{`error({ message = "x" })`, `pipeline.lua:1: x`},
		{`error({})`, `pipeline.lua:1: the error is a table without a message`},
		{`error()`, `pipeline.lua:1: the error is a nil value`},
		{`error("")`, `pipeline.lua:1: the error has no message`},
		{`error("x", 0)`, `pipeline.lua:1: x`},
		{`local x; x()`, `pipeline.lua:1: attempt to call local 'x' (a nil value)`},
		{`local x = msg.nam`, `pipeline.lua:1: a message has no field "nam"`},
		{`local x = msg.dat`, `pipeline.lua:1: a message has no field "dat"; did you mean "data"?`},
		{`msg.dat = 1`, `pipeline.lua:1: a message has no field "dat"; did you mean "data"?`},
		{`msg.data = {}`, `pipeline.lua:1: msg.data is a string, not a table`},
		{`msg.key = true`, `pipeline.lua:1: msg.key is a string or nil, not the boolean true`},
		{`msg.timestamp = "x"`, `pipeline.lua:1: msg.timestamp is a number of seconds since 1970 or nil, not the string "x"`},
		{`msg.timestamp = 0/0`, `pipeline.lua:1: msg.timestamp is a number of seconds since 1970 or nil, not the number nan`},
		{`msg.attributes = {}`, `pipeline.lua:1: msg.attributes cannot be assigned as a whole; assign its fields: msg.attributes.name = value`},
		{`msg.attributes.a = {}`, `pipeline.lua:1: the attribute "a" is a string or nil, not a table; use tostring(…)`},
		{`local x = msg.attributes[{}]`, `pipeline.lua:1: an attribute's name is a string, not a table`},
		{`local function f() return 1 + f() end f()`, `pipeline.lua:1: stack overflow`},
		{`coroutine.yield(1)`, `pipeline.lua:1: attempt to yield across C-call boundary`},
		{`local x = prnt`, `pipeline.lua:1: the variable "prnt" is not defined; did you mean "print"?`},
		{`string.rep("x", 1e9)`, `pipeline.lua:1: a string would be longer than 32 MiB`},
	} {
		f := function(t, newState(t), "return function(msg) "+test.body+" end", Handle)
		for _, r := range handle(t, f, "hello", "hello") {
			if err := r.Err(); err == nil || err.Error() != test.want || r.Text() == "" {
				t.Errorf("%s: got %v, want %s", test.body, err, test.want)
			}
		}
	}
}

// The rest of a batch goes on behind an error, which shows the user's own lines.
func TestErrorWithinBatch(t *testing.T) {
	f := function(t, newState(t), `
local function check(text)
  if text == "bad" then
    error("it is bad")
  end
end
return function(msg)
  msg.attributes.seen = "yes"
  check(msg.data)
  msg.data = msg.data .. "!"
end`, Handle)
	list := handle(t, f, "a", "bad", "b", "bad", "bad")
	for i, want := range []string{"0 data=a! seen=yes,false", "", "0 data=b! seen=yes,false", "", ""} {
		if want != "" {
			if got := show(list[i]); got != want {
				t.Errorf("%d: %s", i, got)
			}
			continue
		}
		err := list[i].Err()
		if err == nil || err.Error() != "pipeline.lua:4: it is bad" {
			t.Fatalf("%d: %v", i, err)
		}
		if want := "pipeline.lua:4: in function 'check'\npipeline.lua:9: in function <pipeline.lua:7>"; err.Stack != want {
			t.Errorf("the stack is\n%s", err.Stack)
		}
		if got := show(list[i]); !strings.HasSuffix(got, " seen=yes,false") {
			t.Errorf("the attribute that was set before the error is lost: %s", got)
		}
	}
}

func TestPredicateAndKey(t *testing.T) {
	for _, test := range []struct {
		mode       Mode
		body, want string
	}{
		{Predicate, `return msg.data == "hello"`, `1 1`},
		{Predicate, `return nil`, `1 0`},
		{Predicate, `return false`, `1 0`},
		{Predicate, `return 0`, `1 1`},
		{Predicate, ``, `0`},
		{Predicate, `msg.data = "x"`, "3 (pipeline.lua:1: a `when` function must not change the message)"},
		{Key, `return msg.key`, `0 (k)`},
		{Key, `return 12`, `0 (12)`},
		{Key, `return nil`, `0`},
		{Key, `return {}`, `4 (pipeline.lua:1: the function returned a table as the key; a key is a string, a number or nil)`},
		{Key, `msg.attributes.a = nil`, "3 (pipeline.lua:1: an `order_by` function must not change the message)"},
	} {
		f := function(t, newState(t), "return function(msg) "+test.body+" end", test.mode)
		if got := show(handle(t, f, "hello")[0]); got != test.want {
			t.Errorf("%s: got %s, want %s", test.body, got, test.want)
		}
	}
}

// A msg that is kept is an error between messages, and that of another function.
func TestKept(t *testing.T) {
	s := newState(t)
	keep := function(t, s, `return function(msg) kept = msg end`, Handle)
	use := function(t, s, `return function(msg) msg.data = kept.data end`, Handle)
	handle(t, keep, "a")
	want := "pipeline.lua:1: a message was used after its function had returned; copy what is needed later, such as msg.data"
	if err := handle(t, use, "b")[0].Err(); err == nil || err.Error() != want {
		t.Error(err)
	}
}

// A batch whose results grow large ends early, and is gone on with.
func TestLargeResults(t *testing.T) {
	f := function(t, newState(t), `return function(msg) msg.data = msg.data:rep(1024) end`, Handle)
	b := f.state.Batch()
	const messages = 100
	for i := range messages {
		b.Add([]byte(strings.Repeat(string(rune('a'+i%26)), 1024)), "", 0)
	}
	calls, seen := 0, 0
	for seen < messages {
		n, err := f.Call(b)
		if err != nil || n == 0 {
			t.Fatal(n, err)
		}
		for i := range n {
			data, _ := b.Result(i).Data()
			if len(data) != 1<<20 || data[1<<20-1] != byte('a'+seen%26) {
				t.Fatalf("message %d: %d bytes", seen, len(data))
			}
			seen++
		}
		calls++
	}
	if n, err := f.Call(b); n != 0 || err != nil || calls < 3 {
		t.Error(n, err, calls)
	}
}

func TestRefused(t *testing.T) {
	s := newState(t)
	f := function(t, s, `return function() end`, Handle)
	if _, err := f.Call(newState(t).Batch()); err == nil || err.Error() != "the batch is of another Lua state" {
		t.Error(err)
	}
	values, err := s.Run("x.lua", `return function() end`)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := values[0].(*Function).Call(s.Batch()); err == nil || err.Error() != "the function is not bound" {
		t.Error(err)
	}
	s.Close()
	s.Close()
	if _, err := f.Call(s.Batch()); !errors.Is(err, errClosed) {
		t.Error(err)
	}
	if _, err := s.Run("x.lua", ""); !errors.Is(err, errClosed) {
		t.Error(err)
	}
	if s.Begun() != 0 || s.Memory() != 0 {
		t.Error("a closed state has counters")
	}
}
