package conformance

import (
	"slices"
	"testing"
)

// difference is a case in which engines differ from lua5.1 on purpose.
type difference struct {
	name    string   // of the case
	engines []string // nil for all
	got     string   // what they make of it, as in a .expected file
	why     string
}

// of tells whether an engine is among them.
func (d *difference) of(engine string) bool {
	return d.engines == nil || slices.Contains(d.engines, engine)
}

// differences are all there are. docs/lua-conformance.md lists them.
var differences = []difference{}

// TestDifferences holds the list to the cases: what differs no longer must go.
func TestDifferences(t *testing.T) {
	want := make(map[string]string)
	for _, c := range luaCases(t) {
		want[c.name] = c.want
	}
	for _, d := range differences {
		expected, ok := want[d.name]
		if !ok || expected == d.got || d.why == "" {
			t.Errorf("%s is no case, is no difference, or has no reason", d.name)
		}
		for _, name := range d.engines {
			if !slices.ContainsFunc(engines, func(e engine) bool { return e.name == name }) {
				t.Errorf("%s: there is no engine %s", d.name, name)
			}
		}
	}
}
