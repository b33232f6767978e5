package script

import (
	"context"
	"errors"
	"fmt"
	"time"

	lua "github.com/yuin/gopher-lua"

	"github.com/gopiper/gopiper/component"
	"github.com/gopiper/gopiper/script/compile"
)

// batchMax is about how long one call of HandleBatch may take, if the function
// is slow: what is handled by then need not wait for the rest.
const batchMax = 10 * time.Millisecond

// partsKept is for how many parts of a message memory is kept.
const partsKept = 1 << 10

// worker hands messages to a Lua function.
type worker struct {
	seat
	postponed chan component.Message
	// drive is the Go function that calls the Lua function for one message
	// after the other. It runs inside of one protected call for as long as
	// nothing goes wrong: a protected call costs more than a short function.
	drive *lua.LFunction

	messages []component.Message // the batch at hand
	reports  []component.Report
	next     int
	started  time.Time

	parts     []part    // what one message is split into
	table     *luaTable // that this is a part of; nil if it is none
	oneOf     [1]component.Message
	oneReport [1]component.Report
}

func newWorker(f *Function, at place, postponed chan component.Message) *worker {
	w := &worker{seat: seat{function: f, place: at, counts: true, runner: f.runner(compile.Handler)}, postponed: postponed}
	w.view.sends, w.view.indexes = postponed != nil, f.indexes()
	return w
}

// Open evaluates the script for this worker, unless another function at the
// same place has.
func (w *worker) Open(ctx context.Context) error {
	if err := w.enter(ctx); err != nil {
		return err
	}
	w.leave()
	return nil
}

// Close gives up the Lua state; the last one at its place lets it go.
func (w *worker) Close() error {
	if w.shared != nil {
		w.function.script.states.leave(w.place, w.shared)
		w.shared = nil
	}
	return nil
}

// Handle hands one message to the function.
func (w *worker) Handle(m component.Message, handled component.HandledCallback) {
	w.oneOf[0], w.oneReport[0] = m, component.Report{}
	w.HandleBatch(w.oneOf[:], w.oneReport[:])
	w.oneOf[0] = nil
	handled(w.oneReport[0])
}

// HandleBatch hands messages to the function, one after the other.
func (w *worker) HandleBatch(messages []component.Message, reports []component.Report) int {
	if w.runner == nil || !w.evaluated() {
		return w.interpret(messages, reports)
	}
	started := time.Now()
	for i, m := range messages {
		if i%lookEvery == lookEvery-1 && time.Since(started) > batchMax {
			return i
		}
		report, err := w.runner.Handle(m)
		if err != nil {
			report = w.compiledEnded(m, err)
		}
		reports[i] = report
	}
	return len(messages)
}

// compiledEnded is the report of a message that the compiled function has not ended
// with.
func (w *worker) compiledEnded(m component.Message, err error) component.Report {
	if limit := w.limit(err); limit != nil {
		return component.Report{Status: StatusLimit, Description: limit.Error()}
	}
	w.oneOf[0], w.oneReport[0] = m, component.Report{}
	w.state.guard.within = w.runner.Clock()
	w.interpret(w.oneOf[:], w.oneReport[:])
	w.oneOf[0] = nil
	return w.oneReport[0]
}

// lookEvery is how many messages lie between two looks at the clock.
const lookEvery = 64

// interpret lets the interpreter run the function.
func (w *worker) interpret(messages []component.Message, reports []component.Report) int {
	before := w.state
	if err := w.enter(context.Background()); err != nil {
		for i := range messages {
			reports[i] = component.Report{Status: StatusState, Description: err.Error()}
		}
		return len(messages)
	}
	defer w.leave()
	if w.drive == nil || w.state != before {
		w.drive = w.state.lua.NewFunction(w.each)
	}
	w.messages, w.reports, w.next, w.started = messages, reports, 0, time.Now()
	if guard := &w.state.guard; !guard.within.Started() {
		guard.within = compile.StartClock(w.started, w.limits().Time)
	}
	defer func() { w.messages, w.reports = nil, nil }()
	for w.next < len(messages) {
		w.state.lua.Push(w.drive)
		err := w.state.call(0, 0)
		if err == nil {
			break
		}
		reports[w.next] = w.failed(err)
		if w.table != nil {
			w.table.of.undo()
		}
		w.view.end()
		if w.next++; w.state.broken {
			break // the rest is for another state
		}
	}
	return w.next
}

// each calls the function with the messages from next on. An error that the
// function raises goes through it to HandleBatch.
func (w *worker) each(L *lua.LState) int {
	limits := w.limits()
	for ; w.next < len(w.messages); w.next++ {
		w.state.guard.reset(limits)
		w.view.begin(w.messages[w.next])
		L.Push(w.lua)
		L.Push(w.message)
		L.Call(1, lua.MultRet)
		if n := L.GetTop(); n > 0 || w.view.touched() {
			w.reports[w.next] = w.finish(L, n)
			L.SetTop(0)
		}
		w.view.end()
		if w.state.guard.slow() && time.Since(w.started) > batchMax {
			w.next++
			break
		}
	}
	return 0
}

// failed is the report on an error that the function raised.
func (w *worker) failed(err error) component.Report {
	return component.Report{Status: w.failure(StatusError), Description: w.function.script.runtimeError(err).description()}
}

// failure is a status, or that of a call that has come to a limit.
func (w *worker) failure(status int) int {
	if w.state.guard.tripped != nil {
		return StatusLimit
	}
	return status
}

// misreturned is the error of a function that returned what it may not.
func (s *seat) misreturned(format string, args ...any) error {
	return s.function.misreturned(format, args...)
}

// finish turns the n values that the function returned into a report. Once it
// is known that the message goes on, or others in its place, the message gets
// what was written in msg.json, and the others are sent.
func (w *worker) finish(L *lua.LState, n int) component.Report {
	w.parts = append(w.parts[:0], w.view.emitted...)
	defer w.releaseParts()
	if w.table != nil {
		return w.table.finish(L, n)
	}
	r, err := w.report(L, n)
	if err != nil {
		return component.Report{Status: w.failure(StatusReturn), Description: err.Error()}
	}
	class := r.Class()
	if failed := w.function.write(&w.view, class); failed.Status != component.Done {
		return failed
	}
	if class == component.ClassDone || class == component.ClassDrop {
		for i := range w.parts {
			w.postponed <- w.parts[i].message(w.view.message)
		}
	}
	return r
}

func (w *worker) releaseParts() {
	if clear(w.parts); cap(w.parts) > partsKept {
		w.parts = nil
	}
}

// report turns the n values that the function returned into a report. Messages
// among them are added to the parts.
func (w *worker) report(L *lua.LState, n int) (component.Report, error) {
	if n == 0 {
		return component.Report{}, nil
	}
	switch first := L.Get(1).(type) {
	case lua.LNumber:
		return w.status(L, first, n)
	case *lua.LNilType:
		if n == 1 {
			return component.Report{}, nil
		}
		return component.Report{}, w.misreturned("nil and %s; return nothing, a status such as gopiper.FAIL and a description, or messages", describe(L.Get(2)))
	case lua.LString, *lua.LTable, *lua.LUserData:
		return w.split(L, n)
	default:
		return component.Report{}, w.misreturned("%s; return nothing, a status such as gopiper.DROP, or messages", describe(first))
	}
}

// status is the report of a function that returned a number.
func (w *worker) status(L *lua.LState, status lua.LNumber, n int) (component.Report, error) {
	r := component.Report{Status: int(status)}
	switch {
	case lua.LNumber(r.Status) != status || r.Status > 1e9 || r.Status < -1e9:
		return r, w.misreturned("the status %s; a status is a whole number", numberText(status))
	case r.Status == component.Continue && w.view.kept != nil:
	case r.Status == component.Continue && w.table != nil:
		return r, w.misreturned("gopiper.CONTINUE for a message that it does not keep; msg:keep() keeps it")
	case r.Status == component.Continue:
		return r, w.misreturned("gopiper.CONTINUE; a function cannot keep a message, because nobody would send it on; return nothing for done")
	case n > 2:
		return r, w.misreturned("%s behind a status and a description", describe(L.Get(3)))
	}
	if n == 2 && L.Get(2) != lua.LNil {
		description, ok := textOf(L.Get(2))
		if !ok {
			return r, w.misreturned("%s as the description of a status; it is a string", describe(L.Get(2)))
		}
		r.Description = shorten(description, descriptionMax)
	}
	return r, nil
}

// descriptionMax bounds the description of a report, in bytes: it is kept with the
// message and logged.
const descriptionMax = 4000

// part is one of the messages that a message is split into.
type part struct {
	data       string
	whole      bool     // it takes over nothing: the attributes, key and timestamp are all it has
	attributes []string // name, value, name, value, …
	key        string
	timestamp  int64
	keyed      bool // it has a key of its own, perhaps none
	timed      bool // and a timestamp
}

// split notes what the function returned in place of the message. It comes
// before the message, which is dropped unless it was returned too: its outcome
// is then that of the parts.
func (w *worker) split(L *lua.LState, n int) (component.Report, error) {
	outcome := component.Report{Status: component.Drop}
	for i := 1; i <= n; i++ {
		switch value := L.Get(i).(type) {
		case lua.LString:
			w.parts = append(w.parts, part{data: string(value)})
		case *lua.LTable:
			p, err := tablePart(value)
			if err != nil {
				return outcome, w.misreturned("a table that is no message: %v", err)
			}
			w.parts = append(w.parts, p)
		case *lua.LUserData:
			if value == w.message {
				if outcome.Status == component.Done {
					return outcome, w.misreturned("the message itself twice")
				}
				outcome.Status = component.Done
				break
			}
			h, ok := value.Value.(*held)
			if !ok || value.Metatable != w.state.message || h.copied != &w.view || !h.alive() {
				return outcome, w.misreturned("%s that is neither the message it was given nor a copy of it", describe(value))
			}
			p, err := h.view.snapshot()
			if err != nil {
				return outcome, w.misreturned("a copy that cannot be sent on: %v", err)
			}
			w.parts = append(w.parts, p)
		default:
			return outcome, w.misreturned("%s among messages; a message is a string, msg, a copy of it, or { data = … }", describe(value))
		}
	}
	for i := len(w.view.emitted); i < len(w.parts); i++ {
		if !w.state.guard.writes(w.parts[i].size()) {
			return outcome, w.misreturned("messages of more than %s together", mebibytes(w.state.guard.limits.Output))
		}
	}
	if len(w.parts) > 0 && w.postponed == nil {
		return outcome, w.misreturned("messages, which cannot be sent on here")
	}
	return outcome, nil
}

var partFields = []string{"data", "attributes", "key", "timestamp"}

// tablePart reads a table { data = …, attributes = …, key = …, timestamp = … }.
func tablePart(table *lua.LTable) (part, error) {
	var p part
	for key, value := table.Next(lua.LNil); key != lua.LNil; key, value = table.Next(key) {
		ok := true
		switch key {
		case lua.LString("data"):
			p.data, ok = textOf(value)
		case lua.LString("key"):
			p.key, ok = textOf(value)
			p.keyed = true
		case lua.LString("timestamp"):
			p.timestamp, ok = nanoseconds(value)
			p.timed = true
		case lua.LString("attributes"):
			var attributes *lua.LTable
			if attributes, ok = value.(*lua.LTable); ok {
				var err error
				if p.attributes, err = attributePairs(attributes); err != nil {
					return p, err
				}
			}
		default:
			if key.Type() == lua.LTNumber {
				return p, errors.New("it is a list; return the messages one by one: return unpack(list)")
			}
			return p, fmt.Errorf("unknown field %q%s", key.String(), suggest(key.String(), partFields))
		}
		if !ok {
			return p, fmt.Errorf("its %s cannot be %s", key.String(), describe(value))
		}
	}
	if table.RawGetString("data") == lua.LNil {
		return p, errors.New("it has no data; write { data = msg.data } for the same")
	}
	return p, nil
}

func attributePairs(table *lua.LTable) ([]string, error) {
	var list []string
	for key, value := table.Next(lua.LNil); key != lua.LNil; key, value = table.Next(key) {
		name, named := textOf(key)
		text, ok := textOf(value)
		if !named || !ok {
			return nil, fmt.Errorf("its attribute %s cannot be %s; attributes are strings", key.String(), describe(value))
		}
		list = append(list, name, text)
	}
	return list, nil
}

// message makes the message, which takes over what the part does not say.
func (p *part) message(originals ...component.Message) component.Message {
	m := component.NewMessage([]byte(p.data), originals...)
	if p.whole {
		p.give(m)
		return m
	}
	for i := 0; i < len(p.attributes); i += 2 {
		m.SetAttribute(p.attributes[i], p.attributes[i+1])
	}
	if p.keyed {
		m.SetKey(p.key)
	}
	if p.timed {
		m.SetTimestamp(p.timestamp)
	}
	return m
}
