package main

import (
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"os/signal"
	"syscall"
	"time"
)

// A process that has died is started again after a pause, which doubles from the
// first to the longest one, until a process has lived for a while.
const (
	pauseFirst = 100 * time.Millisecond
	pauseMax   = 30 * time.Second
	livedWell  = time.Minute
)

// supervise runs this command line in a process of its own, and again whenever
// that has died: by a signal, a Go panic, or an exit that is not gopiper's. The
// error tells how it has ended, if it did so on purpose.
//
// Both are in one process group, so that the other can read a terminal. The signals
// of a terminal reach both, see interrupts. SIGHUP ends both if it reloads nothing.
func supervise(logger *slog.Logger, reloads bool) error {
	program, err := os.Executable()
	if err != nil {
		return err
	}
	s := &parent{logger: logger, program: program, signals: make(chan os.Signal, 8)}
	signal.Notify(s.signals, syscall.SIGINT, syscall.SIGTERM, syscall.SIGUSR1)
	if reloads {
		signal.Notify(s.signals, syscall.SIGHUP)
	}
	defer signal.Stop(s.signals)
	pause := pauseFirst
	for {
		started := time.Now()
		child, err := s.start()
		if err != nil {
			return err
		}
		logger.Info("the pipelines run in a process of their own", "pid", child.Process.Pid)
		state, deliberate := s.await(child)
		lived := time.Since(started)
		switch {
		case deliberate:
			return childEnded(state.ExitCode())
		case s.stopping != 0:
			return s.diedWhileStopping(state)
		case lived >= livedWell:
			pause = pauseFirst
		}
		logger.Error("the process with the pipelines has died; it is started again", "pid", child.Process.Pid, "how", state.String(), "lived", lived.Round(time.Millisecond), "pause", pause)
		if s.pause(pause) {
			return fmt.Errorf("stopped before the pipelines were started again; they had died: %s", state)
		}
		pause = min(2*pause, pauseMax)
	}
}

// parent is what supervises.
type parent struct {
	logger   *slog.Logger
	program  string
	signals  chan os.Signal
	stopping syscall.Signal // the last that asked for the end; 0: none has
}

// child is a process that is supervised.
type child struct {
	*exec.Cmd
	deliberate *os.File // it writes its exit code before it ends on purpose
	orders     *os.File // it gets the parent's signals, a byte each; when this is closed, the parent has died
}

// start starts a child.
func (s *parent) start() (*child, error) {
	told, tell, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	defer tell.Close()
	listen, order, err := os.Pipe()
	if err != nil {
		told.Close()
		return nil, err
	}
	defer listen.Close()
	c := &child{Cmd: &exec.Cmd{
		Path: s.program, Args: os.Args, Stdin: os.Stdin, Stdout: os.Stdout, Stderr: os.Stderr,
		Env: append(os.Environ(), supervisedVariable+"="+supervisedBy), ExtraFiles: []*os.File{tell, listen},
	}, deliberate: told, orders: order}
	if err := c.Start(); err != nil {
		told.Close()
		order.Close()
		return nil, fmt.Errorf("starting the process with the pipelines: %w", err)
	}
	return c, nil
}

// await waits until a child has ended, and tells whether it did so on purpose.
// Signals are passed on to it.
func (s *parent) await(c *child) (state *os.ProcessState, deliberate bool) {
	defer c.deliberate.Close()
	defer c.orders.Close()
	ended := make(chan struct{})
	go func() {
		_ = c.Wait() // its state says it all
		close(ended)
	}()
	for {
		select {
		case <-ended:
			return c.ProcessState, c.wasDeliberate()
		case sig := <-s.signals:
			s.pass(c, sig.(syscall.Signal))
		}
	}
}

// pass passes a signal on, as an order: as a signal it could come before the child
// listens, and end it; and the child may have got the same signal from the terminal,
// and must not count it twice.
func (s *parent) pass(c *child, sig syscall.Signal) {
	if sig == syscall.SIGINT || sig == syscall.SIGTERM {
		s.stopping = sig
	}
	_, _ = c.orders.Write([]byte{byte(sig)}) // it fails only if the child has ended
}

// wasDeliberate tells whether the child, which has ended, had said that it would,
// and has.
func (c *child) wasDeliberate() bool {
	said := [1]byte{}
	n := 0
	raw, err := c.deliberate.SyscallConn()
	if err != nil {
		return false
	}
	// What it has written is there. Nobody is waited for: a process that it has left
	// behind may have the other end.
	err = raw.Read(func(fd uintptr) bool {
		n, _ = syscall.Read(int(fd), said[:])
		return true
	})
	return err == nil && n == 1 && c.ProcessState.ExitCode() == int(said[0])
}

// diedWhileStopping is the error of a child that did not end on purpose when it was
// asked to end.
func (s *parent) diedWhileStopping(state *os.ProcessState) error {
	if status, ok := state.Sys().(syscall.WaitStatus); ok && status.Signaled() && status.Signal() == s.stopping {
		return childEnded(exitSignal + int(s.stopping)) // before it could listen
	}
	return fmt.Errorf("the process with the pipelines died while it was stopping: %s", state)
}

// pause waits for a while, and tells whether the end was asked for.
func (s *parent) pause(d time.Duration) (stopped bool) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	for {
		select {
		case <-timer.C:
			return false
		case sig := <-s.signals:
			if sig == syscall.SIGINT || sig == syscall.SIGTERM {
				return true
			}
		}
	}
}

// childEnded is the exit code of a child that has ended on purpose, and has said
// why.
type childEnded int

func (c childEnded) Error() string { return fmt.Sprintf("exit code %d", int(c)) }
