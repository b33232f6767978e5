package gopiper

import (
	"sync"

	"github.com/gopiper/gopiper/component"
	"github.com/gopiper/gopiper/engine"
)

// starts lets all pipelines of a program start, or none: sources wait until
// every pipeline has opened its components.
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

// source makes a source's workers, which is the last thing that the engine does
// before it runs the pipeline: it waits for the other pipelines first. It
// returns none if these do not start.
func (s *start) source(f component.Factory) func(engine.Place, chan component.Message) component.Component {
	return func(_ engine.Place, postponed chan component.Message) component.Component {
		if !s.wait() {
			return nil
		}
		return f.Create(postponed)
	}
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
