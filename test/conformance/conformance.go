// Package conformance runs the conformance suite over plugins: those that
// gopiper ships, and the least that a plugin can be. They are loaded by a host
// that is built like gopiper, for a test binary is not.
package conformance
