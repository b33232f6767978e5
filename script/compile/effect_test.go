package compile

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/yuin/gopher-lua/ast"

	"github.com/gopiper/gopiper/component"
)

// run runs a body on data and returns the message, the report and the error.
func run(t *testing.T, body, data string, limits Limits) (component.StandardMessage, component.Report, error) {
	t.Helper()
	s := &sample{body: body, data: data}
	function, reason := s.compiled(t, Handler)
	if reason != nil {
		t.Fatalf("%s: %v", body, reason)
	}
	m := s.message()
	report, err := function.NewRunner(Options{Limits: limits}).Handle(m)
	return m, report, err
}

// TestText holds what becomes of the text of JSON, which stays as it was where
// it is not touched.
func TestText(t *testing.T) {
	for _, c := range []struct{ body, data, want string }{
		{`msg.json.env = "prod"`, `{ "a" : 1.0 }`, `{ "a" : 1.0,"env":"prod" }`},
		{`msg.json.b = msg.json.a`, `{"a":1e3}`, `{"a":1e3,"b":1e3}`},
		{`local x = msg.json.a msg.json.b = x`, `{"a":9007199254740993}`, `{"a":9007199254740993,"b":9007199254740993}`},
		{`msg.json.b = msg.json.a + 1`, `{"a":1e3}`, `{"a":1e3,"b":1001}`},
		{`msg.json.b = 0.1`, `{}`, `{"b":0.1}`},
		{`msg.json.a = nil`, `{"a":1,"b":2,"a":3}`, `{"b":2}`},
		{`msg.json.a = "x"`, `{"a":1,"b":2,"a":3}`, `{"a":"x","b":2,"a":"x"}`},
		{`msg.json.none = nil`, `{"a":[ ]}`, `{"a":[ ]}`},
		{`msg.json[1] = "x"`, `[ 1, 2 ]`, `[ "x", 2 ]`},
		{`msg.json[3] = true`, `[1,2]`, `[1,2,true]`},
		{`msg.json.x = 1 msg.data = "later"`, `{}`, `later`},
		{`msg.data = '{"b":1}' msg.json.c = 2`, `{"a":1}`, `{"b":1,"c":2}`},
		{`msg.data = '{"b":1}' msg.key = msg.json.b`, `{"a":1}`, `{"b":1}`},
		{`msg.json.x = 1 msg.data = msg.data .. "!"`, `{}`, `{"x":1}!`},
		{`msg.json.x = 1 msg.key = msg.data msg.json.y = 2`, `{}`, `{"x":1,"y":2}`},
		{`msg.data = ""`, `x`, ``},
		{`msg.json["a" .. 1] = 1 msg.json["a" .. 2] = 2`, `{}`, `{"a1":1,"a2":2}`},
	} {
		m, report, err := run(t, c.body, c.data, Limits{})
		if got := string(m.GetData()); got != c.want || err != nil || report != (component.Report{}) {
			t.Errorf("%s on %s: %s, %v, %v, want %s", c.body, c.data, got, report, err, c.want)
		}
	}
}

// TestLeft holds that a message which is left to the interpreter, or exceeds a
// limit, is as it came, whatever was assigned before.
func TestLeft(t *testing.T) {
	const assignments = `msg.data = "x" msg.key = "y" msg.attributes.a = "z" msg.timestamp = 5 `
	for _, c := range []struct{ body, data string }{
		{assignments + `error("no")`, `{}`},
		{assignments + `return 5.5`, `{}`},
		{assignments + `return 1`, `{}`},
		{assignments + `local s = "a" .. 1 return s, 2`, `{}`},
		{assignments + `return true`, `{}`},
		{assignments + `return nil, "x"`, `{}`},
		{assignments + `return 200, true`, `{}`},
		{assignments + `return 200, "x", 3`, `{}`},
		{assignments + `return 2e9`, `{}`},
		{`msg.key = "y" msg.json.a = 1`, `{"a":1`},
		{`msg.key = "y" msg.json.a = 1`, `{"a":1} x`},
		{`msg.key = "y" msg.json.a = 1`, `no JSON`},
		{`msg.key = msg.json.a`, `5`},
		{`local a = msg.json.a msg.data = "{}" msg.key = msg.json.b`, `{}`},
		{`msg.json.a = msg.json.b`, `{"b":[]}`},
		{`msg.json.x = 1`, `[]`},
		{`msg.json[1] = 1`, `{}`},
		{`msg.json[1] = nil`, `[1]`},
		{`msg.key = msg.json.a == 1`, `{"a":1e999}`},
		{`msg.key = -0 .. ""`, ``},
		{`msg.key = 1/0 .. ""`, ``},
	} {
		m, _, err := run(t, c.body, c.data, Limits{})
		_, set := m.Attribute("a")
		if err != ErrInterpret || string(m.GetData()) != c.data || m.Key() != "" || m.Timestamp() != 0 || set {
			t.Errorf("%s on %s: %v, data %q, key %q, timestamp %d, attribute %v", c.body, c.data, err, m.GetData(), m.Key(), m.Timestamp(), set)
		}
	}
}

// TestDataOnly holds that a message which has data only is enough for data.
func TestDataOnly(t *testing.T) {
	for _, c := range []struct {
		body, want string
		err        error
	}{
		{`msg.data = msg.data .. "!"`, "{}!", nil},
		{`msg.json.x = 1`, `{"x":1}`, nil},
		{`msg.key = "x"`, "{}", ErrInterpret},
		{`msg.timestamp = 1`, "{}", ErrInterpret},
		{`msg.data = msg.attributes.x or ""`, "{}", ErrInterpret},
		{`msg.attributes.x = "y"`, "{}", ErrInterpret},
		{`return 200, msg.key`, "{}", ErrInterpret},
	} {
		s := &sample{body: c.body, data: "{}"}
		function, reason := s.compiled(t, Handler)
		if reason != nil {
			t.Fatal(reason)
		}
		m := struct{ component.Message }{s.message()}
		_, err := function.NewRunner(Options{}).Handle(m)
		if got := string(m.GetData()); err != c.err || got != c.want {
			t.Errorf("%s: %s, %v", c.body, got, err)
		}
	}
}

func TestReport(t *testing.T) {
	for _, c := range []struct {
		body string
		want component.Report
	}{
		{``, component.Report{}},
		{`return nil`, component.Report{}},
		{`return 300`, component.Report{Status: 300}},
		{`return -5`, component.Report{Status: -5}},
		{`return 200, nil`, component.Report{Status: 200}},
		{`return 200, 5`, component.Report{Status: 200, Description: "5"}},
		{`return 200, "no " .. msg.data`, component.Report{Status: 200, Description: "no data"}},
	} {
		if _, got, err := run(t, c.body, "data", Limits{}); got != c.want || err != nil {
			t.Errorf("%s: %v, %v", c.body, got, err)
		}
	}
}

// TestLimits holds that nothing runs on or builds more than it may.
func TestLimits(t *testing.T) {
	long := strings.Repeat("a", 1<<16)
	few := Limits{Steps: 10000, Time: time.Hour, Bytes: 1 << 20}
	short := Limits{Steps: 1 << 50, Time: time.Nanosecond, Bytes: 1 << 40}
	for _, c := range []struct {
		body, want string
		line       int
		limits     Limits
	}{
		{"for i = 1, 1e9 do end", "more than 10000 steps", 3, few},
		{"\nfor i = 1, math.huge do\nend", "more than 10000 steps", 4, few},
		{"for i = 1, 1e9 do for j = 1, 0 do end end", "more than 10000 steps", 3, few},
		{"for i = 1, 1 do msg.key = string.find(msg.data, '.-.-.-.-b') end", "", 0, few},
		{"local s = string.rep('a', 1e6) s = s .. s", "", 0, few},
		{"local s = string.rep('a', 1e15)", "", 0, few},
		{"local s = string.rep('a', 1e9)", "", 0, few},
		{"local s = 'x' for i = 1, 40 do s = s .. s end", "more than 1 MiB of strings", 3, few},
		{"local s = msg.data for i = 1, 40 do s = string.gsub(s, 'a', '%0%0') end", "more than 1 MiB of strings", 3, few},
		{"for i = 1, 9000 do local s = string.upper(msg.data) end", "more than 1 MiB of strings", 3, few},
		{"local a = msg.data .. 1 local b = msg.data .. 2 for i = 1, 9000 do local c = a == b end", "more than 1ns", 3, short},
		{"local a = msg.data .. 1 local b = msg.data .. 2 for i = 1, 99 do local c = a < b end", "more than 1ns", 3, short},
		{"for i = 1, 99 do local n = tonumber(msg.data) end", "more than 1ns", 3, short},
		{"for i = 1, 1e9 do end", "more than 1ns", 3, short},
		{"msg.key = string.find(msg.data, '.-.-.-.-b')", "more than 1ns", 3, short},
	} {
		m, _, err := run(t, c.body, long, c.limits)
		var limit *LimitError
		if c.want == "" {
			if err == nil {
				t.Errorf("%s: no error", c.body)
			}
			continue
		}
		if !errors.As(err, &limit) || !strings.Contains(limit.Message, c.want) || limit.Line != c.line || limit.Error() != limit.Message {
			t.Errorf("%s: %v", c.body, err)
		}
		if string(m.GetData()) != long || m.Key() != "" {
			t.Errorf("%s: the message was changed", c.body)
		}
	}
}

// TestLongArray holds that to go over a long array is no runaway.
func TestLongArray(t *testing.T) {
	body := `local n = 0 for i = 1, #msg.json.a do n = n + msg.json.a[i] end msg.key = n`
	m, _, err := run(t, body, `{"a":[1`+strings.Repeat(",1", 99999)+`]}`, Limits{Time: time.Hour})
	if err != nil || m.Key() != "100000" {
		t.Errorf("%s, %v", m.Key(), err)
	}
}

func TestPredicateAndKey(t *testing.T) {
	runner := func(body string, purpose Purpose) *Runner {
		s := &sample{body: body}
		function, reason := s.compiled(t, purpose)
		if reason != nil {
			t.Fatal(reason)
		}
		return function.NewRunner(Options{})
	}
	m := component.NewMessage([]byte(`{"path":"/pay","n":5,"f":false,"o":{}}`))
	for body, want := range map[string]bool{
		`return msg.json.path == "/pay"`: true, `return msg.json.n > 5`: false, `return msg.json.f`: false, ``: false,
		`return msg.json.o`: true, `return msg.data:find("pay")`: true, `return nil, true`: false, `return "x"`: true,
	} {
		if got, err := runner(body, Predicate).Predicate(m); got != want || err != nil {
			t.Errorf("%s: %v, %v", body, got, err)
		}
	}
	for body, want := range map[string]string{
		`return msg.json.path`: "/pay", `return msg.json.n`: "5", ``: "", `return nil`: "", `return msg.json.path .. "/" .. msg.json.n`: "/pay/5",
	} {
		if got, err := runner(body, Key).Key(m); got != want || err != nil {
			t.Errorf("%s: %q, %v", body, got, err)
		}
	}
	if _, err := runner(`return msg.json.o`, Key).Key(m); err != ErrInterpret {
		t.Error(err)
	}
	if _, err := runner(`return msg.json.o.x.y`, Predicate).Predicate(m); err != ErrInterpret {
		t.Error(err)
	}
}

// TestRest holds that a runner stops to try what is left again and again, and
// takes it up once that changes.
func TestRest(t *testing.T) {
	s := &sample{body: `msg.data = msg.json.a .. "!"`}
	function, reason := s.compiled(t, Handler)
	if reason != nil {
		t.Fatal(reason)
	}
	r := function.NewRunner(Options{})
	for range 10 * missedMax {
		if _, err := r.Handle(component.NewMessage([]byte(`{"a":null}`))); err != ErrInterpret {
			t.Fatal(err)
		}
	}
	handled := 0
	for range 10 * missedMax {
		if _, err := r.Handle(component.NewMessage([]byte(`{"a":"x"}`))); err == nil {
			handled++
		}
	}
	if handled < 9*missedMax || handled == 10*missedMax {
		t.Errorf("%d of %d messages handled", handled, 10*missedMax)
	}
}

// TestRewritten holds that the .. operator may have become a call, as package
// script makes of it.
func TestRewritten(t *testing.T) {
	s := &sample{body: `msg.data = join(msg.data, "-", join("a", 1), join("b", msg.data:byte(1, 2)))`, data: "xy"}
	function, _ := parsed(t, s.source())
	rename := func(e ast.Expr) { e.(*ast.FuncCallExpr).Func.(*ast.IdentExpr).Value = concatName }
	call := function.Stmts[0].(*ast.AssignStmt).Rhs[0]
	rename(call)
	for _, inner := range call.(*ast.FuncCallExpr).Args[2:] {
		rename(inner)
	}
	compiled, reason := Compile(function, Handler, Standard{})
	if reason != nil {
		t.Fatal(reason)
	}
	m := s.message()
	if _, err := compiled.NewRunner(Options{}).Handle(m); err != nil || string(m.GetData()) != "xy-a1b120" {
		t.Errorf("%s, %v", m.GetData(), err)
	}
}
