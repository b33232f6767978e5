package store

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	iofs "io/fs"
	"log/slog"
	"math"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"
)

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
	evidence *evidence

	retryAfter time.Duration

	dead     atomic.Bool  // the store has ended: nothing is changed any more
	opening  atomic.Bool  // Pebble is being opened
	patience atomic.Int64 // until when a full disk is waited for, in Unix nanoseconds

	mu      sync.Mutex
	waiting int       // operations that wait for space
	full    string    // what the first of them met
	lock    io.Closer // nil if none is held
	opened  string    // the last file that was opened to be read
}

func newDisk(below Below, dir string, readOnly bool, log *slog.Logger, fail func(error)) *disk {
	d := &disk{FS: below.FS, dir: dir, readOnly: readOnly, log: log, fail: fail}
	d.retryAfter = cmp.Or(below.RetryAfter, 200*time.Millisecond)
	d.evidence = &evidence{disk: d}
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
	for errors.Is(err, syscall.EINTR) {
		err = do()
	}
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
	for errors.Is(err, syscall.EINTR) {
		err = do()
	}
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

// removePatience is how long the removal of a file waits while the store is opened:
// Pebble removes what it needs no more beside the opening, and after it, where there
// is nobody who could learn that the disk is full.
const removePatience = 2 * time.Second

// whenSpace tries again and again until do does not find the disk full.
func (d *disk) whenSpace(doing, name string, err error, do func() error) error {
	d.mu.Lock()
	d.waiting++
	if d.waiting == 1 && time.Now().UnixNano() < d.patience.Load() {
		d.full = fmt.Sprintf("the disk of %s is full (%s); it goes on by itself when there is space", d.dir, reason(err))
		d.log.Warn("the disk is full; waiting for space", "directory", d.dir, "error", reason(err))
	}
	d.mu.Unlock()
	removing := time.Now().Add(removePatience).UnixNano()
	for isFull(err) || errors.Is(err, syscall.EINTR) {
		until := d.patience.Load()
		if until == 0 && doing == "removing" {
			until = removing
		}
		if time.Now().UnixNano() >= until {
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
