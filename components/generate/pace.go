package generate

import (
	"sync"
	"time"
)

// pace says how many messages are due. All workers share it.
type pace struct {
	count int64   // 0 for no end
	rate  float64 // messages per second; 0 for no limit

	mu    sync.Mutex
	start time.Time // when message 1 was due, or would have been
	taken int64
}

// take takes up to n messages that are due. It returns the number of the first
// one and how many there are; if there are none, how long to wait for the next
// one, 0 if there is none.
func (p *pace) take(n int) (first int64, taken int, wait time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	most := int64(n)
	if p.count > 0 {
		most = min(most, p.count-p.taken)
	}
	if most > 0 && p.rate > 0 {
		now := time.Now()
		due := p.due(now)
		if most = min(most, due-p.taken); most <= 0 {
			return 0, 0, p.until(now)
		}
	}
	first = p.taken + 1
	p.taken += most
	return first, int(most), 0
}

// due is how many messages have been due since the start. What has been due for
// more than a second is put off.
func (p *pace) due(now time.Time) int64 {
	if p.start.IsZero() {
		p.start = now
	}
	next := p.at(p.taken)
	if late := now.Sub(next) - time.Second; late > 0 {
		p.start = p.start.Add(late)
	}
	return 1 + int64(now.Sub(p.start).Seconds()*p.rate)
}

// at is when the message that follows the first n is due.
func (p *pace) at(n int64) time.Time {
	return p.start.Add(time.Duration(float64(n) / p.rate * float64(time.Second)))
}

func (p *pace) until(now time.Time) time.Duration {
	return max(p.at(p.taken).Sub(now), time.Microsecond)
}
