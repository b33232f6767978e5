package std

import (
	"encoding/binary"
	"math"
	"time"
)

// State is the keyed state of the stage that a script handles messages in, as its
// functions see it: a change belongs to the message at hand. It belongs to one
// goroutine at a time.
type State interface {
	// Get returns what Put has been given for a key, nil for nothing. It is good until
	// the next call.
	Get(key []byte) ([]byte, error)
	// Put gives the key a value, until expires if that is not the zero time.
	Put(key, value []byte, expires time.Time) error
	// Delete removes a key.
	Delete(key []byte) error
	// Each calls yield for every key that begins with prefix, in their order, until it
	// returns false.
	Each(prefix []byte, yield func(key, value []byte) bool) error
}

// ErrNoState is the error of a function that needs Context.State where there is none.
var ErrNoState error = &ArgumentError{Index: -1,
	Message: "gopiper.state is there in a stage that is stateful: { stateful = true, handle = function(msg) … end }"}

// keysMax is how many keys one call of state.keys returns.
const keysMax = 10_000

var stateGroup = Group{
	Name:    "state",
	Summary: "What a stage remembers of earlier messages: a dictionary of its own.",
	Text: keysText + `

The stage says so: ` + "`{ stateful = true, handle = function(msg) … end }`" + `. It has one worker then, unless its order is by key; the
keys that a message changes should begin with its own.

With a state directory (` + "`gopiper run --state DIR`" + `) it survives the process. A change is made durable together with the settling of
the message that was handled: after a crash, either both have happened, or the message comes again and finds the state as it was before.
When the function fails the message, or wants it handled again, its changes are taken back; what a later stage does changes nothing. A change
in init, timer, flush or close belongs to no message, and waits for the disk.

A stage with handle_batch has none, for a change belongs to one message. It is for functions that handle messages: while a script
describes, using it is an error. Keys are found by the names of the pipeline and the stage.

` + "```" + `
{
  stateful = true, order = "key",
  handle = function(msg)
    msg.json.visit = gopiper.state.add(msg.key, 1, "720h")
  end,
}
` + "```",
	Functions: append(verbs("state", func(a *arguments) keyed {
		if a.State == nil && a.err == nil {
			a.err = ErrNoState
		}
		return stored{a.Context}
	}), handling("state.keys", "state.keys([prefix [, after]]) -> list",
		"Returns the keys that begin with prefix, in their order: 10,000 at most. With after, those behind that key: the last one of a list leads to the next list.",
		`gopiper.state.set("cart/7", true) -->
gopiper.state.set("cart/8", true) -->
gopiper.state.keys("cart/") --> { "cart/7", "cart/8" }
gopiper.state.keys("cart/", "cart/7") --> { "cart/8" }
`, func(a *arguments) []Value {
			prefix, after := a.optionalText(1, ""), a.optionalText(2, "")
			all := a.absent(2)
			if a.err == nil && a.State == nil {
				a.err = ErrNoState
			}
			if a.err != nil {
				return nil
			}
			return a.keys(prefix, after, all)
		})),
}

// keys returns the keys that begin with prefix: all, or those behind after.
func (a *arguments) keys(prefix, after string, all bool) []Value {
	t := a.array()
	now := a.now()
	err := a.State.Each([]byte(prefix), func(key, value []byte) bool {
		if v, _ := decodeKept(value, now); v.Kind != Nil && (all || string(key) > after) {
			t.Append(Text(string(key)))
		}
		return len(t.List) < keysMax && a.tick()
	})
	if err != nil {
		a.err = err
	}
	return a.one(OfTable(t))
}

// stored is a State with the values of scripts.
type stored struct{ *Context }

func (s stored) get(key string) (Value, error) {
	data, err := s.State.Get([]byte(key))
	if err != nil {
		return Value{}, err
	}
	v, _ := decodeKept(data, s.now())
	return v, nil
}

func (s stored) update(key string, ttl time.Duration, anew bool, change func(Value) (Value, error)) error {
	data, err := s.State.Get([]byte(key))
	if err != nil {
		return err
	}
	now := s.now()
	old, expires := decodeKept(data, now)
	value, err := change(old)
	switch {
	case err != nil:
		return err
	case value.Kind == Nil && old.Kind == Nil:
		return nil
	case value.Kind == Nil:
		return s.State.Delete([]byte(key))
	case value == old && !anew: // nothing has changed
		return nil
	}
	if old.Kind == Nil || anew {
		if expires = (time.Time{}); ttl > 0 {
			expires = now.Add(ttl)
		}
	}
	return s.State.Put([]byte(key), encodeKept(value, expires), expires)
}

// A value is kept as its kind (1 byte), when it expires (8 bytes, nanoseconds since
// 1970, 0 for never), and a text or the bits of a number.
const (
	keptFalse  = 'f'
	keptTrue   = 't'
	keptNumber = 'n'
	keptText   = 's'
	keptExact  = 'x'
)

func encodeKept(v Value, expires time.Time) []byte {
	out := make([]byte, 9, 9+8+len(v.Text))
	if !expires.IsZero() {
		binary.BigEndian.PutUint64(out[1:], uint64(expires.UnixNano()))
	}
	switch v.Kind {
	case Boolean:
		if out[0] = keptFalse; v.Bool {
			out[0] = keptTrue
		}
	case Number:
		out[0] = keptNumber
		out = binary.BigEndian.AppendUint64(out, math.Float64bits(v.Number))
	case Exact:
		out[0] = keptExact
		out = append(out, v.Text...)
	default:
		out[0] = keptText
		out = append(out, v.Text...)
	}
	return out
}

// decodeKept reads a value, and when it expires. What is no value, or has expired, is nil.
func decodeKept(data []byte, now time.Time) (v Value, expires time.Time) {
	if len(data) < 9 {
		return Value{}, time.Time{}
	}
	if at := int64(binary.BigEndian.Uint64(data[1:])); at != 0 {
		if expires = time.Unix(0, at); !expires.After(now) {
			return Value{}, time.Time{}
		}
	}
	switch rest := data[9:]; {
	case data[0] == keptFalse, data[0] == keptTrue:
		return Flag(data[0] == keptTrue), expires
	case data[0] == keptNumber && len(rest) == 8:
		return Num(math.Float64frombits(binary.BigEndian.Uint64(rest))), expires
	case data[0] == keptText:
		return Text(string(rest)), expires
	case data[0] == keptExact:
		return Value{Kind: Exact, Text: string(rest)}, expires
	}
	return Value{}, time.Time{}
}
