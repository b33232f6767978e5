package main

import (
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"
)

func TestCount(t *testing.T) {
	for text, want := range map[string]int{"": 0, "a": 0, "\n": 1, "a\nb": 1, "a\n\nb\n": 3} {
		for name, in := range map[string]io.Reader{
			"whole":         strings.NewReader(text),
			"byte by byte":  iotest.OneByteReader(strings.NewReader(text)),
			"data with EOF": iotest.DataErrReader(strings.NewReader(text)),
		} {
			if got, err := count(in); err != nil || got != want {
				t.Errorf("%s, %q: %d, %v, expected %d", name, text, got, err, want)
			}
		}
	}
	broken := errors.New("broken")
	if _, err := count(iotest.ErrReader(broken)); !errors.Is(err, broken) {
		t.Errorf("expected %v, got %v", broken, err)
	}
}
