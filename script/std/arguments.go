package std

import (
	"fmt"
	"math"
	"strconv"
	"strings"
)

// ArgumentError says that a function was called in a wrong way, in the words of
// Lua 5.1.
type ArgumentError struct {
	// Index is counted from 1, without the object of a method; 0 stands for that, and
	// -1 for none of them: Message says all.
	Index    int
	Function string // the last part of its name
	Message  string
}

// Error returns a sentence such as
//
//	bad argument #1 to 'parse' (string expected, got nil)
func (e *ArgumentError) Error() string {
	if e.Index < 0 {
		return e.Message
	}
	if e.Index == 0 {
		return fmt.Sprintf("calling '%s' on bad self (%s)", e.Function, e.Message)
	}
	return fmt.Sprintf("bad argument #%d to '%s' (%s)", e.Index, e.Function, e.Message)
}

// arguments are those of one call. Once one of them is wrong, err is set, the
// function returns, and what it returns does not matter.
type arguments struct {
	*Context
	name   string
	method bool
	values []Value
	err    error

	held    int // values that go into tables of results
	pending int // of which nobody was told yet
}

const (
	// valuesMax is how many values the tables of a result hold at most.
	valuesMax = 1 << 19
	// valueCost is about what a value in a table costs, in the units of Charge.
	valueCost = 128
)

// value counts a value that goes into a table of the result. It returns false
// if the call must end, with what excess returns.
func (a *arguments) value() bool {
	a.held++
	return a.tick() && a.held <= valuesMax
}

// tick charges for a value.
func (a *arguments) tick() bool {
	if a.pending++; a.pending < 256 {
		return a.err == nil
	}
	a.pending = 0
	return a.charge(256 * valueCost)
}

// excess is the result of a function whose tables would be too large.
func (a *arguments) excess() []Value {
	return a.failed("more than %d values", valuesMax)
}

// at returns argument i, counted from 1, and whether there is one.
func (a *arguments) at(i int) (Value, bool) {
	if i > len(a.values) {
		return Value{}, false
	}
	return a.values[i-1], true
}

func (a *arguments) absent(i int) bool {
	v, _ := a.at(i)
	return v.Kind == Nil
}

// bad records what is wrong with argument i.
func (a *arguments) bad(i int, format string, args ...any) {
	if a.err != nil {
		return
	}
	if a.method {
		i--
	}
	a.err = &ArgumentError{Index: i, Function: a.name, Message: fmt.Sprintf(format, args...)}
}

func (a *arguments) expected(i int, what string) {
	got := "no value"
	if v, ok := a.at(i); ok {
		got = v.TypeName()
	}
	a.bad(i, "%s expected, got %s", what, got)
}

// textMax bounds the length of texts, in bytes: some functions cannot be
// interrupted.
const textMax = 16 << 20

// text returns argument i, which must be a string or a number.
func (a *arguments) text(i int) string {
	v, _ := a.at(i)
	text, ok := v.AsText()
	if !ok {
		a.expected(i, "string")
	}
	if !a.bounded(i, text) {
		return ""
	}
	return text
}

// bounded tells whether a text of argument i is not too long. Of a long one it
// charges at once: whoever watches the time must know of it before.
func (a *arguments) bounded(i int, text string) bool {
	if len(text) > textMax {
		a.bad(i, "a string of at most %d MiB expected, got %d bytes", textMax>>20, len(text))
	}
	return a.err == nil && (len(text) < 1<<20 || a.charge(len(text)))
}

func (a *arguments) optionalText(i int, otherwise string) string {
	if a.absent(i) {
		return otherwise
	}
	return a.text(i)
}

// number returns argument i, which must be a number or the text of one.
func (a *arguments) number(i int) float64 {
	v, _ := a.at(i)
	switch v.Kind {
	case Number:
		return v.Number
	case String, Exact:
		if f, ok := parseNumber(v.Text); ok {
			return f
		}
	}
	a.expected(i, "number")
	return 0
}

// parseNumber reads a number as Lua does: decimal or hexadecimal, with blanks
// around it.
func parseNumber(text string) (float64, bool) {
	text = strings.Trim(text, " \t\n\v\f\r")
	if strings.ContainsAny(text, "_nNiIpP") {
		return 0, false
	}
	if hex, ok := strings.CutPrefix(strings.ToLower(text), "0x"); ok {
		n, err := strconv.ParseUint(hex, 16, 64)
		return float64(n), err == nil
	}
	f, err := strconv.ParseFloat(text, 64)
	return f, err == nil || math.IsInf(f, 0)
}

// whole returns argument i, a whole number from low to high.
func (a *arguments) whole(i int, low, high float64) int64 {
	f := a.number(i)
	if a.err == nil && (f != math.Trunc(f) || !(low <= f && f <= high)) {
		a.bad(i, "a whole number from %.0f to %.0f expected, got %s", low, high, FormatNumber(f))
	}
	if a.err != nil {
		return int64(low)
	}
	return int64(f)
}

// table returns argument i, which must be a table.
func (a *arguments) table(i int) *Table {
	v, _ := a.at(i)
	t, ok := a.tableIn(i, v)
	if !ok {
		a.expected(i, "table")
		return &Table{}
	}
	return t
}

// tableIn returns the table that a value in argument i is, if it is one: a part
// of msg.json is one, too.
func (a *arguments) tableIn(i int, v Value) (*Table, bool) {
	if v.Kind == JSON {
		d, err := a.decode(v.Text)
		if err != nil {
			a.bad(i, "%s", err.Error())
			return &Table{}, true
		}
		v = d
	}
	return v.Table, v.Kind == Map
}

// charge tells of work. It returns false if the call must end.
func (a *arguments) charge(n int) bool {
	if a.err == nil && a.Charge != nil {
		a.err = a.Charge(n)
	}
	return a.err == nil
}

// fits tells whether n bytes may be made, and charges for them. If not, the
// call must end.
func (a *arguments) fits(n int) bool {
	if a.err == nil && n > a.maxOutput() {
		a.err = fmt.Errorf("'%s' would make more than %d bytes", a.name, a.maxOutput())
	}
	return a.charge(n)
}

// array returns an empty list for the results.
func (a *arguments) array() *Table {
	t := a.tables.Take()
	t.Array = true
	return t
}

func (a *arguments) one(v Value) []Value {
	a.results[0] = v
	return a.results[:1]
}

func (a *arguments) two(v, w Value) []Value {
	a.results[0], a.results[1] = v, w
	return a.results[:2]
}

// result returns a string that the function has made.
func (a *arguments) result(text string) []Value {
	if !a.fits(len(text)) {
		return nil
	}
	return a.one(Text(text))
}

// made returns the string of bytes that the function has made in the buffer.
func (a *arguments) made(out []byte) []Value {
	if cap(out) <= bufferMax {
		a.buffer = out
	}
	if !a.fits(len(out)) {
		return nil
	}
	return a.one(Text(a.string(out)))
}

// bufferMax is how much memory is kept for the next call, in bytes.
const bufferMax = 64 << 10

// failed is the result of a function that data has failed: nil and why.
func (a *arguments) failed(format string, args ...any) []Value {
	return a.two(Value{}, Text(fmt.Sprintf(format, args...)))
}

// quoted shows a text in an error, cut if it is long.
func quoted(text string) string {
	const most = 60
	if len(text) > most {
		return strconv.Quote(text[:most]) + "…"
	}
	return strconv.Quote(text)
}
