package stdin

import (
	"context"
	"fmt"
	"io"
	"os"

	"golang.org/x/sys/unix"
)

// input reads a file in a way that can be interrupted. Deadlines of an os.File
// would need the descriptor to be non-blocking, and that flag is shared with
// every other process that has the file open, the shell among them. So it
// waits with poll(2), for the file or for a pipe that is closed to wake it.
type input struct {
	ctx  context.Context
	name string
	fd   int
	poll []unix.PollFd // empty if reading does not block
	done func()        // gives up what newInput acquired
}

// newInput returns an input that ends with ctx's error once ctx is cancelled.
func newInput(ctx context.Context, file *os.File) (*input, error) {
	in := &input{ctx: ctx, name: file.Name(), fd: descriptor(file), done: func() {}}
	var stat unix.Stat_t
	if err := unix.Fstat(in.fd, &stat); err != nil {
		return nil, fmt.Errorf("%s: %w", in.name, err)
	}
	if stat.Mode&unix.S_IFMT == unix.S_IFREG {
		return in, nil
	}
	sleeper, waker, err := os.Pipe()
	if err != nil {
		return nil, fmt.Errorf("%s: pipe to interrupt reading: %w", in.name, err)
	}
	in.poll = []unix.PollFd{
		{Fd: int32(in.fd), Events: unix.POLLIN},
		{Fd: int32(descriptor(sleeper)), Events: unix.POLLIN},
	}
	unhook := context.AfterFunc(ctx, func() { waker.Close() })
	in.done = func() {
		if unhook() {
			waker.Close()
		}
		sleeper.Close()
	}
	return in, nil
}

// descriptor is the file's descriptor, or -1 if it is closed. The file's Fd
// method would make it blocking, for others too.
func descriptor(file *os.File) int {
	fd := -1
	if conn, err := file.SyscallConn(); err == nil {
		_ = conn.Control(func(n uintptr) { fd = int(n) })
	}
	return fd
}

// Read reads what is there with one read(2), waiting for the first byte.
func (in *input) Read(p []byte) (int, error) {
	for {
		if err := in.wait(); err != nil {
			return 0, err
		}
		n, err := unix.Read(in.fd, p)
		switch {
		case n > 0:
			return n, nil
		case err == nil:
			return 0, io.EOF
		case err == unix.EINTR, err == unix.EAGAIN && len(in.poll) > 0:
			continue
		}
		return 0, fmt.Errorf("%s: %w", in.name, err)
	}
}

// wait waits until reading does not block.
func (in *input) wait() error {
	if len(in.poll) == 0 {
		return nil
	}
	for {
		_, err := unix.Poll(in.poll, -1)
		if stopped := in.ctx.Err(); stopped != nil {
			return stopped
		}
		switch {
		case err == unix.EINTR:
		case err != nil:
			return fmt.Errorf("%s: waiting for input: %w", in.name, err)
		case in.poll[0].Revents != 0:
			return nil
		}
	}
}
