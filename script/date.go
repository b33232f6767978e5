package script

import (
	"fmt"
	"math"
	"strings"
	"time"

	lua "github.com/yuin/gopher-lua"
)

// formatMax bounds the length of a format of os.date.
const formatMax = 1000

// osDate is os.date of a time, as C's strftime in the C locale writes it.
func osDate(L *lua.LState, now time.Time) int {
	format, at := "%c", now
	if L.Get(1) != lua.LNil {
		format = textArgument(L, 1)
	}
	if L.Get(2) != lua.LNil {
		seconds := integer(L, 2)
		if !(math.Abs(seconds) < 1<<55) {
			L.ArgError(2, "a time that far away has no date")
		}
		at = time.Unix(int64(seconds), 0)
	}
	at = at.Local()
	if utc, ok := strings.CutPrefix(format, "!"); ok {
		format, at = utc, at.UTC()
	}
	if strings.HasPrefix(format, "*t") {
		L.Push(dateTable(L, at))
		return 1
	}
	if len(format) > formatMax {
		L.RaiseError("os.date: the format is too long")
	}
	L.Push(lua.LString(appendDate(nil, format, at)))
	return 1
}

func dateTable(L *lua.LState, at time.Time) *lua.LTable {
	table := L.CreateTable(0, 9)
	for name, value := range map[string]int{
		"year": at.Year(), "month": int(at.Month()), "day": at.Day(), "hour": at.Hour(), "min": at.Minute(),
		"sec": at.Second(), "wday": int(at.Weekday()) + 1, "yday": at.YearDay(),
	} {
		table.RawSetString(name, lua.LNumber(value))
	}
	table.RawSetString("isdst", lua.LBool(at.IsDST()))
	return table
}

// layouts are the directives that stand for others or for a layout of Go.
var layouts = map[byte]string{
	'a': "Mon", 'A': "Monday", 'b': "Jan", 'B': "January", 'h': "Jan", 'c': "Mon Jan _2 15:04:05 2006", 'd': "02",
	'D': "01/02/06", 'e': "_2", 'F': "2006-01-02", 'H': "15", 'I': "03", 'j': "002", 'm': "01", 'M': "04", 'p': "PM",
	'r': "03:04:05 PM", 'R': "15:04", 'S': "05", 'T': "15:04:05", 'x': "01/02/06", 'X': "15:04:05", 'y': "06",
	'Y': "2006", 'z': "-0700", 'Z': "MST",
}

// appendDate appends what strftime makes of a format. A directive that there is not
// stays as it is.
func appendDate(out []byte, format string, at time.Time) []byte {
	for {
		i := strings.IndexByte(format, '%')
		if i < 0 || i+1 == len(format) {
			return append(out, format...)
		}
		out = append(out, format[:i]...)
		directive := format[i+1]
		format = format[i+2:]
		year, week := at.ISOWeek()
		switch directive {
		case 'Z':
			name, _ := at.Zone()
			if at.Location() == time.UTC {
				name = "GMT"
			}
			out = append(out, name...)
		case 'C':
			out = fmt.Appendf(out, "%02d", at.Year()/100)
		case 'g':
			out = fmt.Appendf(out, "%02d", year%100)
		case 'G':
			out = fmt.Appendf(out, "%d", year)
		case 'V':
			out = fmt.Appendf(out, "%02d", week)
		case 'U':
			out = fmt.Appendf(out, "%02d", (at.YearDay()+6-int(at.Weekday()))/7)
		case 'W':
			out = fmt.Appendf(out, "%02d", (at.YearDay()+6-(int(at.Weekday())+6)%7)/7)
		case 'u':
			out = fmt.Appendf(out, "%d", (int(at.Weekday())+6)%7+1)
		case 'w':
			out = fmt.Appendf(out, "%d", at.Weekday())
		case 's':
			out = fmt.Appendf(out, "%d", at.Unix())
		case 'n':
			out = append(out, '\n')
		case 't':
			out = append(out, '\t')
		case '%':
			out = append(out, '%')
		default:
			if layout, ok := layouts[directive]; ok {
				out = at.AppendFormat(out, layout)
			} else {
				out = append(out, '%', directive)
			}
		}
	}
}

// osTime is os.time of a table, in the local time zone.
func osTime(L *lua.LState) int {
	table := L.CheckTable(1)
	field := func(name string, otherwise int) int {
		value := L.GetField(table, name)
		f, ok := numberOf(value)
		switch {
		case ok && math.Abs(f) < 1<<31:
			return int(f)
		case ok:
			L.RaiseError("os.time: the field %q is out of range", name)
		case otherwise < 0:
			L.RaiseError("os.time: the field %q is missing in the date", name)
		}
		return otherwise
	}
	at := time.Date(field("year", -1), time.Month(field("month", -1)), field("day", -1),
		field("hour", 12), field("min", 0), field("sec", 0), 0, time.Local)
	L.Push(lua.LNumber(at.Unix()))
	return 1
}
