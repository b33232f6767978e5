package std

import (
	"math"
	"strconv"
	"strings"
	"time"
)

var timeGroup = Group{
	Name:    "time",
	Summary: "Times as numbers of seconds since 1970, and as text.",
	Text: `A time is a number of seconds since 1970 in UTC, as in ` + "`msg.timestamp`" + ` and ` + "`os.time()`" + `; it
holds about a microsecond, and is written rounded to that.

A layout is one of the names below, or a text with directives.

| | |
|---|---|
| ` + "`rfc3339`" + `, the default | ` + "`2026-03-01T12:30:00.25+01:00`" + `; a space is read for the T, too |
| ` + "`rfc1123`" + ` | ` + "`Sun, 01 Mar 2026 11:30:00 GMT`" + `, as in HTTP |
| ` + "`unix`, `unix_ms`, `unix_us`, `unix_ns`" + ` | seconds and so on since 1970 |
| ` + "`%Y %y %m %d %e %j`" + ` | year, its last two digits (69 to 99 are 19..), month, day, day with a blank, day of the year |
| ` + "`%H %I %M %S %p`" + ` | hour, hour up to 12, minute, second, AM or PM |
| ` + "`%L %f %N`" + ` | the fraction of the second in 3, 6 and 9 digits; any number from 1 to 9 is read |
| ` + "`%a %A %b %B %h`" + ` | names of days and months in English; both lengths and cases are read |
| ` + "`%u %w`" + ` | day of the week, Monday 1 to Sunday 7, Sunday 0 to Saturday 6; read and not looked at |
| ` + "`%z %:z %Z`" + ` | ` + "`+0100`, `+01:00`" + ` (` + "`Z`" + ` and both are read), ` + "`UTC`" + ` or the zone's name (only UTC and GMT are read) |
| ` + "`%s`" + ` | seconds since 1970 |
| ` + "`%F %T %D %R`" + ` | ` + "`%Y-%m-%d`, `%H:%M:%S`, `%m/%d/%y`, `%H:%M`" + ` |
| ` + "`%n %t %%`" + ` | a newline, a tab, a percent sign |

Blanks in a layout stand for any number of blanks in what is read. A zone is
` + "`UTC`, `local`" + `, an offset such as ` + "`+02:00`" + ` or a name such as ` + "`Europe/Berlin`" + `. A layout or
zone that does not exist is an error that is raised.`,
	Functions: []Function{
		function("time.now", "time.now() -> seconds",
			"The time. It stands still while a script describes.",
			`
gopiper.time.now() > 1.7e9 --> true
`, func(a *arguments) []Value {
				return a.one(Num(float64(a.now().UnixMicro()) / 1e6))
			}),
		function("time.parse", "time.parse(text [, layout [, zone]]) -> seconds",
			"Reads a time. The zone, UTC by default, is that of a text which tells none. A text without a year is of the year that "+
				"brings it nearest to now. A text that does not fit the layout, or a day that is in no calendar, "+
				"gives nil and a description.",
			`
gopiper.time.parse("2026-03-01T12:30:00.25+01:00") --> 1772364600.25
gopiper.time.parse("01/Mar/2026:12:30:00 +0100", "%d/%b/%Y:%H:%M:%S %z") --> 1772364600
gopiper.time.parse("2026-07-01 12:00", "%F %R", "Europe/Berlin") --> 1782900000
gopiper.time.parse("1772364600250", "unix_ms") --> 1772364600.25
gopiper.time.parse("2026-02-30", "%F") --> nil, '"2026-02-30": there is no day 30 in month 2 of 2026'
`, timeParse),
		function("time.format", "time.format(seconds [, layout [, zone]]) -> text",
			"Writes a time, in UTC unless another zone is given. A time before the year 0 or after 9999 gives nil and a description.",
			`
gopiper.time.format(1772364600.25) --> "2026-03-01T11:30:00.25Z"
gopiper.time.format(1772364600, "%a, %e %b %Y %H:%M:%S %z", "+02:00") --> "Sun,  1 Mar 2026 13:30:00 +0200"
gopiper.time.format(1772364600.25, "unix_ms") --> "1772364600250"
`, timeFormat),
	},
}

// layoutMax bounds the length of layouts, in bytes.
const layoutMax = 1000

// epochs are the layouts that count from 1970: how many of them are a second.
var epochs = map[string]float64{"unix": 1, "unix_ms": 1e3, "unix_us": 1e6, "unix_ns": 1e9}

// The times that are written: the years 0 to 9999.
const earliest, latest = -62167219200, 253402300799

func timeParse(a *arguments) []Value {
	text, name := a.text(1), a.optionalText(2, "rfc3339")
	zone := a.zone(3)
	if a.err != nil {
		return nil
	}
	if scale, ok := epochs[name]; ok {
		f, err := strconv.ParseFloat(text, 64)
		if err != nil || math.IsNaN(f) || math.IsInf(f, 0) {
			return a.failed("%s: a number expected for the layout %s", quoted(text), name)
		}
		return a.one(Num(f / scale))
	}
	layout := a.layout(2, name)
	if a.err != nil || !a.charge(len(text)) {
		return nil
	}
	p := timeParser{text: text, zone: zone, context: a.Context}
	seconds, nanoseconds, problem := p.parse(layout)
	if problem != "" {
		return a.failed("%s: %s", quoted(text), problem)
	}
	return a.one(Num(float64(seconds) + float64(nanoseconds)/1e9))
}

func timeFormat(a *arguments) []Value {
	seconds, name := a.number(1), a.optionalText(2, "rfc3339")
	zone := a.zone(3)
	if a.err != nil {
		return nil
	}
	if !(earliest <= seconds && seconds <= latest) {
		return a.failed("%s is no time of the years 0 to 9999", FormatNumber(seconds))
	}
	if scale, ok := epochs[name]; ok {
		micro := math.Round(seconds * 1e6)
		return a.result(strconv.FormatFloat(math.Floor(micro/(1e6/scale)), 'f', 0, 64))
	}
	layout := a.layout(2, name)
	if a.err != nil {
		return nil
	}
	whole := math.Floor(seconds)
	micro := int64(math.Round((seconds - whole) * 1e6))
	if name == "rfc1123" {
		zone = time.UTC
	}
	out := appendTime(a.buffer[:0], layout, time.Unix(int64(whole), micro*1000).In(zone))
	return a.made(out)
}

// layout compiles the layout that is argument i.
func (a *arguments) layout(i int, name string) []directive {
	if layout, ok := a.layouts.get(name); ok || a.err != nil {
		return layout
	}
	if len(name) > layoutMax {
		a.bad(i, "a layout is at most %d bytes long", layoutMax)
		return nil
	}
	name = strings.Clone(name)
	layout, err := compileLayout(name)
	if err != nil {
		a.bad(i, "%s", err.Error())
		return nil
	}
	a.layouts.put(name, layout, 32*len(layout))
	return layout
}

// zone returns the time zone that argument i names, UTC if there is none.
func (a *arguments) zone(i int) *time.Location {
	if a.absent(i) {
		return time.UTC
	}
	name := a.text(i)
	if zone, ok := a.zones.get(name); ok || a.err != nil {
		return zone
	}
	name = strings.Clone(name)
	zone := findZone(name)
	if zone == nil {
		a.bad(i, "%s is no time zone; write for example \"UTC\", \"local\", \"+02:00\" or \"Europe/Berlin\"", quoted(name))
		return time.UTC
	}
	a.zones.put(name, zone, 4<<10)
	return zone
}

func findZone(name string) *time.Location {
	switch name {
	case "", "Local":
		return nil
	case "local":
		return time.Local
	}
	if offset, rest, ok := readOffset(name); ok && rest == "" {
		return time.FixedZone("", offset)
	}
	if zone, err := time.LoadLocation(name); err == nil {
		return zone
	}
	return nil
}
