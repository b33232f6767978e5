package std

import (
	"bytes"
	"errors"
	"fmt"
	"log/slog"
	"math/big"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
	"unsafe"

	"go.uber.org/goleak"
	"pgregory.net/rapid"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// call calls a function of the library.
func call(t testing.TB, c *Context, name string, arguments ...Value) []Value {
	t.Helper()
	results, err := try(c, name, arguments...)
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return results
}

func try(c *Context, name string, arguments ...Value) ([]Value, error) {
	for _, f := range Functions() {
		if f.Name == name {
			results, err := f.Call(c, arguments)
			return kept(results), err
		}
	}
	return nil, errors.New("there is no " + name)
}

// kept returns a copy of results, which are good until the next call only.
func kept(values []Value) []Value {
	values = slices.Clone(values)
	for i, v := range values {
		if v.Kind == Map {
			values[i] = OfTable(&Table{List: kept(v.Table.List), Names: slices.Clone(v.Table.Names), Fields: kept(v.Table.Fields), Array: v.Table.Array})
		}
	}
	return values
}

// show writes values so that they can be compared.
func show(values []Value) string {
	var parts []string
	for _, v := range values {
		text, ok := v.AsText()
		switch {
		case v.Kind == String:
			text = fmt.Sprintf("%q", text)
		case v.Kind == Boolean:
			text = fmt.Sprint(v.Bool)
		case v.Kind == Map:
			text = show(v.Table.List)
			for i, name := range v.Table.Names {
				text += fmt.Sprintf(" %s=%s", name, show(v.Table.Fields[i:i+1]))
			}
			text = "{" + strings.TrimPrefix(text, " ") + "}"
		case !ok:
			text = v.TypeName()
		}
		parts = append(parts, text)
	}
	return strings.Join(parts, ", ")
}

func TestRegistry(t *testing.T) {
	names := make(map[string]bool)
	for _, g := range Groups() {
		if g.Name == "" || g.Summary == "" || len(g.Functions) == 0 {
			t.Errorf("%+v", g)
		}
		for _, f := range g.Functions {
			if names[f.Name] || !strings.HasPrefix(f.Signature, f.Name+"(") || !strings.HasSuffix(f.Doc, ".") || !strings.Contains(f.Example, "-->") {
				t.Errorf("%s: it is there twice, or its signature, text or example is not well made", f.Name)
			}
			if f.Name != g.Name && !strings.HasPrefix(f.Name, g.Name+".") && !strings.HasPrefix(f.Name, g.Name+":") {
				t.Errorf("%s is in the group %s", f.Name, g.Name)
			}
			names[f.Name] = true
		}
	}
	if len(names) < 60 {
		t.Errorf("only %d functions", len(names))
	}
}

// No function panics, whatever it is called with, and none forgets to look at
// its arguments.
func TestArguments(t *testing.T) {
	deep := OfTable(&Table{Names: []string{"a"}, Fields: []Value{OfTable(&Table{List: []Value{Flag(true)}})}})
	values := []Value{{}, Flag(true), Num(-1), Num(1e300), Text(""), Text("%"), Text("$"), Text("1.2.3.4"), OfTable(&Table{}), deep,
		{Kind: Null}, {Kind: Exact, Text: "9007199254740993"}, {Kind: Object, Object: noCounter{}}, {Kind: Other, Text: "function"}}
	c := &Context{Logger: slog.New(slog.DiscardHandler)}
	for _, f := range Functions() {
		for _, x := range values {
			for _, y := range values {
				for _, z := range values {
					for n := range 4 {
						_, err := f.Call(c, []Value{x, y, z}[:n])
						var argument *ArgumentError
						if err != nil && !errors.As(err, &argument) {
							t.Errorf("%s: %v", f.Name, err)
						}
					}
				}
			}
		}
		_, err := f.Call(c, []Value{{Kind: Other, Text: "function"}})
		if noArguments := strings.Contains(f.Signature, "()"); (err == nil) != noArguments {
			t.Errorf("%s, called with a function: %v", f.Name, err)
		}
	}
}

// What Lua 5.1 prints.
func TestFormatNumber(t *testing.T) {
	for _, test := range []struct {
		number float64
		want   string
	}{
		{1, "1"}, {0.1, "0.1"}, {-0.5, "-0.5"}, {1e15, "1e+15"}, {1e14, "1e+14"}, {123456789012345, "1.2345678901234e+14"},
		{99999999999999, "99999999999999"}, {1e100, "1e+100"}, {1e-5, "1e-05"}, {0.0001, "0.0001"}, {3.14159265358979, "3.1415926535898"},
		{100, "100"}, {1 << 53, "9.007199254741e+15"}, {-1e-300, "-1e-300"},
	} {
		if got := FormatNumber(test.number); got != test.want {
			t.Errorf("%g: %s, want %s", test.number, got, test.want)
		}
	}
}

var timeTests = []struct{ text, layout, zone, want string }{
	{"2026-03-01T12:30:00Z", "rfc3339", "", "1772368200"}, {"2026-03-01t12:30:00.5z", "rfc3339", "", "1772368200.5"},
	{"2026-03-01 12:30:00-0030", "rfc3339", "", "1772370000"}, {"2026-03-01T12:30:00", "rfc3339", "", "an offset such as +01:00 expected at offset 19"},
	{"2026-13-01", "%F", "", "a month expected at offset 5"}, {"2026-02-29", "%F", "", "there is no day 29 in month 2 of 2026"},
	{"2024-02-29", "%F", "", "1709164800"}, {"2024-366", "%Y-%j", "", "1735603200"}, {"2026-366", "%Y-%j", "", "there is no day 366 in month 1 of 2026"},
	{"12:00 AM 1/1/70", "%I:%M %p %D", "", "0"}, {"12:30 pm 01/01/70", "%I:%M %p %m/%d/%y", "", "45000"},
	{"Thursday, 1 jan 1970", "%A, %d %b %Y", "", "0"}, {"thu  1 January 1970", "%a %e %B %Y", "", "0"},
	{"1970-01-01 00:00:00.123456789", "%F %T.%N", "", "0.123456789"}, {"1970-01-01 00:00:00.5", "%F %T.%L", "", "0.5"},
	{"1970-01-01 00:00:60", "%F %T", "", "60"}, {"1970-01-01 24:00:00", "%F %T", "", "an hour expected at offset 11"},
	{"-5", "%s", "", "-5"}, {"1e3", "unix", "", "1000"}, {"x", "unix", "", "a number expected"}, {"1500", "unix_us", "", "0.0015"},
	{"1970-01-01 01:00 ", "%F %R", "+01:00", "the end expected at offset 16"}, {"1970-01-01 01:00", "%F %R", "+01:00", "0"},
	{"Thu, 01 Jan 1970 00:00:00 GMT", "rfc1123", "+05:00", "-18000"}, {"1970-01-01 GMT", "%F %Z", "+05:00", "0"},
	{"Dec 31 23:59:59", "%b %e %T", "", "1798761599"}, {"Jun  1 00:00:00", "%b %e %T", "", "1811808000"}, {"Feb 29 00:00:00", "%b %e %T", "", "1835395200"},
	{"100%", "%j%%", "", "1807315200"}, {"1\t2", "%d%n%m", "", "1801440000"},
}

func TestTimes(t *testing.T) {
	c := &Context{Now: func() time.Time { return time.Date(2027, 1, 15, 0, 0, 0, 0, time.UTC) }}
	for _, test := range timeTests {
		arguments := []Value{Text(test.text), Text(test.layout)}
		if test.zone != "" {
			arguments = append(arguments, Text(test.zone))
		}
		results := call(t, c, "time.parse", arguments...)
		got := fmt.Sprintf("%.11g", results[0].Number)
		if len(results) == 2 {
			got = results[1].Text
		}
		if got != test.want && !strings.Contains(got, ": "+test.want) {
			t.Errorf("%q %q: %s, want %s", test.text, test.layout, got, test.want)
		}
	}
	for _, layout := range []string{"%Q", "%", "plain", strings.Repeat("%Y", 501)} {
		if _, err := try(c, "time.format", Num(0), Text(layout)); err == nil {
			t.Errorf("%s: no error", layout)
		}
	}
	for _, zone := range []string{"Europe/Nowhere", "../UTC", "+25:00", ""} {
		if _, err := try(c, "time.format", Num(0), Text("%F"), Text(zone)); err == nil {
			t.Errorf("the zone %q: no error", zone)
		}
	}
}

// Times are written as Go writes them, and read back.
func TestTimeRoundTrip(t *testing.T) {
	c := &Context{}
	rapid.Check(t, func(t *rapid.T) {
		at := time.UnixMicro(rapid.Int64Range(earliest*1e6, latest*1e6).Draw(t, "at")).UTC()
		if at.Unix() < -4e9 || at.Unix() > 4e9 { // a float64 holds no microseconds there
			at = at.Truncate(time.Second)
		}
		seconds, _ := new(big.Float).Quo(big.NewFloat(float64(at.UnixMicro())), big.NewFloat(1e6)).Float64()
		got, err := try(c, "time.format", Num(seconds))
		if err != nil || got[0].Text != at.Format(time.RFC3339Nano) {
			t.Fatalf("%v: %s, %v", at, show(got), err)
		}
		layout := rapid.SampledFrom([]string{"rfc3339", "%F %T.%f %z", "%A %d %B %Y %I:%M:%S.%N %p %:z", "%Y/%j %T.%f", "%s.%f"}).Draw(t, "layout")
		got, _ = try(c, "time.format", Num(seconds), Text(layout))
		text := got[0].Text
		got, err = try(c, "time.parse", Text(text), Text(layout))
		if err != nil || got[0].Kind != Number || got[0].Number-seconds > 1e-4 || seconds-got[0].Number > 1e-4 {
			t.Fatalf("%v: %q is read as %s, %v", at, text, show(got), err)
		}
	})
}

// Searches are those of package regexp.
func TestRegex(t *testing.T) {
	c := &Context{}
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.StringOfN(rapid.SampledFrom([]rune("ab, é\n")), 0, 12, -1).Draw(t, "text")
		pattern := rapid.SampledFrom([]string{"a", "a*", "(a)|(b)", "^a", "(?m)^.", "\\b", ", *", "(?:)", "(?i)(?P<x>A)b?", "é", "$", "(a|ab)(b|)"}).Draw(t, "pattern")
		e := regexp.MustCompile(pattern)
		limit := rapid.IntRange(-1, 4).Draw(t, "limit")
		arguments := []Value{Text(text), Text(pattern)}
		if limit >= 0 {
			arguments = append(arguments, Num(float64(limit)))
		}
		results, err := try(c, "regex.split", arguments...)
		var pieces []Value
		for _, piece := range e.Split(text, limit) {
			pieces = append(pieces, Text(piece))
		}
		if err != nil || show(results[0].Table.List) != show(pieces) {
			t.Fatalf("split: %s, want %s (%v)", show(results), show(pieces), err)
		}
		results, err = try(c, "regex.replace", Text(text), Text(pattern), Text("<$0>"))
		if want := e.ReplaceAllString(text, "<$0>"); err != nil || results[0].Text != want {
			t.Fatalf("replace: %s, want %q (%v)", show(results), want, err)
		}
		results, err = try(c, "regex.find_all", arguments...)
		if err != nil || len(results[0].Table.List) != len(e.FindAllString(text, limit)) {
			t.Fatalf("find_all: %s (%v)", show(results), err)
		}
		// One after the other, they are all those that begin there.
		from := 1 + rapid.IntRange(0, len(text)).Draw(t, "from")
		results, err = try(c, "regex.find", Text(text), Text(pattern), Num(float64(from)))
		want := "nil"
		for i := from - 1; i <= len(text) && want == "nil"; i++ {
			if i > 0 && i < len(text) && text[i]&0xc0 == 0x80 {
				continue
			}
			at := regexp.MustCompile(`\A(?s:.{` + fmt.Sprint(len([]rune(text[:i]))) + `})(` + pattern + `)`).FindStringSubmatchIndex(text)
			if at != nil {
				want = show([]Value{Num(float64(at[2] + 1)), Num(float64(at[3]))})
			}
		}
		if got := show(results); err != nil || got != want && !strings.HasPrefix(got, want+",") {
			t.Fatalf("find from %d: %s, want %s (%v)", from, got, want, err)
		}
	})
}

// A long text is searched as a short one is.
func TestLongRegex(t *testing.T) {
	text := strings.Repeat("ab\xff é\n", 40_000) + "the end 42"
	for _, pattern := range []string{`end (\d+)`, `(?m)^the (x)?`, `\bé`, `nowhere`, `\d$`} {
		results := call(t, &Context{}, "regex.find", Text(text), Text(pattern))
		want := "nil"
		if at := regexp.MustCompile(pattern).FindStringIndex(text); at != nil {
			want = show([]Value{Num(float64(at[0] + 1)), Num(float64(at[1]))})
		}
		if got := show(results); !strings.HasPrefix(got, want) {
			t.Errorf("%s: %s, want %s", pattern, got, want)
		}
	}
}

// A number is exact where a float64 would be another one.
func TestNumberOf(t *testing.T) {
	for text, want := range map[string]bool{
		"0": false, "-0": false, "0.0": false, "0e5": false, "1e-400": true, "0.5": false, "9007199254740992": false, "-9007199254740992": false,
		"9007199254740993": true, "-9007199254740993": true, "9007199254740994": true, "1e300": false, "1e400": true, "-1e400": true,
		"9007199254740993.5": false, "1.0": false,
	} {
		if _, exact := NumberOf(text); exact != want {
			t.Errorf("%s: %v", text, exact)
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.StringMatching(`-?[1-9][0-9]{0,20}`).Draw(t, "text")
		n, _ := new(big.Int).SetString(text, 10)
		f, exact := NumberOf(text)
		if held, _ := big.NewFloat(f).Int(nil); !exact && held.Cmp(n) != 0 || exact != (n.CmpAbs(big.NewInt(1<<53)) > 0) {
			t.Fatalf("%s: %v, %v", text, f, exact)
		}
	})
}

// What is counted is there once, whoever counts it.
func TestTally(t *testing.T) {
	var tally Tally
	for range 2 {
		c := &Context{Metrics: &tally}
		call(t, c, "counter:add", call(t, c, "counter", Text("seen"), OfTable(&Table{Names: []string{"b", "a"}, Fields: []Value{Text("2"), Num(1)}}))[0])
		call(t, c, "counter:add", call(t, c, "counter", Text("seen"))[0], Num(0.5))
		call(t, c, "gauge:set", call(t, c, "gauge", Text("size"))[0], Num(7))
		call(t, c, "gauge:add", call(t, c, "gauge", Text("size"))[0], Num(-2))
		c.Quiet = true
		call(t, c, "counter:add", call(t, c, "counter", Text("seen"))[0])
		call(t, c, "gauge:set", call(t, c, "gauge", Text("size"))[0], Num(9))
	}
	want := "[{seen [] true 1} {seen [{a 1} {b 2}] true 2} {size [] false 5}]"
	if got := fmt.Sprint(tally.Series()); got != want {
		t.Errorf("%s, want %s", got, want)
	}
	if _, err := tally.Gauge("seen", nil); err == nil || err.Error() != "seen is a counter and cannot be a gauge, too" {
		t.Error(err)
	}
	for i := range tallyMax {
		if _, err := tally.Counter("many", []Label{{"n", fmt.Sprint(i)}}); (err == nil) != (i < tallyMax-3) {
			t.Fatal(i, err)
		}
	}
}

// recorder keeps what scripts count.
type recorder struct{ lines []string }

type series struct {
	*recorder
	name string
}

func (r *recorder) Counter(name string, labels []Label) (Counter, error) {
	if name == "taken" {
		return nil, errors.New("it is a gauge")
	}
	return counted{series{r, fmt.Sprint(name, labels)}}, nil
}

func (r *recorder) Gauge(name string, labels []Label) (Gauge, error) {
	return measured{series{r, fmt.Sprint(name, labels)}}, nil
}

type counted struct{ series }
type measured struct{ series }

func (s counted) Add(n float64)     { s.lines = append(s.lines, fmt.Sprint(s.name, " +", n)) }
func (s measured) Set(n float64)    { s.lines = append(s.lines, fmt.Sprint(s.name, " =", n)) }
func (s measured) Change(n float64) { s.lines = append(s.lines, fmt.Sprint(s.name, " +", n)) }

func TestMetrics(t *testing.T) {
	r := &recorder{}
	c := &Context{Metrics: r}
	labels := OfTable(&Table{Names: []string{"z", "a"}, Fields: []Value{Text("1"), Num(2)}})
	counter := call(t, c, "counter", Text("seen"), labels)[0]
	call(t, c, "counter:add", counter)
	call(t, c, "counter:add", counter, Num(2.5))
	gauge := call(t, c, "gauge", Text("size"))[0]
	call(t, c, "gauge:set", gauge, Num(3))
	call(t, c, "gauge:add", gauge, Num(-1))
	if got, want := strings.Join(r.lines, "; "), "seen[{a 2} {z 1}] +1; seen[{a 2} {z 1}] +2.5; size[] =3; size[] +-1"; got != want {
		t.Errorf("%s, want %s", got, want)
	}
	for _, arguments := range [][]Value{{Text("taken")}, {Text("1x")}, {Text("")}, {Text("x"), OfTable(&Table{List: []Value{Text("a")}})}} {
		if _, err := try(c, "counter", arguments...); err == nil {
			t.Errorf("%s: no error", show(arguments))
		}
	}
	for _, n := range []float64{-1, inf(), -inf(), inf() - inf()} {
		if _, err := try(c, "counter:add", counter, Num(n)); err == nil {
			t.Errorf("%g: no error", n)
		}
	}
	var err error
	for i := 0; i <= seriesMax && err == nil; i++ {
		_, err = try(c, "counter", Text(fmt.Sprint("c", i)))
	}
	if err == nil {
		t.Error("a script can make any number of counters")
	}
}

func inf() float64 { f, _ := parseNumber("1e999"); return f }

func TestLog(t *testing.T) {
	var out bytes.Buffer
	c := &Context{Logger: slog.New(slog.NewTextHandler(&out, &slog.HandlerOptions{Level: slog.LevelDebug,
		ReplaceAttr: func(_ []string, a slog.Attr) slog.Attr {
			if a.Key == slog.TimeKey {
				return slog.Attr{}
			}
			return a
		}}))}
	fields := OfTable(&Table{Names: []string{"n", "t"}, Fields: []Value{Num(1), OfTable(&Table{List: []Value{Flag(true)}})}})
	call(t, c, "log.warn", Text("hot"), fields)
	call(t, c, "log.debug", Text(strings.Repeat("x", lineMax+1)))
	if want := "level=WARN msg=hot n=1 t=[true]\nlevel=DEBUG msg=" + strings.Repeat("x", lineMax) + "…\n"; out.String() != want {
		t.Errorf("%s", out.String())
	}
}

// A call ends when the context says so, and makes no more than it may.
func TestLimits(t *testing.T) {
	stop := errors.New("enough")
	long := Text(strings.Repeat("[1],", 100_000))
	c := &Context{Charge: func(int) error { return stop }}
	for _, name := range []string{"hash.md5", "compress.gzip", "decompress.gzip", "csv.parse", "kv.parse", "logfmt.parse", "url.query", "base64.decode", "json.decode"} {
		if _, err := try(c, name, long); err != stop {
			t.Errorf("%s: %v", name, err)
		}
	}
	c = &Context{MaxOutput: 10}
	for name, arguments := range map[string][]Value{
		"hex.encode": {Text("123456")}, "base64.encode": {Text("123456789")}, "uuid.v4": nil, "regex.replace": {Text("aaa"), Text("a"), Text("12345")},
		"template": {Text("${a}${a}"), OfTable(&Table{Names: []string{"a"}, Fields: []Value{Text("123456")}})},
	} {
		if _, err := try(c, name, arguments...); err == nil || !strings.Contains(err.Error(), "10 bytes") {
			t.Errorf("%s: %v", name, err)
		}
	}
	bomb := call(t, &Context{}, "compress.zstd", Text(strings.Repeat("a", 1<<20)))[0]
	if got := show(call(t, &Context{}, "decompress.zstd", bomb, Num(1000))); got != `nil, "zstd: longer than 1000 bytes"` {
		t.Error(got)
	}
}

func TestCacheIsBounded(t *testing.T) {
	var c cache[int]
	for i := range 10 * cacheMax {
		c.put("first", -1, 0)
		c.put(fmt.Sprint(i), i, cacheWeightMax/20)
	}
	if n := len(c.young) + len(c.old); n > 40 {
		t.Errorf("it keeps %d", n)
	}
	if v, ok := c.get("first"); !ok || v != -1 {
		t.Error("what is used is forgotten")
	}
	if _, ok := c.get("1"); ok {
		t.Error("what is not used is kept")
	}
}

// The text of an argument may be good only during the call: what is kept does not lean
// on it, not even when it is taken over from the older half of a cache.
func TestCachesKeepCopies(t *testing.T) {
	c := &cache[int]{}
	c.put("first", 1, 0)
	for i := range cacheMax {
		c.put(fmt.Sprint(i), i, 0)
	}
	text := []byte("first")
	if _, ok := c.get(unsafe.String(&text[0], len(text))); !ok {
		t.Fatal("it is not there any more")
	}
	copy(text, "other")
	if n, ok := c.young["first"]; !ok || n.value != 1 {
		t.Error("the key has changed with the text that it was looked up by")
	}
}
