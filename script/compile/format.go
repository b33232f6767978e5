package compile

import (
	"math"
	"slices"
	"strconv"
	"strings"
)

// directive is a part of a format: text, or one of its arguments.
type directive struct {
	text      string // if verb is 0
	verb      byte
	left      bool // -
	zero      bool // 0
	plus      bool // +
	space     bool // ' '
	width     int
	precision int // -1 for none
}

// format compiles string.format with a constant format.
func (c *compiler) format(format string, line int) function {
	var list []directive
	for rest := format; rest != ""; {
		literal, behind, more := strings.Cut(rest, "%")
		if literal != "" {
			list = append(list, directive{text: literal})
		}
		if !more {
			break
		}
		d, n := parseDirective(behind)
		if n == 0 {
			c.refuse(line, "string.format with %q", format)
		}
		list = append(list, d)
		rest = behind[n:]
	}
	return function{one: func(f *frame, a []Value) Value { return f.format(list, a) }}
}

// parseDirective reads what is behind a percent sign and returns its length, 0
// for what is not compiled.
func parseDirective(s string) (d directive, n int) {
	d.precision = -1
	for n < len(s) && strings.IndexByte("-+ 0", s[n]) >= 0 {
		switch s[n] {
		case '-':
			d.left = true
		case '+':
			d.plus = true
		case ' ':
			d.space = true
		case '0':
			d.zero = true
		}
		n++
	}
	if n > 5 { // as many as there are
		return d, 0
	}
	d.width, n = twoDigits(s, n)
	if n < len(s) && s[n] == '.' {
		d.precision, n = twoDigits(s, n+1)
	}
	switch {
	case n == len(s) || n > 8:
		return d, 0
	case s[n] == '%' && n == 0:
		return directive{text: "%"}, 1
	case s[n] == 's' && (d.zero || d.plus || d.space), strings.IndexByte("dixXosefg", s[n]) < 0:
		return d, 0
	}
	d.verb = s[n]
	return d, n + 1
}

func twoDigits(s string, n int) (value, end int) {
	for end = n; end < len(s) && end < n+2 && '0' <= s[end] && s[end] <= '9'; end++ {
		value = value*10 + int(s[end]-'0')
	}
	return value, end
}

func (f *frame) format(list []directive, a []Value) Value {
	argument, n := 0, 0
	for i := range list {
		if list[i].verb != 0 {
			if argument++; argument >= len(a) {
				f.bail()
			}
			if list[i].verb == 's' { // it may need the arena before the result does
				a[argument] = text(f.textOf(a[argument]))
				n += len(a[argument].text)
			}
		}
		n += len(list[i].text) + list[i].width
	}
	f.build(n)
	start := len(f.arena)
	argument = 0
	for i := range list {
		d := &list[i]
		if d.verb == 0 {
			f.arena = append(f.arena, d.text...)
			continue
		}
		argument++
		from := len(f.arena)
		if d.verb == 's' {
			s := a[argument].text
			if d.precision >= 0 {
				s = s[:min(len(s), d.precision)]
			}
			f.arena = append(f.arena, s...)
		} else {
			f.appendDirective(d, f.numberOf(a[argument]))
		}
		f.pad(d, from)
	}
	return text(f.since(start))
}

// appendDirective appends a number without its padding with spaces.
func (f *frame) appendDirective(d *directive, x float64) {
	from := len(f.arena)
	if x < 0 {
		f.arena = append(f.arena, '-')
	} else if d.plus {
		f.arena = append(f.arena, '+')
	} else if d.space {
		f.arena = append(f.arena, ' ')
	}
	digits := len(f.arena)
	zeros := 0 // how many digits there are at least
	switch d.verb {
	case 'e', 'f', 'g':
		if math.IsNaN(x) || math.IsInf(x, 0) || x == 0 && math.Signbit(x) {
			f.bail()
		}
		precision := d.precision
		if precision < 0 {
			precision = 6
		}
		if d.verb == 'g' {
			precision = max(precision, 1)
		}
		f.arena = strconv.AppendFloat(f.arena, math.Abs(x), d.verb, precision, 64)
		f.build(len(f.arena) - digits)
	default:
		f.appendInteger(d, x)
		zeros = max(d.precision, 0)
	}
	if d.zero && !d.left && (d.precision < 0 || strings.IndexByte("efg", d.verb) >= 0) {
		zeros = d.width - (digits - from)
	}
	for range zeros - (len(f.arena) - digits) {
		f.arena = append(f.arena, '0')
		copy(f.arena[digits+1:], f.arena[digits:])
		f.arena[digits] = '0'
	}
}

// appendInteger appends the digits of a whole number. Fractions, and what the
// engines write in ways of their own, are for the interpreter.
func (f *frame) appendInteger(d *directive, x float64) {
	n, ok := whole(x)
	if !ok || d.verb != 'd' && d.verb != 'i' && (n < 0 || d.plus || d.space) || d.precision == 0 && n == 0 {
		f.bail()
	}
	base := 10
	switch d.verb {
	case 'x', 'X':
		base = 16
	case 'o':
		base = 8
	}
	if n < 0 {
		n = -n
	}
	start := len(f.arena)
	f.arena = strconv.AppendInt(f.arena, n, base)
	if d.verb == 'X' {
		flipCase(f.arena[start:], 'a')
	}
}

// pad fills what was appended from the offset on up to the width with spaces.
func (f *frame) pad(d *directive, from int) {
	missing := d.width - (len(f.arena) - from)
	if missing <= 0 {
		return
	}
	f.arena = slices.Grow(f.arena, missing)
	for range missing {
		f.arena = append(f.arena, ' ')
	}
	if !d.left {
		copy(f.arena[from+missing:], f.arena[from:len(f.arena)-missing])
		for i := range missing {
			f.arena[from+i] = ' '
		}
	}
}
