// Package storetest checks what a store promises on file systems that lose, refuse
// and damage what they are given. Its functions return what is wrong as an error,
// so that tests and commands can run them at any size; every one of them is
// determined by its seed, but for the order in which goroutines run.
package storetest

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/gopiper/gopiper/store"
)

// Dir is the directory of the stores in here.
const Dir = "/state"

// memTable is small, so that a little work makes tables, logs and compactions.
const memTable = 128 << 10

// countKey is the key that every update writes its number to.
var countKey = []byte("count")

// Work says how much is done.
type Work struct {
	Seed    uint64
	Updates int // how many there are
	Keys    int // how many different keys they change
	Largest int // bytes of the largest value
}

// Small is work that is done in a few milliseconds, and fills a table or two.
func Small(seed uint64) Work { return Work{Seed: seed, Updates: 16, Keys: 8, Largest: 32 << 10} }

// change is a put, or a delete if value is nil.
type change struct {
	key   string
	value []byte
}

type update struct {
	changes []change
	sync    bool
	wait    bool // for it to be done, before the next
	reopen  bool // close the store, and open it again, before it
}

// History is what was asked of stores in one directory, one after the other, and
// what they have said is done. A store may remember any number of the updates, in
// their order, that is not less than what was said to be synced.
type History struct {
	random  *rand.Rand
	work    Work
	updates []update

	issued atomic.Int64 // updates that were begun
	synced atomic.Int64 // updates before and including the last that was done and synced
	done   atomic.Int64 // updates whose done was called

	mu  sync.Mutex
	err error // what was wrong with the order of the calls
}

// NewHistory plans some work.
func NewHistory(work Work) *History {
	h := &History{random: rand.New(rand.NewPCG(work.Seed, 0x6f8e5a91)), work: work}
	for n := range work.Updates {
		h.updates = append(h.updates, h.plan(n))
	}
	return h
}

func (h *History) plan(n int) update {
	u := update{
		sync:   h.random.IntN(3) > 0,
		wait:   h.random.IntN(3) == 0,
		reopen: n > 0 && h.random.IntN(20) == 0,
	}
	for range h.random.IntN(4) {
		c := change{key: fmt.Sprintf("key-%03d", h.random.IntN(h.work.Keys))}
		if h.random.IntN(4) > 0 {
			c.value = h.data(h.random.IntN(1 + h.random.IntN(h.work.Largest)))
		}
		u.changes = append(u.changes, c)
	}
	return u
}

// data is random bytes; not nil.
func (h *History) data(length int) []byte {
	data := make([]byte, 0, length+8)
	for len(data) < length {
		data = binary.LittleEndian.AppendUint64(data, h.random.Uint64())
	}
	return data[:length]
}

// state is what a store holds that remembers the first n updates.
func (h *History) state(n int) map[string][]byte {
	state := map[string][]byte{}
	for i, u := range h.updates[:n] {
		for _, c := range u.changes {
			if c.value == nil {
				delete(state, c.key)
			} else {
				state[c.key] = c.value
			}
		}
		state[string(countKey)] = binary.BigEndian.AppendUint64(nil, uint64(i+1))
	}
	return state
}

// apply gives a store the update n. done may be nil.
func (h *History) apply(s *store.Store, n int, done func()) {
	u := h.updates[n]
	h.issued.Store(int64(n + 1))
	s.Update(u.sync, func(tx store.Tx) {
		for _, c := range u.changes {
			if c.value == nil {
				tx.Delete([]byte(c.key))
			} else {
				tx.Put([]byte(c.key), c.value)
			}
		}
		tx.Put(countKey, binary.BigEndian.AppendUint64(nil, uint64(n+1)))
	}, func() {
		if was := h.done.Swap(int64(n + 1)); was != int64(n) {
			h.fault(wrong("update %d was done after update %d", n+1, was))
		}
		if u.sync {
			h.synced.Store(int64(n + 1))
		}
		if done != nil {
			done()
		}
	})
}

func (h *History) fault(err error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.err == nil {
		h.err = err
	}
}

// fault returned by the calls of done.
func (h *History) faults() error {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.err
}

// rewind makes the history one of which n updates have happened, as a store says.
func (h *History) rewind(n int) {
	h.issued.Store(int64(n))
	h.synced.Store(int64(n))
	h.done.Store(int64(n))
}

// Wrong is what a store must never do: it has lost, changed or made up something.
type Wrong struct{ What string }

// Error implements error.
func (w *Wrong) Error() string { return w.What }

func wrong(format string, arguments ...any) error {
	return &Wrong{fmt.Sprintf(format, arguments...)}
}

// check reads all that a store holds, and compares it with what it may hold. It
// returns how many updates the store remembers.
func (h *History) check(s *store.Store, synced, issued int64) (int, error) {
	found := map[string][]byte{}
	err := s.Scan(nil, []byte{0xff}, func(key, value []byte) bool {
		found[string(key)] = bytes.Clone(value)
		return true
	})
	if err != nil {
		return 0, err
	}
	var n int64
	if count, ok := found[string(countKey)]; ok {
		n = int64(binary.BigEndian.Uint64(count))
	}
	if n < synced || n > issued {
		return 0, wrong("it remembers %d updates, of %d that were synced and %d that were begun", n, synced, issued)
	}
	want := h.state(int(n))
	for _, key := range slices.Sorted(maps.Keys(want)) {
		value, ok := found[key]
		if !ok {
			return 0, wrong("after %d updates there is no %s", n, key)
		}
		if !bytes.Equal(value, want[key]) {
			return 0, wrong("after %d updates %s has another value", n, key)
		}
		got, err := s.Get([]byte(key))
		if err != nil {
			return 0, err
		}
		if got == nil || !bytes.Equal(got, value) {
			return 0, wrong("%s is another one to Get than to Scan", key)
		}
		delete(found, key)
	}
	for key := range found {
		return 0, wrong("after %d updates there is %s", n, key)
	}
	return int(n), nil
}
