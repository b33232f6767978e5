// Package pattern matches Lua patterns: character classes (%a, [^x-z]), the
// quantifiers * + - ?, captures, %b(), %f[] and anchors, on bytes.
//
// It is written for patterns that nobody has checked: how deep it recurses and
// how long it backtracks are bounded, and it allocates nothing.
package pattern

import (
	"errors"
	"fmt"
	"strings"
)

// MaxCaptures is how many captures a pattern may have.
const MaxCaptures = 32

// maxDepth bounds the recursion: every level is an item of the pattern that
// may have to be tried again.
const maxDepth = 200

// ErrFuel is what Match returns when the matcher ran out of fuel.
var ErrFuel = errors.New("the pattern takes too long on this string")

var errDeep = errors.New("the pattern is too complex")

// Matcher holds one match. The zero value is ready for use and has no limit on
// the steps that it takes. It is not safe for concurrent use.
type Matcher struct {
	// Fuel is the number of steps until Refuel is called.
	Fuel int
	// Refuel, if set, returns how many more steps may be taken; 0 ends the
	// match with ErrFuel.
	Refuel func() int

	text, pattern string
	captures      [MaxCaptures]capture
	level, depth  int
	err           error
}

type capture struct{ start, length int }

// What length says of a capture that is no substring.
const (
	open     = -1 // not closed yet
	position = -2 // (), which captures where it stands
)

// Match looks for the first match of the pattern in text at or behind the
// offset init, which is 0 up to len(text). It returns the offsets of the match
// and whether there is one. The error says what is wrong with the pattern.
func (m *Matcher) Match(text, pattern string, init int) (start, end int, found bool, err error) {
	m.text, m.pattern, m.err = text, pattern, nil
	if strings.HasPrefix(pattern, "^") {
		return m.anchored(init)
	}
	return m.search(pattern[:literalPrefix(pattern)], init)
}

// Captures is how many captures the latest match has.
func (m *Matcher) Captures() int { return m.level }

// Capture returns capture i of the latest match, 0 up to Captures: the
// substring, or, for (), its offset in the text and true.
func (m *Matcher) Capture(i int) (text string, offset int, isPosition bool) {
	c := m.captures[i]
	if c.length == position {
		return "", c.start, true
	}
	return m.text[c.start : c.start+c.length], c.start, false
}

// Literal tells whether the pattern has no special characters, so that looking
// for a substring does the same.
func Literal(pattern string) bool { return !strings.ContainsAny(pattern, "^$*+?.([%-") }

// literalPrefix returns how many of the pattern's first bytes every match
// begins with.
func literalPrefix(pattern string) int {
	n := strings.IndexAny(pattern, "$*+?.([%-)")
	if n < 0 {
		return len(pattern)
	}
	if strings.IndexByte("*?-", pattern[n]) >= 0 && n > 0 {
		n-- // the byte before may be missing
	}
	return n
}

func (m *Matcher) fail(format string, args ...any) int {
	if m.err == nil {
		m.err = fmt.Errorf("bad pattern %q: "+format, append([]any{m.pattern}, args...)...)
	}
	return -1
}

// burn takes one step and tells whether it may be taken.
func (m *Matcher) burn() bool {
	if m.Fuel--; m.Fuel >= 0 || m.Refuel == nil {
		return true
	}
	if m.Fuel = m.Refuel(); m.Fuel > 0 {
		return true
	}
	m.err = ErrFuel
	return false
}

// match matches the pattern from p at s and returns where the match ends, or
// -1. It recurses where it may have to try again.
func (m *Matcher) match(s, p int) int {
	if m.depth++; m.depth > maxDepth {
		m.err = errDeep
		return -1
	}
	end := m.items(s, p)
	m.depth--
	return end
}

// items is match, one level deeper.
func (m *Matcher) items(s, p int) int {
	for {
		if !m.burn() {
			return -1
		}
		if p == len(m.pattern) {
			return s
		}
		switch c := m.pattern[p]; {
		case c == '(':
			if p+1 < len(m.pattern) && m.pattern[p+1] == ')' {
				return m.startCapture(s, p+2, position)
			}
			return m.startCapture(s, p+1, open)
		case c == ')':
			return m.endCapture(s, p+1)
		case c == '$' && p+1 == len(m.pattern):
			if s == len(m.text) {
				return s
			}
			return -1
		case c == '%' && p+1 < len(m.pattern) && m.pattern[p+1] == 'b':
			if s = m.balanced(s, p+2); s < 0 {
				return -1
			}
			p += 4
			continue
		case c == '%' && p+1 < len(m.pattern) && m.pattern[p+1] == 'f':
			if p = m.frontier(s, p+2); p < 0 {
				return -1
			}
			continue
		case c == '%' && p+1 < len(m.pattern) && isDigit(m.pattern[p+1]):
			if s = m.back(s, m.pattern[p+1]); s < 0 {
				return -1
			}
			p += 2
			continue
		}
		end := m.itemEnd(p)
		if end < 0 {
			return -1
		}
		if end < len(m.pattern) && strings.IndexByte("?*+-", m.pattern[end]) >= 0 {
			return m.repeated(s, p, end)
		}
		if !m.single(s, p, end) {
			return -1
		}
		s, p = s+1, end
	}
}

// repeated matches an item with a quantifier behind it, which is at end, and
// the rest of the pattern.
func (m *Matcher) repeated(s, p, end int) int {
	switch m.pattern[end] {
	case '*':
		return m.longest(s, p, end, 0)
	case '+':
		return m.longest(s, p, end, 1)
	case '-':
		return m.shortest(s, p, end)
	}
	if m.single(s, p, end) {
		if r := m.match(s+1, end+1); r >= 0 || m.err != nil {
			return r
		}
	}
	return m.match(s, end+1)
}

// longest matches the item p to end as often as possible, least times or more,
// and then the rest of the pattern.
func (m *Matcher) longest(s, p, end, least int) int {
	n := 0
	for m.single(s+n, p, end) {
		if n++; !m.burn() {
			return -1
		}
	}
	for ; n >= least; n-- {
		if r := m.match(s+n, end+1); r >= 0 || m.err != nil {
			return r
		}
	}
	return -1
}

// shortest matches the item as rarely as possible.
func (m *Matcher) shortest(s, p, end int) int {
	for {
		if r := m.match(s, end+1); r >= 0 || m.err != nil {
			return r
		}
		if !m.single(s, p, end) {
			return -1
		}
		s++
	}
}

func (m *Matcher) startCapture(s, p, length int) int {
	if m.level == MaxCaptures {
		return m.fail("more than %d captures", MaxCaptures)
	}
	i := m.level
	m.captures[i] = capture{s, length}
	m.level++
	end := m.match(s, p)
	if end < 0 {
		m.level--
		return end
	}
	if m.captures[i].length == open {
		return m.fail("a ( has no )")
	}
	return end
}

func (m *Matcher) endCapture(s, p int) int {
	i := m.level - 1
	for i >= 0 && m.captures[i].length != open {
		i--
	}
	if i < 0 {
		return m.fail("a ) has no (")
	}
	m.captures[i].length = s - m.captures[i].start
	end := m.match(s, p)
	if end < 0 {
		m.captures[i].length = open
	}
	return end
}

// back matches what capture %1 to %9 has matched.
func (m *Matcher) back(s int, digit byte) int {
	i := int(digit) - '1'
	if i < 0 || i >= m.level || m.captures[i].length == open {
		return m.fail("%%%c stands for no capture before it", digit)
	}
	c := m.captures[i]
	if c.length == position || !strings.HasPrefix(m.text[s:], m.text[c.start:c.start+c.length]) {
		return -1
	}
	return s + c.length
}

// balanced matches %bxy, of which p is behind the b.
func (m *Matcher) balanced(s, p int) int {
	if p+1 >= len(m.pattern) {
		return m.fail("%%b needs two characters behind it")
	}
	opening, closing := m.pattern[p], m.pattern[p+1]
	if s >= len(m.text) || m.text[s] != opening {
		return -1
	}
	depth := 1
	for i := s + 1; i < len(m.text); i++ {
		if !m.burn() {
			return -1
		}
		switch m.text[i] {
		case closing:
			if depth--; depth == 0 {
				return i + 1
			}
		case opening:
			depth++
		}
	}
	return -1
}

// frontier matches %f[set], of which p is behind the f, and returns where the
// pattern goes on.
func (m *Matcher) frontier(s, p int) int {
	if p >= len(m.pattern) || m.pattern[p] != '[' {
		return m.fail("%%f needs a [set] behind it")
	}
	end := m.itemEnd(p)
	if end < 0 {
		return -1
	}
	var before, at byte
	if s > 0 {
		before = m.text[s-1]
	}
	if s < len(m.text) {
		at = m.text[s]
	}
	if m.inSet(before, p, end-1) || !m.inSet(at, p, end-1) {
		return -1
	}
	return end
}
