package engine

import (
	"fmt"
	"hash/fnv"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/gopiper/gopiper/component"
	"github.com/gopiper/gopiper/plan"
)

// behaviour is what a stage of the model does with a message. It depends on the
// stage and the message only, so that the outcome can be computed.
type behaviour int

const (
	doesDone behaviour = iota
	doesLate
	doesDouble
	doesDrop
	doesFail
	doesReserved
	doesRetry
	doesLateRetry
	doesPanic
	doesKeep   // Continue, and send the message on later
	doesSplit  // two children, then Drop
	doesAdd    // one child before it, then Done
	doesGiveUp // Continue, and release later
	doesForward
	behaviours
)

// modelStage is a stage that misbehaves by plan.
type modelStage struct {
	name    string
	mask    uint32 // the behaviours it may show
	sync    bool
	workers int
	order   plan.Order

	mu       sync.Mutex
	attempts map[string]int
	overlaps atomic.Int32
}

// of picks the behaviour for a message.
func (s *modelStage) of(data string) behaviour {
	h := fnv.New64a()
	h.Write([]byte(s.name + data))
	v := h.Sum64()
	if v%10 < 5 {
		return doesDone
	}
	b := behaviour(v / 10 % uint64(behaviours))
	if s.mask&(1<<b) == 0 {
		return doesDone
	}
	return b
}

func (s *modelStage) attempt(data string) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.attempts[data]++
	return s.attempts[data]
}

type modelWorker struct {
	s         *modelStage
	postponed chan component.Message
	inside    atomic.Int32
}

func (w *modelWorker) Handle(m component.Message, done component.HandledCallback) {
	if w.inside.Add(1) != 1 {
		w.s.overlaps.Add(1)
	}
	defer w.inside.Add(-1)
	data := string(m.GetData())
	switch w.s.of(data) {
	case doesDone:
		done(component.Report{})
	case doesLate:
		go done(component.Report{Description: "late"})
	case doesDouble:
		done(component.Report{})
		done(component.Report{})
		if !w.s.sync {
			go done(component.Report{Status: component.Fail})
		}
	case doesDrop:
		done(component.Report{Status: component.Drop})
	case doesFail:
		done(component.Report{Status: 250, Description: "no"})
	case doesReserved:
		done(component.Report{Status: 42})
	case doesRetry:
		m.SetData([]byte("spoilt"))
		if w.s.attempt(data) < 3 {
			done(component.Report{Status: component.Retry, Description: "again"})
			return
		}
		m.SetData([]byte(data))
		done(component.Report{})
	case doesLateRetry:
		if w.s.attempt(data) < 2 {
			go done(component.Report{Status: 150})
			return
		}
		go done(component.Report{})
	case doesPanic:
		if w.s.attempt(data) < 2 {
			panic("on purpose")
		}
		done(component.Report{})
	case doesKeep:
		done(component.Report{Status: component.Continue})
		go func() { w.postponed <- m }()
	case doesForward:
		w.postponed <- m
		done(component.Report{Status: component.Continue})
	case doesSplit:
		w.postponed <- component.NewMessage([]byte(data+"a"), m)
		w.postponed <- component.NewMessage([]byte(data+"b"), m)
		done(component.Report{Status: component.Drop})
	case doesAdd:
		w.postponed <- component.NewMessage([]byte(data+"c"), m)
		done(component.Report{})
	case doesGiveUp:
		done(component.Report{Status: component.Continue})
		go m.Release()
	}
}

// expect computes what arrives at the sink for a message, in order, its outcome,
// and whether the order of it is defined.
func expect(stages []*modelStage, data string) (arrives []string, outcome component.Class) {
	if len(stages) == 0 {
		return []string{data}, component.ClassDone
	}
	s, rest := stages[0], stages[1:]
	var parts []string
	outcome = component.ClassDrop
	switch s.of(data) {
	case doesDrop, doesGiveUp:
		return nil, component.ClassDrop
	case doesFail, doesReserved:
		return nil, component.ClassFail
	case doesSplit:
		parts = []string{data + "a", data + "b"}
	case doesAdd:
		parts = []string{data + "c", data}
	default:
		parts = []string{data}
	}
	for _, part := range parts {
		a, o := expect(rest, part)
		arrives = append(arrives, a...)
		outcome = component.Worse(component.Report{Status: statusOf(outcome)}, component.Report{Status: statusOf(o)}).Class()
	}
	return arrives, outcome
}

func statusOf(c component.Class) int {
	return map[component.Class]int{component.ClassDone: 0, component.ClassDrop: 300, component.ClassFail: 200}[c]
}

func (s *modelStage) stage() *Stage {
	st := &Stage{Kind: plan.Component, Name: s.name, Component: "model", Workers: s.workers, Order: s.order,
		Retry:   &plan.Retry{Initial: 1, Max: 1000},
		Timeout: 5 * time.Second,
		Factory: factory{create: func(postponed chan component.Message) component.Component {
			return &modelWorker{s: s, postponed: postponed}
		}}}
	if s.order == plan.Key {
		st.Key = func(Place) KeyFunc {
			return func(m component.Message) (string, error) { return keyOfModel(string(m.GetData())), nil }
		}
	}
	if s.sync {
		st.Declaration = &component.Declaration{Name: "model", Roles: component.Processor, Sync: true, Emits: s.mask&emitting != 0}
	}
	return st
}

// keyOfModel is what descendants of one number have in common.
func keyOfModel(data string) string {
	n, _ := strconv.Atoi(strings.TrimRight(data, "abc"))
	return fmt.Sprint(n % 7)
}

const (
	emitting = 1<<doesKeep | 1<<doesSplit | 1<<doesAdd | 1<<doesForward | 1<<doesGiveUp
	lateOnes = 1<<doesLate | 1<<doesLateRetry | 1<<doesKeep
	// displaced are those after which the order is not defined.
	displaced = 1 << doesKeep
)

func TestModel(t *testing.T) { rapid.Check(t, checkModel) }

func checkModel(t *rapid.T) {
	n := rapid.IntRange(1, 2000).Draw(t, "messages")
	src, sink := newNumbers(n), &collector{}
	src.batch = rapid.SampledFrom([]int{1, 7, 100, 600}).Draw(t, "batch")
	total, keyed := true, true
	var models []*modelStage
	stages := []*Stage{src.stage()}
	for i := range rapid.IntRange(1, 4).Draw(t, "stages") {
		s := &modelStage{name: fmt.Sprint("stage", i), attempts: map[string]int{},
			mask:    rapid.Uint32Range(0, 1<<behaviours-1).Draw(t, "mask"),
			sync:    rapid.Bool().Draw(t, "sync"),
			workers: rapid.SampledFrom([]int{1, 1, 2, 3}).Draw(t, "workers"),
			order:   rapid.SampledFrom([]plan.Order{plan.Total, plan.Total, plan.Key, plan.None}).Draw(t, "order"),
		}
		if s.sync {
			s.mask &^= lateOnes
		}
		if s.order != plan.Total && s.workers > 1 {
			total = false
		}
		if s.order == plan.None {
			total, keyed = false, false
		}
		if s.order == plan.Key {
			total = false
		}
		if s.mask&displaced != 0 {
			total, keyed = false, false
		}
		models = append(models, s)
		stages = append(stages, s.stage())
	}
	stages = append(stages, sink.stage())
	p := newPipeline(t, Config{Name: "model", Stages: stages, Strict: rapid.Bool().Draw(t, "strict")})
	runPipeline(t, p)
	if s := p.Stats(); s.Originated != uint64(n) || s.Settled != uint64(n) {
		t.Fatalf("originated %d, settled %d of %d", s.Originated, s.Settled, n)
	}
	var arrives []string
	for i := range n {
		a, outcome := expect(models, fmt.Sprint(i))
		arrives = append(arrives, a...)
		if got, ok := src.outcomes[i]; !ok || got.Class() != outcome {
			t.Fatalf("message %d ended as %v (known: %v), want %v", i, got, ok, outcome)
		}
	}
	if src.twice > 0 {
		t.Fatalf("%d messages were settled twice", src.twice)
	}
	for _, s := range models {
		if s.overlaps.Load() > 0 {
			t.Fatalf("%s: Handle was called concurrently", s.name)
		}
	}
	got := sink.got
	switch {
	case total:
		if !slices.Equal(got, arrives) {
			t.Fatalf("not in order: %s", difference(got, arrives))
		}
	case keyed:
		if a, b := byKey(got), byKey(arrives); !slices.Equal(a, b) {
			t.Fatalf("not in order of their keys: %s", difference(a, b))
		}
	default:
		slices.Sort(got)
		slices.Sort(arrives)
		if !slices.Equal(got, arrives) {
			t.Fatalf("not the same messages: %s", difference(got, arrives))
		}
	}
}

func byKey(all []string) []string {
	out := slices.Clone(all)
	slices.SortStableFunc(out, func(a, b string) int { return strings.Compare(keyOfModel(a), keyOfModel(b)) })
	return out
}

func difference(got, want []string) string {
	for i := range min(len(got), len(want)) {
		if got[i] != want[i] {
			return fmt.Sprintf("got %d, want %d messages; at %d: %q, want %q", len(got), len(want), i, got[max(0, i-2):min(len(got), i+3)], want[max(0, i-2):min(len(want), i+3)])
		}
	}
	return fmt.Sprintf("got %d, want %d messages", len(got), len(want))
}
