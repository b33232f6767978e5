package fake

import (
	"testing"
	"time"

	"github.com/gopiper/gopiper/component"
)

// change makes a change that must succeed.
func change(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func get(t *testing.T, s *State, key string) string {
	t.Helper()
	value, err := s.Get([]byte(key))
	if err != nil {
		t.Fatal(err)
	}
	return string(value)
}

// Of the changes of a key the last that was committed counts, and what was not
// committed is gone.
func TestState(t *testing.T) {
	s := NewState()
	first, second, third := NewMessage("1"), NewMessage("2"), NewMessage("3")
	change(t, s.Put(nil, []byte("own"), []byte("0"), time.Time{}))
	change(t, s.Put(first, []byte("a"), []byte("1"), time.Time{}))
	change(t, s.Put(second, []byte("a"), []byte("2"), time.Time{}))
	change(t, s.Delete(third, []byte("a")))
	change(t, s.Put(third, []byte("b"), []byte("3"), time.Time{}))
	if got := get(t, s, "a") + get(t, s, "b"); got != "3" {
		t.Errorf("at once: %q, want 3", got)
	}
	s.Commit(second)
	s.Commit(first)
	next := s.Restart()
	if got := get(t, next, "own") + get(t, next, "a") + get(t, next, "b"); got != "02" {
		t.Errorf("without the third: %q, want 02", got)
	}
	s.Commit(third)
	if next = s.Restart(); get(t, next, "a") != "" || next.Len() != 2 {
		t.Errorf("with all: a is %q, and %d keys are there", get(t, next, "a"), next.Len())
	}
	keys := ""
	change(t, next.Each([]byte("o"), func(key, value []byte) bool {
		keys += string(key) + string(value)
		return true
	}))
	if keys != "own0" {
		t.Errorf("with the prefix o: %q", keys)
	}
	s.Volatile = true
	if s.Durable() || s.Restart().Len() != 0 {
		t.Error("what does not survive has survived")
	}
}

func TestStateExpires(t *testing.T) {
	s := NewState()
	change(t, s.Put(nil, []byte("past"), nil, time.Now().Add(-time.Hour)))
	change(t, s.Put(nil, []byte("to come"), nil, time.Now().Add(time.Hour)))
	keys := ""
	change(t, s.Each(nil, func(key, _ []byte) bool {
		keys += string(key)
		return true
	}))
	if value, _ := s.Get([]byte("past")); keys != "to come" || value != nil {
		t.Errorf("there are %q and %q", keys, value)
	}
}

// Only what the component has may be a cause.
func TestStateCause(t *testing.T) {
	s, m := NewState(), NewMessage("")
	Deliver(m)
	if err := s.Put(component.Message(m), []byte("a"), nil, time.Time{}); err == nil {
		t.Error("a message that was settled is a cause")
	}
}
