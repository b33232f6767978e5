package dedupe_test

import (
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"runtime"
	"testing"

	"github.com/gopiper/gopiper/component"
	"github.com/gopiper/gopiper/components/dedupe"
	"github.com/gopiper/gopiper/components/internal/fake"
)

// load is a batch of messages of 100 bytes whose keys can be changed.
type load struct {
	worker   component.BatchHandler
	messages []component.Message
	reports  []component.Report
	data     [][]byte
}

func newLoad(b *testing.B, f component.Factory) *load {
	b.Helper()
	l := &load{worker: f.Create(nil).(component.BatchHandler), reports: make([]component.Report, 256)}
	for i := range l.reports {
		m := fake.NewMessage(fmt.Sprintf("%0100d", i))
		l.messages = append(l.messages, m)
		l.data = append(l.data, m.GetData())
	}
	return l
}

// handle hands over n messages whose keys are what next returns, and returns how
// many were dropped.
func (l *load) handle(n int, next func() uint64) (dropped int) {
	for ; n > 0; n -= len(l.messages) {
		for _, d := range l.data {
			binary.LittleEndian.PutUint64(d, next())
		}
		clear(l.reports)
		l.worker.HandleBatch(l.messages, l.reports)
		for i := range l.reports {
			if l.reports[i].Status == component.Drop {
				dropped++
			}
		}
	}
	return dropped
}

func heap() uint64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

// BenchmarkDedupe remembers 10 million keys, and then handles messages with new
// keys, each of which pushes out the oldest, with keys that were seen, and both.
func BenchmarkDedupe(b *testing.B) {
	const keys = 10_000_000
	f := newFactory(b, map[string]any{"max_keys": keys})
	l := newLoad(b, f)
	before := heap()
	count := uint64(0)
	fresh := func() uint64 { count++; return count }
	seen := func() uint64 { return count - rand.Uint64N(keys-1000) }
	l.handle(keys, fresh)
	perKey := float64(heap()-before) / keys
	for _, kind := range []struct {
		name string
		next func() uint64
	}{
		{"new", fresh},
		{"seen", seen},
		{"half", func() uint64 {
			if rand.Uint64()&1 == 0 {
				return fresh()
			}
			return seen()
		}},
	} {
		b.Run(kind.name, func(b *testing.B) {
			b.ReportAllocs()
			l.handle(b.N, kind.next)
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "messages/s")
			b.ReportMetric(perKey, "B/key")
		})
	}
	runtime.KeepAlive(f)
}

// BenchmarkDurable remembers 10 thousand keys in a state, too: what is above the
// state's own cost is little.
func BenchmarkDurable(b *testing.B) {
	state := fake.NewState()
	r := open(b, state, 0, map[string]any{"max_keys": 10_000, "window": 0})
	l := newLoad(b, r.factory)
	count := uint64(0)
	for b.Loop() {
		l.handle(len(l.messages), func() uint64 { count++; return count })
		state.Commit(l.messages...)
	}
	b.ReportMetric(float64(count)/b.Elapsed().Seconds(), "messages/s")
}

// many is a state with many keys.
type many struct {
	component.State
	keys int
}

func (many) Durable() bool { return true }

func (m many) Each(_ []byte, yield func(key, value []byte) bool) error {
	key := make([]byte, 24)
	random := rand.New(rand.NewPCG(1, 2))
	for i := range m.keys {
		binary.BigEndian.PutUint64(key, uint64(i))
		binary.BigEndian.PutUint64(key[8:], random.Uint64())
		binary.BigEndian.PutUint64(key[16:], random.Uint64())
		if !yield(key, nil) {
			break
		}
	}
	return nil
}

// BenchmarkOpen finds 10 million keys in a state.
func BenchmarkOpen(b *testing.B) {
	const keys = 10_000_000
	ctx := component.WithState(b.Context(), many{keys: keys})
	for b.Loop() {
		f := newFactory(b, map[string]any{"max_keys": keys})
		if err := f.(component.Opener).Open(ctx); err != nil {
			b.Fatal(err)
		}
	}
}

func newFactory(tb testing.TB, attributes map[string]any) component.Factory {
	tb.Helper()
	attributes, err := dedupe.Declaration.Validate(attributes)
	if err != nil {
		tb.Fatal(err)
	}
	f, err := dedupe.NewFactory(attributes)
	if err != nil {
		tb.Fatal(err)
	}
	return f
}
