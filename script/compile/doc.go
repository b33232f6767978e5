// Package compile turns Lua functions over messages into Go closures.
//
// [Compile] takes a function of the syntax tree that gopher-lua's parser makes.
// What it compiles is a subset of Lua 5.1, described in docs/lua-compiled.md;
// anything else is a [Reason] with a line, and the function stays with the
// interpreter.
//
// # Equal to the interpreter
//
// A compiled function shows no effect before it has ended well: what it assigns
// is kept beside the message and applied at once. So whatever is rare, and every
// error, is left to the interpreter: [Runner.Handle] returns [ErrInterpret],
// the message is as it came, and the caller runs the interpreter for it. Its
// errors with their text and stack are therefore the interpreter's own. Only
// limits are enforced here: see [LimitError].
//
// # Memory
//
// A [Function] does not change and may be used by any number of goroutines. A
// [Runner] belongs to one at a time. Strings that a function makes are built in
// the runner's memory, which is used again for the next message; data that is
// assigned is copied into memory of the message. In steady state a message
// costs no allocation, save a key, an attribute or a description that is made
// anew for each message.
package compile
