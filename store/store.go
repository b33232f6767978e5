// Package store keeps what must survive the process: keys with values, in the
// order of their bytes, in one directory, changed by atomic commits that many
// updates share. Underneath is a Pebble database. It knows nothing of what the
// keys and values mean.
//
// A [Store] pauses while the disk is full and goes on when there is space. Any
// other error of the disk ends it for good: what the disk was told to keep and
// did not is never tried a second time and believed.
package store

import (
	"errors"
	"fmt"
	"log/slog"
	"sync"

	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/vfs"
)

// Tx takes the changes of one [Store.Update]. What it is given is copied.
type Tx = interface {
	Put(key, value []byte)
	Delete(key []byte)
}

// Options says how a store is opened. The zero value is a good choice.
type Options struct {
	// ReadOnly opens a store that is there to look at it. Nothing on the disk is
	// changed; Update does nothing.
	ReadOnly bool

	// Logger is told when the disk is full and when it is not any more, and, at
	// the level debug, what Pebble warns of. nil is nobody.
	Logger *slog.Logger
}

// Store is an open store. Its methods may be called from any goroutine.
type Store struct {
	dir      string
	readOnly bool
	log      *slog.Logger
	db       *pebble.DB

	// reading is held by those who read, so that Close waits for them.
	reading sync.RWMutex

	mu        sync.Mutex
	closed    bool
	gathering *group    // what the next commit takes
	spare     *group    // nil while it is being committed
	work      sync.Cond // there is something to commit, or it is over
	room      sync.Cond // a group was taken, or it is over

	told notifier

	failOnce  sync.Once
	failed    chan struct{}
	err       error // why; written before failed is closed
	committed chan struct{}
}

var errClosed = errors.New("the store is closed")

// Open opens the store in a directory, which it creates if there is none; its
// parent must be there. A directory serves one process at a time. See docs of
// the errors in the text: each names the file and the way out.
func Open(dir string, options Options) (*Store, error) {
	return OpenOn(vfs.Default, dir, options)
}

// OpenOn is [Open] on another file system, for tests.
func OpenOn(fs vfs.FS, dir string, options Options) (*Store, error) {
	s := &Store{
		dir:       dir,
		readOnly:  options.ReadOnly,
		log:       options.Logger,
		failed:    make(chan struct{}),
		committed: make(chan struct{}),
	}
	if s.log == nil {
		s.log = slog.New(slog.DiscardHandler)
	}
	s.work.L, s.room.L = &s.mu, &s.mu
	if err := s.open(fs); err != nil {
		return nil, err
	}
	s.gathering, s.spare = s.newGroup(), s.newGroup()
	s.told.start()
	go s.commitLoop()
	return s, nil
}

// Close commits what is pending, calls what is done, and closes the directory.
// What Update is given from then on is ignored. A second call does nothing.
func (s *Store) Close() error {
	s.mu.Lock()
	if s.closed {
		s.mu.Unlock()
		return nil
	}
	s.closed = true
	s.work.Broadcast()
	s.room.Broadcast()
	s.mu.Unlock()

	<-s.committed
	s.told.stop()
	s.reading.Lock()
	defer s.reading.Unlock()
	err := s.Err()
	if !s.readOnly && err == nil {
		err = s.db.Flush()
	}
	return errors.Join(err, s.db.Close())
}

// Get returns a copy of a committed value, nil if there is none. A value that is
// empty is not nil.
func (s *Store) Get(key []byte) ([]byte, error) {
	if err := s.startReading(); err != nil {
		return nil, err
	}
	defer s.reading.RUnlock()
	value, closer, err := s.db.Get(key)
	if errors.Is(err, pebble.ErrNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, s.damaged("reading", err)
	}
	defer closer.Close()
	return append([]byte{}, value...), nil
}

// Scan calls yield for every committed key from first up to, but without, end, in
// their order, until it returns false. Key and value are valid during the call
// only.
func (s *Store) Scan(first, end []byte, yield func(key, value []byte) bool) error {
	if err := s.startReading(); err != nil {
		return err
	}
	defer s.reading.RUnlock()
	iter, err := s.db.NewIter(&pebble.IterOptions{LowerBound: first, UpperBound: end})
	if err != nil {
		return s.damaged("reading", err)
	}
	for ok := iter.First(); ok; ok = iter.Next() {
		value, err := iter.ValueAndErr()
		if err != nil {
			return errors.Join(s.damaged("reading", err), iter.Close())
		}
		if !yield(iter.Key(), value) {
			break
		}
	}
	if err := iter.Close(); err != nil {
		return s.damaged("reading", err)
	}
	return nil
}

// Last returns a copy of the last key before end that is not before first, nil if
// there is none.
func (s *Store) Last(first, end []byte) (key []byte, err error) {
	if err := s.startReading(); err != nil {
		return nil, err
	}
	defer s.reading.RUnlock()
	iter, err := s.db.NewIter(&pebble.IterOptions{LowerBound: first, UpperBound: end})
	if err != nil {
		return nil, s.damaged("reading", err)
	}
	if iter.Last() {
		key = append([]byte{}, iter.Key()...)
	}
	if err := iter.Close(); err != nil {
		return nil, s.damaged("reading", err)
	}
	return key, nil
}

func (s *Store) startReading() error {
	s.reading.RLock()
	s.mu.Lock()
	closed := s.closed
	s.mu.Unlock()
	if closed {
		s.reading.RUnlock()
		return errClosed
	}
	return nil
}

// Health says in a sentence what keeps the store from committing at the moment,
// such as a full disk; "" if nothing does.
func (s *Store) Health() string { return "" }

// Failed is closed when the store has failed for good; Err says why then.
func (s *Store) Failed() <-chan struct{} { return s.failed }

// Err says why the store has failed for good; nil if it has not.
func (s *Store) Err() error {
	select {
	case <-s.failed:
		return s.err
	default:
		return nil
	}
}

// fail ends the store for good.
func (s *Store) fail(err error) {
	s.failOnce.Do(func() {
		s.err = err
		close(s.failed)
		s.mu.Lock()
		s.work.Broadcast()
		s.room.Broadcast()
		s.mu.Unlock()
	})
}

// damaged says of an error of Pebble's where it was, and what can be done.
func (s *Store) damaged(doing string, err error) error {
	return fmt.Errorf("%s the store %s: %w", doing, s.dir, err)
}
