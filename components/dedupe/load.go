package dedupe

import (
	"context"
	"encoding/binary"
	"fmt"
	"sort"
	"time"

	"github.com/gopiper/gopiper/component"
)

const timeSize = 8

// appendTime appends a time as it stands in the state.
func appendTime(dst []byte, at int64) []byte { return binary.BigEndian.AppendUint64(dst, uint64(at)) }

// parse reads what stands in the state.
func parse(key, value []byte) (s sighting, ok bool) {
	if len(key) != idSize || len(value) != timeSize {
		return s, false
	}
	s.id = id{binary.BigEndian.Uint64(key), binary.BigEndian.Uint64(key[8:])}
	s.at = int64(binary.BigEndian.Uint64(value))
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
	sort.Sort(&r)
	return newSeen(most, window, r), nil
}
