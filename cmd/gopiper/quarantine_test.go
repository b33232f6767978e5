package main

import (
	"bytes"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// command runs gopiper to its end, which must have an exit code.
func command(t *testing.T, code int, arguments ...string) (out, err string) {
	t.Helper()
	var stdout, stderr bytes.Buffer
	run := exec.Command("gopiper", arguments...)
	run.Stdout, run.Stderr = &stdout, &stderr
	if failure := run.Run(); run.ProcessState.ExitCode() != code {
		t.Errorf("gopiper %s: %v\n%s%s", strings.Join(arguments, " "), failure, &stdout, &stderr)
	}
	return stdout.String(), stderr.String()
}

// checking is a pipeline with a stage check, which does something with a message.
func checking(do string) string {
	return "gopiper.stdin{}, gopiper.func{ function(msg) " + do + " end, name = 'check' }, gopiper.stdout{}"
}

const failing = "if msg.data == 'bad' then return 250, 'not good' end"

// The commands reach a process that runs, and see what becomes of a replay.
func TestQuarantineOfAProcessThatRuns(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), strings.Repeat("long", 40)) // longer than a socket's path may be
	quarantine := func(code int, arguments ...string) string {
		t.Helper()
		out, err := command(t, code, append(append([]string{"quarantine"}, arguments...), "--state", dir)...)
		return out + err
	}
	s := start(t, checking(failing), "--state", dir)
	s.passes("good\nbad\nbad\n", "good\n")
	s.line(s.err, "it is in quarantine")
	s.line(s.err, "it is in quarantine")
	if got := quarantine(0, "ls"); strings.Count(got, "\n") != 3 || !strings.Contains(got, "not good") {
		t.Errorf("ls: %s", got)
	}
	if got := quarantine(0, "export", "--raw"); got != "bad\nbad\n" {
		t.Errorf("export: %q", got)
	}
	if got := quarantine(1, "show", "7"); got != "gopiper: message 7 is not in quarantine\n" {
		t.Errorf("show: %s", got)
	}
	if got := quarantine(exitUnhandled, "replay", "1"); got != "1: failed again as 3: 250 not good\n" {
		t.Errorf("replay: %s", got)
	}
	if got := quarantine(exitUnhandled, "replay", "2", "--json"); !strings.Contains(got, `"result": "failed again",`) || !strings.Contains(got, `"again": 4,`) {
		t.Errorf("replay: %s", got)
	}
	s.line(s.err, "it is in quarantine")
	s.line(s.err, "it is in quarantine")
	s.reloadsAfterFailures(checking("msg.data = 'checked ' .. msg.data"))
	if got := quarantine(1, "replay", "3", "99"); got != "3: settled\ngopiper: message 99 is not in quarantine\n" {
		t.Errorf("replay: %s", got)
	}
	s.line(s.out, "checked bad\n")
	if got := quarantine(0, "replay", "--no-wait", "--stage", "check"); got != "1 message will be replayed\n" {
		t.Errorf("replay: %s", got)
	}
	s.line(s.out, "checked bad\n")
	s.in.Close()
	s.ends(exitUnhandled)
	if got := quarantine(0, "ls"); got != "the quarantine is empty\n" {
		t.Errorf("ls: %s", got)
	}
}

// reloadsAfterFailures is reloads for a pipeline in which messages failed.
func (s *started) reloadsAfterFailures(stages string) {
	s.t.Helper()
	writeScript(s.t, s.file, stages)
	s.signal(syscall.SIGHUP)
	s.line(s.err, "reloading")
	s.line(s.err, "before the reload, messages failed")
	s.line(s.err, "reloaded")
}

// What cannot be replayed for now is said, and stays.
func TestReplayThatWaits(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "state")
	s := start(t, checking(failing), "--state", dir)
	s.passes("bad\ngood\n", "good\n")
	s.line(s.err, "it is in quarantine")
	s.reloadsAfterFailures("gopiper.stdin{}, gopiper.stdout{}")
	out, _ := command(t, 0, "quarantine", "replay", "--all", "--state", dir)
	if out != "1: waits: the pipeline p has no stage check any more; it is replayed when that is run next\n" {
		t.Errorf("replay: %s", out)
	}
	s.line(s.err, "the stage in which they failed is not there any more")
	text := "local gopiper = require('gopiper')\ngopiper.createPipeline({ gopiper.stdin{}, gopiper.stdout{} }, { name = 'other' })"
	write(t, s.file, text)
	s.signal(syscall.SIGHUP)
	s.line(s.err, "reloading")
	s.line(s.err, "reloaded")
	out, _ = command(t, 0, "quarantine", "replay", "1", "--state", dir)
	if out != "1: waits: the pipeline p does not run in this process; it is replayed when that is run next\n" {
		t.Errorf("replay: %s", out)
	}
	out, _ = command(t, 0, "quarantine", "rm", "--status", "250", "--state", dir)
	if out != "removed 1 message\n" {
		t.Errorf("rm: %s", out)
	}
	s.in.Close()
	s.ends(exitUnhandled)
}

// One process uses a directory at a time; one that was killed leaves it free, with
// a socket that nobody serves.
func TestOneProcessToAStateDirectory(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "state")
	s := start(t, checking(failing), "--state", dir)
	s.passes("bad\ngood\n", "good\n")
	s.line(s.err, "it is in quarantine")
	second := start(t, checking(failing), "--state", dir)
	if rest := second.ends(exitInvalid); !strings.Contains(rest, "it is in use by process ") {
		t.Errorf("a second one says %q", rest)
	}
	s.signal(syscall.SIGKILL)
	s.command.Wait()
	if info, err := os.Stat(filepath.Join(dir, "socket")); err != nil || info.Mode() != os.ModeSocket|0o600 {
		t.Errorf("the socket: %v, %v", info, err)
	}
	if out, _ := command(t, 0, "quarantine", "export", "--raw", "--state", dir); out != "bad\n" {
		t.Errorf("export: %q", out)
	}
	s = start(t, checking(failing), "--state", dir)
	s.line(s.err, "the process died while the pipeline ran")
	s.passes("good\n", "good\n")
	if out, _ := command(t, 0, "quarantine", "rm", "--all", "--state", dir); out != "removed 1 message\n" {
		t.Errorf("rm: %s", out)
	}
	s.in.Close()
	s.ends(exitOK)
	if _, err := os.Stat(filepath.Join(dir, "socket")); !os.IsNotExist(err) {
		t.Errorf("the socket is left: %v", err)
	}
}

// What a buffer holds when a run ends comes out of it in the next, and over a reload.
func TestBufferOutlastsRunsAndReloads(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "state")
	const buffered = "gopiper.stdin{}, gopiper.buffer{ name = 'lines' }, "
	s := start(t, buffered+"gopiper.test_never{}", "--state", dir, "--drain-timeout", "10ms")
	io.WriteString(s.in, "one\n")
	s.line(s.err, "taken")
	writeScript(t, s.file, buffered+"gopiper.stdout{}")
	s.signal(syscall.SIGHUP)
	s.line(s.err, "reloading")
	s.line(s.err, "not drained in time")
	s.line(s.err, "reloaded")
	s.line(s.out, "one\n")
	s.in.Close()
	s.ends(exitOK)

	s = start(t, buffered+"gopiper.test_never{}", "--state", dir, "--drain-timeout", "10ms")
	io.WriteString(s.in, "two\n")
	s.line(s.err, "taken")
	s.signal(syscall.SIGTERM)
	s.line(s.err, "stopping")
	s.ends(exitNotDrained)
	s = start(t, buffered+"gopiper.stdout{}", "--state", dir)
	s.line(s.out, "two\n")
	s.in.Close()
	s.ends(exitOK)
}
