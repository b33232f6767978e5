package engine

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gopiper/gopiper/component"
)

// watchman finds the message that kills the process. The store tells how often in a
// row the process died while this pipeline ran. After the second time, what was
// in flight at the first goes through one message at a time, each noted before it
// is handed over; when the process dies once more, the message that is noted has
// been in flight three times, and goes to the quarantine when it comes again. Once
// all that was in flight has gone through, the deaths are forgotten: it was
// something else. Only what comes again can be found so: messages of sources that
// give positions, and of buffers. Invariant 13.
type watchman struct {
	p        *Pipeline
	key      []byte
	watching atomic.Bool // there was a death, and what was in flight has not all gone through

	turn  sync.Mutex   // held while one message is alone in flight
	turns atomic.Int64 // how many hold the turn or wait for it
	mu    sync.Mutex
	state vigil
	noted note
}

// vigil is what the store keeps while the pipeline runs. It is deleted when the run
// ends, however it does, as long as the process lives.
type vigil struct {
	Deaths int `json:"deaths"` // that came before this run, in a row
	// Left is, for each section, how many of the messages that may have been in
	// flight at the first death have not gone through.
	Left []int64 `json:"left,omitempty"`
	// Caught are the SHA-256 sums of the messages that were taken. They come again
	// with the others of their batch.
	Caught [][]byte `json:"caught,omitempty"`
}

// note says which message is alone in flight. It need not survive a loss of power.
type note struct {
	Source string `json:"source,omitempty"`
	Sum    []byte `json:"sum,omitempty"` // SHA-256
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
	store := w.p.config.Store
	value, err := store.Get(w.key)
	if err != nil {
		return err
	}
	if value != nil { // nobody has deleted it: the process died
		if json.Unmarshal(value, &w.state) != nil {
			w.state = vigil{}
		}
		if mark, err := store.Marked(w.p.config.Name); err == nil {
			_ = json.Unmarshal(mark, &w.noted)
		}
		w.died()
	}
	for i, s := range w.p.sections {
		if i < len(w.state.Left) {
			s.suspects.Store(w.state.Left[i])
		}
		s.alone.Store(w.state.Deaths >= deathsAlone && s.suspects.Load() > 0)
	}
	if w.p.isAlone() {
		w.p.logger.Warn("messages are handled one at a time until all that was in flight has gone through, to find the one that ends the process")
	}
	return waitFor(store, w.put)
}

// died counts a death.
func (w *watchman) died() {
	w.state.Deaths++
	if w.state.Deaths > deathsMost { // what was noted has not come again: it was another
		w.state.Deaths, w.noted = deathsAlone, note{}
	}
	if len(w.state.Left) != len(w.p.sections) || slices.Max(w.state.Left) <= 0 {
		w.state.Deaths, w.state.Caught, w.state.Left = 1, nil, nil
		for range w.p.sections {
			w.state.Left = append(w.state.Left, Again(w.p.config.MaxMessages, int64(w.p.config.BatchMax)))
		}
	}
	w.watching.Store(true)
	w.p.logger.Warn("the process died while the pipeline ran; what was in flight comes again", "deaths", w.state.Deaths)
}

// put adds the state to a commit.
func (w *watchman) put(tx Tx) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for i, s := range w.p.sections {
		if i < len(w.state.Left) {
			w.state.Left[i] = s.suspects.Load()
		}
	}
	value, err := json.Marshal(w.state)
	if err == nil { // nothing in it can fail to be encoded
		tx.Put(w.key, value)
	}
}

// leave notes that the run has ended and the process lives.
func (w *watchman) leave() {
	if w.p.config.Store.Health() != "" { // the disk is full: it will count as a death
		return
	}
	done := make(chan struct{})
	go w.p.config.Store.Update(true, func(tx Tx) { tx.Delete(w.key) }, func() { close(done) })
	select {
	case <-done:
	case <-w.p.config.Store.Failed():
	case <-time.After(storePatience):
	}
}

// passed counts messages of a section that are settled by a commit, which takes the
// count along: once all that was in flight at the first death has gone through, it
// has killed nothing.
func (w *watchman) passed(tx Tx, s *section, n int64) {
	if s.suspects.Add(-n) <= 0 {
		s.alone.Store(false)
		w.forget()
	}
	w.put(tx)
}

// forget forgets the deaths if nothing is left of what was in flight.
func (w *watchman) forget() {
	for _, s := range w.p.sections {
		if s.suspects.Load() > 0 {
			return
		}
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.watching.Store(false)
	w.state = vigil{}
}

// guards tells whether the messages of a batch must go through one at a time.
func (w *watchman) guards(s *source, placed bool) bool {
	if !w.watching.Load() {
		return false
	}
	if s.buffer == nil && !placed { // it does not come again
		s.section.suspects.Store(0)
		s.section.alone.Store(false)
		w.forget()
		return false
	}
	return s.section.alone.Load()
}

// takeTurn waits until no other message is alone in flight. From now on nothing waits
// for room in a buffer: what would make room may itself wait for the turn.
func (w *watchman) takeTurn() {
	w.turns.Add(1)
	w.p.wakeBuffers()
	w.turn.Lock()
}

func (w *watchman) giveTurn() {
	w.turn.Unlock()
	w.turns.Add(-1)
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
	s.section.guarded.Add(int64(len(b.live)))
	w.takeTurn()
	defer w.giveTurn()
	for i := range b.live {
		if !w.single(s, b.at(i)) {
			return false
		}
	}
	b.retire()
	return true
}

// single lets one message through: a copy of it, which nothing else travels with.
func (w *watchman) single(s *source, parent *message) bool {
	settled := make(chan struct{})
	sum := sha256.Sum256(parent.data)
	caught, ok := w.watch(note{s.stage.config.Name, sum[:]})
	if ok && caught {
		ok = waitFor(w.p.config.Store, w.put) == nil
	}
	if !ok {
		return false
	}
	m := copyOf(parent, s.section, settled)
	parent.settle(component.Report{Status: component.Drop})
	s.section.guarded.Add(-1)
	if caught {
		w.p.unhandled.Add(1)
		m.more().status = component.Report{Status: StatusPoison,
			Description: "the process died three times while the message was in flight, the last time with it alone"}
		w.p.custody.take(s.stage, []*message{m})
	} else {
		s.out.put(newBatch([]component.Message{m}, 0, false))
	}
	return w.wait(s.section, settled) && w.mark(note{})
}

// isWary tells that there were so many deaths that messages of the quarantine, too,
// are handled one at a time.
func (w *watchman) isWary() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.watching.Load() && w.state.Deaths >= deathsAlone
}

// replay lets a message of the quarantine through alone, or leaves it there if it
// has ended the process again. It is false when the run is stopping.
func (w *watchman) replay(r *replayer, s *stage, m *message, id uint64, settled <-chan struct{}) bool {
	w.takeTurn()
	defer w.giveTurn()
	caught, ok := w.watch(note{"quarantine", binary.BigEndian.AppendUint64(nil, id)})
	if !ok {
		return false
	}
	if caught {
		w.p.logger.Error("a message stays in quarantine: the process died three times while it was replayed", "id", id)
		if r.leave(id) != nil {
			return false
		}
		m.home.ender = nil
		m.settle(component.Report{Status: component.Drop})
		r.over(id)
		return true
	}
	r.inject(s, m)
	if w.wait(m.home.section, settled) {
		w.mark(note{})
		return true
	}
	return false
}

// wait waits until the message that is alone is settled, or a component keeps it,
// perhaps until the next comes. It is false when the run is stopping.
func (w *watchman) wait(s *section, settled <-chan struct{}) bool {
	look := time.NewTicker(5 * time.Millisecond)
	defer look.Stop()
	for {
		select {
		case <-settled:
			return true
		case <-look.C:
			if !w.p.ledger.busy() && (s.isKept() || w.p.isKept()) {
				return true
			}
		case <-w.p.aborted:
			return false
		}
	}
}

// watch notes which message is next, or tells that it is one to take.
func (w *watchman) watch(next note) (caught, ok bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if slices.ContainsFunc(w.state.Caught, func(other []byte) bool { return bytes.Equal(other, next.Sum) }) {
		return true, true
	}
	if w.awaited() && w.noted.Source == next.Source && bytes.Equal(w.noted.Sum, next.Sum) {
		w.state.Deaths, w.noted = deathsAlone, note{}
		w.state.Caught = append(w.state.Caught, next.Sum)
		return true, true
	}
	return false, w.markLocked(next)
}

// awaited tells that the message that is noted is the one to take, and still to
// come.
func (w *watchman) awaited() bool { return w.state.Deaths >= deathsMost && w.noted.Source != "" }

func (w *watchman) mark(n note) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.markLocked(n)
}

// markLocked keeps the note, unless one is awaited.
func (w *watchman) markLocked(n note) bool {
	if w.awaited() {
		return true
	}
	w.noted = n
	value, err := json.Marshal(n)
	return err == nil && w.p.config.Store.Mark(w.p.config.Name, value) == nil
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
