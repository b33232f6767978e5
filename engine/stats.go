package engine

import (
	"sync/atomic"
	"time"
)

// counts are the counters of one worker's stage. Only who runs the worker
// changes them, without atomics; now and then they are published for others.
type counts struct {
	received, done, continued, retried, failed, dropped uint64
	emitted, bytes, batches, panics, timeouts, late     uint64
	busy                                                uint64 // nanoseconds of timed, the messages that were timed
	timed                                               uint64
	handling                                            [16]uint64

	doubled   atomic.Uint64
	unseen    uint
	published [14 + 16]atomic.Uint64
}

// observe counts that handling n messages took so long.
func (c *counts) observe(spent int64, n int) {
	c.busy += uint64(spent)
	c.timed += uint64(n)
	each := time.Duration(spent / int64(max(n, 1)))
	c.handling[bucket(each)] += uint64(n)
	if c.unseen++; c.unseen&15 == 0 {
		c.publish()
	}
}

func bucket(d time.Duration) int {
	for i, bound := range HandlingBounds {
		if d < bound {
			return i
		}
	}
	return len(HandlingBounds)
}

// undone takes back the Done of batches whose flush failed.
func (c *counts) undone(batches []*batch) {
	for _, b := range batches {
		c.done -= uint64(len(b.live))
		c.received -= uint64(len(b.live))
		c.retried += uint64(len(b.live))
	}
}

// publish makes the counters visible to others.
func (c *counts) publish() {
	p := &c.published
	for i, v := range [...]uint64{c.received, c.done, c.continued, c.retried, c.failed, c.dropped,
		c.emitted, c.bytes, c.batches, c.panics, c.timeouts, c.late, c.busy, c.timed} {
		if p[i].Load() != v {
			p[i].Store(v)
		}
	}
	for i, v := range c.handling {
		if p[14+i].Load() != v {
			p[14+i].Store(v)
		}
	}
}

// addTo adds the published counters to those of a stage.
func (c *counts) addTo(s *StageStats) {
	p := &c.published
	for i, field := range [...]*uint64{&s.Received, &s.Done, &s.Continued, &s.Retried, &s.Failed, &s.Dropped,
		&s.Emitted, &s.Bytes, &s.Batches, &s.Panics, &s.Timeouts} {
		*field += p[i].Load()
	}
	s.Doubled += c.doubled.Load()
	handled := p[0].Load() + p[3].Load()
	if timed := p[13].Load(); timed > 0 {
		s.Busy += time.Duration(float64(p[12].Load()) * float64(max(handled, timed)) / float64(timed))
	}
	s.HandlingSum += time.Duration(p[12].Load())
	for i := range s.Handling {
		s.Handling[i] += p[14+i].Load()
	}
}

// histogram counts durations; it may be used by many goroutines.
type histogram [16]atomic.Uint64

func (p *Pipeline) observeLatency(started int64) {
	took := monotonic() - started
	p.latency[bucket(time.Duration(took))].Add(1)
	p.latencySum.Add(took)
}

// Stats reads the counters. It may be called from any goroutine, at any time.
// Those of a busy stage may be behind by some batches.
func (p *Pipeline) Stats() Stats {
	p.mu.Lock()
	stats := Stats{Pipeline: p.config.Name, State: p.state}
	p.mu.Unlock()
	stats.Originated, stats.Settled = p.originated.Load(), p.settledCount.Load()
	stats.Failed, stats.Unhandled = p.failedCount.Load(), p.unhandled.Load()
	stats.InFlight, stats.InFlightBytes = p.inFlight()
	stats.Quarantined = p.quarantined.Load()
	stats.NotReady = p.notReady()
	stats.LatencySum = time.Duration(p.latencySum.Load())
	for i := range stats.Latency {
		stats.Latency[i] = p.latency[i].Load()
	}
	for _, s := range p.stages {
		stats.Stages = append(stats.Stages, s.stats())
	}
	return stats
}

func (s *stage) stats() StageStats {
	stats := StageStats{Stage: s.config.Name, Component: s.config.Component, Workers: s.workers,
		Stalled: s.stalled.Load(), Kept: s.kept.Load(), Failed: s.lost.Load(), Wedged: s.wedged()}
	for _, src := range s.p.sources {
		if src.stage == s {
			if src.mu.TryLock() {
				src.counts.publish()
				src.mu.Unlock()
			}
			src.counts.addTo(&stats)
		}
	}
	if s.buffer != nil {
		s.buffer.addTo(&stats)
	}
	for _, u := range s.units {
		if u.w.mu.TryLock() { // it is not running: what it has not published can be read
			u.counts.publish()
			u.w.mu.Unlock()
		}
		u.counts.addTo(&stats)
		if u.index == 0 {
			stats.Queued, stats.Queue = stats.Queued+int64(len(u.w.in)), stats.Queue+int64(cap(u.w.in))
		}
	}
	return stats
}
