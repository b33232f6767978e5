package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

// place is where a copy lies, and where its tests have their temporary files.
type place struct{ copy, temporary string }

// climb runs steps of the ladder in a copy until a test fails: the failure is nil if none does.
// The error is of a copy that does not compile, of the go command, or of ctx.
func climb(ctx context.Context, p place, steps []step, tell func(step, time.Duration)) (*failure, error) {
	for _, s := range steps {
		start := time.Now()
		f, err := s.run(ctx, p)
		if err != nil || f != nil {
			return f, err
		}
		tell(s, time.Since(start))
	}
	return nil, nil
}

// run runs one step.
func (s step) run(ctx context.Context, p place) (*failure, error) {
	defer p.sweep()
	// Beside the timeouts of the packages, which may take their turns.
	limit, cancel := context.WithTimeout(ctx, 2*s.timeout+5*time.Minute)
	defer cancel()
	command := exec.CommandContext(limit, "go", s.arguments()...)
	command.Dir = filepath.Join(p.copy, s.folder)
	command.Env = append(os.Environ(), "TMPDIR="+p.temporary, "GOWORK=off", "PWD="+command.Dir,
		"RAPID_SHRINKTIME=1s", "RAPID_NOFAILFILE=true") // to notice is enough
	command.Env = append(command.Env, s.env...)
	command.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	command.Cancel = func() error { return syscall.Kill(-command.Process.Pid, syscall.SIGKILL) }
	command.WaitDelay = 10 * time.Second
	var said bytes.Buffer
	command.Stderr = &said
	events, err := command.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := command.Start(); err != nil {
		return nil, err
	}
	f, err := watch(events)
	ended := command.Wait()
	switch {
	case ctx.Err() != nil:
		return nil, ctx.Err()
	case limit.Err() != nil:
		return &failure{where: s.String(), hang: true}, nil
	case errors.Is(err, errBuild):
		return nil, err
	case ended == nil:
		return nil, nil
	case f == nil:
		return nil, errors.Join(fmt.Errorf("%s: %w", s, ended), err, errors.New(said.String()))
	}
	return f, nil
}

// sweep removes what tests have left behind: files, what they have mounted, and
// processes of programs that were built in the place. It finds them in /proc, where
// there is one.
func (p place) sweep() {
	links, _ := filepath.Glob("/proc/[0-9]*/exe")
	for _, link := range links {
		program, err := os.Readlink(link)
		if err != nil || !strings.HasPrefix(program, p.temporary+"/") {
			continue
		}
		var pid int
		if _, err := fmt.Sscanf(link, "/proc/%d/exe", &pid); err == nil {
			_ = syscall.Kill(pid, syscall.SIGKILL)
		}
	}
	mounts, _ := os.ReadFile("/proc/mounts")
	for line := range strings.Lines(string(mounts)) {
		if fields := strings.Fields(line); len(fields) > 1 && strings.HasPrefix(fields[1], p.temporary+"/") {
			_ = syscall.Unmount(fields[1], 0)
		}
	}
	_ = os.RemoveAll(p.temporary)
	_ = os.MkdirAll(p.temporary, 0o755)
}
