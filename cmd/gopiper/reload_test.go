package main

import (
	"bufio"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
)

// marking is a pipeline that puts a mark before each line.
func marking(mark string) string {
	return "gopiper.stdin{}, function(msg) msg.data = '" + mark + "' .. msg.data end, gopiper.stdout{}"
}

// reloads changes the script, asks for a reload, and waits for it.
func (s *started) reloads(stages string) {
	s.t.Helper()
	writeScript(s.t, s.file, stages)
	s.signal(syscall.SIGHUP)
	s.line(s.err, `level=INFO msg="reloading: what is in flight is finished first" because=SIGHUP`)
	s.line(s.err, `level=INFO msg=reloaded pipelines=1`)
}

// A valid script takes over, and nothing of the standard input is lost: not even
// the beginning of a line.
func TestReload(t *testing.T) {
	t.Parallel()
	s := start(t, marking("1 "))
	s.passes("a\nhal", "1 a\n")
	s.reloads(marking("2 "))
	s.passes("f\nb\n", "2 half\n")
	s.line(s.out, "2 b\n")
	s.reloads(marking("3 "))
	s.passes("c\n", "3 c\n")
	s.in.Close()
	if rest := s.ends(exitOK); rest != "" {
		t.Errorf("it also says %q", rest)
	}
}

// A script that is not valid leaves the one that runs, and all that is wrong is
// logged with its position.
func TestReloadOfWhatIsNotValid(t *testing.T) {
	t.Parallel()
	s := start(t, marking("1 "))
	s.passes("a\n", "1 a\n")
	writeScript(t, s.file, "gopiper.stdin{ max_mesage = 1 },\ngopiper.stdout{ worker = 2 }")
	s.signal(syscall.SIGHUP)
	s.line(s.err, `level=ERROR msg="not reloaded, what runs goes on: the scripts are not valid" because=SIGHUP problem="`+s.file+`:2: stdin: unknown attribute \"max_mesage\"`)
	s.line(s.err, `p.lua:3: stdout: unknown attribute \"worker\"`)
	s.passes("b\n", "1 b\n")
	if err := os.Remove(s.file); err != nil {
		t.Fatal(err)
	}
	s.signal(syscall.SIGHUP)
	s.line(s.err, `p.lua: no such file"`)
	s.passes("c\n", "1 c\n")
	s.reloads(marking("2 "))
	s.passes("d\n", "2 d\n")
	s.in.Close()
	s.ends(exitOK)
}

// Pipelines that cannot start leave the place to those before.
func TestReloadOfWhatCannotStart(t *testing.T) {
	t.Parallel()
	s := start(t, marking("1 "))
	s.passes("a\nhal", "1 a\n")
	writeScript(t, s.file, "gopiper.stdin{}, gopiper.file{ path = '"+s.file+"/x' }")
	s.signal(syscall.SIGHUP)
	s.line(s.err, "reloading")
	s.line(s.err, `level=ERROR msg="not reloaded: the new pipelines cannot start; those before start again" error="pipeline p: `+s.file+`:2: file: opening: `)
	s.passes("f\n", "1 half\n")
	s.reloads(marking("2 "))
	s.in.Close()
	s.ends(exitOK)
}

// With --watch a change of a script or a module is enough, and so is that a module
// comes that was missing.
func TestWatch(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	file, module := filepath.Join(dir, "p.lua"), filepath.Join(dir, "mark.lua")
	write(t, module, "return '1 '")
	requires := func(module string) string {
		return "local gopiper, mark = require('gopiper'), require('" + module + "')\n" +
			"gopiper.createPipeline{ gopiper.stdin{}, function(msg) msg.data = mark .. msg.data end, gopiper.stdout{} }"
	}
	write(t, file, requires("mark"))
	s := startFile(t, file, "--watch")
	s.passes("a\n", "1 a\n")
	write(t, module, "return '2 '")
	s.line(s.err, `because="a file has changed"`)
	s.line(s.err, "reloaded")
	s.passes("b\n", "2 b\n")
	write(t, file, requires("other"))
	s.line(s.err, `there is no module \"other\"`)
	write(t, filepath.Join(dir, "other.lua"), "return '3 '")
	s.line(s.err, "reloading")
	s.line(s.err, "reloaded")
	s.passes("c\n", "3 c\n")
	s.in.Close()
	if rest := s.ends(exitOK); rest != "" {
		t.Errorf("it also says %q", rest)
	}
}

// What failed before a reload is not forgotten.
func TestFailuresBeforeAReloadCount(t *testing.T) {
	t.Parallel()
	s := start(t, "gopiper.stdin{}, gopiper.test_fail{}, gopiper.stdout{}")
	io.WriteString(s.in, "bad\n")
	s.line(s.err, "message failed")
	writeScript(t, s.file, marking("2 "))
	s.signal(syscall.SIGHUP)
	s.line(s.err, "reloading")
	s.line(s.err, `msg="before the reload, messages failed and no failed branch took them" error="pipeline p: 1 message failed`)
	s.line(s.err, "reloaded")
	s.in.Close()
	if rest := s.ends(exitUnhandled); rest != "gopiper: before a reload, messages failed and no failed branch took them; the log tells which\n" {
		t.Errorf("it says %q", rest)
	}
}

// What cannot be drained is said, and does not keep the new pipelines back.
func TestReloadOfWhatIsNotDrained(t *testing.T) {
	t.Parallel()
	s := undrainable(t, "--drain-timeout", "10ms")
	writeScript(t, s.file, marking("2 "))
	s.signal(syscall.SIGHUP)
	s.line(s.err, "reloading")
	s.line(s.err, `level=ERROR msg="before the reload, the pipeline was not drained in time`)
	s.line(s.err, "reloaded")
	s.passes("a\n", "2 a\n")
	s.in.Close()
	s.ends(exitOK)
}

// A signal that comes while a reload drains ends the process.
func TestSignalDuringAReload(t *testing.T) {
	t.Parallel()
	s := undrainable(t)
	s.signal(syscall.SIGHUP)
	s.line(s.err, "reloading")
	s.signal(syscall.SIGTERM)
	s.line(s.err, "stopping")
	s.signal(syscall.SIGTERM)
	s.ends(exitSignal + int(syscall.SIGTERM))
}

// The metrics are those of what runs.
func TestMetricsFollowAReload(t *testing.T) {
	t.Parallel()
	s := start(t, marking("1 "), "--metrics", "127.0.0.1:0")
	_, address, _ := strings.Cut(strings.TrimSpace(s.line(s.err, "serving metrics")), "address=")
	s.passes("a\n", "1 a\n")
	s.reloads("gopiper.stdin{}, gopiper.stdout{ name = 'new' }")
	s.passes("a\n", "a\n")
	response, err := http.Get(address)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if want := `gopiper_stage_workers{component="stdout",pipeline="p",stage="new"} 1`; err != nil || !strings.Contains(string(body), want) {
		t.Errorf("/metrics (%v) has no %s", err, want)
	}
	s.in.Close()
	s.ends(exitOK)
}

// Requests that come while a reload runs are one.
func TestManyReloads(t *testing.T) {
	t.Parallel()
	s := undrainable(t, "--drain-timeout", "1s")
	writeScript(t, s.file, marking("2 "))
	s.signal(syscall.SIGHUP)
	s.line(s.err, "reloading")
	for range 10 {
		s.signal(syscall.SIGHUP)
	}
	s.line(s.err, "not drained in time")
	s.line(s.err, "reloaded")
	s.line(s.err, "reloading")
	s.line(s.err, "reloaded")
	s.passes("a\n", "2 a\n")
	s.in.Close()
	if rest := s.ends(exitOK); rest != "" {
		t.Errorf("it also says %q", rest)
	}
}

// Pipelines that end by themselves end the process, also when files are watched.
func TestWatchEnds(t *testing.T) {
	t.Parallel()
	s := start(t, "gopiper.generate{ count = 1 }, gopiper.stdout{}", "--watch")
	s.line(s.out, "message 1\n")
	if rest := s.ends(exitOK); rest != "" {
		t.Errorf("it says %q", rest)
	}
}

// Whatever the moment of a reload, every line comes out once and in order; also
// when the scripts are not valid each second time.
func TestReloadUnderLoad(t *testing.T) {
	t.Parallel()
	s := start(t, "gopiper.stdin{}, function(msg) end, gopiper.stdout{}")
	stop := make(chan struct{})
	written := make(chan int, 1)
	go func() {
		defer s.in.Close()
		lines := bufio.NewWriterSize(s.in, 10_000) // cuts lines in two
		for n := 0; ; n++ {
			select {
			case <-stop:
				lines.Flush()
				written <- n
				return
			default:
				fmt.Fprintln(lines, n)
			}
		}
	}()
	runs, read := make(chan struct{}), make(chan int, 1)
	go func() {
		n := 0
		for lines := bufio.NewScanner(s.out); lines.Scan(); n++ {
			if n == 0 {
				close(runs)
			}
			if lines.Text() != strconv.Itoa(n) {
				t.Errorf("%q comes where %d should", lines.Text(), n)
				break
			}
		}
		_, _ = io.Copy(io.Discard, s.out)
		read <- n
	}()
	<-runs
	for i := range 20 {
		if i%2 == 0 {
			writeScript(t, s.file, fmt.Sprintf("gopiper.stdin{ wrong_%d = true }, gopiper.stdout{}", i)) // or the log would count it
			s.signal(syscall.SIGHUP)
			s.line(s.err, "not reloaded")
			continue
		}
		writeScript(t, s.file, fmt.Sprintf("gopiper.stdin{}, gopiper.func{ function(msg) end, workers = %d }, gopiper.stdout{}", i))
		s.signal(syscall.SIGHUP)
		s.line(s.err, "reloading")
		s.line(s.err, "reloaded")
	}
	close(stop)
	s.ends(exitOK)
	if got, want := <-read, <-written; got != want {
		t.Errorf("%d lines of %d came", got, want)
	}
}
