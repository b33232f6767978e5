package engine

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
	"sort"
	"strings"
	"sync"
	"time"

	"github.com/gopiper/gopiper/component"
)

// state implements component.State for one stage. What is committed lies in the
// store, or without one in memory; what is not yet lies here, over it.
type state struct {
	p      *Pipeline
	stage  *stage
	prefix []byte
	below  Store // nil if nothing is durable

	mu      sync.Mutex
	memory  map[string][]byte // the values, as they would lie in the store
	pending map[string]*versions
	serial  uint64
}

// versions are the changes of one key that are not committed, oldest first.
type versions struct {
	list      []version
	committed uint64 // the newest that a commit has taken
}

type version struct {
	serial uint64
	value  []byte // with its expiry in front; nil: deleted
}

// change is a version, and what caused it.
type change struct {
	state *state
	key   string
	version
	of *versions
	by *extra // of the message that was handled
}

func (p *Pipeline) newState(s *stage) *state {
	st := &state{p: p, stage: s, below: p.config.Store, pending: map[string]*versions{},
		prefix: keyOf(stateKey, p.config.Name, s.config.Name)}
	if st.below == nil {
		st.memory = map[string][]byte{}
	}
	return st
}

// Durable implements component.State.
func (st *state) Durable() bool { return st.below != nil }

// Get implements component.State.
func (st *state) Get(key []byte) ([]byte, error) {
	st.mu.Lock()
	if v := st.pending[string(key)]; v != nil {
		value := v.list[len(v.list)-1].value
		st.mu.Unlock()
		return unexpired(value), nil
	}
	if st.below == nil {
		value := st.memory[string(key)]
		st.mu.Unlock()
		return unexpired(value), nil
	}
	st.mu.Unlock()
	value, err := st.below.Get(append(st.prefix[:len(st.prefix):len(st.prefix)], key...))
	return unexpired(value), err
}

// unexpired takes the expiry off a value, nil if it is over.
func unexpired(value []byte) []byte {
	if len(value) < 8 {
		return nil
	}
	if at := int64(binary.BigEndian.Uint64(value)); at != 0 && at <= time.Now().UnixNano() {
		return nil
	}
	return value[8:]
}

// Put implements component.State.
func (st *state) Put(cause component.Message, key, value []byte, expires time.Time) error {
	stored := make([]byte, 8, 8+len(value))
	if !expires.IsZero() {
		binary.BigEndian.PutUint64(stored, uint64(expires.UnixNano()))
	}
	return st.change(cause, key, append(stored, value...))
}

// Delete implements component.State.
func (st *state) Delete(cause component.Message, key []byte) error {
	return st.change(cause, key, nil)
}

func (st *state) change(cause component.Message, key, value []byte) error {
	if cause == nil {
		return st.changeNow(key, value)
	}
	root, at := rootOf(cause)
	if root == nil {
		return fmt.Errorf("state: the cause of a change must be a message that the component handles or keeps, or one made from such, not a %T", cause)
	}
	c := change{state: st, key: string(key), by: at.more()}
	st.mu.Lock()
	st.serial++
	c.version = version{serial: st.serial, value: value}
	v := st.pending[c.key]
	if v == nil {
		v = &versions{}
		st.pending[c.key] = v
	}
	v.list = append(v.list, c.version)
	c.of = v
	st.mu.Unlock()
	x := root.more()
	x.mu.Lock()
	x.changes = append(x.changes, c)
	x.mu.Unlock()
	root.home.changed.Store(true)
	c.by.changed.Store(true)
	return nil
}

// rootOf finds the message that a source originated behind what a component names
// as a cause, and the message that the component handles.
func rootOf(cause component.Message) (root, at *message) {
	for {
		switch m := cause.(type) {
		case *message:
			if at == nil {
				at = m
			}
			if !m.home.derived {
				return m, at
			}
			cause = m.home.origins[m.index]
		case *copied:
			cause = m.parent
		default:
			parents := component.Parents(cause)
			if len(parents) == 0 {
				return nil, nil
			}
			parent, ok := parents[0].(*message)
			if !ok {
				return nil, nil
			}
			cause = parent
		}
	}
}

// changeNow makes a change that no message has caused, and waits for it.
func (st *state) changeNow(key, value []byte) error {
	if st.below == nil {
		st.mu.Lock()
		defer st.mu.Unlock()
		st.remember(string(key), value)
		return nil
	}
	write := func(tx Tx) { st.write(tx, string(key), value) }
	if !st.p.closing.Load() {
		return waitFor(st.below, write)
	}
	// The end of a run waits for no disk: the store commits it when it is closed.
	if full := st.below.Health(); full != "" {
		return errors.New(full)
	}
	st.below.Update(true, write, nil)
	return nil
}

func (st *state) write(tx Tx, key string, value []byte) {
	full := append(st.prefix[:len(st.prefix):len(st.prefix)], key...)
	if value == nil {
		tx.Delete(full)
	} else {
		tx.Put(full, value)
	}
}

func (st *state) remember(key string, value []byte) {
	if value == nil {
		delete(st.memory, key)
	} else {
		st.memory[key] = value
	}
}

// put adds the change to a commit, unless a newer one of its key has been.
func (c *change) put(tx Tx) {
	st := c.state
	st.mu.Lock()
	v := c.of
	stale := v.committed > c.serial
	v.committed = max(v.committed, c.serial)
	st.mu.Unlock()
	if !stale {
		st.write(tx, c.key, c.value)
	}
}

// forget takes the change off what is pending: it is committed, or taken back.
func (c *change) forget(committed bool) {
	st := c.state
	st.mu.Lock()
	defer st.mu.Unlock()
	v := c.of
	if committed && st.below == nil && v.committed <= c.serial {
		v.committed = c.serial
		st.remember(c.key, c.value)
	}
	v.remove(c.serial)
	if len(v.list) == 0 {
		delete(st.pending, c.key)
	}
}

// remove takes a version out. Commits take them from the front, and one key may have as
// many as there are messages in flight: what is before it moves, if that is less.
func (v *versions) remove(serial uint64) {
	i, _ := slices.BinarySearchFunc(v.list, serial, func(other version, serial uint64) int { return cmp.Compare(other.serial, serial) })
	if i > len(v.list)/2 {
		v.list = slices.Delete(v.list, i, i+1)
		return
	}
	copy(v.list[1:], v.list[:i])
	v.list[0] = version{}
	v.list = v.list[1:]
}

// Each implements component.State.
func (st *state) Each(prefix []byte, yield func(key, value []byte) bool) error {
	over := st.above(string(prefix))
	stopped := false
	offer := func(key string, value []byte) bool {
		if value = unexpired(value); value == nil {
			return true
		}
		stopped = !yield([]byte(key), value)
		return !stopped
	}
	var err error
	if st.below != nil {
		first := append(st.prefix[:len(st.prefix):len(st.prefix)], prefix...)
		err = st.below.Scan(first, endOf(first), func(full, value []byte) bool {
			key := full[len(st.prefix):]
			for len(over) > 0 && over[0].key < string(key) {
				if !offer(over[0].key, over[0].value) {
					return false
				}
				over = over[1:]
			}
			if len(over) > 0 && over[0].key == string(key) {
				value = over[0].value
				over = over[1:]
			}
			if value = unexpired(value); value == nil {
				return true
			}
			stopped = !yield(key, value)
			return !stopped
		})
	}
	for _, c := range over {
		if stopped || err != nil || !offer(c.key, c.value) {
			break
		}
	}
	return err
}

// above lists, sorted, what is not in the store: pending, or all of it.
func (st *state) above(prefix string) []change {
	st.mu.Lock()
	defer st.mu.Unlock()
	var list []change
	for key, v := range st.pending {
		if strings.HasPrefix(key, prefix) {
			list = append(list, change{key: key, version: v.list[len(v.list)-1]})
		}
	}
	for key, value := range st.memory {
		if strings.HasPrefix(key, prefix) && st.pending[key] == nil {
			list = append(list, change{key: key, version: version{value: value}})
		}
	}
	sort.Slice(list, func(i, j int) bool { return list[i].key < list[j].key })
	return list
}

// sweep deletes what has expired.
func (st *state) sweep() {
	now := time.Now().UnixNano()
	over := func(value []byte) bool {
		at := int64(0)
		if len(value) >= 8 {
			at = int64(binary.BigEndian.Uint64(value))
		}
		return at != 0 && at <= now
	}
	if st.below == nil {
		st.mu.Lock()
		defer st.mu.Unlock()
		for key, value := range st.memory {
			if over(value) {
				delete(st.memory, key)
			}
		}
		return
	}
	var expired [][]byte
	clear := func() {
		st.below.Update(false, func(tx Tx) {
			st.mu.Lock()
			defer st.mu.Unlock()
			for _, key := range expired {
				// It may have been put again since it was read.
				value, err := st.below.Get(key)
				if err == nil && over(value) && st.pending[string(key[len(st.prefix):])] == nil {
					tx.Delete(key)
				}
			}
		}, nil)
		expired = nil
	}
	_ = st.below.Scan(st.prefix, endOf(st.prefix), func(key, value []byte) bool {
		if over(value) {
			expired = append(expired, bytes.Clone(key))
		}
		if len(expired) == 256 {
			clear()
		}
		return !st.p.isAborted()
	})
	if len(expired) > 0 {
		clear()
	}
}

// sweepEvery is how often expired state is deleted.
const sweepEvery = 10 * time.Minute

// takeBack undoes the changes that the stage's component made because of a message,
// which it does not let through.
func (u *unit) takeBack(m *message) {
	if x := m.extra(); x != nil && x.changed.Load() {
		u.stage.takeBack(m, x)
	}
}

// Revert implements component.Reverting.
func (st *state) Revert(cause component.Message) {
	if _, at := rootOf(cause); at != nil {
		if x := at.extra(); x != nil && x.changed.Load() {
			st.stage.takeBack(at, x)
		}
	}
}

func (s *stage) takeBack(m *message, x *extra) {
	root, _ := rootOf(m)
	if root == nil {
		return
	}
	rx := root.extra()
	rx.mu.Lock()
	var undone []change
	rx.changes = slices.DeleteFunc(rx.changes, func(c change) bool {
		mine := c.state.stage == s && c.by == x
		if mine {
			undone = append(undone, c)
		}
		return mine
	})
	rx.mu.Unlock()
	for i := range undone {
		undone[i].forget(false)
	}
}

// eachChange calls do for every change of state that the home's messages caused.
func (h *home) eachChange(do func(*change)) {
	if !h.changed.Load() {
		return
	}
	for i := range h.slots[:h.n] {
		if x := h.slots[i].extra(); x != nil {
			for j := range x.changes {
				do(&x.changes[j])
			}
		}
	}
}

// putChanges adds the home's changes of state to a commit.
func (h *home) putChanges(tx Tx) { h.eachChange(func(c *change) { c.put(tx) }) }

// forgetChanges ends them, once they are committed.
func (h *home) forgetChanges() { h.eachChange(func(c *change) { c.forget(true) }) }
