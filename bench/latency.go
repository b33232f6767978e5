package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"time"
)

const (
	latencyBound = 300 * time.Microsecond // for p99
	latencyPause = time.Millisecond       // 1,000 messages a second
)

// latencies are how long messages took from the write to the read.
type latencies struct {
	Program string        `json:"program"`
	P50     time.Duration `json:"p50_ns"`
	P99     time.Duration `json:"p99_ns"`
	Max     time.Duration `json:"max_ns"`
}

// measureLatency writes a message a millisecond into a program's standard input
// and reads them back from its standard output. Each message holds the time at
// which it was written.
func measureLatency(root string, p program, messages int) (latencies, error) {
	child, err := startPiped(root, p)
	if err != nil {
		return latencies{}, err
	}
	defer child.kill()
	begin := time.Now()
	written := make(chan error, 1)
	go func() {
		defer child.in.Close()
		padding := strings.Repeat("x", 100)
		for i := range messages {
			time.Sleep(time.Until(begin.Add(time.Duration(i) * latencyPause)))
			if _, err := fmt.Fprintf(child.in, "%d %s\n", time.Since(begin), padding); err != nil {
				written <- err
				return
			}
		}
		written <- nil
	}()
	var took []time.Duration
	for range messages {
		line, err := child.out.ReadString('\n')
		if err != nil {
			return latencies{}, fmt.Errorf("%s: after %d of %d messages: %w\n%s", p.name, len(took), messages, err, child.said)
		}
		now := time.Since(begin)
		text, _, _ := strings.Cut(line, " ")
		at, err := strconv.ParseInt(text, 10, 64)
		if err != nil {
			return latencies{}, fmt.Errorf("%s: %q is not a line that was written", p.name, line)
		}
		took = append(took, now-time.Duration(at))
	}
	if err := <-written; err != nil {
		return latencies{}, err
	}
	slices.Sort(took)
	return latencies{
		Program: p.name, P50: took[len(took)/2], P99: took[len(took)*99/100], Max: took[len(took)-1],
	}, child.wait()
}

// child is a program that runs between two pipes.
type child struct {
	command *exec.Cmd
	in      io.WriteCloser
	out     *bufio.Reader
	said    *tail
	cancel  func()
}

func startPiped(root string, p program) (*child, error) {
	c := &child{}
	c.command, c.said, c.cancel = newCommand(root, p)
	in, inErr := c.command.StdinPipe()
	out, outErr := c.command.StdoutPipe()
	err := errors.Join(inErr, outErr)
	if err == nil {
		err = c.command.Start()
	}
	if err != nil {
		c.cancel()
		return nil, err
	}
	c.in, c.out = in, bufio.NewReader(out)
	return c, nil
}

// wait waits for the end of the program, whose input must be closed.
func (c *child) wait() error {
	if rest, err := io.ReadAll(c.out); err != nil {
		return err
	} else if len(rest) > 0 {
		return fmt.Errorf("%s: %d bytes more than it was given", c.command.Path, len(rest))
	}
	if err := c.command.Wait(); err != nil {
		return fmt.Errorf("%s: %w\n%s", c.command.Path, err, c.said)
	}
	return nil
}

// kill ends the program if it still runs.
func (c *child) kill() {
	c.cancel()
	if c.command.ProcessState == nil {
		c.command.Wait()
	}
}
