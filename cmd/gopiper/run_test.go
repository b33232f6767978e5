package main

import (
	"bufio"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// started is a gopiper that runs.
type started struct {
	t       *testing.T
	file    string // its script
	command *exec.Cmd
	in      io.WriteCloser
	out     *bufio.Reader
	err     *bufio.Reader
}

// writeScript writes a script of one pipeline p with these stages.
func writeScript(t *testing.T, file, stages string) {
	t.Helper()
	text := "local gopiper = require('gopiper')\ngopiper.createPipeline({ " + stages + " }, { name = 'p' })\n"
	write(t, file, text)
}

// write replaces a file as a whole, so that nobody sees a part of it.
func write(t *testing.T, file, text string) {
	t.Helper()
	if err := os.WriteFile(file+".new", []byte(text), 0o666); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(file+".new", file); err != nil {
		t.Fatal(err)
	}
}

// start runs a pipeline p with these stages.
func start(t *testing.T, stages string, flags ...string) *started {
	t.Helper()
	file := filepath.Join(t.TempDir(), "p.lua")
	writeScript(t, file, stages)
	return startFile(t, file, flags...)
}

func startFile(t *testing.T, file string, flags ...string) *started {
	t.Helper()
	s := &started{t: t, file: file, command: exec.Command("gopiper", append(append([]string{"run"}, flags...), file)...)}
	s.command.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // as a shell does
	pipe := func(r io.Reader, err error) *bufio.Reader {
		if err != nil {
			t.Fatal(err)
		}
		return bufio.NewReader(r)
	}
	var err error
	if s.in, err = s.command.StdinPipe(); err != nil {
		t.Fatal(err)
	}
	out, err := s.command.StdoutPipe()
	s.out = pipe(out, err)
	errors, err := s.command.StderrPipe()
	s.err = pipe(errors, err)
	if err := s.command.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = syscall.Kill(-s.command.Process.Pid, syscall.SIGKILL) }) // and what it has started
	return s
}

// line reads a line that must begin with, or at least contain, a text.
func (s *started) line(from *bufio.Reader, want string) string {
	s.t.Helper()
	line, err := from.ReadString('\n')
	if err != nil || !strings.Contains(line, want) {
		s.t.Fatalf("got %q (%v), want %q", line, err, want)
	}
	return line
}

func (s *started) signal(signal os.Signal) {
	s.t.Helper()
	if err := s.command.Process.Signal(signal); err != nil {
		s.t.Fatal(err)
	}
}

// passes tells a pipeline something, and reads what comes of it.
func (s *started) passes(in, out string) {
	s.t.Helper()
	if _, err := io.WriteString(s.in, in); err != nil {
		s.t.Fatal(err)
	}
	s.line(s.out, out)
}

// ends waits for the end and returns what was left in the standard error.
func (s *started) ends(code int) string {
	s.t.Helper()
	rest, err := io.ReadAll(s.err)
	if err != nil {
		s.t.Fatal(err)
	}
	s.command.Wait()
	if got := s.command.ProcessState.ExitCode(); got != code {
		s.t.Errorf("the exit code is %d, not %d; the log's end: %s", got, code, rest)
	}
	return string(rest)
}

func TestSignalDrains(t *testing.T) {
	for _, signal := range []os.Signal{syscall.SIGINT, syscall.SIGTERM} {
		s := start(t, "gopiper.stdin{}, gopiper.stdout{}")
		io.WriteString(s.in, "one\ntwo\n")
		s.line(s.out, "one\n")
		s.line(s.out, "two\n")
		s.signal(signal)
		s.line(s.err, "stopping: what is in flight is finished; a second signal exits at once")
		if rest := s.ends(exitOK); rest != "" {
			t.Errorf("it also says %q", rest)
		}
	}
}

// undrainable is a pipeline with a message in flight that stays there.
func undrainable(t *testing.T, flags ...string) *started {
	s := start(t, "gopiper.stdin{}, gopiper.test_never{}", flags...)
	io.WriteString(s.in, "one\n")
	s.line(s.err, "taken")
	return s
}

func TestNotDrained(t *testing.T) {
	s := undrainable(t, "--drain-timeout", "10ms")
	s.signal(syscall.SIGTERM)
	s.line(s.err, "stopping")
	if rest := s.ends(exitNotDrained); !strings.HasPrefix(rest, "gopiper: pipeline p: not drained in time: 1 message") {
		t.Errorf("it says %q", rest)
	}
}

func TestSignalWhileOpening(t *testing.T) {
	s := start(t, "gopiper.stdin{}, gopiper.test_closed{}")
	s.line(s.err, "opening")
	s.signal(syscall.SIGTERM)
	s.line(s.err, "stopping")
	if rest := s.ends(exitOK); rest != "" {
		t.Errorf("it says %q", rest)
	}
}

func TestSecondSignalExitsAtOnce(t *testing.T) {
	s := undrainable(t)
	s.signal(syscall.SIGTERM)
	s.line(s.err, "stopping")
	s.signal(syscall.SIGINT)
	if rest := s.ends(exitSignal + int(syscall.SIGINT)); rest != "" {
		t.Errorf("it says %q", rest)
	}
}

func TestMetricsAreServed(t *testing.T) {
	s := start(t, `gopiper.stdin{}, function() gopiper.counter("seen", { by = "me" }):add(2) end, gopiper.stdout{}`, "--metrics", "127.0.0.1:0")
	line := s.line(s.err, "serving metrics")
	_, address, _ := strings.Cut(strings.TrimSpace(line), "address=")
	io.WriteString(s.in, "one\n")
	s.line(s.out, "one\n")
	response, err := http.Get(address)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	for _, want := range []string{
		`gopiper_pipeline_state{pipeline="p",state="running"} 1`,
		`gopiper_pipeline_originated_total{pipeline="p"} 1`,
		"# TYPE seen counter\nseen{by=\"me\"} 2\n",
		`gopiper_stage_workers{component="stdout",pipeline="p",stage="stdout"} 1`,
	} {
		if err != nil || !strings.Contains(string(body), want) {
			t.Errorf("/metrics (%v) has no %s", err, want)
		}
	}
	s.in.Close()
	s.ends(exitOK)
}

func TestMetricsOnLoopbackOnly(t *testing.T) {
	s := start(t, "gopiper.stdin{}, gopiper.stdout{}", "--metrics", ":9100")
	if rest := s.ends(exitInvalid); !strings.HasPrefix(rest, `gopiper: metrics address ":9100" is not on loopback`) {
		t.Errorf("it says %q", rest)
	}
}
