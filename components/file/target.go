package file

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"os/signal"
	"path/filepath"
	"sync"

	"golang.org/x/sys/unix"

	"github.com/gopiper/gopiper/component"
	"github.com/gopiper/gopiper/framing"
)

// target is the file to write to. Its workers share it, so that an error of one
// of them is not the loss of what another one wrote.
//
// A failed fsync says that the disk may lack anything that was written since the
// one before, and a later one that succeeds does not say otherwise. So after any
// error the file is cut back to the length at which all was well, and everything
// since then is written again. That is possible as long as nobody else writes to
// the file.
type target struct {
	path      string
	format    framing.Format
	delimiter byte
	delimited bool
	append    bool
	mode      fs.FileMode
	sync      bool

	// Of the file; tests let them fail.
	writeFile func(*os.File, []byte) (int, error)
	syncFile  func(*os.File) error

	reopen chan os.Signal
	state  component.State // nil if it does not survive the process

	turn      sync.Mutex // held while the file is opened, written, synced or cut
	id        identity
	regular   bool
	length    int64 // of the file, if nobody else has written to it
	whole     int64 // the length at which all was well
	open      bool  // no delimiter stands at the end
	wholeOpen bool  // no delimiter stands at whole
	torn      bool  // the file ends within a message, which the writer will complete
	failures  int   // after each, what was written since whole is to be written again
	openings  int
	named     bool // the disk has known the file's name
	noted     struct {
		in    identity // zero if nothing is
		birth int64
		from  int64 // where what this run writes begins
	}

	mu     sync.Mutex // guards what follows: close may come while a write is stuck
	file   *os.File   // nil if it is to be opened before the next write
	closed bool
}

// writers counts, by file, the targets that have it open.
var writers = struct {
	sync.Mutex
	of map[identity]int
}{of: map[identity]int{}}

// start mends what a crash has left, empties the file if it is not to be kept,
// and opens it.
func (t *target) start(ctx context.Context) error {
	t.delimiter, t.delimited = t.format.Delimiter()
	t.mu.Lock()
	t.closed = false
	t.mu.Unlock()
	t.named, t.noted.in = false, identity{}
	if t.state = component.StateOf(ctx); t.state != nil && !t.state.Durable() {
		t.state = nil
	}
	if err := t.mend(); err != nil {
		return err
	}
	if !t.append {
		file, err := t.create()
		if err != nil {
			return err
		}
		if err := errors.Join(file.Truncate(0), file.Close()); err != nil {
			return err
		}
	}
	t.turn.Lock()
	defer t.turn.Unlock()
	signal.Notify(t.reopen, unix.SIGUSR1) // who renames the file once it is open is heard
	if _, err := t.current(); err != nil {
		signal.Stop(t.reopen)
		return err
	}
	return nil
}

// create opens the file for writing at its end, wherever that is: several
// stages, or processes, do not overwrite each other. The disk knows the file's
// name then.
func (t *target) create() (*os.File, error) {
	file, err := os.OpenFile(t.path, os.O_WRONLY|os.O_APPEND, 0)
	if err == nil && (t.named || !t.sync) {
		return file, nil
	}
	directory := filepath.Dir(t.path)
	if errors.Is(err, fs.ErrNotExist) {
		if err := t.makeDirectory(directory); err != nil {
			return nil, fmt.Errorf("directory of %s: %w", t.path, err)
		}
		file, err = os.OpenFile(t.path, os.O_WRONLY|os.O_APPEND|os.O_CREATE, t.mode)
	}
	if err != nil || !t.sync {
		return file, err
	}
	if err := t.syncDirectory(directory); err != nil {
		file.Close()
		return nil, err
	}
	t.named = true
	return file, nil
}

// makeDirectory makes a directory and those above it. The disk knows their names
// then.
func (t *target) makeDirectory(name string) error {
	if _, err := os.Stat(name); err == nil || !t.sync {
		return os.MkdirAll(name, 0o755)
	}
	above := filepath.Dir(name)
	if above != name {
		if err := t.makeDirectory(above); err != nil {
			return err
		}
	}
	if err := os.Mkdir(name, 0o755); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	return t.syncDirectory(above)
}

// syncDirectory waits until the disk has the names of the files in it.
func (t *target) syncDirectory(name string) error {
	directory, err := os.Open(name)
	if err != nil {
		return err
	}
	return errors.Join(t.syncFile(directory), directory.Close())
}

// current returns the file, opened if it is not.
func (t *target) current() (*os.File, error) {
	if file := t.opened(); file != nil {
		return file, nil
	}
	file, err := t.create()
	if err != nil {
		return nil, err
	}
	info, err := file.Stat()
	if err != nil {
		file.Close()
		return nil, err
	}
	t.id, t.regular = identify(info), info.Mode().IsRegular()
	t.length = 0
	if t.regular {
		t.length = info.Size()
	}
	t.open = t.length > 0 && t.delimited && !endsWith(t.path, info, t.delimiter)
	t.whole, t.wholeOpen, t.torn = t.length, t.open, false
	if err := t.note(file); err != nil {
		file.Close()
		return nil, err
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.closed {
		return nil, errors.Join(os.ErrClosed, file.Close())
	}
	t.file = file
	t.openings++
	writers.Lock()
	writers.of[t.id]++
	writers.Unlock()
	return file, nil
}

// endsWith tells whether a file that holds something ends with the delimiter, as
// far as it can be read.
func endsWith(path string, info fs.FileInfo, delimiter byte) bool {
	file, err := os.Open(path)
	if err != nil {
		return true
	}
	defer file.Close()
	if here, err := file.Stat(); err != nil || !os.SameFile(info, here) {
		return true
	}
	var last [1]byte
	_, err = file.ReadAt(last[:], info.Size()-1)
	return err != nil || last[0] == delimiter
}

func (t *target) opened() *os.File {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.file
}

// finish closes the file.
func (t *target) finish() error {
	t.mu.Lock()
	file := t.file
	t.file = nil
	t.mu.Unlock()
	if file == nil {
		return nil
	}
	writers.Lock()
	if writers.of[t.id]--; writers.of[t.id] == 0 {
		delete(writers.of, t.id)
	}
	writers.Unlock()
	return file.Close()
}

// rotate closes the file if the signal has come, and returns how often it was
// opened.
func (t *target) rotate() (openings int) {
	t.turn.Lock()
	defer t.turn.Unlock()
	select {
	case <-t.reopen:
	default:
		return t.openings
	}
	if t.opened() == nil {
		return t.openings
	}
	err := t.settle()
	if err == nil {
		if err = t.finish(); err != nil {
			t.failures++
		}
	}
	if err != nil { // who has something in the file that is not settled learns it by the failures
		slog.Warn("closing a file failed", "path", t.path, "error", err)
	}
	if t.opened() != nil {
		return t.openings
	}
	return t.openings + 1 // before the next write
}

// close does not wait for the disk: what counts was settled. It may be called
// while a write is stuck, and ends it.
func (t *target) close() error {
	signal.Stop(t.reopen)
	t.mu.Lock()
	t.closed = true
	t.mu.Unlock()
	whole := t.turn.TryLock()
	if whole {
		defer t.turn.Unlock()
		whole = !t.torn
	}
	err := t.finish()
	if whole && err == nil {
		err = t.unnote()
	}
	return err
}
