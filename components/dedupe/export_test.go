package dedupe

import "github.com/gopiper/gopiper/component"

// SetClock gives a factory another clock: nanoseconds since the Unix epoch.
func SetClock(f component.Factory, clock func() int64) { f.(*factory).clock = clock }

// Later is the clock's rule.
var Later = later

// Lies is how many sightings lie in memory, and how many keys the index has.
func Lies(f component.Factory) (sightings, keys int) {
	s := f.(*factory).seen
	return int(s.ring.length()), s.index.count
}

// BatchMost is how many messages are handled together.
const BatchMost = batchMost
