package pattern

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func show(m *Matcher, text, pattern string, init int) string {
	start, end, found, err := m.Match(text, pattern, init)
	if err != nil {
		return err.Error()
	}
	if !found {
		return "-"
	}
	out := fmt.Sprintf("%d:%d", start, end)
	for i := range m.Captures() {
		if text, offset, isPosition := m.Capture(i); isPosition {
			out += fmt.Sprintf(" @%d", offset)
		} else {
			out += " " + text
		}
	}
	return out
}

func TestMatch(t *testing.T) {
	tests := []struct {
		text, pattern string
		init          int
		want          string
	}{
		{"hello world", "wor", 0, "6:9"},
		{"hello", "", 3, "3:3"},
		{"hello", "l+", 0, "2:4"},
		{"hello", "l-o", 0, "2:5"},
		{"hello", "^ello", 0, "-"},
		{"hello", "^ello", 1, "1:5"},
		{"hello", "lo$", 0, "3:5"},
		{"a$b", "a$b", 0, "0:3"},
		{"key=value", "(%w+)=(%w+)", 0, "0:9 key value"},
		{"  x", "^%s*()", 0, "0:2 @2"},
		{"f(a(b)c)d", "%b()", 0, "1:8"},
		{"f(a(b", "%b()", 0, "-"},
		{"THE (quick) fox", "%f[%a]%a+%f[%A]", 5, "5:10"},
		{"THE (quick) fox", "%f[%a]%a+$", 0, "12:15"},
		{`say "it's" now`, `(["'])(.-)%1`, 0, `4:10 " it's`},
		{"x]y", "[]]", 0, "1:2"},
		{"x^y", "[%^]", 0, "1:2"},
		{"a-b", "[a%-]+", 0, "0:2"},
		{"abc-", "[^a-c]", 0, "3:4"},
		{"a.b", "%.", 0, "1:2"},
		{"\x00a", "%z", 0, "0:1"},
		{"ÿ\xff", "[\xff]", 0, "2:3"},
		{"caat", "ca?a?a?t", 0, "0:4"},
		{"aaab", "a*ab", 0, "0:4"},
		{"aXb", "%u", 0, "1:2"},
		{"aXb", "%U+", 1, "2:3"},
		{"0x1F", "%x+$", 0, "2:4"},
		{"*+", "*+", 0, "0:1"},
		{"nested", "((n)(e))", 0, "0:2 ne n e"},
		{"x", "%", 0, `bad pattern "%": it ends with %; write %% for a percent sign`},
		{"x", "[a", 0, `bad pattern "[a": a [ has no ]`},
		{"x", "[%]", 0, `bad pattern "[%]": a [ has no ]`},
		{"x", "(x", 0, `bad pattern "(x": a ( has no )`},
		{"x", "x)", 0, `bad pattern "x)": a ) has no (`},
		{"x", "%1", 0, `bad pattern "%1": %1 stands for no capture before it`},
		{"x", "(%1)", 0, `bad pattern "(%1)": %1 stands for no capture before it`},
		{"x", "%b(", 0, `bad pattern "%b(": %b needs two characters behind it`},
		{"x", "%fa", 0, `bad pattern "%fa": %f needs a [set] behind it`},
		{"x", strings.Repeat("()", 33), 0, `bad pattern "` + strings.Repeat("()", 33) + `": more than 32 captures`},
		{"x", strings.Repeat("x?", 150), 0, "0:1"},
		{strings.Repeat("x", 300), strings.Repeat("x?", 300), 0, "the pattern is too complex"},
	}
	for _, test := range tests {
		if got := show(&Matcher{}, test.text, test.pattern, test.init); got != test.want {
			t.Errorf("%q in %q from %d: %s, want %s", test.pattern, test.text, test.init, got, test.want)
		}
	}
}

func TestMatchEndsWhenOutOfFuel(t *testing.T) {
	refuels := 0
	m := &Matcher{Fuel: 1000, Refuel: func() int { refuels++; return max(0, 3-refuels) * 1000 }}
	text := strings.Repeat("a", 100)
	_, _, _, err := m.Match(text, strings.Repeat("a*", 20)+"b", 0)
	if !errors.Is(err, ErrFuel) || refuels != 3 {
		t.Fatalf("error %v after %d refuels", err, refuels)
	}
	if got := show(&Matcher{}, "aab", "a*b", 0); got != "0:3" {
		t.Errorf("without a limit: %s", got)
	}
}

// The prefix is a shortcut: the pattern must match where it does without it.
func TestPrefixChangesNothing(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.StringMatching(`[ab.]{0,8}`).Draw(t, "text")
		pattern := rapid.StringMatching(`([ab]|%.|[ab][*+?-]|\(a\)|\(\)){1,5}`).Draw(t, "pattern")
		want := "-"
		for start := 0; start <= len(text) && want == "-"; start++ {
			want = show(&Matcher{}, text, "^"+pattern, start)
		}
		if got := show(&Matcher{}, text, pattern, 0); strings.Split(got, " ")[0] != strings.Split(want, " ")[0] {
			t.Fatalf("%q in %q: %s, anchored %s", pattern, text, got, want)
		}
	})
}

func TestMatchAllocatesNothing(t *testing.T) {
	m := &Matcher{Fuel: 1 << 40}
	line := `197.132.62.223 - u1345 [01/Mar/2025:00:00:00 +0000] "PUT /search HTTP/1.1" 500 51929`
	n := testing.AllocsPerRun(100, func() {
		if _, _, found, _ := m.Match(line, `" 5%d%d (%d+)`, 0); !found {
			t.Fatal("no match")
		}
	})
	if n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func FuzzMatch(f *testing.F) {
	f.Add("hello world", "(%w+) %w+", 0)
	f.Add("f(a(b)c)d", "%b()", 1)
	f.Add("THE (quick) fox", "%f[%a]%a+%f[%A]", 0)
	f.Add("x]", "[^]-%]]*-", 0)
	f.Fuzz(func(t *testing.T, text, pattern string, init int) {
		if init < 0 || init > len(text) {
			return
		}
		m := &Matcher{Fuel: 100_000, Refuel: func() int { return 0 }}
		start, end, found, err := m.Match(text, pattern, init)
		if found && (err != nil || start < init || end < start || end > len(text)) {
			t.Fatalf("match %d to %d of %d, %v", start, end, len(text), err)
		}
		if found {
			for i := range m.Captures() {
				m.Capture(i)
			}
		}
	})
}

func BenchmarkMatch(b *testing.B) {
	line := `197.132.62.223 - u1345 [01/Mar/2025:00:00:00 +0000] "PUT /search?q=go+lua82128 HTTP/1.1" 200 51929 "-" "Go-http-client/1.1"`
	m := &Matcher{Fuel: 1 << 60}
	b.ReportAllocs()
	for b.Loop() {
		m.Match(line, `" 5%d%d `, 0)
	}
}
