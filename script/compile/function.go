package compile

import (
	"math"
	"math/rand/v2"

	"github.com/yuin/gopher-lua/ast"

	"github.com/gopiper/gopiper/component"
)

// Purpose is what a function is for.
type Purpose uint8

// The purposes. Only a handler may change the message.
const (
	Handler Purpose = iota
	Predicate
	Key
)

var purposes = [...]string{"a handler", "a `when` function", "an `order_by` function"}

// Function is a compiled function. It does not change: any number of runners
// may share it.
type Function struct {
	body  block
	slots int
	line  int  // of its beginning
	json  bool // it reads the message's JSON
}

// Compile compiles a function of one message. The reason is nil, or says why it
// is not compiled. The tree is not changed and not kept.
func Compile(function *ast.FunctionExpr, purpose Purpose, environment Environment) (result *Function, reason *Reason) {
	c := &compiler{environment: environment, purpose: purpose}
	defer func() {
		switch p := recover().(type) {
		case nil:
		case *Reason:
			result, reason = nil, p
		default:
			panic(p)
		}
	}()
	parameters := function.ParList
	if parameters.HasVargs {
		c.refuse(function.Line(), "a variable number of arguments")
	}
	for i, name := range parameters.Names {
		if i == 0 {
			c.declare(name, Meaning{kind: aMessage})
			continue
		}
		c.declare(name, c.slot())
	}
	body := c.block(function.Stmts)
	return &Function{body: body, slots: c.most, line: function.Line(), json: c.json}, nil
}

// ReadsJSON tells whether the function reads the message's JSON.
func (f *Function) ReadsJSON() bool { return f.json }

// Options are how a runner runs a function.
type Options struct {
	Limits Limits
	// Random is where math.random takes its numbers from; without it messages
	// that need one are left to the interpreter.
	Random *rand.Rand
	// AppendNumber is how the interpreter writes numbers: [AppendNumber] unless
	// it is set.
	AppendNumber func(dst []byte, f float64) []byte
	// Indexes says that messages get the index of their JSON, as far as the
	// function has read it, for those that read it next: see jsonview.Carrier.
	Indexes bool
}

// Runner runs a function for one message after the other. It belongs to one
// goroutine at a time.
type Runner struct {
	function *Function
	frame    *frame
	missed   int // how many messages in a row were left to the interpreter
}

// missedMax is how many messages in a row may be left to the interpreter before
// a runner tries only one of as many: most likely the next would be left too,
// and an attempt costs time.
const missedMax = 32

// rests tells whether the runner leaves a message without an attempt.
func (r *Runner) rests() bool {
	if r.missed < missedMax {
		return false
	}
	r.missed++
	return r.missed%missedMax != 0
}

// NewRunner makes a runner of a function.
func (f *Function) NewRunner(o Options) *Runner {
	r := &Runner{function: f, frame: newFrame(o.Limits, f.slots)}
	r.frame.effects.document.Indexing = o.Indexes
	if r.frame.random, r.frame.write = o.Random, o.AppendNumber; r.frame.write == nil {
		r.frame.write = AppendNumber
	}
	return r
}

// Handle runs a handler and returns its report. The error is [ErrInterpret] or
// a *[LimitError]; the message is then as it came.
func (r *Runner) Handle(m component.Message) (report component.Report, err error) {
	if r.rests() {
		return component.Report{}, ErrInterpret
	}
	defer r.leave(&err)
	var ended component.Report
	if results := r.run(m); len(results) > 0 {
		ended = r.frame.report(results)
	}
	r.frame.commit(ended.Class() != component.ClassDrop)
	r.frame.passOn(ended.Class())
	return ended, nil
}

// Clock is that of the latest call; it has not started if the call was so short
// that nobody has looked.
func (r *Runner) Clock() Clock { return r.frame.clock }

// Predicate runs a predicate and returns whether its first result is something
// else than nil and false. The errors are those of Handle.
func (r *Runner) Predicate(m component.Message) (taken bool, err error) {
	if r.rests() {
		return false, ErrInterpret
	}
	defer r.leave(&err)
	results := r.run(m)
	r.frame.settle()
	r.frame.passOn(component.ClassDone)
	return len(results) > 0 && results[0].truth(), nil
}

// Key runs a function that computes a key and returns it, "" for nil. The
// errors are those of Handle.
func (r *Runner) Key(m component.Message) (key string, err error) {
	if r.rests() {
		return "", ErrInterpret
	}
	defer r.leave(&err)
	results := r.run(m)
	if len(results) > 0 && results[0].kind != isNil {
		key = r.frame.names.own(r.frame.textOf(results[0]))
	}
	r.frame.settle()
	return key, nil
}

// run returns what the function returns.
func (r *Runner) run(m component.Message) []Value {
	f := r.frame
	f.begin(m)
	f.line = r.function.line
	r.function.body(f)
	return f.stack[len(f.stack)-f.results:]
}

// leave ends a call, and turns what ended it early into an error.
func (r *Runner) leave(err *error) {
	r.frame.end()
	switch p := recover().(type) {
	case nil:
		r.missed = 0
	case interpret:
		r.missed++
		*err = ErrInterpret
	case *LimitError:
		*err = p
	default:
		panic(p)
	}
}

// report makes a report of results, unless they are messages or wrong.
func (f *frame) report(results []Value) component.Report {
	switch status := results[0]; {
	case status.kind == isNil && len(results) == 1:
		return component.Report{}
	case status.kind != isNumber || len(results) > 2:
	case status.number != math.Trunc(status.number) || math.Abs(status.number) > 1e9 || status.number == component.Continue:
	case len(results) == 1 || results[1].kind == isNil:
		return component.Report{Status: int(status.number)}
	default:
		return component.Report{Status: int(status.number), Description: f.description(results[1])}
	}
	f.bail()
	return component.Report{}
}

// descriptionMax bounds the description of a report, in bytes.
const descriptionMax = 4000

// description is the text of a report, cut where it is too long.
func (f *frame) description(v Value) string {
	text := f.textOf(v)
	if len(text) > descriptionMax {
		text = text[:descriptionMax] + "…"
	}
	return f.names.own(text)
}
