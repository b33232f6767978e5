package engine

import (
	"sync"

	"github.com/gopiper/gopiper/component"
)

// region is a part of the pipeline in which batches may overtake each other and
// behind which they are back in order: a segment with several workers, or the
// branches between a fork and their join. At its entry every batch gets a place;
// its exit waits until the place is complete.
//
// Regions may lie in each other: the place that a batch has in the outer one is
// kept here while it is inside.
type region struct {
	next output // behind the exit
	// parts is how many batches with last set make a place complete: 1, or the
	// number of branches that are joined.
	parts int

	mu      sync.Mutex
	entered uint64 // the last place given
	left    uint64 // the last place complete
	outer   map[uint64]place
	inside  map[uint64]*gathered
	ending  int // producers that have not ended
}

type place struct {
	seq  uint64
	last bool
}

// gathered is what has come out of a place that is not complete.
type gathered struct {
	batches []*batch
	lasts   int
}

func newRegion(parts int, next output) *region {
	next.join()
	return &region{next: next, parts: parts, outer: map[uint64]place{}, inside: map[uint64]*gathered{}}
}

// enter gives the batch a place. It is called in order.
func (r *region) enter(b *batch) {
	r.mu.Lock()
	r.entered++
	if b.seq != 0 {
		r.outer[r.entered] = place{b.seq, b.last}
	}
	b.seq, b.last = r.entered, true
	r.mu.Unlock()
}

// put implements output: it is the exit.
func (r *region) put(b *batch) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if b.seq == 0 { // made inside, later: the next free place
		r.next.put(b)
		return
	}
	if b.seq == r.left+1 && r.parts == 1 && len(r.inside) == 0 {
		r.leave(b)
		return
	}
	g := r.inside[b.seq]
	if g == nil {
		g = &gathered{}
		r.inside[b.seq] = g
	}
	if b.last {
		g.lasts++
	}
	g.batches = append(g.batches, b)
	r.flow()
}

// flow lets go on what is next in order.
func (r *region) flow() {
	for {
		seq := r.left + 1
		g := r.inside[seq]
		if g == nil {
			return
		}
		if r.parts > 1 {
			if g.lasts < r.parts {
				return
			}
			delete(r.inside, seq)
			r.leave(joinParts(g.batches, seq))
			continue
		}
		delete(r.inside, seq)
		for _, b := range g.batches {
			r.leave(b)
		}
		if g.lasts == 0 {
			return
		}
	}
}

// leave gives the batch back its place in the outer region and lets it go on.
func (r *region) leave(b *batch) {
	outer, nested := r.outer[b.seq]
	complete := b.last
	if complete {
		r.left = b.seq
		delete(r.outer, b.seq)
	}
	b.seq, b.last = outer.seq, outer.last && complete
	if len(b.live) == 0 && !(nested && b.last) {
		b.retire()
		return
	}
	r.next.put(b)
}

// joinParts puts the parts of a place back together, in the order of the fork.
func joinParts(parts []*batch, seq uint64) *batch {
	total := 0
	for _, b := range parts {
		total += len(b.live)
	}
	live := make([]component.Message, 0, total)
	heads := make([]int, len(parts))
	for len(live) < total {
		best := -1
		for i, b := range parts {
			if heads[i] < len(b.live) && (best < 0 || b.at(heads[i]).rank < parts[best].at(heads[best]).rank) {
				best = i
			}
		}
		live = append(live, parts[best].live[heads[best]])
		heads[best]++
	}
	joined := newBatch(live, seq, true)
	for _, b := range parts {
		b.retire()
	}
	return joined
}

func (r *region) join() {
	r.mu.Lock()
	r.ending++
	r.mu.Unlock()
}

func (r *region) end() {
	r.mu.Lock()
	r.ending--
	over := r.ending == 0
	r.mu.Unlock()
	if over {
		r.next.end()
	}
}

// entrance is the way into the region of a segment with several workers.
type entrance struct {
	region *region
	queue  *queue
	mu     sync.Mutex
}

func (e *entrance) put(b *batch) {
	e.mu.Lock() // producers' places must be those in the channel
	defer e.mu.Unlock()
	e.region.enter(b)
	e.queue.put(b)
}

func (e *entrance) join() { e.queue.join() }

func (e *entrance) end() { e.queue.end() }
