package dedupe

import "math/bits"

// sighting says when a key was seen: let through, and remembered.
type sighting struct {
	id id
	at int64 // nanoseconds since the Unix epoch
}

// chunkLength is how many sightings are allocated together. It is a power of 2.
const chunkLength = 4096

type chunk [chunkLength]sighting

// ring holds sightings in the order in which they came. They are numbered from 0
// on; the place of a sighting is the end of its number, so that 32 bits are
// enough. Memory is taken and given back by the chunk.
type ring struct {
	chunks     []*chunk // a power of 2 of them; nil where no sighting lies
	spare      *chunk
	head, tail uint64 // the number of the oldest sighting, and that of the next
}

// newRing returns an empty ring with room for so many sightings.
func newRing(capacity uint64) ring {
	// With a chunk more than needed the newest and the oldest never share one.
	chunks := (capacity+chunkLength-1)/chunkLength + 1
	return ring{chunks: make([]*chunk, 1<<bits.Len64(chunks-1))}
}

// mask has the bits that a place may have.
func (r *ring) mask() uint32 { return uint32(len(r.chunks)*chunkLength - 1) }

// place is where the sighting with the number lies.
func (r *ring) place(number uint64) uint32 { return uint32(number) & r.mask() }

// number is that of the sighting, one of those that the ring holds, at the place.
func (r *ring) number(place uint32) uint64 {
	return r.tail - uint64((r.place(r.tail)-place)&r.mask())
}

func (r *ring) at(place uint32) *sighting {
	return &r.chunks[place/chunkLength][place%chunkLength]
}

func (r *ring) length() uint64 { return r.tail - r.head }

// push adds a sighting and returns its place.
func (r *ring) push(s sighting) uint32 {
	place := r.place(r.tail)
	c := &r.chunks[place/chunkLength]
	if *c == nil {
		*c, r.spare = r.spare, nil
		if *c == nil {
			*c = new(chunk)
		}
	}
	(*c)[place%chunkLength] = s
	r.tail++
	return place
}

// pop takes the oldest sighting off.
func (r *ring) pop() {
	r.head++
	if r.head%chunkLength == 0 {
		c := &r.chunks[r.place(r.head-1)/chunkLength]
		r.spare, *c = *c, nil
	}
}
