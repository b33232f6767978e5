package gopiper

import (
	"context"
	"errors"
	"fmt"
	"math"
	"sync"

	"github.com/gopiper/gopiper/component"
	"github.com/gopiper/gopiper/plan"
)

// Errors of a [Feed].
var (
	// ErrStopped: the pipeline takes no more messages, or has ended before the
	// messages were settled.
	ErrStopped = errors.New("the pipeline has stopped")
	// ErrFeedClosed: the feed was closed by its Close.
	ErrFeedClosed = errors.New("the feed is closed")
)

// Feed is a source that the program feeds. Its [Feed.Stage] is the first stage
// of one pipeline. Its methods may be called from any goroutine.
type Feed struct {
	requests chan *Delivery
	closed   signal
	over     signal
}

// signal is a channel that may be closed many times.
type signal struct {
	ch   chan struct{}
	once sync.Once
}

func (s *signal) set() { s.once.Do(func() { close(s.ch) }) }

// NewFeed makes a feed.
func NewFeed() *Feed {
	return &Feed{
		requests: make(chan *Delivery),
		closed:   signal{ch: make(chan struct{})},
		over:     signal{ch: make(chan struct{})},
	}
}

var feedDeclaration = component.Declaration{
	Name: "feed", Roles: component.Source, Interfaces: component.IsRunner, Sync: true,
	Delivery: []component.Promise{{
		Delivery: component.RequestResponse,
		Doc:      "the program is told what is settled (Delivery.Wait), and may send again what is not",
	}},
}

// Stage is the feed as the first stage of a pipeline.
func (f *Feed) Stage() Stage {
	return given(plan.Component, "feed", ownComponent{feedFactory{f}, &feedDeclaration})
}

// Send sends every slice as one message, in order, and returns when the
// pipeline has taken all: it blocks while the pipeline is full or has not
// started. The data is copied; once Send has returned nil it is the caller's
// again. After an error it must not be changed, for part of it may still be
// taken.
//
// The error is that of ctx, [ErrStopped] or [ErrFeedClosed].
func (f *Feed) Send(ctx context.Context, data ...[]byte) (*Delivery, error) {
	for _, d := range data {
		if len(d) > math.MaxUint32/2 {
			return nil, fmt.Errorf("a message of %d bytes is too long", len(d))
		}
	}
	d := &Delivery{
		feed: f, data: data, taken: make(chan error, 1),
		reports: make([]component.Report, len(data)), open: len(data), settled: make(chan struct{}),
	}
	if len(data) == 0 {
		close(d.settled)
	}
	select {
	case <-f.closed.ch:
		return nil, ErrFeedClosed
	default:
	}
	select {
	case f.requests <- d:
	case <-f.closed.ch:
		return nil, ErrFeedClosed
	case <-f.over.ch:
		return nil, ErrStopped
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	select {
	case err := <-d.taken:
		if err != nil {
			return nil, err
		}
		return d, nil
	case <-f.over.ch:
		return nil, ErrStopped
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// Close ends the input: the pipeline finishes once what was sent is settled.
// It may be called many times.
func (f *Feed) Close() { f.closed.set() }

// Delivery is what became of the messages of one [Feed.Send].
type Delivery struct {
	feed  *Feed
	data  [][]byte
	taken chan error

	mu      sync.Mutex
	reports []component.Report
	open    int // messages that are not settled
	settled chan struct{}
}

// Wait waits until every message is settled, which means that everything made
// from it is delivered, dropped or kept as failed, and returns the outcomes in
// the order of the data. It may be called from any goroutine, many times. The
// error is that of ctx, or [ErrStopped] if the pipeline ended first.
func (d *Delivery) Wait(ctx context.Context) ([]component.Report, error) {
	select {
	case <-d.settled:
		return d.reports, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	case <-d.feed.over.ch:
	}
	select {
	case <-d.settled:
		return d.reports, nil
	default:
		return nil, ErrStopped
	}
}

func (d *Delivery) settle(from int, b *component.Batch) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for i := range b.Len() {
		d.reports[from+i] = b.Outcome(i)
	}
	if d.open -= b.Len(); d.open == 0 {
		close(d.settled)
	}
}

type feedFactory struct{ feed *Feed }

func (f feedFactory) Amount() int { return 1 }

func (f feedFactory) Create(chan component.Message) component.Component { return feedWorker(f) }

func (f feedFactory) ended() { f.feed.over.set() }

type feedWorker struct{ feed *Feed }

// Handle is never called: a source handles no messages.
func (w feedWorker) Handle(_ component.Message, handled component.HandledCallback) {
	handled(component.Report{Status: component.Fail, Description: "a feed handles no messages"})
}

// Run originates what is sent.
func (w feedWorker) Run(ctx context.Context, out component.Output) error {
	for {
		select {
		case d := <-w.feed.requests:
			d.taken <- d.emit(out)
		case <-w.feed.closed.ch:
			return nil
		case <-ctx.Done():
			return nil
		}
	}
}

// emit emits the data in batches of a moderate number and size.
func (d *Delivery) emit(out component.Output) error {
	const bytesMax = 1 << 20
	for next := 0; next < len(d.data); {
		from, b := next, out.Batch()
		for next < len(d.data) && b.Len() < plan.DefaultBatch && (b.Len() == 0 || len(b.Buffer)+len(d.data[next]) <= bytesMax) {
			b.Append(d.data[next])
			next++
		}
		b.OnSettled = func(b *component.Batch) { d.settle(from, b) }
		if !out.Emit(b) {
			return ErrStopped
		}
	}
	return nil
}
