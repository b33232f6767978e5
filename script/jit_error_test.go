package script

import (
	"strings"
	"testing"
)

// What goes wrong on LuaJIT is said with what to do about it, too.
func TestLuaJITRemedies(t *testing.T) {
	for _, test := range []struct{ body, want string }{
		{`local n = msg.json.n + 1`, "Write (x or 0)"},
		{`local n = msg.json.null + 1`, "write tonumber(x)"},
		{`local n = msg.json.a.b.c`, "ask first"},
		{`msg.data = msg.data .. nil`, "use tostring(x)"},
		{`msg.data = msg.data:uper()`, "is it spelled right?"},
		{`local function f() return 1 + f() end f()`, "too deep"},
	} {
		s := load(t, withFunction(test.body), func(o *Options) { o.Engine = EngineLuaJIT })
		worker := functionOf(s, 0, 1).Create(0, 0, nil)
		report := handle(t, worker, newFake(`{"null":null,"a":{}}`))
		if report.Status != StatusError || !strings.HasPrefix(report.Description, "test.lua:") || !strings.Contains(report.Description, test.want) {
			t.Errorf("%s: %v, want %q", test.body, report, test.want)
		}
	}
}
