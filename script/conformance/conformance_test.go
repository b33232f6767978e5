package conformance

import (
	"runtime"
	"strings"
	"testing"

	"github.com/gopiper/gopiper/component"
	"github.com/gopiper/gopiper/script"
)

// The least number of cases, so that none gets lost unnoticed.
const (
	luaCasesMin      = 900
	compiledCasesMin = 150
)

// result is what an engine makes of a script.
func (e *engine) result(t *testing.T, source string) (text, ran string) {
	t.Helper()
	outcomes, err := e.run(t, source, component.NewMessage([]byte("data")))
	if err != nil {
		return "syntax", ""
	}
	o := outcomes[0]
	switch o.report.Status {
	case 0:
		return decode(string(o.message.GetData())), o.engine
	case script.StatusError:
		return "error", o.engine
	}
	return o.report.Description, o.engine
}

// TestLua holds all engines to what lua5.1 makes of the cases.
func TestLua(t *testing.T) {
	cases := luaCases(t)
	if len(cases) < luaCasesMin {
		t.Errorf("there are only %d cases", len(cases))
	}
	differ := make(map[string]difference)
	for _, d := range differences {
		differ[d.name] = d
	}
	for _, e := range engines {
		t.Run(e.name, func(t *testing.T) {
			t.Parallel()
			ran := 0
			for _, c := range cases {
				if e.name == "luajit" && runtime.GOOS != "linux" && strings.Contains(c.name, "to the last digit") {
					ran++ // it calculates with the C library of the system, and what is expected is that of Linux
					continue
				}
				want := c.want
				if d, ok := differ[c.name]; ok && d.of(e.name) {
					want = d.got
				}
				source, ok := c.script(), true
				if e.partly {
					source, ok = c.direct()
				}
				if !ok {
					continue
				}
				got, by := e.result(t, source)
				if e.partly && by != e.name && got != "syntax" {
					continue // it is left to an engine that does it elsewhere
				}
				ran++
				if got != want {
					t.Errorf("%s\n%s\ngot:\n%s\nlua5.1:\n%s", c.name, c.body, got, c.want)
				}
			}
			t.Logf("%s ran %d of %d cases", e.name, ran, len(cases))
			if !e.partly && ran < len(cases) || ran < compiledCasesMin {
				t.Errorf("only %d of %d cases ran", ran, len(cases))
			}
		})
	}
}
