package std

import (
	"math"
	"time"
)

// keyMax bounds the length of a key, and valueMax that of a string that is kept, in
// bytes.
const (
	keyMax   = 4 << 10
	valueMax = 1 << 20
)

const keysText = `Keys are strings of at most 4 KiB, values are strings of at most 1 MiB, numbers and booleans. A ttl, which is how long a key
is kept, is a number of seconds or a string such as "10s" or "1h30m"; without one a key is kept until it is deleted.`

var sharedGroup = Group{
	Name:    "shared",
	Summary: "A dictionary that all workers and functions of a script share.",
	Text: keysText + `

All functions are atomic: what two workers add at the same time is both there. The dictionary is in memory: it begins empty with
every start, and what a message has changed stays, whatever becomes of the message; [gopiper.state](state.md) differs in both. It holds
at most 1,000,000 keys and 256 MiB; one more raises an error when nothing has expired. It is for functions that handle messages: while a script describes, using it is an error.

` + "```" + `
-- at most 100 messages of a client in a minute
function(msg)
  if gopiper.shared.add("client/" .. msg.key, 1, "1m") > 100 then return gopiper.DROP end
end
` + "```",
	Functions: verbs("shared", func(a *arguments) keyed {
		if a.Shared == nil {
			a.Shared = NewShared(0, 0)
		}
		return a.Shared
	}),
}

// keyed is what the functions work on.
type keyed interface {
	// get returns the value of a key, nil if there is none.
	get(key string) (Value, error)
	// update does what Shared.Update does.
	update(key string, ttl time.Duration, anew bool, change func(Value) (Value, error)) error
}

// verbs are the functions that gopiper.shared and gopiper.state both have.
func verbs(name string, of func(*arguments) keyed) []Function {
	full := "gopiper." + name
	return []Function{
		handling(name+".get", name+".get(key) -> value", "Returns the value of a key, nil if it has none.", full+`.get("nobody") --> nil
`, func(a *arguments) []Value {
			key := a.key(1)
			return a.changed(of(a), func(k keyed) (Value, error) { return k.get(key) })
		}),
		handling(name+".set", name+".set(key, value [, ttl])", "Gives a key a value, in place of the one that it has. Without a ttl it is kept from now on until it is deleted.",
			full+`.set("user/ann", "Ann", "1h") -->
`+full+`.get("user/ann") --> "Ann"
`, func(a *arguments) []Value {
				key, value, ttl := a.key(1), a.kept(2), a.ttl(3)
				a.changed(of(a), func(k keyed) (Value, error) {
					return Value{}, k.update(key, ttl, true, func(Value) (Value, error) { return value, nil })
				})
				return nil
			}),
		handling(name+".add", name+".add(key, n [, ttl]) -> value",
			"Adds n, which may be negative, to the number of a key, 0 if it has none, and returns the sum. The ttl counts from the first time: a key that is there stays no longer. It raises an error if the value is no number.",
			full+`.add("seen", 1, "1m") --> 1
`+full+`.add("seen", 2) --> 3
`, func(a *arguments) []Value {
				key, n, ttl := a.key(1), a.number(2), a.ttl(3)
				return a.changed(of(a), func(k keyed) (sum Value, err error) {
					return sum, k.update(key, ttl, false, func(old Value) (Value, error) {
						if old.Kind != Nil && old.Kind != Number {
							return old, &ArgumentError{Index: 1, Function: a.name, Message: "the value of " + quoted(key) + " is a " + old.TypeName() + ", to which nothing can be added"}
						}
						sum = Num(old.Number + n)
						return sum, nil
					})
				})
			}),
		handling(name+".set_if_absent", name+".set_if_absent(key, value [, ttl]) -> set, value",
			"Gives a key a value if it has none. It returns whether it did, and the value that the key has then.",
			full+`.set_if_absent("leader", "a", 10) --> true, "a"
`+full+`.set_if_absent("leader", "b", 10) --> false, "a"
`, func(a *arguments) []Value {
				key, value, ttl := a.key(1), a.kept(2), a.ttl(3)
				set := false
				result := a.changed(of(a), func(k keyed) (now Value, err error) {
					return now, k.update(key, ttl, false, func(old Value) (Value, error) {
						if now, set = old, false; old.Kind == Nil {
							now, set = value, true
						}
						return now, nil
					})
				})
				if a.err != nil {
					return nil
				}
				return a.two(Flag(set), result[0])
			}),
		handling(name+".delete", name+".delete(key) -> deleted", "Deletes a key. It returns whether it was there.",
			full+`.set("k", true) -->
`+full+`.delete("k") --> true
`+full+`.delete("k") --> false
`, func(a *arguments) []Value {
				key := a.key(1)
				return a.changed(of(a), func(k keyed) (there Value, err error) {
					return there, k.update(key, 0, false, func(old Value) (Value, error) {
						there = Flag(old.Kind != Nil)
						return Value{}, nil
					})
				})
			}),
	}
}

// handling makes a Function that is only there while messages are handled.
func handling(name, signature, doc, example string, body func(*arguments) []Value) Function {
	f := function(name, signature, doc, example, body)
	f.Handling = true
	return f
}

func (s *Shared) get(key string) (Value, error) { return s.Get(key), nil }

func (s *Shared) update(key string, ttl time.Duration, anew bool, change func(Value) (Value, error)) error {
	return s.Update(key, ttl, anew, change)
}

// changed does something if the arguments are good, and returns its result.
func (a *arguments) changed(k keyed, do func(keyed) (Value, error)) []Value {
	if a.err != nil {
		return nil
	}
	v, err := do(k)
	if err != nil {
		a.err = err
		return nil
	}
	return a.one(v)
}

// key returns argument i, which is a key.
func (a *arguments) key(i int) string {
	text := a.text(i)
	if a.err == nil && len(text) > keyMax {
		a.bad(i, "a key has at most %d bytes; this one has %d", keyMax, len(text))
	}
	return text
}

// kept returns argument i, which is a value to be kept.
func (a *arguments) kept(i int) Value {
	v, _ := a.at(i)
	switch v.Kind {
	case Boolean, Number:
	case String, Exact:
		if len(v.Text) > valueMax {
			a.bad(i, "a value has at most %d bytes; this one has %d", valueMax, len(v.Text))
		}
	default:
		a.expected(i, "string, number or boolean")
	}
	return v
}

// ttl returns argument i, which is how long a key is kept; 0 if it is not there.
func (a *arguments) ttl(i int) time.Duration {
	v, _ := a.at(i)
	if v.Kind == Nil {
		return 0
	}
	if v.Kind == String {
		if d, err := time.ParseDuration(v.Text); err == nil {
			return a.positive(i, d)
		}
	}
	seconds := a.number(i)
	if a.err == nil && !(seconds > 0 && seconds <= float64(math.MaxInt64/time.Second)/2) {
		a.bad(i, "a number of seconds above 0, or a string such as \"1m30s\" expected, got %s", FormatNumber(seconds))
		return 0
	}
	return a.positive(i, time.Duration(seconds*float64(time.Second)))
}

func (a *arguments) positive(i int, d time.Duration) time.Duration {
	if a.err == nil && d <= 0 {
		a.bad(i, "a duration above 0 expected, got %v", d)
	}
	return d
}
