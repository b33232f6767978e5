package script

import (
	"context"
	"fmt"
	"math"
	"runtime"
	"time"

	lua "github.com/yuin/gopher-lua"

	"github.com/gopiper/gopiper/script/compile"
)

const (
	// stringMax bounds the length of one string, in bytes.
	stringMax = 32 << 20
	// chargeMax is the number of bytes, made or looked through, between two
	// looks at the clock and the heap: an instruction that has a long string
	// takes as long as many others.
	chargeMax = 4 << 20
	// quantum is the number of instructions between two looks at the clock.
	quantum = 1024
	// patternSteps is how many steps of a pattern count as one instruction.
	patternSteps = 8
)

// guard ends what uses more than its limits. It is the context of a Lua state:
// the engine asks Done before every instruction, in the goroutine that runs the
// state, so that a plain counter does. A real context with a deadline would
// cost a timer and a channel for every call; this costs 2 ns an instruction.
//
// It looks closer after a quantum of instructions, when the watch has ticked,
// because one instruction can take long and can allocate much, and before a Go
// function makes or looks through long strings.
type guard struct {
	what   string // what runs, for the error
	limits Limits
	caller context.Context // its end ends the call too; nil for none
	// weigh returns about how many bytes the script itself holds, up to a most.
	weigh func(most int64) int64

	left    int           // instructions left in this quantum
	granted int64         // instructions taken, and those left
	tick    uint32        // of the watch, at the latest look
	clock   compile.Clock // started by the first look
	within  compile.Clock // what the call goes on with; not started for none
	heap    int64         // bytes at the start
	full    int64         // bytes at which the memory is looked at closely
	charged int           // bytes of strings since the latest look
	output  int64         // bytes that the call has written
	tripped error
}

var done = func() chan struct{} { c := make(chan struct{}); close(c); return c }()

// reset begins a new call.
func (g *guard) reset(limits Limits) {
	pulse.wake()
	g.limits = limits
	g.left = int(min(quantum, limits.Instructions))
	g.granted, g.clock, g.tripped = int64(g.left), g.within, nil
	g.heap, g.charged, g.output = pulse.heap.Load(), 0, 0
	g.full = g.heap + limits.Memory
	g.within = compile.Clock{}
}

// Done is asked before every instruction; a closed channel ends the call.
func (g *guard) Done() <-chan struct{} {
	if g.left--; g.left >= 0 && g.tick == pulse.tick.Load() {
		return nil
	}
	return g.look()
}

// look takes a closer look at what the call has used.
func (g *guard) look() <-chan struct{} {
	if g.tripped != nil {
		g.left = -1
		return done
	}
	pulse.wake()
	g.tick = pulse.tick.Load()
	taken := g.granted - int64(g.left)
	if taken > g.limits.Instructions {
		return g.trip("%s took more than %d instructions; is there a loop without an end?", g.what, g.limits.Instructions)
	}
	if g.left <= 0 {
		g.left = int(min(quantum, g.limits.Instructions-taken))
		g.granted = taken + int64(g.left)
	}
	now := time.Now()
	switch {
	case !g.clock.Started():
		g.clock = compile.StartClock(now, g.limits.Time)
	case g.clock.Over(now):
		return g.trip("%s ran for more than %v; is there a loop without an end?", g.what, g.limits.Time)
	}
	if g.caller != nil && g.caller.Err() != nil {
		return g.trip("called off: %w", g.caller.Err())
	}
	if pulse.heap.Load() > g.full && !g.fits(0) {
		return g.greedy()
	}
	return nil
}

// trip makes the call end, and every attempt of the script to catch that.
func (g *guard) trip(format string, args ...any) <-chan struct{} {
	g.tripped = fmt.Errorf(format, args...)
	g.left = -1
	return done
}

// greedy ends a call that takes too much memory.
func (g *guard) greedy() <-chan struct{} {
	return g.trip("%s uses more than %s of memory; does it keep more and more, or build ever longer strings?",
		g.what, mebibytes(g.limits.Memory))
}

// raise raises the error of a call that has come to a limit.
func (g *guard) raise(L *lua.LState) { L.RaiseError("%s", g.tripped.Error()) }

// slow tells whether the call has been looked at.
func (g *guard) slow() bool { return g.clock.Started() }

// refuel is for what takes many steps in Go: it returns how many more may be
// taken, 0 for none.
func (g *guard) refuel() int {
	if g.left -= quantum / patternSteps; g.look() != nil {
		return 0
	}
	return quantum
}

// charge raises an error if n bytes must not be looked through: it counts them
// as time.
func (g *guard) charge(L *lua.LState, n int) {
	if g.charged += n; g.charged > chargeMax {
		g.charged = 0
		pulse.read()
		if g.look() != nil {
			g.raise(L)
		}
	}
}

// spend raises an error if n bytes of memory must not be taken for a string.
func (g *guard) spend(L *lua.LState, n int) {
	if n > stringMax || n < 0 {
		L.RaiseError("a string would be longer than %d MiB", stringMax>>20)
	}
	g.charge(L, n)
	if n <= chargeMax {
		return
	}
	if !g.fits(int64(n)) {
		g.greedy()
	}
	if g.look() != nil { // it may have taken long to collect garbage
		g.raise(L)
	}
}

// writes tells whether n bytes more may be written.
func (g *guard) writes(n int) bool {
	if g.output += int64(n); g.output <= g.limits.Output {
		return true
	}
	g.trip("%s writes more than %s for one message", g.what, mebibytes(g.limits.Output))
	return false
}

// emit raises an error if n bytes more must not be written.
func (g *guard) emit(L *lua.LState, n int) {
	if !g.writes(n) {
		g.raise(L)
	}
}

// fits tells whether the heap may have n bytes more. The heap is that of the
// process, and so others count too: what is garbage is collected first, and
// then the call is ended if half the limit can be found in what the script
// holds, or if it is more than twice the limit.
func (g *guard) fits(n int64) bool {
	if pulse.read()+n <= g.full {
		return true
	}
	runtime.GC() // what is left is in use
	heap := pulse.read() + n
	most := g.limits.Memory
	if heap-g.heap <= most {
		g.full = g.heap + most
		return true
	}
	if heap-g.heap > 2*most || g.weigh == nil || g.weigh(most/2)+n >= most/2 {
		return false
	}
	g.full = min(heap+most/4, g.heap+2*most)
	return true
}

// start begins to describe.
func (g *guard) start(limits Limits) {
	pulse.wake()
	pulse.read()
	g.reset(limits)
	g.full = min(g.full, math.MaxInt64)
	g.clock = compile.StartClock(time.Now(), limits.Time)
}

// Deadline, Err and Value make a guard a context.

// Deadline says that there is none that others could know.
func (g *guard) Deadline() (time.Time, bool) { return time.Time{}, false }

// Err is why the call ended.
func (g *guard) Err() error { return g.tripped }

// Value has none.
func (g *guard) Value(any) any { return nil }
