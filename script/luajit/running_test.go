package luajit

import (
	"runtime"
	"sync"
	"testing"
	"time"
)

// What runs, and since when, is seen from another goroutine; and from the
// function itself.
func TestRunning(t *testing.T) {
	s := newState(t)
	if name, since := s.Running(); name != "" || !since.IsZero() {
		t.Error(name, since)
	}
	entered, leave := make(chan struct{}), make(chan struct{})
	if err := s.Register("wait", func(*Call) error { close(entered); <-leave; return nil }); err != nil {
		t.Fatal(err)
	}
	f := function(t, s, `return function(msg) if msg.data == "wait" then wait() end end`, Handle)
	if err := f.Bind("slow", Handle); err != nil {
		t.Fatal(err)
	}
	before := time.Now()
	var group sync.WaitGroup
	group.Go(func() {
		<-entered
		name, since := s.Running()
		if name != "slow" || since.Before(before.Add(-time.Second)) || since.After(time.Now().Add(time.Second)) {
			t.Error(name, since)
		}
		if n := s.Begun(); n != 2 {
			t.Errorf("%d messages were begun", n)
		}
		close(leave)
	})
	handle(t, f, "go", "wait", "go")
	group.Wait()
	if name, _ := s.Running(); name != "" || s.Begun() != 3 {
		t.Error(name, s.Begun())
	}
}

// A state may go from one goroutine, and thread, to another; states do not
// disturb one another.
func TestGoroutines(t *testing.T) {
	var group sync.WaitGroup
	for range 4 {
		group.Go(func() {
			s := newState(t)
			if err := s.Register("twice", func(c *Call) error { n, _ := c.Number(0); c.ReturnNumber(2 * n); return nil }); err != nil {
				t.Error(err)
				return
			}
			f := function(t, s, `local n = 0 return function(msg) n = n + 1 msg.data = twice(n) end`, Handle)
			for round := range 50 {
				done := make(chan struct{})
				go func() {
					defer close(done)
					runtime.LockOSThread() // without unlocking: the thread ends with the goroutine
					for i, r := range handle(t, f, "a", "b") {
						if data, _ := r.Data(); string(data) != number(2*(2*round+i+1)) {
							t.Errorf("round %d: %s", round, data)
						}
					}
				}()
				<-done
			}
		})
	}
	group.Wait()
}

func number(n int) string {
	if n < 10 {
		return string(rune('0' + n))
	}
	return number(n/10) + string(rune('0'+n%10))
}

// Memory stays flat over a million messages, and one large batch is forgotten.
func TestMemory(t *testing.T) {
	s := newState(t)
	f := function(t, s, `return function(msg) msg.data = msg.data .. "x" msg.attributes.n = msg.key end`, Handle)
	if n := s.Memory(); n < 10_000 || n > 120_000 {
		t.Errorf("a state takes %d bytes", n)
	}
	b := s.Batch()
	data := []byte(accessText)
	run := func(messages int) {
		const size = 500
		for n := 0; n < messages; n += size {
			b.Reset()
			for i := range size {
				data[0], data[1], data[2], data[3] = byte(n), byte(n>>8), byte(n>>16), byte(i)
				b.Add(data, "key", int64(n))
			}
			if count, err := f.Call(b); err != nil || count != size {
				t.Fatal(count, err)
			}
			if s.Memory() > 4<<20 {
				t.Fatalf("after %d messages %d bytes of memory", n, s.Memory())
			}
		}
	}
	run(50_000)
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	run(1_000_000)
	runtime.ReadMemStats(&after)
	if grown := int64(after.TotalAlloc - before.TotalAlloc); grown > 8<<20 {
		t.Errorf("Go allocated %d bytes for a million messages", grown)
	}
}

const accessText = `0000197.132.62.223 - u1345 [01/Mar/2025:00:00:00 +0000] "PUT /search?q=go HTTP/1.1" 200 51929`

// What a state takes is given back by Close, and so is its number.
func TestClose(t *testing.T) {
	l, err := Open()
	if err != nil {
		t.Fatal(err)
	}
	states.mutex.RLock()
	before := len(states.list)
	states.mutex.RUnlock()
	for range 100 {
		s, err := l.NewState()
		if err != nil {
			t.Fatal(err)
		}
		if _, err := s.Run("x", "big = {} for i = 1, 1000 do big[i] = {} end"); err != nil {
			t.Fatal(err)
		}
		s.Close()
	}
	states.mutex.RLock()
	defer states.mutex.RUnlock()
	if n := len(states.list); n > before+1 {
		t.Errorf("%d numbers of states were given out", n-before)
	}
	for _, s := range states.list {
		if s != nil && s.lua == 0 {
			t.Error("a closed state is still known")
		}
	}
}
