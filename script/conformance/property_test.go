package conformance

import (
	"fmt"
	"math"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/gopiper/gopiper/component"
	"github.com/gopiper/gopiper/script"
)

// writer draws functions as source, most of them in the subset that is compiled and
// without an error.
type writer struct {
	t         *rapid.T
	variables []string // in scope
	count     int
	loops     int
}

func (w *writer) pick(options ...string) string {
	return rapid.SampledFrom(options).Draw(w.t, "option")
}

func (w *writer) below(n int) int { return rapid.IntRange(0, n-1).Draw(w.t, "choice") }

// value draws an expression of any type that can be calculated with, most often.
func (w *writer) value(depth int) string {
	if depth <= 0 || w.below(4) == 0 {
		return w.leaf()
	}
	switch w.below(9) {
	case 0:
		if w.below(5) == 0 {
			return "(" + w.number(depth-1) + w.pick(" ^ ", " % ") + w.pick("2", "7", "-3", "1000", w.number(depth-1)) + ")"
		}
		return "(" + w.number(depth-1) + w.pick(" + ", " - ", " * ", " / ") + w.number(depth-1) + ")"
	case 1:
		return "(" + w.text(depth-1) + " .. " + w.value(depth-1) + ")"
	case 2:
		return "(" + w.condition(depth-1) + w.pick(" and ", " or ") + w.value(depth-1) + ")"
	case 3, 4:
		return w.text(depth)
	case 5, 6:
		return w.number(depth)
	case 7:
		return "-(" + w.number(depth-1) + ")"
	}
	return "not " + w.condition(depth-1)
}

func (w *writer) leaf() string {
	if len(w.variables) > 0 && w.below(3) == 0 {
		return w.pick(w.variables...)
	}
	return w.pick("msg.data", "msg.key", "msg.attributes.a", "msg.attributes.none", "msg.timestamp",
		"msg.json.n", "msg.json.s", "msg.json.f", "msg.json.big", "msg.json.o.x", "msg.json.l[1]", "msg.json.l[2]",
		"msg.json.digits", "msg.json.none", "msg.json.null", "msg.json.e", "1", "0", "-7", "2.5", "1e15", `"x"`, `""`,
		`"007"`, `"0x1F"`, `" 5 "`, `"Hello, World"`, "prefix", "limit", "nil", "true", "#msg.json.l", "#msg.data")
}

func (w *writer) number(depth int) string {
	switch w.below(8) {
	case 0, 1:
		return w.pick("msg.json.n", "msg.json.f", "limit", "3", "0.5", "100", "-2", "msg.json.digits", "#msg.json.l")
	case 2:
		return "math." + w.pick("floor", "ceil", "abs", "sqrt", "exp") + "(" + w.value(depth-1) + ")"
	case 3:
		return "math." + w.pick("max", "min", "fmod") + "(" + w.value(depth-1) + ", " + w.pick("2", "-3", "7.5") + ")"
	case 4:
		return "tonumber(" + w.value(depth-1) + w.pick("", "", ", 16") + ")"
	case 5:
		return "#" + w.text(depth-1)
	case 6:
		return "(" + w.text(depth-1) + "):byte(" + w.pick("", "1", "-1", "2") + ")"
	}
	return w.value(depth - 1)
}

const patterns = `"l"|"%d+"|"(%a)(%w*)"|"^%s*(.-)%s*$"|"[aeiou]"|"()o"|"%f[%a]%a+"|"%b()"|"(%w)%1"|"x*"|"[^,]+"|"^$"|"%p"`

func (w *writer) text(depth int) string {
	if depth <= 0 {
		return w.pick("msg.data", "msg.json.s", "prefix", `"a,b"`, `"Hello"`, "(msg.key or \"none\")", "(msg.attributes.a)")
	}
	s := "(" + w.text(depth-1) + ")"
	pattern := w.pick(strings.Split(patterns, "|")...)
	switch w.below(11) {
	case 0:
		return s + ":" + w.pick("upper()", "lower()", "reverse()", "rep(2)", "len()")
	case 1:
		return s + ":sub(" + w.pick("1", "2", "-3", "0") + ", " + w.pick("-1", "3", "-2", "100") + ")"
	case 2, 3:
		return "(" + s + ":gsub(" + pattern + ", " + w.pick(`""`, `"<%0>"`, `"%1"`, `"%%"`, `"-"`) + w.pick("", "", ", 1") + "))"
	case 4:
		return "(" + s + ":match(" + pattern + `) or "none")`
	case 5:
		return `string.format("` + w.pick("%s", "%5s|", "%-6.2s|", "[%s]") + `", ` + w.value(depth-1) + ")"
	case 6:
		return `string.format("` + w.pick("%d", "%5.2f", "%03d", "%x", "%g", "%e", "%+d", "%.14g", "%5.1f") + `", ` + w.number(depth-1) + ")"
	case 7:
		return "tostring(" + w.value(depth-1) + ")"
	case 8:
		return "type(" + w.value(depth-1) + ")"
	case 9:
		return "(" + s + " .. " + w.value(depth-1) + ")"
	}
	return "string.char(" + w.pick("65", "10", "0, 255", "msg.json.n + 60") + ")"
}

func (w *writer) condition(depth int) string {
	comparison := w.pick(" == ", " ~= ", " < ", " <= ", " > ", " >= ")
	switch w.below(8) {
	case 0, 1:
		return "(" + w.number(depth-1) + comparison + w.number(depth-1) + ")"
	case 2:
		return "(" + w.text(depth-1) + comparison + w.text(depth-1) + ")"
	case 3:
		return "(" + w.value(depth-1) + w.pick(" == ", " ~= ") + w.value(depth-1) + ")"
	case 4:
		return "(" + w.text(depth-1) + "):find(" + w.pick(strings.Split(patterns, "|")...) + ")"
	case 5:
		return w.pick("msg.json.t", "msg.json.null", "msg.json.o", "msg.attributes.none", "msg.key", "msg.json.null == gopiper.null")
	}
	return w.leaf()
}

func (w *writer) block(depth int) string {
	scope := len(w.variables)
	var out strings.Builder
	for range 1 + w.below(4) {
		out.WriteString(w.statement(depth) + "\n")
	}
	w.variables = w.variables[:scope]
	return out.String()
}

func (w *writer) declare(value string) string {
	w.count++
	name := fmt.Sprintf("v%d", w.count)
	w.variables = append(w.variables, name)
	return "local " + name + " = " + value
}

func (w *writer) statement(depth int) string {
	n := 12
	if depth > 0 {
		n = 17
	}
	switch w.below(n) {
	case 0, 1, 2:
		return w.declare(w.value(2))
	case 3:
		if len(w.variables) > 1 {
			return w.pick(w.variables...) + ", " + w.pick(w.variables...) + " = " + w.value(1) + ", " + w.value(1)
		}
		return "msg.data = " + w.text(2)
	case 4:
		return "msg.data = " + w.text(3)
	case 5:
		return "msg.key = " + w.pick("nil", w.text(1), w.value(1))
	case 6:
		return "msg.attributes." + w.pick("a", "b", "new") + " = " + w.pick("nil", w.text(1), w.value(2))
	case 7, 8, 9:
		return w.pick("msg.json.new", "msg.json.n", "msg.json.o.x", "msg.json.o.y", "msg.json.l[1]", "msg.json.l[3]", `msg.json["k" .. 1]`) +
			" = " + w.pick(w.value(2), "nil", "gopiper.null", "msg.json.big", "msg.json.f", "msg.json.e")
	case 10:
		if w.loops > 0 {
			return "if " + w.condition(1) + " then break end"
		}
		return "if " + w.condition(1) + " then return " + w.pick("gopiper.DROP", "200, "+w.text(1), "nil", "", "100", w.number(1)) + " end"
	case 11:
		if w.below(5) > 0 {
			return w.declare(w.text(2))
		}
		return w.pick("msg:emit()", "local t = { "+w.value(1)+" }", "while false do end", "msg.json = { a = "+w.value(1)+" }",
			"for k, v in pairs(msg.json) do msg.key = k end", "table.insert(msg.json.l, "+w.value(1)+")",
			"if true then return msg.data, "+w.text(1)+" end", "local f = function() return "+w.value(1)+" end msg.key = f()")
	case 12, 13:
		return "if " + w.condition(2) + " then\n" + w.block(depth-1) + "else\n" + w.block(depth-1) + "end"
	case 14:
		return "if " + w.condition(2) + " then\n" + w.block(depth-1) + "elseif " + w.condition(1) + " then\n" + w.block(depth-1) + "end"
	case 15:
		w.count++
		name := fmt.Sprintf("i%d", w.count)
		head := "for " + name + " = " + w.pick("1, 3", "3, 1, -1", "1, 0", "0.5, 2, 0.5", "1, #msg.json.l", `"1", 2`) + " do\n"
		w.variables = append(w.variables, name)
		w.loops++
		body := w.block(depth - 1)
		w.loops--
		w.variables = w.variables[:len(w.variables)-1]
		return head + body + "end"
	}
	return "do\n" + w.block(depth-1) + "end"
}

// drawnData draws the data of a message: JSON most often. Spelled is true if numbers
// may be written otherwise than Lua does.
func drawnData(t *rapid.T, spelled bool) string {
	one := func(options ...string) string { return rapid.SampledFrom(options).Draw(t, "part") }
	if rapid.IntRange(0, 15).Draw(t, "kind") == 0 {
		return one("", "no json", `{"n":1`, `[1,2]`, `"text"`, "5", `{"n":}`)
	}
	number := func() string {
		if !spelled {
			return one("5", "0", "-3", "1.5", "0.1", "100", "9007199254740993", "9007199254740992", "12345678901234567890")
		}
		return one("5", "0", "-3", "1.0", "1e3", "1.50", "9007199254740993", "9007199254740992", "-0.0", "12345678901234567890", "1e400", "0.1")
	}
	text := func() string {
		return one(`"x"`, `"Hello, World"`, `""`, `"a\"b\u00e9\n"`, `"42"`, `"(a) b1"`, `"\ud83d\ude00"`)
	}
	return fmt.Sprintf(`{"n":%s,"s":%s,%s"f":%s, "big":%s,"o":{"x":%s},"l":[%s,%s],"digits":%s,"null":null,"t":%s,"e":%s}`,
		number(), text(), one("", `"n":7,`, ` "extra" : [ ] ,`), number(), number(), one(number(), text(), "null"),
		one(number(), text()), one(number(), "[1]", "{}"), one(`"12"`, `"0x10"`, `"1e2"`, `"x"`), one("true", "false"), one("{}", "[]", `{"a":[]}`))
}

func drawnMessage(t *rapid.T, spelled bool) component.StandardMessage {
	m := component.NewMessage([]byte(drawnData(t, spelled)))
	m.SetKey(rapid.SampledFrom([]string{"", "key", "42"}).Draw(t, "key"))
	m.SetTimestamp(rapid.SampledFrom([]int64{0, 1700000000500000000}).Draw(t, "timestamp"))
	if rapid.Bool().Draw(t, "attribute") {
		m.SetAttribute("a", rapid.SampledFrom([]string{"1", "", "Alpha"}).Draw(t, "a"))
	}
	return m
}

// TestProperty holds all engines to doing the same with functions and messages that are
// drawn, and prints how many functions are compiled. It is for long runs, too:
// go test -run TestProperty -rapid.checks 20000.
func TestProperty(t *testing.T) {
	total, compiled := 0, 0
	rapid.Check(t, func(t *rapid.T) {
		w := &writer{t: t}
		source := "local gopiper = require(\"gopiper\") local prefix, limit = \"pre\", 10\n" +
			"gopiper.createPipeline{ gopiper.stdin{}, function(msg)\n" + w.block(2) + "end, gopiper.stdout{} }"
		spelled := rapid.Bool().Draw(t, "spelled")
		messages := []component.StandardMessage{drawnMessage(t, spelled), drawnMessage(t, spelled)}
		var want []string
		for i := range engines {
			if engines[i].name == "luajit" && minusZero.MatchString(source+shown(messages[0])+shown(messages[1])) {
				continue
			}
			var copies []component.StandardMessage
			for _, m := range messages {
				copies = append(copies, clone(m))
			}
			outcomes, err := engines[i].run(t, source, copies...)
			if err != nil {
				t.Fatalf("%v in\n%s", err, source)
			}
			for j, o := range outcomes {
				got := answer(described(o.report), o.message, o.sent)
				if spelled {
					got = respelled(got)
				}
				if i == 0 {
					want = append(want, got)
				} else if got != want[j] {
					t.Fatalf("%s\non %s\n%s:\n%s\n%s:\n%s", source, shown(messages[j]), engines[0].name, want[j], engines[i].name, got)
				}
			}
			if engines[i].name == "compiled" {
				if total++; outcomes[0].engine == "compiled" {
					compiled++
				}
			}
		}
	})
	t.Logf("%d of %d functions compiled", compiled, total)
	if compiled*10 < total*7 {
		t.Error("less than 70 % are compiled")
	}
}

var numeral = regexp.MustCompile(`-?\b\d+(\.\d+)?([eE][-+]?\d+)?`)

// minusZero is what may make a minus zero, which gopher-lua takes for 0 and LuaJIT does
// not, and remainders of what may be large: functions with these are not compared with
// those on LuaJIT.
var minusZero = regexp.MustCompile(` [*/] | % -?\d|-\(|ceil|floor|fmod|-0\.0`)

// respelled is a text with its numbers written alike: an interpreter that writes a number
// to JSON takes the text of an equal one that was read, compiled functions only that of
// the very same.
func respelled(text string) string {
	return numeral.ReplaceAllStringFunc(text, func(s string) string {
		f, err := strconv.ParseFloat(s, 64)
		if err != nil || math.Abs(f) >= 1<<53 {
			return s
		}
		return strconv.FormatFloat(f+0, 'g', -1, 64)
	})
}

// described is reportText with the descriptions of errors, which engines word alike.
func described(r component.Report) string {
	if r.Status == script.StatusError {
		return reportText(r)
	}
	return strings.TrimSpace(fmt.Sprint(r.Status, " ", r.Description))
}
