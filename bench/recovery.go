package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"time"
)

const (
	readyBound    = 2 * time.Second
	recoveryRuns  = 3
	recoveryLines = 1000 // that are read after each start
	lookEvery     = time.Millisecond
	// mostInFlight is more than may be on its way into a buffer, and out of it.
	mostInFlight = 2 * (10_000 + 2*512)
)

// recovered is how a program starts with a buffer in which another process has left
// something.
type recovered struct {
	Buffer    string        `json:"buffer"`    // "full", or what became of it
	Gigabytes float64       `json:"gigabytes"` // that it holds, on the disk
	Messages  int64         `json:"messages"`
	Took      time.Duration `json:"took_ns"` // until it was as it is
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
	inFlight int     // at most so many come again, or are not there, after a crash
	// How long it may run, and how long it may take until it is ready.
	patience, readyPatience time.Duration

	sent sequence
	held float64 // messages in the buffer, and those that had been sent, at the last look
}

// measure fills the buffer while nobody reads what leaves it, kills the process, and
// starts it again and again. Then it has nine tenths of it read out, and does so once
// more. Whenever a process is killed, the messages that it has sent are checked to be
// those that must come.
func (r *recovery) measure(gigabytes float64) ([]recovered, error) {
	if err := eachLine(r.messages.path, func(line []byte) error {
		r.sent.all = append(r.sent.all, string(line))
		return nil
	}); err != nil {
		return nil, err
	}
	folder, err := newFolder(r.root)
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(folder)
	r.program = r.program.with(folderWord, folder)
	r.program.patience = r.patience
	full := recovered{Buffer: "full"}
	if err := r.fill(&full, gigabytes); err != nil {
		return nil, fmt.Errorf("filling the buffer: %w", err)
	}
	if err := r.starts(&full); err != nil {
		return nil, fmt.Errorf("after it was killed with a full buffer: %w", err)
	}
	empty := recovered{Buffer: "nine tenths read out"}
	if err := r.drain(&empty); err != nil {
		return nil, fmt.Errorf("reading nine tenths of the buffer out: %w", err)
	}
	if err := r.starts(&empty); err != nil {
		return nil, fmt.Errorf("after it was killed with a buffer that is nearly empty: %w", err)
	}
	return []recovered{full, empty}, nil
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
	result.Took = time.Since(begin)
	return r.killed(c)
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

// look reads from the program's metrics what the buffer holds, which must not be less
// than what was there before and has not been sent.
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
	if err != nil {
		return err
	}
	least := r.held - float64(r.sent.sent+r.inFlight)
	if r.held = messages + float64(r.sent.sent); messages < least {
		return fmt.Errorf("the buffer holds %s messages of %s", grouped(int(messages)), grouped(int(least)))
	}
	result.Gigabytes, result.Messages = bytes/1e9, int64(messages)
	return nil
}

// drain starts the program, reads nine tenths of its buffer out, and kills it.
func (r *recovery) drain(result *recovered) error {
	begin := time.Now()
	c, address, err := r.run()
	if err != nil {
		return err
	}
	defer c.kill()
	for range (int(r.held) - r.sent.sent) / 10 * 9 {
		if err := r.read(c); err != nil {
			return err
		}
	}
	result.Took = time.Since(begin)
	return errors.Join(r.look(result, address), r.killed(c))
}

// starts starts the program again and again.
func (r *recovery) starts(result *recovered) error {
	for range recoveryRuns {
		if err := r.start(result); err != nil {
			return err
		}
	}
	return nil
}

// start starts the program, waits until it is ready and sends messages, reads some,
// and kills it.
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
	_, err = c.out.Peek(1)
	tookFirst := time.Since(begin)
	if err != nil {
		return c.failed(fmt.Errorf("no message came: %w", err))
	}
	if err := <-ready; err != nil {
		return c.failed(fmt.Errorf("it is not ready: %w", err))
	}
	result.Ready, result.First = append(result.Ready, tookReady), append(result.First, tookFirst)
	if err := r.look(result, address); err != nil {
		return err
	}
	for range recoveryLines {
		if err := r.read(c); err != nil {
			return err
		}
	}
	return r.killed(c)
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

// run starts the program, and returns the address at which it tells of itself.
func (r *recovery) run() (*child, string, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, "", err
	}
	address := listener.Addr().String()
	listener.Close()
	r.sent.again(r.inFlight)
	p := r.program
	p.command = append(p.command[:len(p.command):len(p.command)], "--metrics", address)
	c, err := startPiped(r.root, p)
	return c, "http://" + address, err
}

// read reads a message that the program sends, and checks it.
func (r *recovery) read(c *child) error {
	line, err := c.out.ReadString('\n')
	if err != nil {
		return c.failed(fmt.Errorf("after message %s: %w", grouped(r.sent.next), err))
	}
	return r.sent.take(line[:len(line)-1])
}

// killed kills the program with SIGKILL, and checks the whole messages that it has
// sent and nobody has read.
func (r *recovery) killed(c *child) error {
	if err := c.command.Process.Kill(); err != nil {
		return err
	}
	for {
		line, err := c.out.ReadString('\n')
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
		if err := r.sent.take(line[:len(line)-1]); err != nil {
			return err
		}
	}
}

// failed ends the program and returns the error with what it has said.
func (c *child) failed(err error) error {
	c.kill()
	return fmt.Errorf("%w\n%s", err, c.said)
}

// sequence is what the processes that share a buffer send.
type sequence struct {
	all  []string // they come again and again
	next int      // the number of the message that comes next, from 0
	sent int      // so many have been sent, and need not come again
}

// again notes that another process sends from now on. It may send once more what was
// sent, but not more than was in flight.
func (s *sequence) again(inFlight int) { s.next = max(0, s.sent-inFlight) }

// take checks that a message is the next one. Between it and the one before there may
// be a gap of what has been sent.
func (s *sequence) take(line string) error {
	first := s.next
	for s.next < s.sent && line != s.all[s.next%len(s.all)] {
		s.next++
	}
	if line != s.all[s.next%len(s.all)] {
		return fmt.Errorf("expected a message from number %s to %s, got %q", grouped(first), grouped(s.next), line)
	}
	s.next++
	s.sent = max(s.sent, s.next)
	return nil
}
