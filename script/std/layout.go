package std

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// directive is a piece of a layout: a letter, or literal text.
type directive struct {
	letter  byte // 0 for text
	literal string
}

// What stands for more than one character in a compiled layout.
const (
	colonZone = ':' // %:z
	fraction  = '.' // an optional fraction of a second, as short as possible
	dateTime  = 'T' // a T; when reading also t or a blank
)

var shorthands = map[byte]string{'F': "%Y-%m-%d", 'T': "%H:%M:%S", 'D': "%m/%d/%y", 'R': "%H:%M", 'n': "\n", 't': "\t", 'h': "%b"}

const letters = "YymdejHIMSpLfNaAbBuwzZs"

// compileLayout takes a layout apart.
func compileLayout(text string) ([]directive, error) {
	switch text {
	case "rfc3339":
		date, _ := compileLayout("%F")
		clock, _ := compileLayout("%T")
		date = append(append(date, directive{letter: dateTime}), clock...)
		return append(date, directive{letter: fraction}, directive{letter: colonZone}), nil
	case "rfc1123":
		return compileLayout("%a, %d %b %Y %H:%M:%S GMT")
	}
	if !strings.Contains(text, "%") {
		return nil, fmt.Errorf("%s is no layout; write for example \"rfc3339\", \"unix_ms\" or \"%%Y-%%m-%%d\"", quoted(text))
	}
	var list []directive
	for text != "" {
		before, rest, found := strings.Cut(text, "%")
		if before != "" {
			list = append(list, directive{literal: before})
		}
		if !found {
			break
		}
		switch {
		case rest == "":
			return nil, fmt.Errorf("the layout ends in a single %%; write %%%% for the sign")
		case rest[0] == '%':
			list = append(list, directive{literal: "%"})
		case strings.HasPrefix(rest, ":z"):
			list = append(list, directive{letter: colonZone})
			rest = rest[1:]
		case shorthands[rest[0]] != "":
			text = shorthands[rest[0]] + rest[1:]
			if rest[0] == 'n' || rest[0] == 't' {
				list = append(list, directive{literal: shorthands[rest[0]]})
				text = rest[1:]
			}
			continue
		case strings.IndexByte(letters, rest[0]) >= 0:
			list = append(list, directive{letter: rest[0]})
		default:
			return nil, fmt.Errorf("the layout has the unknown directive %s", quoted("%"+rest[:1]))
		}
		text = rest[1:]
	}
	return list, nil
}

// padded appends n with at least so many digits, filled with fill.
func padded(out []byte, n, digits int, fill byte) []byte {
	if n < 0 {
		out, n = append(out, '-'), -n
	}
	var buffer [20]byte
	text := strconv.AppendInt(buffer[:0], int64(n), 10)
	for i := len(text); i < digits; i++ {
		out = append(out, fill)
	}
	return append(out, text...)
}

// appendTime writes a time.
func appendTime(out []byte, layout []directive, t time.Time) []byte {
	for _, d := range layout {
		switch d.letter {
		case 0:
			out = append(out, d.literal...)
		case 'Y':
			out = padded(out, t.Year(), 4, '0')
		case 'y':
			out = padded(out, t.Year()%100, 2, '0')
		case 'm':
			out = padded(out, int(t.Month()), 2, '0')
		case 'd':
			out = padded(out, t.Day(), 2, '0')
		case 'e':
			out = padded(out, t.Day(), 2, ' ')
		case 'j':
			out = padded(out, t.YearDay(), 3, '0')
		case 'a', 'A', 'b', 'B', 'p', 'u', 'w':
			out = appendName(out, d.letter, t)
		case dateTime:
			out = append(out, 'T')
		case 'z', colonZone, 'Z':
			out = appendZone(out, d.letter, t)
		default:
			out = appendClock(out, d.letter, t)
		}
	}
	return out
}

func appendName(out []byte, letter byte, t time.Time) []byte {
	switch letter {
	case 'a':
		return append(out, t.Weekday().String()[:3]...)
	case 'A':
		return append(out, t.Weekday().String()...)
	case 'b':
		return append(out, t.Month().String()[:3]...)
	case 'B':
		return append(out, t.Month().String()...)
	case 'p':
		if t.Hour() < 12 {
			return append(out, "AM"...)
		}
		return append(out, "PM"...)
	case 'u':
		return padded(out, (int(t.Weekday())+6)%7+1, 1, '0')
	}
	return padded(out, int(t.Weekday()), 1, '0')
}

func appendClock(out []byte, letter byte, t time.Time) []byte {
	switch letter {
	case 'H':
		return padded(out, t.Hour(), 2, '0')
	case 'I':
		return padded(out, (t.Hour()+11)%12+1, 2, '0')
	case 'M':
		return padded(out, t.Minute(), 2, '0')
	case 'S':
		return padded(out, t.Second(), 2, '0')
	case 'L':
		return padded(out, t.Nanosecond()/1e6, 3, '0')
	case 'f':
		return padded(out, t.Nanosecond()/1e3, 6, '0')
	case 'N':
		return padded(out, t.Nanosecond(), 9, '0')
	case 's':
		return strconv.AppendInt(out, t.Unix(), 10)
	}
	if t.Nanosecond() == 0 { // of fraction
		return out
	}
	out = padded(append(out, '.'), t.Nanosecond(), 9, '0')
	for out[len(out)-1] == '0' {
		out = out[:len(out)-1]
	}
	return out
}

func appendZone(out []byte, letter byte, t time.Time) []byte {
	name, offset := t.Zone()
	switch {
	case letter == 'Z' && name != "":
		return append(out, name...)
	case letter == colonZone && offset == 0:
		return append(out, 'Z')
	}
	sign := byte('+')
	if offset < 0 {
		sign, offset = '-', -offset
	}
	out = padded(append(out, sign), offset/3600, 2, '0')
	if letter != 'z' {
		out = append(out, ':')
	}
	return padded(out, offset/60%60, 2, '0')
}
