package engine

import (
	"fmt"
	"sync"

	"github.com/gopiper/gopiper/component"
	"github.com/gopiper/gopiper/plan"
)

// replayer lets messages of the quarantine enter the stage in which they failed,
// when that was asked for. The commit that settles such a message removes it from
// the quarantine. Before all sources have ended it keeps the stages from ending.
type replayer struct {
	p          *Pipeline
	quarantine *Quarantine
	news       chan struct{}

	mu      sync.Mutex
	under   map[uint64]chan struct{} // being replayed; closed when it is settled
	unknown map[string]bool          // stages that are not there, and that has been said
}

func newReplayer(p *Pipeline) *replayer {
	return &replayer{p: p, quarantine: p.config.Kept, news: make(chan struct{}, 1),
		under: map[uint64]chan struct{}{}, unknown: map[string]bool{}}
}

func (r *replayer) tell() {
	select {
	case r.news <- struct{}{}:
	default:
	}
}

// start runs the replayer as one of the sources. origins are the sources that are
// not buffers.
func (r *replayer) start(sources, origins *sync.WaitGroup) {
	if r == nil {
		return
	}
	var held []output
	for _, s := range r.p.sources {
		if s.buffer == nil {
			s.out.join()
			held = append(held, s.out)
		}
	}
	ended := make(chan struct{})
	sources.Go(func() {
		end := r.quarantine.listen(r.tell)
		defer end()
		r.run(ended)
		for _, out := range held {
			out.end()
		}
	})
	go func() {
		origins.Wait()
		close(ended)
	}()
}

// run replays until the sources have ended and nothing is under way.
func (r *replayer) run(ended <-chan struct{}) {
	last := false
	for {
		if !r.all() {
			return
		}
		r.mu.Lock()
		idle := len(r.under) == 0
		r.mu.Unlock()
		if last && idle {
			return
		}
		select {
		case <-r.news:
		case <-ended:
			ended, last = nil, true
		case <-r.p.stopping:
			return
		}
	}
}

// all replays what is marked. It is false when the run is stopping.
func (r *replayer) all() bool {
	var marked []uint64
	err := r.quarantine.store.Scan([]byte{replayKey}, []byte{replayKey + 1}, func(key, value []byte) bool {
		if string(value) == r.p.config.Name {
			marked = append(marked, numberOf(key))
		}
		return true
	})
	if err != nil {
		r.p.failWith(fmt.Errorf("reading the quarantine: %w", err))
		return false
	}
	for _, id := range marked {
		r.mu.Lock()
		_, known := r.under[id]
		r.mu.Unlock()
		if !known && !r.one(id) {
			return false
		}
	}
	return true
}

// one replays one message. It is false when the run is stopping.
func (r *replayer) one(id uint64) bool {
	key := numberedKey([]byte{quarantineKey}, id)
	value, err := r.quarantine.store.Get(key)
	if err != nil || value == nil {
		return err == nil
	}
	entry, err := r.quarantine.decode(key, value)
	if err != nil {
		r.p.logger.Error("a message in quarantine cannot be replayed", "error", err)
		return true
	}
	s := r.p.stageNamed(entry.Stage)
	if s == nil {
		if !r.unknown[entry.Stage] {
			r.unknown[entry.Stage] = true
			r.p.logger.Warn("messages stay in quarantine: the stage in which they failed is not there any more", "stage", entry.Stage)
		}
		return true
	}
	section := r.p.sections[0]
	if len(s.units) > 0 {
		section = s.units[0].w.seg.section
	}
	if !section.credits.acquire(1, int64(len(entry.Data))) {
		return false
	}
	settled := make(chan struct{})
	r.mu.Lock()
	r.under[id] = settled
	r.mu.Unlock()
	m := r.adopt(section, &entry, value)
	if w := r.p.watchman; w.isWary() {
		return w.replay(r, s, m, id, settled)
	}
	r.inject(s, m)
	return true
}

// leave takes back that a message is to be replayed: it stays in quarantine.
func (r *replayer) leave(id uint64) error {
	return waitFor(r.quarantine.store, func(tx Tx) {
		tx.Delete(numberedKey([]byte{replayKey}, id))
		r.p.watchman.put(tx)
	})
}

// adopt makes the engine's message of an entry, in a home of its own.
func (r *replayer) adopt(section *section, entry *Quarantined, value []byte) *message {
	h := r.p.newHome()
	h.raw = nil // it is no source's batch
	h.reserve(1)
	h.section, h.n, h.bytes, h.started = section, 1, int64(len(entry.Data)), monotonic()
	h.ender, h.held = &replayed{r: r, id: entry.ID, value: value}, true
	h.messy.Store(true)
	h.unsettled.Store(1)
	m := &h.slots[0]
	m.data, m.carrier = entry.Data[:len(entry.Data):len(entry.Data)], nil
	meta := component.Meta{Key: entry.Key, Timestamp: entry.Timestamp}
	for name, v := range entry.Attributes {
		meta.Attributes = append(meta.Attributes, name, v)
	}
	m.meta = metaOf(meta)
	return m
}

// inject lets a message enter a stage: a worker's, in the worker's goroutine, or,
// of a source, fork or buffer, the way behind or into it.
func (r *replayer) inject(s *stage, m *message) {
	live := []component.Message{m}
	switch {
	case s.fork != nil:
		s.fork.put(newBatch(live, 0, false))
	case len(s.units) > 0:
		u := s.units[0]
		if k := u.w.seg.keyed; k != nil {
			u = s.units[k.workerOf(m)]
		}
		u.w.post(event{kind: injected, message: m, unit: u})
	default:
		for _, src := range r.p.sources {
			if src.stage == s {
				src.out.put(newBatch(live, 0, false))
				return
			}
		}
	}
}

// workerOf is the worker that the message's key belongs to; the first if it has
// none, for then it fails again there.
func (k *keyed) workerOf(m *message) int {
	k.mu.Lock()
	defer k.mu.Unlock()
	key, err := k.key(m)
	if err != nil {
		return 0
	}
	return k.worker(key)
}

func (p *Pipeline) stageNamed(name string) *stage {
	for _, s := range p.stages {
		if s.config.Name == name && s.config.Kind != plan.Merge {
			return s
		}
	}
	return nil
}

// replayed is the end of a message that was replayed. It implements ender.
type replayed struct {
	r     *replayer
	id    uint64
	value []byte
}

func (e *replayed) end(tx Tx, _ *home) { e.r.quarantine.remove(tx, e.id, e.value) }

// over notes that a message is not being replayed any more.
func (r *replayer) over(id uint64) {
	r.mu.Lock()
	close(r.under[id])
	delete(r.under, id)
	r.mu.Unlock()
	r.tell()
}
