package jsonview

import (
	"fmt"
	"strconv"
	"strings"
)

// Path leads from a value to one inside it. The zero Path leads to the value
// itself. Make one with [ParsePath].
type Path struct{ steps []step }

// step goes to the member named key or, if index is not negative, to that
// element of an array.
type step struct {
	key   string
	index int
}

const noIndex = -1

// maxIndex bounds the index of an element in a path.
const maxIndex = 1<<31 - 1

// ParsePath parses a path: keys joined by dots, and the places of array
// elements, which count from 0, in brackets. A key that is empty or holds a
// dot, a bracket or a quote is written as a JSON string in brackets.
//
//	user.id
//	tags[0]
//	labels["app.kubernetes.io/name"]
//	[0].name
//
// An error says at which byte of the text it is, counted from 0.
func ParsePath(text string) (Path, error) {
	p := pathParser{text: text}
	if text == "" {
		return Path{}, p.fail("a key or '['")
	}
	var path Path
	for p.at < len(text) {
		s, err := p.step(len(path.steps) == 0)
		if err != nil {
			return Path{}, err
		}
		path.steps = append(path.steps, s)
	}
	if len(path.steps) > MaxDepth {
		return Path{}, fmt.Errorf("path of %d steps: at most %d can lead anywhere", len(path.steps), MaxDepth)
	}
	return path, nil
}

// String returns the path as ParsePath takes it, "" for the zero Path.
func (p Path) String() string {
	var b strings.Builder
	for i, s := range p.steps {
		switch {
		case s.index >= 0:
			b.WriteString("[" + strconv.Itoa(s.index) + "]")
		case s.key == "" || strings.ContainsAny(s.key, `.[]"`):
			b.WriteString("[" + string(AppendString(nil, s.key)) + "]")
		default:
			if i > 0 {
				b.WriteByte('.')
			}
			b.WriteString(s.key)
		}
	}
	return b.String()
}

// Key returns the only key of a path of one key, and whether it is one.
func (p Path) Key() (string, bool) {
	if len(p.steps) != 1 || p.steps[0].index >= 0 {
		return "", false
	}
	return p.steps[0].key, true
}

type pathParser struct {
	text string
	at   int
}

func (p *pathParser) fail(expected string) error {
	found := "the end"
	if p.at < len(p.text) {
		found = strconv.Quote(p.text[p.at : p.at+1])
	}
	return fmt.Errorf("path %q, offset %d: expected %s, found %s", p.text, p.at, expected, found)
}

func (p *pathParser) step(first bool) (step, error) {
	if p.text[p.at] == '[' {
		p.at++
		return p.bracket()
	}
	if !first {
		if p.text[p.at] != '.' {
			return step{}, p.fail("'.' or '['")
		}
		p.at++
	}
	length := strings.IndexAny(p.text[p.at:], `.[]"`)
	if length < 0 {
		length = len(p.text) - p.at
	}
	if length == 0 {
		return step{}, p.fail("a key; one that is empty or holds . [ ] or \" is written as [\"…\"]")
	}
	key := p.text[p.at : p.at+length]
	p.at += length
	return step{key: key, index: noIndex}, nil
}

// bracket parses what follows a '['.
func (p *pathParser) bracket() (step, error) {
	s := step{index: noIndex}
	start := p.at
	if p.at < len(p.text) && p.text[p.at] == '"' {
		end, escaped, f := skipString([]byte(p.text), p.at+1)
		if f != 0 {
			p.at = end
			return s, p.fail(expectations[f])
		}
		s.key = p.text[p.at+1 : end-1]
		if escaped {
			s.key = string(appendUnescaped(nil, []byte(s.key)))
		}
		p.at = end
	} else {
		for p.at < len(p.text) && p.text[p.at]-'0' <= 9 {
			p.at++
		}
		index, err := strconv.Atoi(p.text[start:p.at])
		if p.at == start || err != nil || index > maxIndex {
			return s, p.fail("an index from 0 up to 2147483647, or a key in quotes")
		}
		s.index = index
	}
	if p.at >= len(p.text) || p.text[p.at] != ']' {
		return s, p.fail("']'")
	}
	p.at++
	return s, nil
}
