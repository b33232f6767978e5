package match

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"regexp"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

const line = `197.132.62.223 - u1345 [01/Mar/2025:00:00:00 +0000] "PUT /search?q=go+lua82128 HTTP/1.1" 500 51929 "-" "Go-http-client/1.1"`

// TestPatternsWithoutTheEngine names expressions that are not left to the
// engine, and what they match.
func TestPatternsWithoutTheEngine(t *testing.T) {
	for _, c := range []struct {
		expression, matching, other string
		ascii                       bool
	}{
		{`" 5[0-9][0-9] `, line, `"GET /" 404 12`, false},
		{`error`, "an error", "an err or", false},
		{`^error$`, "error", "an error", false},
		{`.*(error).*`, "an error", "an err or", true},
		{`error|warn(ing)?|fatal`, "warn", "wan", false},
		{`(?i)error`, "ERRor", "Errr", false},
		{`(?i)ask`, "ASK", "as", true},
		{`\berror\b`, "an error.", "errors terror", false},
		{`\d+ms`, "took 12ms", "took ms", false},
		{`status=5\d\d`, "a status=503", "status=50x", false},
		{`" (4|5)[0-9]{2} `, line, `" 301 `, false},
		{`a.c`, "xabc", "ac", true},
		{`user [^ ] x`, "user a x", "user  x", true},
		{`foo.*bar.*baz`, "foo a bar bbaz", "foo baz bar", false},
		{`(?m)^x`, "a\nx", "ax", false},
		{`größe`, "die größe", "die grosse", false},
		{`[äöü]a`, "xöa", "oa", true},
		{``, "anything", "", false},
	} {
		p, err := Compile(c.expression)
		if err != nil {
			t.Fatal(err)
		}
		if p.parts == nil {
			t.Errorf("%s is left to the engine", c.expression)
		}
		if !p.Match([]byte(c.matching)) {
			t.Errorf("%s does not match %s", c.expression, c.matching)
		}
		if c.other != "" && p.Match([]byte(c.other)) {
			t.Errorf("%s matches %s", c.expression, c.other)
		}
	}
}

func TestPatternsForTheEngine(t *testing.T) {
	for _, c := range []struct {
		expression string
		required   []string
	}{
		{`user=(\w+) id=\d+ end`, []string{"user=", " id=", " end"}},
		{`(?s)foo.*bar`, []string{"foo", "bar"}},
		{`a(b|c+)d`, []string{"a", "d"}},
		{`x(foo)+y`, []string{"x", "foo", "y"}},
		{`^$`, nil},
		{`[a-z]{300}`, nil},
		{`(a|b|cc|d)(e|f|gg)(h|ii|j)`, nil},
		{"\uFFFDa+b", []string{"a", "b"}},
	} {
		p, err := Compile(c.expression)
		if err != nil {
			t.Fatal(err)
		}
		var texts []string
		for _, l := range p.required {
			texts = append(texts, l.text)
		}
		if p.parts != nil || p.whole != nil || strings.Join(texts, "|") != strings.Join(c.required, "|") {
			t.Errorf("%s: %d parts, required %q; want %q", c.expression, len(p.parts), texts, c.required)
		}
	}
	if _, err := Compile(`a(`); err == nil || err.Error() != "error parsing regexp: missing closing ): `a(`" {
		t.Error(err)
	}
}

var (
	drawnAtoms = []string{
		"a", "b", "ab", "K", "5", `"`, " ", "é", "\n", `\d`, "[0-9]", "[ab]", "[^a]", ".", `\w`, `\W`, "[k-z]", "[à-ü]", `\x{FFFD}`,
		"(?i:ak)", "(?i:ſb)", `(?s:.)`, `\b`, `\B`, "^", "$", "(?m:^)", "(?m:$)", ".*", ".+", "", "[^\\x00-\\x7f]", "longer text",
	}
	drawnPieces = []string{
		"a", "b", "ab", "A", "k", "K", "\u212a", "ſ", "5", "42", `"`, " ", "é", "e\u0301", "\n", "\xff", "\xc3", "\xa9", "x", "_", "\uFFFD",
		"longer text", "a rather long stretch in which there is nothing",
	}
)

func drawExpression(t *rapid.T, depth int) string {
	var b strings.Builder
	for range rapid.IntRange(0, 4).Draw(t, "atoms") {
		switch kind := rapid.IntRange(0, 9).Draw(t, "kind"); {
		case kind == 0 && depth > 0:
			b.WriteString("(" + drawExpression(t, depth-1) + "|" + drawExpression(t, depth-1) + ")")
		case kind == 1 && depth > 0:
			b.WriteString("(" + drawExpression(t, depth-1) + ")" + rapid.SampledFrom([]string{"*", "+", "?", "{2}", "{1,2}"}).Draw(t, "repeat"))
		default:
			b.WriteString(rapid.SampledFrom(drawnAtoms).Draw(t, "atom"))
		}
	}
	return b.String()
}

// TestPatternAgreesWithRegexp draws expressions and data to match.
func TestPatternAgreesWithRegexp(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		expression := drawExpression(t, 2)
		engine, err := regexp.Compile(expression)
		if err != nil {
			t.Skip()
		}
		p, err := Compile(expression)
		if err != nil {
			t.Fatalf("%q: %v", expression, err)
		}
		for range 10 {
			data := strings.Join(rapid.SliceOfN(rapid.SampledFrom(drawnPieces), 0, 12).Draw(t, "data"), "")
			if got, want := p.Match([]byte(data)), engine.MatchString(data); got != want {
				t.Fatalf("%q on %q: %v; regexp says %v", expression, data, got, want)
			}
			checkFindAll(t, p, []byte(data))
		}
	})
}

func checkFindAll(t rapid.TB, p *Pattern, data []byte) {
	for _, n := range []int{-1, 0, 2} {
		want := slices.Concat(p.Engine().FindAllIndex(data, n)...)
		if got := p.FindAll(nil, data, n); !slices.Equal(got, want) {
			t.Fatalf("%q on %q, %d times: %v; regexp says %v", p.Engine(), data, n, got, want)
		}
	}
}

// TestFindAllWithoutTheEngine names expressions whose matches are found
// without the engine, and what is found.
func TestFindAllWithoutTheEngine(t *testing.T) {
	for _, c := range []struct {
		expression, data string
		want             []int
	}{
		{`\b\d{3}-\d{2}-\d{4}\b`, "a 123-45-6789, 999-99-9999, 1234-56-7890", []int{2, 13, 15, 26}},
		{`a|ab`, "abab", []int{0, 1, 2, 3}},
		{`(ab|a)(c|bcd)?`, "abcd", []int{0, 3}},
		{`(a|ab)(c|bcd)`, "abcd", []int{0, 4}},
		{`ab??`, "abab", []int{0, 1, 2, 3}},
		{`^a`, "aaa", []int{0, 1}},
	} {
		p, err := Compile(c.expression)
		if err != nil {
			t.Fatal(err)
		}
		if p.whole == nil {
			t.Errorf("%s is left to the engine", c.expression)
		}
		if got := p.FindAll(nil, []byte(c.data), -1); !slices.Equal(got, c.want) {
			t.Errorf("%s in %s: %v; want %v", c.expression, c.data, got, c.want)
		}
		checkFindAll(t, p, []byte(c.data))
	}
}

// FuzzPattern lets the fuzzer find both the expression and the data.
func FuzzPattern(f *testing.F) {
	f.Add(`" 5[0-9][0-9] `, []byte(line))
	f.Add(`(?i)get .*(404|5\d\d)$`, []byte("x GET / 404"))
	f.Add(`^\s*#|\bk[^k]?\B`, []byte("a\xffk\u212a b"))
	f.Add(`a(b|c)*?d+x{2,3}`, []byte("abcbcddxxx\n"))
	f.Fuzz(func(t *testing.T, expression string, data []byte) {
		engine, err := regexp.Compile(expression)
		p, err2 := Compile(expression)
		if (err == nil) != (err2 == nil) {
			t.Fatalf("%q: %v; regexp says %v", expression, err2, err)
		}
		if err == nil && p.Match(data) != engine.Match(data) {
			t.Fatalf("%q on %q: %v; regexp says otherwise", expression, data, p.Match(data))
		}
		if err == nil {
			checkFindAll(t, p, data)
		}
	})
}

// TestLiteralAgreesWithIndex draws texts over few letters, so that much of
// them is nearly found.
func TestLiteralAgreesWithIndex(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		letters := rapid.SampledFrom([]string{"ab", "aX", "e~", "abc \"", "\x00\xff\x80"}).Draw(t, "letters")
		draw := func(low, high int) string {
			return string(rapid.SliceOfN(rapid.SampledFrom([]byte(letters)), low, high).Draw(t, "text"))
		}
		text, data := draw(0, 6), []byte(draw(0, 100))
		from := rapid.IntRange(0, len(data)).Draw(t, "from")
		want := bytes.Index(data[from:], []byte(text))
		if want >= 0 {
			want += from
		}
		l := NewLiteral(text)
		if got := l.Index(data, from); max(got, -1) != want || from == 0 && l.In(data) != (want >= 0) {
			t.Fatalf("%q in %q from %d: %d; want %d", text, data, from, got, want)
		}
	})
}

func TestMatchingAllocatesNothing(t *testing.T) {
	data := []byte(line)
	for _, expression := range []string{`" 5[0-9][0-9] `, `(?i)error|warn`, `foo.*bar`, `id=(\d+) x`} {
		p, err := Compile(expression)
		if err != nil {
			t.Fatal(err)
		}
		if n := testing.AllocsPerRun(10, func() { p.Match(data) }); n > 0 {
			t.Errorf("%s: %v allocations", expression, n)
		}
	}
}

// lines are access log lines of 122 bytes on average; one in ten has a status
// from 500 on.
func lines() [][]byte {
	var slab []byte
	random := rand.New(rand.NewPCG(1, 2))
	starts := []int{0}
	for i := range 512 {
		status := []int{200, 200, 200, 200, 200, 301, 404, 200, 304, 503}[random.IntN(10)]
		slab = fmt.Appendf(slab, `%d.%d.%d.%d - u%d [01/Mar/2025:00:%02d:%02d +0000] "%s /search?q=go+lua%d HTTP/1.1" %d %d "-" "%s"`,
			random.IntN(256), random.IntN(256), random.IntN(256), random.IntN(256), random.IntN(2000), i/60, i%60,
			[]string{"GET", "PUT", "POST"}[random.IntN(3)], random.IntN(100000), status, random.IntN(100000),
			[]string{"Go-http-client/1.1", "Mozilla/5.0 (X11; Linux)", "curl/8.1.2"}[random.IntN(3)])
		starts = append(starts, len(slab))
	}
	var all [][]byte
	for i, start := range starts[1:] {
		all = append(all, slab[starts[i]:start:start])
	}
	return all
}

func BenchmarkMatch(b *testing.B) {
	all := lines()
	run := func(name string, match func([]byte) bool) {
		b.Run(name, func(b *testing.B) {
			matched := 0
			for b.Loop() {
				for _, l := range all {
					if match(l) {
						matched++
					}
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*len(all)), "ns/message")
			b.ReportMetric(100*float64(matched)/float64(b.N*len(all)), "%")
		})
	}
	for _, expression := range []string{
		`" 5[0-9][0-9] `, `(?i)error`, `" (4|5)\d\d `, `error|warn`, `POST .*" 503`, `"(GET|POST) /search`, `u13\d\d `, `lua(\d+) HTTP.*curl`,
	} {
		p, err := Compile(expression)
		if err != nil {
			b.Fatal(err)
		}
		run("pattern "+expression, p.Match)
		run("regexp "+expression, regexp.MustCompile(expression).Match)
	}
	for _, text := range []string{`" 503 `, "error", "POST", "Mozilla/5.0", "u1345"} {
		run("literal "+text, NewLiteral(text).In)
		run("bytes "+text, func(data []byte) bool { return bytes.Contains(data, []byte(text)) })
	}
}

// Both ways of looking for a pair find the same.
func TestPairAgreesWithWords(t *testing.T) {
	if !hasPair {
		t.Log("this processor has no AVX2: there is one way only")
	}
	rapid.Check(t, func(t *rapid.T) {
		letters := rapid.SampledFrom([]byte("abABc"))
		data := rapid.SliceOfN(letters, 0, 200).Draw(t, "data")
		text := string(rapid.SliceOfN(letters, 2, 40).Draw(t, "text"))
		from := rapid.IntRange(0, len(data)).Draw(t, "from")
		l := NewLiteral(text)
		f := l.finder
		f.rare, f.pair = false, nil
		for i := from; i >= 0 && i <= len(data)-len(text); {
			got, want := f.next(data, i), f.words(data, i)
			if got != want {
				t.Fatalf("from %d: %d, want %d", i, got, want)
			}
			i = want + 1
			if want < 0 {
				break
			}
		}
	})
}
