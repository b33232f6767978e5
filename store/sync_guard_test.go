package store_test

import (
	"errors"
	"os"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"

	"github.com/gopiper/gopiper/store"
	"github.com/gopiper/gopiper/store/faultfs"
)

// A sync that fails, for whatever reason, is not tried again: the system may have
// forgotten what it could not write, and say the next time that all is well. The store
// ends, and what was to be synced is not done.
func TestGuardFailedSync(t *testing.T) {
	for _, reason := range []syscall.Errno{syscall.ENOSPC, syscall.EDQUOT, syscall.EIO} {
		t.Run(reason.Error(), func(t *testing.T) {
			var failing, syncs atomic.Int64
			fs := faultfs.Watch(vfs.NewMem(), func(op faultfs.Op) error {
				if op.Kind != "sync" || failing.Load() == 0 {
					return nil
				}
				if syncs.Add(1) > 1 {
					return nil // now it says that all is well
				}
				return &os.PathError{Op: op.Kind, Path: op.Name, Err: reason}
			})
			s, err := store.OpenOn(store.Below{FS: fs}, "/state", store.Options{})
			if err != nil {
				t.Fatal(err)
			}
			failing.Store(1)
			done := make(chan struct{})
			s.Update(true, func(tx store.Tx) { tx.Put([]byte("key"), []byte("value")) }, func() { close(done) })
			select {
			case <-s.Failed():
			case <-done:
				t.Error("it is done, though its sync failed")
			}
			if err := s.Close(); !errors.Is(err, reason) && (err == nil || !strings.Contains(err.Error(), reason.Error())) {
				t.Errorf("the store says %v", err)
			}
			select {
			case <-done:
				t.Error("it is done, though its sync failed")
			default:
			}
		})
	}
}
