package engine

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gopiper/gopiper/component"
)

// watchman finds the message that kills the process. The store tells how often in a
// row the process died while this pipeline ran. After the second time, what may
// have been in flight then goes through one message at a time, each noted in the
// store before it is handed over; when the process dies once more, the message
// that is noted has been in flight three times, and goes to the quarantine when it
// comes again. Only what comes again can be found so: messages of sources that
// give positions, and of buffers. Invariant 13.
type watchman struct {
	p        *Pipeline
	key      []byte
	watching atomic.Bool // there was a death, and what was in flight has not all gone through

	mu    sync.Mutex // held while one message is alone in flight
	state vigil
}

// vigil is what the watchman keeps in the store while the pipeline runs. It is
// deleted when the run ends, however it does, as long as the process lives.
type vigil struct {
	Deaths int    `json:"deaths"`           // that came before this run, in a row
	Source string `json:"source,omitempty"` // of the message that is alone in flight
	Sum    []byte `json:"sum,omitempty"`    // its SHA-256
	// Caught are the sums of those that were taken. They come again with the
	// others of their batch, until all that was in flight has gone through.
	Caught [][]byte `json:"caught,omitempty"`
}

// deathsAlone is how many deaths make the watchman let one message through at a
// time, deathsMost how many make him take the one that was.
const (
	deathsAlone = 2
	deathsMost  = 3
)

// enter notes that the pipeline runs, and finds out how its last run has ended.
func (w *watchman) enter() error {
	w.key = keyOf(aliveKey, w.p.config.Name)
	value, err := w.p.config.Store.Get(w.key)
	if err != nil {
		return err
	}
	if value != nil { // nobody has deleted it: the process died
		if json.Unmarshal(value, &w.state) != nil {
			w.state = vigil{}
		}
		if w.state.Deaths++; w.state.Deaths > deathsMost { // it has not come again: it was another
			w.state.Deaths, w.state.Source, w.state.Sum = deathsAlone, "", nil
		}
		w.watching.Store(true)
		w.p.logger.Warn("the process died while the pipeline ran; what was in flight comes again", "deaths", w.state.Deaths)
	}
	for _, s := range w.p.sections {
		s.suspects.Store(w.p.config.MaxMessages + int64(w.p.config.BatchMax))
		s.alone.Store(w.state.Deaths >= deathsAlone)
	}
	if w.state.Deaths >= deathsAlone {
		w.p.logger.Warn("messages are handled one at a time until all that was in flight has gone through, to find the one that ends the process")
	}
	return w.save(true)
}

// save keeps the state, and waits until it is durable if sync is set. The lock is
// held, or nobody else is there yet.
func (w *watchman) save(sync bool) error {
	value, err := json.Marshal(w.state)
	if err != nil {
		return err
	}
	store := w.p.config.Store
	if !sync {
		store.Update(false, func(tx Tx) { tx.Put(w.key, value) }, nil)
		return nil
	}
	done := make(chan struct{})
	store.Update(true, func(tx Tx) { tx.Put(w.key, value) }, func() { close(done) })
	select {
	case <-done:
		return nil
	case <-store.Failed():
		return store.Err()
	case <-w.p.aborted:
		return ErrNotDrained
	}
}

// leave notes that the run has ended and the process lives.
func (w *watchman) leave() {
	done := make(chan struct{})
	w.p.config.Store.Update(true, func(tx Tx) { tx.Delete(w.key) }, func() { close(done) })
	select {
	case <-done:
	case <-w.p.config.Store.Failed():
	case <-time.After(5 * time.Second): // the disk is full: it will count as a death
	}
}

// passed counts messages of a section that were settled: once all that was in
// flight at the last death has gone through, it has killed nothing.
func (w *watchman) passed(s *section, n int64) {
	if !w.watching.Load() || s.suspects.Add(-n) > 0 {
		return
	}
	s.alone.Store(false)
	for _, other := range w.p.sections {
		if other.suspects.Load() > 0 {
			return
		}
	}
	if w.watching.CompareAndSwap(true, false) {
		go func() { // not in the store's goroutine
			w.mu.Lock()
			defer w.mu.Unlock()
			w.state = vigil{}
			_ = w.save(false)
		}()
	}
}

// guards tells whether the messages of a batch must go through one at a time.
func (w *watchman) guards(s *source, placed bool) bool {
	if !w.watching.Load() {
		return false
	}
	if s.buffer == nil && !placed { // it does not come again
		w.passed(s.section, s.section.suspects.Load())
		return false
	}
	return s.section.alone.Load()
}

// isAlone tells that some section lets one message through at a time.
func (p *Pipeline) isAlone() bool {
	for _, s := range p.sections {
		if s.alone.Load() {
			return true
		}
	}
	return false
}

// guard lets the messages of a batch through one at a time. It returns when all
// are settled, or kept by components; it is false when the run is stopping.
func (w *watchman) guard(s *source, b *batch) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	s.section.guarded.Add(int64(len(b.live)))
	for i := range b.live {
		if !w.single(s, b.at(i)) {
			return false
		}
	}
	if !w.awaited() {
		w.state.Source, w.state.Sum = "", nil
		_ = w.save(false)
	}
	b.retire()
	return true
}

// awaited tells that the message that is noted is the one to take, and still to
// come.
func (w *watchman) awaited() bool { return w.state.Deaths >= deathsMost && w.state.Source != "" }

// single lets one message through: a copy of it, which nothing else travels with.
func (w *watchman) single(s *source, parent *message) bool {
	sum := sha256.Sum256(parent.data)
	name := s.stage.config.Name
	poison := slices.ContainsFunc(w.state.Caught, func(other []byte) bool { return bytes.Equal(other, sum[:]) })
	if w.state.Deaths >= deathsMost && w.state.Source == name && bytes.Equal(w.state.Sum, sum[:]) {
		w.state.Deaths, w.state.Source, w.state.Sum = deathsAlone, "", nil
		w.state.Caught = append(w.state.Caught, sum[:])
		poison = true
	}
	if !poison {
		if !w.awaited() {
			w.state.Source, w.state.Sum = name, sum[:]
		}
		if w.save(true) != nil {
			return false
		}
	}
	settled := make(chan struct{})
	m := copyOf(parent, s.section, settled)
	parent.settle(component.Report{Status: component.Drop})
	s.section.guarded.Add(-1)
	if poison {
		w.p.unhandled.Add(1)
		m.more().status = component.Report{Status: StatusPoison,
			Description: "the process died three times while the message was in flight, the last time with it alone"}
		w.p.custody.take(s.stage, []*message{m})
	} else {
		s.out.put(newBatch([]component.Message{m}, 0, false))
	}
	look := time.NewTicker(5 * time.Millisecond)
	defer look.Stop()
	for {
		select {
		case <-settled:
			return true
		case <-look.C:
			if s.section.isKept() && !w.p.ledger.busy() {
				return true // a component keeps it, and perhaps waits for the next
			}
		case <-w.p.aborted:
			return false
		}
	}
}

// copyOf makes a message that stands for its parent and travels alone. settled is
// closed when it is settled.
func copyOf(parent *message, section *section, settled chan struct{}) *message {
	h := section.p.newHome()
	h.reserve(1)
	h.n, h.derived, h.section = 1, true, section
	h.messy.Store(true)
	h.unsettled.Store(1)
	h.started = monotonic()
	h.origins = append(h.origins[:0], &copied{parent: parent, settled: settled})
	section.credits.add(1, 0)
	parent.Derive()
	m := &h.slots[0]
	m.data, m.meta, m.unterminated, m.carrier = parent.data, parent.meta, parent.unterminated, nil
	return m
}
