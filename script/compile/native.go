package compile

// Native is the meaning of a function in Go, by its full name, such as
// "gopiper.sha256". It must have no effect but its results: what it was called
// for may be done again by the interpreter. One function serves any number of
// runners, which may be in different goroutines.
func Native(name string, call func(*Call)) Meaning {
	return Meaning{kind: library, name: name, native: call}
}

// Call is one call of a native function. It must not be kept.
type Call struct {
	frame     *frame
	arguments []Value
}

// Len returns the number of arguments.
func (c *Call) Len() int { return len(c.arguments) }

// IsNil tells whether argument i, from 0, is nil or not there.
func (c *Call) IsNil(i int) bool { return at(c.arguments, i).kind == isNil }

// IsNumber tells whether argument i is a number.
func (c *Call) IsNumber(i int) bool { return at(c.arguments, i).kind == isNumber }

// IsString tells whether argument i is a string.
func (c *Call) IsString(i int) bool { return at(c.arguments, i).kind == isString }

// Bool tells whether argument i is neither nil nor false.
func (c *Call) Bool(i int) bool { return at(c.arguments, i).truth() }

// Text returns argument i, a string or the text of a number. It is good until
// the call returns. For any other value the call does not go on.
func (c *Call) Text(i int) string { return c.frame.textOf(at(c.arguments, i)) }

// Number returns argument i, a number or that which a string spells. For any
// other value the call does not go on.
func (c *Call) Number(i int) float64 { return c.frame.numberOf(at(c.arguments, i)) }

// Interpret leaves the message to the interpreter: the call does not go on. It
// is for errors, and for whatever is rare.
func (c *Call) Interpret() { c.frame.bail() }

// Work tells of what takes as long as looking at n bytes of a string, before it
// is done. The call does not go on if the function has run too long.
func (c *Call) Work(n int) { c.frame.charge(n) }

// ReturnNil adds nil to the results, as do the others that begin with Return.
func (c *Call) ReturnNil() { c.push(Value{}) }

// ReturnBool adds a boolean.
func (c *Call) ReturnBool(b bool) { c.push(boolean(b)) }

// ReturnNumber adds a number.
func (c *Call) ReturnNumber(f float64) { c.push(number(f)) }

// ReturnText adds a string that does not change. It may be a part of an
// argument.
func (c *Call) ReturnText(s string) { c.push(text(s)) }

// ReturnAppended adds the string that build appends to the slice it gets, which
// it must not keep. Of what it appends at most atMost bytes are expected; memory
// for more costs an allocation.
func (c *Call) ReturnAppended(atMost int, build func(dst []byte) []byte) {
	f := c.frame
	f.build(atMost)
	start := len(f.arena)
	f.arena = build(f.arena)
	f.build(max(0, len(f.arena)-start-atMost))
	c.push(text(f.since(start)))
}

func (c *Call) push(v Value) { c.frame.stack = append(c.frame.stack, v) }

// nativeFunction makes of a native function one that can be called.
func nativeFunction(call func(*Call)) function {
	return function{many: func(f *frame, arguments []Value) {
		f.call = Call{frame: f, arguments: arguments}
		call(&f.call)
		f.call.arguments = nil
	}}
}
