package store

import (
	"errors"
	"fmt"
	"sync"

	"github.com/cockroachdb/pebble/v2"
)

var errClosed = errors.New("the store is closed")

// readers counts those who read, so that Close can wait for them. Whoever reads may
// begin to read something else meanwhile.
type readers struct {
	mu    sync.Mutex
	count int
	over  bool
	none  chan struct{} // closed when it is over and nobody reads; nil before
}

func (r *readers) add() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.over {
		return errClosed
	}
	r.count++
	return nil
}

func (r *readers) remove() {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.count--; r.over && r.count == 0 {
		close(r.none)
	}
}

// refuse lets nobody begin to read any more.
func (r *readers) refuse() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.over, r.none = true, make(chan struct{})
	if r.count == 0 {
		close(r.none)
	}
}

// wait waits until nobody reads, after refuse.
func (r *readers) wait() { <-r.none }

// read reads something, unless the store has failed or is closed. Pebble may panic
// when what it reads makes no sense.
func (s *Store) read(do func() error) (err error) {
	if err := s.Err(); err != nil {
		return err
	}
	if err := s.readers.add(); err != nil {
		return err
	}
	defer s.readers.remove()
	defer func() {
		if reason := recover(); reason != nil {
			if theirs, ok := reason.(yieldPanic); ok {
				panic(theirs.reason)
			}
			err = s.damaged(fmt.Errorf("%v", reason))
		}
	}()
	if err := do(); err != nil {
		return s.damaged(err)
	}
	return nil
}

// Get returns a copy of a committed value, nil if there is none. A value that is
// empty is not nil.
func (s *Store) Get(key []byte) (value []byte, err error) {
	err = s.read(func() error {
		found, closer, err := s.db.Get(key)
		if errors.Is(err, pebble.ErrNotFound) {
			return nil
		}
		if err != nil {
			return err
		}
		value = append([]byte{}, found...)
		return closer.Close()
	})
	return value, err
}

// Scan calls yield for every committed key from first up to, but without, end, in
// their order, until it returns false. Key and value are valid during the call
// only. yield may read, but must not wait for Close.
func (s *Store) Scan(first, end []byte, yield func(key, value []byte) bool) error {
	return s.read(func() error {
		iter, err := s.db.NewIter(&pebble.IterOptions{LowerBound: first, UpperBound: end})
		if err != nil {
			return err
		}
		defer iter.Close()
		for ok := iter.First(); ok; ok = iter.Next() {
			value, err := iter.ValueAndErr()
			if err != nil {
				return err
			}
			if !safely(yield, iter.Key(), value) {
				break
			}
		}
		return iter.Error()
	})
}

// yieldPanic is a panic of whom Scan calls: none of Pebble's.
type yieldPanic struct{ reason any }

func safely(yield func(key, value []byte) bool, key, value []byte) bool {
	defer func() {
		if reason := recover(); reason != nil {
			panic(yieldPanic{reason})
		}
	}()
	return yield(key, value)
}

// Last returns a copy of the last key before end that is not before first, nil if
// there is none.
func (s *Store) Last(first, end []byte) (key []byte, err error) {
	err = s.read(func() error {
		iter, err := s.db.NewIter(&pebble.IterOptions{LowerBound: first, UpperBound: end})
		if err != nil {
			return err
		}
		defer iter.Close()
		if iter.Last() {
			key = append([]byte{}, iter.Key()...)
		}
		return iter.Error()
	})
	return key, err
}

// Size is how many bytes the store has on the disk; 0 if it has failed or is closed.
// It takes some microseconds.
func (s *Store) Size() (size int64) {
	_ = s.read(func() error {
		size = int64(s.db.Metrics().DiskSpaceUsage())
		return nil
	})
	return size
}
