//go:build linux

package faults

import (
	"bytes"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// TestMain lets the binary of the tests be the program that is killed, too: with
// FAULTS_PROGRAM set it runs that, see program_test.go.
func TestMain(m *testing.M) {
	if name := os.Getenv("FAULTS_PROGRAM"); name != "" {
		os.Exit(runProgram(name))
	}
	// The rows wait for disks and processes more than they compute.
	if err := flag.Set("test.parallel", "6"); err != nil {
		panic(err)
	}
	flag.Parse()
	code := m.Run()
	if built.dir != "" {
		os.RemoveAll(built.dir)
	}
	os.Exit(code)
}

var built struct {
	sync.Once
	dir, path string
	err       error
}

// executable is the path of gopiper, built once.
func executable(t testing.TB) string {
	t.Helper()
	built.Do(func() {
		if built.dir, built.err = os.MkdirTemp("", "faults"); built.err != nil {
			return
		}
		built.path = filepath.Join(built.dir, "gopiper")
		command := exec.Command("go", "build", "-trimpath", "-o", built.path, "./cmd/gopiper")
		command.Dir = "../.."
		if output, err := command.CombinedOutput(); err != nil {
			built.err = fmt.Errorf("%s: %w\n%s", command, err, output)
		}
	})
	if built.err != nil {
		t.Fatal(built.err)
	}
	return built.path
}

// process is a program that was started.
type process struct {
	t       testing.TB
	command *exec.Cmd
	said    *tail
	ended   chan struct{}
}

// tail keeps the end of what a process says.
type tail struct {
	mu   sync.Mutex
	text []byte
	most int
}

func (w *tail) Write(p []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.text = append(w.text, p...)
	if len(w.text) > 2*w.most {
		w.text = append(w.text[:0], w.text[len(w.text)-w.most:]...)
	}
	return len(p), nil
}

func (w *tail) String() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return string(w.text[max(0, len(w.text)-4000):])
}

// all is all of it that is kept.
func (w *tail) all() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return string(w.text)
}

// count is how often it has been said.
func (w *tail) count(text string) int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return bytes.Count(w.text, []byte(text))
}

// begin starts a command. What is left of it is killed when the test ends.
func begin(t testing.TB, command *exec.Cmd) *process {
	t.Helper()
	p := &process{t: t, command: command, said: &tail{most: 1 << 20}, ended: make(chan struct{})}
	command.Stderr = p.said
	command.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL, Setpgid: true}
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	go func() {
		defer close(p.ended)
		_ = command.Wait()
	}()
	t.Cleanup(p.kill)
	return p
}

// kill ends it at once, and what it has started.
func (p *process) kill() {
	select {
	case <-p.ended:
		return
	default:
	}
	_ = syscall.Kill(-p.command.Process.Pid, syscall.SIGKILL)
	<-p.ended
}

func (p *process) signal(s syscall.Signal) {
	if err := p.command.Process.Signal(s); err != nil && !errors.Is(err, os.ErrProcessDone) {
		p.t.Errorf("%v: %v", s, err)
	}
}

// stacks ends a process that hangs, and writes what its goroutines did to the file
// that FAULTS_STACKS names.
func (p *process) stacks() string {
	p.signal(syscall.SIGQUIT)
	p.endsWithin(patience)
	return writeStacks([]byte(p.said.all()))
}

// endsWithin tells whether it ends in time.
func (p *process) endsWithin(d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-p.ended:
		return true
	case <-timer.C:
		return false
	}
}

// code is how it has ended; 128 and the number of a signal that has killed it.
func (p *process) code() int {
	<-p.ended
	status := p.command.ProcessState.Sys().(syscall.WaitStatus)
	if status.Signaled() {
		return 128 + int(status.Signal())
	}
	return status.ExitStatus()
}

// eventually waits until a condition holds, and tells whether it does.
func eventually(within time.Duration, condition func() bool) bool {
	deadline := time.NewTimer(within)
	defer deadline.Stop()
	look := time.NewTicker(2 * time.Millisecond)
	defer look.Stop()
	for !condition() {
		select {
		case <-deadline.C:
			return condition()
		case <-look.C:
		}
	}
	return true
}

// resident is the memory of a process in bytes, descriptors how many it has open.
func (p *process) resident() int64 {
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", p.command.Process.Pid))
	if err != nil {
		return 0
	}
	_, rest, _ := strings.Cut(string(status), "VmRSS:")
	var kilobytes int64
	_, _ = fmt.Sscan(rest, &kilobytes)
	return kilobytes << 10
}

func (p *process) descriptors() int {
	list, err := os.ReadDir(fmt.Sprintf("/proc/%d/fd", p.command.Process.Pid))
	if err != nil {
		return 0
	}
	return len(list)
}
