package main

import (
	"bytes"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/iotest"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// Everything is synced once it is written, and nothing is written in between.
func TestWrite(t *testing.T) {
	for _, c := range []struct {
		text string
		size int
		want string
	}{
		{"", 4, ""},
		{"abc", 4, "abc|"},
		{"abcd", 4, "abcd|"},
		{"abcdefghij", 4, "abcd|efgh|ij|"},
		{"abc", 1, "a|b|c|"},
	} {
		for name, in := range map[string]io.Reader{
			"whole":         strings.NewReader(c.text),
			"byte by byte":  iotest.OneByteReader(strings.NewReader(c.text)),
			"data with EOF": iotest.DataErrReader(strings.NewReader(c.text)),
		} {
			var out bytes.Buffer
			err := write(&out, func() error { return out.WriteByte('|') }, in, c.size)
			if err != nil || out.String() != c.want {
				t.Errorf("%s, %q by %d: %q, %v, expected %q", name, c.text, c.size, out.String(), err, c.want)
			}
		}
	}
}

type brokenWriter struct{ err error }

func (w brokenWriter) Write([]byte) (int, error) { return 0, w.err }

func TestErrors(t *testing.T) {
	broken := errors.New("broken")
	fine := func() error { return nil }
	for name, err := range map[string]error{
		"reading": write(io.Discard, fine, iotest.ErrReader(broken), 4),
		"writing": write(brokenWriter{broken}, fine, strings.NewReader("abcdefghijklm"), 4),
		"syncing": write(io.Discard, func() error { return broken }, strings.NewReader("abcdefghijklm"), 4),
	} {
		if !errors.Is(err, broken) {
			t.Errorf("%s: %v, expected %v", name, err, broken)
		}
	}
}

func TestDatasync(t *testing.T) {
	file, err := os.Create(filepath.Join(t.TempDir(), "file"))
	if err != nil {
		t.Fatal(err)
	}
	if err := datasync(file); err != nil {
		t.Error(err)
	}
	file.Close()
	if err := datasync(file); err == nil {
		t.Error("a closed file was synced")
	}
}

func TestArguments(t *testing.T) {
	there := filepath.Join(t.TempDir(), "there")
	if err := os.WriteFile(there, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		arguments []string
		wrong     string
	}{
		{nil, "usage"},
		{[]string{"1", "2", "3"}, "usage"},
		{[]string{"many", "file"}, "not a number"},
		{[]string{"0", "file"}, "not a number"},
		{[]string{"4096", there}, "exists"},
	} {
		if err := do(c.arguments); err == nil || !strings.Contains(err.Error(), c.wrong) {
			t.Errorf("%q: %v, expected %q", c.arguments, err, c.wrong)
		}
	}
}
