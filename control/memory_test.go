package control

import (
	"bytes"
	"context"
	"slices"
	"sort"
	"strconv"
	"sync"
	"testing"

	"github.com/gopiper/gopiper/component"
	"github.com/gopiper/gopiper/engine"
	"github.com/gopiper/gopiper/plan"
)

// memory is a store in memory.
type memory struct {
	mu   sync.Mutex
	keys []string
	of   map[string][]byte
}

func newMemory() *memory { return &memory{of: map[string][]byte{}} }

func (m *memory) Put(key, value []byte) {
	if _, there := m.of[string(key)]; !there {
		m.keys = append(m.keys, string(key))
		sort.Strings(m.keys)
	}
	m.of[string(key)] = bytes.Clone(append([]byte{}, value...))
}

func (m *memory) Delete(key []byte) {
	delete(m.of, string(key))
	m.keys = slices.DeleteFunc(m.keys, func(k string) bool { return k == string(key) })
}

func (m *memory) Update(_ bool, fill func(engine.Tx), done func()) {
	m.mu.Lock()
	defer m.mu.Unlock()
	changes := &changes{}
	fill(changes)
	for _, c := range *changes {
		c(m)
	}
	if done != nil {
		done()
	}
}

// changes are what a fill has asked for.
type changes []func(*memory)

func (c *changes) Put(key, value []byte) {
	key, value = bytes.Clone(key), bytes.Clone(value)
	*c = append(*c, func(m *memory) { m.Put(key, value) })
}

func (c *changes) Delete(key []byte) {
	key = bytes.Clone(key)
	*c = append(*c, func(m *memory) { m.Delete(key) })
}

func (m *memory) Get(key []byte) ([]byte, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.of[string(key)], nil
}

func (m *memory) Scan(first, end []byte, yield func(key, value []byte) bool) error {
	m.mu.Lock()
	keys := slices.Clone(m.keys)
	m.mu.Unlock()
	for _, key := range keys {
		value, _ := m.Get([]byte(key))
		if value != nil && key >= string(first) && key < string(end) && !yield([]byte(key), value) {
			break
		}
	}
	return nil
}

func (m *memory) Last(first, end []byte) (last []byte, err error) {
	return last, m.Scan(first, end, func(key, _ []byte) bool { last = bytes.Clone(key); return true })
}

func (m *memory) Pack(dst, plain []byte) []byte             { return append(dst, plain...) }
func (m *memory) Unpack(dst, packed []byte) ([]byte, error) { return append(dst, packed...), nil }
func (m *memory) Health() string                            { return "" }
func (m *memory) Failed() <-chan struct{}                   { return nil }
func (m *memory) Err() error                                { return nil }

// stage is a factory and a worker: a source of messages, or a stage that handles
// them.
type stage struct {
	messages int  // of a source
	open     bool // it goes on until it is stopped
	handle   func(component.Message) component.Report
}

func (s *stage) Amount() int                                       { return 1 }
func (s *stage) Create(chan component.Message) component.Component { return s }

func (s *stage) Handle(m component.Message, handled component.HandledCallback) { handled(s.handle(m)) }

// origin is a source.
type origin struct{ *stage }

func (o origin) Create(chan component.Message) component.Component { return o }

func (o origin) Run(ctx context.Context, out component.Output) error {
	b := out.Batch()
	for i := range o.messages {
		b.Append([]byte("message " + strconv.Itoa(i+1)))
	}
	if !out.Emit(b) {
		return nil
	}
	if o.open {
		<-ctx.Done()
	}
	return nil
}

// pipeline makes one whose stage check handles messages.
func pipeline(t *testing.T, name string, store engine.Store, kept *engine.Quarantine, from stage, check func(component.Message) component.Report) *engine.Pipeline {
	t.Helper()
	declared := func(roles component.Roles, interfaces component.Interfaces) *component.Declaration {
		return &component.Declaration{Roles: roles, Interfaces: interfaces, Sync: true}
	}
	p, err := engine.New(engine.Config{
		Name: name, Store: store, Kept: kept,
		Stages: []*engine.Stage{
			{Kind: plan.Component, Name: "origin", Factory: origin{&from}, Declaration: declared(component.Source, component.IsRunner)},
			{Kind: plan.Component, Name: "check", Factory: &stage{handle: check}, Declaration: declared(component.Processor|component.Sink, 0)},
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// filled is a quarantine with the messages 1 to 4: of the pipeline first, the ones
// with odd numbers with the status 201, the others with 200; and 5, of second.
func filled(t *testing.T) (*memory, *engine.Quarantine) {
	t.Helper()
	m := newMemory()
	q := engine.NewQuarantine(m)
	fail := func(m component.Message) component.Report {
		last := m.GetData()[len(m.GetData())-1]
		return component.Report{Status: 200 + int(last-'0')%2, Description: "not good"}
	}
	for _, p := range []*engine.Pipeline{
		pipeline(t, "first", m, q, stage{messages: 4}, fail),
		pipeline(t, "second", m, q, stage{messages: 1}, fail),
	} {
		if err := p.Run(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	return m, q
}
