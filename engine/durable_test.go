package engine

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/gopiper/gopiper/component"
	"github.com/gopiper/gopiper/plan"
)

// counting is a source of the numbers up to n that goes on where its last settled
// batch ended.
type counting struct {
	n, batch int

	mu      sync.Mutex
	settled int // the end of the last batch whose outcome it was told
}

func (s *counting) Handle(component.Message, component.HandledCallback) {}

func (s *counting) Run(ctx context.Context, out component.Output) error {
	i := 0
	if p, ok := component.PositionsOf(ctx).Of[""]; ok {
		i, _ = strconv.Atoi(string(p))
	}
	for i < s.n {
		b := out.Batch()
		for ; i < s.n && b.Len() < s.batch; i++ {
			b.Append(fmt.Appendf(nil, "%d", i))
		}
		end := i
		b.SetPosition("", fmt.Append(nil, end))
		b.OnSettled = func(*component.Batch) {
			s.mu.Lock()
			s.settled = max(s.settled, end)
			s.mu.Unlock()
		}
		if !out.Emit(b) {
			return nil
		}
	}
	return nil
}

func (s *counting) stage() *Stage {
	return &Stage{Kind: plan.Component, Name: "counting", Component: "counting",
		Factory:     factory{create: func(chan component.Message) component.Component { return s }},
		Declaration: &component.Declaration{Name: "counting", Roles: component.Source, Interfaces: component.IsRunner}}
}

// tallying counts messages by their number modulo 7, in its state.
type tallying struct {
	state  component.State
	retry  map[string]bool // messages that it asks to retry, once, after it has counted them
	fails  func(int) bool
	mu     sync.Mutex
	errors []error
}

func (c *tallying) Open(ctx context.Context) error {
	c.state = component.StateOf(ctx)
	return nil
}

func (c *tallying) Handle(m component.Message, done component.HandledCallback) {
	data := string(m.GetData())
	n, _ := strconv.Atoi(data)
	key := fmt.Append(nil, "mod", n%7)
	value, err := c.state.Get(key)
	count, _ := strconv.Atoi(string(value))
	if err = errors.Join(err, c.state.Put(m, key, fmt.Append(nil, count+1), time.Time{})); err != nil {
		c.mu.Lock()
		c.errors = append(c.errors, err)
		c.mu.Unlock()
	}
	switch {
	case c.retry[data]:
		delete(c.retry, data)
		done(component.Report{Status: component.Retry})
	case c.fails(n):
		done(component.Report{Status: component.Fail, Description: "unlucky"})
	default:
		done(component.Report{})
	}
}

func (c *tallying) stage() *Stage {
	return &Stage{Kind: plan.Component, Name: "tally", Component: "tally",
		Retry:       &plan.Retry{Initial: time.Microsecond, Max: time.Microsecond},
		Factory:     factory{create: func(chan component.Message) component.Component { return c }},
		Declaration: &component.Declaration{Name: "tally", Roles: component.Processor, Interfaces: component.IsOpener, Sync: true}}
}

func bufferStage(name string) *Stage {
	return &Stage{Kind: plan.Component, Name: name, Component: "buffer", Buffer: &Buffer{}}
}

var discardLogger = slog.New(slog.NewTextHandler(io.Discard, nil))

// TestCrashes lets pipelines with positions, state, buffers and quarantine crash
// again and again, and looks whether everything arrives, in order, whether nothing
// comes twice that need not, and whether the state has counted everything once.
func TestCrashes(t *testing.T) {
	rapid.Check(t, checkCrashes)
}

func checkCrashes(t *rapid.T) {
	n := rapid.IntRange(1, 400).Draw(t, "messages")
	batch := rapid.IntRange(1, 50).Draw(t, "batch")
	most := int64(rapid.IntRange(batch, 100).Draw(t, "max_messages"))
	buffers := rapid.IntRange(0, 2).Draw(t, "buffers")
	mod := rapid.SampledFrom([]int{0, 3, 50}).Draw(t, "fails")
	forked := rapid.Bool().Draw(t, "forked")
	keeps := rapid.IntRange(0, 4).Draw(t, "keeps") == 0
	if keeps {
		n = n/8 + 1 // what is kept waits for the watch, which takes its time
	}
	fails := func(i int) bool { return mod > 0 && i%mod == 1 }
	crashes := rapid.SliceOfN(rapid.IntRange(2, 60), 0, 5).Draw(t, "crashes")
	tally := &tallying{fails: fails, retry: map[string]bool{}}
	for _, i := range rapid.SliceOfN(rapid.IntRange(0, n), 0, 5).Draw(t, "retries") {
		tally.retry[strconv.Itoa(i)] = true
	}
	sink := &collector{}
	var values map[string][]byte
	crashed := 0
	for run := 0; ; run++ {
		stages := []*Stage{(&counting{n: n, batch: batch}).stage()}
		if keeps {
			stages = append(stages, keepingStage(min(5, int(most))))
		}
		if buffers > 1 {
			stages = append(stages, bufferStage("first"))
		}
		stages = append(stages, tally.stage())
		if forked {
			stages = append(stages, &Stage{Kind: plan.Switch, Name: "parity", Branches: []*Branch{
				{When: func(Place) Predicate {
					return func(m component.Message) (bool, error) { return len(m.GetData())%2 == 0, nil }
				}, Stages: []*Stage{syncStage("even", func(_ component.Message, done component.HandledCallback) { done(component.Report{}) })}},
			}})
		}
		if buffers > 0 {
			stages = append(stages, bufferStage("last"))
		}
		stages = append(stages, sink.stage())
		store := newShelf(values, uint64(run))
		p := newPipeline(t, Config{Name: "test", Stages: stages, Store: store, MaxMessages: most, BatchMax: 64, Logger: discardLogger})
		if run < len(crashes) {
			store.crashAt, store.onCrash = crashes[run], p.abort
		}
		err := p.Run(t.Context())
		values = store.close()
		if err == nil {
			break
		}
		if !errors.Is(err, ErrNotDrained) && !errors.Is(err, errCrashed) {
			t.Fatalf("run %d: %v", run, err)
		}
		crashed++
	}
	if len(tally.errors) > 0 {
		t.Fatal(tally.errors)
	}
	bound := crashed * int(Again(most, int64(batch))) * (buffers + 1)
	suspects := suspectsIn(t, values)
	checkDelivered(t, sink.got, n, fails, suspects, bound)
	inexact := 0
	if buffers > 1 && (keeps || crashed >= deathsAlone) { // a batch enters the buffer in parts
		inexact = bound
	}
	checkLeft(t, values, n, fails, len(suspects), inexact)
}

// suspectsIn are the messages that were alone in flight when the process died for
// the third time: wrongly, here. They are in quarantine.
func suspectsIn(t *rapid.T, values map[string][]byte) map[string]bool {
	store := newShelf(values, 0)
	defer store.close()
	suspects := map[string]bool{}
	if err := NewQuarantine(store).List(func(q Quarantined) bool {
		if q.Status == StatusPoison {
			suspects[string(q.Data)] = true
		}
		return true
	}); err != nil {
		t.Fatal(err)
	}
	return suspects
}

// checkDelivered checks what the sink got.
func checkDelivered(t *rapid.T, got []string, n int, fails func(int) bool, suspects map[string]bool, bound int) {
	seen := map[string]bool{}
	last, duplicates := -1, 0
	for _, data := range got {
		i, _ := strconv.Atoi(data)
		if fails(i) {
			t.Fatalf("%d failed and was delivered", i)
		}
		if seen[data] {
			duplicates++
			continue
		}
		seen[data] = true
		if i <= last && !suspects[data] {
			t.Fatalf("%d was delivered for the first time after %d", i, last)
		}
		last = max(last, i)
	}
	if duplicates > bound {
		t.Fatalf("%d duplicates, at most %d are allowed", duplicates, bound)
	}
	for i := range n {
		if data := strconv.Itoa(i); !fails(i) && !seen[data] && !suspects[data] {
			t.Fatalf("%d is lost", i)
		}
	}
}

// checkLeft checks what is left in the store.
func checkLeft(t *rapid.T, values map[string][]byte, n int, fails func(int) bool, missing, inexact int) {
	counts := map[int]int{}
	failed := map[string]int{}
	for i := range n {
		if fails(i) {
			failed[strconv.Itoa(i)]++
		} else {
			counts[i%7]++
		}
	}
	store := newShelf(values, 0)
	defer store.close()
	for mod, count := range counts {
		value, _ := store.Get(append(keyOf(stateKey, "test", "tally"), fmt.Append(nil, "mod", mod)...))
		if got, _ := strconv.Atoi(string(unexpired(value))); got < count-missing || got > count+inexact {
			t.Fatalf("the state has counted %d messages of %d modulo 7; there were %d", got, mod, count)
		}
	}
	err := NewQuarantine(store).List(func(q Quarantined) bool {
		failed[string(q.Data)]--
		return true
	})
	if err != nil {
		t.Fatal(err)
	}
	for data, missing := range failed {
		if missing > 0 {
			t.Fatalf("%s failed and is not in quarantine", data)
		}
	}
	for key := range values {
		if strings.HasPrefix(key, "btest\x00first\x00f") || strings.HasPrefix(key, "btest\x00last\x00f") || key[0] == aliveKey {
			t.Fatalf("left in the store: %q", key)
		}
	}
}

// keepingStage keeps messages and sends them on, in order, when it has n.
func keepingStage(n int) *Stage {
	return &Stage{Kind: plan.Component, Name: "keeping", Component: "keeping",
		Factory: factory{create: func(postponed chan component.Message) component.Component {
			return &keeping{n: n, postponed: postponed}
		}},
		Declaration: &component.Declaration{Name: "keeping", Roles: component.Processor, Interfaces: component.IsFlusher, Sync: true, Emits: true, Stateful: true}}
}

type keeping struct {
	n         int
	postponed chan component.Message
	kept      []component.Message
}

func (k *keeping) Handle(m component.Message, done component.HandledCallback) {
	k.kept = append(k.kept, m)
	done(component.Report{Status: component.Continue})
	if len(k.kept) == k.n {
		_ = k.Flush(context.Background())
	}
}

func (k *keeping) Flush(context.Context) error {
	for _, m := range k.kept {
		k.postponed <- m
	}
	k.kept = nil
	return nil
}

func TestFrame(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		h := &home{p: &Pipeline{config: Config{BatchMax: 64}}}
		raw := &component.Batch{}
		text := rapid.StringN(0, 20, 40)
		for range rapid.IntRange(1, 30).Draw(t, "messages") {
			raw.Append([]byte(text.Draw(t, "data")))
			if rapid.Bool().Draw(t, "meta") {
				meta := component.Meta{Key: text.Draw(t, "key"), Timestamp: rapid.Int64().Draw(t, "timestamp")}
				for range rapid.IntRange(0, 3).Draw(t, "attributes") {
					meta.Attributes = append(meta.Attributes, text.Draw(t, "name"), text.Draw(t, "value"))
				}
				raw.SetMeta(meta)
			}
		}
		if rapid.Bool().Draw(t, "unterminated") {
			raw.SetUnterminated()
		}
		frame := appendFrame(nil, h.fill(raw))
		again := &component.Batch{}
		if err := readFrame(slices.Clone(frame), again); err != nil {
			t.Fatal(err)
		}
		if got := appendFrame(nil, (&home{p: h.p}).fill(again)); !slices.Equal(got, frame) {
			t.Fatalf("read as %q, was %q", got, frame)
		}
		if messagesIn(frame) != int64(raw.Len()) || again.Unterminated() != raw.Unterminated() {
			t.Fatal("another number of messages, or another end")
		}
		// Damage is an error, or a frame, but never a panic.
		frame[rapid.IntRange(0, len(frame)-1).Draw(t, "where")] ^= byte(rapid.IntRange(1, 255).Draw(t, "flip"))
		_ = readFrame(frame[:rapid.IntRange(0, len(frame)).Draw(t, "length")], &component.Batch{})
	})
}
