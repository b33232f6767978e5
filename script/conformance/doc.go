// Package conformance has no code, only tests: they hold every engine that runs
// Lua functions to Lua 5.1, and to one another.
//
// The cases in testdata/lua are Lua, with what Debian's lua5.1 makes of each
// beside them; those in testdata/message are functions over messages with what
// has to become of these, written by hand. All of them go through what hosts
// use, script.Load and the component of a function, on every engine of the table
// in engine_test.go; docs/lua-conformance.md says more.
package conformance

//go:generate go test . -run "TestExpected|TestPage" -update
