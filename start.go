package gopiper

import (
	"context"
	"errors"
	"sync"
)

// starts lets all pipelines of a program start, or none: each waits until every
// other has opened its components.
type starts struct {
	mu      sync.Mutex
	waiting int           // pipelines that are not open yet
	all     chan struct{} // closed when there are no more
	none    chan struct{} // closed when one has ended before
}

func newStarts(pipelines int) *starts {
	return &starts{waiting: pipelines, all: make(chan struct{}), none: make(chan struct{})}
}

// start is the start of one pipeline.
type start struct {
	all       *starts
	opened    bool
	calledOff bool
}

// errCalledOff ends a pipeline that does not start because another one does not.
var errCalledOff = errors.New("another pipeline did not start")

// open is called when the pipeline has opened its components: it waits for the
// others.
func (s *start) open(context.Context) error {
	if !s.wait() {
		return errCalledOff
	}
	return nil
}

// wait waits until every pipeline is open, and tells whether all start.
func (s *start) wait() bool {
	all := s.all
	all.mu.Lock()
	if !s.opened {
		s.opened = true
		if all.waiting--; all.waiting == 0 {
			close(all.all)
		}
	}
	all.mu.Unlock()
	select {
	case <-all.all:
		return true
	case <-all.none:
		s.calledOff = true
		return false
	}
}

// ended tells the others that the pipeline has ended, in case they still wait
// for it, and tells whether it was called off itself.
func (s *start) ended() (calledOff bool) {
	all := s.all
	all.mu.Lock()
	defer all.mu.Unlock()
	if !s.opened {
		s.opened = true
		select {
		case <-all.none:
		default:
			close(all.none)
		}
	}
	return s.calledOff
}
