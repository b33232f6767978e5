// Package hostile holds scripts that attack the host they run in, and the tests
// that run every one of them, interpreted and compiled: loops that nothing ends,
// patterns that backtrack, strings, tables and messages that grow without a
// bound, recursion, and attempts to get out.
//
// Each file in corpus begins with what it attacks and what has to come of it:
//
//	limit    the message fails because the function has come to a limit
//	error    it fails with an error that the script itself could have caught
//	any      either, or it is handled: what matters is that the host lives
//	refused  the script is not loaded
//
// Those in corpus/call are the body of a function, those in corpus/load whole
// scripts. A line "-- repeat 1000: text" stands for that text so many times, in
// which NUMBER counts.
//
// A child process runs the scripts, as any of them might end it. After each, a
// message that does no harm must be handled by the same worker. The plain test
// looks at what comes of it; with -strict every script has a process of its own,
// in which two workers run it at once, and the time until its report and the
// growth of the process are measured against what is promised, and printed:
//
//	go test ./test/hostile -run Strict -strict -v
package hostile
