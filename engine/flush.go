package engine

import (
	"context"
	"errors"
	"fmt"
	"syscall"
	"time"

	"github.com/gopiper/gopiper/component"
)

// pass is the way out of the stage. What a component with a Flush let through
// goes on only once it is flushed. Invariant 5.
func (u *unit) pass(b *batch) *batch {
	if u.flusher == nil || u.stage.keeps {
		return b
	}
	if u.w.more() && len(u.unflushed) < u.flushMost() {
		u.unflushed = append(u.unflushed, b)
		u.w.flushDue = true
		return nil
	}
	if len(u.unflushed) > 0 {
		u.unflushed = append(u.unflushed, b)
		return u.flush()
	}
	if err := u.callFlush(); err != nil {
		u.unflushed = append(u.unflushed, b)
		u.flushFailed(err)
		return nil
	}
	return b
}

// flushMost is how many batches may wait for a flush while more input does.
func (u *unit) flushMost() int {
	if u.slowFlush {
		return 64
	}
	return 8
}

// fullPause is how long a full disk is left alone at most: space may come any time.
const fullPause = 2 * time.Second

// slowFlush is how long a flush takes that waits for a disk or a network.
const slowFlush = 100 * time.Microsecond

// flush flushes and sends on what waited for it, returning the last batch.
func (u *unit) flush() *batch {
	if len(u.unflushed) == 0 {
		return nil
	}
	if err := u.callFlush(); err != nil {
		u.flushFailed(err)
		return nil
	}
	ready := u.unflushed
	u.unflushed = nil
	for _, b := range ready[:len(ready)-1] {
		u.w.run(u.index+1, b)
	}
	return ready[len(ready)-1]
}

// callFlush calls Flush; a panic is an error.
func (u *unit) callFlush() (err error) {
	defer func() {
		if reason := recover(); reason != nil {
			u.counts.panics++
			err = panicReport(reason)
		}
	}()
	start := monotonic()
	err = u.flusher.Flush(u.w.p.flushContext())
	if err == nil {
		if u.flushes > 0 {
			u.stage.trouble.Store(nil)
		}
		u.flushes = 0
		u.timeFlush(monotonic() - start)
	}
	return err
}

// timeFlush finds out whether the component's flushes are slow: three in a row are. It
// does not count what never confirms anything, such as a pipe: it waits for its reader,
// not for the end of something, and a goroutine more makes it slower.
func (u *unit) timeFlush(took int64) {
	if took < int64(slowFlush) || !u.stage.config.mayConfirm() {
		u.slowFlushes = 0
		return
	}
	if u.slowFlushes++; u.slowFlushes >= 3 && !u.slowFlush {
		u.slowFlush = true
		u.w.queued.Store(true)
	}
}

func (p *Pipeline) flushContext() context.Context { return p.hardContext }

// flushFailed acts on an error of Flush: the messages that were Done since the
// last one get its report.
func (u *unit) flushFailed(err error) {
	batches := u.unflushed
	u.unflushed = nil
	r, closed := flushReport(err)
	if closed {
		u.w.p.closedBy(u.stage)
		u.waiting = append(batches, u.waiting...) // stays unsettled
		u.blocked++
		return
	}
	if r.Class() != component.ClassRetry {
		for _, b := range batches {
			u.unflushedEnd(b, r)
		}
		u.sendFailures()
		return
	}
	u.flushes++
	policy := u.stage.config.Retry.For(r.Status)
	if policy.MaxAttempts > 0 && u.flushes >= policy.MaxAttempts {
		final := component.Report{Status: StatusAttempts, Description: fmt.Sprintf("given up after %d attempts: %s", u.flushes, r)}
		u.flushes = 0
		for _, b := range batches {
			u.unflushedEnd(b, final)
		}
		u.sendFailures()
		return
	}
	u.w.p.logRetry(u.stage, r, u.flushes)
	u.stage.troubled(monotonic(), r)
	u.counts.undone(batches)
	u.waiting = append(batches, u.waiting...)
	u.blocked++
	pause := backoff(policy, u.flushes)
	if errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT) {
		pause = min(pause, fullPause)
	}
	time.AfterFunc(pause, func() { u.w.post(event{kind: flushDue, unit: u}) })
}

// unflushedEnd ends the messages of a batch that could not be flushed.
func (u *unit) unflushedEnd(b *batch, r component.Report) {
	u.counts.done -= uint64(len(b.live))
	for i := range b.live {
		m := b.at(i)
		if r.Class() == component.ClassDrop {
			u.counts.dropped++
			m.settle(r)
		} else {
			u.fail(m, r)
		}
	}
	seq, last := b.seq, b.last
	b.retire()
	if seq != 0 && last {
		u.w.run(u.index+1, newBatch(nil, seq, true))
	}
}

// flushKept asks a component to send on what it keeps.
func (u *unit) flushKept() {
	if u.flusher == nil || !u.stage.keeps {
		return
	}
	// The component may send more than postponed holds: flush beside this.
	done := make(chan error, 1)
	go func() { done <- u.callFlush() }()
	for {
		select {
		case m, ok := <-u.direct():
			if !ok {
				u.postponed = nil
				continue
			}
			u.received(m)
			u.takeSent()
		case err := <-done:
			if u.sentAny() {
				u.takeSent()
			}
			if err != nil {
				r, closed := flushReport(err)
				if closed {
					u.w.p.closedBy(u.stage)
					return
				}
				u.w.p.logRetry(u.stage, r, 1)
			}
			return
		case <-u.w.p.aborted:
			return
		}
	}
}

// flushReport is the report that an error of Flush stands for, and whether the
// other side has gone for good.
func flushReport(err error) (r component.Report, closed bool) {
	if errors.Is(err, component.ErrClosed) {
		return r, true
	}
	var report *component.Report
	if errors.As(err, &report) {
		return *report, false
	}
	return component.Report{Status: component.Retry, Description: err.Error()}, false
}
