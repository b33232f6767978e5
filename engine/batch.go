package engine

import (
	"slices"

	"github.com/gopiper/gopiper/component"
)

// batch is messages that travel together. A worker owns it while it runs it,
// a channel in between.
type batch struct {
	live   []component.Message // all are *message; at the start home.all, which must not be changed
	home   *home               // of all of them; nil if they are of several
	main   *home               // the home whose first batch this is, or nil
	bytes  int64               // of their data
	edited bool                // a component called SetData or the like on one of them
	owned  bool                // live belongs to home or somebody else: copy before changing
	own    []component.Message // memory for live when it is changed

	// Its place in the ordered region that it is in, 0 for none (see region).
	// last is false if more of the same place follows.
	seq  uint64
	last bool
}

func (b *batch) reset() {
	clear(b.own)
	*b = batch{home: b.main, main: b.main, owned: true, own: b.own[:0]}
}

// at returns message i.
func (b *batch) at(i int) *message { return b.live[i].(*message) }

// newBatch returns a batch for the messages, all on their way from elsewhere.
func newBatch(messages []component.Message, seq uint64, last bool) *batch {
	b := &batch{live: messages, seq: seq, last: last}
	b.adopt()
	return b
}

// adopt makes the batch the carrier of its messages, and counts them.
func (b *batch) adopt() {
	b.bytes, b.home = 0, nil
	for i, c := range b.live {
		m := c.(*message)
		if m.carrier != b {
			m.carrier = b
			if !m.home.messy.Load() {
				m.home.messy.Store(true)
			}
		}
		b.bytes += int64(len(m.data))
		if i == 0 {
			b.home = m.home
		} else if m.home != b.home {
			b.home = nil
		}
	}
}

// commit makes the edits of a stage last, and counts the bytes again.
func (b *batch) commit() {
	b.edited = false
	b.bytes = 0
	for i := range b.live {
		m := b.at(i)
		if m.edited {
			m.commit()
		}
		b.bytes += int64(len(m.data))
	}
}

// split cuts off and returns the first n messages, which were handed over, as a
// batch of their own that keeps the place. They may be with the component and are
// not touched: their carrier and bytes are seen to by sift.
func (b *batch) split(n int) *batch {
	front := &batch{live: slices.Clone(b.live[:n]), seq: b.seq, edited: b.edited}
	front.own, front.home = front.live, b.home
	b.live = b.live[n:]
	b.owned = true // it does not begin where own does
	b.bytes = 0
	for i := range b.live {
		b.bytes += int64(len(b.at(i).data))
	}
	return front
}

// end settles all messages of the batch as Done. The batch is gone afterwards.
func (b *batch) end() {
	n := len(b.live)
	h := b.home
	if h != nil && (b.main == nil || b.main == h) && h.simple() {
		if l := h.p.ledger; l != nil && l.filling.Load() {
			h.tied.Store(true)
		}
		h.count(n)
		if b.main == h {
			n++
		}
		h.release(n)
		return
	}
	for i := range b.live {
		b.at(i).settle(component.Report{})
	}
	b.retire()
}

// retire ends the use of a batch whose messages are gone, or are elsewhere. The
// first batch of a home lies in the home and must outlast its messages.
func (b *batch) retire() {
	if b.main != nil {
		b.main.release(1)
	}
}
