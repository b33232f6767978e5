package script

import (
	"context"
	"fmt"
	"runtime"
	"runtime/metrics"
	"time"

	lua "github.com/yuin/gopher-lua"
)

// The limits on what a script may use.
const (
	// stringMax bounds the length of one string, in bytes.
	stringMax = 64 << 20
	// chargeMax is the number of bytes of strings, made or looked through,
	// between two looks at the clock and the heap: an instruction that has a
	// long string takes as long as many others.
	chargeMax = 64 << 20
	// quantum is the number of instructions between two looks at the clock.
	quantum = 1024
)

// guard ends what runs too long or takes too much memory. It is the context of
// a Lua state: the engine asks Done before every instruction, in the goroutine
// that runs the state, so that a plain counter does. A real context with a
// deadline would cost a timer and a channel for every call; this costs 2 ns an
// instruction, and calls shorter than a quantum never look at the clock.
type guard struct {
	what   string // what runs, for the error
	limit  time.Duration
	memory uint64          // bytes that the heap may grow by; 0 for any
	caller context.Context // its end ends the call too; nil for none

	left     int       // instructions left in this quantum
	deadline time.Time // zero until the first quantum has passed
	heap     uint64    // bytes at the start
	charged  int       // bytes of strings since then
	tripped  error
}

var done = func() chan struct{} { c := make(chan struct{}); close(c); return c }()

// reset begins a new call.
func (g *guard) reset() {
	g.left, g.deadline, g.tripped = quantum, time.Time{}, nil
}

// start begins to describe.
func (g *guard) start() {
	g.reset()
	g.deadline = time.Now().Add(g.limit)
	if g.memory > 0 {
		g.heap = heapBytes()
	}
}

// Done is asked before every instruction; a closed channel ends the call.
func (g *guard) Done() <-chan struct{} {
	if g.left--; g.left >= 0 {
		return nil
	}
	return g.check()
}

func (g *guard) check() <-chan struct{} {
	if g.tripped != nil {
		return done
	}
	g.left = quantum
	now := time.Now()
	switch {
	case g.deadline.IsZero():
		g.deadline = now.Add(g.limit)
	case now.After(g.deadline):
		return g.trip("%s ran for more than %v; is there a loop without an end?", g.what, g.limit)
	}
	if g.caller != nil && g.caller.Err() != nil {
		return g.trip("called off: %w", g.caller.Err())
	}
	if g.memory > 0 && !g.fits() {
		return g.trip("the script uses more than %d MiB of memory", g.memory>>20)
	}
	return nil
}

// trip makes the call end, and every attempt of the script to catch that.
func (g *guard) trip(format string, args ...any) <-chan struct{} {
	g.tripped = fmt.Errorf(format, args...)
	g.left = -1
	return done
}

// slow tells whether the call has used up a quantum.
func (g *guard) slow() bool { return !g.deadline.IsZero() }

// refuel is for what takes many steps in Go: it returns how many more may be
// taken, 0 for none.
func (g *guard) refuel() int {
	if g.check() != nil {
		return 0
	}
	return quantum
}

// charge raises an error if a string of n bytes must not be made or looked
// through.
func (g *guard) charge(L *lua.LState, n int) {
	if n > stringMax || n < 0 {
		L.RaiseError("a string would be longer than %d MiB", stringMax>>20)
	}
	if g.charged += n; g.charged > chargeMax {
		if g.charged = 0; g.check() != nil {
			L.RaiseError("%s", g.tripped.Error())
		}
	}
}

func (g *guard) fits() bool {
	if heapBytes() < g.heap+g.memory {
		return true
	}
	runtime.GC() // what is left is in use
	return heapBytes() < g.heap+g.memory
}

func heapBytes() uint64 {
	sample := []metrics.Sample{{Name: "/memory/classes/heap/objects:bytes"}}
	metrics.Read(sample)
	return sample[0].Value.Uint64()
}

// Deadline, Err and Value make a guard a context.

// Deadline says that there is none that others could know.
func (g *guard) Deadline() (time.Time, bool) { return time.Time{}, false }

// Err is why the call ended.
func (g *guard) Err() error { return g.tripped }

// Value has none.
func (g *guard) Value(any) any { return nil }
