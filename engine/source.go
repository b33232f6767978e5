package engine

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/gopiper/gopiper/component"
)

// source is one worker of a stage that originates messages.
type source struct {
	p         *Pipeline
	section   *section
	stage     *stage
	fifo      *fifo   // nil until it gives a position
	positions []byte  // what the keys of its positions begin with
	buffer    *buffer // whose content this is; nil for a component
	component component.Component
	postponed chan component.Message
	out       output
	lent      []*home // whose batches the component has, see Batch
	counts    counts
	mu        sync.Mutex // held during Emit
	gone      bool       // nothing is taken any more
}

// run originates until the source has ended or the run is stopping.
func (s *source) run() {
	defer s.out.end()
	r, ok := s.component.(component.Runner)
	if !ok {
		s.receive()
		return
	}
	ended := make(chan error, 1)
	go func() {
		defer func() {
			if reason := recover(); reason != nil {
				ended <- panicReport(reason)
			}
		}()
		ended <- r.Run(s.stage.context(s.p.softContext), s)
	}()
	select {
	case err := <-ended:
		s.over(err)
	case <-s.p.stopping:
		s.left(ended)
	}
}

// over takes the error of Run.
func (s *source) over(err error) {
	if err != nil && !errors.Is(err, context.Canceled) {
		s.p.failWith(fmt.Errorf("%s: %w", s.stage.config.Name, err))
	}
}

// left waits until Run has returned or will not get anything in any more: one
// that is stuck in a read is left behind.
func (s *source) left(ended chan error) {
	s.mu.Lock()
	s.gone = true
	s.mu.Unlock()
	patience := time.NewTimer(100 * time.Millisecond)
	defer patience.Stop()
	select {
	case err := <-ended:
		s.over(err)
	case <-patience.C:
		s.p.debug("1 goroutine left", "in", s.stage.config.Name)
	}
}

// Batch implements component.Output.
func (s *source) Batch() *component.Batch {
	h := s.p.newHome()
	if h.raw == nil {
		h.raw = &component.Batch{}
	}
	if len(s.lent) >= 16 { // never emitted: left to the garbage collector
		s.lent = append(s.lent[:0], s.lent[1:]...)
	}
	s.lent = append(s.lent, h)
	return h.raw
}

// homeOf finds the home of a batch that Batch has lent, or makes one.
func (s *source) homeOf(raw *component.Batch) *home {
	for i, h := range s.lent {
		if h.raw == raw {
			last := len(s.lent) - 1
			s.lent[i], s.lent[last] = s.lent[last], nil
			s.lent = s.lent[:last]
			return h
		}
	}
	return s.p.newHome()
}

// Emit implements component.Output.
func (s *source) Emit(raw *component.Batch) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.gone || s.p.isStopping.Load() {
		return false
	}
	n := raw.Len()
	h := s.homeOf(raw)
	h.section = s.section
	_, _, placed := raw.Placed()
	if n == 0 {
		if placed && s.p.ledger != nil {
			h.raw = raw
			s.enqueue(h, true)
		} else {
			raw.Reset()
			h.raw = raw
		}
		h.unsettled.Store(1)
		h.release(1)
		return true
	}
	if !s.section.credits.acquire(int64(n), int64(cap(raw.Buffer))) {
		return false
	}
	if s.buffer != nil {
		h.ender, h.held = (*bufferEnder)(s.buffer), true
	} else if s.p.ledger != nil {
		s.enqueue(h, placed)
	}
	b := h.fill(raw)
	h.started = monotonic()
	s.count(uint64(n), uint64(b.bytes))
	if s.buffer == nil {
		s.p.originated.Add(uint64(n))
	}
	if b = s.takeFailed(raw, b); b == nil {
		return true
	}
	if w := s.p.watchman; w != nil && w.guards(s, placed) {
		return w.guard(s, b)
	}
	s.out.put(b)
	return true
}

func (s *source) count(n, bytes uint64) {
	s.counts.emitted += n
	s.counts.done += n
	s.counts.bytes += bytes
	s.counts.batches++
	if s.counts.batches&15 == 0 { // a reader sees the rest when Emit is not running
		s.counts.publish()
	}
}

// takeFailed takes out the messages that failed at the source already.
func (s *source) takeFailed(raw *component.Batch, b *batch) *batch {
	var failed []component.Message
	for i, r := range raw.Failures {
		m := b.at(i)
		m.more().status = r
		failed = append(failed, m)
	}
	if failed == nil {
		return b
	}
	var live []component.Message
	for i := range b.live {
		if m := b.at(i); m.extra() == nil {
			live = append(live, m)
		}
	}
	s.counts.failed += uint64(len(failed))
	s.p.fail(s.stage, failed)
	if len(live) == 0 {
		b.retire()
		return nil
	}
	b.live, b.owned = live, true
	b.adopt()
	return b
}

// receive originates what the component sends on postponed, in batches of as
// many as are there.
func (s *source) receive() {
	for {
		var first component.Message
		var ok bool
		select {
		case first, ok = <-s.postponed:
		case <-s.p.stopping:
			return
		}
		if !ok {
			return
		}
		objects := s.gather(first)
		if !s.originate(objects) {
			return
		}
	}
}

func (s *source) gather(first component.Message) []component.Message {
	n := min(len(s.postponed)+1, s.p.config.BatchMax)
	objects := make([]component.Message, 1, n)
	objects[0] = first
	for len(objects) < n {
		m, ok := <-s.postponed
		if !ok {
			break // closed; receive sees it next
		}
		objects = append(objects, m)
	}
	return objects
}

// originate puts a source's own objects into a home.
func (s *source) originate(objects []component.Message) bool {
	n := int64(len(objects))
	h := s.p.newHome()
	h.reserve(len(objects))
	total := 0
	for i, object := range objects {
		data := object.GetData()
		m := &h.slots[i]
		m.data = data[:len(data):len(data)]
		if m.meta = metaFrom(object); m.meta != nil {
			h.messy.Store(true)
		}
		total += len(data)
	}
	h.section = s.section
	if !s.section.credits.acquire(n, int64(total)) {
		return false
	}
	h.n, h.bytes, h.started = len(objects), int64(total), monotonic()
	h.origins = append(h.origins, objects...)
	h.unsettled.Store(int32(n) + 1)
	b := &h.first
	b.live, b.bytes = h.all[:n:n], int64(total)
	s.mu.Lock() // as in Emit: a reader may publish the counters
	s.count(uint64(n), uint64(total))
	s.mu.Unlock()
	s.p.originated.Add(uint64(n))
	s.out.put(b)
	return true
}

// emitted takes a message that a component sent on postponed into the pipeline:
// one that it kept, or one that it has made. It returns nil if it may not enter.
// early is true for a message whose Continue the engine has still to see.
func (p *Pipeline) emitted(u *unit, sent component.Message) (m *message, early bool) {
	if m, ok := sent.(*message); ok {
		if m.unkeep() {
			m.commit()
			return m, false
		}
		return m, true
	}
	if sent == nil || !component.Adopt(sent) {
		p.debug("sent twice, or nil", "stage", u.stage.config.Name)
		return nil, false
	}
	h := u.nursery
	if h == nil || h.n == len(h.slots) {
		u.leaveNursery()
		h = p.newHome()
		h.reserve(p.config.BatchMax)
		h.n, h.derived, h.section = 0, true, u.w.seg.section
		h.messy.Store(true)
		// Others settle some while more are added: the slice stays where it is.
		h.origins = append(h.origins[:0], make([]component.Message, len(h.slots))...)
		h.unsettled.Store(1) // while it is the nursery
		h.started = monotonic()
		u.nursery = h
	}
	m = &h.slots[h.n]
	data := sent.GetData()
	m.data, m.meta, m.carrier = data[:len(data):len(data)], metaFrom(sent), nil
	if parents := component.Parents(sent); len(parents) > 0 {
		if parent, ok := parents[0].(*message); ok {
			m.rank = parent.rank
			if x := parent.extra(); x.failed != nil { // made in the failed branch
				m.more().failed = x.failed
			}
		}
	}
	h.origins[h.n] = sent
	h.n++
	h.bytes += int64(len(data))
	h.unsettled.Add(1)
	h.section.credits.add(1, int64(len(data)))
	return m, false
}

// leaveNursery lets the home of messages made go, once they are settled.
func (u *unit) leaveNursery() {
	if h := u.nursery; h != nil {
		u.nursery = nil
		h.release(1)
	}
}
