package match

import (
	"bytes"
	"regexp"
	"regexp/syntax"
)

// Pattern is a regular expression, in the syntax of package regexp.
type Pattern struct {
	// parts must match one behind the other, with anything but newlines
	// between them: each by any of its sequences. Nil if the engine decides.
	parts [][]sequence
	// ascii means that the parts are exact for ASCII only: where they do not
	// match, the engine decides about data that holds more.
	ascii bool

	// whole matches what the expression matches, its sequences in the order of
	// preference; nil if only the engine can tell. wholeASCII is as ascii.
	whole      []sequence
	wholeASCII bool

	required []*Literal // texts that data must hold one behind the other, for the engine
	engine   *regexp.Regexp
}

// Compile compiles a regular expression. The error is that of regexp.Compile.
func Compile(expression string) (*Pattern, error) {
	engine, err := regexp.Compile(expression)
	if err != nil {
		return nil, err
	}
	tree, err := syntax.Parse(expression, syntax.Perl)
	if err != nil {
		return nil, err
	}
	tree = tree.Simplify()
	p := &Pattern{engine: engine}
	var c compiler
	if parts, ok := c.parts(tree); ok {
		p.parts, p.ascii = parts, c.ascii
	}
	c = compiler{}
	if whole, ok := c.whole(tree); ok {
		p.whole, p.wholeASCII = whole, c.ascii
	}
	for _, text := range required(tree) {
		p.required = append(p.required, NewLiteral(text))
	}
	return p, nil
}

// Engine returns the expression as package regexp has it.
func (p *Pattern) Engine() *regexp.Regexp { return p.engine }

// FindAll appends to spans the starts and ends of the first n matches in data,
// or of all if n is negative: those that regexp.Regexp.FindAllIndex finds.
func (p *Pattern) FindAll(spans []int, data []byte, n int) []int {
	if p.whole == nil || p.wholeASCII && !isASCII(data) {
		if !p.Match(data) {
			return spans
		}
		for _, match := range p.engine.FindAllIndex(data, n) {
			spans = append(spans, match...)
		}
		return spans
	}
	for from := 0; n != 0; n-- {
		start, end := -1, 0
		for i := range p.whole {
			s := &p.whole[i]
			if at := s.find(data, from); at >= 0 && (start < 0 || at < start) {
				start, end = at, at+len(s.sets)
			}
		}
		if start < 0 {
			break
		}
		spans = append(spans, start, end)
		from = end
	}
	return spans
}

// Match tells whether data holds a match, as regexp.Regexp.Match does.
func (p *Pattern) Match(data []byte) bool {
	if p.parts == nil {
		return p.search(data)
	}
	from := 0
	for i, part := range p.parts {
		end := nearest(part, data, from)
		if end < 0 {
			return p.ascii && !isASCII(data) && p.search(data)
		}
		if i == 0 && len(p.parts) > 1 && bytes.IndexByte(data[end:], '\n') >= 0 {
			return p.search(data) // where the lines end matters
		}
		from = end
	}
	return true
}

// search asks the engine, unless something that a match must hold is missing.
func (p *Pattern) search(data []byte) bool {
	from := 0
	for _, l := range p.required {
		i := l.Index(data, from)
		if i < 0 {
			return false
		}
		from = i + len(l.text)
	}
	return p.engine.Match(data)
}

// nearest returns the end of the match that ends first, from the place from
// on, of any of the sequences; a negative number if there is none.
func nearest(sequences []sequence, data []byte, from int) int {
	end := -1
	for i := range sequences {
		s := &sequences[i]
		if at := s.find(data, from); at >= 0 && (end < 0 || at+len(s.sets) < end) {
			end = at + len(s.sets)
		}
	}
	return end
}

func isASCII(data []byte) bool {
	for _, c := range data {
		if c >= 0x80 {
			return false
		}
	}
	return true
}

// required returns texts that every match of the expression holds, one behind
// the other.
func required(tree *syntax.Regexp) []string {
	switch tree.Op {
	case syntax.OpLiteral:
		if tree.Flags&syntax.FoldCase == 0 && !replaces(tree.Rune) {
			return []string{string(tree.Rune)}
		}
	case syntax.OpCapture, syntax.OpPlus:
		return required(tree.Sub[0])
	case syntax.OpConcat:
		var texts []string
		for _, sub := range tree.Sub {
			texts = append(texts, required(sub)...)
		}
		return texts
	}
	return nil
}

// replaces tells whether the replacement character is among the runes: the
// engine reads it where bytes are not UTF-8.
func replaces(runes []rune) bool {
	for _, r := range runes {
		if r == '\uFFFD' {
			return true
		}
	}
	return false
}
