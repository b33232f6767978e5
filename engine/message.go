package engine

import (
	"slices"
	"sort"
	"sync"
	"sync/atomic"

	"github.com/gopiper/gopiper/component"
)

// message is the engine's message: a slot of a home. Components see it as
// component.Message and component.StandardMessage.
//
// It is owned by one goroutine at a time: the one that runs the stage which
// holds it, or whoever the component passed it to until the callback.
type message struct {
	data    []byte
	home    *home
	carrier *batch                // the batch that carries it; nil while parked, kept or with an asynchronous component
	meta    *meta                 // nil: no key, timestamp or attributes; shared and replaced, never changed
	x       atomic.Pointer[extra] // what few messages need; nil for most

	index        int32 // in home.slots
	edited       bool
	unterminated bool

	// What the message was when it entered the stage, while edited is set: a
	// retry and a failure see it so. Invariant 6.
	entryData []byte
	entryMeta *meta

	rank uint32       // its place in the batch that a fork took apart
	hold atomic.Int32 // see the hold constants
}

// meta is immutable once a message refers to it.
type meta struct {
	key       string
	timestamp int64
	pairs     []pair // sorted by name
}

type pair struct{ name, value string }

// extra is what a message needs once something out of the ordinary happens to
// it: it is retried, fails, is asked for its Status, or has children.
type extra struct {
	status   component.Report
	attempts int
	tried    int // attempts when it failed
	panics   int
	timeouts int
	retrying int64 // when its first retry at this stage was asked for, 0 for never; nanoseconds
	stalled  bool
	early    *unit  // whose component sent it on postponed before its Continue arrived
	loose    bool   // waits outside of the park, see unit.loose
	keptAt   int    // in unit.keeping
	unit     *unit  // whose component keeps it
	entry    *entry // its place among what waits behind a stage, while it is there

	// failed is set while the failed branch handles the message: the outcome
	// is this report, whatever that branch says.
	failed *component.Report

	changed atomic.Bool // a change of state was made because of it

	mu       sync.Mutex
	changes  []change // of state, that this message of a source, or what was made from it, has caused
	children int      // made from it and not settled yet
	tracked  bool     // it ever had children
	ended    bool     // the message itself has ended, with outcome
	outcome  component.Report
}

// extra returns what few messages need, or nil. It may be called while a
// component has the message.
func (m *message) extra() *extra { return m.x.Load() }

// more is extra, made if there is none. The component that has the message may
// call for it at the same time as the engine.
func (m *message) more() *extra {
	if x := m.x.Load(); x != nil {
		return x
	}
	m.home.messy.Store(true)
	m.x.CompareAndSwap(nil, &extra{})
	return m.x.Load()
}

// GetData implements component.Message.
func (m *message) GetData() []byte { return m.data }

// SetData implements component.Message.
func (m *message) SetData(data []byte) {
	if !m.edited {
		m.edit()
	}
	m.data = data[:len(data):len(data)]
}

// edit remembers the message as it entered the stage.
func (m *message) edit() {
	m.edited = true
	m.entryData, m.entryMeta = m.data, m.meta
	if b := m.carrier; b != nil {
		b.edited = true
	}
	if !m.home.messy.Load() {
		m.home.messy.Store(true)
	}
}

// commit makes the changes last: the stage is done with the message.
func (m *message) commit() {
	m.edited = false
	m.entryData, m.entryMeta = nil, nil
}

// restore undoes the changes of the stage.
func (m *message) restore() {
	if m.edited {
		m.data, m.meta = m.entryData, m.entryMeta
		m.commit()
	}
}

// Status implements component.Message.
func (m *message) Status() *component.Report { return &m.more().status }

// Derive implements component.Tracked.
func (m *message) Derive() {
	x := m.more()
	x.mu.Lock()
	if !x.tracked {
		x.tracked = true
		x.outcome = component.Report{Status: component.Drop}
	}
	x.children++
	x.mu.Unlock()
	m.home.tracked.Store(true)
}

// DerivedSettled implements component.Tracked.
func (m *message) DerivedSettled(outcome component.Report) {
	m.tieIfFilling()
	x := m.extra()
	x.mu.Lock()
	x.children--
	x.outcome = component.Worse(x.outcome, outcome)
	over := x.ended && x.children == 0
	outcome = x.outcome
	x.mu.Unlock()
	if over {
		m.home.section.parents.Add(-1)
		m.home.settled(m, outcome)
	}
}

// settle ends the message itself. Its outcome is known once what was made from
// it has ended too. Invariant 1: this is called once for every message.
func (m *message) settle(outcome component.Report) {
	m.tieIfFilling()
	x := m.extra()
	if x != nil && x.failed != nil {
		outcome = *x.failed
	}
	if x == nil || !x.tracked {
		m.home.settled(m, outcome)
		return
	}
	x.mu.Lock()
	x.outcome = component.Worse(outcome, x.outcome)
	x.ended = true
	over := x.children == 0
	outcome = x.outcome
	if !over {
		m.home.section.parents.Add(1)
	}
	x.mu.Unlock()
	if over {
		m.home.settled(m, outcome)
	}
}

// tieIfFilling notes, while a commit is being filled, that the message is settled
// by that commit.
func (m *message) tieIfFilling() {
	if l := m.home.p.ledger; l != nil && l.filling.Load() {
		m.tie()
	}
}

// tie lets the sources of the message be told only after the next commit, however
// it ends: a part of what was made from it is safe only then.
func (m *message) tie() {
	if !m.home.derived {
		m.home.tied.Store(true)
		return
	}
	switch origin := m.home.origins[m.index].(type) {
	case nil:
	case *copied:
		origin.parent.tie()
	default:
		for _, parent := range component.Parents(origin) {
			if p, ok := parent.(*message); ok {
				p.tie()
			}
		}
	}
}

func (m *message) view() meta {
	if m.meta == nil {
		return meta{}
	}
	return *m.meta
}

func (m *message) change(next meta) {
	if !m.edited {
		m.edit()
	}
	m.meta = &next
}

// Key implements component.StandardMessage.
func (m *message) Key() string {
	if m.meta == nil {
		return ""
	}
	return m.meta.key
}

// SetKey implements component.StandardMessage.
func (m *message) SetKey(key string) {
	next := m.view()
	next.key = key
	m.change(next)
}

// Timestamp implements component.StandardMessage.
func (m *message) Timestamp() int64 {
	if m.meta == nil {
		return 0
	}
	return m.meta.timestamp
}

// SetTimestamp implements component.StandardMessage.
func (m *message) SetTimestamp(ns int64) {
	next := m.view()
	next.timestamp = ns
	m.change(next)
}

func (t *meta) find(name string) (int, bool) {
	return sort.Find(len(t.pairs), func(i int) int {
		switch other := t.pairs[i].name; {
		case name < other:
			return -1
		case name > other:
			return 1
		}
		return 0
	})
}

// Attribute implements component.StandardMessage.
func (m *message) Attribute(name string) (string, bool) {
	if m.meta == nil {
		return "", false
	}
	if i, ok := m.meta.find(name); ok {
		return m.meta.pairs[i].value, true
	}
	return "", false
}

// SetAttribute implements component.StandardMessage.
func (m *message) SetAttribute(name, value string) {
	next := m.view()
	i, ok := next.find(name)
	next.pairs = slices.Clone(next.pairs)
	if ok {
		next.pairs[i].value = value
	} else {
		next.pairs = slices.Insert(next.pairs, i, pair{name, value})
	}
	m.change(next)
}

// DeleteAttribute implements component.StandardMessage.
func (m *message) DeleteAttribute(name string) {
	next := m.view()
	if i, ok := next.find(name); ok {
		next.pairs = slices.Delete(slices.Clone(next.pairs), i, i+1)
		m.change(next)
	}
}

// Attributes implements component.StandardMessage.
func (m *message) Attributes(yield func(name, value string) bool) {
	if m.meta == nil {
		return
	}
	for _, p := range m.meta.pairs {
		if !yield(p.name, p.value) {
			return
		}
	}
}

// Unterminated implements component.StandardMessage.
func (m *message) Unterminated() bool { return m.unterminated }

// Grow implements component.StandardMessage.
func (m *message) Grow(n int) []byte { return m.home.grow(n) }

// metaOf makes the engine's form of what a source or component gave.
func metaOf(given component.Meta) *meta {
	if given.Key == "" && given.Timestamp == 0 && len(given.Attributes) == 0 {
		return nil
	}
	t := &meta{key: given.Key, timestamp: given.Timestamp}
	for i := 0; i+1 < len(given.Attributes); i += 2 {
		at, ok := t.find(given.Attributes[i])
		if ok {
			t.pairs[at].value = given.Attributes[i+1]
			continue
		}
		t.pairs = slices.Insert(t.pairs, at, pair{given.Attributes[i], given.Attributes[i+1]})
	}
	return t
}

// metaFrom copies key, timestamp and attributes of a message that is not the
// engine's; nil if it has none.
func metaFrom(m component.Message) *meta {
	s, ok := m.(component.StandardMessage)
	if !ok {
		return nil
	}
	t := meta{key: s.Key(), timestamp: s.Timestamp()}
	for name, value := range s.Attributes {
		t.pairs = append(t.pairs, pair{name, value})
	}
	if t.key == "" && t.timestamp == 0 && t.pairs == nil {
		return nil
	}
	return &t
}
