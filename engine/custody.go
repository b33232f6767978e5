package engine

import (
	"maps"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gopiper/gopiper/component"
	"github.com/gopiper/gopiper/plan"
)

// custody brings what fails, and no failed branch takes, into the quarantine. A
// message is settled by the commit that keeps it. Invariant 12.
type custody struct {
	p          *Pipeline
	quarantine *Quarantine
	bounds     plan.Quarantine

	wake    chan struct{}
	blocked atomic.Int64 // how many wait

	mu    sync.Mutex  // it may be held for long: a commit waits for a disk that is full
	queue []custodian // what does not fit, in the order of failing
	full  bool        // it has been said
}

// custodian is a message on its way into the quarantine.
type custodian struct {
	m     *message
	stage string
	r     component.Report
	value []byte // as it will lie in the store
}

func (p *Pipeline) newCustody() *custody {
	c := &custody{p: p, wake: make(chan struct{}, 1), quarantine: p.config.Kept, bounds: p.config.Quarantine}
	if c.bounds.MaxBytes == 0 {
		c.bounds.MaxBytes = plan.DefaultQuarantineBytes
	}
	return c
}

// take keeps the messages, which failed in the stage: now, or when there is room.
func (c *custody) take(s *stage, failed []*message) {
	list := make([]custodian, 0, len(failed))
	now := time.Now()
	for _, m := range failed {
		x := m.extra()
		entry := Quarantined{
			Pipeline: c.p.config.Name, Stage: s.config.Name, Time: now, Attempts: max(x.tried, 1),
			Status: x.status.Status, Description: x.status.Description,
			Data: m.data, Key: m.Key(), Timestamp: m.Timestamp(),
		}
		if m.meta != nil && len(m.meta.pairs) > 0 {
			entry.Attributes = maps.Collect(m.Attributes)
		}
		if root, _ := rootOf(m); root != nil {
			if e, ok := root.home.ender.(*replayed); ok {
				entry.ReplayOf = e.id
			}
		}
		list = append(list, custodian{m: m, stage: s.config.Name, r: x.status, value: c.quarantine.encode(&entry)})
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.queue) == 0 {
		list = c.keep(list)
	}
	c.queue = append(c.queue, list...)
	c.blocked.Store(int64(len(c.queue)))
}

// keep keeps as much as there is room for, and returns the rest. It is called with
// the lock held.
func (c *custody) keep(list []custodian) []custodian {
	n := 0
	var dropped []custodian
	fits := list[:0:0]
	for ; n < len(list); n++ {
		size := int64(len(list[n].value))
		room := c.quarantine.reserve(c.p.config.Name, size, c.bounds.MaxBytes)
		if !room && c.bounds.WhenFull == plan.DropOldest {
			room = c.quarantine.makeRoom(c.p.config.Name, size, c.bounds.MaxBytes)
		}
		switch {
		case room:
			fits = append(fits, list[n])
		case c.bounds.WhenFull == plan.DropNewest || c.bounds.WhenFull == plan.DropOldest:
			dropped = append(dropped, list[n])
		}
		if !room && len(dropped) == 0 {
			break
		}
	}
	c.say(n < len(list) || len(dropped) > 0, len(dropped))
	if len(fits) > 0 {
		c.p.ledger.commit(true, func(tx Tx) {
			for _, f := range fits {
				id := c.quarantine.number()
				tx.Put(numberedKey([]byte{quarantineKey}, id), f.value)
				f.m.settle(f.r)
			}
		}, func() { c.p.quarantined.Add(uint64(len(fits))) })
		for _, f := range fits {
			c.p.logger.Error("message failed; it is in quarantine", "stage", f.stage, "code", f.r.Status, "description", f.r.Description)
		}
	}
	for _, d := range dropped {
		d.m.settle(d.r)
	}
	return list[n:]
}

// say logs that the quarantine is full, once, and that it is not any more.
func (c *custody) say(full bool, dropped int) {
	if full == c.full && dropped == 0 {
		return
	}
	switch {
	case dropped > 0:
		c.p.logger.Error("the quarantine is full: messages that failed are dropped", "messages", dropped, "max_size", c.bounds.MaxBytes)
	case full:
		c.p.logger.Error("the quarantine is full: what fails waits, and holds back the pipeline, until there is room; replay or remove something", "max_size", c.bounds.MaxBytes)
	default:
		c.p.logger.Info("the quarantine has room again")
	}
	c.full = full
}

// look lets the loop look whether there is room for what waits. It does not block.
func (c *custody) look() {
	if c.waiting() {
		select {
		case c.wake <- struct{}{}:
		default:
		}
	}
}

// loop keeps what waits for room, when there is some, until over is closed.
func (c *custody) loop(over <-chan struct{}) {
	for {
		select {
		case <-c.wake:
			c.mu.Lock()
			if !c.p.isAborted() {
				c.queue = c.keep(c.queue)
				c.blocked.Store(int64(len(c.queue)))
			}
			c.mu.Unlock()
		case <-over:
			return
		}
	}
}

// waiting tells that something waits for room.
func (c *custody) waiting() bool { return c.blocked.Load() > 0 }

// expire removes what is older than the bound on age.
func (c *custody) expire() {
	if c.bounds.MaxAge == 0 {
		return
	}
	if n := c.quarantine.expire(c.p.config.Name, time.Now().Add(-c.bounds.MaxAge)); n > 0 {
		c.p.logger.Warn("messages left the quarantine because of their age", "messages", n, "max_age", c.bounds.MaxAge)
	}
}
