package engine

import (
	"bytes"
	"errors"
	"maps"
	"math/rand/v2"
	"runtime"
	"slices"
	"sync"
)

// shelf is a store in memory that can crash.
type shelf struct {
	filling sync.Mutex
	mu      sync.Mutex
	filled  sync.Cond
	values  map[string][]byte
	group   []shelfUpdate
	crashed bool
	failed  chan struct{}
	over    chan struct{}
	commits int
	crashAt int // after so many commits; 0 is never
	onCrash func()
	random  *rand.Rand
}

type shelfUpdate struct {
	changes []shelfChange
	done    func()
}

type shelfChange struct {
	key, value []byte // nil: deleted
}

func newShelf(values map[string][]byte, seed uint64) *shelf {
	s := &shelf{values: values, failed: make(chan struct{}), over: make(chan struct{}), random: rand.New(rand.NewPCG(seed, 1))}
	if values == nil {
		s.values = map[string][]byte{}
	}
	s.filled.L = &s.mu
	go s.loop()
	return s
}

func (s *shelf) loop() {
	defer close(s.over)
	for {
		s.mu.Lock()
		for len(s.group) == 0 && !s.crashed {
			s.filled.Wait()
		}
		if s.crashed {
			s.mu.Unlock()
			return
		}
		pauses := s.random.IntN(4)
		s.mu.Unlock()
		for range pauses {
			runtime.Gosched()
		}
		s.mu.Lock()
		if s.commits++; s.commits == s.crashAt {
			s.crashed = true
			s.mu.Unlock()
			s.onCrash()
			close(s.failed)
			return
		}
		group := s.group
		s.group = nil
		for _, u := range group {
			for _, c := range u.changes {
				if c.value == nil {
					delete(s.values, string(c.key))
				} else {
					s.values[string(c.key)] = c.value
				}
			}
		}
		s.mu.Unlock()
		for _, u := range group {
			if u.done != nil {
				u.done()
			}
		}
	}
}

// crash loses what is not committed.
func (s *shelf) crash() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.crashed {
		s.crashed = true
		s.filled.Broadcast()
		close(s.failed)
	}
}

// close ends the shelf; what is left of it are the values.
func (s *shelf) close() map[string][]byte {
	s.mu.Lock()
	s.crashed = true
	s.filled.Broadcast()
	s.mu.Unlock()
	<-s.over
	return s.values
}

type shelfTx struct{ u *shelfUpdate }

func (t shelfTx) Put(key, value []byte) {
	t.u.changes = append(t.u.changes, shelfChange{bytes.Clone(key), append([]byte{}, value...)})
}

func (t shelfTx) Delete(key []byte) {
	t.u.changes = append(t.u.changes, shelfChange{key: bytes.Clone(key)})
}

func (s *shelf) Update(_ bool, fill func(Tx), done func()) {
	u := shelfUpdate{done: done}
	s.filling.Lock()
	defer s.filling.Unlock()
	fill(shelfTx{&u}) // which may read
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.crashed {
		s.group = append(s.group, u)
		s.filled.Broadcast()
	}
}

func (s *shelf) Get(key []byte) ([]byte, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.values[string(key)], nil
}

func (s *shelf) Scan(first, end []byte, yield func(key, value []byte) bool) error {
	s.mu.Lock()
	values := maps.Clone(s.values)
	s.mu.Unlock()
	for _, key := range slices.Sorted(maps.Keys(values)) {
		if key >= string(first) && (end == nil || key < string(end)) && !yield([]byte(key), values[key]) {
			return nil
		}
	}
	return nil
}

func (s *shelf) Pack(dst, plain []byte) []byte { return append(append(dst, 'p'), plain...) }

func (s *shelf) Unpack(dst, packed []byte) ([]byte, error) {
	if len(packed) == 0 || packed[0] != 'p' {
		return nil, errors.New("damaged")
	}
	return append(dst, packed[1:]...), nil
}

func (s *shelf) Mark(name string, mark []byte) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.crashed {
		s.values["mark "+name] = mark
	}
	return nil
}

func (s *shelf) Marked(name string) ([]byte, error) { return s.Get([]byte("mark " + name)) }

func (s *shelf) Health() string          { return "" }
func (s *shelf) Failed() <-chan struct{} { return s.failed }

func (s *shelf) Err() error {
	select {
	case <-s.failed:
		return errCrashed
	default:
		return nil
	}
}

var errCrashed = errors.New("the store has crashed")
