package engine

import (
	"errors"
	"fmt"
	"sync"
	"time"
)

// ErrNotQuarantined: there is no message with this number in quarantine.
var ErrNotQuarantined = errors.New("not in quarantine")

// Quarantine is the failed messages that a store keeps. The pipelines of one
// store share one. Its methods may be called from any goroutine.
type Quarantine struct {
	store Store

	mu        sync.Mutex
	listeners []func() // told when something is to be replayed, or was removed
	counted   bool     // the rest of this is known
	next      uint64
	sizes     map[string]int64 // bytes kept, by pipeline
}

// NewQuarantine returns the quarantine of a store.
func NewQuarantine(store Store) *Quarantine { return &Quarantine{store: store} }

// count finds out what is kept. Pipelines call it before they run.
func (q *Quarantine) count() error {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.counted {
		return nil
	}
	q.next, q.sizes = 1, map[string]int64{}
	err := q.store.Scan([]byte{quarantineKey}, []byte{quarantineKey + 1}, func(key, value []byte) bool {
		pipeline, _, _, _, _ := entryHead(value)
		q.sizes[pipeline] += int64(len(value))
		q.next = numberOf(key) + 1
		return true
	})
	q.counted = err == nil
	return err
}

// number is the number of the next entry. It is called while a commit is filled.
func (q *Quarantine) number() uint64 {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.next++
	return q.next - 1
}

// reserve takes room for an entry. One that alone is above the bound is kept if
// nothing else is.
func (q *Quarantine) reserve(pipeline string, size, most int64) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.sizes[pipeline] > 0 && q.sizes[pipeline]+size > most {
		return false
	}
	q.sizes[pipeline] += size
	return true
}

// makeRoom removes the oldest entries of a pipeline until there is room, and takes
// it.
func (q *Quarantine) makeRoom(pipeline string, size, most int64) bool {
	// What is on its way into the store must be found there.
	if waitFor(q.store, func(Tx) {}) != nil {
		return false
	}
	var ids []uint64
	q.mu.Lock()
	free := most - q.sizes[pipeline] - size
	q.mu.Unlock()
	err := q.store.Scan([]byte{quarantineKey}, []byte{quarantineKey + 1}, func(key, value []byte) bool {
		if of, _, _, _, _ := entryHead(value); of == pipeline {
			ids = append(ids, numberOf(key))
			free += int64(len(value))
		}
		return free < 0
	})
	if err == nil && len(ids) > 0 {
		_, err = q.Remove(ids...)
	}
	return err == nil && q.reserve(pipeline, size, most)
}

// expire removes what failed before a time, and returns how many messages.
func (q *Quarantine) expire(pipeline string, before time.Time) int {
	var ids []uint64
	err := q.store.Scan([]byte{quarantineKey}, []byte{quarantineKey + 1}, func(key, value []byte) bool {
		of, _, at, _, _ := entryHead(value)
		if of == pipeline && at.Before(before) {
			ids = append(ids, numberOf(key))
		}
		return true
	})
	if err != nil || len(ids) == 0 {
		return 0
	}
	n, _ := q.Remove(ids...)
	return n
}

// listen has tell called when something changed. The result ends that.
func (q *Quarantine) listen(tell func()) (end func()) {
	q.mu.Lock()
	defer q.mu.Unlock()
	at := len(q.listeners)
	q.listeners = append(q.listeners, tell)
	return func() {
		q.mu.Lock()
		defer q.mu.Unlock()
		q.listeners[at] = nil
	}
}

// List calls yield for every message, oldest first, until it returns false. An
// entry that is damaged ends it with an error that names it.
func (q *Quarantine) List(yield func(Quarantined) bool) error {
	var damaged error
	err := q.store.Scan([]byte{quarantineKey}, []byte{quarantineKey + 1}, func(key, value []byte) bool {
		entry, err := q.decode(key, value)
		if err != nil {
			damaged = err
			return false
		}
		return yield(entry)
	})
	return errors.Join(damaged, err)
}

// Get returns one message, or [ErrNotQuarantined].
func (q *Quarantine) Get(id uint64) (Quarantined, error) {
	key := numberedKey([]byte{quarantineKey}, id)
	value, err := q.store.Get(key)
	if err != nil {
		return Quarantined{}, err
	}
	if value == nil {
		return Quarantined{}, fmt.Errorf("%d: %w", id, ErrNotQuarantined)
	}
	return q.decode(key, value)
}

// Remove deletes messages for good, and returns how many of them were there.
func (q *Quarantine) Remove(ids ...uint64) (removed int, err error) {
	return q.change(ids, func(tx Tx, id uint64, value []byte) { q.remove(tx, id, value) })
}

// Replay asks that messages enter the stage in which they failed once more, and
// returns how many of them were there. A pipeline that runs does so at once,
// another one when it is run next. A message leaves the quarantine when it is
// settled; if it fails again it comes back with a new number.
func (q *Quarantine) Replay(ids ...uint64) (marked int, err error) {
	return q.change(ids, func(tx Tx, id uint64, value []byte) {
		pipeline, _, _, _, _ := entryHead(value)
		tx.Put(numberedKey([]byte{replayKey}, id), []byte(pipeline))
	})
}

// remove deletes an entry in a commit.
func (q *Quarantine) remove(tx Tx, id uint64, value []byte) {
	tx.Delete(numberedKey([]byte{quarantineKey}, id))
	tx.Delete(numberedKey([]byte{replayKey}, id))
	pipeline, _, _, _, _ := entryHead(value)
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.counted {
		q.sizes[pipeline] = max(0, q.sizes[pipeline]-int64(len(value)))
	}
}

// change makes a change to those of the messages that there are, and returns when
// it is durable.
func (q *Quarantine) change(ids []uint64, change func(Tx, uint64, []byte)) (changed int, err error) {
	there := map[uint64][]byte{}
	for _, id := range ids {
		value, err := q.store.Get(numberedKey([]byte{quarantineKey}, id))
		if err != nil {
			return 0, err
		}
		if value != nil {
			there[id] = value
		}
	}
	if len(there) == 0 {
		return 0, nil
	}
	if err := waitFor(q.store, func(tx Tx) {
		for id, value := range there {
			change(tx, id, value)
		}
	}); err != nil {
		return 0, err
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	for _, tell := range q.listeners {
		if tell != nil {
			tell()
		}
	}
	return len(there), nil
}
