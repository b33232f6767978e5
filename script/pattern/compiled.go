package pattern

import "strings"

// Pattern is a pattern that was looked at beforehand, so that what it begins
// with is looked for without trying it everywhere. It does not change and may be
// used by any number of goroutines.
type Pattern struct {
	text   string
	prefix string // what every match begins with, without escapes
	plain  bool   // the prefix is all that there is
}

// Compile looks at a pattern. It does not say whether the pattern is sound: as
// in Lua, a fault is found when a match comes to it.
func Compile(text string) Pattern {
	p := Pattern{text: text}
	if strings.HasPrefix(text, "^") {
		return p
	}
	var prefix []byte
	i, last := 0, 0 // last is how long the prefix was before the latest character
	for i < len(text) && strings.IndexByte("$*+?.([-)", text[i]) < 0 {
		width := 1
		if text[i] == '%' {
			if i+1 == len(text) || isLetter(text[i+1]) || isDigit(text[i+1]) {
				break
			}
			width = 2
		}
		last = len(prefix)
		prefix = append(prefix, text[i+width-1])
		i += width
	}
	if i < len(text) && strings.IndexByte("*?-", text[i]) >= 0 {
		prefix = prefix[:last] // the latest character may be missing
	}
	p.prefix, p.plain = string(prefix), i == len(text)
	return p
}

// Text returns the pattern as it was given.
func (p *Pattern) Text() string { return p.text }

// Plain returns the only string that the pattern matches, if there is only one.
func (p *Pattern) Plain() (string, bool) { return p.prefix, p.plain }

// Find is Match for a pattern that was looked at beforehand.
func (m *Matcher) Find(p *Pattern, text string, init int) (start, end int, found bool, err error) {
	m.text, m.pattern, m.err = text, p.text, nil
	if p.plain {
		m.level = 0
		if start = strings.Index(text[init:], p.prefix); start < 0 {
			return 0, 0, false, nil
		}
		return init + start, init + start + len(p.prefix), true, nil
	}
	if strings.HasPrefix(p.text, "^") {
		return m.anchored(init)
	}
	return m.search(p.prefix, init)
}

// anchored matches a pattern that begins with ^.
func (m *Matcher) anchored(init int) (start, end int, found bool, err error) {
	m.level, m.depth = 0, 0
	end = m.match(init, 1)
	return init, end, end >= 0, m.err
}

// search looks for the first match, which begins with prefix.
func (m *Matcher) search(prefix string, init int) (start, end int, found bool, err error) {
	for start = init; start <= len(m.text); start++ {
		if prefix != "" {
			i := strings.Index(m.text[start:], prefix)
			if i < 0 {
				return 0, 0, false, nil
			}
			start += i
		}
		m.level, m.depth = 0, 0
		if end = m.match(start, 0); end >= 0 || m.err != nil {
			return start, end, end >= 0, m.err
		}
	}
	return 0, 0, false, nil
}
