package engine

import (
	"context"
	"sync"

	"github.com/gopiper/gopiper/component"
)

// helper takes what a component sends on postponed while its worker is in
// Handle. It is started for a unit once postponed has been found full, which
// few components ever make it; from then on it alone receives, and the worker
// takes from it.
type helper struct {
	u     *unit
	c     chan component.Message
	mu    sync.Mutex
	taken []component.Message
}

// fenceMark is sent behind what a Handle has sent, to know that all of that has
// been taken.
type fenceMark struct {
	component.Message
	passed chan struct{}
}

// help starts helpers where postponed is full while the worker is busy.
func (p *Pipeline) help() {
	for _, s := range p.stages {
		for _, u := range s.units {
			c := u.channel.Load()
			if c == nil || len(*c) < cap(*c) || u.helper.Load() != nil {
				continue
			}
			h := &helper{u: u, c: *c}
			if u.helper.CompareAndSwap(nil, h) {
				go h.loop(p.hardContext)
			}
		}
	}
}

func (h *helper) loop(ctx context.Context) {
	for {
		select {
		case sent, ok := <-h.c:
			if !ok {
				return
			}
			if mark, is := sent.(fenceMark); is {
				close(mark.passed)
				continue
			}
			h.mu.Lock()
			h.taken = append(h.taken, sent)
			first := len(h.taken) == 1
			h.mu.Unlock()
			if first {
				h.u.w.post(event{kind: sentCame, unit: h.u})
			}
		case <-ctx.Done():
			return
		}
	}
}

// sentAny tells whether the component has sent something that nobody has taken
// into the pipeline yet: all that it sent before this call is seen.
func (u *unit) sentAny() bool {
	h := u.helper.Load()
	if h == nil {
		return len(u.postponed) > 0
	}
	mark := fenceMark{passed: make(chan struct{})}
	select {
	case h.c <- mark:
	case <-u.w.p.aborted:
		return false
	}
	select {
	case <-mark.passed:
	case <-u.w.p.aborted:
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	return len(h.taken) > 0
}

// sentNext returns the next message that the component has sent, and false when
// there is none now.
func (u *unit) sentNext() (component.Message, bool) {
	if h := u.helper.Load(); h != nil {
		h.mu.Lock()
		defer h.mu.Unlock()
		if len(h.taken) == 0 {
			return nil, false
		}
		m := h.taken[0]
		h.taken[0] = nil
		h.taken = h.taken[1:]
		return m, true
	}
	if len(u.postponed) == 0 {
		return nil, false
	}
	m, ok := <-u.postponed
	if !ok {
		u.postponed = nil
	}
	return m, ok
}
