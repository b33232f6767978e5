package main

import (
	"bufio"
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
// writes some of it out; when it is started again, all behind the first hundred. Its
// arguments are the file and --metrics ADDRESS. The fault says what is wrong with it.
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
	var held atomic.Int64
	if !again || fault != "forgets" {
		held.Store(int64(len(kept)))
	}
	pages := http.NewServeMux()
	pages.HandleFunc("/metrics", func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprintf(w, "gopiper_stage_buffered_bytes{stage=\"kept\"} %g\n", float64(held.Load()))
		fmt.Fprintf(w, "gopiper_stage_buffered_messages{stage=\"kept\"} %d\n", held.Load())
	})
	pages.HandleFunc("/ready", func(w http.ResponseWriter, _ *http.Request) {
		if again && fault == "is not ready" {
			w.WriteHeader(http.StatusServiceUnavailable)
		}
	})
	go func() { _ = http.ListenAndServe(address, pages) }()
	if again {
		return empty(string(kept), fault)
	}
	in := bufio.NewReader(os.Stdin)
	for n := 0; ; n++ {
		line, err := in.ReadString('\n')
		if err != nil {
			return err
		}
		if _, err := file.WriteString(line); err != nil {
			return err
		}
		if n < 200 {
			fmt.Print(line)
		}
		held.Add(int64(len(line)))
	}
}

func empty(kept, fault string) error {
	lines := strings.SplitAfter(kept, "\n")[100:]
	switch fault {
	case "loses":
		lines = lines[5_000:]
	case "loses one":
		lines = append(lines[:700:700], lines[701:]...)
	case "swaps":
		lines[700], lines[701] = lines[701], lines[700]
	case "is short":
		lines = lines[:700]
	}
	_, err := io.WriteString(os.Stdout, strings.Join(lines, ""))
	return err
}

func TestRecovery(t *testing.T) {
	root := t.TempDir()
	d, err := prepare(root, lines, 10_000)
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
		{"forgets", "and holds 0"},
		{"loses", "expected a message from number 0 to 200, got"},
		{"loses one", "expected a message from number 800 to 800, got"},
		{"swaps", "expected a message from number 800 to 800, got"},
		{"is short", "after 700 messages"},
	} {
		t.Run(c.fault, func(t *testing.T) {
			r := &recovery{root: root, messages: d, patience: time.Minute, readyPatience: time.Minute, program: program{
				name: "a buffer", command: []string{itself, "{folder}/kept"}, env: []string{"BUFFER=" + c.fault},
			}}
			if c.fault == "is not ready" {
				r.readyPatience = 100 * time.Millisecond
			}
			found, err := r.measure(0.003)
			switch {
			case c.wrong != "" && (err == nil || !strings.Contains(err.Error(), c.wrong)):
				t.Errorf("expected an error with %q, got %v", c.wrong, err)
			case c.wrong == "" && err != nil:
				t.Error(err)
			case c.wrong == "" && (found.Gigabytes < 0.003 || found.Messages == 0 || found.Filled <= 0 ||
				len(found.Ready) != recoveryRuns || len(found.First) != recoveryRuns || found.First[0] <= 0 || found.Ready[0] <= 0):
				t.Errorf("%+v", found)
			}
			if left, err := filepath.Glob(scratch(root) + "/*"); err != nil || len(left) > 0 {
				t.Errorf("%v is left, %v", left, err)
			}
		})
	}
}

func TestFollow(t *testing.T) {
	all := strings.Split("abcdefgh", "")
	for _, c := range []struct {
		settled int
		lines   string
		next    int
		wrong   string
	}{
		{0, "abc", 3, ""},
		{2, "abc", 3, ""},
		{2, "cd", 4, ""},
		{2, "bcd", 4, ""},
		{3, "bd", 4, ""},
		{4, "acefg", 7, ""},
		{2, "de", 0, "number 0 to 2, got \"d\""},
		{2, "bd", 0, "number 2 to 2, got \"d\""},
		{4, "ba", 0, "number 2 to 4, got \"a\""},
		{8, "h", 8, ""},
		{8, "hi", 0, "8 messages have left the buffer"},
		{8, "x", 0, "8 messages have left the buffer"},
	} {
		next, err := follow(all, c.settled, strings.Split(c.lines, ""))
		if next != c.next || (err == nil) != (c.wrong == "") || err != nil && !strings.Contains(err.Error(), c.wrong) {
			t.Errorf("%d, %s: %d, %v, expected %d, %q", c.settled, c.lines, next, err, c.next, c.wrong)
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
