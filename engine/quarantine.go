package engine

import (
	"encoding/json"
	"errors"
	"fmt"
	"sync"
)

// ErrNotQuarantined: there is no message with this number in quarantine.
var ErrNotQuarantined = errors.New("not in quarantine")

// Quarantine is the failed messages that a store keeps. The pipelines of one
// store share one. Its methods may be called from any goroutine.
type Quarantine struct {
	store Store

	mu        sync.Mutex
	listeners []func() // told when something is to be replayed, or was removed
}

// NewQuarantine returns the quarantine of a store.
func NewQuarantine(store Store) *Quarantine { return &Quarantine{store: store} }

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
	return q.change(ids, func(tx Tx, id uint64) {
		tx.Delete(numberedKey([]byte{quarantineKey}, id))
		tx.Delete(numberedKey([]byte{replayKey}, id))
	})
}

// Replay asks that messages enter the stage in which they failed once more, and
// returns how many of them were there. A pipeline that runs does so at once,
// another one when it is run next. A message leaves the quarantine when it is
// settled; if it fails again it comes back with a new number.
func (q *Quarantine) Replay(ids ...uint64) (marked int, err error) {
	return q.change(ids, func(tx Tx, id uint64) {
		tx.Put(numberedKey([]byte{replayKey}, id), nil)
	})
}

// change makes a change to those of the messages that there are, and returns when
// it is durable.
func (q *Quarantine) change(ids []uint64, change func(Tx, uint64)) (changed int, err error) {
	var there []uint64
	for _, id := range ids {
		value, err := q.store.Get(numberedKey([]byte{quarantineKey}, id))
		if err != nil {
			return 0, err
		}
		if value != nil {
			there = append(there, id)
		}
	}
	if len(there) == 0 {
		return 0, nil
	}
	done := make(chan struct{})
	q.store.Update(true, func(tx Tx) {
		for _, id := range there {
			change(tx, id)
		}
	}, func() { close(done) })
	select {
	case <-done:
	case <-q.store.Failed():
		return 0, q.store.Err()
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	for _, tell := range q.listeners {
		tell()
	}
	return len(there), nil
}

func (q *Quarantine) decode(key, value []byte) (entry Quarantined, err error) {
	plain, err := q.store.Unpack(nil, value)
	if err == nil {
		err = json.Unmarshal(plain, &entry)
	}
	if err != nil {
		return entry, fmt.Errorf("message %d in quarantine is damaged: %w", numberOf(key), err)
	}
	entry.ID = numberOf(key)
	mark, err := q.store.Get(numberedKey([]byte{replayKey}, entry.ID))
	entry.Replaying = mark != nil
	return entry, err
}
