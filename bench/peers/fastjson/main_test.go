package main

import (
	"strings"
	"testing"
)

func TestEdit(t *testing.T) {
	in := `{"a":1.50,"msg":"caf\u00e9","tmp":null}` + "\n" + `{"env":"test","b":[]}`
	want := `{"a":1.50,"env":"prod","message":"caf\u00e9"}` + "\n" + `{"env":"prod","b":[]}` + "\n"
	var out strings.Builder
	if err := edit(strings.NewReader(in), &out); err != nil || out.String() != want {
		t.Errorf("%s%v, expected %s", out.String(), err, want)
	}
	for _, wrong := range []string{"{", "[]\n", "\n"} {
		if err := edit(strings.NewReader(wrong), &out); err == nil {
			t.Errorf("no error for %q", wrong)
		}
	}
}
