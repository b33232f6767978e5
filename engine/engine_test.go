package engine

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/gopiper/gopiper/component"
	"github.com/gopiper/gopiper/plan"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestPassesThrough(t *testing.T) {
	src, sink := newNumbers(10_000), &collector{}
	run(t, src.stage(), syncStage("pass", nothing{}.Handle), sink.stage())
	if !slices.Equal(sink.got, want(10_000)) {
		t.Errorf("got %d messages, or in another order", len(sink.got))
	}
	if len(src.outcomes) != 10_000 || src.twice > 0 {
		t.Errorf("settled %d, twice %d", len(src.outcomes), src.twice)
	}
}

// seedMessage is a message type of a source's own.
type seedMessage struct {
	data     []byte
	status   component.Report
	released *atomic.Int64
	failed   *atomic.Int64
}

func (m *seedMessage) SetData(data []byte)       { m.data = data }
func (m *seedMessage) GetData() []byte           { return m.data }
func (m *seedMessage) Status() *component.Report { return &m.status }
func (m *seedMessage) Release() {
	m.released.Add(1)
	if m.status.Class() == component.ClassFail {
		m.failed.Add(1)
	}
}

// seedSource has Create, Amount and Handle only, and sends its own messages.
type seedSource struct{}

func (seedSource) Handle(component.Message, component.HandledCallback) {}

func TestMinimalSource(t *testing.T) {
	const n = 5000
	var released, failed atomic.Int64
	source := plainStage("seed", func(postponed chan component.Message) component.Component {
		go func() {
			for i := range n {
				postponed <- &seedMessage{data: fmt.Appendf(nil, "%d", i), released: &released, failed: &failed}
			}
			close(postponed)
		}()
		return seedSource{}
	})
	sink := &collector{}
	run(t, source, plainStage("seventh", func(chan component.Message) component.Component {
		return handler(func(m component.Message, done component.HandledCallback) {
			if bytes.HasSuffix(m.GetData(), []byte("7")) {
				done(component.Report{Status: 201, Description: "seven"})
				return
			}
			done(component.Report{})
		})
	}), sink.stage())
	if len(sink.got) != n-n/10 {
		t.Errorf("got %d", len(sink.got))
	}
	if released.Load() != n || failed.Load() != n/10 {
		t.Errorf("released %d, failed %d", released.Load(), failed.Load())
	}
}

func forked(kind plan.Kind, name string, branches ...*Branch) *Stage {
	return &Stage{Kind: kind, Name: name, Component: string(kind), Branches: branches}
}

func when(f func(data string) (bool, error)) func(Place) Predicate {
	return func(Place) Predicate {
		return func(m component.Message) (bool, error) { return f(string(m.GetData())) }
	}
}

func endsWith(suffix string) func(Place) Predicate {
	return when(func(data string) (bool, error) { return strings.HasSuffix(data, suffix), nil })
}

// appending is a stage that appends to the data.
func appending(name, text string, workers int) *Stage {
	s := syncStage(name, func(m component.Message, done component.HandledCallback) {
		m.SetData(append(slices.Clone(m.GetData()), text...))
		done(component.Report{})
	})
	s.Workers = workers
	return s
}

func TestSwitch(t *testing.T) {
	src, all, sevens := newNumbers(3000), &collector{}, &collector{}
	run(t, src.stage(),
		forked(plan.Switch, "switch",
			&Branch{When: endsWith("7"), Stages: []*Stage{sevens.stage()}},
			&Branch{When: endsWith("1"), Stages: []*Stage{appending("slow", "!", 3)}},
		), all.stage())
	var wantAll, wantSevens []string
	for i := range 3000 {
		switch text := fmt.Sprint(i); i % 10 {
		case 7:
			wantSevens = append(wantSevens, text)
		case 1:
			wantAll = append(wantAll, text+"!")
		default:
			wantAll = append(wantAll, text)
		}
	}
	if !slices.Equal(all.got, wantAll) {
		t.Error("what flows on: ", difference(all.got, wantAll))
	}
	if !slices.Equal(sevens.got, wantSevens) {
		t.Error("the case with a sink: ", difference(sevens.got, wantSevens))
	}
	if len(src.outcomes) != 3000 {
		t.Errorf("settled %d", len(src.outcomes))
	}
}

func TestSwitchLast(t *testing.T) {
	src, sevens := newNumbers(100), &collector{}
	p := run(t, src.stage(), forked(plan.Switch, "switch", &Branch{When: endsWith("7"), Stages: []*Stage{sevens.stage()}}))
	if len(sevens.got) != 10 {
		t.Errorf("got %d", len(sevens.got))
	}
	if r := src.outcomes[8]; r.Status != StatusNoSink {
		t.Errorf("what no case took ended as %v", r)
	}
	if s := p.Stats(); s.Unhandled != 90 || s.Failed != 90 {
		t.Errorf("unhandled %d, failed %d", s.Unhandled, s.Failed)
	}
}

func TestPredicateErrorFails(t *testing.T) {
	src, sink := newNumbers(10), &collector{}
	run(t, src.stage(), forked(plan.Switch, "switch",
		&Branch{When: when(func(data string) (bool, error) {
			if data == "3" {
				panic("three")
			}
			if data == "4" {
				return false, errors.New("four")
			}
			return true, nil
		}), Stages: []*Stage{sink.stage()}}), (&collector{}).stage())
	if len(sink.got) != 8 || src.outcomes[3].Class() != component.ClassFail || src.outcomes[4].Status != StatusFunctionFailed {
		t.Errorf("got %d, %v, %v", len(sink.got), src.outcomes[3], src.outcomes[4])
	}
}

func TestBranch(t *testing.T) {
	src, a, b, rest := newNumbers(3000), &collector{}, &collector{}, &collector{}
	run(t, src.stage(),
		forked(plan.Branch, "branch",
			&Branch{Stages: []*Stage{a.stage()}},
			&Branch{Stages: []*Stage{syncStage("even", func(m component.Message, done component.HandledCallback) {
				if data := m.GetData(); (data[len(data)-1]-'0')%2 == 1 {
					done(component.Report{Status: component.Drop})
					return
				}
				done(component.Report{})
			}), b.stage()}},
			&Branch{Stages: []*Stage{appending("x", "x", 1)}},
			&Branch{Stages: []*Stage{appending("y", "y", 2)}},
		), rest.stage())
	if !slices.Equal(a.got, want(3000)) || len(b.got) != 1500 {
		t.Errorf("got %d and %d", len(a.got), len(b.got))
	}
	var wantRest []string
	for _, n := range want(3000) {
		wantRest = append(wantRest, n+"x", n+"y")
	}
	if !slices.Equal(rest.got, wantRest) {
		t.Error("joined: ", difference(rest.got, wantRest))
	}
	if len(src.outcomes) != 3000 || src.twice > 0 || src.outcomes[1].Status != 0 {
		t.Errorf("settled %d, twice %d, %v", len(src.outcomes), src.twice, src.outcomes[1])
	}
}

// A failure in one branch is the message's outcome, only when the others are
// done too.
func TestBranchOutcome(t *testing.T) {
	src, sink := newNumbers(50), &collector{}
	failing := syncStage("fails", func(m component.Message, done component.HandledCallback) {
		done(component.Report{Status: 233, Description: "no"})
	})
	run(t, src.stage(), forked(plan.Branch, "branch",
		&Branch{Stages: []*Stage{failing, (&collector{}).stage()}},
		&Branch{Stages: []*Stage{sink.stage()}}))
	if len(sink.got) != 50 || src.outcomes[7].Status != 233 {
		t.Errorf("got %d, %v", len(sink.got), src.outcomes[7])
	}
}

func TestMerge(t *testing.T) {
	a, b, sink := newNumbers(2000), newNumbers(3000), &collector{}
	run(t, forked(plan.Merge, "merge",
		&Branch{Stages: []*Stage{a.stage(), appending("x", "a", 1)}},
		&Branch{Stages: []*Stage{b.stage()}}), syncStage("pass", nothing{}.Handle), sink.stage())
	if len(sink.got) != 5000 || len(a.outcomes) != 2000 || len(b.outcomes) != 3000 {
		t.Errorf("got %d, settled %d and %d", len(sink.got), len(a.outcomes), len(b.outcomes))
	}
	var onlyA []string
	for _, s := range sink.got {
		if n, ok := strings.CutSuffix(s, "a"); ok {
			onlyA = append(onlyA, n)
		}
	}
	if !slices.Equal(onlyA, want(2000)) {
		t.Error("one source's order: ", difference(onlyA, want(2000)))
	}
}

// The source that stands first in a merge does not run what all share.
func TestMergeOfABareSource(t *testing.T) {
	a, b, sink := newNumbers(2), newNumbers(3000), &collector{}
	run(t, forked(plan.Merge, "merge", &Branch{Stages: []*Stage{a.stage()}},
		&Branch{Stages: []*Stage{b.stage(), appending("x", "b", 1)}}), sink.stage())
	if len(sink.got) != 3002 {
		t.Errorf("got %d", len(sink.got))
	}
}

func TestFailedBranch(t *testing.T) {
	src, sink, failed := newNumbers(1000), &collector{}, &collector{}
	odd := syncStage("odd", func(m component.Message, done component.HandledCallback) {
		m.SetData([]byte("spoilt"))
		done(component.Report{Status: 222, Description: "odd"})
	})
	var attributes sync.Map
	note := syncStage("note", func(m component.Message, done component.HandledCallback) {
		for name, value := range m.(component.StandardMessage).Attributes {
			attributes.Store(name, value)
		}
		done(component.Report{})
	})
	p := newPipeline(t, Config{Name: "test",
		Stages: []*Stage{src.stage(), forked(plan.Switch, "switch", &Branch{When: endsWith("3"), Stages: []*Stage{odd}}), sink.stage()},
		Failed: []*Stage{note, failed.stage()}})
	runPipeline(t, p)
	if len(sink.got) != 900 || len(failed.got) != 100 || failed.got[0] != "3" {
		t.Errorf("got %d, failed %d", len(sink.got), len(failed.got))
	}
	if src.outcomes[13].Status != 222 {
		t.Errorf("the source learnt %v", src.outcomes[13])
	}
	for name, value := range map[string]string{"failed_stage": "odd", "failed_status": "222", "failed_description": "odd"} {
		if got, _ := attributes.Load(name); got != value {
			t.Errorf("attribute %s: %v", name, got)
		}
	}
	if s := p.Stats(); s.Unhandled != 0 || s.Failed != 100 {
		t.Errorf("unhandled %d, failed %d", s.Unhandled, s.Failed)
	}
}

// What fails in the failed branch does not go around again.
func TestFailureInFailedBranch(t *testing.T) {
	src := newNumbers(20)
	fails := func(name string, status int) *Stage {
		return syncStage(name, func(m component.Message, done component.HandledCallback) {
			done(component.Report{Status: status})
		})
	}
	p := newPipeline(t, Config{Name: "test", Stages: []*Stage{src.stage(), fails("first", 251), (&collector{}).stage()},
		Failed: []*Stage{fails("second", 252), (&collector{}).stage()}})
	runPipeline(t, p)
	if s := p.Stats(); s.Unhandled != 20 || src.outcomes[5].Status != 251 {
		t.Errorf("unhandled %d, %v", s.Unhandled, src.outcomes[5])
	}
}

func TestMaxAttempts(t *testing.T) {
	src, sink := newNumbers(30), &collector{}
	var handled atomic.Int64
	stage := syncStage("flaky", func(m component.Message, done component.HandledCallback) {
		switch string(m.GetData()) {
		case "5":
			handled.Add(1)
			done(component.Report{Status: 140, Description: "never"})
		case "6":
			done(component.Report{Status: 120})
		default:
			done(component.Report{})
		}
	})
	stage.Retry = &plan.Retry{MaxAttempts: 4, Initial: 1, On: map[int]*plan.Retry{120: {MaxAttempts: 1}}}
	run(t, src.stage(), stage, sink.stage())
	if handled.Load() != 4 || src.outcomes[5].Status != StatusAttempts || src.outcomes[6].Status != StatusAttempts {
		t.Errorf("handled %d times, %v, %v", handled.Load(), src.outcomes[5], src.outcomes[6])
	}
	if len(sink.got) != 28 {
		t.Errorf("got %d", len(sink.got))
	}
}

func TestPanicsBecomeFail(t *testing.T) {
	src, sink := newNumbers(100), &collector{}
	stage := syncStage("panics", func(m component.Message, done component.HandledCallback) {
		if string(m.GetData()) == "42" {
			panic("forty-two")
		}
		done(component.Report{})
	})
	stage.Retry = &plan.Retry{Initial: 1}
	p := run(t, src.stage(), stage, sink.stage())
	r := src.outcomes[42]
	if r.Status != StatusPanic || !strings.Contains(r.Description, "forty-two") || len(sink.got) != 99 {
		t.Errorf("got %d, %v", len(sink.got), r)
	}
	if s := p.Stats().Stages[1]; s.Panics != 3 {
		t.Errorf("panics %d", s.Panics)
	}
}

// batchPanics panics in HandleBatch whenever message 42 is in the batch.
type batchPanics struct{}

func (batchPanics) Handle(m component.Message, done component.HandledCallback) {
	if string(m.GetData()) == "42" {
		panic("single")
	}
	done(component.Report{})
}

func (batchPanics) HandleBatch(messages []component.Message, _ []component.Report) int {
	for _, m := range messages {
		if string(m.GetData()) == "42" {
			panic("batch")
		}
	}
	return len(messages)
}

func TestBatchPanicIsHandledOneByOne(t *testing.T) {
	src, sink := newNumbers(1000), &collector{}
	stage := benchStage("panics", batchPanics{}, 1)
	stage.Retry = &plan.Retry{Initial: 1}
	run(t, src.stage(), stage, sink.stage())
	if src.outcomes[42].Status != StatusPanic || len(sink.got) != 999 {
		t.Errorf("got %d, %v", len(sink.got), src.outcomes[42])
	}
}

func TestTimeout(t *testing.T) {
	src, sink := newNumbers(50), &collector{}
	var forgotten atomic.Int64
	stage := plainStage("forgets", func(chan component.Message) component.Component {
		return handler(func(m component.Message, done component.HandledCallback) {
			if string(m.GetData()) == "7" {
				forgotten.Add(1)
				return
			}
			done(component.Report{})
		})
	})
	stage.Timeout = 10 * time.Millisecond
	stage.Retry = &plan.Retry{Initial: 1}
	run(t, src.stage(), stage, sink.stage())
	if src.outcomes[7].Status != StatusTimeout || forgotten.Load() != 3 || len(sink.got) != 49 {
		t.Errorf("%v after %d attempts, %d arrived", src.outcomes[7], forgotten.Load(), len(sink.got))
	}
}

// A Handle that never returns is left behind; its message is tried again.
func TestStuckHandle(t *testing.T) {
	src, sink := newNumbers(300), &collector{}
	release := make(chan struct{})
	var tries atomic.Int64
	stage := plainStage("hangs", func(chan component.Message) component.Component {
		return handler(func(m component.Message, done component.HandledCallback) {
			switch string(m.GetData()) {
			case "7":
				tries.Add(1)
				<-release
				done(component.Report{})
			case "70":
				if tries.Add(1) < 5 {
					<-release
				}
			}
			done(component.Report{})
		})
	})
	stage.Timeout = 50 * time.Millisecond
	stage.Retry = &plan.Retry{Initial: 1}
	p := run(t, src.stage(), stage, sink.stage())
	close(release)
	all := slices.DeleteFunc(want(300), func(s string) bool { return s == "7" })
	if !slices.Equal(sink.got, all) {
		t.Error(difference(sink.got, all))
	}
	if src.outcomes[7].Status != StatusTimeout || tries.Load() != 5 || p.Stats().Stages[1].Timeouts != 4 {
		t.Errorf("%v, tries %d, timeouts %d", src.outcomes[7], tries.Load(), p.Stats().Stages[1].Timeouts)
	}
}

// flaky is a sink whose flush fails now and then.
type flaky struct {
	collector
	buffer  []string
	flushes int
	errs    func(n int) error
}

func (f *flaky) Handle(m component.Message, done component.HandledCallback) {
	f.buffer = append(f.buffer, string(m.GetData()))
	done(component.Report{})
}

func (f *flaky) Flush(context.Context) error {
	if len(f.buffer) == 0 {
		return nil
	}
	f.flushes++
	buffer := f.buffer
	f.buffer = nil
	if err := f.errs(f.flushes); err != nil {
		return err
	}
	f.got = append(f.got, buffer...)
	return nil
}

func (f *flaky) stage() *Stage {
	return &Stage{Kind: plan.Component, Name: "flaky", Factory: factory{create: func(chan component.Message) component.Component { return f }},
		Retry:       &plan.Retry{Initial: 1},
		Declaration: &component.Declaration{Name: "flaky", Roles: component.Sink, Sync: true, Interfaces: component.IsFlusher}}
}

func TestFlushErrorIsRetried(t *testing.T) {
	src := newNumbers(2000)
	sink := &flaky{errs: func(n int) error {
		if n%3 != 0 {
			return errors.New("disk on fire")
		}
		return nil
	}}
	run(t, src.stage(), sink.stage())
	if !slices.Equal(sink.got, want(2000)) {
		t.Error(difference(sink.got, want(2000)))
	}
	if len(src.outcomes) != 2000 {
		t.Errorf("settled %d", len(src.outcomes))
	}
}

func TestFlushReportFails(t *testing.T) {
	src := newNumbers(300)
	sink := &flaky{errs: func(n int) error {
		if n == 2 {
			return fmt.Errorf("writing: %w", &component.Report{Status: 277, Description: "refused"})
		}
		return nil
	}}
	run(t, src.stage(), sink.stage())
	if len(sink.got) != 200 || src.outcomes[150].Status != 277 {
		t.Errorf("got %d, %v", len(sink.got), src.outcomes[150])
	}
}

func TestClosedSinkEndsQuietly(t *testing.T) {
	src := newNumbers(1 << 30)
	sink := &flaky{errs: func(n int) error {
		if n > 3 {
			return fmt.Errorf("stdout: %w", component.ErrClosed)
		}
		return nil
	}}
	p := newPipeline(t, Config{Name: "test", Stages: []*Stage{src.stage(), sink.stage()}})
	if err := p.Run(context.Background()); err != nil {
		t.Error(err)
	}
	if len(src.outcomes) != 300 {
		t.Errorf("settled %d: what was not written must stay unsettled", len(src.outcomes))
	}
}

// keeper keeps every message until it is flushed.
type keeper struct {
	postponed chan component.Message
	kept      []component.Message
	most      *int
}

func (k *keeper) Handle(m component.Message, done component.HandledCallback) {
	k.kept = append(k.kept, m)
	*k.most = max(*k.most, len(k.kept))
	done(component.Report{Status: component.Continue})
}

func (k *keeper) Flush(context.Context) error {
	for _, m := range k.kept {
		k.postponed <- m
	}
	k.kept = nil
	return nil
}

// grouper keeps messages and sends them on by the seventh, as a batch does.
type grouper struct{ keeper }

func (g *grouper) Handle(m component.Message, done component.HandledCallback) {
	g.kept = append(g.kept, m)
	if len(g.kept) == 7 {
		g.Flush(context.Background())
	}
	done(component.Report{Status: component.Continue})
}

// What was kept in this batch and in earlier ones goes on in the order in which
// it is sent.
func TestKeptKeepTheirOrder(t *testing.T) {
	src, sink, most := newNumbers(10_000), &collector{}, 0
	stage := keeperStage(&most, true)
	stage.Factory = factory{create: func(postponed chan component.Message) component.Component {
		return &grouper{keeper{postponed: postponed, most: &most}}
	}}
	run(t, src.stage(), stage, sink.stage())
	if !slices.Equal(sink.got, want(10_000)) {
		t.Error(difference(sink.got, want(10_000)))
	}
}

func keeperStage(most *int, flusher bool) *Stage {
	d := &component.Declaration{Name: "keeper", Roles: component.Processor, Sync: true, Emits: true, Stateful: true}
	if flusher {
		d.Interfaces = component.IsFlusher
	}
	return &Stage{Kind: plan.Component, Name: "keeper", Declaration: d,
		Factory: factory{create: func(postponed chan component.Message) component.Component {
			k := &keeper{postponed: postponed, most: most}
			if !flusher {
				return handler(k.Handle)
			}
			return k
		}}}
}

func TestKeptFillTheBound(t *testing.T) {
	src, sink, most := newNumbers(5000), &collector{}, 0
	p := newPipeline(t, Config{Name: "test", MaxMessages: 1000, Stages: []*Stage{src.stage(), keeperStage(&most, true), sink.stage()}})
	runPipeline(t, p)
	if !slices.Equal(sink.got, want(5000)) {
		t.Error(difference(sink.got, want(5000)))
	}
	if most > 1000 {
		t.Errorf("kept %d with a bound of 1000", most)
	}
}

func TestKeptForGoodStops(t *testing.T) {
	src, sink, most := newNumbers(5000), &collector{}, 0
	p := newPipeline(t, Config{Name: "test", MaxMessages: 1000, Stages: []*Stage{src.stage(), keeperStage(&most, false), sink.stage()}})
	err := p.Run(context.Background())
	if !errors.Is(err, ErrStuck) || !strings.Contains(err.Error(), "keeper") {
		t.Errorf("got %v", err)
	}
	if len(src.outcomes) != 0 {
		t.Errorf("settled %d", len(src.outcomes))
	}
}

// burst sends many messages from one Handle.
func TestBurst(t *testing.T) {
	src, sink := newNumbers(3), &collector{}
	const many = 5000
	split := plainStage("burst", func(postponed chan component.Message) component.Component {
		return handler(func(m component.Message, done component.HandledCallback) {
			for i := range many {
				postponed <- component.NewMessage(fmt.Appendf(nil, "%s-%d", m.GetData(), i), m)
			}
			done(component.Report{Status: component.Drop})
		})
	})
	run(t, src.stage(), split, sink.stage())
	var all []string
	for i := range 3 {
		for j := range many {
			all = append(all, fmt.Sprintf("%d-%d", i, j))
		}
	}
	if !slices.Equal(sink.got, all) {
		t.Error(difference(sink.got, all))
	}
}

// endlessSource originates until it is stopped.
type ticking struct{ settled *atomic.Int64 }

func (ticking) Handle(component.Message, component.HandledCallback) {}

func (s ticking) Run(ctx context.Context, out component.Output) error {
	for ctx.Err() == nil {
		b := out.Batch()
		b.Append([]byte("tick"))
		b.OnSettled = func(*component.Batch) { s.settled.Add(1) }
		if !out.Emit(b) {
			return nil
		}
	}
	return ctx.Err()
}

func (s ticking) stage() *Stage {
	return &Stage{Kind: plan.Component, Name: "ticking", Factory: factory{create: func(chan component.Message) component.Component { return s }},
		Declaration: &component.Declaration{Name: "ticking", Roles: component.Source, Interfaces: component.IsRunner}}
}

func TestDrain(t *testing.T) {
	var settled atomic.Int64
	ctx, cancel := context.WithCancel(context.Background())
	sink := &collector{}
	p := newPipeline(t, Config{Name: "test", Stages: []*Stage{ticking{&settled}.stage(),
		syncStage("stop", func(m component.Message, done component.HandledCallback) {
			if settled.Load() > 1000 {
				cancel()
			}
			done(component.Report{})
		}), sink.stage()}})
	if err := p.Run(ctx); err != nil {
		t.Error(err)
	}
	if int(settled.Load()) != len(sink.got) || p.Stats().InFlight != 0 {
		t.Errorf("settled %d of %d", settled.Load(), len(sink.got))
	}
}

func TestNotDrained(t *testing.T) {
	var settled atomic.Int64
	ctx, cancel := context.WithCancel(context.Background())
	release := make(chan struct{})
	defer close(release)
	p := newPipeline(t, Config{Name: "test", DrainTimeout: 20 * time.Millisecond, MaxMessages: 100, Stages: []*Stage{ticking{&settled}.stage(),
		plainStage("hangs", func(chan component.Message) component.Component {
			return handler(func(m component.Message, done component.HandledCallback) {
				cancel()
				go func() {
					<-release
					done(component.Report{})
				}()
			})
		}), (&collector{}).stage()}})
	err := p.Run(ctx)
	if !errors.Is(err, ErrNotDrained) {
		t.Errorf("got %v", err)
	}
	if settled.Load() != 0 {
		t.Errorf("a stop settled %d messages", settled.Load())
	}
}

func TestSourceErrorFailsTheRun(t *testing.T) {
	broken := &Stage{Kind: plan.Component, Name: "broken", Factory: factory{create: func(chan component.Message) component.Component {
		return runner(func(ctx context.Context, out component.Output) error {
			b := out.Batch()
			b.Append([]byte("last words"))
			out.Emit(b)
			return os.ErrPermission
		})
	}}}
	sink := &collector{}
	p := newPipeline(t, Config{Name: "test", Stages: []*Stage{broken, sink.stage()}})
	if err := p.Run(context.Background()); !errors.Is(err, os.ErrPermission) || !strings.Contains(err.Error(), "broken") {
		t.Errorf("got %v", err)
	}
	if len(sink.got) != 1 {
		t.Errorf("delivered %d", len(sink.got))
	}
}

type runner func(context.Context, component.Output) error

func (runner) Handle(component.Message, component.HandledCallback)   {}
func (r runner) Run(ctx context.Context, out component.Output) error { return r(ctx, out) }

func TestSourceMayFailMessages(t *testing.T) {
	stage := &Stage{Kind: plan.Component, Name: "source", Factory: factory{create: func(chan component.Message) component.Component {
		return runner(func(ctx context.Context, out component.Output) error {
			b := out.Batch()
			for _, s := range []string{"a", "too long", "b"} {
				b.Append([]byte(s))
				if s == "too long" {
					b.SetFailed(component.Report{Status: 202, Description: "too long"})
				}
			}
			b.SetUnterminated()
			out.Emit(b)
			return nil
		})
	}}}
	sink := &collector{}
	p := run(t, stage, sink.stage())
	if !slices.Equal(sink.got, []string{"a", "b"}) || p.Stats().Unhandled != 1 {
		t.Errorf("got %q, unhandled %d", sink.got, p.Stats().Unhandled)
	}
}

// opening fails in one of the calls before the run.
type opening struct {
	nothing
	err    error
	closed *atomic.Int64
}

func (o opening) Open(context.Context) error { return o.err }
func (o opening) Close() error               { o.closed.Add(1); return nil }

func TestOpenErrorClosesWhatIsOpen(t *testing.T) {
	var closed atomic.Int64
	stage := func(name string, err error) *Stage {
		return plainStage(name, func(chan component.Message) component.Component {
			return opening{err: err, closed: &closed}
		})
	}
	p := newPipeline(t, Config{Name: "test", Stages: []*Stage{newNumbers(10).stage(), stage("good", nil), stage("bad", os.ErrNotExist), (&collector{}).stage()}})
	if err := p.Run(context.Background()); !errors.Is(err, os.ErrNotExist) || !strings.Contains(err.Error(), "bad") {
		t.Errorf("got %v", err)
	}
	if closed.Load() != 2 {
		t.Errorf("closed %d", closed.Load())
	}
}

// An embedded type brings in an interface that the declaration does not name.
func TestInterfaceMismatch(t *testing.T) {
	stage := syncStage("embeds", nil)
	var closed atomic.Int64
	stage.Factory = factory{create: func(chan component.Message) component.Component { return opening{closed: &closed} }}
	p := newPipeline(t, Config{Name: "test", Stages: []*Stage{newNumbers(10).stage(), stage, (&collector{}).stage()}})
	if err := p.Run(context.Background()); err == nil || !strings.Contains(err.Error(), "Opener, Closer") {
		t.Errorf("got %v", err)
	}
}

func TestReservedStatusSaysSo(t *testing.T) {
	var log bytes.Buffer
	p := newPipeline(t, Config{Name: "test", Logger: slog.New(slog.NewTextHandler(&log, nil)), Stages: []*Stage{newNumbers(1).stage(),
		syncStage("odd", func(m component.Message, done component.HandledCallback) { done(component.Report{Status: -3}) }), (&collector{}).stage()}})
	runPipeline(t, p)
	for _, part := range []string{"reserved", "code=-3", "stage=odd", "attempts=1"} {
		if !strings.Contains(log.String(), part) {
			t.Errorf("the log lacks %q: %s", part, log.String())
		}
	}
}

func TestAmountMustBePositive(t *testing.T) {
	bad := plainStage("none", nil)
	bad.Factory = noWorkers{}
	if _, err := New(Config{Stages: []*Stage{newNumbers(1).stage(), bad}}); err == nil || !strings.Contains(err.Error(), "Amount") {
		t.Errorf("got %v", err)
	}
}

type noWorkers struct{ factory }

func (noWorkers) Amount() int { return 0 }

func TestManyStages(t *testing.T) {
	src, sink := newNumbers(100), &collector{}
	stages := []*Stage{src.stage()}
	for i := range 2000 {
		stages = append(stages, syncStage(fmt.Sprint("s", i), nothing{}.Handle))
	}
	run(t, append(stages, sink.stage())...)
	if !slices.Equal(sink.got, want(100)) {
		t.Error(difference(sink.got, want(100)))
	}
}

// A component that declares itself Sync and does not return is named in the log;
// a stop ends the run all the same.
func TestStuckSync(t *testing.T) {
	release := make(chan struct{})
	ctx, cancel := context.WithCancel(context.Background())
	log := &watchedLog{seen: cancel, text: "stuck with it"}
	stuck := syncStage("wedged", func(m component.Message, done component.HandledCallback) {
		if string(m.GetData()) == "50" {
			<-release
		}
		done(component.Report{})
	})
	stuck.Timeout = 10 * time.Millisecond
	p := newPipeline(t, Config{Name: "test", DrainTimeout: 10 * time.Millisecond, Logger: slog.New(slog.NewTextHandler(log, nil)),
		Stages: []*Stage{newNumbers(1000).stage(), stuck, (&collector{}).stage()}})
	err := p.Run(ctx)
	close(release)
	if !errors.Is(err, ErrNotDrained) {
		t.Errorf("got %v", err)
	}
	if !strings.Contains(log.String(), "stage=wedged") || !strings.Contains(log.String(), "left behind") {
		t.Errorf("the log: %s", log.String())
	}
}

// watchedLog calls seen once text is written.
type watchedLog struct {
	mu     sync.Mutex
	buffer bytes.Buffer
	seen   func()
	text   string
}

func (w *watchedLog) Write(p []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if bytes.Contains(p, []byte(w.text)) {
		w.seen()
	}
	return w.buffer.Write(p)
}

func (w *watchedLog) String() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.buffer.String()
}
