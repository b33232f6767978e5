package componenttest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"reflect"
	"time"

	"github.com/gopiper/gopiper/component"
)

// sourced is the account of a source that runs to its end, or, if it has none,
// until it waits for more and is stopped.
func (s *subject) sourced() *account {
	return s.once("sourced", func() *account {
		d := s.newDriver()
		if d.start(nil) != nil {
			return d.a
		}
		originate := d.originate
		if s.runs() {
			originate = d.runToTheEnd
		}
		if originate() != nil || d.close() != nil {
			go d.abandon()
		}
		return d.a
	})
}

func (d *driver) runToTheEnd() error {
	o := newRunOutput(d.a)
	check := "run_ends"
	if d.s.Features.Endless {
		o.limit, check = d.s.Features.Originates+1000, "run_cancelled"
	}
	result, err := d.run(o, d.s.Features.Endless)
	if err == nil && result != nil && !(d.s.Features.Endless && isCancelled(result)) {
		err = fmt.Errorf("Run returned the error %w", result)
	}
	if err != nil {
		return d.a.broken(check, "%v", err)
	}
	o.end()
	return d.a.counted("run_ends")
}

func isCancelled(err error) bool { return errors.Is(err, context.Canceled) }

// counted compares how many messages a source has originated with the suite.
func (a *account) counted(check string) error {
	f := a.s.Features
	if n := len(a.emitted); n < f.Originates || n > f.Originates && f.Originates > 0 && !f.Endless {
		return a.broken(check, "it originated %d messages, and the suite says %d", n, f.Originates)
	}
	return nil
}

// run lets a Runner run. If it is to be cancelled, then once it has emitted as
// many messages as the suite says and waits for something. It returns what Run
// returned, and an error if that panicked or took too long.
func (d *driver) run(o *runOutput, cancelled bool) (result, err error) {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	id, done := make(chan string, 1), make(chan struct{})
	defer close(done)
	if cancelled {
		go func() {
			least := d.s.Features.Originates
			if o.limit > 0 {
				least = min(least, o.limit)
			}
			if whenParked(<-id, func() bool { return o.count() >= least }, done) {
				o.stop()
				cancel()
			}
		}()
	}
	runner := d.worker.(component.Runner)
	var returned error
	err = d.call("Run", func() {
		id <- goroutineID()
		returned = runner.Run(ctx, o)
	})
	switch {
	case err == nil:
		return returned, nil
	case cancelled && o.stopped():
		err = fmt.Errorf("%w, though its context was cancelled", err)
	case cancelled:
		err = fmt.Errorf("%w, and has emitted %d messages; the suite says %d at least", err, o.count(), d.s.Features.Originates)
	}
	return nil, err
}

// postponedSource holds the messages that a source has sent on postponed.
type postponedSource struct {
	a    *account
	held []origin
}

// origin is a source's own message, and what it was when it came.
type origin struct {
	message component.Message
	data    []byte // the message's
	copy    []byte
}

// take takes a message. The one before it is released only now: until then it
// must not change.
func (p *postponedSource) take(m component.Message) {
	if m == nil {
		p.a.note("source_messages", "nil was sent on postponed")
		return
	}
	data := m.GetData()
	for _, h := range p.held {
		if same(h.message, m) {
			p.a.note("source_messages", "one message, %s, was sent again before its Release", short(data))
		} else if overlap(h.data, data) {
			p.a.note("source_messages", "a message, %s, was sent while the one before it, %s, has the same memory and is not released", short(data), short(h.copy))
		}
	}
	p.a.emitted = append(p.a.emitted, output{data: string(data), meta: metaText(m)})
	p.held = append(p.held, origin{m, data, bytes.Clone(data)})
	if len(p.held) > 1 {
		p.release(1)
	}
}

func same(a, b component.Message) bool {
	return reflect.TypeOf(a).Comparable() && a == b
}

// release settles messages: as Done and as Fail in turn.
func (p *postponedSource) release(n int) {
	for i, h := range p.held[:n] {
		if now := h.message.GetData(); !bytes.Equal(now, h.copy) {
			p.a.note("source_messages", "the data of a message, %s, was changed to %s before its Release", short(h.copy), short(now))
		}
		*h.message.Status() = component.Report{Status: component.Fail * (i % 2)}
		done := make(chan any, 1)
		go func() {
			defer func() { done <- recover() }()
			h.message.Release()
		}()
		patience := p.a.s.Patience / 2
		late := time.NewTimer(patience)
		select {
		case reason := <-done:
			if reason != nil {
				p.a.note("source_release", "Release panicked: %v", reason)
			}
		case <-late.C:
			p.a.note("source_release", "Release has not returned within %v", patience)
		}
		late.Stop()
	}
	p.held = p.held[n:]
}

// originate takes what the source sends until it closes postponed, or, if it
// never does, until it has sent enough. When nothing comes for a moment all
// messages are released: the source may wait for that.
func (d *driver) originate() error {
	f := d.s.Features
	late := time.NewTimer(d.s.Patience)
	defer late.Stop()
	moment := time.NewTicker(5 * time.Millisecond)
	defer moment.Stop()
	for d.postponed != nil {
		select {
		case m, ok := <-d.postponed:
			d.received(m, ok)
			late.Reset(d.s.Patience)
			if f.Endless && f.Originates > 0 && len(d.a.emitted) > f.Originates+1000 {
				return d.stopReceiving()
			}
		case <-moment.C:
			if n := len(d.source.held); n > 0 {
				d.source.release(n)
				late.Reset(d.s.Patience)
			}
			if f.Endless && len(d.a.emitted) >= f.Originates {
				return d.stopReceiving()
			}
		case <-late.C:
			return d.a.broken("source_closes", "it has sent %d messages, and neither another one nor closed postponed within %v", len(d.a.emitted), d.s.Patience)
		}
	}
	d.source.release(len(d.source.held))
	return d.a.counted("source_closes")
}

// stopReceiving is a stop: nothing is taken or settled any more.
func (d *driver) stopReceiving() error {
	d.postponed = nil
	return d.a.counted("source_closes")
}
