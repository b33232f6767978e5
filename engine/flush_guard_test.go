package engine

import (
	"context"
	"sync"
	"testing"

	"github.com/gopiper/gopiper/component"
	"github.com/gopiper/gopiper/plan"
)

// flushed is a sink that has a message only once it was flushed.
type flushed struct {
	buffered []string

	mu      sync.Mutex
	written map[string]bool
}

func (w *flushed) Handle(m component.Message, done component.HandledCallback) {
	w.buffered = append(w.buffered, string(m.GetData()))
	done(component.Report{})
}

func (w *flushed) Flush(context.Context) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, message := range w.buffered {
		w.written[message] = true
	}
	w.buffered = w.buffered[:0]
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
