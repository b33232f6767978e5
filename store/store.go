// Package store keeps what must survive the process: keys with values, in the
// order of their bytes, in one directory, changed by atomic commits that many
// updates share. Underneath is a Pebble database. It knows nothing of what the
// keys and values mean.
//
// # When the disk fails
//
// A [Store] waits while the disk is full, and goes on by itself when there is space;
// [Store.Health] says so meanwhile. Any other error of a write or a sync, and a sync
// that finds the disk full, ends it for good: what the disk was told to keep and did
// not is never tried a second time and believed. What was done and synced before is
// there when the directory is opened again.
//
// # What is found to be damaged
//
// Everything has checksums. A file that is damaged, cut or missing makes Open, or
// reading what was in it, an error that names the file; the store is never begun anew
// by itself. There is one thing that damage can be mistaken for: what a crash leaves
// at the end of the log, which was not synced yet and is left out. After Close there
// is no such end. After the death of the process the store knows how much of the log
// was synced, and finds damage in that. After a loss of power it knows it as of some
// seconds before, because that knowledge itself is not synced: damage, besides, to
// what was synced in these seconds would be left out.
//
// # What it takes
//
// Idle some 2 MB of memory; at work up to 80 MiB for tables and blocks, and 16 for
// what is being committed. [Open] takes some milliseconds, and up to half a second
// after a crash, whatever the size.
package store

import (
	"cmp"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/vfs"
)

// Tx takes the changes of one [Store.Update]. What it is given is copied. A key must
// not be empty: that is a mistake in the program, and panics.
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
	disk     *disk
	db       *pebble.DB
	memTable uint64
	patience time.Duration

	corrupted atomic.Pointer[string] // the last file that Pebble found damaged

	readers readers

	mu        sync.Mutex
	closed    bool
	gathering *group    // what the next commit takes
	spare     *group    // nil while it is being committed
	work      sync.Cond // there is something to commit, or it is over
	room      sync.Cond // a group was taken, or it is over
	committed chan struct{}

	told notifier

	failOnce sync.Once
	failed   chan struct{}
	err      error // why; written before failed is closed
}

// Open opens the store in a directory, which it creates if there is none; its
// parent must be there. A directory serves one process at a time. An error names
// the file that it is about and says what to do. Damage that Open can find is an
// error: nothing is repaired, or left out, that was ever synced.
func Open(dir string, options Options) (*Store, error) {
	absolute, err := filepath.Abs(dir)
	if err != nil {
		return nil, fmt.Errorf("state directory %s: %w", dir, err)
	}
	// The lock of a directory goes by its name.
	if resolved, err := filepath.EvalSymlinks(absolute); err == nil {
		absolute = resolved
	}
	return OpenOn(Below{FS: vfs.Default}, absolute, options)
}

// Below is what tests put under a store.
type Below struct {
	FS         vfs.FS
	MemTable   uint64        // bytes of a table in memory; 0 is what suits the disk
	RetryAfter time.Duration // how long a full disk is left alone; 0 is the usual time
	Patience   time.Duration // how long Close waits for a full disk; 0 is the usual time
}

// OpenOn is [Open] on another file system, for tests. The name of the directory
// must be absolute.
func OpenOn(below Below, dir string, options Options) (*Store, error) {
	s := &Store{
		dir:       dir,
		readOnly:  options.ReadOnly,
		log:       options.Logger,
		memTable:  below.MemTable,
		patience:  cmp.Or(below.Patience, 2*time.Second),
		failed:    make(chan struct{}),
		committed: make(chan struct{}),
	}
	if s.log == nil {
		s.log = slog.New(slog.DiscardHandler)
	}
	s.work.L, s.room.L = &s.mu, &s.mu
	s.disk = newDisk(below, dir, s.readOnly, s.log, s.fail)
	if err := s.open(); err != nil {
		return nil, err
	}
	s.disk.waitForSpace(time.Time{})
	s.gathering, s.spare = s.newGroup(), s.newGroup()
	s.told.start()
	go s.commitLoop()
	return s, nil
}

// Close commits what is pending, calls what is done, and closes the directory. It
// waits for those who read, and two seconds for a disk that is full. What Update is
// given from then on is ignored. In a store that has failed it says why. It must
// not be called from a done. A second call does nothing.
func (s *Store) Close() error {
	s.mu.Lock()
	if s.closed {
		s.mu.Unlock()
		return nil
	}
	s.closed = true
	s.readers.refuse()
	s.work.Broadcast()
	s.room.Broadcast()
	s.mu.Unlock()

	s.disk.waitForSpace(time.Now().Add(s.patience))
	closed := make(chan error, 1)
	go func() { closed <- s.close() }()
	var err error
	select {
	case err = <-closed:
	case <-s.failed:
	}
	s.told.stop()
	// In a failed store Pebble stays as it is: closing it would wait for what waits
	// for the disk. Nothing of it can change a file any more.
	return errors.Join(err, s.Err(), s.disk.unlock())
}

// close closes Pebble, once nothing is to be committed and nobody reads.
func (s *Store) close() (err error) {
	defer func() {
		if reason := recover(); reason != nil {
			err = s.damaged(fmt.Errorf("%v", reason))
		}
	}()
	<-s.committed
	s.readers.wait()
	if err := s.Err(); err != nil {
		return nil // Close says so
	}
	if !s.readOnly {
		// What is in tables has checksums that do not depend on where it ended.
		err = s.db.Flush()
	}
	return errors.Join(err, s.db.Close(), s.disk.evidence.close())
}

// Health says in a sentence what keeps the store from committing at the moment,
// such as a full disk; "" if nothing does.
func (s *Store) Health() string { return s.disk.health() }

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
		s.told.failed.Store(true)
		close(s.failed)
		go func() { // whoever found out may hold the lock
			s.mu.Lock()
			defer s.mu.Unlock()
			s.work.Broadcast()
			s.room.Broadcast()
		}()
	})
}
