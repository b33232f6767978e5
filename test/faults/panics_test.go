//go:build linux

package faults

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"

	"github.com/gopiper/gopiper"
	"github.com/gopiper/gopiper/component"
	"github.com/gopiper/gopiper/engine"
	"github.com/gopiper/gopiper/plan"
	"github.com/gopiper/gopiper/store"
	"github.com/gopiper/gopiper/test/faults/oracle"
)

// misbehaving is a stage of a component of the worst kind.
type misbehaving struct {
	name        string
	factory     component.Factory
	declaration *component.Declaration // nil for none
	shares      []oracle.Share         // messages that must end in quarantine
	workers     int
	timeout     time.Duration
	poisoned    int64 // how many others may be in quarantine
	part        int   // of the row's messages: one in so many
	makes       int   // goroutines of its own at a time
	leaves      int   // those of them that never end
}

// runMisbehaving runs a pipeline with such a stage beside one without, both with a
// store, and holds the result against the oracle.
func runMisbehaving(t *testing.T, s uint64, n uint64, bad misbehaving) {
	t.Helper()
	goroutines := watchGoroutines()
	defer goroutines.judge(t, bad.makes, bad.leaves)
	st, err := store.OpenOn(store.Below{FS: vfs.NewMem()}, stateDirectory, store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer st.Close()
	stages := []gopiper.Stage{{}, {}}
	stages[0] = gopiper.Own(bad.name, bad.factory, bad.declaration).Workers(max(bad.workers, 1)).
		Retry(plan.Retry{Initial: time.Microsecond, Max: time.Millisecond})
	if bad.timeout > 0 {
		stages[0] = stages[0].Timeout(bad.timeout)
	}
	stages[1] = gopiper.Function(func(component.StandardMessage) component.Report { return component.Report{} })
	var pipelines []gopiper.Pipeline
	var accounts []*oracle.Account
	for i, stage := range stages {
		g := &oracle.Generator{Seed: s, Pad: 20}
		if i == 0 {
			g.Shares = bad.shares
		}
		a := oracle.NewAccount(g)
		var mu sync.Mutex
		from := source{generator: g, until: n, batch: 64, random: chance(s, "source"),
			settled: func(seq uint64, _ component.Report) { a.Acked(seq) }}
		to := sink{mu: &mu, account: a}
		pipelines = append(pipelines, gopiper.Pipeline{Name: fmt.Sprint("p", i), Stages: gopiper.Stages(
			gopiper.Own("numbers", from.factory(), &sourceDeclaration), stage.Named("bad"), gopiper.Own("account", to.factory(), &sinkDeclaration)),
			MaxMessages: 500})
		accounts = append(accounts, a)
	}
	p, err := gopiper.Prepare(gopiper.Describe(pipelines...), gopiper.Options{Store: st, Logger: slog.New(slog.NewTextHandler(io.Discard, nil))})
	if err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- p.Run(context.Background()) }()
	select {
	case err = <-ended:
	case <-time.After(4 * patience):
		t.Fatalf("seed %d: it does not end: %s\n%s", s, summary(p.Stats()[0]), summary(p.Stats()[1]))
	}
	if err != nil && !errors.Is(err, gopiper.ErrUnhandled) {
		t.Fatalf("seed %d: %v", s, err)
	}
	if err := p.Quarantine().List(func(q engine.Quarantined) bool {
		if q.Pipeline == "p0" {
			accounts[0].Quarantined(q.Data)
		} else {
			accounts[1].Quarantined(q.Data)
		}
		return true
	}); err != nil {
		t.Error(err)
	}
	for i, a := range accounts {
		terms := oracle.Terms{Originated: n}
		if i == 0 {
			terms.Poisoned = bad.poisoned
		}
		if bad.workers < 2 || i == 1 {
			terms.Order = oracle.Total
		}
		totals, err := a.Audit(terms)
		if err != nil {
			t.Errorf("pipeline %d, seed %d: %v", i, s, err)
		}
		if totals.Acked != int64(n) {
			t.Errorf("pipeline %d, seed %d: %d of %d were acknowledged", i, s, totals.Acked, n)
		}
		if stats := p.Stats()[i]; stats.InFlight != 0 || stats.InFlightBytes != 0 {
			t.Errorf("pipeline %d, seed %d: %d messages, %d bytes are in flight at the end", i, s, stats.InFlight, stats.InFlightBytes)
		}
	}
}

// goroutines counts what runs while a pipeline does.
type goroutines struct {
	before, most int
	over, ended  chan struct{}
}

// goroutinesMost is how many goroutines a pipeline of the tests may have.
const goroutinesMost = 700

func watchGoroutines() *goroutines {
	g := &goroutines{before: runtime.NumGoroutine(), over: make(chan struct{}), ended: make(chan struct{})}
	go func() {
		defer close(g.ended)
		look := time.NewTicker(5 * time.Millisecond)
		defer look.Stop()
		for {
			g.most = max(g.most, runtime.NumGoroutine()-g.before)
			select {
			case <-look.C:
			case <-g.over:
				return
			}
		}
	}()
	return g
}

// judge finds out whether there were too many, and whether they are gone.
func (g *goroutines) judge(t *testing.T, makes, leaves int) {
	t.Helper()
	close(g.over)
	<-g.ended
	if g.most > goroutinesMost+makes {
		t.Errorf("there were %d goroutines more than before; %d may be", g.most, goroutinesMost+makes)
	}
	back := func() bool { return runtime.NumGoroutine() <= g.before+leaves }
	if !eventually(patience, back) {
		text := make([]byte, 6000)
		t.Errorf("%d goroutines were there before, and %d are at the end, such as:\n%s",
			g.before, runtime.NumGoroutine(), text[:runtime.Stack(text, true)])
	}
}

// panicking panics in Handle or HandleBatch.
type panicking struct {
	generator func(data []byte) (seq uint64, bad bool)
	after     bool // it calls back first
}

func (p *panicking) Handle(m component.Message, handled component.HandledCallback) {
	_, bad := p.generator(m.GetData())
	if p.after {
		handled(component.Report{})
	}
	if bad {
		panic("on purpose")
	}
	if !p.after {
		handled(component.Report{})
	}
}

// inBatches is panicking with a batch handler.
type inBatches struct{ panicking }

func (p *inBatches) HandleBatch(messages []component.Message, _ []component.Report) int {
	for _, m := range messages {
		if _, bad := p.generator(m.GetData()); bad {
			panic("on purpose")
		}
	}
	return len(messages)
}

// TestPanics lets components panic on some messages, and on all.
func TestPanics(t *testing.T) {
	s := seed(t)
	n := amount(t, "PANICS")
	for _, perMille := range []int{10, 1000} {
		shares := []oracle.Share{{Fate: oracle.Fail, PerMille: perMille}}
		g := &oracle.Generator{Seed: s, Pad: 20, Shares: shares}
		bad := func(data []byte) (uint64, bool) {
			seq, err := g.Parse(data)
			return seq, err != nil || g.Fate(seq) == oracle.Fail
		}
		sync := &component.Declaration{Name: "bad", Roles: component.Processor, Sync: true}
		batches := &component.Declaration{Name: "bad", Roles: component.Processor, Sync: true, Interfaces: component.IsBatchHandler}
		count := uint64(n)
		if perMille == 1000 {
			count = uint64([]int{3, 5, 8}[size()]) // each worker that is replaced waits longer than the one before
		}
		for _, c := range []misbehaving{
			{name: "Handle", factory: factory{create: func(chan component.Message) component.Component { return &panicking{generator: bad} }}, declaration: sync, shares: shares},
			{name: "Handle of a component without a declaration", factory: factory{create: func(chan component.Message) component.Component { return &panicking{generator: bad} }}, shares: shares},
			{name: "Handle of 4 workers", factory: factory{create: func(chan component.Message) component.Component { return &panicking{generator: bad} }}, shares: shares, workers: 4},
			{name: "HandleBatch", factory: factory{create: func(chan component.Message) component.Component { return &inBatches{panicking{generator: bad}} }}, declaration: batches, shares: shares},
			{name: "after the callback", factory: factory{create: func(chan component.Message) component.Component {
				return &panicking{generator: bad, after: true}
			}}, declaration: sync},
		} {
			if c.workers > 1 && perMille == 1000 {
				continue
			}
			t.Run(fmt.Sprintf("%s, %d in 1000", c.name, perMille), func(t *testing.T) { runMisbehaving(t, s, count, c) })
		}
	}
}

// hang never returns.
func hang() { select {} }

// TestCallbacks lets components call back never, twice, late, from everywhere, and
// send what they must not.
func TestCallbacks(t *testing.T) {
	s := seed(t)
	n := uint64(amount(t, "CALLBACKS"))
	g := &oracle.Generator{Seed: s, Pad: 20}
	nth := func(m component.Message, every uint64) bool {
		seq, err := g.Parse(m.GetData())
		return err == nil && seq%every == 7
	}
	fail := component.Report{Status: component.Fail, Description: "a second report"}
	stage := func(name string, f func(postponed chan component.Message) handler, change func(*misbehaving)) misbehaving {
		b := misbehaving{name: name, part: 1, factory: factory{create: func(postponed chan component.Message) component.Component { return f(postponed) }}}
		if change != nil {
			change(&b)
		}
		return b
	}
	var hung atomic.Int64
	for _, c := range []misbehaving{
		stage("twice", func(chan component.Message) handler {
			return func(_ component.Message, handled component.HandledCallback) {
				handled(component.Report{})
				handled(fail)
			}
		}, nil),
		stage("late, and twice", func(chan component.Message) handler {
			return func(_ component.Message, handled component.HandledCallback) {
				go func() {
					handled(component.Report{})
					handled(fail)
				}()
			}
		}, func(b *misbehaving) { b.makes = 1000 }),
		stage("a hundred times at once", func(chan component.Message) handler {
			return func(_ component.Message, handled component.HandledCallback) {
				for range 100 {
					go handled(component.Report{})
				}
			}
		}, func(b *misbehaving) { b.part, b.makes = 20, 100_000 }),
		stage("long after it has reported", func(chan component.Message) handler {
			var before component.HandledCallback
			return func(_ component.Message, handled component.HandledCallback) {
				if before != nil {
					before(fail)
				}
				handled(component.Report{})
				before = handled
			}
		}, nil),
		stage("by a panic in another goroutine that is caught", func(chan component.Message) handler {
			return func(_ component.Message, handled component.HandledCallback) {
				go func() {
					defer func() { _ = recover() }()
					defer handled(component.Report{})
					panic("on purpose")
				}()
			}
		}, func(b *misbehaving) { b.makes = 1000 }),
		stage("nil is sent", func(postponed chan component.Message) handler {
			return func(_ component.Message, handled component.HandledCallback) {
				postponed <- nil
				handled(component.Report{})
			}
		}, nil),
		stage("it is sent on twice", func(postponed chan component.Message) handler {
			return func(m component.Message, handled component.HandledCallback) {
				handled(component.Report{Status: component.Continue})
				postponed <- m
				postponed <- m
			}
		}, nil),
		stage("it is sent on and done", func(postponed chan component.Message) handler {
			return func(m component.Message, handled component.HandledCallback) {
				postponed <- m
				handled(component.Report{})
			}
		}, nil),
		stage("never, at first", func(chan component.Message) handler {
			return func(m component.Message, handled component.HandledCallback) {
				if nth(m, 997) && hung.Add(1)%2 == 1 {
					return
				}
				handled(component.Report{})
			}
		}, func(b *misbehaving) { b.timeout, b.part, b.poisoned = 30*time.Millisecond, 10, int64(n) }),
		stage("never, and it does not return", func(chan component.Message) handler {
			return func(m component.Message, handled component.HandledCallback) {
				if nth(m, 997) {
					hang()
				}
				handled(component.Report{})
			}
		}, func(b *misbehaving) {
			b.timeout, b.part, b.poisoned, b.makes, b.leaves = 30*time.Millisecond, 10, int64(n), int(n), int(n)
		}),
	} {
		t.Run(c.name, func(t *testing.T) {
			runMisbehaving(t, s, max(n/uint64(c.part), 200), c)
		})
	}
}
