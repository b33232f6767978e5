package storetest

import (
	"errors"
	"fmt"
	"os"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"

	"github.com/gopiper/gopiper/store/faultfs"
)

// patience is how long anything may take that must not hang.
const patience = 30 * time.Second

// Full does some work again and again; each time the disk is full when another
// change is made, for a while. The store must wait, and do it all; only one that is
// being opened may say so instead, and one whose sync failed must end. It returns how
// many changes met a full disk.
func Full(work Work) (met int, err error) {
	for k := 1; ; k++ {
		h := NewHistory(work)
		full := &fault{at: k, times: 3, err: syscall.ENOSPC, writes: true}
		memory := vfs.NewCrashableMem()
		err := h.endure(faultfs.Watch(memory, full.before))
		if err == nil {
			err = h.faults()
		}
		times, op := full.seen()
		ended := errors.Is(err, errEnded) || errors.Is(err, errNotOpened)
		if ended && (op.Kind == "sync" || errors.Is(err, errNotOpened)) && strings.Contains(err.Error(), "full") {
			err = h.recovers(memory)
		}
		if err != nil {
			return met, fmt.Errorf("seed %d, disk full at change %d, %s %s: %w", work.Seed, k, op.Kind, op.Name, err)
		}
		if times == 0 {
			return met, nil
		}
		met++
	}
}

// Interrupted does some work again and again; each time another change is interrupted,
// and would be made if it was asked for again, as the system's calls are. The store
// must do so. It returns how many changes were interrupted.
func Interrupted(work Work) (met int, err error) {
	for k := 1; ; k++ {
		h := NewHistory(work)
		interrupted := &fault{at: k, times: 2, err: syscall.EINTR}
		err := h.endure(faultfs.Watch(vfs.NewMem(), interrupted.before))
		if err == nil {
			err = h.faults()
		}
		times, op := interrupted.seen()
		if err != nil {
			return met, fmt.Errorf("seed %d, change %d was interrupted, %s %s: %w", work.Seed, k, op.Kind, op.Name, err)
		}
		if times == 0 {
			return met, nil
		}
		met++
	}
}

// Broken does some work again and again; each time another change fails, or all from
// it on do if lasting is set. The store must end, say why, call nothing done from
// then on, and close promptly. When the disk works again nothing that was synced may
// be missing. It returns how many changes failed.
func Broken(work Work, lasting bool) (met int, err error) {
	for k := 1; ; k++ {
		h := NewHistory(work)
		broken := &fault{at: k, times: 1, err: syscall.EIO}
		if lasting {
			broken.times = 1 << 30
		}
		memory := vfs.NewCrashableMem()
		err := h.endure(faultfs.Watch(memory, broken.before))
		times, op := broken.seen()
		if times == 0 {
			return met, err
		}
		met++
		switch {
		case err == nil:
			err = errors.New("the store has not noticed")
		case !errors.Is(err, errEnded) && !errors.Is(err, errNotOpened):
		case !strings.Contains(err.Error(), Dir) || !strings.Contains(err.Error(), syscall.EIO.Error()):
			err = fmt.Errorf("the error does not say what is wrong: %w", err)
		default:
			err = h.recovers(memory)
		}
		if err == nil {
			err = h.faults()
		}
		if err != nil {
			return met, fmt.Errorf("seed %d, change %d failed, %s %s: %w", work.Seed, k, op.Kind, op.Name, err)
		}
	}
}

// Unreadable does some work again and again; each time something else cannot be
// read, once. The store must say so, or do without. It returns how much could not be
// read.
func Unreadable(work Work) (met int, err error) {
	for k := 1; ; k++ {
		h := NewHistory(work)
		unreadable := &fault{at: k, times: 1, err: syscall.EIO, reads: true}
		memory := vfs.NewCrashableMem()
		err := h.endure(faultfs.Watch(memory, unreadable.before))
		times, op := unreadable.seen()
		var wrong *Wrong
		if err == nil || !errors.As(err, &wrong) && strings.Contains(err.Error(), Dir) {
			err = h.recovers(memory)
		}
		if err == nil {
			err = h.faults()
		}
		if err != nil {
			return met, fmt.Errorf("seed %d, read %d failed, %s: %w", work.Seed, k, op.Name, err)
		}
		if times == 0 {
			return met, nil
		}
		met++
	}
}

// fault refuses what is done to a file system: some times, from a count on.
type fault struct {
	at, times int
	err       error
	reads     bool // reads are refused, and else all but reads
	writes    bool // once something was refused, no sync is

	mu    sync.Mutex
	count int
	met   int
	op    faultfs.Op // the first that was refused
}

func (f *fault) before(op faultfs.Op) error {
	if (op.Kind == "read") != f.reads {
		return nil
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.count++
	if f.count < f.at || f.met >= f.times || f.met > 0 && f.writes && op.Kind == "sync" {
		return nil
	}
	if f.met == 0 {
		f.op = op
	}
	f.met++
	var err error = &os.PathError{Op: op.Kind, Path: op.Name, Err: f.err}
	if op.Kind == "write" && f.met%2 == 1 {
		err = faultfs.Partial{Err: err}
	}
	return err
}

// seen is how often it refused something, and what the first time.
func (f *fault) seen() (met int, op faultfs.Op) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.met, f.op
}

var (
	errEnded     = errors.New("the store has ended")
	errNotOpened = errors.New("the store was not opened")
)

// endure does all the work, and checks the end. That the store ended, or was not
// opened, is an error.
func (h *History) endure(fs vfs.FS) error {
	finished := make(chan error, 1)
	go func() { finished <- h.attempt(fs) }()
	select {
	case err := <-finished:
		return err
	case <-time.After(patience):
		return errors.New("it hangs")
	}
}

func (h *History) attempt(fs vfs.FS) error {
	s, err := h.run(fs, nil)
	if s == nil {
		return fmt.Errorf("%w: %w", errNotOpened, err)
	}
	if err == nil {
		all := int64(len(h.updates))
		_, err = h.check(s, all, all)
	}
	done := h.done.Load()
	if closed := s.Close(); err == nil {
		err = closed
	} else if s.Err() != nil && closed == nil {
		return errors.New("it was closed as if nothing had happened")
	}
	if s.Err() == nil {
		return err
	}
	if h.done.Load() > done+1 { // one may have been on its way
		return errors.New("it called what was done after it had ended")
	}
	return fmt.Errorf("%w: %w", errEnded, err)
}

// recovers checks that a store opens when all works again: after the process was
// started again, and after the power was lost.
func (h *History) recovers(memory *vfs.MemFS) error {
	synced, issued := h.synced.Load(), h.issued.Load()
	lost := memory.CrashClone(vfs.CrashCloneCfg{})
	if _, err := h.verify(memory, synced, issued); err != nil {
		return fmt.Errorf("afterwards: %w", err)
	}
	if _, err := h.verify(lost, synced, issued); err != nil {
		return fmt.Errorf("afterwards, without what was not synced: %w", err)
	}
	return nil
}
