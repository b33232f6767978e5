package dedupe

import "time"

// seen remembers keys: those of the latest most sightings that are younger than
// the window. Others may still lie in it, until forget takes them out; they do
// not count.
//
// A key takes 24 bytes in the ring, and in the index, which doubles, 6 to 12.
type seen struct {
	most    uint64
	window  time.Duration // 0: without end
	limit   int           // how many keys there may be
	ring    ring
	index   index
	fetched uint32 // keeps fetch from being optimized away
}

// newSeen returns one that remembers what the ring holds, in its order. The ring
// must have room for most and for a batch.
func newSeen(most uint64, window time.Duration, r ring) *seen {
	s := &seen{most: most, window: window, ring: r, limit: int(max(most, r.length()) + batchMost)}
	s.index = newIndex(&s.ring, min(2*int(s.ring.length()), s.limit))
	for n := s.ring.head; n < s.ring.tail; n++ {
		place := s.ring.place(n)
		s.point(s.ring.at(place).id, place)
	}
	return s
}

// has tells whether the key is remembered.
func (s *seen) has(k id, now int64) bool {
	slot := s.index.find(k)
	if slot == nil {
		return false
	}
	place := *slot & s.ring.mask()
	return s.counts(s.ring.number(place), now)
}

// counts tells whether the sighting is one of the latest and within the window. If
// the clock was set back since, it may lie ahead: by a window at most, for what
// is ahead by more would be remembered for too long.
func (s *seen) counts(number uint64, now int64) bool {
	if s.ring.tail-number > s.most {
		return false
	}
	if s.window == 0 {
		return true
	}
	age := time.Duration(now - s.ring.at(s.ring.place(number)).at)
	return age < s.window && age >= -s.window
}

// add remembers a key that does not count.
func (s *seen) add(now sighting) {
	s.point(now.id, s.ring.push(now))
	if s.index.count > len(s.index.buckets)*fill {
		s.index.grow(bucketsFor(min(s.index.count*2, s.limit)))
	}
}

// point lets the index find the key at the place. An earlier sighting of it is
// nobody's from then on.
func (s *seen) point(k id, place uint32) {
	if slot := s.index.find(k); slot != nil {
		*slot = s.index.slot(k, place)
		return
	}
	s.index.add(k, place)
}

// forget takes the oldest sighting out if it does not count any more. ok tells
// that it did so.
func (s *seen) forget(now int64) (old sighting, number uint64, ok bool) {
	number = s.ring.head
	if number == s.ring.tail || s.counts(number, now) {
		return sighting{}, 0, false
	}
	place := s.ring.place(number)
	old = *s.ring.at(place)
	s.ring.pop()
	s.index.remove(old.id, place)
	return old, number, true
}

// undo takes the sightings from the number on back.
func (s *seen) undo(number uint64) {
	for s.ring.tail > max(number, s.ring.head) {
		s.ring.tail--
		place := s.ring.place(s.ring.tail)
		s.index.remove(s.ring.at(place).id, place)
	}
}

// fetch brings what has and forget will look at in the index into the cache, for
// many keys at once: the processor waits for them together instead of one after
// the other. With 10 million keys that saves a third of the time.
func (s *seen) fetch(ids []id, known []bool) {
	for i, k := range ids {
		if known[i] {
			s.fetched += s.index.buckets[s.index.home(k)][control]
		}
	}
	for n := s.ring.head; n < min(s.ring.tail, s.ring.head+uint64(len(ids))); n++ {
		s.fetched += s.index.buckets[s.index.home(s.ring.at(s.ring.place(n)).id)][control]
	}
}
