package std

import (
	"fmt"
	"io"
	"math"
	"regexp"
	"regexp/syntax"
	"strconv"
	"strings"
	"unicode/utf8"
)

// The limits on regular expressions. The time that one takes is at most
// proportional to the length of the text times its size.
const (
	patternMax      = 16 << 10 // bytes
	instructionsMax = 20_000
	// stepsMax bounds the length of the text times the size of the pattern,
	// where all matches are asked for.
	stepsMax   = 1 << 23
	matchesMax = 1 << 17
)

var regexGroup = Group{
	Name:    "regex",
	Summary: "Regular expressions, whose time grows only with the length of the text.",
	Text: `The syntax is that of [RE2](https://github.com/google/re2/wiki/Syntax): no
back references and no look around, and no text that takes for ever. Flags stand in front:
` + "`(?i)`, `(?m)`, `(?s)`" + `. Offsets count bytes, from 1. Expressions are compiled once and kept; a
pattern that is wrong raises an error. So does a function that asks for all matches, if the length
of the text times the size of the pattern is too much, or if there are more than 131072 of them.`,
	Functions: []Function{
		function("regex.match", "regex.match(text, pattern) -> capture, …",
			"Returns the captures of the first match, or all of the match if the pattern has none. A group that took no part is nil. "+
				"Without a match it returns nil.",
			`
gopiper.regex.match("GET /a?b=1", "^(\\w+) (\\S+)") --> "GET", "/a?b=1"
gopiper.regex.match("took 12ms", "\\d+") --> "12"
gopiper.regex.match("x", "y") --> nil
`, regexMatch),
		function("regex.find", "regex.find(text, pattern [, from]) -> first, last, capture, …",
			"Returns where the first match begins and ends, and its captures. The search begins at from, 1 by default; "+
				"what stands before that still counts for ^ and \\b. Without a match it returns nil.",
			`
gopiper.regex.find("a1 b22", "\\w(\\d+)", 2) --> 4, 6, "22"
`, regexFind),
		function("regex.groups", "regex.groups(text, pattern) -> table",
			"Returns the named groups of the first match, those that took part. Without a match it returns nil.",
			`
gopiper.regex.groups("10.0.0.1 GET", "^(?P<client>\\S+) (?P<method>[A-Z]+)( (?P<path>.*))?") --> {client = "10.0.0.1", method = "GET"}
`, regexGroups),
		function("regex.find_all", "regex.find_all(text, pattern [, limit]) -> list",
			"Returns all matches, or the first limit of them: texts if the pattern has no captures or one, and lists of the captures "+
				"if it has more. A group that took no part is an empty text.",
			`
gopiper.regex.find_all("a=1 b=2", "\\d") --> {"1", "2"}
gopiper.regex.find_all("a=1 b=2", "(\\w)=(\\d)") --> {{"a", "1"}, {"b", "2"}}
`, regexFindAll),
		function("regex.replace", "regex.replace(text, pattern, replacement [, limit]) -> text, count",
			"Replaces all matches, or the first limit of them. In the replacement $1 or ${1} is a group, ${name} a named one, "+
				"$0 the match, $$ a dollar sign.",
			`
gopiper.regex.replace("user 4111111111111111", "\\b\\d{12}(\\d{4})\\b", "****$1") --> "user ****1111", 1
`, regexReplace),
		function("regex.split", "regex.split(text, pattern [, limit]) -> list",
			"Returns what stands between the matches; of at most limit pieces the last is all the rest.",
			`
gopiper.regex.split("a, b;c", "[,;] *") --> {"a", "b", "c"}
gopiper.regex.split("a, b;c", "[,;] *", 2) --> {"a", "b;c"}
`, regexSplit),
		function("regex.escape", "regex.escape(text) -> pattern",
			"Returns a pattern that matches just the text.",
			`
gopiper.regex.escape("1+1") --> "1\\+1"
`, func(a *arguments) []Value { return a.result(regexp.QuoteMeta(a.text(1))) }),
	},
}

// expression is a compiled regular expression.
type expression struct {
	*regexp.Regexp
	size   int            // instructions of its program
	behind *regexp.Regexp // the same behind at least one character; nil until needed
}

func compileExpression(pattern string) (*expression, error) {
	if len(pattern) > patternMax {
		return nil, fmt.Errorf("the pattern is longer than %d bytes", patternMax)
	}
	tree, err := syntax.Parse(pattern, syntax.Perl)
	if err == nil {
		var program *syntax.Prog
		if program, err = syntax.Compile(tree.Simplify()); err == nil {
			if len(program.Inst) > instructionsMax {
				return nil, fmt.Errorf("the pattern is too large: it repeats too much")
			}
			var engine *regexp.Regexp
			engine, err = regexp.Compile(pattern)
			return &expression{Regexp: engine, size: len(program.Inst)}, err
		}
	}
	return nil, fmt.Errorf("the pattern is no regular expression: %s", strings.TrimPrefix(err.Error(), "error parsing regexp: "))
}

// expression returns the text that is argument 1 and the expression that is
// argument 2, nil if the call must end.
func (a *arguments) expression() (string, *expression) {
	text, pattern := a.text(1), a.text(2)
	if a.err != nil {
		return "", nil
	}
	e, ok := a.expressions.get(pattern)
	if !ok {
		var err error
		pattern = strings.Clone(pattern)
		if e, err = compileExpression(pattern); err != nil {
			a.charge(4096)
			a.bad(2, "%s", err.Error())
			return "", nil
		}
		a.expressions.put(pattern, e, 200*e.size)
		a.charge(e.size * 4000)
	}
	if !a.charge(len(text)) {
		return "", nil
	}
	return text, e
}

// first returns the first match of an expression of a size in the text. While
// it searches a long one, it tells of that.
func (a *arguments) first(e *regexp.Regexp, size int, text string) []int {
	if len(text)*size <= pauseMax {
		if !a.charge(8 * len(text) * size) {
			return nil
		}
		return e.FindStringSubmatchIndex(text)
	}
	at := e.FindReaderSubmatchIndex(&runes{a: a, text: text, size: size})
	if a.err != nil {
		return nil
	}
	return at
}

// pauseMax is how many steps a search takes at most between two charges.
const pauseMax = 1 << 18

// runes reads a text. It ends it early if the call must end.
type runes struct {
	a                 *arguments
	text              string
	at, charged, size int
}

// ReadRune makes runes an io.RuneReader.
func (r *runes) ReadRune() (rune, int, error) {
	if steps := (r.at - r.charged) * r.size; steps > pauseMax {
		r.charged = r.at
		if !r.a.charge(8 * steps) {
			return 0, 0, io.EOF
		}
	}
	if r.at == len(r.text) {
		return 0, 0, io.EOF
	}
	c, width := utf8.DecodeRuneInString(r.text[r.at:])
	r.at += width
	return c, width, nil
}

// all returns the matches in the text, or the first n of them if n is not
// negative. It returns false if the call must end.
func (a *arguments) all(e *expression, text string, n int) ([][]int, bool) {
	steps := len(text) * e.size
	if steps > stepsMax {
		a.bad(1, "a text of %d bytes is too long for a pattern of this size; cut it first", len(text))
	}
	if !a.charge(8 * min(steps, stepsMax)) {
		return nil, false
	}
	most := n
	if n < 0 || n > matchesMax {
		most = matchesMax + 1
	}
	matches := e.FindAllStringSubmatchIndex(text, most)
	if len(matches) > matchesMax {
		a.bad(1, "the text has more than %d matches; give a limit", matchesMax)
		return nil, false
	}
	return matches, a.charge(len(matches) * valueCost)
}

// limit returns argument i, a number of matches, -1 for all.
func (a *arguments) limit(i int) int {
	if a.absent(i) {
		return -1
	}
	return int(a.whole(i, 0, math.MaxInt32))
}

// captures appends the captures of a match to list, or all of it if there are
// none.
func captures(list []Value, text string, at []int) []Value {
	if len(at) == 2 {
		return append(list, Text(text[at[0]:at[1]]))
	}
	for i := 2; i < len(at); i += 2 {
		if at[i] < 0 {
			list = append(list, Value{})
		} else {
			list = append(list, Text(text[at[i]:at[i+1]]))
		}
	}
	return list
}

func regexMatch(a *arguments) []Value {
	text, e := a.expression()
	if e == nil {
		return nil
	}
	if e.NumSubexp() == 0 && len(text)*e.size <= pauseMax && a.charge(8*len(text)*e.size) {
		if found := e.FindString(text); found != "" { // this allocates nothing
			return a.one(Text(found))
		}
	}
	at := a.first(e.Regexp, e.size, text)
	if at == nil {
		return a.one(Value{})
	}
	return captures(a.results[:0], text, at)
}

func regexFind(a *arguments) []Value {
	text, e := a.expression()
	from := 1
	if !a.absent(3) {
		from = int(a.whole(3, 1, math.MaxInt32))
	}
	if e == nil || a.err != nil {
		return nil
	}
	at := a.findFrom(e, text, from-1)
	if at == nil {
		return a.one(Value{})
	}
	list := append(a.results[:0], Num(float64(at[0]+1)), Num(float64(at[1])))
	if len(at) > 2 {
		list = captures(list, text, at)
	}
	return list
}

// findFrom returns the first match that begins at from or behind it. The engine
// cannot begin in the middle of a text and know what stands before that; so it
// gets one character more, and another expression.
func (a *arguments) findFrom(e *expression, text string, from int) []int {
	if from == 0 {
		return a.first(e.Regexp, e.size, text)
	}
	if from > len(text) {
		return nil
	}
	if e.behind == nil {
		e.behind = regexp.MustCompile(`\A(?s:.)(?s:.*?)(` + e.String() + `)`)
	}
	_, width := utf8.DecodeLastRuneInString(text[:from])
	at := a.first(e.behind, e.size+8, text[from-width:])
	if at == nil {
		return nil
	}
	for i := range at {
		if at[i] >= 0 {
			at[i] += from - width
		}
	}
	return at[2:]
}

func regexGroups(a *arguments) []Value {
	text, e := a.expression()
	if e == nil {
		return nil
	}
	at := a.first(e.Regexp, e.size, text)
	if at == nil {
		return a.one(Value{})
	}
	t := a.tables.Take()
	for i, name := range e.SubexpNames() {
		if name != "" && at[2*i] >= 0 {
			t.Set(name, Text(text[at[2*i]:at[2*i+1]]))
		}
	}
	return a.one(OfTable(t))
}

func regexFindAll(a *arguments) []Value {
	limit := a.limit(3)
	text, e := a.expression()
	if e == nil {
		return nil
	}
	matches, ok := a.all(e, text, limit)
	if !ok {
		return nil
	}
	t := a.array()
	for _, at := range matches {
		list := captures(nil, text, at)
		for i, v := range list {
			if !a.value() {
				return a.excess()
			}
			if v.Kind == Nil {
				list[i] = Text("")
			}
		}
		if len(list) == 1 {
			t.List = append(t.List, list[0])
		} else {
			t.List = append(t.List, OfTable(&Table{List: list, Array: true}))
		}
	}
	return a.one(OfTable(t))
}

// replacement is the text of a replacement taken apart: literal text and the
// groups behind it, -1 for none.
type replacement struct {
	literal string
	group   int
}

func parseReplacement(e *expression, text string) ([]replacement, error) {
	var list []replacement
	for {
		before, rest, found := strings.Cut(text, "$")
		if !found {
			return append(list, replacement{before, -1}), nil
		}
		if after, ok := strings.CutPrefix(rest, "$"); ok {
			list, text = append(list, replacement{before + "$", -1}), after
			continue
		}
		end := 0
		for end < len(rest) && '0' <= rest[end] && rest[end] <= '9' {
			end++
		}
		name, after := rest[:end], rest[end:]
		if inner, ok := strings.CutPrefix(rest, "{"); ok {
			if name, after, ok = strings.Cut(inner, "}"); !ok {
				return nil, fmt.Errorf("the replacement has ${ without }")
			}
		}
		group, err := strconv.Atoi(name)
		if err != nil {
			group = e.SubexpIndex(name)
		}
		if group < 0 || group > e.NumSubexp() {
			return nil, fmt.Errorf("the pattern has no group %s; write $$ for a dollar sign", quoted(name))
		}
		list, text = append(list, replacement{before, group}), after
	}
}

func regexReplace(a *arguments) []Value {
	with, limit := a.text(3), a.limit(4)
	text, e := a.expression()
	if e == nil {
		return nil
	}
	parts, err := parseReplacement(e, with)
	if err != nil {
		a.bad(3, "%s", err.Error())
		return nil
	}
	matches, ok := a.all(e, text, limit)
	if !ok {
		return nil
	}
	if len(matches) == 0 {
		return a.two(Text(text), Num(0))
	}
	out, end := a.buffer[:0], 0
	for _, at := range matches {
		out = append(out, text[end:at[0]]...)
		for _, p := range parts {
			out = append(out, p.literal...)
			if p.group >= 0 && at[2*p.group] >= 0 {
				out = append(out, text[at[2*p.group]:at[2*p.group+1]]...)
			}
		}
		if end = at[1]; len(out) > a.maxOutput() {
			break
		}
	}
	out = append(out, text[end:]...)
	results := a.made(out)
	if results == nil {
		return nil
	}
	return a.two(results[0], Num(float64(len(matches))))
}

func regexSplit(a *arguments) []Value {
	limit := a.limit(3)
	text, e := a.expression()
	if e == nil {
		return nil
	}
	if limit == 0 {
		return a.one(OfTable(a.array()))
	}
	matches, ok := a.all(e, text, limit)
	if !ok {
		return nil
	}
	t, start, end := a.array(), 0, 0
	for _, at := range matches {
		if limit > 0 && len(t.List) == limit-1 {
			break
		}
		if end = at[0]; at[1] > 0 { // nothing stands before an empty match at the beginning
			t.Append(Text(text[start:end]))
		}
		start = at[1]
	}
	if end < len(text) || text == "" {
		t.Append(Text(text[start:]))
	}
	return a.one(OfTable(t))
}
