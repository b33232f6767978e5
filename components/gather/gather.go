// Package gather is what components share that keep messages until they are to
// go on together, such as concat and batch: the attributes that say until when,
// and the worker that keeps them.
package gather

import (
	"context"
	"errors"
	"fmt"
	"math"
	"sync"
	"time"

	"github.com/gopiper/gopiper/component"
)

// Interfaces are the optional interfaces of a worker.
const Interfaces = component.IsFlusher | component.IsCloser

// Attributes say until when messages are kept.
var Attributes = []component.Attribute{
	{Name: "count", Type: component.Int, Default: int64(0), Min: int64(0), Keeps: true, Doc: "How many messages to gather; 0 for " +
		"no bound. It must be below the pipeline's `max_messages`."},
	{Name: "bytes", Type: component.Size, Default: int64(0), Min: int64(0), Doc: "How many bytes of data to gather at " +
		"most; 0 for no bound. A message that would exceed it waits for the next ones; a longer one goes alone."},
	{Name: "period", Type: component.Duration, Default: time.Duration(0), Min: time.Duration(0), Doc: "How long the " +
		"first message waits for others at most; 0 for no bound."},
}

// Limits say until when messages are kept. A limit of 0 is none.
type Limits struct {
	Count  int
	Bytes  int
	Period time.Duration
}

// NewLimits reads Attributes.
func NewLimits(attributes map[string]any) (Limits, error) {
	count, _ := attributes["count"].(int64)
	bytes, _ := attributes["bytes"].(int64)
	period, _ := attributes["period"].(time.Duration)
	if count == 0 && bytes == 0 && period == 0 {
		return Limits{}, errors.New(`attributes "count", "bytes" and "period" are missing: give one of them or more, which say how much to gather`)
	}
	for _, name := range []string{"count", "bytes"} {
		if value, _ := attributes[name].(int64); value > math.MaxInt32 {
			return Limits{}, fmt.Errorf("attribute %q: %d is more than a pipeline can hold", name, value)
		}
	}
	return Limits{int(count), int(bytes), period}, nil
}

// Sender sends on what a worker has kept, by calls of send, and ends its hold
// on what it does not send. It may not keep the slice, which holds a message or
// more, in the order they came. It returns the first error of send, and sends
// nothing after one.
type Sender func(kept []component.Message, send func(component.Message) error) error

// NewWorker returns a worker that keeps messages until a limit is reached and
// sends them on with sender.
func NewWorker(limits Limits, postponed chan component.Message, sender Sender) component.Component {
	return &worker{limits: limits, postponed: postponed, sender: sender, closed: make(chan struct{})}
}

type worker struct {
	limits    Limits
	postponed chan component.Message
	sender    Sender
	closed    chan struct{}

	mu    sync.Mutex // also held while sending, so that the order is kept
	kept  []component.Message
	bytes int
	timer *time.Timer // of the first message that is kept
}

// errClosed ends sending when the worker is closed. What it keeps then stays
// unsettled.
var errClosed = errors.New("closed while sending")

func (w *worker) Handle(message component.Message, handled component.HandledCallback) {
	w.mu.Lock()
	defer w.mu.Unlock()
	size := len(message.GetData())
	if w.limits.Bytes > 0 && len(w.kept) > 0 && w.bytes+size > w.limits.Bytes {
		_ = w.send(context.Background())
	}
	w.kept = append(w.kept, message)
	w.bytes += size
	handled(component.Report{Status: component.Continue})
	switch {
	case len(w.kept) == w.limits.Count, w.limits.Bytes > 0 && w.bytes >= w.limits.Bytes:
		_ = w.send(context.Background())
	case len(w.kept) == 1 && w.limits.Period > 0:
		w.wait()
	}
}

// wait sends what is kept once the period is over.
func (w *worker) wait() {
	var timer *time.Timer
	timer = time.AfterFunc(w.limits.Period, func() {
		w.mu.Lock()
		defer w.mu.Unlock()
		if w.timer == timer {
			_ = w.send(context.Background())
		}
	})
	w.timer = timer
}

// send sends on what is kept.
func (w *worker) send(ctx context.Context) error {
	if w.timer != nil {
		w.timer.Stop()
		w.timer = nil
	}
	if len(w.kept) == 0 {
		return nil
	}
	err := w.sender(w.kept, func(m component.Message) error {
		select { // first of all: both may be possible
		case <-w.closed:
			return errClosed
		default:
		}
		select {
		case w.postponed <- m:
			return nil
		case <-w.closed:
			return errClosed
		case <-ctx.Done():
			return ctx.Err()
		}
	})
	clear(w.kept)
	w.kept, w.bytes = w.kept[:0], 0
	return err
}

// Flush sends on what is kept.
func (w *worker) Flush(ctx context.Context) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.send(ctx)
}

// Close waits until nothing is being sent any more.
func (w *worker) Close() error {
	close(w.closed)
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.timer != nil {
		w.timer.Stop()
		w.timer = nil
	}
	return nil
}
