package engine

import (
	"sync"
	"sync/atomic"
	"time"

	"github.com/gopiper/gopiper/component"
)

// ledger makes final what is settled in a pipeline with a store: positions, what
// buffers hold and state change in the same commit, and only when that is durable
// are sources told. Invariant 9.
//
// What is settled while a commit is being filled (because a buffer or the
// quarantine takes it in that commit) becomes part of it; everything else becomes
// part of the next.
type ledger struct {
	p       *Pipeline
	store   Store
	filling atomic.Bool // a commit is being filled; changed by the filler only
	wake    chan struct{}
	pending atomic.Int64 // commits that are not done

	mu    sync.Mutex
	ready []settlement
	timer *time.Timer // kicks
	armed bool        // it runs
}

// settlement is a home all of whose messages are settled; or, if origin is set, a
// source's own object that is.
type settlement struct {
	home   *home
	origin component.Message
}

// ender is what brought a home's messages into the section, and must note in the
// commit that they are settled.
type ender interface {
	end(tx Tx, h *home)
}

func newLedger(p *Pipeline) *ledger {
	l := &ledger{p: p, store: p.config.Store, wake: make(chan struct{}, 1)}
	l.timer = time.AfterFunc(time.Hour, l.kick)
	l.timer.Stop()
	return l
}

// takes tells whether the end of the home needs a commit; if so it is seen to.
func (l *ledger) takes(h *home) bool {
	if h.fifo == nil && h.ender == nil && !h.tied.Load() && !h.changed.Load() {
		return false
	}
	l.mu.Lock()
	before := len(l.ready)
	if h.fifo != nil {
		l.ready = h.fifo.settled(h, l.ready)
	} else {
		l.ready = append(l.ready, settlement{home: h})
	}
	for _, s := range l.ready[before:] {
		s.home.advance()
	}
	wait := h.ender != nil && h.section.mayGather()
	if wait && !l.armed {
		l.armed = true
		l.timer.Reset(gather)
	}
	l.mu.Unlock()
	if !wait {
		l.kick()
	}
	return true
}

// takesOrigin sees to a source's own object, of a home that is tied.
func (l *ledger) takesOrigin(origin component.Message) {
	l.mu.Lock()
	l.ready = append(l.ready, settlement{origin: origin})
	l.mu.Unlock()
	l.kick()
}

func (l *ledger) kick() {
	select {
	case l.wake <- struct{}{}:
	default:
	}
}

// commit makes a commit of what settle puts and settles, and of everything else
// that is settled by then. done, if not nil, is called when it is durable, before
// sources are told. It may be called from any goroutine.
func (l *ledger) commit(sync bool, settle func(Tx), done func()) {
	l.pending.Add(1)
	var taken []settlement
	l.store.Update(sync, func(tx Tx) {
		if settle != nil {
			l.filling.Store(true)
			settle(tx)
			l.filling.Store(false)
		}
		taken = l.fill(tx)
	}, func() {
		if done != nil {
			done()
		}
		for _, s := range taken {
			if s.home != nil {
				s.home.ended()
			} else {
				s.origin.Release()
			}
		}
		l.pending.Add(-1)
	})
}

// fill adds to the commit what is settled.
func (l *ledger) fill(tx Tx) []settlement {
	l.mu.Lock()
	taken := l.ready
	l.ready, l.armed = nil, false
	l.mu.Unlock()
	w := l.p.watchman
	for _, s := range taken {
		if s.home == nil {
			continue
		}
		s.home.putChanges(tx)
		if s.home.ender != nil {
			s.home.ender.end(tx, s.home)
			if w.watching.Load() {
				w.passed(tx, s.home.section, int64(s.home.n))
			}
		}
	}
	return taken
}

// busy tells that something settled is not committed yet.
func (l *ledger) busy() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.ready) > 0 || l.pending.Load() > 0
}

// gather is how long what is settled waits for more to be committed with it, as
// long as there may be more and nobody waits to be told: a source that gives
// positions, and a buffer, do not.
const gather = 20 * time.Millisecond

// loop commits what is settled, until over is closed.
func (l *ledger) loop(over chan struct{}) {
	defer l.timer.Stop()
	for {
		select {
		case <-l.wake:
			l.commitReady()
		case <-over:
			l.finish()
			return
		}
	}
}

func (l *ledger) commitReady() {
	l.mu.Lock()
	l.armed = false
	n := len(l.ready)
	l.mu.Unlock()
	if n > 0 {
		l.commit(true, nil, nil)
	}
}

// storePatience is how long the end of a run waits for the store.
const storePatience = 3 * time.Second

// finish commits the rest and waits for it, but not for ever: a disk may be full.
func (l *ledger) finish() {
	go l.commitReady() // it waits while the disk is full
	patience := time.NewTimer(storePatience)
	defer patience.Stop()
	look := time.NewTicker(time.Millisecond)
	defer look.Stop()
	for l.busy() {
		select {
		case <-look.C:
		case <-l.store.Failed():
			return
		case <-patience.C:
			l.p.logger.Warn("the store does not commit what was settled last; it will come again", "reason", l.store.Health())
			return
		}
	}
}

// fifo is the homes of a source worker that gives positions, in the order in which
// they were emitted: what is settled ends in this order only, so that a position is
// never ahead of something unsettled. Invariant 10. It is under the ledger's lock.
type fifo struct {
	homes []*home
}

// settled notes that a home is settled, and appends to ready what has its turn.
func (f *fifo) settled(h *home, ready []settlement) []settlement {
	h.isSettled = true
	n := 0
	for n < len(f.homes) && f.homes[n].isSettled {
		ready = append(ready, settlement{home: f.homes[n]})
		f.homes[n] = nil
		n++
	}
	f.homes = f.homes[n:]
	return ready
}

// enqueue gives the home of a batch its turn, if its source gives positions.
func (s *source) enqueue(h *home, placed bool) {
	if s.fifo == nil {
		if !placed {
			return
		}
		s.fifo = &fifo{}
	}
	l := s.p.ledger
	l.mu.Lock()
	s.fifo.homes = append(s.fifo.homes, h)
	l.mu.Unlock()
	h.fifo, h.ender, h.held = s.fifo, s, true
}

// end implements ender: the source goes on behind the batch.
func (s *source) end(tx Tx, h *home) {
	partition, position, ok := h.raw.Placed()
	if !ok {
		return
	}
	key := append(s.positions[:len(s.positions):len(s.positions)], partition...)
	if position == nil {
		tx.Delete(key)
	} else {
		tx.Put(key, position)
	}
}

// loadPositions reads where the stage goes on.
func (p *Pipeline) loadPositions(s *stage) (component.Positions, error) {
	positions := component.Positions{Of: map[string][]byte{}}
	if p.config.Store == nil {
		return positions, nil
	}
	positions.Durable = true
	prefix := keyOf(positionKey, p.config.Name, s.config.Name)
	err := p.config.Store.Scan(prefix, endOf(prefix), func(key, value []byte) bool {
		positions.Of[string(key[len(prefix):])] = append([]byte{}, value...)
		return true
	})
	return positions, err
}
