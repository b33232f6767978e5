package store

import (
	"errors"
	"fmt"
	"io"
	iofs "io/fs"
	"log/slog"
	"math"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"
)

// usualRetryAfter is how long a full disk is left alone.
const usualRetryAfter = 200 * time.Millisecond

// disk is the file system as Pebble sees it: one on which nothing that changes a
// file ever fails. What finds the disk full waits for space. Any other error ends
// the store, and the goroutine that met it stays where it is for good: Pebble, told
// of a failed write, would end the process, and by ways that cannot be recovered
// from; and what runs on afterwards could take for written what is not.
type disk struct {
	vfs.FS
	dir      string
	readOnly bool
	log      *slog.Logger
	fail     func(error) // ends the store
	marks    *marks

	retryAfter time.Duration

	dead     atomic.Bool  // the store has ended: nothing is changed any more
	patience atomic.Int64 // until when a full disk is waited for, in Unix nanoseconds

	mu      sync.Mutex
	waiting int       // operations that wait for space
	full    string    // what the first of them met
	lock    io.Closer // nil if none is held
	opened  string    // the last file that was opened to be read
}

func newDisk(below Below, dir string, readOnly bool, log *slog.Logger, fail func(error)) *disk {
	d := &disk{FS: below.FS, dir: dir, readOnly: readOnly, log: log, fail: fail, retryAfter: below.RetryAfter}
	if d.retryAfter == 0 {
		d.retryAfter = usualRetryAfter
	}
	d.marks = &marks{disk: d}
	return d
}

// waitForSpace says until when a full disk is waited for; at first not at all, so
// that whoever opens a store learns of it. The zero time is for ever.
func (d *disk) waitForSpace(until time.Time) {
	if until.IsZero() {
		d.patience.Store(math.MaxInt64)
	} else {
		d.patience.Store(until.UnixNano())
	}
}

func isFull(err error) bool {
	return errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT)
}

// isAnswer is whether an error says how things are, rather than that something
// went wrong.
func isAnswer(err error) bool {
	return err == nil || errors.Is(err, iofs.ErrNotExist) || errors.Is(err, iofs.ErrExist)
}

// change does something that changes the disk. Only an error that is an answer
// comes back.
func (d *disk) change(doing, name string, do func() error) error {
	d.alive(doing, name)
	return d.settle(doing, name, do(), do)
}

// settle takes what do has returned, and does it again while the disk is full.
func (d *disk) settle(doing, name string, err error, do func() error) error {
	if isFull(err) {
		err = d.whenSpace(doing, name, err, do)
	}
	if !isAnswer(err) {
		d.end(doing, name, err)
	}
	return err
}

// sync is like change, but a full disk ends the store too: a system that could not
// write what a file holds may forget it, and succeed the next time.
func (d *disk) sync(doing, name string, do func() error) error {
	d.alive(doing, name)
	err := do()
	if err != nil {
		d.end(doing, name, err)
	}
	return err
}

// alive does not return once the store has ended.
func (d *disk) alive(doing, name string) {
	if d.readOnly {
		d.end(doing, name, errors.New("the store was opened to be read only"))
	}
	if d.dead.Load() {
		select {}
	}
}

// end ends the store. It does not return.
func (d *disk) end(doing, name string, err error) {
	d.dead.Store(true)
	d.fail(d.describe(doing, name, err))
	select {}
}

// whenSpace tries again and again until do does not find the disk full.
func (d *disk) whenSpace(doing, name string, err error, do func() error) error {
	d.mu.Lock()
	d.waiting++
	if d.waiting == 1 && time.Now().UnixNano() < d.patience.Load() {
		d.full = fmt.Sprintf("the disk of %s is full (%s); it goes on by itself when there is space", d.dir, reason(err))
		d.log.Warn("the disk is full; waiting for space", "directory", d.dir, "error", reason(err))
	}
	d.mu.Unlock()
	for isFull(err) {
		if time.Now().UnixNano() >= d.patience.Load() {
			d.end(doing, name, err)
		}
		time.Sleep(d.retryAfter)
		d.alive(doing, name)
		err = do()
	}
	d.mu.Lock()
	if d.waiting--; d.waiting == 0 {
		d.full = ""
		d.log.Info("there is space on the disk again", "directory", d.dir)
	}
	d.mu.Unlock()
	return err
}

// health says whether the disk is full.
func (d *disk) health() string {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.full
}

// reason is the part of an error that says what the system said.
func reason(err error) string {
	var number syscall.Errno
	if errors.As(err, &number) {
		return number.Error()
	}
	return err.Error()
}

// unlock frees the directory for others.
func (d *disk) unlock() error {
	d.mu.Lock()
	defer d.mu.Unlock()
	lock := d.lock
	d.lock = nil
	if lock == nil {
		return nil
	}
	return lock.Close()
}

// held is what Pebble gets for a lock: closing it twice does no harm.
type held struct{ disk *disk }

func (h held) Close() error { return h.disk.unlock() }

// Lock implements vfs.FS. Pebble takes one lock.
func (d *disk) Lock(name string) (io.Closer, error) {
	lock, err := lockFile(d.FS, name, d.readOnly)
	if err != nil {
		return nil, err
	}
	d.mu.Lock()
	d.lock = lock
	d.mu.Unlock()
	// Nobody else writes the marks from here on.
	if err := d.marks.open(d.FS.PathJoin(d.FS.PathDir(name), marksName)); err != nil {
		return nil, errors.Join(err, d.unlock())
	}
	return held{d}, nil
}

func (d *disk) wrap(f vfs.File, name string) vfs.File {
	return &file{File: f, disk: d, name: name, mark: d.marks.of(d.FS.PathBase(name))}
}

// Create implements vfs.FS.
func (d *disk) Create(name string, category vfs.DiskWriteCategory) (f vfs.File, err error) {
	if strings.HasPrefix(d.FS.PathBase(name), "marker.") {
		// The name of a marker says which manifest counts. Pebble syncs the names of
		// both at once, and the power may fail when only the marker's is kept.
		if err := d.syncDirectory(d.FS.PathDir(name)); err != nil {
			return nil, err
		}
	}
	err = d.change("creating", name, func() (err error) {
		f, err = d.FS.Create(name, category)
		return err
	})
	if err != nil {
		return nil, err
	}
	return d.wrap(f, name), nil
}

// ReuseForWrite implements vfs.FS. The file is a new one: one that had been in use
// would hold old records behind the new, and damage could be mistaken for the end.
func (d *disk) ReuseForWrite(oldname, newname string, category vfs.DiskWriteCategory) (vfs.File, error) {
	if err := d.Remove(oldname); err != nil {
		return nil, err
	}
	return d.Create(newname, category)
}

// Open implements vfs.FS.
func (d *disk) Open(name string, options ...vfs.OpenOption) (vfs.File, error) {
	f, err := d.FS.Open(name, options...)
	if err != nil {
		return nil, err
	}
	d.mu.Lock()
	d.opened = name
	d.mu.Unlock()
	checked, err := d.marks.check(f, name)
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return checked, nil
}

// OpenReadWrite implements vfs.FS.
func (d *disk) OpenReadWrite(name string, category vfs.DiskWriteCategory, options ...vfs.OpenOption) (f vfs.File, err error) {
	err = d.change("opening", name, func() (err error) {
		f, err = d.FS.OpenReadWrite(name, category, options...)
		return err
	})
	if err != nil {
		return nil, err
	}
	return d.wrap(f, name), nil
}

// syncDirectory makes the names in a directory durable.
func (d *disk) syncDirectory(name string) error {
	directory, err := d.OpenDir(name)
	if err != nil {
		return d.describe("opening", name, err)
	}
	return errors.Join(directory.Sync(), directory.Close())
}

// OpenDir implements vfs.FS.
func (d *disk) OpenDir(name string) (vfs.File, error) {
	f, err := d.FS.OpenDir(name)
	if err != nil {
		return nil, err
	}
	return d.wrap(f, name), nil
}

// Link implements vfs.FS.
func (d *disk) Link(oldname, newname string) error {
	return d.change("linking", newname, func() error { return d.FS.Link(oldname, newname) })
}

// Remove implements vfs.FS.
func (d *disk) Remove(name string) error {
	return d.change("removing", name, func() error { return d.FS.Remove(name) })
}

// RemoveAll implements vfs.FS.
func (d *disk) RemoveAll(name string) error {
	return d.change("removing", name, func() error { return d.FS.RemoveAll(name) })
}

// Rename implements vfs.FS.
func (d *disk) Rename(oldname, newname string) error {
	return d.change("renaming", oldname, func() error { return d.FS.Rename(oldname, newname) })
}

// MkdirAll implements vfs.FS.
func (d *disk) MkdirAll(name string, mode os.FileMode) error {
	return d.change("creating", name, func() error { return d.FS.MkdirAll(name, mode) })
}

// Unwrap implements vfs.FS.
func (d *disk) Unwrap() vfs.FS { return d.FS }

// file is a file, or a directory, that was opened to be changed.
type file struct {
	vfs.File
	disk    *disk
	name    string
	mark    *mark // nil if nobody asks how far it is synced
	written int64
}

// Write implements vfs.File. When the disk is full in the middle of it, it goes on
// where it stopped.
func (f *file) Write(p []byte) (int, error) {
	f.disk.alive("writing", f.name)
	length := len(p)
	n, err := f.File.Write(p)
	f.written += int64(len(p))
	if err != nil {
		_ = f.disk.settle("writing", f.name, err, func() (err error) {
			p = p[n:]
			n, err = f.File.Write(p)
			return err
		})
	}
	return length, nil
}

// WriteAt implements vfs.File.
func (f *file) WriteAt(p []byte, offset int64) (int, error) {
	length := len(p)
	err := f.disk.change("writing", f.name, func() error {
		n, err := f.File.WriteAt(p, offset)
		p, offset = p[n:], offset+int64(n)
		return err
	})
	return length, err
}

// Sync implements vfs.File.
func (f *file) Sync() error { return f.synced(f.File.Sync) }

// SyncData implements vfs.File.
func (f *file) SyncData() error { return f.synced(f.File.SyncData) }

func (f *file) synced(sync func() error) error {
	err := f.disk.sync("syncing", f.name, sync)
	if f.mark != nil {
		f.disk.marks.set(f.mark, f.written)
	}
	return err
}

// SyncTo implements vfs.File.
func (f *file) SyncTo(length int64) (full bool, err error) {
	err = f.disk.sync("syncing", f.name, func() (err error) {
		full, err = f.File.SyncTo(length)
		return err
	})
	return full, err
}

// Close implements vfs.File.
func (f *file) Close() error {
	if f.written == 0 {
		return f.File.Close()
	}
	return f.disk.sync("closing", f.name, f.File.Close)
}

// Preallocate implements vfs.File. It is of no use: the space a log was given in
// advance is missing elsewhere when the disk gets full.
func (f *file) Preallocate(int64, int64) error { return nil }
