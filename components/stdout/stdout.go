// Package stdout is the component stdout: it writes messages to the standard
// output.
package stdout

import (
	"context"
	"fmt"
	"syscall"

	"golang.org/x/sys/unix"

	"github.com/gopiper/gopiper/component"
	"github.com/gopiper/gopiper/components/stream"
	"github.com/gopiper/gopiper/framing"
)

// Declaration declares the component.
var Declaration = component.Declaration{
	Name:    "stdout",
	Summary: "Writes messages to the standard output.",
	Doc: "Messages are written together, with one call for all that are there, and at once when no more " +
		"are. When the reader has closed its end, the pipeline stops without an error.",
	Example:    `gopiper.stdin{}, gopiper.stdout{}`,
	Roles:      component.Sink,
	Interfaces: component.IsBatchHandler | component.IsFlusher,
	Sync:       true,
	Delivery: []component.Promise{{
		Delivery: component.Unconfirmed,
		Doc:      "a message is settled once the kernel has taken it; nobody confirms that it was read",
	}},
	Attributes: []component.Attribute{stream.SinkFraming},
}

// NewFactory returns the component's factory.
func NewFactory(attributes map[string]any) (component.Factory, error) {
	return newFactory(attributes, syscall.Stdout)
}

func newFactory(attributes map[string]any, fd int) (component.Factory, error) {
	format, err := stream.SinkFormat(attributes)
	if err != nil {
		return nil, err
	}
	return &factory{format: format, fd: fd}, nil
}

type factory struct {
	format framing.Format
	fd     int
}

func (f *factory) Amount() int { return 1 }

func (f *factory) Create(chan component.Message) component.Component {
	return &worker{writer: stream.NewWriter(f.format, output(f.fd).write)}
}

type worker struct{ writer *stream.Writer }

func (w *worker) Handle(message component.Message, handled component.HandledCallback) {
	w.writer.Add(message)
	handled(component.Report{})
}

func (w *worker) HandleBatch(messages []component.Message, _ []component.Report) int {
	w.writer.Add(messages...)
	return len(messages)
}

func (w *worker) Flush(context.Context) error { return w.writer.Flush() }

// output is a file descriptor. It is not an os.File because writing to a
// standard output that the reader has closed ends the process then, with
// SIGPIPE, before anything can be said about it.
type output int

// write writes all of p, also when the descriptor is non-blocking.
func (fd output) write(p []byte) (written int, err error) {
	for written < len(p) {
		n, err := unix.Write(int(fd), p[written:])
		written += max(n, 0)
		switch {
		case err == nil, err == unix.EINTR:
		case err == unix.EAGAIN:
			poll := []unix.PollFd{{Fd: int32(fd), Events: unix.POLLOUT}}
			if _, err := unix.Poll(poll, -1); err != nil && err != unix.EINTR {
				return written, fmt.Errorf("standard output: waiting: %w", err)
			}
		case err == unix.EPIPE:
			return written, fmt.Errorf("standard output: %w", component.ErrClosed)
		default:
			return written, fmt.Errorf("standard output: %w", err)
		}
	}
	return written, nil
}
