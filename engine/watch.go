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
	stuckFor := 0
	var checked int64
	var settled uint64
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
			if now := p.settledCount.Load(); now != settled {
				settled, stuckFor = now, 0
			}
			stuckFor = p.checkKept(stuckFor)
			if now := monotonic(); now-checked > int64(100*time.Millisecond) {
				checked = now
				p.askTimeouts()
				p.askHands()
				p.askStuck()
			}
			p.help()
		}
	}
}

// checkKept looks whether messages that components keep fill the bound while a
// source waits: they are asked to flush, and if that does not help the run ends.
func (p *Pipeline) checkKept(stuckFor int) int {
	kept := p.kept.Load()
	if p.credits.waiting.Load() == 0 || kept == 0 || p.credits.messages.Load() > kept {
		return 0
	}
	if stuckFor == 1 || stuckFor == 10 {
		for _, s := range p.stages {
			for _, u := range s.units {
				if s.kept.Load() > 0 {
					u.w.post(event{kind: flushKept, unit: u})
				}
			}
		}
	}
	if stuckFor == 50 {
		for _, s := range p.stages {
			if s.kept.Load() > 0 {
				p.stuck(s, int(s.kept.Load()))
				break
			}
		}
	}
	return stuckFor + 1
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
