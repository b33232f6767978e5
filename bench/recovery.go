package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"strings"
	"time"
)

const (
	readyBound    = 2 * time.Second
	recoveryRuns  = 3
	recoveryLines = 1000 // that are read after each start
	lookEvery     = time.Millisecond
	// mostInFlight is more than may be on its way into a buffer, and out of it: those
	// are lost from the standard input, or settled, when the process is killed.
	mostInFlight = 2 * (10_000 + 2*512)
)

// recovered is how a program starts with a buffer that another process has filled.
type recovered struct {
	Program   string        `json:"program"`
	Gigabytes float64       `json:"gigabytes"` // that the buffer holds, on the disk
	Messages  int64         `json:"messages"`
	Filled    time.Duration `json:"filled_ns"` // how long it took to fill it
	// Ready and First are the times from the start of the process until it says that
	// it is ready, and until its first message is out, one for each start.
	Ready []time.Duration `json:"ready_ns"`
	First []time.Duration `json:"first_ns"`
	// Peak is the highest resident memory of a start, in MiB; 0 where it is not known.
	Peak float64 `json:"peak_mib"`
}

// recovery is a program whose buffer is filled and recovered.
type recovery struct {
	root     string
	program  program // gets two arguments more: --metrics ADDRESS
	messages dataset // written to it again and again
	// How long it may run, and how long it may take until it is ready.
	patience, readyPatience time.Duration

	first   []string // of the messages
	settled int      // at most so many messages have left the buffer for good
}

// measure fills the buffer while nobody reads what leaves it, kills the process, and
// starts it again and again. Each time it reads some messages, checks that they are
// those that must come, and kills it.
func (r *recovery) measure(gigabytes float64) (recovered, error) {
	result := recovered{Program: r.program.name}
	if err := r.remember(); err != nil {
		return result, err
	}
	folder, err := newFolder(r.root)
	if err != nil {
		return result, err
	}
	defer os.RemoveAll(folder)
	r.program = r.program.with(folderWord, folder)
	r.program.patience = r.patience
	if err := r.fill(&result, gigabytes); err != nil {
		return result, fmt.Errorf("%s: filling the buffer: %w", r.program.name, err)
	}
	for range recoveryRuns {
		if err := r.start(&result); err != nil {
			return result, fmt.Errorf("%s: after it was killed: %w", r.program.name, err)
		}
	}
	return result, nil
}

// remember keeps as many of the first messages as may leave the buffer.
func (r *recovery) remember() error {
	const most = (recoveryRuns + 1) * 10 * recoveryLines
	enough := errors.New("enough")
	for len(r.first) < most { // they come again and again
		err := eachLine(r.messages.path, func(line []byte) error {
			if r.first = append(r.first, string(line)); len(r.first) == most {
				return enough
			}
			return nil
		})
		if err != nil && err != enough {
			return err
		}
	}
	return nil
}

// fill starts the program, writes to it until the buffer holds enough, and kills it.
func (r *recovery) fill(result *recovered, gigabytes float64) error {
	begin := time.Now()
	c, address, err := r.run()
	if err != nil {
		return err
	}
	defer c.kill()
	fed := make(chan struct{})
	go func() {
		defer close(fed)
		for feed(c.in, r.messages.path) == nil {
		}
	}()
	defer func() { <-fed }()
	defer c.command.Process.Kill() // which ends its input
	for result.Gigabytes < gigabytes {
		select {
		case <-fed:
			return c.failed(errors.New("it does not read any more"))
		case <-time.After(20 * lookEvery):
		}
		// It cannot be asked before it has started, and ends when its patience does.
		_ = r.look(result, address)
	}
	result.Filled = time.Since(begin)
	left, err := r.killed(c)
	r.settled = len(left)
	return err
}

// feed writes a file to a program.
func feed(in io.Writer, path string) error {
	file, err := os.Open(path)
	if err != nil {
		return err
	}
	defer file.Close()
	_, err = io.Copy(in, file)
	return err
}

// look reads from the program's metrics what the buffer holds.
func (r *recovery) look(result *recovered, address string) error {
	text, err := get(address + "/metrics")
	if err != nil {
		return err
	}
	bytes, err := metricIn(text, "gopiper_stage_buffered_bytes")
	if err != nil {
		return err
	}
	messages, err := metricIn(text, "gopiper_stage_buffered_messages")
	result.Gigabytes, result.Messages = bytes/1e9, int64(messages)
	return err
}

// start starts the program with the full buffer, and kills it again.
func (r *recovery) start(result *recovered) error {
	begin := time.Now()
	c, address, err := r.run()
	if err != nil {
		return err
	}
	defer c.kill()
	peak := watchMemory(c.command.Process.Pid)
	defer func() { result.Peak = max(result.Peak, peak()) }()
	ctx, cancel := context.WithTimeout(context.Background(), r.readyPatience)
	defer cancel()
	var tookReady time.Duration
	ready := make(chan error, 1)
	go func() {
		err := waitReady(ctx, address)
		tookReady = time.Since(begin)
		ready <- err
	}()
	line, err := c.out.ReadString('\n')
	tookFirst := time.Since(begin)
	if err != nil {
		return c.failed(fmt.Errorf("no message came: %w", err))
	}
	if err := <-ready; err != nil {
		return c.failed(fmt.Errorf("it is not ready: %w", err))
	}
	result.Ready, result.First = append(result.Ready, tookReady), append(result.First, tookFirst)
	before := result.Messages
	if err := r.look(result, address); err != nil {
		return err
	}
	if result.Messages < before-mostInFlight {
		return fmt.Errorf("it held %s messages and holds %s", grouped(int(before)), grouped(int(result.Messages)))
	}
	return r.check(c, line)
}

// waitReady asks a program whether it is ready until it is.
func waitReady(ctx context.Context, address string) error {
	for {
		_, err := get(address + "/ready")
		if err == nil || ctx.Err() != nil {
			return err
		}
		time.Sleep(lookEvery)
	}
}

// check reads more messages behind the first one, kills the program, and tells
// whether it has sent what it must.
func (r *recovery) check(c *child, line string) error {
	lines := []string{strings.TrimSuffix(line, "\n")}
	for len(lines) < recoveryLines {
		line, err := c.out.ReadString('\n')
		if err != nil {
			return c.failed(fmt.Errorf("after %d messages: %w", len(lines), err))
		}
		lines = append(lines, strings.TrimSuffix(line, "\n"))
	}
	rest, err := r.killed(c)
	if err != nil {
		return err
	}
	lines = append(lines, rest...)
	next, err := follow(r.first, r.settled, lines)
	r.settled = max(r.settled, next)
	return err
}

// follow checks that the lines are those among all that must come: in their order,
// and without a gap but for those that may be settled. It returns where the next one
// stands.
func follow(all []string, settled int, lines []string) (next int, err error) {
	for _, line := range lines {
		first := next
		for next < settled && next < len(all) && line != all[next] {
			next++
		}
		switch {
		case next == len(all):
			return 0, fmt.Errorf("%s messages have left the buffer; no more are known", grouped(next))
		case line != all[next]:
			return 0, fmt.Errorf("expected a message from number %s to %s, got %q", grouped(first), grouped(next), line)
		}
		next++
	}
	return next, nil
}

// run starts the program, and returns the address at which it tells of itself.
func (r *recovery) run() (*child, string, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, "", err
	}
	address := listener.Addr().String()
	listener.Close()
	p := r.program
	p.command = append(p.command[:len(p.command):len(p.command)], "--metrics", address)
	c, err := startPiped(r.root, p)
	return c, "http://" + address, err
}

// failed ends the program and returns the error with what it has said.
func (c *child) failed(err error) error {
	c.kill()
	return fmt.Errorf("%w\n%s", err, c.said)
}

// killed kills the program with SIGKILL and returns the whole lines that it has
// written and nobody has read.
func (r *recovery) killed(c *child) ([]string, error) {
	if err := c.command.Process.Kill(); err != nil {
		return nil, err
	}
	text, err := io.ReadAll(c.out)
	if err != nil {
		return nil, err
	}
	var lines []string
	for line := range strings.Lines(string(text)) {
		if whole, found := strings.CutSuffix(line, "\n"); found {
			lines = append(lines, whole)
		}
	}
	return lines, nil
}
