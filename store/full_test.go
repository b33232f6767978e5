package store

import (
	"bytes"
	"log/slog"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"

	"github.com/gopiper/gopiper/store/faultfs"
)

// smallDisk is a disk that can be full.
type smallDisk struct {
	*faultfs.Watched
	full    atomic.Bool
	refused atomic.Int64
}

func newSmallDisk(fs vfs.FS) *smallDisk {
	d := &smallDisk{}
	d.Watched = faultfs.Watch(fs, func(op faultfs.Op) error {
		if !d.full.Load() || op.Kind != "write" && op.Kind != "create" {
			return nil
		}
		d.refused.Add(1)
		return faultfs.Partial{Err: &os.PathError{Op: op.Kind, Path: op.Name, Err: syscall.ENOSPC}}
	})
	return d
}

// lines is a log that is written to by many.
type lines struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (l *lines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

func (l *lines) count(text string) int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return strings.Count(l.text.String(), text)
}

func onSmallDisk(t *testing.T, d *smallDisk, log *lines) *Store {
	s, err := OpenOn(Below{FS: d, MemTable: 128 << 10, Patience: time.Millisecond}, "/state",
		Options{Logger: slog.New(slog.NewTextHandler(log, nil))})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// A store on a full disk says so, takes updates until very much is waiting, lets
// itself be read, and does all of it within a second of there being space. The log
// has a line when it begins, and one when it ends.
func TestDiskFull(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d, log := newSmallDisk(vfs.NewMem()), &lines{}
		s := onSmallDisk(t, d, log)
		put(t, s, "before", "1")
		for round := range 3 {
			d.full.Store(true)
			const updates = 20
			var done, issued atomic.Int64
			go func() {
				value := make([]byte, maxGroup/8)
				for n := range updates {
					s.Update(true, func(tx Tx) { tx.Put([]byte{byte(n)}, value) }, func() { done.Add(1) })
					issued.Add(1)
				}
			}()
			time.Sleep(5 * time.Second)
			synctest.Wait()
			if health := s.Health(); !strings.Contains(health, "/state is full") {
				t.Errorf("of the full disk is said %q", health)
			}
			if d.refused.Swap(0) < 10 {
				t.Error("the disk was not tried again")
			}
			if value, err := s.Get([]byte("before")); string(value) != "1" || err != nil {
				t.Errorf("on a full disk there is %q, %v", value, err)
			}
			if done.Load() > 0 || issued.Load() == updates {
				t.Errorf("on a full disk %d updates of %d are done", done.Load(), issued.Load())
			}
			d.full.Store(false)
			time.Sleep(time.Second)
			synctest.Wait()
			if done.Load() != updates || s.Health() != "" {
				t.Errorf("when there was space for a second %d updates are done; the disk: %q", done.Load(), s.Health())
			}
			if full, space := log.count("the disk is full"), log.count("there is space"); full != round+1 || space != round+1 {
				t.Errorf("the log says %d times that the disk is full, and %d times that there is space", full, space)
			}
		}
		mustClose(t, s)
	})
}

// A store that is closed while its disk is full gives up before long, and loses only
// what it had not said was done.
func TestCloseDiskFull(t *testing.T) {
	memory := vfs.NewCrashableMem()
	d, log := newSmallDisk(memory), &lines{}
	s := onSmallDisk(t, d, log)
	put(t, s, "before", "1")
	d.full.Store(true)
	s.Update(true, func(tx Tx) { tx.Put([]byte("never"), nil) }, func() { t.Error("it was done on a full disk") })
	closed := make(chan error)
	go func() { closed <- s.Close() }()
	select {
	case err := <-closed:
		if err == nil || !strings.Contains(err.Error(), "/state") || !strings.Contains(err.Error(), "make space") {
			t.Errorf("it was closed with %v", err)
		}
	case <-time.After(20 * time.Second):
		t.Fatal("it is not closed")
	}
	d.full.Store(false)
	s = onSmallDisk(t, d, log)
	defer mustClose(t, s)
	if value, err := s.Get([]byte("before")); string(value) != "1" || err != nil {
		t.Errorf("afterwards there is %q, %v", value, err)
	}
}

// Tables in memory, and with them the log, fit a disk several times.
func TestMemTable(t *testing.T) {
	for _, test := range []struct {
		disk uint64
		err  error
		want uint64
	}{
		{disk: 0, want: 256 << 10},
		{disk: 16 << 20, want: 512 << 10},
		{disk: 512 << 20, want: 16 << 20},
		{disk: 1 << 40, want: 64 << 20},
		{err: vfs.ErrUnsupported, want: 64 << 20},
	} {
		if got := memTableFor(vfs.DiskUsage{TotalBytes: test.disk}, test.err); got != test.want {
			t.Errorf("for a disk of %d, %v: %d", test.disk, test.err, got)
		}
	}
}

// A disk that fails ends the store: nothing is done from then on, all that may be
// called returns at once, and the directory is free for a store that finds it
// repaired.
func TestDiskBroken(t *testing.T) {
	memory := vfs.NewCrashableMem()
	var broken atomic.Bool
	fs := faultfs.Watch(memory, func(op faultfs.Op) error {
		if broken.Load() && op.Kind == "sync" {
			return &os.PathError{Op: op.Kind, Path: op.Name, Err: syscall.EIO}
		}
		return nil
	})
	s := onMemory(t, fs)
	put(t, s, "before", "1")
	broken.Store(true)
	s.Update(true, func(tx Tx) { tx.Put([]byte("never"), nil) }, func() { t.Error("it was done on a broken disk") })
	<-s.Failed()
	for _, want := range []string{"state directory /state: syncing /state/db/", ".log: input/output error", "start again"} {
		if !strings.Contains(s.Err().Error(), want) {
			t.Errorf("the error does not say %q: %v", want, s.Err())
		}
	}
	for range 100 {
		s.Update(true, func(tx Tx) { tx.Put([]byte("never"), make([]byte, maxGroup)) }, func() { t.Error("it was done in a failed store") })
	}
	if _, err := s.Get([]byte("before")); err == nil {
		t.Error("a failed store was read")
	}
	if err := s.Close(); err == nil || !strings.Contains(err.Error(), s.Err().Error()) {
		t.Errorf("it was closed with %v", err)
	}
	broken.Store(false)
	s = onMemory(t, fs)
	defer mustClose(t, s)
	if value, err := s.Get([]byte("before")); string(value) != "1" || err != nil {
		t.Errorf("afterwards there is %q, %v", value, err)
	}
}

// While the store is opened, a file is removed later if the disk is full: Pebble does
// that beside the opening, where nobody learns of it.
func TestRemovalWaitsWhileOpening(t *testing.T) {
	fs := vfs.NewMem()
	f, err := fs.Create("/old", vfs.WriteCategoryUnspecified)
	if err != nil {
		t.Fatal(err)
	}
	f.Close()
	refused := 0
	watched := faultfs.Watch(fs, func(op faultfs.Op) error {
		if refused++; op.Kind == "remove" && refused <= 3 {
			return syscall.ENOSPC
		}
		return nil
	})
	d := newDisk(Below{FS: watched, RetryAfter: time.Millisecond}, "/", false, slog.New(slog.DiscardHandler),
		func(err error) { t.Error(err) })
	if err := d.Remove("/old"); err != nil || refused != 4 {
		t.Errorf("%v, after %d attempts", err, refused)
	}
}
