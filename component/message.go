package component

import (
	"slices"
	"sort"
	"sync/atomic"
)

// Tracked is implemented by messages that count what is made from them. The
// engine's messages implement it, so that a source learns the outcome of a
// message only when everything made from it is settled. [NewMessage] calls it;
// components do not.
type Tracked interface {
	// Derive counts one more message made from this one.
	Derive()
	// DerivedSettled tells that one of them has ended, and how. It may be
	// called from any goroutine.
	DerivedSettled(outcome Report)
}

// Failing is implemented by messages that a component which keeps them can fail. The
// engine's messages implement it.
type Failing interface {
	// Fail ends a message that the component keeps with Continue, as one that failed,
	// instead of sending it on or calling its Release: what becomes of it is what
	// becomes of a message with this report, which is of the class Fail, in Handle.
	// It may be called from any goroutine and does not block, but only when the
	// engine has seen that the message is kept: not before HandleBatch has returned.
	Fail(report Report)
}

// NewMessage makes a message from others, for a component to send on its
// postponed: to split one into many, to merge many into one, or to add one.
// It owns data from then on. The message takes over the key, the timestamp and
// the attributes of its first parent.
//
// Naming a message as a parent does not end the hold on it: a message that the
// component keeps with Continue ends by exactly one of being sent on or
// Release. A parent is settled when that hold and all its children are gone;
// its outcome is the most severe of theirs: Fail, then Done, then Drop. The
// parents must be the caller's at the time of the call: handled but not yet
// called back, or kept.
//
// A message made is sent on or released; until then its parents are not
// settled. Without parents it belongs to nobody, and nobody learns how it ends.
func NewMessage(data []byte, parents ...Message) StandardMessage {
	m := &made{data: data[:len(data):len(data)]}
	for _, p := range parents {
		if t, ok := p.(Tracked); ok {
			t.Derive()
			m.parents = append(m.parents, t)
		}
	}
	if len(parents) > 0 {
		if s, ok := parents[0].(StandardMessage); ok {
			m.key, m.timestamp = s.Key(), s.Timestamp()
			for name, value := range s.Attributes {
				m.SetAttribute(name, value)
			}
		}
	}
	return m
}

// Parents returns the messages that m was made from with [NewMessage], nil for
// any other message. The engine uses it to find the place of m; the slice must
// not be changed.
func Parents(m Message) []Tracked {
	if d, ok := m.(*made); ok {
		return d.parents
	}
	return nil
}

// made is a message that a component has made.
type made struct {
	data      []byte
	key       string
	timestamp int64
	pairs     []pair
	parents   []Tracked
	status    Report
	released  atomic.Bool
	sent      atomic.Bool
}

type pair struct{ name, value string }

func (m *made) SetData(data []byte)   { m.data = data[:len(data):len(data)] }
func (m *made) GetData() []byte       { return m.data }
func (m *made) Status() *Report       { return &m.status }
func (m *made) Key() string           { return m.key }
func (m *made) SetKey(key string)     { m.key = key }
func (m *made) Timestamp() int64      { return m.timestamp }
func (m *made) SetTimestamp(ns int64) { m.timestamp = ns }
func (m *made) Unterminated() bool    { return false }
func (m *made) Grow(n int) []byte     { return make([]byte, 0, n) }
func (m *made) find(name string) (int, bool) {
	return sort.Find(len(m.pairs), func(i int) int { return compare(name, m.pairs[i].name) })
}

func (m *made) Attribute(name string) (string, bool) {
	if i, ok := m.find(name); ok {
		return m.pairs[i].value, true
	}
	return "", false
}

func (m *made) SetAttribute(name, value string) {
	i, ok := m.find(name)
	if ok {
		m.pairs[i].value = value
		return
	}
	m.pairs = slices.Insert(m.pairs, i, pair{name, value})
}

func (m *made) DeleteAttribute(name string) {
	if i, ok := m.find(name); ok {
		m.pairs = slices.Delete(m.pairs, i, i+1)
	}
}

func (m *made) Attributes(yield func(name, value string) bool) {
	for _, p := range m.pairs {
		if !yield(p.name, p.value) {
			return
		}
	}
}

// Adopt tells whether m may enter the pipeline: a made message may be sent
// once. It is for engines.
func Adopt(m Message) bool {
	d, ok := m.(*made)
	return !ok || !d.sent.Swap(true)
}

// Release ends the message: by the component, which gives it up, or by the
// engine, when it is settled and Status holds the outcome.
func (m *made) Release() {
	if m.released.Swap(true) {
		return
	}
	outcome := m.status
	if !m.sent.Load() {
		outcome = Report{Status: Drop}
	}
	for _, p := range m.parents {
		p.DerivedSettled(outcome)
	}
}

func compare(a, b string) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	}
	return 0
}
