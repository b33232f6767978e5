package main

import (
	"strings"
	"testing"
)

var echo = program{name: "cat", command: []string{"cat"}}

func TestLatency(t *testing.T) {
	l, err := measureLatency(t.TempDir(), echo, 50)
	if err != nil {
		t.Fatal(err)
	}
	if l.P50 <= 0 || l.P99 < l.P50 || l.Max < l.P99 {
		t.Errorf("%+v", l)
	}
	for _, c := range []struct{ script, wrong string }{
		{"head -n 5", "after 5 of 50 messages"},
		{"sed -u 's/^/x/'", "is not a line that was written"},
		{"cat; echo more", "5 bytes more"},
		{"cat; exit 3", "exit status 3"},
	} {
		_, err := measureLatency(t.TempDir(), program{name: "sh", command: []string{"sh", "-c", c.script}}, 50)
		if err == nil || !strings.Contains(err.Error(), c.wrong) {
			t.Errorf("%s: expected an error with %q, got %v", c.script, c.wrong, err)
		}
	}
}

func TestStart(t *testing.T) {
	s, err := measureStart(t.TempDir(), echo, 3)
	if err != nil {
		t.Fatal(err)
	}
	if s.First <= 0 || s.Runs != 3 {
		t.Errorf("%+v", s)
	}
	for _, c := range []struct{ script, wrong string }{
		{"read line", "no line came"},
		{"echo other; cat >/dev/null", "expected the line"},
		{"cat; exit 3", "exit status 3"},
	} {
		_, err := measureStart(t.TempDir(), program{name: "sh", command: []string{"sh", "-c", c.script}}, 1)
		if err == nil || !strings.Contains(err.Error(), c.wrong) {
			t.Errorf("%s: expected an error with %q, got %v", c.script, c.wrong, err)
		}
	}
}
