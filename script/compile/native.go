package compile

import (
	"strings"
	"time"

	"github.com/gopiper/gopiper/script/std"
)

// Standard library functions in compiled functions: those that are pure are
// called, a counter's and a gauge's methods take effect once the function has
// ended well, and whatever writes log lines is left to the interpreter when it
// is called.

// Module is the meaning of a name of the module gopiper that is a group or a
// function of the standard library: "gopiper.hash", "gopiper.hash.sha256". It
// returns false for any other.
func Module(name string) (Meaning, bool) {
	inside, ok := strings.CutPrefix(name, "gopiper.")
	first, _, _ := strings.Cut(inside, ".")
	g := std.Find(first)
	if !ok || g == nil {
		return Meaning{}, false
	}
	m := Meaning{kind: library, name: name, left: g.Name == "log"}
	for i := range g.Functions {
		if f := &g.Functions[i]; f.Name == inside && f.Pure {
			m.pure = f
		}
	}
	return m, true
}

// Method is a method of an object that takes a number and returns nothing.
type Method struct {
	// Do does what the method is for. It may be called from any goroutine.
	Do func(n float64)
	// Refuses tells that the method raises an error for n.
	Refuses func(n float64) bool
	// Optional says that the number may be left out, and is 1 then.
	Optional bool
}

// Object is the meaning of a variable that always holds the same object, by the
// methods that can be called.
func Object(methods map[string]Method) Meaning { return Meaning{kind: anObject, methods: methods} }

// natives is what a runner calls the standard library with.
type natives struct {
	context   std.Context
	arguments []std.Value
	work      int // that the frame was not told of
}

// open sets up the library for a frame.
func (n *natives) open(f *frame) {
	n.context.MaxOutput = f.limits.Bytes
	n.context.Now = time.Now
	n.context.Charge = func(work int) error {
		if n.work += work; n.work >= 1<<10 {
			f.charge(n.work)
			n.work = 0
		}
		return nil
	}
	n.context.String = func(bytes []byte) string {
		f.build(len(bytes))
		start := len(f.arena)
		f.arena = append(f.arena, bytes...)
		return f.since(start)
	}
}

// pureFunction makes of a function of the library one that can be called.
func pureFunction(called *std.Function) function {
	return function{many: func(f *frame, arguments []Value) {
		n := &f.natives
		if n.context.Charge == nil {
			n.open(f)
		}
		n.arguments = n.arguments[:0]
		for i := range arguments {
			n.arguments = append(n.arguments, f.toStandard(&arguments[i]))
		}
		results, err := called.Call(&n.context, n.arguments)
		if err != nil {
			f.bail() // the interpreter raises it, with the lines of the script
		}
		for i := range results {
			f.stack = append(f.stack, f.fromStandard(&results[i]))
		}
	}}
}

func (f *frame) toStandard(v *Value) std.Value {
	switch v.kind {
	case isNil:
		return std.Value{}
	case isFalse, isTrue:
		return std.Flag(v.kind == isTrue)
	case isNumber:
		return std.Num(v.number)
	case isString:
		return std.Text(v.text)
	case isNull:
		return std.Value{Kind: std.Null}
	case isNode:
		start := len(f.arena)
		arena, err := v.node.Append(f.arena)
		if err != nil {
			f.bail()
		}
		f.arena = arena
		f.build(len(arena) - start)
		return std.Value{Kind: std.JSON, Text: f.since(start)}
	}
	f.bail() // an exact number: it would have to be told from others in the same way as there
	return std.Value{}
}

func (f *frame) fromStandard(v *std.Value) Value {
	switch v.Kind {
	case std.Nil:
		return Value{}
	case std.Boolean:
		return boolean(v.Bool)
	case std.Number:
		return number(v.Number)
	case std.String:
		return text(v.Text)
	}
	return f.bail()
}

// leftFunction leaves the message to the interpreter.
var leftFunction = function{one: func(f *frame, _ []Value) Value { return f.bail() }}

// deferred is a call of a method that takes effect later.
type deferred struct {
	do func(float64)
	n  float64
}

// deferredMax is how many such calls a function may make for one message.
const deferredMax = 1 << 10

// methodFunction makes of a method of an object, with the object as the first
// argument, one that can be called.
func methodFunction(m Method) function {
	return function{many: func(f *frame, arguments []Value) {
		n := 1.0
		if v := at(arguments, 0); v.kind != isNil {
			n = f.numberOf(v)
		} else if !m.Optional {
			f.bail()
		}
		e := &f.effects
		if m.Refuses(n) || len(e.deferred) == deferredMax {
			f.bail()
		}
		e.deferred = append(e.deferred, deferred{m.Do, n})
	}}
}

// settle lets the methods that were called take effect.
func (f *frame) settle() {
	e := &f.effects
	for _, d := range e.deferred {
		d.do(d.n)
	}
	clear(e.deferred)
	e.deferred = e.deferred[:0]
}
