package script

import (
	"bytes"
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gopiper/gopiper/component"
	"github.com/gopiper/gopiper/plan"
)

// changes is the state of a stage that notes which message has caused a change.
type changes struct {
	values map[string][]byte
	causes []string
	before map[component.Message]map[string][]byte // the values before a message changed any
}

func (c *changes) Durable() bool                  { return false }
func (c *changes) Get(key []byte) ([]byte, error) { return c.values[string(key)], nil }

func (c *changes) note(cause component.Message, what string, key []byte) {
	by := "nobody"
	if cause != nil {
		by = string(cause.GetData())
		if c.before == nil {
			c.before = map[component.Message]map[string][]byte{}
		}
		if c.before[cause] == nil {
			c.before[cause] = maps.Clone(c.values)
		}
	}
	c.causes = append(c.causes, fmt.Sprintf("%s %s %s", by, what, key))
}

func (c *changes) Put(cause component.Message, key, value []byte, _ time.Time) error {
	c.note(cause, "puts", key)
	c.values[string(key)] = bytes.Clone(value)
	return nil
}

// Revert implements component.Reverting, as far as only one message has changed
// anything since.
func (c *changes) Revert(cause component.Message) {
	if before := c.before[cause]; before != nil {
		c.values = before
		delete(c.before, cause)
	}
}

func (c *changes) Delete(cause component.Message, key []byte) error {
	c.note(cause, "deletes", key)
	delete(c.values, string(key))
	return nil
}

func (c *changes) Each(prefix []byte, yield func(key, value []byte) bool) error {
	for _, key := range slices.Sorted(maps.Keys(c.values)) {
		if strings.HasPrefix(key, string(prefix)) && !yield([]byte(key), c.values[key]) {
			break
		}
	}
	return nil
}

// openStateful opens a worker of the second stage.
func openStateful(t testing.TB, s *Script) (component.Component, *changes) {
	t.Helper()
	state := &changes{values: map[string][]byte{}}
	f := functionOf(s, 0, 1)
	c := f.Create(0, 0, make(chan component.Message, 100))
	if extra := component.WorkerInterfaces(c) ^ f.Declaration().Interfaces; extra != 0 {
		t.Errorf("the declaration and the worker differ in %v", extra)
	}
	if err := c.(component.Opener).Open(component.WithState(context.Background(), state)); err != nil {
		t.Fatal(err)
	}
	return c, state
}

// evaluateHandling evaluates a script, whose first lines declare functions, in a stage
// that is stateful, and returns what it prints.
func evaluateHandling(t testing.TB, source string) string {
	t.Helper()
	var lines []string
	s := load(t, "local gopiper = require 'gopiper'\ngopiper.createPipeline{ gopiper.stdin{}, { stateful = true, handle = function(msg)\n"+
		strings.Replace(source, `local gopiper = require "gopiper"`, "", 1)+"\nend }, gopiper.stdout{} }",
		func(o *Options) { o.Print = printed(&lines) })
	c, _ := openStateful(t, s)
	if r := handle(t, c, newFake("")); r.Status != 0 {
		return r.String()
	}
	return strings.Join(lines, "\n")
}

func TestChangesBelongToTheMessageAtHand(t *testing.T) {
	onEach(t, func(t *testing.T, engine func(*Options)) {
		for _, flush := range []string{"", `flush = function() gopiper.state.delete("n") end,`} {
			s := load(t, `local gopiper = require "gopiper"
	gopiper.createPipeline{ gopiper.stdin{}, { stateful = true, `+flush+`
	  init = function() gopiper.state.set("opened", true) end,
	  handle = function(msg)
	    msg.data = gopiper.state.add("n", 1)
	    gopiper.state.get("n")
	  end }, gopiper.stdout{} }`, engine)
			c, state := openStateful(t, s)
			for _, want := range []string{"1", "2"} {
				m := newFake("a")
				if handle(t, c, m); string(m.GetData()) != want {
					t.Errorf("%s, want %s", m.GetData(), want)
				}
			}
			want := []string{"nobody puts opened", "a puts n", "a puts n"}
			if flusher, ok := c.(component.Flusher); ok {
				if err := flusher.Flush(context.Background()); err != nil {
					t.Error(err)
				}
				want = append(want, "nobody deletes n")
			}
			if !slices.Equal(state.causes, want) {
				t.Errorf("%q, want %q", state.causes, want)
			}
			if err := c.(component.Closer).Close(); err != nil {
				t.Error(err)
			}
		}
	})
}

// In a batch a message finds nothing of what one that failed has changed.
func TestFailuresChangeNothing(t *testing.T) {
	onEach(t, func(t *testing.T, engine func(*Options)) {
		s := load(t, `local gopiper = require "gopiper"
gopiper.createPipeline{ gopiper.stdin{}, { stateful = true, handle = function(msg)
  local n = gopiper.state.add("n", 1)
  if msg.data == "fail" then return 200 elseif msg.data == "retry" then return 100 elseif msg.data == "raise" then error("oh")
  elseif msg.data == "drop" then return 300 end
  msg.data = n
end }, gopiper.stdout{} }`, engine)
		c, state := openStateful(t, s)
		var messages []component.Message
		for _, data := range []string{"a", "fail", "b", "raise", "raise", "c", "drop", "d", "retry", "e", "fail"} {
			messages = append(messages, newFake(data))
		}
		reports := make([]component.Report, len(messages))
		if n := c.(component.BatchHandler).HandleBatch(messages, reports); n != len(messages) {
			t.Errorf("%d were handled", n)
		}
		var got []string
		for i, m := range messages {
			got = append(got, fmt.Sprint(string(m.GetData()), " ", reports[i].Status))
		}
		want := "1 0, fail 200, 2 0, raise 210, raise 210, 3 0, drop 300, 5 0, retry 100, 6 0, fail 200"
		if all := strings.Join(got, ", "); all != want {
			t.Errorf("%s, want %s", all, want)
		}
		// A state that cannot take anything back gets one at a time.
		f := functionOf(s, 0, 1).Create(0, 0, nil)
		if err := f.(component.Opener).Open(component.WithState(context.Background(), struct{ component.State }{state})); err != nil {
			t.Fatal(err)
		}
		if n := f.(component.BatchHandler).HandleBatch(messages, reports); n != 1 {
			t.Errorf("%d were handled", n)
		}
	})
}

func TestStateIsForStatefulStages(t *testing.T) {
	onEach(t, func(t *testing.T, engine func(*Options)) {
		const want = "210 test.lua:2: gopiper.state is there in a stage that is stateful: { stateful = true, handle = function(msg) … end }"
		for _, stage := range []string{"function() gopiper.state.get('x') end", "{ handle = function() gopiper.state.get('x') end }",
			"{ stateful = false, handle = function() gopiper.state.keys() end }"} {
			s := load(t, "local gopiper = require 'gopiper'\ngopiper.createPipeline{ gopiper.stdin{}, "+stage+", gopiper.stdout{} }", engine)
			if r := handle(t, functionOf(s, 0, 1).Create(0, 0, nil), newFake("")); r.String() != want {
				t.Errorf("%s: %s", stage, r)
			}
		}
	})
}

func TestSharedIsOneForAll(t *testing.T) {
	onEach(t, func(t *testing.T, engine func(*Options)) {
		s := load(t, withFunction(`msg.data = gopiper.shared.add("n", 1)`), engine)
		for worker, want := range []string{"1", "2", "3"} {
			m := newFake("")
			if handle(t, functionOf(s, 0, 1).Create(0, worker, nil), m); string(m.GetData()) != want {
				t.Errorf("%s, want %s", m.GetData(), want)
			}
		}
	})
}

func TestDictionariesAreForHandling(t *testing.T) {
	for _, group := range []string{"shared", "state"} {
		_, err := Load(context.Background(), "test.lua", []byte("require('gopiper')."+group+".set('a', 1)"), testOptions(t))
		want := "test.lua:1: gopiper." + group + ".set is for handling messages and cannot be called while the script describes; call it in a function of a stage"
		if err == nil || err.Error() != want {
			t.Errorf("%v, want %s", err, want)
		}
	}
}

func printed(lines *[]string) func(plan.Position, string) {
	return func(_ plan.Position, text string) { *lines = append(*lines, text) }
}
