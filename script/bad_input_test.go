package script

import (
	"os"
	"strings"
	"testing"

	"github.com/gopiper/gopiper/component"
)

// What functions do wrong with messages; what they are told is in
// testdata/bad_input.golden, and the same on every engine.
var badInputs = []struct{ name, body, data string }{
	{"error in a function", "local function check(x) if not x then error('no user') end end\nlocal function all(m) check(m.key == 'other')\nreturn 1 end\nall(msg)", "{}"},
	{"error in a callback", "(msg.data:gsub('.', function(c) return c + 1 end))", "{}"},
	{"error behind a join", "local s = 'a' .. msg.data .. tostring(nil .. 'x')", "{}"},
	{"error behind a swap", "local a, b = 1, 2; a, b = b, a.x.y", "{}"},
	{"error value", "error({ code = 5 })", "{}"},
	{"error without a message", "error()", "{}"},
	{"missing field, number", "return msg.json.count + 1", "{}"},
	{"missing field, comparison", "if msg.json.status >= 500 then return 300 end", "{}"},
	{"null, comparison", "if msg.json.status >= 500 then return 300 end", `{"status":null}`},
	{"null, number", "return msg.json.count + 1", `{"count":null}`},
	{"text, comparison", "if msg.json.status >= 500 then return 300 end", `{"status":"500"}`},
	{"text, number", "return msg.json.count * 2", `{"count":"many"}`},
	{"object, number", "return msg.json.count - 2", `{"count":{}}`},
	{"missing object", "return msg.json.http.status", "{}"},
	{"missing attribute", "msg.data = 'user ' .. msg.attributes.user", "{}"},
	{"missing method", "msg.data = msg.data:uper()", "x"},
	{"missing function", "msg.data = string.trimm(msg.data)", "x"},
	{"variable that is none", "msg.data = mesage", "x"},
	{"wrong argument", "msg.data = ('x'):rep('many')", "x"},
	{"wrong pattern", "msg.data = msg.data:gsub('[a', '')", "x"},
	{"wrong return value", "return true", "x"},
	{"wrong status", "return 1.5", "x"},
	{"wrong message", "return { dta = 'x' }", "x"},
	{"JSON that ends early", "msg.json.a = 1", `{"b":[1,2`},
	{"JSON on a later line", "msg.json.a = 1", "{\n  \"b\": 1,\n  \"c\": tru\n}"},
	{"no JSON", "return msg.json.a", "plain text"},
	{"JSON that is nested deep", "return msg.json.a", `{"a":` + strings.Repeat("[", 2000) + strings.Repeat("]", 2000) + "}"},
	{"JSON of a function", "msg.json.a = print", "{}"},
	{"JSON of a table in itself", "local t = {}; t.t = t; msg.json.a = t", "{}"},
	{"JSON of a mixed table", "msg.json.a = { 1, x = 2 }", "{}"},
	{"runaway", "while true do end", "x"},
	{"memory", "local t = {}; while true do t[#t + 1] = ('x'):rep(100000) .. #t end", "x"},
	{"long string", "msg.data = ('x'):rep(1e9)", "x"},
	{"recursion", "local function f() return 1 + f() end\nreturn f()", "x"},
}

func TestBadInput(t *testing.T) {
	const path = "testdata/bad_input.golden"
	told := make(map[string]string)
	var all strings.Builder
	for _, engine := range []func(*Options){interpret, func(*Options) {}} {
		all.Reset()
		for _, input := range badInputs {
			s := load(t, withFunction(input.body), engine, atLeisure)
			worker := functionOf(s, 0, 1).Create(0, 0, make(chan component.Message, 10)).(component.BatchHandler)
			reports := make([]component.Report, 3)
			batch := []component.Message{newFake(input.data), newFake(input.data), newFake(input.data)}
			for n := 0; n < len(batch); {
				n += worker.HandleBatch(batch[n:], reports[n:])
			}
			for _, r := range reports {
				if r.Class() != component.ClassFail || r != reports[0] {
					t.Errorf("%s: the batch did not go on as it began: %v and %v", input.name, reports[0], r)
				}
			}
			if strings.Contains(reports[0].Description, "'..'") || strings.Contains(reports[0].Description, "=0") {
				t.Errorf("%s shows how it is run: %s", input.name, reports[0].Description)
			}
			text := reports[0].String()
			if before, ok := told[input.name]; ok && before != text && !strings.Contains(text, " instructions;") && !strings.Contains(text, " steps;") {
				t.Errorf("%s: the engines differ:\n%s\n%s", input.name, before, text)
			}
			told[input.name] = text
			all.WriteString(input.name + "\n\t" + strings.ReplaceAll(text, "\n", "\n\t") + "\n")
		}
	}
	if *update {
		if err := os.WriteFile(path, []byte(all.String()), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if got := all.String(); got != string(want) {
		t.Errorf("got:\n%s", got)
	}
}
