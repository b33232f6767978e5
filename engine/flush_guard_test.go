package engine

import (
	"context"
	"errors"
	"runtime"
	"sync"
	"testing"
	"time"

	"github.com/gopiper/gopiper/component"
	"github.com/gopiper/gopiper/plan"
)

// flushed is a sink that has a message only once it was flushed.
type flushed struct {
	slow     bool // takes so long that the engine lets the front of a batch go on
	fails    int  // how many flushes fail
	buffered []string

	mu      sync.Mutex
	written map[string]bool
}

func (w *flushed) Handle(m component.Message, done component.HandledCallback) {
	for began := monotonic(); w.slow && monotonic()-began < slice/4; {
		runtime.Gosched()
	}
	w.buffered = append(w.buffered, string(m.GetData()))
	done(component.Report{})
}

func (w *flushed) Flush(context.Context) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	defer func() { w.buffered = w.buffered[:0] }()
	if w.fails > 0 {
		w.fails--
		return errors.New("on purpose")
	}
	for _, message := range w.buffered {
		w.written[message] = true
	}
	return nil
}

func (w *flushed) has(message string) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.written[message]
}

// What a sink let through counts only once it is flushed, also while there is more
// input: then the sink is flushed once for several batches.
func TestGuardToldOnceFlushed(t *testing.T) {
	for range 20 {
		sink := &flushed{written: map[string]bool{}}
		source := &telling{n: 500, batch: 5, durable: sink.has}
		before := syncStage("before", pass)
		before.Workers = 2 // so that batches queue in front of the sink
		run(t, source.stage(), before, &Stage{Kind: plan.Component, Name: "writing", Component: "writing",
			Factory:     factory{create: func(chan component.Message) component.Component { return sink }},
			Declaration: &component.Declaration{Name: "writing", Roles: component.Sink, Sync: true, Interfaces: component.IsFlusher}})
		if told, early := source.told.Load(), source.early.Load(); told != 500 || early > 0 {
			t.Fatalf("told of %d of 500 messages, of %d of them before they were flushed", told, early)
		}
	}
}

// Nor does the front of a batch that takes long go on before it is flushed: a flush that
// fails undoes what was written since the one before.
func TestGuardFrontOnlyFlushed(t *testing.T) {
	sink := &flushed{slow: true, fails: 3, written: map[string]bool{}}
	source := &counting{n: 200, batch: 100}
	run(t, source.stage(), &Stage{Kind: plan.Component, Name: "writing", Component: "writing",
		Factory:     factory{create: func(chan component.Message) component.Component { return sink }},
		Retry:       &plan.Retry{Initial: time.Millisecond},
		Declaration: &component.Declaration{Name: "writing", Roles: component.Sink, Sync: true, Interfaces: component.IsFlusher}})
	if sink.fails > 0 || len(sink.written) != 200 {
		t.Fatalf("%d of 200 messages were written; %d flushes have still to fail", len(sink.written), sink.fails)
	}
}
