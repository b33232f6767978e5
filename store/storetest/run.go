package storetest

import (
	"errors"
	"fmt"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"

	"github.com/gopiper/gopiper/store"
)

// Open opens the store of a file system with small tables, so that little work is
// enough to reach all that it does.
func Open(fs vfs.FS) (*store.Store, error) {
	return store.OpenOn(store.Below{FS: fs, MemTable: memTable, RetryAfter: 100 * time.Microsecond}, Dir, store.Options{})
}

// run does the updates from the first that was not begun yet. It returns when all
// are done, the store has failed, or stop is closed; the store is open then, unless
// it could not be opened. A store that has failed is an error.
func (h *History) run(fs vfs.FS, stop <-chan struct{}) (s *store.Store, err error) {
	s, err = Open(fs)
	if err != nil {
		return nil, err
	}
	for n := int(h.issued.Load()); n < len(h.updates); n++ {
		select {
		case <-stop:
			return s, nil
		default:
		}
		if h.updates[n].reopen {
			if err := s.Close(); err != nil {
				return nil, err
			}
			if s, err = Open(fs); err != nil {
				return nil, err
			}
		}
		done := make(chan struct{})
		h.apply(s, n, func() { close(done) })
		if h.updates[n].wait || n == len(h.updates)-1 {
			select {
			case <-done:
			case <-stop:
			case <-s.Failed():
				return s, s.Err()
			}
		}
	}
	return s, nil
}

// verify opens a store on a file system that was left in some state, checks it, and
// that it still works. It returns how many updates it remembers.
func (h *History) verify(fs vfs.FS, synced, issued int64) (n int, err error) {
	s, err := Open(fs)
	if err != nil {
		return 0, fmt.Errorf("it cannot be opened: %w", err)
	}
	if n, err = h.check(s, synced, issued); err != nil {
		return 0, errors.Join(err, s.Close())
	}
	done := make(chan struct{})
	s.Update(true, func(tx store.Tx) { tx.Put([]byte("after"), nil) }, func() { close(done) })
	select {
	case <-done:
	case <-s.Failed(): // what nobody has read may be damaged; Close says so
	}
	if err := s.Close(); err != nil {
		return 0, fmt.Errorf("it cannot be closed: %w", err)
	}
	return n, nil
}
