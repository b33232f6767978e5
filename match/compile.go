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

// compiler makes sequences of expressions.
type compiler struct{ ascii bool } // they are exact for ASCII only

// parts returns what must match one behind the other, with anything but
// newlines between, for there to be a match, if it can be told like that.
func (c *compiler) parts(tree *syntax.Regexp) ([][]sequence, bool) {
	items := trim(flatten(tree, nil))
	var all [][]sequence
	var part []*syntax.Regexp
	for i := 0; i <= len(items); i++ {
		if i < len(items) && !isGap(items[i]) {
			part = append(part, items[i])
			continue
		}
		sequences, ok := c.expand(part)
		if !ok {
			return nil, false
		}
		all = append(all, sequences)
		part = nil
	}
	return all, true
}

// whole returns the sequences that match what the expression matches, those
// that it prefers first. It does not for an expression that can match nothing.
func (c *compiler) whole(tree *syntax.Regexp) ([]sequence, bool) {
	sequences, ok := c.expand([]*syntax.Regexp{tree})
	if !ok || slices.ContainsFunc(sequences, func(s sequence) bool { return len(s.sets) == 0 }) {
		return nil, false
	}
	return sequences, true
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
func (c *compiler) expand(items []*syntax.Regexp) ([]sequence, bool) {
	sequences := []sequence{{}}
	for _, item := range items {
		var ok bool
		if sequences, ok = c.extend(sequences, item); !ok {
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
func (c *compiler) extend(sequences []sequence, item *syntax.Regexp) ([]sequence, bool) {
	switch item.Op {
	case syntax.OpEmptyMatch:
		return sequences, true
	case syntax.OpCapture, syntax.OpConcat:
		for _, sub := range item.Sub {
			var ok bool
			if sequences, ok = c.extend(sequences, sub); !ok {
				return nil, false
			}
		}
		return sequences, true
	case syntax.OpAlternate, syntax.OpQuest:
		return c.fork(sequences, item)
	case syntax.OpLiteral, syntax.OpCharClass, syntax.OpAnyChar, syntax.OpAnyCharNotNL:
		sets, ok := c.sets(item)
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

// fork extends the sequences by each of some alternatives. What an expression
// prefers comes first.
func (c *compiler) fork(sequences []sequence, item *syntax.Regexp) ([]sequence, bool) {
	alternatives := item.Sub
	if item.Op == syntax.OpQuest {
		alternatives = append(slices.Clip(alternatives), &syntax.Regexp{Op: syntax.OpEmptyMatch})
		if item.Flags&syntax.NonGreedy != 0 {
			slices.Reverse(alternatives)
		}
	}
	var all []sequence
	for _, s := range sequences {
		for _, alternative := range alternatives {
			extended, ok := c.extend([]sequence{s}, alternative)
			if !ok || len(all)+len(extended) > maxSequences {
				return nil, false
			}
			all = append(all, extended...)
		}
	}
	return all, true
}

// sets returns the sets of bytes that the item matches one behind the other.
func (c *compiler) sets(item *syntax.Regexp) ([]set, bool) {
	var one set
	switch item.Op {
	case syntax.OpLiteral:
		return c.literal(item)
	case syntax.OpCharClass:
		for i := 0; i < len(item.Rune); i += 2 {
			c.ascii = c.ascii || item.Rune[i+1] >= utf8.RuneSelf
			for r := item.Rune[i]; r <= min(item.Rune[i+1], unicode.MaxASCII); r++ {
				one.add(byte(r))
			}
		}
	default:
		c.ascii = true
		for b := range byte(utf8.RuneSelf) {
			if b != '\n' || item.Op == syntax.OpAnyChar {
				one.add(b)
			}
		}
	}
	return []set{one}, true
}

// literal returns the sets for a literal: its bytes, or the ASCII characters
// that are equal to its own but for their case.
func (c *compiler) literal(item *syntax.Regexp) ([]set, bool) {
	var sets []set
	for _, r := range item.Rune {
		if item.Flags&syntax.FoldCase == 0 {
			for _, b := range []byte(string(r)) {
				var one set
				one.add(b)
				sets = append(sets, one)
			}
			continue
		}
		var one set
		for other := unicode.SimpleFold(r); ; other = unicode.SimpleFold(other) {
			if other < utf8.RuneSelf {
				one.add(byte(other))
			} else {
				c.ascii = true
			}
			if other == r {
				break
			}
		}
		sets = append(sets, one)
	}
	return sets, !replaces(item.Rune)
}
