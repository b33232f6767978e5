package script

import (
	"fmt"
	"math"
	"time"

	lua "github.com/yuin/gopher-lua"

	"github.com/gopiper/gopiper/component"
	"github.com/gopiper/gopiper/plan"
	"github.com/gopiper/gopiper/script/compile"
)

// Limits are what one call of a function, with one message, may use. A zero
// stands for the default. What goes beyond one fails the message with
// [StatusLimit]; the script cannot catch that.
type Limits struct {
	// Instructions is how many instructions of the interpreter, or steps of a
	// compiled function, may be taken. Eight steps of a pattern count as one.
	Instructions int64
	// Time is how long a call may take.
	Time time.Duration
	// Memory is how many bytes the heap of the process may grow by while the
	// function runs, and for compiled functions how many bytes of strings may be
	// built.
	Memory int64
	// Output is how many bytes may be written to the message and its JSON,
	// emitted, returned and printed.
	Output int64
}

// The defaults of [Limits], which hold for compiled functions too.
const (
	DefaultCallInstructions = compile.DefaultSteps
	DefaultCallLimit        = compile.DefaultTime
	DefaultCallMemory       = compile.DefaultBytes
	DefaultCallOutput       = compile.DefaultOutput
)

// or returns the limits, with those of others for what is not set.
func (l Limits) or(others Limits) Limits {
	if l.Instructions <= 0 {
		l.Instructions = others.Instructions
	}
	if l.Time <= 0 {
		l.Time = others.Time
	}
	if l.Memory <= 0 {
		l.Memory = others.Memory
	}
	if l.Output <= 0 {
		l.Output = others.Output
	}
	return l
}

func defaultLimits() Limits {
	return Limits{DefaultCallInstructions, DefaultCallLimit, DefaultCallMemory, DefaultCallOutput}
}

// limitsMemoryLeast is the least limit on memory that can be asked for: below it
// the garbage of others decides.
const limitsMemoryLeast = 1 << 20

// limits reads the attribute limits of a function.
func (st *state) limits(L *lua.LState, value lua.LValue) Limits {
	var l Limits
	if value == lua.LNil {
		return l
	}
	const what = "gopiper.func: attribute \"limits\""
	for name, v := range options(L, value, what, "instructions", "time", "memory", "output") {
		at := what + ", " + name
		switch name {
		case "instructions":
			l.Instructions = number(L, v, at, 1)
		case "time":
			if l.Time = duration(L, v, at); l.Time <= 0 {
				L.RaiseError("%s: it is more than 0", at)
			}
		case "memory":
			l.Memory = converted[int64](L, v, at, component.Size, int64(limitsMemoryLeast))
		case "output":
			l.Output = converted[int64](L, v, at, component.Size, int64(1))
		}
	}
	return l
}

// describing are the limits while a script describes.
func (o *Options) describing() Limits {
	return Limits{Instructions: math.MaxInt64, Time: o.TimeLimit, Memory: o.MemoryLimit, Output: math.MaxInt64}
}

// mebibytes writes a number of bytes of a limit.
func mebibytes(n int64) string {
	if n >= 1<<20 && n%(1<<20) == 0 {
		return fmt.Sprintf("%d MiB", n>>20)
	}
	return fmt.Sprintf("%d bytes", n)
}

// limits are what one call of the function may use.
func (s *seat) limits() Limits { return s.function.limits.or(s.function.script.options.Limits) }

// overweight tells whether the script keeps more in this state than it may, and
// says so.
func (st *state) overweight() bool {
	heap := pulse.heap.Load()
	if heap < st.weighAt {
		return false
	}
	most := st.script.options.StateLimit
	st.weighAt = heap + heap/2 + most/4 // it may be others that grow
	if st.weigh(most) < most {
		return false
	}
	st.script.options.Print(plan.Position{File: st.script.name}, fmt.Sprintf(
		"the script kept more than %s in its variables from one message to the next; they begin anew; remove what is not needed any more",
		mebibytes(most)))
	return true
}
