package engine

import (
	"sync"
	"sync/atomic"

	"github.com/gopiper/gopiper/component"
)

// call is one callback. A component that declares itself Sync gets the same one
// for every message of a worker; every other component a fresh one each time,
// so that a callback that comes late or again can never be taken for another
// message's. Invariant 3: the first report counts.
//
// Its state is a phase in the low bits and, above, a number that tells the
// messages of a reused call apart.
type call struct {
	state  atomic.Uint64
	report component.Report
	u      *unit
	m      *message // of a fresh call

	mu      sync.Mutex // for other reports that arrive in a reused call
	seconds []component.Report

	deadline int64 // of a fresh call that is late; nanoseconds
	entry    *entry
}

// The phases.
const (
	idle      = iota
	armed     // Handle may be running, nothing reported
	done      // reported Done without a description
	writing   // the report is being written
	reported  // report holds the report
	late      // Handle has returned and nothing is reported
	abandoned // timed out: what is reported has no effect
	phases    = 7
	again     = 1 << 62 // another report arrived in a reused call
)

// handled is the component's HandledCallback.
func (c *call) handled(r component.Report) {
	for {
		v := c.state.Load()
		switch v & phases {
		case armed:
			if r.Status == component.Done && r.Description == "" {
				if c.state.CompareAndSwap(v, v-armed+done) {
					return
				}
				continue
			}
			if c.state.CompareAndSwap(v, v-armed+writing) {
				c.report = r
				c.finish(v - armed + writing)
				return
			}
		case late:
			if c.state.CompareAndSwap(v, v-late+writing) {
				c.report = r
				c.finish(v - late + writing)
				c.u.w.post(event{kind: callCame, call: c})
				return
			}
		default:
			c.double(r)
			return
		}
	}
}

// finish goes from writing to reported; meanwhile the only change that others
// make is to set again.
func (c *call) finish(v uint64) {
	for !c.state.CompareAndSwap(v, v-writing+reported) {
		v = c.state.Load()
	}
}

// double notes a callback that came again. In a reused call nobody can tell
// which message it was for: the more severe report wins, and the stage gives up
// reuse.
func (c *call) double(r component.Report) {
	c.u.counts.doubled.Add(1)
	if c.m != nil {
		return
	}
	c.u.stage.fresh.Store(true)
	c.mu.Lock()
	c.seconds = append(c.seconds[:min(len(c.seconds), 8)], r)
	c.mu.Unlock()
	for {
		v := c.state.Load()
		if v&again != 0 || c.state.CompareAndSwap(v, v|again) {
			return
		}
	}
}

// result returns the report of a call that is done or reported.
func (c *call) result() component.Report {
	v := c.state.Load()
	for v&phases == writing {
		v = c.state.Load()
	}
	r := component.Report{}
	if v&phases == reported {
		r = c.report
	}
	if v&again != 0 {
		c.mu.Lock()
		for _, second := range c.seconds {
			r = component.Worse(r, second)
		}
		c.seconds = nil
		c.mu.Unlock()
	}
	return r
}
