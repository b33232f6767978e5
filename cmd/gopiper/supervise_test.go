package main

import (
	"fmt"
	"io"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"testing"
)

// A process that dies is started again, however it died.
func TestSupervise(t *testing.T) {
	for how, state := range map[string]string{"kill": "signal: killed", "panic": "exit status 2", "exit": "exit status 0"} {
		t.Run(how, func(t *testing.T) {
			t.Parallel()
			file := filepath.Join(t.TempDir(), "died")
			s := start(t, fmt.Sprintf("gopiper.generate{ count = 1 }, gopiper.test_die{ file = %q, how = %q }, gopiper.stdout{}", file, how), "--supervise")
			s.line(s.out, "message 1\n")
			rest := s.ends(exitOK)
			for _, pause := range []string{"100ms", "200ms", "400ms"} {
				want := regexp.MustCompile(`level=ERROR msg="the process with the pipelines has died; it is started again" pid=\d+ how="` + state + `" lived=\S+ pause=` + pause)
				if !want.MatchString(rest) {
					t.Errorf("the log has no %v:\n%s", want, rest)
				}
			}
			if n := strings.Count(rest, "has died"); n != 3 {
				t.Errorf("it has died %d times", n)
			}
		})
	}
}

// A process that is killed from outside, three times.
func TestSuperviseKilled(t *testing.T) {
	t.Parallel()
	s := start(t, "gopiper.stdin{}, gopiper.stdout{}", "--supervise")
	for i := range 3 {
		s.passes(fmt.Sprintf("%d\n", i), fmt.Sprintf("%d\n", i))
		if err := syscall.Kill(s.child(), syscall.SIGKILL); err != nil {
			t.Fatal(err)
		}
		s.line(s.err, "has died")
	}
	s.child()
	s.passes("3\n", "3\n")
	s.in.Close()
	if rest := s.ends(exitOK); rest != "" {
		t.Errorf("it also says %q", rest)
	}
}

// child reads the number of the process that is supervised.
func (s *started) child() int {
	s.t.Helper()
	line := s.line(s.err, `msg="the pipelines run in a process of their own" pid=`)
	_, number, _ := strings.Cut(strings.TrimSpace(line), "pid=")
	pid, err := strconv.Atoi(number)
	if err != nil {
		s.t.Fatal(err)
	}
	return pid
}

// An end on purpose is the end, with its exit code.
func TestSuperviseEnds(t *testing.T) {
	t.Parallel()
	s := start(t, "gopiper.stdin{ worker = 1 }, gopiper.stdout{}", "--supervise")
	s.child()
	s.line(s.err, `unknown attribute "worker"`)
	s.ends(exitInvalid)

	s = start(t, "gopiper.generate{ count = 1 }, gopiper.test_fail{}, gopiper.drop{}", "--supervise")
	s.child()
	s.line(s.err, "message failed")
	if rest := s.ends(exitUnhandled); rest != "gopiper: pipeline p: 1 message failed and no failed branch took it\n" {
		t.Errorf("it also says %q", rest)
	}
}

// A signal to the supervisor, or from a terminal to both, drains; the same once
// more ends at once.
func TestSuperviseSignals(t *testing.T) {
	to := map[string]func(*started) int{
		"the supervisor": func(s *started) int { return s.command.Process.Pid },
		"both":           func(s *started) int { return -s.command.Process.Pid },
	}
	for name, target := range to {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := start(t, "gopiper.stdin{}, gopiper.test_never{}", "--supervise", "--drain-timeout", "300ms")
			s.child()
			io.WriteString(s.in, "one\n")
			s.line(s.err, "taken")
			_ = syscall.Kill(target(s), syscall.SIGINT)
			s.line(s.err, `msg="stopping: what is in flight is finished; a second signal exits at once" signal=interrupt`)
			if rest := s.ends(exitNotDrained); strings.Contains(rest, "stopping") || !strings.Contains(rest, "not drained in time") {
				t.Errorf("it says %q", rest)
			}

			s = start(t, "gopiper.stdin{}, gopiper.test_never{}", "--supervise")
			s.child()
			io.WriteString(s.in, "one\n")
			s.line(s.err, "taken")
			_ = syscall.Kill(target(s), syscall.SIGINT)
			s.line(s.err, "stopping")
			_ = syscall.Kill(target(s), syscall.SIGTERM)
			s.ends(exitSignal + int(syscall.SIGTERM))
		})
	}
}

// SIGHUP is passed on, and a reload works.
func TestSuperviseReload(t *testing.T) {
	t.Parallel()
	s := start(t, marking("1 "), "--supervise")
	s.child()
	s.passes("a\n", "1 a\n")
	s.reloads(marking("2 "))
	s.passes("b\n", "2 b\n")
	s.in.Close()
	s.ends(exitOK)
}

// A process whose supervisor was killed drains and ends.
func TestSupervisorIsKilled(t *testing.T) {
	t.Parallel()
	s := start(t, "gopiper.stdin{}, gopiper.stdout{}", "--supervise")
	s.child()
	s.passes("one\n", "one\n")
	s.signal(syscall.SIGKILL)
	s.line(s.err, `level=WARN msg="stopping, because the process has died that supervises this one"`)
	if rest, err := io.ReadAll(s.out); err != nil || len(rest) > 0 { // it has ended
		t.Errorf("%q, %v", rest, err)
	}
	s.command.Wait()
}

// Who is asked to stop while a process is to be started again stops.
func TestSuperviseStopsWhileItPauses(t *testing.T) {
	t.Parallel()
	s := start(t, "gopiper.stdin{}, gopiper.stdout{}", "--supervise")
	for range 2 { // the third pause is 400 ms long
		s.passes("a\n", "a\n")
		_ = syscall.Kill(s.child(), syscall.SIGKILL)
		s.line(s.err, "has died")
	}
	s.passes("a\n", "a\n")
	_ = syscall.Kill(s.child(), syscall.SIGKILL)
	s.line(s.err, "has died")
	s.signal(syscall.SIGTERM)
	if rest := s.ends(exitFailed); rest != "gopiper: stopped before the pipelines were started again; they had died: signal: killed\n" {
		t.Errorf("it says %q", rest)
	}
}

func TestInterrupts(t *testing.T) {
	const i, e = syscall.SIGINT, syscall.SIGTERM
	for _, test := range []struct {
		direct, passed []syscall.Signal
		want           int
	}{
		{nil, nil, 0},
		{[]syscall.Signal{i}, nil, 1},
		{nil, []syscall.Signal{e}, 1},
		{[]syscall.Signal{i}, []syscall.Signal{i}, 1},
		{[]syscall.Signal{i}, []syscall.Signal{i, i}, 2},
		{[]syscall.Signal{i, i}, []syscall.Signal{i}, 2},
		{[]syscall.Signal{i}, []syscall.Signal{i, e}, 2},
		{[]syscall.Signal{i}, []syscall.Signal{e}, 2},
	} {
		came := newInterrupts()
		for _, s := range test.direct {
			came.direct[s]++
		}
		for _, s := range test.passed {
			came.passed[s]++
		}
		if got := came.count(); got != test.want {
			t.Errorf("%v and %v: %d, want %d", test.direct, test.passed, got, test.want)
		}
	}
}

// The variable without pipes is no supervisor.
func TestNoSupervisor(t *testing.T) {
	t.Setenv(supervisedVariable, supervisedBy)
	s := start(t, "gopiper.generate{ count = 1 }, gopiper.stdout{}")
	if rest := s.ends(exitInvalid); rest != "gopiper: the variable "+supervisedVariable+" is set, and no process supervises this one; unset it\n" {
		t.Errorf("it says %q", rest)
	}
}
