package compile

import (
	"strings"

	"github.com/gopiper/gopiper/script/pattern"
)

// found is one match of a pattern, which is p, or argument 1 if p is nil.
func (f *frame) found(p *pattern.Pattern, s, wanted string, init int) (start, end int, found bool) {
	var err error
	if p != nil {
		start, end, found, err = f.matcher.Find(p, s, init)
	} else {
		start, end, found, err = f.matcher.Match(s, wanted, init)
	}
	if err != nil {
		f.bail()
	}
	return start, end, found
}

// pattern returns argument 1, unless the pattern is known.
func (f *frame) pattern(p *pattern.Pattern, a []Value) string {
	if p != nil {
		return p.Text()
	}
	return f.argumentText(a, 1)
}

// capture returns capture i, or the whole match if there are none.
func (f *frame) capture(s string, start, end, i int) Value {
	if f.matcher.Captures() == 0 {
		return text(s[start:end])
	}
	captured, offset, isPosition := f.matcher.Capture(i)
	if isPosition {
		return number(float64(offset + 1))
	}
	return text(captured)
}

func (f *frame) pushCaptures(s string, start, end int) {
	for i := range max(1, f.matcher.Captures()) {
		f.stack = append(f.stack, f.capture(s, start, end, i))
	}
}

// startAt returns where find and match begin in a string of n bytes. Behind the
// end is for the interpreter.
func (f *frame) startAt(a []Value, n int) int {
	init := f.position(a, 2, 1)
	if init < 0 {
		init = max(init+float64(n)+1, 1)
	}
	if init = max(init, 1); init > float64(n+1) {
		f.bail()
	}
	return int(init) - 1
}

// find makes a string.find for a pattern, or for any if p is nil.
func find(p *pattern.Pattern) function {
	return function{many: func(f *frame, a []Value) {
		s, wanted := f.argumentText(a, 0), f.pattern(p, a)
		init := f.startAt(a, len(s))
		f.charge(len(s) - init)
		plain := at(a, 3).truth() || p == nil && pattern.Literal(wanted)
		if plain {
			i := strings.Index(s[init:], wanted)
			if i < 0 {
				f.stack = append(f.stack, Value{})
				return
			}
			f.stack = append(f.stack, number(float64(init+i+1)), number(float64(init+i+len(wanted))))
			return
		}
		start, end, found := f.found(p, s, wanted, init)
		if !found {
			f.stack = append(f.stack, Value{})
			return
		}
		f.stack = append(f.stack, number(float64(start+1)), number(float64(end)))
		if f.matcher.Captures() > 0 {
			f.pushCaptures(s, start, end)
		}
	}}
}

// match makes a string.match for a pattern, or for any if p is nil.
func match(p *pattern.Pattern) function {
	return function{many: func(f *frame, a []Value) {
		s, wanted := f.argumentText(a, 0), f.pattern(p, a)
		init := f.startAt(a, len(s))
		f.charge(len(s) - init)
		start, end, found := f.found(p, s, wanted, init)
		if !found {
			f.stack = append(f.stack, Value{})
			return
		}
		f.pushCaptures(s, start, end)
	}}
}

// gsub makes a string.gsub for a pattern, or for any if p is nil. What replaces
// a match is a string.
func gsub(p *pattern.Pattern) function {
	return function{many: func(f *frame, a []Value) {
		s, wanted := f.argumentText(a, 0), f.pattern(p, a)
		replacement := f.argumentText(a, 2)
		most := f.position(a, 3, float64(len(s)+1))
		if p != nil {
			if plain, ok := p.Plain(); ok && plain != "" && strings.IndexByte(replacement, '%') < 0 {
				result, count := f.replacePlain(s, plain, replacement, int(most))
				f.stack = append(f.stack, result, count)
				return
			}
		}
		result, count := f.replaceAll(p, s, wanted, replacement, most)
		f.stack = append(f.stack, result, count)
	}}
}

// replaceQuickly makes the first result of gsub, for a replacement that is known.
func replaceQuickly(p *pattern.Pattern, replacement string) func(*frame, Value) Value {
	plain, ok := p.Plain()
	ok = ok && plain != "" && strings.IndexByte(replacement, '%') < 0
	return func(f *frame, v Value) Value {
		s := f.textOf(v)
		if ok {
			v, _ = f.replacePlain(s, plain, replacement, len(s))
		} else {
			v, _ = f.replaceAll(p, s, p.Text(), replacement, float64(len(s)+1))
		}
		return v
	}
}

// replacePlain replaces a string by another, and returns the result and how
// often that was.
func (f *frame) replacePlain(s, wanted, replacement string, most int) (Value, Value) {
	f.charge(len(s))
	start, count, rest := len(f.arena), 0, s
	for count < most {
		i := strings.Index(rest, wanted)
		if i < 0 {
			break
		}
		if count++; count == 1 {
			f.build(len(s))
		}
		f.build(len(replacement))
		f.arena = append(append(f.arena, rest[:i]...), replacement...)
		rest = rest[i+len(wanted):]
	}
	return f.replaced(s, start, count, rest)
}

// replaceAll does the same for matches of a pattern.
func (f *frame) replaceAll(p *pattern.Pattern, s, wanted, replacement string, most float64) (Value, Value) {
	f.charge(len(s))
	anchored := strings.HasPrefix(wanted, "^")
	start, count, at := len(f.arena), 0, 0
	for float64(count) < most && at <= len(s) {
		from, to, found := f.found(p, s, wanted, at)
		if !found {
			break
		}
		if count++; count == 1 {
			f.build(len(s))
		}
		f.arena = append(f.arena, s[at:from]...)
		f.expand(replacement, s, from, to)
		at = to
		if from == to {
			if at < len(s) {
				f.arena = append(f.arena, s[at])
			}
			at++
		}
		if anchored {
			break
		}
	}
	return f.replaced(s, start, count, s[min(at, len(s)):])
}

// replaced returns the results of gsub: what was built from start on with the
// rest behind the last match, and the count.
func (f *frame) replaced(s string, start, count int, rest string) (Value, Value) {
	if count > 0 {
		f.arena = append(f.arena, rest...)
		s = f.since(start)
	}
	return text(s), number(float64(count))
}

// expand appends what replaces a match: %1 stands for a capture.
func (f *frame) expand(replacement, s string, start, end int) {
	for {
		i := strings.IndexByte(replacement, '%')
		if i < 0 {
			f.build(len(replacement))
			f.arena = append(f.arena, replacement...)
			return
		}
		if i+1 == len(replacement) {
			f.bail()
		}
		f.build(i + 1)
		f.arena = append(f.arena, replacement[:i]...)
		c := replacement[i+1]
		replacement = replacement[i+2:]
		switch {
		case c == '0', c == '1' && f.matcher.Captures() == 0:
			f.build(end - start)
			f.arena = append(f.arena, s[start:end]...)
		case '1' <= c && c <= '9':
			if int(c-'1') >= f.matcher.Captures() {
				f.bail()
			}
			captured, offset, isPosition := f.matcher.Capture(int(c - '1'))
			if isPosition {
				f.arena = f.appendNumber(f.arena, float64(offset+1))
				continue
			}
			f.build(len(captured))
			f.arena = append(f.arena, captured...)
		default:
			f.arena = append(f.arena, c)
		}
	}
}
