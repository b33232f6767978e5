package compile

import (
	"fmt"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// writer draws functions as source. Most of what it draws is in the subset and
// has no error when it runs.
type writer struct {
	t       *rapid.T
	numbers []string // local variables in scope
	texts   []string
	count   int
	json    bool // whether it changes msg.json rather than msg.data
	loops   int
	odd     bool // whether it calculates what gopher-lua, as it is by itself, rounds otherwise
}

func (w *writer) pick(label string, options ...string) string {
	return rapid.SampledFrom(options).Draw(w.t, label)
}

func (w *writer) below(n int) int { return rapid.IntRange(0, n-1).Draw(w.t, "choice") }

func (w *writer) number(depth int) string {
	n := 8
	if depth > 0 {
		n = 18
	}
	switch w.below(n) {
	case 0, 1:
		return w.pick("number", "1", "2", "3", "10", "0.5", "1e3", "255", "7.25", "limit")
	case 2, 3:
		if len(w.numbers) > 0 {
			return w.pick("variable", w.numbers...)
		}
		return "4"
	case 4:
		return w.pick("field", "msg.json.n", "msg.json.f", "msg.json.a.c", "msg.json.list[1]", "msg.json[\"n\"]", "msg.json.list[3][2]")
	case 5:
		return w.pick("length", "#prefix", "#msg.json.list", "#msg.json.empty", "#msg.json.level")
	case 6:
		return "tonumber(" + w.pick("digits", `"12"`, `"7.5"`, "msg.json.num", "msg.key", `"abc"`) + ")"
	case 7:
		return w.pick("odd", `"5"`, "msg.json.none", "nil", "msg.json.level", "msg.timestamp")
	case 8, 9, 10:
		operator := w.pick("operator", "+", "-", "*", "/", "%", "^")
		w.odd = w.odd || operator == "%" || operator == "^"
		return "(" + w.number(depth-1) + " " + operator + " " + w.number(depth-1) + ")"
	case 11:
		return "-(" + w.number(depth-1) + ")"
	case 12:
		return "math." + w.pick("function", "floor", "ceil", "abs") + "(" + w.number(depth-1) + ")"
	case 13:
		return "math." + w.pick("function", "max", "min") + "(" + w.number(depth-1) + ", " + w.number(depth-1) + ")"
	case 14:
		return "string.len(" + w.text(depth-1) + ")"
	case 15:
		return "(" + w.text(depth-1) + "):byte(" + w.pick("place", "1", "-1", "2") + ")"
	case 16:
		return "(" + w.condition(depth-1) + " and " + w.number(depth-1) + " or " + w.number(depth-1) + ")"
	}
	w.odd = true
	return w.pick("function", "math.exp", "math.sqrt", "math.sinh", "math.cosh", "math.deg") + "(" + w.number(depth-1) + ")"
}

func (w *writer) text(depth int) string {
	n := 7
	if depth > 0 {
		n = 20
	}
	switch w.below(n) {
	case 18: // calls of several values, as a receiver and as arguments
		return "('' .. " + w.text(depth-1) + `):gsub("[lo]", "0"):` + w.pick("method", "upper()", "len()", "sub(2)", "reverse()", "gsub('0', '1')")
	case 19:
		return w.pick("function", "string.lower", "tostring", "string.len", "math.max") + "(string.find(" + w.text(depth-1) + ", " +
			w.pick("pattern", `"l+"`, `"(%a)(%a)"`, `"%s"`) + "))"
	case 0, 1:
		return w.pick("string", `"x"`, `"Hello, World"`, `""`, `"a=1&b=2"`, "prefix", `"tab\tline\n"`)
	case 2, 3:
		if len(w.texts) > 0 {
			return w.pick("variable", w.texts...)
		}
		return `"text"`
	case 4:
		return w.pick("field", "msg.json.level", "msg.json.a.b", "msg.json.list[2]", "msg.json.esc", "msg.json.num")
	case 5:
		return w.pick("field", "msg.key", "msg.attributes.a", "msg.attributes.b", "(msg.attributes.none or \"none\")")
	case 6:
		return w.pick("odd", "msg.json.none", "msg.attributes.none", "tostring(nil)", "type(msg.json.n)", "msg.json.n", "tostring(msg.json.t)")
	case 7, 8, 9:
		return "(" + w.text(depth-1) + " .. " + w.text(depth-1) + ")"
	case 10:
		return "(" + w.text(depth-1) + " .. " + w.number(depth-1) + ")"
	case 11:
		return w.pick("function", "string.upper", "string.lower", "string.reverse", "upper") + "(" + w.text(depth-1) + ")"
	case 12:
		return "(" + w.text(depth-1) + "):sub(" + w.pick("from", "1", "2", "-3", "0") + ", " + w.pick("to", "-1", "3", "-2", "100") + ")"
	case 13:
		return "(string.gsub('' .. " + w.text(depth-1) + ", " + w.pick("pattern", `"l"`, `"%w"`, `"[aeiou]+"`, `"(%w)(%w)"`, `"%."`, `"=%d"`, `"^H"`) + ", " +
			w.pick("replacement", `"L"`, `""`, `"%0%0"`, `"<%1>"`, `"%%"`) + "))"
	case 14:
		return `string.format("` + w.pick("format", "%s", "%5s|", "%-4s|", "%.2s", "[%s]") + `", ` + w.text(depth-1) + ")"
	case 15:
		return `string.format("` + w.pick("format", "%d", "%5.2f", "%03d", "%.0f", "%x") + `", math.abs(` + w.number(depth-1) + "))"
	case 16:
		return "tostring(" + w.number(depth-1) + ")"
	}
	return "(" + w.text(depth-1) + "):rep(" + w.pick("times", "0", "2", "3") + ")"
}

func (w *writer) condition(depth int) string {
	n := 7
	if depth > 0 {
		n = 11
	}
	switch w.below(n) {
	case 0:
		return w.number(depth-1) + w.pick("comparison", " < ", " <= ", " > ", " >= ", " == ", " ~= ") + w.number(depth-1)
	case 1:
		return w.text(depth-1) + w.pick("comparison", " < ", " <= ", " > ", " >= ", " == ", " ~= ") + w.text(depth-1)
	case 2:
		return w.pick("field", "msg.json.t", "msg.json.none", "msg.json.a", "msg.attributes.a", "msg.json.null")
	case 3:
		return w.pick("field", `msg.json.level == "info"`, `msg.json.null == gopiper.null`, `msg.json.none == nil`, `msg.json.n == 5`)
	case 4:
		return `string.find(` + w.text(depth-1) + ", " + w.pick("pattern", `"l"`, `"%d+"`, `"^%u"`, `"o, W"`, `"[xyz]$"`) + ")"
	case 5:
		return "(" + w.text(depth-1) + "):match(" + w.pick("pattern", `"(%a+)"`, `"%s"`, `"l+"`) + ")"
	case 6:
		return w.pick("constant", "true", "false", "nil")
	case 7, 8:
		return "(" + w.condition(depth-1) + " and " + w.condition(depth-1) + ")"
	case 9:
		return "(" + w.condition(depth-1) + " or " + w.condition(depth-1) + ")"
	}
	return "not (" + w.condition(depth-1) + ")"
}

// block draws statements, indented.
func (w *writer) block(depth int) string {
	numbers, texts := len(w.numbers), len(w.texts)
	var out strings.Builder
	for range 1 + w.below(4) {
		out.WriteString(w.statement(depth) + "\n")
	}
	w.numbers, w.texts = w.numbers[:numbers], w.texts[:texts]
	return out.String()
}

func (w *writer) statement(depth int) string {
	n := 14
	if depth > 0 {
		n = 20
	}
	switch w.below(n) {
	case 0, 1:
		value := w.number(2)
		w.count++
		w.numbers = append(w.numbers, fmt.Sprintf("n%d", w.count))
		return fmt.Sprintf("local n%d = %s", w.count, value)
	case 2, 3:
		value := w.text(2)
		w.count++
		w.texts = append(w.texts, fmt.Sprintf("s%d", w.count))
		return fmt.Sprintf("local s%d = %s", w.count, value)
	case 4:
		if len(w.numbers) > 0 {
			return w.pick("variable", w.numbers...) + " = " + w.number(2)
		}
		return "msg.key = " + w.text(1)
	case 5:
		w.count += 2
		value := fmt.Sprintf("local m%d, m%d = (%s):match(%s)", w.count-1, w.count, w.text(1),
			w.pick("pattern", `"(%a)(%a)"`, `"(%w+)=(%w+)"`, `"()l()"`))
		return value + fmt.Sprintf("\nmsg.attributes.m = m%d and m%d", w.count-1, w.count)
	case 6:
		return "msg.attributes." + w.pick("name", "a", "b", "new") + " = " + w.text(2)
	case 7:
		return w.pick("meta", "msg.key = ", "msg.attributes[\"k\" .. 1] = ") + w.text(2)
	case 8:
		return w.pick("meta", "msg.key = nil", "msg.attributes.a = nil", "msg.timestamp = 1.5", "msg.timestamp = nil")
	case 9, 10, 11:
		if !w.json { // data is assigned at the end: JSON is that of new data then
			return "msg.attributes.new = msg.data .. " + w.text(2)
		}
		return w.pick("target", "msg.json.new", "msg.json.level", "msg.json.a.b", "msg.json.list[1]", "msg.json[\"x\" .. 1]", "msg.json.list[5]") +
			" = " + w.pick("value", w.text(2), w.number(2), "nil", "true", "gopiper.null", "msg.json.n")
	case 12:
		if w.loops > 0 {
			return "if " + w.condition(1) + " then break end"
		}
		return "if " + w.condition(1) + " then return " + w.pick("status", "300", "200, \"why\"", "nil", "gopiper.FAIL, prefix", "") + " end"
	case 13: // not in the subset
		if w.below(12) > 0 {
			return "msg.key = " + w.text(1)
		}
		return w.pick("other", "while false do end", "local t = { 1 }", "local f = function() end", "repeat until true", "pcall(error)")
	case 14, 15:
		return "if " + w.condition(2) + " then\n" + w.block(depth-1) + "end"
	case 16:
		return "if " + w.condition(2) + " then\n" + w.block(depth-1) + "elseif " + w.condition(1) + " then\n" + w.block(depth-1) +
			"else\n" + w.block(depth-1) + "end"
	case 17, 18:
		w.count++
		name := fmt.Sprintf("i%d", w.count)
		head := "for " + name + " = " + w.pick("range", "1, 3", "3, 1, -1", "1, 0", "0.5, 2, 0.5", "1, #msg.json.list") + " do\n"
		w.numbers = append(w.numbers, name)
		w.loops++
		body := w.block(depth - 1)
		w.loops--
		w.numbers = w.numbers[:len(w.numbers)-1]
		return head + body + "end"
	}
	return "do\n" + w.block(depth-1) + "end"
}

// TestProperty holds that whatever is compiled does what the interpreters do,
// and prints how much that is.
func TestProperty(t *testing.T) {
	total, compiled, left, needless := 0, 0, 0, 0
	rapid.Check(t, func(t *rapid.T) {
		w := &writer{t: t, json: rapid.Bool().Draw(t, "json")}
		body := w.block(2)
		if !w.json {
			body += "msg.data = " + w.text(3) + "\n"
		}
		s := &sample{
			before:    `local upper, prefix, limit = string.upper, "pre", 10`,
			body:      body + w.pick("end", "", "return "+w.number(1), "return 200, "+w.text(1), "do return end"),
			data:      rapid.SampledFrom([]string{propertyEvent, strings.Replace(propertyEvent, `"info"`, `"debug"`, 1)}).Draw(t, "data"),
			key:       rapid.SampledFrom([]string{"", "key", "42"}).Draw(t, "key"),
			timestamp: rapid.SampledFrom([]int64{0, 1700000000500000000}).Draw(t, "timestamp"),
			attributes: map[string]string{
				"a": rapid.SampledFrom([]string{"1", "", "Alpha"}).Draw(t, "a"), "b": "two",
			},
		}
		v := s.judge(t, w.odd)
		total++
		if v.reason == nil {
			compiled++
		}
		if v.left {
			left++
		}
		if v.needless {
			needless++
		}
	})
	t.Logf("%d of %d functions compiled; %d were left to the interpreter, %d of these though it has no error", compiled, total, left, needless)
	if compiled*10 < total*7 {
		t.Error("less than 70 % are compiled")
	}
	if needless*4 > total {
		t.Error("more than a quarter is left to the interpreter without need")
	}
}

const propertyEvent = `{"level":"info","n":5,"f":1.5,"t":true,"null":null,"a":{"b":"x","c":-3},"list":[1,"two",[3,4]],"empty":[],"esc":"a\"b\u0009\n","num":"42"}`
