// Package std is the standard library that scripts have for messages: JSON,
// time, regular expressions, text formats, URLs, addresses, hashes, encodings,
// compression, random values, templates, metrics and log lines.
//
// It knows no Lua engine. A [Function] takes and returns [Value]s, and whoever
// runs scripts binds them; [Groups] is the list from which bindings, completion
// and reference pages are made, so that all engines have the same functions,
// with the same results and the same errors.
//
// A group is a variable of type [Group] in the list of registry.go. What it needs
// of its surroundings is a field of [Context]; what it keeps for one worker, too.
// Functions without effects and without tables in their results are named in
// pure, beside that list, and then compiled functions can call them.
//
// # Errors
//
// Arguments are checked as Lua 5.1 checks those of its own functions: a number
// will do where a string is expected and the other way round, and anything else
// is an [*ArgumentError], which a binding raises. What depends on data, such as
// a text that is no JSON, is no error of a call: the function returns nil and a
// description then, and never raises.
//
// # Limits
//
// A text is at most 16 MiB long, the tables of a result hold at most 524288
// values, and everything that a function makes is bounded by
// [Context.MaxOutput]. What takes long says so to [Context.Charge] as it goes
// on, which may end it.
package std
