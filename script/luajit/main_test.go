package luajit

import (
	"testing"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func newState(t testing.TB) *State {
	t.Helper()
	l, err := Open()
	if err != nil {
		t.Fatal(err)
	}
	s, err := l.NewState()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	return s
}

// function runs a source that returns a function and binds that.
func function(t testing.TB, s *State, code string, mode Mode) *Function {
	t.Helper()
	values, err := s.Run("pipeline.lua", code)
	if err != nil {
		t.Fatal(err)
	}
	f, ok := values[0].(*Function)
	if !ok {
		t.Fatalf("it is a %T", values[0])
	}
	if err := f.Bind("f", mode); err != nil {
		t.Fatal(err)
	}
	return f
}

// handle calls a function with messages.
func handle(t testing.TB, f *Function, messages ...string) []Result {
	t.Helper()
	b := f.state.Batch()
	b.Reset()
	for _, m := range messages {
		b.Add([]byte(m), "k", 1_500_000_000)
		b.AddAttribute("a", "1")
		b.AddAttribute("b", "2")
	}
	n, err := f.Call(b)
	if err != nil || n != len(messages) {
		t.Fatalf("%d handled, error %v", n, err)
	}
	list := make([]Result, n)
	for i := range list {
		list[i] = b.Result(i)
	}
	return list
}
