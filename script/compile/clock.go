package compile

import "time"

// Clock bounds how long a call may take. What counts is time, but only as much of it
// as the process had a processor: on a machine that is busy with others a function
// that does nothing wrong may have to wait for its turn. The zero Clock has not
// started. It belongs to one goroutine.
type Clock struct {
	limit    time.Duration
	deadline time.Time
	used     time.Duration // processor time of the process when deadline was set for limit
}

// StartClock starts a clock.
func StartClock(now time.Time, limit time.Duration) Clock {
	return Clock{limit: limit, deadline: now.Add(limit), used: processorTime()}
}

// Started tells whether the clock runs.
func (c *Clock) Started() bool { return !c.deadline.IsZero() }

// Over tells whether the time is up. If the process had less of a processor than the
// call may take, the call gets the rest.
func (c *Clock) Over(now time.Time) bool {
	if !now.After(c.deadline) {
		return false
	}
	rest := c.limit - (processorTime() - c.used)
	if rest <= 0 {
		return true
	}
	c.deadline = now.Add(rest)
	return false
}
