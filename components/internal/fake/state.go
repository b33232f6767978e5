package fake

import (
	"bytes"
	"errors"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/gopiper/gopiper/component"
)

// State is the state of a stage whose pipeline runs with a state directory: what
// its component changes is there at once, and survives [State.Restart] if the
// message that caused it was committed. It may be used from many goroutines.
type State struct {
	// Fail, if set, is asked before every change; its error is the change's.
	Fail func(cause component.Message, key []byte) error
	// Volatile says that it does not survive the process.
	Volatile bool

	mu        sync.Mutex
	now       map[string]stored
	committed map[string]stored
	latest    map[string]int // the serials of the changes that committed has
	serial    int
	pending   []stateChange // in the order in which they were made
}

type stored struct {
	value   string
	expires time.Time
}

type stateChange struct {
	serial  int
	cause   component.Message
	key     string
	value   stored
	deleted bool
}

// NewState returns a state with nothing in it.
func NewState() *State {
	return &State{now: map[string]stored{}, committed: map[string]stored{}, latest: map[string]int{}}
}

// Get implements component.State.
func (s *State) Get(key []byte) ([]byte, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	v, ok := s.now[string(key)]
	if !ok || v.expired() {
		return nil, nil
	}
	return []byte(v.value), nil
}

func (v stored) expired() bool { return !v.expires.IsZero() && !time.Now().Before(v.expires) }

// Put implements component.State.
func (s *State) Put(cause component.Message, key, value []byte, expires time.Time) error {
	return s.change(stateChange{cause: cause, key: string(key), value: stored{string(value), expires}})
}

// Delete implements component.State.
func (s *State) Delete(cause component.Message, key []byte) error {
	return s.change(stateChange{cause: cause, key: string(key), deleted: true})
}

func (s *State) change(c stateChange) error {
	if m, ok := c.cause.(*Message); ok {
		if _, settled := m.Settled(); settled {
			return errors.New("the cause of a change is not the component's any more")
		}
	}
	if s.Fail != nil {
		if err := s.Fail(c.cause, []byte(c.key)); err != nil {
			return err
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.serial++
	c.serial = s.serial
	c.apply(s.now)
	if c.cause == nil {
		s.commit(&c)
	} else {
		s.pending = append(s.pending, c)
	}
	return nil
}

func (c *stateChange) apply(to map[string]stored) {
	if c.deleted {
		delete(to, c.key)
	} else {
		to[c.key] = c.value
	}
}

// Each implements component.State.
func (s *State) Each(prefix []byte, yield func(key, value []byte) bool) error {
	s.mu.Lock()
	values := maps.Clone(s.now)
	s.mu.Unlock()
	key, value := []byte(nil), []byte(nil)
	for _, k := range slices.Sorted(maps.Keys(values)) {
		if !strings.HasPrefix(k, string(prefix)) || values[k].expired() {
			continue
		}
		key, value = append(key[:0], k...), append(value[:0], values[k].value...) // valid during the call only
		if !yield(key, value) {
			break
		}
		if !bytes.Equal(key, []byte(k)) {
			panic("Each's key was changed")
		}
	}
	return nil
}

// Durable implements component.State.
func (s *State) Durable() bool { return !s.Volatile }

// Commit makes durable what the messages have caused, as it is when they are
// settled. Of the changes of a key that are committed the one that was made last
// counts, in whatever order their messages are.
func (s *State) Commit(causes ...component.Message) {
	s.mu.Lock()
	defer s.mu.Unlock()
	settled := make(map[component.Message]bool, len(causes))
	for _, m := range causes {
		settled[m] = true
	}
	s.pending = slices.DeleteFunc(s.pending, func(c stateChange) bool {
		if !settled[c.cause] {
			return false
		}
		s.commit(&c)
		return true
	})
}

func (s *State) commit(c *stateChange) {
	if s.latest[c.key] < c.serial {
		s.latest[c.key] = c.serial
		c.apply(s.committed)
	}
}

// Restart returns the state as the next run finds it after a crash: what was not
// committed is gone. A state that is Volatile is empty.
func (s *State) Restart() *State {
	s.mu.Lock()
	defer s.mu.Unlock()
	next := NewState()
	next.Volatile = s.Volatile
	if !s.Volatile {
		next.now, next.committed = maps.Clone(s.committed), maps.Clone(s.committed)
	}
	return next
}

// Len is the number of keys.
func (s *State) Len() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.now)
}
