package store

import (
	"fmt"
	"sync"
	"sync/atomic"

	"github.com/cockroachdb/pebble/v2"
)

// maxGroup is how many bytes a group gathers before Update waits; less if tables in
// memory are smaller. Two groups are in memory at most: one that gathers, one that is
// being committed.
const maxGroup = 2 << 20

func (s *Store) maxGroup() int { return min(maxGroup, int(s.memTable)) }

// group is the changes of some updates, which are committed together.
type group struct {
	batch *pebble.Batch
	count int // of updates
	sync  bool
	done  []func()
}

// Put implements Tx. Batch.Set fails only in a batch that was committed.
func (g *group) Put(key, value []byte) {
	mustName(key)
	_ = g.batch.Set(key, value, nil)
}

// Delete implements Tx.
func (g *group) Delete(key []byte) {
	mustName(key)
	_ = g.batch.Delete(key, nil)
}

// mustName panics if a key is empty: Pebble would, in a goroutine of its own.
func mustName(key []byte) {
	if len(key) == 0 {
		panic("store: an update has an empty key")
	}
}

func (s *Store) newGroup() *group {
	return &group{batch: s.db.NewBatch(pebble.WithMaxRetainedSizeBytes(2 * maxGroup))}
}

// Update adds changes to the next commit. fill is called once, before Update
// returns, and while no other fill runs: the order of the fills is the order of
// the changes. What one fill puts and deletes is committed together. Once it is
// committed, and if sync is set the disk has it, done is called, if it is not nil:
// in the order of the fills, one at a time, from a goroutine of the store's. It
// must not block; it may call Update. When the store fails for good, or is closed,
// done is never called. fill may read, but not call Update; if it panics the store has
// failed, since half an update must not be committed.
//
// Update waits while very much is to be committed already. In a store that has
// failed, is closed or may only be read it does nothing.
func (s *Store) Update(sync bool, fill func(Tx), done func()) {
	if s.readOnly {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for s.gathering.batch.Len() > s.maxGroup() && !s.over() {
		s.room.Wait()
	}
	if s.over() {
		return
	}
	g := s.gathering
	filled := false
	defer func() {
		if !filled {
			s.fail(fmt.Errorf("state directory %s: an update has panicked; start again: what was committed is recovered", s.dir))
		}
	}()
	fill(g)
	filled = true
	g.count++
	g.sync = g.sync || sync
	if done != nil {
		g.done = append(g.done, done)
	}
	if g.count == 1 {
		s.work.Signal()
	}
}

// over is whether nothing is to be committed any more. It is called with mu held.
func (s *Store) over() bool { return s.closed || s.Err() != nil }

// commitLoop commits groups, one after the other, until the store is closed and
// nothing is left, or it has failed.
func (s *Store) commitLoop() {
	defer close(s.committed)
	for g := s.take(nil); g != nil; g = s.take(g) {
		if err := s.apply(g); err != nil {
			s.fail(err)
			return
		}
		s.told.tell(g.done)
		clear(g.done)
		g.batch.Reset()
		*g = group{batch: g.batch, done: g.done[:0]}
	}
}

// take waits for something to commit, and gives back the group that was
// committed before. It returns nil when it is over.
func (s *Store) take(before *group) *group {
	s.mu.Lock()
	defer s.mu.Unlock()
	if before != nil {
		s.spare = before
	}
	for s.gathering.count == 0 && !s.over() {
		s.work.Wait()
	}
	if s.gathering.count == 0 || s.Err() != nil {
		return nil
	}
	g := s.gathering
	s.gathering, s.spare = s.spare, nil
	s.room.Broadcast()
	return g
}

// apply commits a group. Pebble panics on some errors.
func (s *Store) apply(g *group) (err error) {
	defer func() {
		if reason := recover(); reason != nil {
			err = s.damaged(fmt.Errorf("%v", reason))
		}
	}()
	if !g.sync {
		return s.db.Apply(g.batch, pebble.NoSync)
	}
	if g.batch.Empty() {
		// Pebble would do nothing; but what was committed before is to be synced.
		_ = g.batch.LogData(nil, nil)
	}
	return s.db.Apply(g.batch, pebble.Sync)
}

// notifier calls what is done, in order, in a goroutine of its own: so that it may
// call Update, which waits for the goroutine that commits.
type notifier struct {
	mu      sync.Mutex
	wake    sync.Cond
	pending []func()
	over    bool
	failed  atomic.Bool // the store has: nothing is called any more
	ended   chan struct{}
}

func (n *notifier) start() {
	n.wake.L = &n.mu
	n.ended = make(chan struct{})
	go n.run()
}

func (n *notifier) tell(done []func()) {
	if len(done) == 0 {
		return
	}
	n.mu.Lock()
	n.pending = append(n.pending, done...)
	n.mu.Unlock()
	n.wake.Signal()
}

// stop returns when all have been called.
func (n *notifier) stop() {
	n.mu.Lock()
	n.over = true
	n.mu.Unlock()
	n.wake.Signal()
	<-n.ended
}

func (n *notifier) run() {
	defer close(n.ended)
	var calling []func()
	for {
		n.mu.Lock()
		for len(n.pending) == 0 && !n.over {
			n.wake.Wait()
		}
		calling, n.pending = n.pending, calling[:0]
		n.mu.Unlock()
		if len(calling) == 0 {
			return
		}
		for i, done := range calling {
			calling[i] = nil
			if !n.failed.Load() {
				done()
			}
		}
	}
}
