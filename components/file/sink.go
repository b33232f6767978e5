package file

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/signal"
	"path/filepath"
	"sync"

	"golang.org/x/sys/unix"

	"github.com/gopiper/gopiper/components/stream"
	"github.com/gopiper/gopiper/framing"
)

// target is what is to be written. Its workers share it.
type target struct {
	path   string
	format framing.Format
	append bool
	mode   fs.FileMode
	sync   bool
}

// prepare makes the directories and empties the file if it is not to be kept.
func (t *target) prepare() error {
	file, err := t.create()
	if err != nil {
		return err
	}
	if !t.append {
		err = file.Truncate(0)
	}
	return errors.Join(err, file.Close())
}

// create opens the file for writing at its end, wherever that is: several
// workers, or processes, do not overwrite each other.
func (t *target) create() (*os.File, error) {
	directory := filepath.Dir(t.path)
	if err := os.MkdirAll(directory, 0o755); err != nil {
		return nil, fmt.Errorf("directory of %s: %w", t.path, err)
	}
	file, err := os.OpenFile(t.path, os.O_WRONLY|os.O_APPEND|os.O_CREATE, t.mode)
	if err != nil || !t.sync {
		return file, err
	}
	if err := syncDirectory(directory); err != nil {
		file.Close()
		return nil, err
	}
	return file, nil
}

// syncDirectory waits until the disk has the names of the files in it.
func syncDirectory(name string) error {
	directory, err := os.Open(name)
	if err != nil {
		return err
	}
	return errors.Join(directory.Sync(), directory.Close())
}

// sink writes to a target. It belongs to one worker.
type sink struct {
	target *target
	writer *stream.Writer
	reopen chan os.Signal

	mu     sync.Mutex // close may be called while a write is stuck
	file   *os.File   // nil if it is to be opened before the next write
	dirty  bool       // written since the last sync
	closed bool
}

func newSink(t *target) *sink {
	s := &sink{target: t, reopen: make(chan os.Signal, 1)}
	s.writer = stream.NewWriter(t.format, s.write)
	return s
}

func (s *sink) open() error {
	signal.Notify(s.reopen, unix.SIGUSR1)
	_, err := s.current()
	return err
}

// current returns the file, opened if it is not.
func (s *sink) current() (*os.File, error) {
	s.mu.Lock()
	file := s.file
	s.mu.Unlock()
	if file != nil {
		return file, nil
	}
	file, err := s.target.create()
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return nil, errors.Join(os.ErrClosed, file.Close())
	}
	s.file = file
	return file, nil
}

func (s *sink) write(p []byte) (int, error) {
	file, err := s.current()
	if err != nil {
		return 0, err
	}
	s.mu.Lock()
	s.dirty = true
	s.mu.Unlock()
	return file.Write(p)
}

// flush writes what is buffered, to a newly opened file if the signal has come.
func (s *sink) flush() error {
	var closing error
	select {
	case <-s.reopen:
		closing = errors.Join(s.syncFile(), s.finish())
		s.writer.Restart()
	default:
	}
	return errors.Join(closing, s.writer.Flush(), s.syncFile())
}

func (s *sink) syncFile() error {
	s.mu.Lock()
	file, dirty := s.file, s.dirty
	s.dirty = false
	s.mu.Unlock()
	if !s.target.sync || !dirty || file == nil {
		return nil
	}
	return file.Sync()
}

// finish closes the file.
func (s *sink) finish() error {
	s.mu.Lock()
	file := s.file
	s.file = nil
	s.mu.Unlock()
	if file == nil {
		return nil
	}
	return file.Close()
}

// close does not wait for the disk: what counts was synced by flush.
func (s *sink) close() error {
	signal.Stop(s.reopen)
	s.mu.Lock()
	s.closed = true
	s.mu.Unlock()
	return s.finish()
}
