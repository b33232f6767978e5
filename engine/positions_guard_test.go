package engine

import (
	"bytes"
	"context"
	"runtime"
	"slices"
	"sync/atomic"
	"testing"

	"github.com/gopiper/gopiper/component"
	"github.com/gopiper/gopiper/plan"
)

// placing is a source that does what a function says.
func placing(run func(ctx context.Context, out component.Output)) *Stage {
	return &Stage{Kind: plan.Component, Name: "placing", Component: "placing",
		Factory: factory{create: func(chan component.Message) component.Component {
			return runner(func(ctx context.Context, out component.Output) error {
				run(ctx, out)
				return nil
			})
		}},
		Declaration: &component.Declaration{Name: "placing", Roles: component.Source, Interfaces: component.IsRunner}}
}

// A position is not durable while something that was emitted before is unsettled, be it
// of a batch that is settled or of one without messages. Nor is its source told.
func TestGuardPositionsInTurn(t *testing.T) {
	for name, messages := range map[string][]string{"with messages": {"second"}, "without": nil} {
		t.Run(name, func(t *testing.T) {
			store := newRecorded()
			defer store.close()
			emitted := make(chan struct{})
			var told atomic.Int64
			source := placing(func(_ context.Context, out component.Output) {
				give := func(partition, position string, messages ...string) {
					b := out.Batch()
					for _, m := range messages {
						b.Append([]byte(m))
					}
					b.SetPosition(partition, []byte(position))
					b.OnSettled = func(*component.Batch) { told.Add(1) }
					out.Emit(b)
				}
				give("", "10", "first")
				give("", "20", messages...)
				give("other", "30", messages...)
				close(emitted)
			})
			first := make(chan component.HandledCallback, 1)
			var others atomic.Int64
			late := plainStage("late", func(chan component.Message) component.Component {
				return handler(func(m component.Message, done component.HandledCallback) {
					if string(m.GetData()) == "first" {
						first <- done
						return
					}
					done(component.Report{})
				})
			})
			late.Order, late.Declaration = plan.None, &component.Declaration{Name: "late", Roles: component.Processor}
			count := syncStage("count", func(_ component.Message, done component.HandledCallback) {
				done(component.Report{})
				others.Add(1)
			})
			count.Declaration.Roles = component.Sink
			p := newPipeline(t, Config{Name: "test", Store: store, Stages: []*Stage{source, late, count}})
			ended := make(chan error, 1)
			go func() { ended <- p.Run(t.Context()) }()
			done := <-first
			<-emitted
			eventually(t, func() bool { return int(others.Load()) == 2*len(messages) })
			for range 10 { // what is settled before is durable then
				committed := make(chan struct{})
				p.ledger.commit(true, nil, func() { close(committed) })
				<-committed
			}
			for _, position := range []string{"10", "20", "30"} {
				if store.has("position " + position) {
					t.Errorf("position %s is durable before the first message is settled", position)
				}
			}
			if n := told.Load(); n > 0 {
				t.Errorf("the source was told that %d batches are settled", n)
			}
			done(component.Report{})
			if err := <-ended; err != nil {
				t.Fatal(err)
			}
			if n := told.Load(); !store.has("position 20") || !store.has("position 30") || n != 3 {
				t.Errorf("not all positions are kept, or the source was told of %d batches", n)
			}
		})
	}
}

// A position that is not needed any more is deleted.
func TestGuardRemovePosition(t *testing.T) {
	store := newShelf(nil, 1)
	defer store.close()
	run := func(do func(out component.Output)) (found []string) {
		source := placing(func(ctx context.Context, out component.Output) {
			for partition := range component.PositionsOf(ctx).Of {
				found = append(found, partition)
			}
			do(out)
		})
		runPipeline(t, newPipeline(t, Config{Name: "test", Store: store, Stages: []*Stage{source, (&collector{}).stage()}}))
		slices.Sort(found)
		return found
	}
	run(func(out component.Output) {
		for _, partition := range []string{"a", "b", "c"} {
			b := out.Batch()
			b.Append([]byte(partition))
			b.SetPosition(partition, []byte{1})
			out.Emit(b)
		}
	})
	found := run(func(out component.Output) {
		b := out.Batch()
		b.RemovePosition("a")
		out.Emit(b)
		b = out.Batch()
		b.Append([]byte("the last of c"))
		b.RemovePosition("c")
		out.Emit(b)
	})
	if !slices.Equal(found, []string{"a", "b", "c"}) {
		t.Errorf("the second run finds %q", found)
	}
	if found = run(func(component.Output) {}); !slices.Equal(found, []string{"b"}) {
		t.Errorf("the third run finds %q", found)
	}
}

// A message of which a part is in a buffer, whose commit is not durable yet, is not
// settled by its other part: however many messages were made from it on the way.
func TestGuardToldOnceAllPartsAreDurable(t *testing.T) {
	store := newRecorded()
	defer store.close()
	source := &telling{n: 20, batch: 5, durable: func(message string) bool { return store.has("frame " + message + "!") }}
	child := plainStage("child", func(postponed chan component.Message) component.Component {
		return handler(func(m component.Message, done component.HandledCallback) {
			postponed <- component.NewMessage(append(slices.Clone(m.GetData()), '!'), m)
			done(component.Report{Status: component.Drop})
		})
	})
	twin := plainStage("twin", func(postponed chan component.Message) component.Component {
		return handler(func(m component.Message, done component.HandledCallback) {
			postponed <- component.NewMessage(append(slices.Clone(m.GetData()), "twin"...), m)
			done(component.Report{})
		})
	})
	var called atomic.Int64
	late := plainStage("late", func(chan component.Message) component.Component {
		return handler(func(m component.Message, done component.HandledCallback) {
			other := string(bytes.TrimSuffix(m.GetData(), []byte("twin")))
			go func() {
				for !store.given("frame " + other) { // the other one is in the buffer
					runtime.Gosched()
				}
				done(component.Report{})
				called.Add(1)
			}()
		})
	})
	late.Declaration = &component.Declaration{Name: "late", Roles: component.Sink}
	config := Config{Name: "test", Store: store, Stages: []*Stage{source.stage(), child, twin,
		forked(plan.Switch, "twins", &Branch{When: endsWith("twin"), Stages: []*Stage{late}}), bufferStage("keep"), (&collector{}).stage()}}
	config.Opened = func(context.Context) error {
		store.hold()
		return nil
	}
	p := newPipeline(t, config)
	ended := make(chan error, 1)
	go func() { ended <- p.Run(t.Context()) }()
	eventually(t, func() bool { return called.Load() == 20 && p.sections[0].parents.Load() == 0 })
	store.letGo()
	if err := <-ended; err != nil {
		t.Fatal(err)
	}
	if told, early := source.told.Load(), source.early.Load(); told != 20 || early > 0 {
		t.Errorf("told of %d of 20 messages, of %d of them before all parts were durable", told, early)
	}
}
