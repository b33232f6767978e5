package main

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// bufferMain is a program with a buffer: a file to which it adds what it reads. It
// writes two hundred lines out; when it is started again, all from a hundred before
// those that it has written out. Its arguments are the file and --metrics ADDRESS. The
// fault says what is wrong with it.
func bufferMain(arguments []string, fault string) error {
	path, address := arguments[0], arguments[2]
	kept, err := os.ReadFile(path)
	again := err == nil
	if fault == "ends" || again && fault == "does not start again" {
		return errors.New("it has ended")
	}
	file, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_APPEND, 0o600)
	if err != nil {
		return err
	}
	sent, err := os.OpenFile(path+".sent", os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return err
	}
	lines := strings.SplitAfter(string(kept), "\n")
	lines = lines[:len(lines)-1]
	var number [8]byte
	_, _ = sent.ReadAt(number[:], 0)
	first := int(binary.BigEndian.Uint64(number[:]))
	var bytes, messages atomic.Int64
	bytes.Store(int64(len(kept)))
	if fault != "forgets" {
		messages.Store(int64(len(lines) - first))
	}
	pages := http.NewServeMux()
	pages.HandleFunc("/metrics", func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprintf(w, "gopiper_stage_buffered_bytes{stage=\"kept\"} %g\n", float64(bytes.Load()))
		fmt.Fprintf(w, "gopiper_stage_buffered_messages{stage=\"kept\"} %d\n", messages.Load())
	})
	pages.HandleFunc("/ready", func(w http.ResponseWriter, _ *http.Request) {
		if again && fault == "is not ready" {
			w.WriteHeader(http.StatusServiceUnavailable)
		}
	})
	go func() { _ = http.ListenAndServe(address, pages) }()
	send := func(n int, line string) error {
		if _, err := os.Stdout.WriteString(line); err != nil {
			return err
		}
		binary.BigEndian.PutUint64(number[:], uint64(n+1))
		_, err := sent.WriteAt(number[:], 0)
		return err
	}
	if again {
		first = max(0, first-100)
		for i, line := range spoiled(lines[first:], fault) {
			if err := send(first+i, line); err != nil {
				return err
			}
			messages.Store(min(messages.Load(), int64(len(lines)-first-i-1)))
		}
		return nil
	}
	in := bufio.NewReaderSize(io.TeeReader(os.Stdin, file), 1<<16)
	for n := 0; ; n++ {
		line, err := in.ReadString('\n')
		if err != nil {
			return err
		}
		if n < 200 {
			if err := send(n, line); err != nil {
				return err
			}
		}
		bytes.Add(int64(len(line)))
		messages.Add(1)
	}
}

// spoiled are the lines with a fault.
func spoiled(lines []string, fault string) []string {
	switch fault {
	case "loses":
		return lines[1_000:]
	case "loses one":
		return append(lines[:700:700], lines[701:]...)
	case "swaps":
		lines[700], lines[701] = lines[701], lines[700]
	case "is short":
		return lines[:700]
	}
	return lines
}

func TestRecovery(t *testing.T) {
	root := t.TempDir()
	d, err := prepare(root, lines, 6_000)
	if err != nil {
		t.Fatal(err)
	}
	itself, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ fault, wrong string }{
		{"", ""},
		{"ends", "it does not read any more\nit has ended"},
		{"does not start again", "no message came"},
		{"is not ready", "it is not ready"},
		{"forgets", "the buffer holds 0 messages of"},
		{"loses", "expected a message from number 0 to 200, got"},
		{"loses one", "expected a message from number 800 to 800, got"},
		{"swaps", "expected a message from number 800 to 800, got"},
		{"is short", "after message 800: EOF"},
	} {
		t.Run(c.fault, func(t *testing.T) {
			r := &recovery{root: root, messages: d, inFlight: 1_000, patience: time.Minute, readyPatience: time.Minute, program: program{
				name: "a buffer", command: []string{itself, "{folder}/kept"}, env: []string{"BUFFER=" + c.fault},
			}}
			if c.fault == "is not ready" {
				r.readyPatience = 100 * time.Millisecond
			}
			all, err := r.measure(0.006)
			switch {
			case c.wrong != "" && (err == nil || !strings.Contains(err.Error(), c.wrong)):
				t.Errorf("expected an error with %q, got %v", c.wrong, err)
			case c.wrong == "" && (err != nil || len(all) != 2):
				t.Errorf("%+v, %v", all, err)
			}
			for _, found := range all {
				if found.Gigabytes <= 0 || found.Messages == 0 || found.Took <= 0 || len(found.Ready) != recoveryRuns ||
					len(found.First) != recoveryRuns || found.First[0] <= 0 || found.Ready[0] <= 0 {
					t.Errorf("%+v", found)
				}
			}
			if left, err := filepath.Glob(scratch(root) + "/*"); err != nil || len(left) > 0 {
				t.Errorf("%v is left, %v", left, err)
			}
		})
	}
}

func TestSequence(t *testing.T) {
	for _, c := range []struct {
		sent  int
		lines string
		next  int
		wrong string
	}{
		{0, "abc", 3, ""},
		{2, "abc", 3, ""},
		{2, "cd", 4, ""},
		{2, "bcd", 4, ""},
		{3, "bd", 4, ""},
		{4, "acefg", 7, ""},
		{8, "ha", 9, ""}, // they come again
		{11, "cd", 12, ""},
		{15, "h", 8, ""},
		{2, "de", 2, "number 0 to 2, got \"d\""},
		{2, "bd", 2, "number 2 to 2, got \"d\""},
		{4, "ba", 4, "number 2 to 4, got \"a\""},
		{8, "x", 8, "number 0 to 8, got \"x\""},
	} {
		s := sequence{all: strings.Split("abcdefgh", ""), sent: c.sent}
		s.again(8)
		var err error
		for _, line := range strings.Split(c.lines, "") {
			if err = s.take(line); err != nil {
				break
			}
		}
		if s.next != c.next || s.sent < max(c.sent, c.next) || (err == nil) != (c.wrong == "") || err != nil && !strings.Contains(err.Error(), c.wrong) {
			t.Errorf("%d, %s: %+v, %v, expected %d, %q", c.sent, c.lines, s, err, c.next, c.wrong)
		}
	}
}

func TestMetricIn(t *testing.T) {
	const text = "# HELP a what it is\n# TYPE a gauge\na_max{x=\"1 2\"} 9\na{x=\"1 2\",y=\"\"} 1.5e+09\nb 7\na"
	for name, want := range map[string]float64{"a": 1.5e9, "a_max": 9, "b": 7} {
		if got, err := metricIn(text, name); err != nil || got != want {
			t.Errorf("%s: %g, %v, expected %g", name, got, err, want)
		}
	}
	for _, name := range []string{"c", "a_m", "x"} {
		if got, err := metricIn(text, name); err == nil {
			t.Errorf("%s: %g", name, got)
		}
	}
}
