package pattern

import (
	"testing"

	"pgregory.net/rapid"
)

// TestCompile holds what every match of a pattern begins with.
func TestCompile(t *testing.T) {
	for _, c := range []struct {
		pattern, prefix string
		plain           bool
	}{
		{"HTTP/1%.1", "HTTP/1.1", true}, {"", "", true}, {"abc", "abc", true}, {"%%", "%", true}, {"a%-b", "a-b", true},
		{"abc*", "ab", false}, {"abc?", "ab", false}, {"abc-", "ab", false}, {"abc+", "abc", false}, {"a%.*", "a", false},
		{"abc%d", "abc", false}, {"abc.", "abc", false}, {"abc[x]", "abc", false}, {"ab(c)", "ab", false}, {"abc$", "abc", false},
		{"^abc", "", false}, {"a^b", "a^b", true}, {"a]b", "a]b", true}, {"%", "", false}, {"ab%", "ab", false}, {"%bxy", "", false},
		{"a%1", "a", false}, {"*a", "", false}, {"a)", "a", false},
	} {
		p := Compile(c.pattern)
		if prefix, plain := p.Plain(); prefix != c.prefix || plain != c.plain || p.Text() != c.pattern {
			t.Errorf("%q: %q, %v", c.pattern, prefix, plain)
		}
	}
}

// TestFind holds that a pattern that was looked at beforehand matches what it
// would without.
func TestFind(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		piece := rapid.SampledFrom([]string{"a", "b", "ab", "%a", "%.", ".", "*", "+", "-", "?", "(", ")", "[ab]", "$", "^", "%1", "%b()", "%%", "]", "%"})
		wanted := ""
		for range rapid.IntRange(0, 6).Draw(t, "pieces") {
			wanted += piece.Draw(t, "piece")
		}
		text := rapid.StringMatching(`[ab.()%^]{0,12}`).Draw(t, "text")
		init := rapid.IntRange(0, len(text)).Draw(t, "init")
		var a, b Matcher
		p := Compile(wanted)
		start, end, found, err := a.Match(text, wanted, init)
		start2, end2, found2, err2 := b.Find(&p, text, init)
		if found != found2 || found && (start != start2 || end != end2 || a.Captures() != b.Captures()) {
			t.Fatalf("%q in %q: %d %d %v, then %d %d %v", wanted, text, start, end, found, start2, end2, found2)
		}
		// A longer prefix may pass over where a fault would be met.
		if err2 != nil && (err == nil || err.Error() != err2.Error()) {
			t.Fatalf("%q in %q: %v, then %v", wanted, text, err, err2)
		}
	})
}
