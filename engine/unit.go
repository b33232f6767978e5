package engine

import (
	"math"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gopiper/gopiper/component"
	"github.com/gopiper/gopiper/plan"
)

// stage is what the workers of one stage share.
type stage struct {
	p       *Pipeline
	config  *Stage
	workers int
	order   plan.Order
	timeout time.Duration
	sync    bool    // calls back before Handle returns
	emits   bool    // sends on postponed, or may
	keeps   bool    // flushed only at the bound and at the end
	buffer  *buffer // nil for all but buffers
	fork    *fork   // nil for all but branches and switches
	state   *state  // of its components
	last    bool    // what it lets through is delivered
	failing bool    // it is part of the failed branch

	fresh      atomic.Bool  // a callback came twice: never reuse one again
	kept       atomic.Int64 // messages that its components keep
	stalled    atomic.Int64
	closed     atomic.Int64 // workers that retry in total order: hand nothing over to any
	trouble    atomic.Pointer[trouble]
	complained atomic.Int64  // when it was last logged that something stalls
	lost       atomic.Uint64 // messages that failed outside of a worker: at a fork
	units      []*unit
	opened     bool
	created    []*instance // that are not closed yet; under Pipeline.mu
}

// wakeAll lets the workers look again whether they may hand over.
func (s *stage) wakeAll() {
	if s.workers > 1 {
		for _, u := range s.units {
			u.w.post(event{kind: gateOpened, unit: u})
		}
	}
}

// unit is one worker's instance of a stage's component, and what waits there.
// All of it belongs to whoever holds the worker's lock.
type unit struct {
	stage *stage
	w     *worker
	index int // in the worker

	component component.Component
	instance  *instance
	batches   component.BatchHandler
	flusher   component.Flusher
	postponed chan component.Message
	key       KeyFunc
	channel   atomic.Pointer[chan component.Message] // postponed, for others to look at
	helper    atomic.Pointer[helper]

	cell      *cell // the reused callback
	callback  component.HandledCallback
	fresh     []call             // not used yet
	calls     map[*message]*call // those that are late
	lateCalls atomic.Int64       // how many these are

	reports   []component.Report  // of the batch being handed over; all Done in between
	at        int                 // the message being handed over
	stop      bool                // hand nothing more over before what was reported is seen to
	emissions []emission          // sent on postponed during this batch
	sent      []component.Message // sent on postponed outside of Handle
	nursery   *home               // of messages that the component has made
	orphans   []int               // messages of this batch that a component kept which was replaced
	failures  []component.Message

	park        []*entry             // what goes on only behind something unfinished
	waiting     []*batch             // not handed over yet
	blocked     int                  // messages whose retry holds the others back
	keys        map[string]*keyQueue // in key order: those of which something is awaited
	restarts    atomic.Int64         // replaced components in a row, with nothing Done in between
	doneThen    uint64               // how many messages were Done when the last one was replaced
	loose       int                  // messages that wait for a callback or retry with no entry
	unflushed   []*batch
	flushes     int  // failed flushes in a row
	slowFlush   bool // its flushes wait for something
	slowFlushes int  // in a row
	current     *call
	handed      bool // called by hands
	hands       atomic.Pointer[hands]
	alone       bool // hand over one at a time

	keepMu  sync.Mutex
	keeping []*message // that the component keeps
	kept    atomic.Int64

	chunk  int // how many messages between two looks at the clock
	sample uint
	inside atomic.Int64 // since when the component has been running, 0 if it is not; sampled
	counts counts
}

type emission struct {
	m     *message
	at    int  // its place: before this message of the batch
	early bool // the engine has not seen yet that the component keeps it
}

// statusPending marks a message in reports whose callback has not come.
const statusPending = math.MinInt

// slice is how long a batch may stay in one stage before what is finished of it
// goes on.
const slice = int64(time.Millisecond)

var epoch = time.Now()

// monotonic is the time since the program started, in nanoseconds, never 0.
func monotonic() int64 { return int64(time.Since(epoch)) | 1 }

// step hands a batch over to the component and returns the batch that goes on
// to the next stage, or nil if there is none for now. This is the way of every
// message: worker.run, step, the component, and back.
func (u *unit) step(b *batch) *batch {
	if u.held() {
		u.waiting = append(u.waiting, b)
		return nil
	}
	if len(u.keys) > 0 {
		u.divert(b)
	}
	u.counts.bytes += uint64(b.bytes)
	for {
		handed, dirty := u.hand(b)
		u.counts.received += uint64(handed)
		u.counts.batches++
		if handed < len(b.live) && !u.stop { // slow: let the finished ones go on
			if front := u.sift(b.split(handed), handed); front != nil {
				u.proceed(front)
			}
			if u.blocked > 0 { // it could not be flushed
				u.counts.bytes -= uint64(b.bytes)
				u.waiting = append(u.waiting, b)
				return nil
			}
			continue
		}
		if dirty || u.stage.emits || handed < len(b.live) || len(u.emissions) > 0 || len(u.park) > 0 || len(u.keys) > 0 {
			b = u.sift(b, handed)
			if len(u.waiting) > 0 && u.blocked == 0 { // nothing holds the rest back any more
				if b != nil {
					u.proceed(b)
				}
				u.advance()
				return nil
			}
			if b == nil {
				return nil
			}
		} else {
			u.counts.done += uint64(handed)
			if b.edited {
				b.commit()
			}
		}
		return u.pass(b)
	}
}

// held tells that nothing may be handed over now.
func (u *unit) held() bool {
	return u.blocked > 0 || len(u.waiting) > 0 || u.stage.closed.Load() > 0
}

// newCell makes a callback to reuse.
func (u *unit) newCell() {
	u.cell = &cell{u: u}
	u.callback = u.cell.handled
}
