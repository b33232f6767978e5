package compile

import (
	"fmt"
	"math"
	"math/rand/v2"
	"time"

	"github.com/gopiper/gopiper/component"
	"github.com/gopiper/gopiper/jsonview"
	"github.com/gopiper/gopiper/script/pattern"
)

// Limits are what one call may use. A zero stands for the default.
type Limits struct {
	// Steps is how many iterations of loops and calls may be taken. Eight steps of
	// a pattern count as one.
	Steps int
	// Time is how long a call may take. It is looked at after every 1024 steps,
	// and after every MiB that is looked at.
	Time time.Duration
	// Bytes is how many bytes of strings may be built.
	Bytes int
	// Output is how many bytes may be written to the message and its JSON.
	Output int
}

// The defaults of [Limits].
const (
	DefaultSteps = 1_000_000
	DefaultTime  = 100 * time.Millisecond
	DefaultBytes = 64 << 20
	// DefaultOutput is that of Output.
	DefaultOutput = 32 << 20
)

// quantum is the number of steps between two looks at the clock.
const quantum = 1024

// patternSteps is how many steps of a pattern count as one.
const patternSteps = 8

// keepMax is how much memory for strings a runner keeps from one message to the
// next, in bytes.
const keepMax = 1 << 20

// frame is where a function runs.
type frame struct {
	limits Limits
	random *rand.Rand
	write  func([]byte, float64) []byte // how numbers are written

	locals []Value
	stack  []Value // arguments and results
	arena  []byte  // strings that were built

	left    int   // steps left in this quantum
	granted int   // steps taken, and those left
	clock   Clock // started by the first look
	built   int
	output  int // bytes written to the message
	line    int // of the latest step

	matcher pattern.Matcher
	effects effects
	results int // how many values at the end of stack were returned
	names   interned
	natives natives
}

// interpret is what a frame panics with to leave the message to the interpreter.
type interpret struct{}

// bail leaves the message to the interpreter.
func (f *frame) bail() Value { panic(interpret{}) }

func newFrame(limits Limits, slots int) *frame {
	if limits.Steps <= 0 {
		limits.Steps = DefaultSteps
	}
	if limits.Time <= 0 {
		limits.Time = DefaultTime
	}
	if limits.Bytes <= 0 {
		limits.Bytes = DefaultBytes
	}
	if limits.Output <= 0 {
		limits.Output = DefaultOutput
	}
	f := &frame{limits: limits, locals: make([]Value, slots), effects: effects{document: &jsonview.Document{}}}
	f.matcher.Refuel = f.refuel
	return f
}

// begin gets ready for a message.
func (f *frame) begin(m component.Message) {
	f.stack, f.arena, f.built, f.output, f.results = f.stack[:0], f.arena[:0], 0, 0, 0
	f.left = min(quantum, f.limits.Steps)
	f.granted, f.clock, f.matcher.Fuel = f.left, Clock{}, 0
	f.effects.begin(m)
}

// end lets go of the message.
func (f *frame) end() {
	clear(f.locals)
	if cap(f.arena) > keepMax {
		f.arena = nil
	}
	f.effects.end()
}

// step counts one step of the line.
func (f *frame) step(line int) {
	f.line = line
	if f.left--; f.left < 0 {
		f.look()
	}
}

// charge lets the clock be looked at the sooner for n bytes that are looked at.
func (f *frame) charge(n int) {
	if n >>= 10; n > 0 {
		f.granted -= n // they are no steps
		if f.left -= n; f.left < 0 {
			f.look()
		}
	}
}

// look ends the call if it has used up its steps or its time.
func (f *frame) look() {
	taken := f.granted - f.left
	f.left, f.granted = quantum, taken+quantum
	if taken > f.limits.Steps {
		f.exceed("the function took more than %d steps; is there a loop without an end?", f.limits.Steps)
	}
	now := time.Now()
	if !f.clock.Started() {
		f.clock = StartClock(now, f.limits.Time)
	} else if f.clock.Over(now) {
		f.exceed("the function ran for more than %v; is there a loop without an end?", f.limits.Time)
	}
}

// refuel gives a matcher steps.
func (f *frame) refuel() int {
	f.left -= quantum / patternSteps
	f.look()
	return quantum
}

func (f *frame) exceed(format string, arguments ...any) {
	panic(&LimitError{Line: f.line, Message: fmt.Sprintf(format, arguments...)})
}

// build counts n bytes of strings that are about to be built.
func (f *frame) build(n int) {
	if n > f.limits.Bytes || n < 0 {
		f.bail() // one string that is too long is the interpreter's error
	}
	if f.built += n; f.built > f.limits.Bytes {
		f.exceed("the function builds more than %s of strings", mebibytes(f.limits.Bytes))
	}
	f.charge(n)
	if n > cap(f.arena)-len(f.arena) && len(f.arena) > keepMax {
		f.move(n)
	}
}

// move makes room for n bytes more: at once for twice as much, so that little is left
// behind, but for no more than can be needed.
func (f *frame) move(n int) {
	larger := make([]byte, len(f.arena), len(f.arena)+max(n, min(len(f.arena), f.limits.Bytes-f.built+keepMax)))
	copy(larger, f.arena)
	f.arena = larger
}

// mebibytes writes a limit in bytes.
func mebibytes(n int) string {
	if n >= 1<<20 && n%(1<<20) == 0 {
		return fmt.Sprintf("%d MiB", n>>20)
	}
	return fmt.Sprintf("%d bytes", n)
}

// emit counts n bytes that are written to the message.
func (f *frame) emit(n int) {
	if f.output += n; f.output > f.limits.Output {
		f.exceed("the function writes more than %s for one message", mebibytes(f.limits.Output))
	}
}

// since returns the string that was built from start on. Memory of the arena is
// not written again before the next message; when it moves, the old memory
// stays what it was.
func (f *frame) since(start int) string {
	return stringOf(f.arena[start:])
}

// textOf returns a string, or the text of a number.
func (f *frame) textOf(v Value) string {
	switch v.kind {
	case isString:
		return v.text
	case isNumber:
		start := len(f.arena)
		f.arena = f.appendNumber(f.arena, v.number)
		return f.since(start)
	}
	f.bail()
	return ""
}

func (f *frame) appendNumber(dst []byte, n float64) []byte {
	if i, ok := whole(n); ok && i >= 0 && i < 10 && !math.Signbit(n) {
		return append(dst, byte('0'+i))
	}
	if math.IsNaN(n) || math.IsInf(n, 0) || n == 0 {
		f.bail() // the engines write these in ways of their own
	}
	return f.write(dst, n)
}

// numberOf returns a number, or that which a string spells.
func (f *frame) numberOf(v Value) float64 {
	if v.kind == isNumber {
		return v.number
	}
	if v.kind == isString {
		if n, ok, _ := parseNumber(v.text); ok {
			return n
		}
	}
	return f.bail().number
}

// interned holds strings of former messages that are likely to come again, so
// that keys and attributes of few values need no memory of their own.
type interned [64]string

// own returns a string that lasts.
func (t *interned) own(s string) string {
	if s == "" {
		return ""
	}
	h := uint32(len(s))
	for i := range min(len(s), 32) {
		h = h*31 + uint32(s[i])
	}
	if place := &t[(h^h>>15)&63]; len(s) <= 128 {
		if *place != s {
			*place = string([]byte(s))
		}
		return *place
	}
	return string([]byte(s))
}
