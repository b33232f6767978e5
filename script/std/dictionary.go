package std

import (
	"container/heap"
	"fmt"
	"hash/maphash"
	"sync"
	"sync/atomic"
	"time"
)

// The bounds of a [Shared] unless [NewShared] is told others.
const (
	DefaultSharedKeys  = 1_000_000
	DefaultSharedBytes = 256 << 20
)

// sharedOverhead is about what a key takes beside its own bytes and its value's.
const sharedOverhead = 160

// Shared is a dictionary that all workers of a script share. Its methods may be
// called from many goroutines, and each of them is atomic.
type Shared struct {
	mostKeys, mostBytes int64
	started             time.Time // setting the clock changes no expiry: they count from here

	keys, bytes atomic.Int64
	seed        maphash.Seed
	shards      [64]shard
}

type shard struct {
	mu      sync.Mutex
	entries map[string]*entry
	ending  endings // those that expire
	_       [64]byte
}

type entry struct {
	key     string
	value   Value
	expires time.Duration // 0 for never
	index   int           // in endings; -1 if it is not there
}

func (e *entry) size() int64 { return int64(len(e.key) + len(e.value.Text) + sharedOverhead) }

// NewShared makes a dictionary of so many keys and bytes at most; 0 stands for
// DefaultSharedKeys and DefaultSharedBytes.
func NewShared(keys, bytes int64) *Shared {
	s := &Shared{mostKeys: keys, mostBytes: bytes, started: time.Now(), seed: maphash.MakeSeed()}
	if keys <= 0 {
		s.mostKeys = DefaultSharedKeys
	}
	if bytes <= 0 {
		s.mostBytes = DefaultSharedBytes
	}
	return s
}

func (s *Shared) shard(key string) *shard {
	return &s.shards[maphash.String(s.seed, key)%uint64(len(s.shards))]
}

// Get returns the value of a key, nil if it has none or it has expired.
func (s *Shared) Get(key string) Value {
	h := s.shard(key)
	h.mu.Lock()
	defer h.mu.Unlock()
	if e := h.entries[key]; e != nil && !e.over(time.Since(s.started)) {
		return e.value
	}
	return Value{}
}

func (e *entry) over(now time.Duration) bool { return e.expires != 0 && e.expires <= now }

// Update gives a key the value that change makes of the one that it has, nil if it
// has none; nil deletes it. A key that had none expires after ttl, if that is not 0,
// and so does any other if anew is set, which otherwise stays as long as it was to. The
// error is that of change, or says that the dictionary is full: the key is as it was
// then. change may be called twice; it must not use the dictionary.
func (s *Shared) Update(key string, ttl time.Duration, anew bool, change func(Value) (Value, error)) error {
	full, err := s.try(key, ttl, anew, change)
	if full && err == nil {
		s.purgeAll()
		full, err = s.try(key, ttl, anew, change)
	}
	if full && err == nil {
		err = fmt.Errorf("gopiper.shared is full: it has %d keys with %d bytes, and may have %d with %d; delete keys, or let them expire",
			s.keys.Load(), s.bytes.Load(), s.mostKeys, s.mostBytes)
	}
	return err
}

func (s *Shared) try(key string, ttl time.Duration, anew bool, change func(Value) (Value, error)) (full bool, err error) {
	h := s.shard(key)
	h.mu.Lock()
	defer h.mu.Unlock()
	now := time.Since(s.started)
	s.purge(h, now, 4) // more than one can add: what has expired never piles up
	e := h.entries[key]
	if e != nil && e.over(now) {
		s.remove(h, e)
		e = nil
	}
	old := Value{}
	if e != nil {
		old = e.value
	}
	value, err := change(old)
	switch {
	case err != nil:
		return false, err
	case value.Kind == Nil && e != nil:
		s.remove(h, e)
		return false, nil
	case value.Kind == Nil:
		return false, nil
	case e != nil:
		if !s.reserve(0, int64(len(value.Text)-len(old.Text))) {
			return true, nil
		}
		e.value = value
		if anew {
			h.expire(e, now, ttl)
		}
		return false, nil
	}
	e = &entry{key: key, value: value, index: -1}
	if !s.reserve(1, e.size()) {
		return true, nil
	}
	if h.entries == nil {
		h.entries = make(map[string]*entry)
	}
	h.entries[key] = e
	h.expire(e, now, ttl)
	return false, nil
}

// reserve makes room for keys and bytes, if there is some.
func (s *Shared) reserve(keys, bytes int64) bool {
	if s.keys.Add(keys) > s.mostKeys && keys > 0 {
		s.keys.Add(-keys)
		return false
	}
	if s.bytes.Add(bytes) > s.mostBytes && bytes > 0 {
		s.keys.Add(-keys)
		s.bytes.Add(-bytes)
		return false
	}
	return true
}

// expire sets when an entry expires.
func (h *shard) expire(e *entry, now, ttl time.Duration) {
	if e.index >= 0 {
		heap.Remove(&h.ending, e.index)
	}
	e.expires = 0
	if ttl > 0 {
		e.expires = now + ttl
		heap.Push(&h.ending, e)
	}
}

func (s *Shared) remove(h *shard, e *entry) {
	if e.index >= 0 {
		heap.Remove(&h.ending, e.index)
	}
	delete(h.entries, e.key)
	s.reserve(-1, -e.size())
}

// purge removes at most so many entries that have expired.
func (s *Shared) purge(h *shard, now time.Duration, most int) {
	for ; most > 0 && len(h.ending) > 0 && h.ending[0].over(now); most-- {
		s.remove(h, h.ending[0])
	}
}

// purgeAll removes all that has expired.
func (s *Shared) purgeAll() {
	for i := range s.shards {
		h := &s.shards[i]
		h.mu.Lock()
		s.purge(h, time.Since(s.started), len(h.ending))
		h.mu.Unlock()
	}
}

// endings is a heap of entries, the one that expires next first.
type endings []*entry

func (l endings) Len() int           { return len(l) }
func (l endings) Less(i, j int) bool { return l[i].expires < l[j].expires }
func (l endings) Swap(i, j int) {
	l[i], l[j] = l[j], l[i]
	l[i].index, l[j].index = i, j
}

func (l *endings) Push(e any) {
	e.(*entry).index = len(*l)
	*l = append(*l, e.(*entry))
}

func (l *endings) Pop() any {
	last := len(*l) - 1
	e := (*l)[last]
	(*l)[last] = nil
	*l = (*l)[:last]
	e.index = -1
	return e
}
