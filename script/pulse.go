package script

import (
	"runtime/metrics"
	"sync/atomic"
	"time"
)

// beat is how often the clock and the heap are looked at while functions run:
// in that time a script can allocate some ten MiB.
const beat = 5 * time.Millisecond

// idleBeats is after how many beats without a call the pulse stops.
const idleBeats = 20

// heart is what tells all guards of the process that time has passed and how
// large the heap is, so that a guard needs to look at neither before every
// instruction. Its goroutine runs while functions do, and ends soon after the
// last. All methods may be called from any goroutine.
type heart struct {
	tick    atomic.Uint32
	heap    atomic.Int64 // bytes, at the latest look
	busy    atomic.Bool  // since the latest beat
	running atomic.Bool
}

var pulse heart

// wake makes the pulse run for a while.
func (h *heart) wake() {
	if h.busy.Load() {
		return
	}
	h.busy.Store(true)
	if h.running.CompareAndSwap(false, true) {
		h.read()
		go h.run()
	}
}

func (h *heart) run() {
	for {
		for idle := 0; idle < idleBeats; idle++ {
			time.Sleep(beat)
			h.read()
			h.tick.Add(1)
			if h.busy.Swap(false) {
				idle = 0
			}
		}
		h.running.Store(false)
		if !h.busy.Load() || !h.running.CompareAndSwap(false, true) {
			return
		}
	}
}

// read looks at the size of the heap, garbage included.
func (h *heart) read() int64 {
	sample := [1]metrics.Sample{{Name: "/memory/classes/heap/objects:bytes"}}
	metrics.Read(sample[:])
	heap := int64(sample[0].Value.Uint64())
	h.heap.Store(heap)
	return heap
}
