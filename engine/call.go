package engine

import (
	"runtime"
	"sync"
	"sync/atomic"

	"github.com/gopiper/gopiper/component"
)

// cell is the callback of a component that declares itself Sync: the same one for
// every message of a worker. Because Handle has called it before it returns, it
// needs no atomics and no lock; who calls it later, or from another goroutine,
// breaks the promise. A Done then may get lost or count for another message,
// which the severest report of a message and its timeout make harmless: nothing
// that fails ever flows on.
type cell struct {
	calls int  // since the message was handed over
	bad   bool // something other than the first Done came
	u     *unit

	mu      sync.Mutex
	reports []component.Report // those that are not the first Done

	late atomic.Pointer[call] // what the cell has become, after Handle did not call it
}

// handled is the component's HandledCallback.
func (c *cell) handled(r component.Report) {
	if r.Status == component.Done && r.Description == "" && c.calls == 0 {
		c.calls = 1
		return
	}
	if late := c.late.Load(); late != nil {
		late.handled(r)
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.calls > 0 || c.bad {
		c.u.counts.doubled.Add(1)
		c.u.stage.fresh.Store(true)
	}
	c.reports = append(c.reports[:min(len(c.reports), 8)], r)
	c.bad = true
}

// result takes the report on the message: the most severe if there are several,
// for nobody can tell which message they are for.
func (c *cell) result() component.Report {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.bad = false
	var r component.Report
	for i, other := range c.reports {
		if i == 0 && c.calls == 0 {
			r = other
		} else {
			r = component.Worse(r, other)
		}
	}
	c.reports = c.reports[:0]
	return r
}

// call is one callback for one message, so that a callback that comes late or
// again can never be taken for another message's. Invariant 3: the first report
// counts.
type call struct {
	state  atomic.Uint32
	claim  atomic.Uint32 // who goes on after the component: 1 the caller, 2 the watch
	handed bool          // hands make the call: it may be given up
	report component.Report
	u      *unit
	m      *message

	// Of one that is late, for the worker; the message is the component's.
	deadline int64 // nanoseconds
	entry    *entry
	key      string // in key order
}

// The states of a call.
const (
	armed     = iota // Handle may be running, nothing reported
	done             // reported Done without a description
	writing          // the report is being written
	reported         // report holds the report
	late             // Handle has returned and nothing is reported
	abandoned        // timed out: what is reported has no effect
)

// handled is the component's HandledCallback.
func (c *call) handled(r component.Report) {
	for {
		switch state := c.state.Load(); state {
		case armed:
			if r.Status == component.Done && r.Description == "" {
				if c.state.CompareAndSwap(armed, done) {
					return
				}
				continue
			}
			if c.state.CompareAndSwap(armed, writing) {
				c.report = r
				c.state.Store(reported)
				return
			}
		case late:
			if c.state.CompareAndSwap(late, writing) {
				c.report = r
				c.state.Store(reported)
				c.u.w.post(event{kind: callCame, call: c})
				return
			}
		default:
			c.u.counts.doubled.Add(1)
			return
		}
	}
}

// result returns the report of a call that has one, or is about to.
func (c *call) result() component.Report {
	for {
		switch c.state.Load() {
		case writing:
			runtime.Gosched()
		case reported:
			return c.report
		default:
			return component.Report{}
		}
	}
}
