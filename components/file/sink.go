package file

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/signal"
	"path/filepath"

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
	file   *os.File // nil if it is to be opened before the next write
	dirty  bool     // written since the last sync
	reopen chan os.Signal
}

func newSink(t *target) *sink {
	s := &sink{target: t, reopen: make(chan os.Signal, 1)}
	s.writer = stream.NewWriter(t.format, s.write)
	return s
}

func (s *sink) open() (err error) {
	signal.Notify(s.reopen, unix.SIGUSR1)
	s.file, err = s.target.create()
	return err
}

func (s *sink) write(p []byte) (n int, err error) {
	if s.file == nil {
		if s.file, err = s.target.create(); err != nil {
			return 0, err
		}
	}
	s.dirty = true
	return s.file.Write(p)
}

// flush writes what is buffered, to a newly opened file if the signal has come.
func (s *sink) flush() error {
	var closing error
	select {
	case <-s.reopen:
		closing = s.finish()
		s.writer.Restart()
	default:
	}
	return errors.Join(closing, s.writer.Flush(), s.syncFile())
}

func (s *sink) syncFile() error {
	if !s.target.sync || !s.dirty || s.file == nil {
		return nil
	}
	s.dirty = false
	return s.file.Sync()
}

// finish closes the file.
func (s *sink) finish() error {
	if s.file == nil {
		return nil
	}
	err := errors.Join(s.syncFile(), s.file.Close())
	s.file = nil
	return err
}

func (s *sink) close() error {
	signal.Stop(s.reopen)
	return s.finish()
}
