package engine

import (
	"context"
	"time"
)

// watch stops the run when ctx is cancelled, bounds the drain, and looks now and
// then for what is stuck.
func (p *Pipeline) watch(ctx context.Context, over chan struct{}) {
	ticker := time.NewTicker(tick)
	defer ticker.Stop()
	cancelled := ctx.Done()
	var deadline <-chan time.Time
	checked, swept := int64(0), -int64(sweepEvery)
	for {
		select {
		case <-over:
			return
		case <-cancelled:
			cancelled = nil
			p.stop()
			timer := time.NewTimer(p.config.DrainTimeout)
			defer timer.Stop()
			deadline = timer.C
		case <-deadline:
			p.abort()
			deadline = nil
		case <-ticker.C:
			for _, s := range p.sections {
				p.checkKept(s)
			}
			if now := monotonic(); now-checked > int64(100*time.Millisecond) {
				checked = now
				p.askTimeouts()
				p.askHands()
				p.askStuck()
				p.lookDurable()
				if now-swept > int64(sweepEvery) {
					swept = now
					go p.sweep()
				}
			}
			p.help()
		}
	}
}

// checkKept looks whether messages that components keep fill the bound while a
// source waits: they are asked to flush, and if that does not help the run ends.
func (p *Pipeline) checkKept(sec *section) {
	settled := sec.count.Load()
	if !sec.isHeldUp() || !sec.isKept() && !p.isKept() || settled != sec.settled ||
		p.ledger != nil && p.ledger.busy() || p.isAborted() {
		sec.waited, sec.settled = 0, settled
		return
	}
	// What one stage sends on another may keep: each has its time.
	spread := int64(0)
	for i, s := range p.stages {
		spread += s.kept.Load() * int64(i+1)
	}
	if spread != sec.spread {
		sec.spread, sec.waited = spread, 0
	}
	if sec.waited%5 == 1 {
		for _, s := range p.stages {
			for _, u := range s.units {
				if s.kept.Load() > 0 {
					u.w.post(event{kind: flushKept, unit: u})
				}
			}
		}
	}
	if sec.waited == 50 {
		for _, s := range p.stages {
			if s.kept.Load() > 0 {
				p.stuck(s, int(s.kept.Load()))
				break
			}
		}
	}
	sec.waited++
}

// askTimeouts lets workers look for callbacks that did not come in time.
func (p *Pipeline) askTimeouts() {
	for _, s := range p.stages {
		for _, u := range s.units {
			if u.lateCalls.Load() > 0 {
				u.w.post(event{kind: timeouts, unit: u})
			}
		}
	}
}
