package dedupe

import "math/bits"

// bucket is a cache line of the index: fifteen slots and, last, how many of them
// are used and how many keys that belong here lie in buckets behind. A slot has a
// sighting's place in its lower bits and a part of the key's hash in those above,
// so that another key's sighting is rarely looked at.
type bucket [bucketSlots + 1]uint32

const (
	bucketSlots = 15
	used        = bucketSlots // the bits of bucket[control] that count used slots
	control     = bucketSlots
	passed      = used + 1 // one key that has passed by, in bucket[control]

	// fill is how many slots of a bucket are used on average when the index grows.
	fill = 11
)

// index finds sightings in a ring by their keys. It holds no keys: they are in
// the ring. Deleting leaves nothing behind, so it works for ever without being
// built again.
type index struct {
	ring    *ring
	buckets []bucket
	count   int // slots that are used
}

// bucketsFor is how many buckets so many keys need.
func bucketsFor(keys int) int { return keys/fill + 1 }

func newIndex(r *ring, keys int) index {
	return index{ring: r, buckets: make([]bucket, bucketsFor(keys))}
}

// home is the number of the bucket that the key belongs in.
func (x *index) home(k id) int {
	n, _ := bits.Mul64(k.high, uint64(len(x.buckets)))
	return int(n)
}

// slot is what stands in the index for a key whose sighting lies at the place.
func (x *index) slot(k id, place uint32) uint32 { return uint32(k.low)&^x.ring.mask() | place }

func (x *index) next(n int) int {
	if n++; n < len(x.buckets) {
		return n
	}
	return 0
}

// find returns the slot of a key, nil if there is none.
func (x *index) find(k id) *uint32 {
	mask := x.ring.mask()
	tag := x.slot(k, 0)
	for n := x.home(k); ; n = x.next(n) {
		b := &x.buckets[n]
		for i, s := range b[:b[control]&used] {
			if s&^mask == tag && x.ring.at(s&mask).id == k {
				return &b[i]
			}
		}
		if b[control] < passed {
			return nil
		}
	}
}

// add adds a key that is not there.
func (x *index) add(k id, place uint32) {
	n := x.home(k)
	for x.buckets[n][control]&used == bucketSlots {
		x.buckets[n][control] += passed
		n = x.next(n)
	}
	b := &x.buckets[n]
	b[b[control]&used] = x.slot(k, place)
	b[control]++
	x.count++
}

// remove removes the key whose sighting lies at the place. It tells whether it was
// there: the key may be at another place by now, or gone.
func (x *index) remove(k id, place uint32) bool {
	slot, home := x.slot(k, place), x.home(k)
	for n := home; ; n = x.next(n) {
		b := &x.buckets[n]
		length := b[control] & used
		for i, s := range b[:length] {
			if s != slot {
				continue
			}
			b[i] = b[length-1]
			b[control]--
			x.count--
			for ; home != n; home = x.next(home) {
				x.buckets[home][control] -= passed
			}
			return true
		}
		if b[control] < passed {
			return false
		}
	}
}

// grow makes the index larger.
func (x *index) grow(buckets int) {
	old := x.buckets
	x.buckets, x.count = make([]bucket, buckets), 0
	mask := x.ring.mask()
	var ids [bucketSlots]id // read together, so that the processor waits for them once
	for i := range old {
		slots := old[i][:old[i][control]&used]
		for j, s := range slots {
			ids[j] = x.ring.at(s & mask).id
		}
		for j, s := range slots {
			x.add(ids[j], s&mask)
		}
	}
}
