package engine

import (
	"sync"

	"github.com/gopiper/gopiper/component"
)

// fork hands messages to branches: each to all of them (Branch), or to the first
// whose condition holds (Switch). It is put by one producer at a time.
type fork struct {
	p        *Pipeline
	section  *section
	stage    *stage
	all      bool
	branches []output
	when     []Predicate // of a Switch; nil takes every message
	rest     output      // what no case takes; nil if there is always one
	region   *region     // if what the branches let through is joined in order
	mu       sync.Mutex  // for a replayed message comes beside the one producer
	joined   []bool      // which of branches are joined; the rest always is
	parts    [][]component.Message
}

func (f *fork) put(b *batch) {
	f.mu.Lock()
	defer f.mu.Unlock()
	seq, last := uint64(0), false
	if f.region != nil {
		f.region.enter(b)
		seq, last = b.seq, b.last
	}
	if f.all {
		f.copy(b)
	} else {
		f.choose(b)
	}
	for i, part := range f.parts {
		f.parts[i] = nil
		target, joins := f.rest, f.region != nil
		if i < len(f.branches) {
			target, joins = f.branches[i], joins && f.joined[i]
		}
		if target == nil {
			continue
		}
		if joins {
			target.put(newBatch(part, seq, last))
		} else if len(part) > 0 {
			target.put(newBatch(part, 0, false))
		}
	}
	b.retire()
}

// choose gives every message to one branch.
func (f *fork) choose(b *batch) {
	for rank, c := range b.live {
		m := c.(*message)
		m.rank = uint32(rank)
		i, err := f.first(m)
		if err != nil {
			f.stage.lost.Add(1)
			m.more().status = component.Report{Status: StatusFunctionFailed, Description: "when: " + err.Error()}
			f.p.fail(f.stage, []component.Message{m})
			continue
		}
		f.parts[i] = append(f.parts[i], m)
	}
}

// first finds the branch that takes the message; that behind the last is rest.
func (f *fork) first(m *message) (int, error) {
	for i, when := range f.when {
		if when == nil {
			return i, nil
		}
		takes, err := f.test(when, m)
		if err != nil {
			return 0, err
		}
		if takes {
			return i, nil
		}
	}
	return len(f.branches), nil
}

func (f *fork) test(when Predicate, m *message) (takes bool, err error) {
	defer func() {
		if reason := recover(); reason != nil {
			r := panicReport(reason)
			err = r
		}
	}()
	return when(m)
}

// copy gives a copy of every message to each branch; they share the bytes. The
// message itself is settled once all its copies are.
func (f *fork) copy(b *batch) {
	n := len(b.live)
	if n == 0 {
		return
	}
	for i := range f.branches {
		h := f.p.newHome()
		h.reserve(n)
		h.n, h.derived, h.section = n, true, f.section
		h.messy.Store(true)
		h.unsettled.Store(int32(n))
		h.started = monotonic()
		h.origins = append(h.origins[:0], make([]component.Message, n)...)
		h.section.credits.add(int64(n), 0)
		part := make([]component.Message, n)
		for j := range b.live {
			parent, m := b.at(j), &h.slots[j]
			parent.Derive()
			m.data, m.meta, m.unterminated = parent.data, parent.meta, parent.unterminated
			parent.shareIndex(m)
			m.rank = uint32(j*len(f.branches) + i)
			h.origins[j] = &copied{parent: parent}
			part[j] = m
		}
		f.parts[i] = part
	}
	// The originals have done their part: what counts is what their copies do.
	for i := range b.live {
		b.at(i).settle(component.Report{Status: component.Drop})
	}
}

// copied is what a branch's copy of a message is settled to.
type copied struct {
	component.Message
	parent  *message
	status  component.Report
	settled chan struct{} // closed when it is, if not nil
}

func (c *copied) Status() *component.Report { return &c.status }

func (c *copied) Release() {
	c.parent.DerivedSettled(c.status)
	if c.settled != nil {
		close(c.settled)
	}
}

func (f *fork) join() {
	for _, out := range f.branches {
		out.join()
	}
	if f.rest != nil {
		f.rest.join()
	}
}

func (f *fork) end() {
	for _, out := range f.branches {
		out.end()
	}
	if f.rest != nil {
		f.rest.end()
	}
}
