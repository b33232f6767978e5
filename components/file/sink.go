package file

import (
	"fmt"

	"github.com/gopiper/gopiper/components/stream"
)

// sink writes to a target, which it shares with other workers. It belongs to one
// worker.
type sink struct {
	target   *target
	writer   *stream.Writer
	wrote    bool // since the last flush
	failures int  // of the target, when it wrote first since then
	openings int  // of the target, when it flushed last
}

func newSink(t *target) *sink {
	s := &sink{target: t}
	s.writer = stream.NewWriter(t.format, s.write)
	s.writer.LeaveEnd = true
	return s
}

func (s *sink) write(p []byte) (int, error) {
	t := s.target
	t.turn.Lock()
	defer t.turn.Unlock()
	if s.wrote && s.failures != t.failures {
		return 0, s.again()
	}
	s.wrote, s.failures = true, t.failures
	return t.write(p)
}

// again is the error when another worker's failure has undone what was written.
func (s *sink) again() error {
	return fmt.Errorf("%s: what was written was undone after an error; it is written again", s.target.path)
}

// flush writes what is buffered, to a newly opened file if the signal has come,
// and waits for the disk.
func (s *sink) flush() error {
	t := s.target
	if openings := t.rotate(); openings != s.openings {
		s.openings = openings
		s.writer.Restart()
	}
	err := s.writer.Flush()
	if err == nil {
		err = s.settle()
	}
	s.wrote = false
	return err
}

func (s *sink) settle() error {
	t := s.target
	t.turn.Lock()
	defer t.turn.Unlock()
	switch {
	case !s.wrote:
		return nil
	case s.failures != t.failures:
		return s.again()
	}
	return t.settle()
}
