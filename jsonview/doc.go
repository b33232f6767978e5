// Package jsonview reads and edits JSON text without decoding it. A read parses
// what it touches; an edit is one pass over the text that copies what it does
// not touch, byte for byte: spacing, the text of numbers, escapes, the order
// and even the repetition of keys stay as they were.
//
// # What is checked
//
// [Parse] and [Program.Apply] check the whole text: they fail exactly where
// encoding/json's Valid would, and for nesting deeper than [MaxDepth]. [Get]
// checks everything up to the end of the value that it finds, and the whole
// text when it finds none; what lies behind a found value is not looked at.
// Whatever is checked is checked completely: grammar, literals, numbers,
// escapes, control characters in strings. As in encoding/json, whether strings
// are valid UTF-8 is not checked.
//
// # Keys that repeat
//
// A read finds the first member of a name. An edit applies to every member of
// the name, so that afterwards no reader, whichever of them it prefers, sees
// what was deleted or overwritten.
//
// # Concurrency and memory
//
// A [Path] and a [Program] do not change and may be used by any number of
// goroutines. A [Value] refers to the text it was found in and is valid as long
// as that is not changed. A [Document] belongs to one goroutine.
package jsonview
