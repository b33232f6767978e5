package script

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	lua "github.com/yuin/gopher-lua"
)

// stringFormat is string.format: %c %d %i %u %o %x %X %e %E %f %g %G %q %s %%.
func (st *state) stringFormat(L *lua.LState) int {
	format := textArgument(L, 1)
	out := st.take()
	argument := 1
	for {
		i := strings.IndexByte(format, '%')
		if i < 0 {
			return st.push(L, append(st.grow(L, out, len(format)), format...))
		}
		out = append(st.grow(L, out, i), format[:i]...)
		flags, verb, rest := directive(format[i+1:])
		switch {
		case verb == 0:
			L.RaiseError("string.format: %q begins with no directive; write %%%% for a percent sign", shorten(format[i:], 8))
		case verb == '%':
			out = append(out, '%')
		default:
			argument++
			out = st.appendDirective(L, out, flags, verb, argument)
		}
		format = rest
	}
}

// directive cuts flags, width, precision and verb off the beginning. The verb
// is 0 if there is none that Lua knows.
func directive(format string) (flags string, verb byte, rest string) {
	n := 0
	for n < len(format) && strings.IndexByte("-+ #0", format[n]) >= 0 {
		n++
	}
	if n > 5 { // as many as there are
		return format[:n], 0, ""
	}
	width := n
	for n < len(format) && n-width < 2 && '0' <= format[n] && format[n] <= '9' {
		n++
	}
	if n < len(format) && format[n] == '.' {
		n++
		for precision := n; n < len(format) && n-precision < 2 && '0' <= format[n] && format[n] <= '9'; {
			n++
		}
	}
	if n == len(format) || strings.IndexByte("cdiuoxXeEfgGqs%", format[n]) < 0 || format[n] == '%' && n > 0 {
		return format[:n], 0, ""
	}
	return format[:n], format[n], format[n+1:]
}

func (st *state) appendDirective(L *lua.LState, out []byte, flags string, verb byte, n int) []byte {
	if n > L.GetTop() {
		L.RaiseError("string.format: %%%s%c has no argument", flags, verb)
	}
	switch verb {
	case 's':
		text := textShown(L, L.Get(n))
		if flags == "" {
			return append(st.grow(L, out, len(text)), text...)
		}
		return fmt.Appendf(st.grow(L, out, 3*len(text)), "%"+flags+"s", bytesAsRunes(text))
	case 'q':
		text := textArgument(L, n)
		return appendQuoted(st.grow(L, out, 2*len(text)+2), text)
	case 'c':
		return fmt.Appendf(out, "%"+flags+"s", bytesAsRunes([]byte{byte(int64(numberArgument(L, n)))}))
	case 'e', 'E', 'f', 'g', 'G':
		return appendFloat(out, flags, verb, numberArgument(L, n))
	}
	f := numberArgument(L, n)
	if verb == 'd' || verb == 'i' {
		return fmt.Appendf(out, "%"+integerFlags(flags)+"d", toInteger(f))
	}
	if verb == 'u' {
		verb = 'd'
	}
	flags = strings.NewReplacer("+", "", " ", "").Replace(flags) // an unsigned number has no sign
	if f == 0 {
		flags = strings.ReplaceAll(flags, "#", "")
	}
	return fmt.Appendf(out, "%"+integerFlags(flags)+string(rune(verb)), toUnsigned(f))
}

// toInteger is a number as a 64-bit integer: as C has it on amd64, what does not fit is
// the least there is.
func toInteger(f float64) int64 {
	if f > -1<<63 && f < 1<<63 {
		return int64(f)
	}
	return math.MinInt64
}

// toUnsigned does the same without a sign, of which C on amd64 says 0 to what is too
// large.
func toUnsigned(f float64) uint64 {
	switch {
	case f >= 1<<64:
		return 0
	case f >= 1<<63:
		return uint64(f)
	}
	return uint64(toInteger(f))
}

// integerFlags lets a precision, which Lua takes as the least number of digits,
// turn the padding with zeros off, as in C.
func integerFlags(flags string) string {
	if strings.Contains(flags, ".") {
		sign, size, _ := strings.Cut(flags, ".")
		for i := range sign {
			if sign[i] >= '1' && sign[i] <= '9' {
				break
			}
			if sign[i] == '0' {
				sign = sign[:i] + sign[i+1:]
				break
			}
		}
		return sign + "." + size
	}
	return flags
}

// appendFloat is C's printf for a float: Go writes no %G of its own kind, but
// differs for infinity, and in %#g.
func appendFloat(out []byte, flags string, verb byte, f float64) []byte {
	if math.IsInf(f, 0) || math.IsNaN(f) {
		text := strconv.FormatFloat(math.Abs(f), 'f', -1, 64)
		text = strings.ToLower(strings.TrimPrefix(text, "+"))
		if math.Signbit(f) && !math.IsNaN(f) {
			text = "-" + text
		} else if strings.Contains(flags, "+") {
			text = "+" + text
		} else if strings.Contains(flags, " ") {
			text = " " + text
		}
		flags, _, _ = strings.Cut(strings.NewReplacer("0", "", "#", "").Replace(flags), ".")
		return fmt.Appendf(out, "%"+flags+"s", text)
	}
	if (verb == 'g' || verb == 'G') && !strings.Contains(flags, ".") {
		flags += ".6"
	}
	return fmt.Appendf(out, "%"+flags+string(rune(verb)), f)
}

// appendQuoted writes a string as Lua source.
func appendQuoted(out []byte, text string) []byte {
	out = append(out, '"')
	for i := range len(text) {
		switch c := text[i]; c {
		case '"', '\\', '\n':
			out = append(out, '\\', c)
		case '\r':
			out = append(out, `\r`...)
		case 0:
			out = append(out, `\000`...)
		default:
			out = append(out, c)
		}
	}
	return append(out, '"')
}

// bytesAsRunes makes fmt count and cut bytes, as Lua does, not characters.
type bytesAsRunes string

// Format writes the bytes with the width and precision of a %s.
func (b bytesAsRunes) Format(f fmt.State, _ rune) {
	text := string(b)
	if precision, ok := f.Precision(); ok && precision < len(text) {
		text = text[:precision]
	}
	width, _ := f.Width()
	padding := strings.Repeat(" ", max(0, width-len(text)))
	if f.Flag('-') {
		fmt.Fprint(f, text+padding)
		return
	}
	fmt.Fprint(f, padding+text)
}
