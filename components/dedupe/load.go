package dedupe

import (
	"context"
	"encoding/binary"
	"fmt"
	"time"

	"github.com/gopiper/gopiper/component"
)

// keySize is the size of a sighting in the state: the time and the id, as a key
// without a value. So the store gets, reads and deletes keys in their order, which
// costs it least.
const keySize = 8 + 16

// append appends the sighting as it stands in the state.
func (s sighting) append(dst []byte) []byte {
	dst = binary.BigEndian.AppendUint64(dst, uint64(s.at))
	dst = binary.BigEndian.AppendUint64(dst, s.id.high)
	return binary.BigEndian.AppendUint64(dst, s.id.low)
}

// parse reads what stands in the state.
func parse(key, value []byte) (s sighting, ok bool) {
	if len(key) != keySize || len(value) != 0 {
		return s, false
	}
	s.at = int64(binary.BigEndian.Uint64(key))
	s.id = id{binary.BigEndian.Uint64(key[8:]), binary.BigEndian.Uint64(key[16:])}
	return s, s.at >= 0
}

// load returns what is remembered according to the state. What does not count any
// more comes along, for it must be deleted, too.
func load(ctx context.Context, state component.State, most uint64, window time.Duration) (*seen, error) {
	var chunks []*chunk
	number := 0
	var problem error
	err := state.Each(nil, func(key, value []byte) bool {
		if number%chunkLength == 0 {
			if problem = ctx.Err(); problem != nil {
				return false
			}
			chunks = append(chunks, new(chunk))
		}
		s, ok := parse(key, value)
		if !ok {
			problem = fmt.Errorf("the stage's state is not that of dedupe: it has a key of %d bytes with a value of %d; "+
				"give the stage another name, and it starts with a state of its own", len(key), len(value))
			return false
		}
		chunks[len(chunks)-1][number%chunkLength] = s
		number++
		return true
	})
	if problem != nil {
		err = problem
	}
	if err != nil {
		return nil, fmt.Errorf("reading the keys that were seen: %w", err)
	}
	r := newRing(max(most, uint64(number)) + batchMost)
	copy(r.chunks, chunks)
	r.tail = uint64(number)
	return newSeen(most, window, r), nil
}
