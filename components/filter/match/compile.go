package match

import (
	"regexp/syntax"
	"slices"
	"unicode"
	"unicode/utf8"
)

// Expressions that would become more, or longer, sequences are left to the
// engine.
const (
	maxSequences = 8
	maxLength    = 256
)

// take makes parts of the expression, if it is made of nothing but what they
// can match.
func (p *Pattern) take(tree *syntax.Regexp) bool {
	items := trim(flatten(tree, nil))
	var part []*syntax.Regexp
	for i := 0; i <= len(items); i++ {
		if i < len(items) && !isGap(items[i]) {
			part = append(part, items[i])
			continue
		}
		sequences, ok := p.expand(part)
		if !ok {
			return false
		}
		p.parts = append(p.parts, sequences)
		part = nil
	}
	return true
}

// flatten returns what the expression is a concatenation of, without captures.
func flatten(tree *syntax.Regexp, items []*syntax.Regexp) []*syntax.Regexp {
	switch tree.Op {
	case syntax.OpConcat, syntax.OpCapture:
		for _, sub := range tree.Sub {
			items = flatten(sub, items)
		}
		return items
	case syntax.OpEmptyMatch:
		return items
	}
	return append(items, tree)
}

// trim leaves out, at both ends, what may be empty: whether there is a match
// does not depend on it. Of one or more of something it leaves one.
func trim(items []*syntax.Regexp) []*syntax.Regexp {
	for len(items) > 0 {
		last := len(items) - 1
		if first, ok := trimmed(items[0]); ok {
			items = slices.Concat(first, items[1:])
		} else if rest, ok := trimmed(items[last]); ok {
			items = slices.Concat(items[:last], rest)
		} else {
			break
		}
	}
	return items
}

func trimmed(item *syntax.Regexp) ([]*syntax.Regexp, bool) {
	switch item.Op {
	case syntax.OpStar, syntax.OpQuest:
		return nil, true
	case syntax.OpPlus:
		return flatten(item.Sub[0], nil), true
	}
	return nil, false
}

// isGap tells whether the item is .*, which stands between parts.
func isGap(item *syntax.Regexp) bool {
	return item.Op == syntax.OpStar && item.Sub[0].Op == syntax.OpAnyCharNotNL
}

// expand returns the sequences that match what the items match one behind the
// other, if there are few enough.
func (p *Pattern) expand(items []*syntax.Regexp) ([]sequence, bool) {
	sequences := []sequence{{}}
	for _, item := range items {
		var ok bool
		if sequences, ok = p.extend(sequences, item); !ok {
			return nil, false
		}
	}
	for i := range sequences {
		if s := &sequences[i]; len(s.sets) == 0 && len(s.assertions) > 0 || len(s.sets) > maxLength {
			return nil, false
		}
		sequences[i].finish()
	}
	return sequences, true
}

// extend appends the item to each of the sequences.
func (p *Pattern) extend(sequences []sequence, item *syntax.Regexp) ([]sequence, bool) {
	switch item.Op {
	case syntax.OpEmptyMatch:
		return sequences, true
	case syntax.OpCapture, syntax.OpConcat:
		for _, sub := range item.Sub {
			var ok bool
			if sequences, ok = p.extend(sequences, sub); !ok {
				return nil, false
			}
		}
		return sequences, true
	case syntax.OpAlternate, syntax.OpQuest:
		return p.fork(sequences, item)
	case syntax.OpLiteral, syntax.OpCharClass, syntax.OpAnyChar, syntax.OpAnyCharNotNL:
		sets, ok := p.sets(item)
		for i := range sequences {
			s := &sequences[i]
			s.sets = append(slices.Clip(s.sets), sets...)
		}
		return sequences, ok
	case syntax.OpBeginText, syntax.OpEndText, syntax.OpBeginLine, syntax.OpEndLine, syntax.OpWordBoundary, syntax.OpNoWordBoundary:
		for i := range sequences {
			s := &sequences[i]
			s.assertions = append(slices.Clip(s.assertions), assertion{len(s.sets), item.Op})
		}
		return sequences, true
	}
	return nil, false
}

// fork extends the sequences by each of some alternatives.
func (p *Pattern) fork(sequences []sequence, item *syntax.Regexp) ([]sequence, bool) {
	var all []sequence
	if item.Op == syntax.OpQuest {
		all = append(all, sequences...)
	}
	for _, sub := range item.Sub {
		extended, ok := p.extend(slices.Clone(sequences), sub)
		if !ok {
			return nil, false
		}
		all = append(all, extended...)
	}
	return all, len(all) <= maxSequences
}

// sets returns the sets of bytes that the item matches one behind the other.
func (p *Pattern) sets(item *syntax.Regexp) ([]set, bool) {
	var one set
	switch item.Op {
	case syntax.OpLiteral:
		return p.literal(item)
	case syntax.OpCharClass:
		for i := 0; i < len(item.Rune); i += 2 {
			p.ascii = p.ascii || item.Rune[i+1] >= utf8.RuneSelf
			for r := item.Rune[i]; r <= min(item.Rune[i+1], unicode.MaxASCII); r++ {
				one.add(byte(r))
			}
		}
	default:
		p.ascii = true
		for c := range byte(utf8.RuneSelf) {
			if c != '\n' || item.Op == syntax.OpAnyChar {
				one.add(c)
			}
		}
	}
	return []set{one}, true
}

// literal returns the sets for a literal: its bytes, or the ASCII characters
// that are equal to its own but for their case.
func (p *Pattern) literal(item *syntax.Regexp) ([]set, bool) {
	var sets []set
	for _, r := range item.Rune {
		if item.Flags&syntax.FoldCase == 0 {
			for _, c := range []byte(string(r)) {
				var one set
				one.add(c)
				sets = append(sets, one)
			}
			continue
		}
		var one set
		for other := unicode.SimpleFold(r); ; other = unicode.SimpleFold(other) {
			if other < utf8.RuneSelf {
				one.add(byte(other))
			} else {
				p.ascii = true
			}
			if other == r {
				break
			}
		}
		sets = append(sets, one)
	}
	return sets, !replaces(item.Rune)
}
