package engine

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gopiper/gopiper/component"
	"github.com/gopiper/gopiper/plan"
)

// durably runs the stages with a store that holds values, and returns what it holds
// then.
func durably(t *testing.T, values map[string][]byte, config Config) map[string][]byte {
	t.Helper()
	store := newShelf(values, 1)
	config.Name, config.Store = "test", store
	runPipeline(t, newPipeline(t, config))
	return store.close()
}

// quarantined lists what is in quarantine.
func quarantined(t *testing.T, values map[string][]byte) []Quarantined {
	t.Helper()
	store := newShelf(values, 1)
	defer store.close()
	return listed(t, NewQuarantine(store))
}

func listed(t *testing.T, q *Quarantine) (list []Quarantined) {
	t.Helper()
	if err := q.List(func(entry Quarantined) bool {
		list = append(list, entry)
		return true
	}); err != nil {
		t.Fatal(err)
	}
	return list
}

// failing lets through what is not in the set.
func failing(name string, set ...string) *Stage {
	return syncStage(name, func(m component.Message, done component.HandledCallback) {
		if slices.Contains(set, string(m.GetData())) {
			m.SetData([]byte("changed before it failed"))
			done(component.Report{Status: 207, Description: "no good"})
			return
		}
		done(component.Report{})
	})
}

func TestQuarantineKeeps(t *testing.T) {
	label := syncStage("label", func(m component.Message, done component.HandledCallback) {
		s := m.(component.StandardMessage)
		s.SetAttribute("colour", "red")
		s.SetKey("k" + string(m.GetData()))
		s.SetTimestamp(42)
		done(component.Report{})
	})
	sink := &collector{}
	before := time.Now()
	values := durably(t, nil, Config{Stages: []*Stage{newNumbers(5).stage(), label, failing("pick", "3"), sink.stage()}})
	if want := []string{"0", "1", "2", "4"}; !slices.Equal(sink.got, want) {
		t.Errorf("delivered %v, want %v", sink.got, want)
	}
	list := quarantined(t, values)
	if len(list) != 1 {
		t.Fatalf("%d messages in quarantine, want 1", len(list))
	}
	q := list[0]
	if q.Time.Before(before) || q.Time.After(time.Now()) {
		t.Errorf("it failed at %v", q.Time)
	}
	q.Time = time.Time{}
	want := Quarantined{ID: 1, Pipeline: "test", Stage: "pick", Status: 207, Description: "no good", Attempts: 1,
		Data: []byte("3"), Key: "k3", Timestamp: 42, Attributes: map[string]string{"colour": "red"}}
	if fmt.Sprintf("%+v", q) != fmt.Sprintf("%+v", want) {
		t.Errorf("kept %+v, want %+v", q, want)
	}
}

func TestQuarantineAfterPanics(t *testing.T) {
	bad := syncStage("bad", func(m component.Message, done component.HandledCallback) { panic("cannot") })
	bad.Retry = &plan.Retry{Initial: time.Millisecond, Max: time.Millisecond}
	list := quarantined(t, durably(t, nil, Config{Stages: []*Stage{newNumbers(1).stage(), bad, (&collector{}).stage()}}))
	if len(list) != 1 || list[0].Status != StatusPanic || list[0].Attempts != 3 || !strings.Contains(list[0].Description, "quarantine_test.go") {
		t.Errorf("kept %+v, want one with the stack of the panic", list)
	}
}

// TestFailedBranchThenQuarantine: what fails in the failed branch is kept.
func TestFailedBranchThenQuarantine(t *testing.T) {
	values := durably(t, nil, Config{Stages: []*Stage{newNumbers(4).stage(), failing("pick", "1", "2"), (&collector{}).stage()},
		Failed: []*Stage{failing("again", "2"), named("sink", (&collector{}).stage())}})
	list := quarantined(t, values)
	if len(list) != 1 || list[0].Stage != "again" || string(list[0].Data) != "2" || list[0].Attributes["failed_stage"] != "pick" {
		t.Errorf("kept %+v, want message 2 of the stage again", list)
	}
}

func named(name string, s *Stage) *Stage {
	s.Name = name
	return s
}

func TestQuarantineFull(t *testing.T) {
	all := want(10)
	stages := func() []*Stage {
		source := newNumbers(10)
		source.batch = 1
		return []*Stage{source.stage(), failing("pick", all...), (&collector{}).stage()}
	}
	empty := newShelf(nil, 1)
	defer empty.close()
	size := int64(len(NewQuarantine(empty).encode(&Quarantined{Pipeline: "test", Stage: "pick", Time: time.Now(),
		Attempts: 1, Status: 207, Description: "no good", Data: []byte("0")})))
	for _, test := range []struct {
		whenFull plan.WhenFull
		want     []string
	}{
		{plan.DropNewest, []string{"0", "1", "2"}},
		{plan.DropOldest, []string{"7", "8", "9"}},
	} {
		t.Run(string(test.whenFull), func(t *testing.T) {
			var got []string
			for _, q := range quarantined(t, durably(t, nil, Config{Stages: stages(),
				Quarantine: plan.Quarantine{MaxBytes: 3*size + size/2, WhenFull: test.whenFull}})) {
				got = append(got, string(q.Data))
			}
			if !slices.Equal(got, test.want) {
				t.Errorf("kept %v, want %v", got, test.want)
			}
		})
	}
	t.Run("block", func(t *testing.T) {
		store := newShelf(nil, 1)
		defer store.close()
		kept := NewQuarantine(store)
		p := newPipeline(t, Config{Name: "test", Stages: stages(), Store: store, Kept: kept,
			Quarantine: plan.Quarantine{MaxBytes: 3*size + size/2}})
		ended := make(chan error, 1)
		go func() { ended <- p.Run(t.Context()) }()
		for removed := 0; removed < 7; { // the others stay
			eventually(t, func() bool { return len(p.Stats().NotReady) > 0 && len(listed(t, kept)) == 3 })
			n, err := kept.Remove(listed(t, kept)[0].ID)
			if err != nil {
				t.Fatal(err)
			}
			removed += n
			eventually(t, func() bool { return len(listed(t, kept)) == 3 })
		}
		if err := <-ended; err != nil {
			t.Fatal(err)
		}
		if s := p.Stats(); s.Quarantined != 10 || s.Settled != 10 || s.Failed != 10 {
			t.Errorf("quarantined %d, settled %d, failed %d; want 10 of each", s.Quarantined, s.Settled, s.Failed)
		}
	})
}

func TestQuarantineAge(t *testing.T) {
	values := durably(t, nil, Config{Stages: []*Stage{newNumbers(3).stage(), failing("pick", "1"), (&collector{}).stage()}})
	store := newShelf(values, 1)
	defer store.close()
	q := NewQuarantine(store)
	if n := q.expire("test", time.Now().Add(-time.Hour)); n != 0 {
		t.Errorf("%d are older than an hour", n)
	}
	if n := q.expire("other", time.Now()); n != 0 {
		t.Errorf("%d of another pipeline", n)
	}
	if n := q.expire("test", time.Now()); n != 1 || len(listed(t, q)) != 0 {
		t.Errorf("%d removed, want 1", n)
	}
}

// eventually waits until a condition holds.
func eventually(t *testing.T, holds func() bool) {
	t.Helper()
	deadline := time.After(20 * time.Second)
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for !holds() {
		select {
		case <-tick.C:
		case <-deadline:
			t.Fatal("it does not come about")
		}
	}
}

// replaying runs stages that let nothing in but what is replayed.
func TestReplay(t *testing.T) {
	passes := func(Place) Predicate {
		return func(component.Message) (bool, error) { return true, nil }
	}
	var broken atomic.Bool
	breaks := func(Place) Predicate {
		return func(component.Message) (bool, error) {
			if broken.Load() {
				return false, errors.New("broken")
			}
			return true, nil
		}
	}
	flaky := func(name string) *Stage {
		return syncStage(name, func(m component.Message, done component.HandledCallback) {
			if broken.Load() {
				done(component.Report{Status: 200, Description: "broken"})
				return
			}
			done(component.Report{})
		})
	}
	keyed := func(name string) *Stage {
		s := flaky(name)
		s.Workers, s.Order = 3, plan.Key
		return s
	}
	for name, stages := range map[string]func() []*Stage{
		"fused":  func() []*Stage { return []*Stage{flaky("it")} },
		"behind": func() []*Stage { return []*Stage{syncStage("calm", pass), flaky("it"), syncStage("next", pass)} },
		"buffer": func() []*Stage { return []*Stage{bufferStage("keep"), flaky("it"), bufferStage("again")} },
		"keyed":  func() []*Stage { return []*Stage{keyed("it"), syncStage("next", pass)} },
		"workers": func() []*Stage {
			s := flaky("it")
			s.Workers = 3
			return []*Stage{s, syncStage("next", pass)}
		},
		"fork": func() []*Stage {
			return []*Stage{{Kind: plan.Switch, Name: "it", Branches: []*Branch{{When: breaks, Stages: []*Stage{syncStage("inside", pass)}}}}}
		},
		"in a fork": func() []*Stage {
			return []*Stage{{Kind: plan.Switch, Name: "choice", Branches: []*Branch{{When: passes, Stages: []*Stage{flaky("it")}}}}}
		},
	} {
		t.Run(name, func(t *testing.T) {
			broken.Store(true)
			var upstream atomic.Int64
			sink := &collector{}
			run := func(values map[string][]byte, n int) map[string][]byte {
				first := syncStage("upstream", func(_ component.Message, done component.HandledCallback) {
					upstream.Add(1)
					done(component.Report{})
				})
				list := append([]*Stage{newNumbers(n).stage(), first}, stages()...)
				return durably(t, values, Config{Stages: append(list, sink.stage())})
			}
			values := run(nil, 10)
			marks := mark(t, values)
			if marks != 10 {
				t.Fatalf("%d marked, want 10", marks)
			}
			values = run(values, 0) // it fails again, with new numbers
			list := quarantined(t, values)
			if len(list) != 10 || list[0].ID != 11 || list[0].ReplayOf == 0 || list[0].ReplayOf > 10 || list[0].Replaying || list[9].Stage != "it" {
				t.Fatalf("kept after the first replay: %+v", list)
			}
			broken.Store(false)
			mark(t, values)
			values = run(values, 0)
			if left := quarantined(t, values); len(left) != 0 {
				t.Errorf("left in quarantine: %+v", left)
			}
			slices.Sort(sink.got)
			if !slices.Equal(sink.got, want(10)) {
				t.Errorf("delivered %v", sink.got)
			}
			if upstream.Load() != 10 {
				t.Errorf("the stage before was handed %d messages, want 10", upstream.Load())
			}
		})
	}
}

func pass(_ component.Message, done component.HandledCallback) { done(component.Report{}) }

// mark asks that everything in quarantine is replayed.
func mark(t *testing.T, values map[string][]byte) int {
	t.Helper()
	store := newShelf(values, 1)
	defer store.close()
	q := NewQuarantine(store)
	var ids []uint64
	for _, entry := range listed(t, q) {
		ids = append(ids, entry.ID)
	}
	n, err := q.Replay(append(ids, 12345)...)
	if err != nil {
		t.Fatal(err)
	}
	for _, entry := range listed(t, q) {
		if !entry.Replaying {
			t.Errorf("%d is not marked", entry.ID)
		}
	}
	return n
}

// TestReplayWhileRunning: what is marked enters a pipeline that runs, and leaves
// the quarantine when it is settled, not before.
func TestReplayWhileRunning(t *testing.T) {
	store := newShelf(nil, 1)
	defer store.close()
	kept := NewQuarantine(store)
	var mu sync.Mutex
	var waiting component.HandledCallback
	good := false
	stage := plainStage("it", func(chan component.Message) component.Component {
		return handler(func(m component.Message, done component.HandledCallback) {
			mu.Lock()
			defer mu.Unlock()
			if !good {
				done(component.Report{Status: 200})
				return
			}
			waiting = done
		})
	})
	block := make(chan struct{})
	p := newPipeline(t, Config{Name: "test", Store: store, Kept: kept, Stages: []*Stage{
		lasting(1, block), stage, (&collector{}).stage()}})
	ended := make(chan error, 1)
	go func() { ended <- p.Run(t.Context()) }()
	eventually(t, func() bool { return len(listed(t, kept)) == 1 })
	mu.Lock()
	good = true
	mu.Unlock()
	if n, err := kept.Replay(listed(t, kept)[0].ID); n != 1 || err != nil {
		t.Fatal(n, err)
	}
	eventually(t, func() bool {
		mu.Lock()
		defer mu.Unlock()
		return waiting != nil
	})
	if len(listed(t, kept)) != 1 {
		t.Error("it left the quarantine before it was settled")
	}
	waiting(component.Report{})
	eventually(t, func() bool { return len(listed(t, kept)) == 0 })
	close(block)
	if err := <-ended; err != nil {
		t.Error(err)
	}
}

// lasting originates n messages and ends when over is closed.
func lasting(n int, over chan struct{}) *Stage {
	source := newNumbers(n)
	return &Stage{Kind: plan.Component, Name: "lasting", Component: "lasting",
		Factory:     factory{create: func(chan component.Message) component.Component { return waits{source, over} }},
		Declaration: &component.Declaration{Name: "lasting", Roles: component.Source, Interfaces: component.IsRunner}}
}

type waits struct {
	*numbers
	over chan struct{}
}

func (w waits) Run(ctx context.Context, out component.Output) error {
	if err := w.numbers.Run(ctx, out); err != nil {
		return err
	}
	select {
	case <-w.over:
	case <-ctx.Done():
	}
	return nil
}

func TestNotQuarantined(t *testing.T) {
	store := newShelf(nil, 1)
	defer store.close()
	if _, err := NewQuarantine(store).Get(7); !errors.Is(err, ErrNotQuarantined) {
		t.Errorf("Get: %v", err)
	}
	if n, err := NewQuarantine(store).Remove(7); n != 0 || err != nil {
		t.Errorf("Remove: %d, %v", n, err)
	}
}
