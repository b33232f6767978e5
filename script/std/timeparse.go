package std

import (
	"fmt"
	"strings"
	"time"
)

// timeParser reads one time.
type timeParser struct {
	text    string // what is left of it
	zone    *time.Location
	context *Context

	year, month, day, yearDay     int
	hour, minute, second, nano    int
	hasYear, hasHour12, afternoon bool
	hasOffset, hasEpoch, hasAMPM  bool
	offset                        int
	epoch                         int64
}

// parse returns seconds since 1970 and nanoseconds, or what is wrong.
func (p *timeParser) parse(layout []directive) (int64, int, string) {
	p.month, p.day = 1, 1
	whole := p.text
	for _, d := range layout {
		if d.letter == 0 {
			if !p.literal(d.literal) {
				return 0, 0, fmt.Sprintf("%s expected at offset %d", quoted(d.literal), len(whole)-len(p.text))
			}
			continue
		}
		before := len(p.text)
		if !p.directive(d.letter) {
			return 0, 0, fmt.Sprintf("%s expected at offset %d", directiveNames[d.letter], len(whole)-before)
		}
	}
	if p.text != "" {
		return 0, 0, fmt.Sprintf("the end expected at offset %d", len(whole)-len(p.text))
	}
	return p.result()
}

var directiveNames = map[byte]string{
	'Y': "a year of four digits", 'y': "a year of two digits", 'm': "a month", 'd': "a day", 'e': "a day",
	'j': "a day of the year", 'H': "an hour", 'I': "an hour up to 12", 'M': "a minute", 'S': "a second",
	'p': "AM or PM", 'L': "a fraction", 'f': "a fraction", 'N': "a fraction", 'a': "a day of the week",
	'A': "a day of the week", 'b': "the name of a month", 'B': "the name of a month", 'u': "a day of the week",
	'w': "a day of the week", 'z': "an offset such as +0100", colonZone: "an offset such as +01:00",
	'Z': "UTC or GMT", 's': "seconds since 1970", fraction: "a fraction", dateTime: "a T",
}

func isBlank(c byte) bool { return c == ' ' || '\t' <= c && c <= '\r' }

func (p *timeParser) blanks() {
	for p.text != "" && isBlank(p.text[0]) {
		p.text = p.text[1:]
	}
}

func (p *timeParser) literal(want string) bool {
	for i := range len(want) {
		if isBlank(want[i]) {
			p.blanks()
			continue
		}
		if p.text == "" || p.text[0] != want[i] {
			return false
		}
		p.text = p.text[1:]
	}
	return true
}

// digits reads from least to most digits, a number from low to high.
func (p *timeParser) digits(least, most, low, high int, into *int) bool {
	n, i := 0, 0
	for i < most && i < len(p.text) && '0' <= p.text[i] && p.text[i] <= '9' {
		n = 10*n + int(p.text[i]-'0')
		i++
	}
	if i < least || n < low || n > high {
		return false
	}
	*into, p.text = n, p.text[i:]
	return true
}

func (p *timeParser) directive(letter byte) bool {
	ignored := 0
	switch letter {
	case 'Y':
		p.hasYear = true
		return p.digits(4, 4, 0, 9999, &p.year)
	case 'y':
		p.hasYear = true
		ok := p.digits(2, 2, 0, 99, &p.year)
		if p.year += 1900; p.year < 1969 {
			p.year += 100
		}
		return ok
	case 'm':
		return p.digits(1, 2, 1, 12, &p.month)
	case 'd', 'e':
		p.blanks()
		return p.digits(1, 2, 1, 31, &p.day)
	case 'j':
		return p.digits(3, 3, 1, 366, &p.yearDay)
	case 'a', 'A':
		return p.oneOf(7, func(i int) string { return time.Weekday(i).String() }, &ignored)
	case 'b', 'B':
		ok := p.oneOf(12, func(i int) string { return time.Month(i + 1).String() }, &p.month)
		p.month++
		return ok
	case 'u':
		return p.digits(1, 1, 1, 7, &ignored)
	case 'w':
		return p.digits(1, 1, 0, 6, &ignored)
	case 'z', colonZone:
		var ok bool
		p.hasOffset = true
		p.offset, p.text, ok = readOffset(p.text)
		return ok
	case 'Z':
		for _, name := range []string{"UTC", "GMT", "Z"} {
			if rest, ok := strings.CutPrefix(p.text, name); ok {
				p.hasOffset, p.offset, p.text = true, 0, rest
				return true
			}
		}
		return false
	case dateTime:
		ok := p.text != "" && strings.IndexByte("Tt ", p.text[0]) >= 0
		if ok {
			p.text = p.text[1:]
		}
		return ok
	}
	return p.clock(letter)
}

func (p *timeParser) clock(letter byte) bool {
	switch letter {
	case 'H':
		return p.digits(1, 2, 0, 23, &p.hour)
	case 'I':
		p.hasHour12 = true
		return p.digits(1, 2, 1, 12, &p.hour)
	case 'M':
		return p.digits(1, 2, 0, 59, &p.minute)
	case 'S':
		return p.digits(1, 2, 0, 60, &p.second)
	case 'p':
		p.hasAMPM = true
		if len(p.text) < 2 || !strings.EqualFold(p.text[:2], "AM") && !strings.EqualFold(p.text[:2], "PM") {
			return false
		}
		p.afternoon, p.text = p.text[0]|0x20 == 'p', p.text[2:]
		return true
	case 's':
		p.hasEpoch = true
		return p.seconds()
	case fraction:
		if p.text == "" || p.text[0] != '.' && p.text[0] != ',' {
			return true
		}
		p.text = p.text[1:]
	}
	before := len(p.text) // of a fraction
	if !p.digits(1, 9, 0, 999999999, &p.nano) {
		return false
	}
	for i := before - len(p.text); i < 9; i++ {
		p.nano *= 10
	}
	return true
}

func (p *timeParser) seconds() bool {
	rest, negative := strings.CutPrefix(p.text, "-")
	p.text = rest
	n := 0
	if !p.digits(1, 12, 0, 999999999999, &n) {
		return false
	}
	if p.epoch = int64(n); negative {
		p.epoch = -p.epoch
	}
	return true
}

// oneOf reads one of n names, whole or its first three letters.
func (p *timeParser) oneOf(n int, name func(int) string, into *int) bool {
	for i := range n {
		full := name(i)
		for _, want := range []string{full, full[:3]} {
			if len(p.text) >= len(want) && strings.EqualFold(p.text[:len(want)], want) {
				*into, p.text = i, p.text[len(want):]
				return true
			}
		}
	}
	return false
}

// readOffset reads Z, +01, +0100 or +01:00 and returns seconds.
func readOffset(text string) (offset int, rest string, ok bool) {
	if text == "" {
		return 0, text, false
	}
	if text[0] == 'Z' || text[0] == 'z' {
		return 0, text[1:], true
	}
	if text[0] != '+' && text[0] != '-' {
		return 0, text, false
	}
	p := timeParser{text: text[1:]}
	hours, minutes := 0, 0
	if !p.digits(2, 2, 0, 23, &hours) {
		return 0, text, false
	}
	after, colon := strings.CutPrefix(p.text, ":")
	if p.text = after; !p.digits(2, 2, 0, 59, &minutes) && colon {
		return 0, text, false
	}
	if offset = hours*3600 + minutes*60; text[0] == '-' {
		offset = -offset
	}
	return offset, p.text, true
}

// result puts together what was read.
func (p *timeParser) result() (int64, int, string) {
	if p.hasEpoch {
		return p.epoch, p.nano, ""
	}
	if p.hasHour12 {
		if p.hour %= 12; p.afternoon {
			p.hour += 12
		}
	} else if p.hasAMPM && p.afternoon && p.hour < 12 {
		p.hour += 12
	}
	zone := p.zone
	if p.hasOffset {
		zone = time.FixedZone("", p.offset)
	}
	if p.yearDay > 0 {
		p.month, p.day = 1, p.yearDay
	}
	if !p.hasYear {
		p.nearestYear(zone)
	}
	day := time.Date(p.year, time.Month(p.month), p.day, 0, 0, 0, 0, time.UTC)
	if p.yearDay == 0 && day.Day() != p.day || p.yearDay > 0 && day.Year() != p.year {
		return 0, 0, fmt.Sprintf("there is no day %d in month %d of %d", p.day, p.month, p.year)
	}
	t := time.Date(p.year, time.Month(p.month), p.day, p.hour, p.minute, p.second, p.nano, zone)
	return t.Unix(), t.Nanosecond(), ""
}

// nearestYear sets the year that brings the time nearest to now, as logs that
// tell no year mean it. The 29th of February is in a leap year.
func (p *timeParser) nearestYear(zone *time.Location) {
	now := p.context.now().In(zone)
	p.year = now.Year()
	least := time.Duration(1<<63 - 1)
	for year := now.Year() - 4; year <= now.Year()+1; year++ {
		t := time.Date(year, time.Month(p.month), p.day, p.hour, p.minute, p.second, 0, zone)
		if distance := t.Sub(now).Abs(); t.Day() == p.day && distance < least {
			p.year, least = year, distance
		}
	}
}
