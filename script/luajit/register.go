package luajit

import (
	"errors"
	"fmt"
	"math"
	"strings"
	"sync"

	"github.com/gopiper/gopiper/component"
)

// Func is a Go function for Lua. It reads its arguments from the call and
// answers to it; an error becomes an error of Lua at the place of the call. A
// panic becomes one, too. It must not use the State, and the call is good until
// it returns.
type Func func(*Call) error

// Call is one call of a Func: arguments and results, both counted from 0.
type Call struct {
	state     *State
	given     int    // arguments
	raw       []byte // all of them: memory of Lua's
	parsed    bool   // so that they are in arguments, too
	arguments []argument
	reply     []byte
	count     int
	open      int // values that the tables of the reply still lack
	answer    uintptr
}

// argument is one that was read as far as needs be: what tells values apart, and
// the bytes with the tag.
type argument struct {
	tag    byte
	number float64
	text   []byte // of a string: memory of Lua's
	object Object
	other  any
}

// Len returns how many arguments there are; those that are nil count.
func (c *Call) Len() int { return c.given }

// Reader returns what reads all arguments, in their order, without a copy of each.
func (c *Call) Reader() Reader { return newReader(c.raw) }

// argument returns argument i; nil if there is none.
func (c *Call) argument(i int) *argument {
	if !c.parsed {
		c.parse()
	}
	if i >= len(c.arguments) {
		return nil
	}
	return &c.arguments[i]
}

// Number returns argument i if it is a number.
func (c *Call) Number(i int) (float64, bool) {
	if a := c.argument(i); a != nil && a.tag == tagNumber {
		return a.number, true
	}
	return 0, false
}

// Bytes returns argument i if it is a string. The bytes are Lua's: they must not
// be changed, and not be kept.
func (c *Call) Bytes(i int) ([]byte, bool) {
	if a := c.argument(i); a != nil && a.tag == tagString {
		return a.text, true
	}
	return nil, false
}

// Object returns argument i if it is an object.
func (c *Call) Object(i int) (Object, bool) {
	if a := c.argument(i); a != nil && a.tag == tagObject {
		return a.object, true
	}
	return Object{}, false
}

// IsNil tells whether argument i is nil, or not there.
func (c *Call) IsNil(i int) bool {
	a := c.argument(i)
	return a == nil || a.tag == tagNil
}

// Value returns a copy of argument i: nil, bool, float64, string, *Table, Object,
// Null, Exact or Other; nil, too, where there is none.
func (c *Call) Value(i int) any {
	a := c.argument(i)
	if a == nil {
		return nil
	}
	switch a.tag {
	case tagNumber:
		return a.number
	case tagString:
		return string(a.text)
	case tagObject:
		return a.object
	default:
		return a.other
	}
}

// Function returns the function of the batch at hand; nil while a source runs.
func (c *Call) Function() *Function { return c.state.batch.function }

// Message returns the number of the message at hand, counted from the first that
// is not handled yet: see Batch.Settled; -1 if none is.
func (c *Call) Message() int { return int(c.state.head.current) }

// Host returns what SetHost has set.
func (c *Call) Host() any { return c.state.host }

// ReturnNumber adds a result.
func (c *Call) ReturnNumber(number float64) {
	c.reply = appendNumber(c.reply, number)
	c.added()
}

// ReturnObject adds an object as a result.
func (c *Call) ReturnObject(o Object) {
	c.reply = appendObject(c.reply, o)
	c.added()
}

// ReturnTable adds a table. What is in it is added next: the items, and of each
// field its name, a string that no other field has, and its value, which is not
// nil. Tables in it are added in the same way; they are nested at most 1000 deep.
func (c *Call) ReturnTable(items, fields int, mark Mark) {
	c.reply = appendTableHead(c.reply, items, fields, mark)
	c.added()
	c.open += items + 2*fields
}

// added counts a value that was added: a result, or one in a table.
func (c *Call) added() {
	if c.open > 0 {
		c.open--
		return
	}
	c.count++
}

// Returned returns the first result that was added, as Value would.
func (c *Call) Returned() any {
	r := reader{rest: c.reply}
	return r.value()
}

// ReturnNil adds a nil.
func (c *Call) ReturnNil() {
	c.reply = append(c.reply, tagNil)
	c.added()
}

// ReturnNull adds JSON's null.
func (c *Call) ReturnNull() {
	c.reply = append(c.reply, tagNull)
	c.added()
}

// ReturnBool adds a boolean.
func (c *Call) ReturnBool(b bool) {
	c.reply = appendBool(c.reply, b)
	c.added()
}

// ReturnExact adds the exact number of a text.
func (c *Call) ReturnExact(text string) {
	c.reply = appendExact(c.reply, text)
	c.added()
}

// ReturnBytes adds a string as a result; the bytes are copied.
func (c *Call) ReturnBytes(text []byte) {
	c.reply = appendText(c.reply, text)
	c.added()
}

// ReturnText adds a string as a result.
func (c *Call) ReturnText(text string) {
	c.reply = appendText(c.reply, text)
	c.added()
}

// Return adds a result: nil, bool, int, float64, string, []byte, []any, *Table,
// Object, Null or Exact. The error says that it is something else, or nested too deep; then
// nothing is added.
func (c *Call) Return(value any) error {
	before := len(c.reply)
	reply, err := appendValue(c.reply, value, 0)
	if err != nil {
		c.reply = reply[:before]
		return err
	}
	c.reply = reply
	c.added()
	return nil
}

// Register gives scripts a Go function: a global variable, or with a dot in the
// name a field of a global table, which is made if there is none. A call costs
// 0.1 to 0.4 microseconds beside what the function does. Register what a
// source needs before it is run.
func (s *State) Register(name string, f Func) error {
	if strings.Count(name, ".") > 1 || strings.HasPrefix(name, ".") || strings.HasSuffix(name, ".") || name == "" {
		return fmt.Errorf("the name %q of a function: it is name or table.name", name)
	}
	if f == nil {
		return fmt.Errorf("the function %s is nil", name)
	}
	if err := s.enter(); err != nil {
		return err
	}
	operation, pushed, number := int32(opRegister), name, int32(len(s.functions))
	switch group, rest, _ := strings.Cut(name, "."); group {
	case "host": // see lua/values.lua
		operation, pushed, number = opEnroll, rest, -number
	case "call":
		operation, pushed = opEnroll, rest
	}
	s.push(pushed)
	s.pushed, s.head.number = 1, number
	err := s.operate(operation, &name)
	s.pinner.Unpin()
	if err == nil {
		s.functions = append(s.functions, f)
	}
	return err
}

// The answers to Lua, as in lua/values.lua.
const (
	answered = iota
	refused
	larger
)

// What Lua asks for that is no function of Go's, as in lua/values.lua and boot.lua:
// the reply once more, and a part of ours.
const (
	againNumber = -1 - iota
	partNumber
)

// dispatch is what Lua calls: one callback for all functions of all states, for
// there are few callbacks and they are never freed.
func dispatch(handle uintptr) uintptr {
	s := states.get(handle)
	switch s.head.number {
	case againNumber:
		return s.deliver() // there is room now
	case partNumber:
		s.part()
		return answered
	}
	c := &s.call
	c.reply, c.count, c.open, c.answer = c.reply[:0], 0, 0, answered
	f := refuse
	if n := int(s.head.number); n < len(s.functions) {
		f = s.functions[n]
	}
	if err := c.perform(f); err != nil {
		c.reply, c.count, c.answer = appendText(c.reply[:0], err.Error()), 1, refused
	}
	return s.deliver()
}

// perform calls the function.
func (c *Call) perform(f Func) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("the function panicked: %v", p)
		}
		clear(c.arguments) // Lua's memory
		c.arguments, c.raw, c.parsed, c.given = c.arguments[:0], nil, false, 0
	}()
	h := c.state.head
	c.raw, c.given = memory(&h.scratch, h.scratchUsed), int(h.count)
	return f(c)
}

// parse reads the arguments.
func (c *Call) parse() {
	c.parsed = true
	r := reader{rest: c.raw}
	for range c.given {
		a := argument{tag: r.rest[0]}
		switch a.tag {
		case tagNumber:
			r.tag()
			a.number = r.number()
		case tagString:
			r.tag()
			a.text = r.bytes()
		case tagObject:
			r.tag()
			a.object = r.object()
		default:
			a.other = r.value()
		}
		c.arguments = append(c.arguments, a)
	}
}

// deliver copies the reply to where Lua reads it. If there is no room, it says
// how much is needed, and Lua asks again.
func (s *State) deliver() uintptr {
	h, c := s.head, &s.call
	if len(c.reply) > int(h.scratchCapacity) {
		if len(c.reply) >= math.MaxInt32 {
			c.reply, c.count = appendText(nil, "the results are larger than 2 GiB"), 1
			c.answer = refused
		} else {
			h.scratchUsed = uint32(len(c.reply))
			return larger
		}
	}
	copy(memory(&h.scratch, h.scratchCapacity), c.reply)
	h.count = int32(c.count)
	if cap(c.reply) > 1<<20 {
		c.reply = nil
	}
	return c.answer
}

// refuse is what a script calls that the host has not given.
func refuse(*Call) error { return errors.New("the host has given the script no such function") }

// nearest is function 0 of every state: it returns the name of a list that is
// nearest to a name, or "".
func nearest(c *Call) error {
	name, _ := c.Value(0).(string)
	list, ok := c.Value(1).(*Table)
	if !ok {
		return errors.New("nearest takes a name and a list")
	}
	var names []string
	for _, item := range list.Items {
		if text, ok := item.(string); ok {
			names = append(names, text)
		}
	}
	return c.Return(component.Nearest(name, names))
}

// states finds a state by the number that Lua knows it by.
var states stateTable

type stateTable struct {
	mutex sync.RWMutex
	list  []*State
	free  []uintptr
}

func (t *stateTable) add(s *State) uintptr {
	t.mutex.Lock()
	defer t.mutex.Unlock()
	if n := len(t.free); n > 0 {
		handle := t.free[n-1]
		t.free = t.free[:n-1]
		t.list[handle] = s
		return handle
	}
	t.list = append(t.list, s)
	return uintptr(len(t.list) - 1)
}

func (t *stateTable) get(handle uintptr) *State {
	t.mutex.RLock()
	s := t.list[handle]
	t.mutex.RUnlock()
	return s
}

func (t *stateTable) remove(handle uintptr) {
	t.mutex.Lock()
	defer t.mutex.Unlock()
	t.list[handle] = nil
	t.free = append(t.free, handle)
}
