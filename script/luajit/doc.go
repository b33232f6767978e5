// Package luajit runs Lua functions on LuaJIT, which is loaded when the process
// asks for it. It needs no cgo.
//
// [Open] loads the library, [Library.NewState] makes a state with the safe
// library, [State.Run] runs source and returns the functions that it returned,
// [Function.Bind] readies one of them, and [Function.Call] calls it with every
// message of a [Batch] in one crossing into C:
//
//	batch.Reset()
//	batch.Add(data, key, timestamp)        // and so on
//	handled, err := function.Call(batch)
//	for i := range handled {
//		result := batch.Result(i)          // good until the next call
//	}
//
// [State.Register] gives scripts Go functions, at 0.1 to 0.4 µs a call; until the
// host registers them, print and require are not there.
//
// # What is not limited
//
// LuaJIT cannot be interrupted, and allocates by itself. A loop without an end
// never returns, and memory is bounded by the machine only: this is for scripts
// that are trusted. [State.Running] and [State.Begun] tell, from any goroutine,
// what runs, since when, and whether it gets on, so that a watchdog can end the
// process; [State.Memory] tells after every call how much memory Lua holds, what
// is garbage included, so that a state that has grown can be closed. What one
// call of string.rep makes is at most 32 MiB; tables are passed to and from Go 32
// deep.
//
// # Lua 5.1
//
// Scripts see the names that package script shows them on gopher-lua. Where
// LuaJIT differs from Lua 5.1 and it costs nothing, it was made equal:
// string.format("%q"), string.rep without a separator, tonumber without 0b11,
// math.log with one argument, math.random of an empty interval (an error),
// xpcall without arguments, and no names of later versions. These differences
// are left:
//
//   - Numbers as text: halves are rounded up in the fifteenth digit
//     (123456789012345 is 1.2345678901235e+14, in Lua 1.2345678901234e+14); what is
//     no number is "nan", where Lua on amd64 writes "-nan" for most; and -0 as a
//     constant is "-0", which Lua writes so only if it was computed.
//   - string.format: %s takes anything, by tostring, where Lua wants a string or a
//     number; %a, %F and %p exist; %u, %x and %o of a number beyond 64 bits; %s and
//     %c write zero bytes.
//   - Arithmetic takes "0b11" for a number.
//   - Zero bytes in patterns and replacements stand for themselves, where Lua ends
//     them there; %g is a class.
//   - Source: \x41, \z and \u{41} in strings, 0x.8, 1LL, 1i and 0b11 as numbers, and
//     goto; "\q" is an error, in Lua it is "q".
//   - pcall, and metamethods, can be yielded across; assert takes any value as its
//     message; functions with "..." have no arg; a loop whose step is 0 does not
//     end; # of a table with holes may find another end, and so may table.concat.
//   - math.max and math.min of what is no number, and the random numbers.
//   - Where a message says which argument is bad it may word that otherwise.
package luajit
