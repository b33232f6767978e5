package engine

import (
	"fmt"
	"sync/atomic"
	"time"

	"github.com/gopiper/gopiper/component"
)

// hands is a goroutine that calls a component for its worker, so that the worker
// can go on without a Handle that never returns. Components that declare
// themselves Sync are called by the worker itself: a hand-over per batch is cheap
// but not free.
type hands struct {
	u       *unit
	work    chan errand
	done    chan errand
	expired chan *call
	current atomic.Pointer[call] // being handled; claimed by who goes on after it

	// For the watch: what it saw last, and since when.
	seen  *call
	since int64
}

// errand is a part of a batch to hand over.
type errand struct {
	live     []component.Message
	from, to int
	n        int
	dirty    bool
}

func newHands(u *unit) *hands {
	return &hands{u: u, work: make(chan errand), done: make(chan errand), expired: make(chan *call, 1)}
}

// loop runs errands until one of its calls is given up, or the run is over.
func (h *hands) loop() {
	for {
		select {
		case e := <-h.work:
			e.n, e.dirty = h.u.attempt(h, e.live, e.from, e.to)
			if h.u.hands.Load() != h {
				return // given up: somebody else has gone on
			}
			h.done <- e
		case <-h.u.w.p.hardContext.Done():
			return
		}
	}
}

// enter notes that the component is about to be called.
func (h *hands) enter(c *call) {
	if h != nil {
		c.handed = true
		h.current.Store(c)
	}
}

// leave tells whether whoever called the component may go on: not if it was
// given up meanwhile.
func (c *call) leave() bool { return !c.handed || c.claim.CompareAndSwap(0, 1) }

// givenUpCall is what attempt panics with to leave everything as it stands.
type givenUpCall struct{}

// byHands lets the hands hand over live[from:to]. If they get stuck the component
// is replaced, and the message it is stuck with counts as timed out.
func (u *unit) byHands(live []component.Message, from, to int) (n int, dirty bool) {
	h := u.hands.Load()
	if h == nil {
		h = newHands(u)
		u.hands.Store(h)
		go h.loop()
	}
	h.work <- errand{live: live, from: from, to: to}
	select {
	case e := <-h.done:
		h.current.Store(nil)
		return e.n, e.dirty
	case c := <-h.expired:
		return u.stuckIn(c, live, from, to)
	}
}

// stuckIn goes on after a call that does not return.
func (u *unit) stuckIn(c *call, live []component.Message, from, to int) (n int, dirty bool) {
	u.hands.Store(nil)
	u.counts.timeouts++
	at := u.at
	for _, m := range live[max(from, at):to] {
		m.(*message).home.leaked.Store(true)
	}
	if at >= 0 {
		u.orphan(live)
	}
	u.replace()
	if at < 0 { // in HandleBatch: the same again, one by one
		clear(u.reports[from:to])
		for i := from; i < to; i++ {
			live[i] = live[i].(*message).renew()
		}
		u.alone = true
		defer func() { u.alone = false }()
		for n < to-from && !u.stop {
			k, _ := u.attemptBy(live, from+n, to)
			n += k
		}
		return n, true
	}
	m := live[at].(*message).renew()
	live[at] = m
	u.prepare(m).timeouts++
	u.report(live, at, component.Report{Status: component.Retry,
		Description: fmt.Sprintf("Handle did not return within %v", u.stage.timeout)})
	return at + 1 - from, true
}

// attemptBy hands over with the worker's own goroutine or with the hands.
func (u *unit) attemptBy(live []component.Message, from, to int) (int, bool) {
	if u.handed {
		return u.byHands(live, from, to)
	}
	return u.attempt(nil, live, from, to)
}

// askHands gives up calls that have not returned in time.
func (p *Pipeline) askHands() {
	now := monotonic()
	for _, s := range p.stages {
		for _, u := range s.units {
			h := u.hands.Load()
			if h == nil {
				continue
			}
			c := h.current.Load()
			if c != h.seen || c == nil {
				h.seen, h.since = c, now
				continue
			}
			if now-h.since > int64(s.timeout) && c.claim.CompareAndSwap(0, 2) {
				h.expired <- c
			}
		}
	}
}

// askStuck says which components that declare themselves Sync have not returned
// in time: nobody can go on without them.
func (p *Pipeline) askStuck() {
	now := monotonic()
	for _, s := range p.stages {
		for _, u := range s.units {
			since := u.inside.Load()
			if since == 0 || u.hands.Load() != nil || now-since < int64(s.timeout) || now-s.complained.Load() < int64(time.Minute) && s.complained.Load() != 0 {
				continue
			}
			s.complained.Store(now)
			p.logger.Warn("a component has not returned in time; it declares itself Sync, so its worker is stuck with it",
				"stage", s.config.Name, "for", time.Duration(now-since).Round(time.Millisecond))
		}
	}
}

// patience is how long the end of a run waits for goroutines that are stuck in
// components after everything was called off.
const patience = time.Second / 2
