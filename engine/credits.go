package engine

import (
	"sync"
	"sync/atomic"
)

// credits bound what is in flight, in messages and bytes. They hold back
// sources only: what a component makes is counted but never waits, or nothing
// might ever move again.
type credits struct {
	maxMessages, maxBytes int64
	messages, bytes       atomic.Int64
	waiting               atomic.Int32

	mu   sync.Mutex
	room sync.Cond
	over bool
}

func newCredits(maxMessages, maxBytes int64) *credits {
	c := &credits{maxMessages: maxMessages, maxBytes: maxBytes}
	c.room.L = &c.mu
	return c
}

// acquire waits until there is room for so much, and takes it. What alone is
// above a bound is let in alone. It is false once close has been called.
func (c *credits) acquire(messages, bytes int64) bool {
	if c.try(messages, bytes) {
		return true
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.waiting.Add(1)
	defer c.waiting.Add(-1)
	for !c.over {
		if c.try(messages, bytes) {
			return true
		}
		c.room.Wait()
	}
	return false
}

func (c *credits) try(messages, bytes int64) bool {
	nm, nb := c.messages.Add(messages), c.bytes.Add(bytes)
	if (nm <= c.maxMessages || nm == messages) && (nb <= c.maxBytes || nb == bytes) {
		return true
	}
	c.messages.Add(-messages)
	c.bytes.Add(-bytes)
	return false
}

// add counts what is made inside the pipeline.
func (c *credits) add(messages, bytes int64) {
	c.messages.Add(messages)
	c.bytes.Add(bytes)
}

func (c *credits) releaseMessages(n int64) {
	c.messages.Add(-n)
	c.signal()
}

func (c *credits) releaseBytes(n int64) {
	c.bytes.Add(-n)
	c.signal()
}

func (c *credits) signal() {
	if c.waiting.Load() > 0 {
		c.mu.Lock()
		c.room.Broadcast()
		c.mu.Unlock()
	}
}

// close lets nobody in any more.
func (c *credits) close() {
	c.mu.Lock()
	c.over = true
	c.room.Broadcast()
	c.mu.Unlock()
}
