// Package words stands for a library that a component needs and gopiper does
// not have.
package words

// Emphasis returns times exclamation marks.
func Emphasis(times int) string {
	text := ""
	for range times {
		text += "!"
	}
	return text
}
