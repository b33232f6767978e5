package std

import (
	"bytes"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"
)

func TestSharedExpiry(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := &Context{Shared: NewShared(0, 0)}
		steps := []struct {
			after     time.Duration
			name      string
			arguments []Value
			want      string
		}{
			{0, "shared.set", []Value{Text("a"), Text("x"), Num(10)}, ""},
			{0, "shared.add", []Value{Text("n"), Num(1), Text("10s")}, "1"},
			{9 * time.Second, "shared.get", []Value{Text("a")}, `"x"`},
			{0, "shared.add", []Value{Text("n"), Num(2), Text("10s")}, "3"},
			{0, "shared.set_if_absent", []Value{Text("a"), Text("y"), Num(100)}, `false, "x"`},
			{time.Second, "shared.get", []Value{Text("a")}, "nil"},
			{0, "shared.add", []Value{Text("n"), Num(2)}, "2"}, // the window is over
			{0, "shared.set_if_absent", []Value{Text("a"), Text("y"), Num(100)}, `true, "y"`},
			{time.Hour, "shared.get", []Value{Text("n")}, "2"},
			{0, "shared.get", []Value{Text("a")}, "nil"},
			{0, "shared.set", []Value{Text("n"), Flag(true), Text("1s")}, ""},
			{0, "shared.set", []Value{Text("n"), Flag(false)}, ""}, // for ever again
			{time.Hour, "shared.get", []Value{Text("n")}, "false"},
			{0, "shared.delete", []Value{Text("n")}, "true"},
			{0, "shared.delete", []Value{Text("n")}, "false"},
			{0, "shared.delete", []Value{Text("a")}, "false"},
		}
		for i, step := range steps {
			time.Sleep(step.after)
			if got := show(call(t, c, step.name, step.arguments...)); got != step.want {
				t.Errorf("step %d: %s: %s, want %s", i, step.name, got, step.want)
			}
		}
		if keys, size := c.Shared.keys.Load(), c.Shared.bytes.Load(); keys != 0 || size != 0 {
			t.Errorf("%d keys and %d bytes are left", keys, size)
		}
	})
}

// A full dictionary takes nothing new, until something has expired.
func TestSharedIsBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := &Context{Shared: NewShared(100, 1<<20)}
		for i := range 100 {
			call(t, c, "shared.set", Text(fmt.Sprint(i)), Num(1), Num(float64(60+i)))
		}
		_, err := try(c, "shared.set", Text("more"), Num(1))
		if err == nil || !strings.Contains(err.Error(), "gopiper.shared is full: it has 100 keys") {
			t.Fatal(err)
		}
		call(t, c, "shared.add", Text("5"), Num(1)) // what is there can be changed
		time.Sleep(62 * time.Second)
		for _, key := range []string{"more", "and more", "and still more"} {
			call(t, c, "shared.set", Text(key), Num(1))
		}
		if _, err := try(c, "shared.set", Text("too much"), Num(1)); err == nil {
			t.Error("three have expired, and four have come")
		}
		call(t, c, "shared.delete", Text("5"))
		if _, err := try(c, "shared.set", Text("long"), Text(strings.Repeat("x", 1<<20))); err == nil {
			t.Error("it holds more bytes than it may")
		}
		call(t, c, "shared.set", Text("long"), Text("short"))
		if _, err := try(c, "shared.set", Text("long"), Text(strings.Repeat("x", 1<<20))); err == nil {
			t.Error("a value was made longer than there is room")
		}
		if got := show(call(t, c, "shared.get", Text("long"))); got != `"short"` {
			t.Error(got)
		}
	})
}

// What many goroutines add is all there.
func TestSharedIsAtomic(t *testing.T) {
	s := NewShared(0, 0)
	var wait sync.WaitGroup
	for range 8 {
		wait.Go(func() {
			c := &Context{Shared: s}
			for i := range 1000 {
				_, err := try(c, "shared.add", Text(fmt.Sprint(i%3)), Num(1), Text("1h"))
				if err != nil {
					t.Error(err)
				}
			}
		})
	}
	wait.Wait()
	c := &Context{Shared: s}
	if got := show(call(t, c, "shared.get", Text("0"))) + show(call(t, c, "shared.get", Text("1"))); got != "26722664" {
		t.Error(got)
	}
}

var keyedTests = []struct {
	name      string
	arguments []Value
	want      string
}{
	{"add", []Value{Text("text"), Num(1)}, `bad argument #1 to 'add' (the value of "text" is a string, to which nothing can be added)`},
	{"set", []Value{Text("k")}, "bad argument #2 to 'set' (string, number or boolean expected, got no value)"},
	{"set", []Value{Text("k"), OfTable(&Table{})}, "bad argument #2 to 'set' (string, number or boolean expected, got table)"},
	{"set", []Value{Text("k"), Num(1), Num(0)}, "bad argument #3 to 'set' (a number of seconds above 0, or a string such as \"1m30s\" expected, got 0)"},
	{"set", []Value{Text("k"), Num(1), Text("-1s")}, "bad argument #3 to 'set' (a duration above 0 expected, got -1s)"},
	{"set", []Value{Text("k"), Num(1), Text("soon")}, "bad argument #3 to 'set' (number expected, got string)"},
	{"set", []Value{Text("k"), Num(1), Num(1e300)}, "bad argument #3 to 'set' (a number of seconds above 0, or a string such as \"1m30s\" expected, got 1e+300)"},
	{"get", []Value{Text(strings.Repeat("k", keyMax+1))}, "bad argument #1 to 'get' (a key has at most 4096 bytes; this one has 4097)"},
	{"set", []Value{Text("k"), Text(strings.Repeat("v", valueMax+1))}, "bad argument #2 to 'set' (a value has at most 1048576 bytes; this one has 1048577)"},
}

func TestKeyedArguments(t *testing.T) {
	for _, group := range []string{"shared", "state"} {
		c := &Context{Shared: NewShared(0, 0), State: &memory{}}
		call(t, c, group+".set", Text("text"), Text("x"))
		for _, test := range keyedTests {
			_, err := try(c, group+"."+test.name, test.arguments...)
			if err == nil || err.Error() != test.want {
				t.Errorf("%s.%s: %v, want %s", group, test.name, err, test.want)
			}
		}
	}
	_, err := try(&Context{}, "state.get", Text("k"))
	if err != ErrNoState {
		t.Error(err)
	}
}

// memory is a State.
type memory struct{ values map[string][]byte }

func (m *memory) Get(key []byte) ([]byte, error) { return m.values[string(key)], nil }
func (m *memory) Delete(key []byte) error        { delete(m.values, string(key)); return nil }

func (m *memory) Put(key, value []byte, _ time.Time) error {
	if m.values == nil {
		m.values = map[string][]byte{}
	}
	m.values[string(key)] = bytes.Clone(value)
	return nil
}

func (m *memory) Each(prefix []byte, yield func(key, value []byte) bool) error {
	for _, key := range slices.Sorted(maps.Keys(m.values)) {
		if strings.HasPrefix(key, string(prefix)) && !yield([]byte(key), m.values[key]) {
			break
		}
	}
	return nil
}

// Both dictionaries do the same, whatever is done to them, and it is what a map does.
func TestKeyedLikeAMap(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		now := time.Unix(1_800_000_000, 0)
		c := &Context{Shared: NewShared(0, 0), State: &memory{}, Now: func() time.Time { return now }}
		model := map[string]Value{}
		keys := rapid.SampledFrom([]string{"a", "b", "b/1", ""})
		values := rapid.SampledFrom([]Value{Text(""), Text("x"), Num(-0.5), Num(1e300), Flag(true), Flag(false), {Kind: Exact, Text: "9007199254740993"}})
		for range rapid.IntRange(1, 30).Draw(t, "steps") {
			key := keys.Draw(t, "key")
			old := model[key]
			verb := rapid.SampledFrom([]string{"get", "set", "add", "delete", "set_if_absent"}).Draw(t, "verb")
			arguments, want := []Value{Text(key)}, ""
			switch verb {
			case "get":
				want = show([]Value{old})
			case "set":
				arguments = append(arguments, values.Draw(t, "value"))
				model[key] = arguments[1]
			case "add":
				arguments = append(arguments, Num(2))
				if old.Kind != Nil && old.Kind != Number {
					continue
				}
				model[key] = Num(old.Number + 2)
				want = show([]Value{Num(old.Number + 2)})
			case "delete":
				want = show([]Value{Flag(old.Kind != Nil)})
				delete(model, key)
			case "set_if_absent":
				arguments = append(arguments, values.Draw(t, "value"))
				set := old.Kind == Nil
				if set {
					old = arguments[1]
					model[key] = old
				}
				want = show([]Value{Flag(set), old})
			}
			for _, group := range []string{"shared", "state"} {
				results, err := try(c, group+"."+verb, arguments...)
				if got := show(results); err != nil || got != want {
					t.Fatalf("%s.%s(%s): %s, %v, want %s", group, verb, show(arguments), got, err, want)
				}
			}
		}
		var left []Value
		for _, key := range slices.Sorted(maps.Keys(model)) {
			left = append(left, Text(key))
		}
		results, err := try(c, "state.keys")
		if err != nil || show(results) != "{"+show(left)+"}" {
			t.Fatalf("%s, %v, want %s", show(results), err, show(left))
		}
	})
}

func TestStateExpiry(t *testing.T) {
	now := time.Unix(1_800_000_000, 0)
	c := &Context{State: &memory{}, Now: func() time.Time { return now }}
	call(t, c, "state.add", Text("n"), Num(1), Text("10s"))
	now = now.Add(9 * time.Second)
	if got := show(call(t, c, "state.add", Text("n"), Num(1), Text("10s"))); got != "2" {
		t.Error(got)
	}
	now = now.Add(2 * time.Second)
	if got := show(call(t, c, "state.keys")) + show(call(t, c, "state.get", Text("n"))) + show(call(t, c, "state.add", Text("n"), Num(1))); got != "{}nil1" {
		t.Error(got)
	}
}

func BenchmarkShared(b *testing.B) {
	s := NewShared(0, 0)
	b.RunParallel(func(p *testing.PB) {
		c := &Context{Shared: s}
		arguments := []Value{Text("client/10.1.2.3"), Num(1), Text("1m")}
		for p.Next() {
			if _, err := try(c, "shared.add", arguments...); err != nil {
				b.Fatal(err)
			}
		}
	})
}
