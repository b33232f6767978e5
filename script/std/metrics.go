package std

import (
	"log/slog"
	"math"
	"slices"
	"strings"
	"unicode/utf8"
)

// seriesMax is how many counters and gauges one Context has at most.
const seriesMax = 1000

const metricsText = `A name is made of letters, digits and ` + "`_`" + ` and begins with a letter; labels are a table of strings. The same name and labels are the
same series in all workers. One worker has at most 1000: a label must not take the value of every user or message. More than
that, and a name that is taken by something else, raise an error. Make them where a script describes, and use them in functions. What is
counted while a script describes counts once, however often it is evaluated.

` + "`gopiper run --metrics`" + ` serves them under their names, beside [its own](../metrics.md), and ` + "`--stats`" + ` prints them at the end. Names that
begin with gopiper_, go_ or process_ are taken.`

var counterGroup = Group{
	Name:    "counter",
	Summary: "Counts what a script sees, for the metrics.",
	Text:    metricsText,
	Functions: []Function{
		function("counter", "counter(name [, labels]) -> counter", "Returns the counter of a name.", `
local failed = gopiper.counter("payments_failed", { bank = "a" })
failed:add() -->
`, func(a *arguments) []Value { return a.metric("counter") }),
		function("counter:add", "counter:add([n])", "Adds n, 1 by default. It raises an error if n is negative or not finite.", `
gopiper.counter("bytes_seen"):add(512) -->
`, func(a *arguments) []Value {
			self, _ := a.at(1)
			c, ok := self.Object.(Counter)
			if !ok {
				a.expected(1, "counter")
				return nil
			}
			n := 1.0
			if !a.absent(2) {
				n = a.number(2)
			}
			if a.err == nil && NoCount(n) {
				a.bad(2, "a counter only counts up, by a finite number; got %s", FormatNumber(n))
			}
			if a.err == nil && !a.Quiet {
				c.Add(n)
			}
			return nil
		}),
	},
}

var gaugeGroup = Group{
	Name:    "gauge",
	Summary: "Shows a value of a script's in the metrics.",
	Text:    metricsText,
	Functions: []Function{
		function("gauge", "gauge(name [, labels]) -> gauge", "Returns the gauge of a name.", `
local size = gopiper.gauge("cart_size")
size:set(3) -->
`, func(a *arguments) []Value { return a.metric("gauge") }),
		function("gauge:set", "gauge:set(value)", "Sets it. What several workers set, the last one has set.", `
gopiper.gauge("cart_size"):set(3) -->
`, func(a *arguments) []Value { return a.change(Gauge.Set) }),
		function("gauge:add", "gauge:add(n)", "Adds n, which may be negative.", `
gopiper.gauge("cart_size"):add(-1) -->
`, func(a *arguments) []Value { return a.change(Gauge.Change) }),
	},
}

// NoCount tells whether a counter cannot count n: what is negative or not finite.
func NoCount(n float64) bool { return !(n >= 0 && n <= math.MaxFloat64) }

func (a *arguments) change(by func(Gauge, float64)) []Value {
	self, _ := a.at(1)
	g, ok := self.Object.(Gauge)
	if !ok {
		a.expected(1, "gauge")
		return nil
	}
	if n := a.number(2); a.err == nil && !a.Quiet {
		by(g, n)
	}
	return nil
}

// nothing takes what nobody keeps.
type (
	noCounter struct{}
	noGauge   struct{}
)

func (noCounter) Add(float64)  {}
func (noGauge) Set(float64)    {}
func (noGauge) Change(float64) {}

// metric returns the counter or gauge that the arguments name.
func (a *arguments) metric(kind string) []Value {
	name := a.text(1)
	labels := a.labels(2)
	if a.err == nil && !isName(name) {
		a.bad(1, "the name %s is not made of letters, digits and _", quoted(name))
	}
	if a.err == nil && slices.ContainsFunc(taken, func(prefix string) bool { return strings.HasPrefix(name, prefix) }) {
		a.bad(1, "the name %s is of a metric of the program's own; choose another beginning", quoted(name))
	}
	if a.err != nil {
		return nil
	}
	key := seriesKey(kind+" "+name, labels)
	if v, ok := a.series[key]; ok {
		return a.one(v)
	}
	if len(a.series) >= seriesMax {
		a.bad(1, "there are more than %d counters and gauges; a label must take few values only", seriesMax)
		return nil
	}
	v := Value{Kind: Object}
	var err error
	switch {
	case kind == "counter" && a.Metrics == nil:
		v.Object = noCounter{}
	case kind == "counter":
		v.Object, err = a.Metrics.Counter(name, labels)
	case a.Metrics == nil:
		v.Object = noGauge{}
	default:
		v.Object, err = a.Metrics.Gauge(name, labels)
	}
	if err != nil {
		a.bad(1, "%s", err.Error())
		return nil
	}
	if a.series == nil {
		a.series = make(map[string]Value)
	}
	a.series[key] = v
	return a.one(v)
}

// taken are the beginnings of the names that the program's own metrics have.
var taken = []string{"gopiper_", "go_", "process_", "promhttp_"}

func isName(text string) bool {
	for i := range len(text) {
		c := text[i] | 0x20
		if !('a' <= c && c <= 'z' || i > 0 && (text[i] == '_' || '0' <= text[i] && text[i] <= '9')) {
			return false
		}
	}
	return text != "" && len(text) <= 200
}

// labels returns the labels that argument i is, sorted.
func (a *arguments) labels(i int) []Label {
	if a.absent(i) {
		return nil
	}
	t := a.table(i)
	if len(t.List) > 0 || len(t.Names) > 20 {
		a.bad(i, "labels are a table of at most 20 names")
	}
	var labels []Label
	for j, name := range t.Names {
		text, ok := t.Fields[j].AsText()
		if !ok || !isName(name) || len(text) > 1000 || !utf8.ValidString(text) {
			a.bad(i, "the label %s is no name with a short string", quoted(name))
		}
		labels = append(labels, Label{name, text})
	}
	slices.SortFunc(labels, func(a, b Label) int { return strings.Compare(a.Name, b.Name) })
	return labels
}

// lineMax is how much of a text or a field is logged, in bytes.
const lineMax = 4 << 10

var logGroup = Group{
	Name:    "log",
	Summary: "Lines in the log.",
	Text: `The fields of the table stand behind the text, sorted by name, tables among them as JSON. Behind them stand the pipeline and the stage whose
function logs, and the position, as file and line. Texts are cut after 4 KiB. What a script logs while it describes is logged once, however
often it is evaluated. Of warnings and errors that repeat, ` + "`gopiper run`" + ` logs a few and counts the others.`,
	Functions: []Function{
		logFunction("debug", "what only those want to know who look for a mistake"),
		logFunction("info", "what is as it should be"),
		logFunction("warn", "what may become a problem"),
		logFunction("error", "what is wrong; it does not fail the message, error(…) does"),
	},
}

var logLevels = map[string]slog.Level{
	"log.debug": slog.LevelDebug, "log.info": slog.LevelInfo, "log.warn": slog.LevelWarn, "log.error": slog.LevelError,
}

// Logs tells whether what the function log.NAME is given is logged now: bindings need
// not look for the position of a line that is not. One goroutine at a time.
func (c *Context) Logs(function string) bool { return c.logs(logLevels[function]) }

func logFunction(name, what string) Function {
	level := logLevels["log."+name]
	return function("log."+name, "log."+name+"(text [, fields])", "Logs "+what+".",
		"gopiper.log."+name+`("seen", { user = "ann" }) -->`,
		func(a *arguments) []Value {
			text := a.text(1)
			t := &Table{}
			if !a.absent(2) {
				t = a.table(2)
			}
			if a.err != nil || !a.logs(level) || !a.charge(lineMax) {
				return nil
			}
			var attributes []slog.Attr
			for i, name := range t.Names {
				attributes = append(attributes, slog.String(cutLine(name), a.line(t.Fields[i])))
			}
			if a.err == nil {
				a.log(level, cutLine(text), attributes)
			}
			return nil
		})
}

// line is the text of a field.
func (a *arguments) line(v Value) string {
	if text, ok := v.AsText(); ok {
		return cutLine(text)
	}
	e := jsonEncoder{a: a}
	if err := e.append(v, 0); err != nil {
		return "a " + v.TypeName() + " that cannot be written: " + err.Error()
	}
	return cutLine(string(e.out))
}

func cutLine(text string) string {
	if len(text) > lineMax {
		return text[:lineMax] + "…"
	}
	return text
}
