package luajit

import (
	"errors"
	"fmt"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// The operations, as in lua/boot.lua.
const (
	opBatch = iota
	opBind
	opOpen
	opRun
	opFinish
	opCollect
	opEnroll
	opRegister
	opInvoke
	opTogether
	opHold
)

// ErrBroken is what a state returns that has failed in itself, most often for
// want of memory. It must be closed.
var ErrBroken = errors.New("the Lua state has failed and cannot be used again")

var errClosed = errors.New("the Lua state is closed")

// State is a Lua state with the safe library. One goroutine at a time may use
// it, and none while a function that it called back is running; it may go from
// one goroutine to another. Only Running and Begun may be called at any time.
// It is never closed by itself.
type State struct {
	library *Library
	lua     uintptr // 0 once closed
	address uintptr // of the head
	head    *head
	handle  uintptr
	broken  error
	busy    bool // while C runs
	ours    bytecodes
	pushed  uintptr // values on Lua's stack for the next operation

	describes bool // the parts for describing were opened

	sources   []source
	functions []Func
	input     []byte
	batch     Batch
	pinner    runtime.Pinner
	call      Call
	host      any

	closing sync.Mutex // held while the head goes, and while Begun looks at it
	running atomic.Pointer[string]
	since   atomic.Int64 // nanoseconds since 1970
}

// source is a piece of source that was run: its name, and how Lua abbreviates
// that in errors.
type source struct{ name, short string }

// NewState makes a state. With a function it takes about 75 KB of Lua's memory, and
// 105 KB of the process's, takes less than a millisecond to make, and has to be closed.
// What its functions use of messages beyond their data comes on top when they do.
//
// The functions are those behind msg.json and its like, in the order of [Names];
// without them these are not there.
func (l *Library) NewState(own ...Func) (*State, error) {
	ours, err := l.bytecodes()
	if err != nil {
		return nil, err
	}
	s, err := l.bare()
	if err != nil {
		return nil, err
	}
	s.ours = ours
	s.functions = append(append(s.functions, nearest), own...)
	for len(s.functions) <= len(Names) {
		s.functions = append(s.functions, refuse)
	}
	s.call.state = s
	s.batch.state = s
	s.handle = states.add(s)
	if err := s.boot(); err != nil {
		s.Close()
		return nil, err
	}
	return s, nil
}

// eager are the parts that every state has from the beginning, and describing those
// that describing a plan takes: from here they come without being strings of Lua's.
var (
	eager      = []string{"library", "tables", "module"}
	describing = []string{"values", "member", "only", "describe"}
)

// boot runs boot.lua, and what every state has beside it.
func (s *State) boot() error {
	l := s.library
	if err := s.load(s.ours["boot"]); err != nil {
		return err
	}
	if err := s.open(l.openFFI, 1); err != nil {
		return err
	}
	native(l.pushInteger, s.lua, l.callback)
	native(l.pushInteger, s.lua, s.handle)
	if native(l.call, s.lua, 3, 2, 0) != 0 {
		return fmt.Errorf("LuaJIT did not run its driver: %s", s.text(-1))
	}
	location, err := strconv.ParseUint(s.text(-2), 10, 64)
	if err != nil {
		return fmt.Errorf("LuaJIT did not say where its memory is: %w", err)
	}
	s.address = uintptr(location)
	s.head = (*head)(at(&s.address))
	return s.openParts(eager)
}

func (s *State) openParts(parts []string) error {
	for _, part := range parts {
		if err := s.load(s.ours[part]); err != nil {
			return err
		}
		s.push(part)
		s.pushed = 2
		err := s.operate(opOpen, &part)
		s.pinner.Unpin()
		if err != nil {
			return err
		}
	}
	return nil
}

func (s *State) push(text string) {
	b := []byte(text)
	s.pinner.Pin(&b[0])
	native(s.library.pushString, s.lua, address(b), uintptr(len(b)))
}

// text returns the string at an index of Lua's stack; -1 is its top.
func (s *State) text(index int) string {
	size := make([]uint64, 1)
	var pinner runtime.Pinner
	pinner.Pin(&size[0])
	defer pinner.Unpin()
	text := native(s.library.toString, s.lua, uintptr(index), address(size))
	if text == 0 {
		return "it gave no reason"
	}
	return string(memory(&text, uint32(size[0])))
}

// Close frees all memory of the state. Its functions, results and batch must not
// be used again; closing it twice does nothing. It must not be called while the
// state runs.
func (s *State) Close() {
	if s.lua == 0 {
		return
	}
	s.closing.Lock()
	s.head = nil
	s.closing.Unlock()
	s.batch.out = nil
	native(s.library.closeState, s.lua)
	s.lua = 0
	states.remove(s.handle)
}

// SetHost sets what functions of the host find by Call.Host, so that they need not
// hold it themselves.
func (s *State) SetHost(host any) { s.host = host }

// Names are the functions that NewState takes, in their order.
var Names = []string{
	"json", "assign", "forget", "data", "get", "set", "length", "text", "walk", "step", "next", "element", "insert",
	"remove", "elements", "copy", "emit", "snapshot", "sync", "calculate", "compare", "keep", "release", "emitFrom",
}

// Finish ends the description of a plan, which began with the state: it returns
// the functions that the script has described, in their order.
func (s *State) Finish() ([]*Function, error) {
	if _, err := s.ask(opFinish, "the script", &Function{}); err != nil {
		return nil, err
	}
	r := reader{rest: memory(&s.head.output, s.head.used)}
	functions := make([]*Function, s.head.handled)
	for i := range functions {
		f := &Function{state: s, number: int(r.word()), line: int(r.word())}
		f.file = sourceName(string(r.bytes()))
		functions[i] = f
	}
	return functions, nil
}

// Collect frees what is garbage, so that Memory says what is in use.
func (s *State) Collect() error {
	if err := s.enter(); err != nil {
		return err
	}
	name := "the collector"
	return s.operate(opCollect, &name)
}

// Know has errors of a source that the script loads itself, a module, found by
// their name.
func (s *State) Know(name string) error {
	for _, known := range s.sources {
		if known.name == name {
			return nil
		}
	}
	s.sources = append(s.sources, source{name, abbreviated(name)})
	return nil
}

// Memory returns how many bytes of memory Lua held at the end of the last call,
// what is garbage included. LuaJIT allocates by itself, so that nothing stops a
// function that takes too much while it runs; the host may close a state that
// has grown too large between batches.
func (s *State) Memory() int64 {
	if s.head == nil {
		return 0
	}
	return int64(s.head.memory)
}

// enter readies the state for an operation.
func (s *State) enter() error {
	switch {
	case s.lua == 0:
		return errClosed
	case s.broken != nil:
		return s.broken
	case s.busy:
		return errors.New("the Lua state is in use: a function that Lua called cannot use its state")
	}
	return nil
}

// operate has Lua do what the head says. The name is for Running.
func (s *State) operate(operation int32, name *string) error {
	h := s.head
	h.operation = operation
	s.since.Store(time.Now().UnixNano())
	s.running.Store(name)
	s.busy = true
	failed := native(s.library.call, s.lua, s.pushed, 1, 0) != 0 // the function returns itself: one crossing
	s.busy, s.pushed = false, 0
	s.running.Store(nil)
	if failed {
		s.broken = fmt.Errorf("%w: %s", ErrBroken, s.text(-1))
		s.pinner.Unpin()
		return s.broken
	}
	return nil
}

// Running returns what runs in the state and since when: the name of the
// function, or of the source that is run for the first time; "" and the zero
// time if nothing does. Any goroutine may call it at any time, for LuaJIT
// cannot be interrupted: a host that sees a call run too long can only end the
// process, and say why. A batch is one call: see Begun.
func (s *State) Running() (name string, since time.Time) {
	for {
		started, name := s.since.Load(), s.running.Load()
		if started != s.since.Load() {
			continue // another call began in between
		}
		if name == nil {
			return "", time.Time{}
		}
		return *name, time.Unix(0, started)
	}
}

// ask has Lua do something with values and returns those it answers with. Errors are in
// the function, unless they say where they are.
func (s *State) ask(operation int32, name string, in *Function, values ...any) ([]any, error) {
	if err := s.enter(); err != nil {
		return nil, err
	}
	s.input = s.input[:0]
	var err error
	for _, value := range values {
		if s.input, err = appendValue(s.input, value, 0); err != nil {
			return nil, err
		}
	}
	s.head.input, s.head.count = 0, int32(len(values))
	if len(values) > 0 {
		s.pinner.Pin(&s.input[0])
		s.head.input = address(s.input)
	}
	err = s.operate(operation, &name)
	s.pinner.Unpin()
	if err != nil {
		return nil, err
	}
	r := reader{memory(&s.head.scratch, s.head.scratchUsed), s}
	answers := make([]any, s.head.count)
	for i := range answers {
		answers[i] = r.value()
	}
	if s.head.failed != 0 {
		what, _ := answers[0].(string)
		stack := ""
		if len(answers) > 1 {
			stack, _ = answers[1].(string)
		}
		return nil, s.errorOf(what, stack, in.file, in.line)
	}
	return answers, nil
}

// Run runs a piece of source, which is never bytecode, and returns what it
// returns: nil, bool, float64, string, *Table and *Function. The name is that
// of its file, for errors; it gets the arguments as "...", which may be nil,
// bool, int, float64, string, []byte, []any and *Table. What goes wrong in the
// source is an *[Error].
func (s *State) Run(name, code string, arguments ...any) ([]any, error) {
	if err := s.enter(); err != nil {
		return nil, err
	}
	if err := s.Know(name); err != nil {
		return nil, err
	}
	if err := s.loadText(name, code); err != nil {
		return nil, err
	}
	s.pushed = 1
	if err := s.operate(opHold, &name); err != nil {
		return nil, err
	}
	if !s.describes { // behind the source, which stays: these go
		s.describes = true
		if err := s.openParts(describing); err != nil {
			return nil, err
		}
	}
	return s.ask(opRun, name, &Function{file: name}, arguments...)
}

// loadText puts what a source compiles to on Lua's stack, a function.
func (s *State) loadText(name, code string) error {
	var pinner runtime.Pinner
	text, named, mode := []byte(code+"\x00"), []byte("@"+name+"\x00"), []byte("t\x00")
	pinner.Pin(&text[0])
	pinner.Pin(&named[0])
	pinner.Pin(&mode[0])
	defer pinner.Unpin()
	l := s.library
	if native(l.loadBuffer, s.lua, address(text), uintptr(len(code)), address(named), address(mode)) == 0 {
		return nil
	}
	err := s.errorOf(s.text(-1), "", name, 0)
	native(l.setTop, s.lua, ^uintptr(1)) // -2: all but the message
	return err
}

// abbreviated is how Lua calls a source in errors.
func abbreviated(name string) string {
	const most = 59 // LUA_IDSIZE, less the zero byte at its end
	name, _, _ = strings.Cut(name, "\x00")
	if len(name) > most {
		return "..." + name[len(name)-most+3:]
	}
	return name
}
