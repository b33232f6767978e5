package batch_test

import (
	"slices"
	"testing"

	"github.com/gopiper/gopiper/component"
	"github.com/gopiper/gopiper/components/batch"
	"github.com/gopiper/gopiper/components/internal/fake"
)

func create(t *testing.T, attributes map[string]any) (component.Component, chan component.Message) {
	t.Helper()
	attributes, err := batch.Declaration.Validate(attributes)
	if err != nil {
		t.Fatal(err)
	}
	f, err := batch.NewFactory(attributes)
	if err != nil {
		t.Fatal(err)
	}
	postponed := make(chan component.Message, 100)
	worker := f.Create(postponed)
	if got := component.WorkerInterfaces(worker); got != batch.Declaration.Interfaces {
		t.Errorf("has %v, the declaration names %v", got, batch.Declaration.Interfaces)
	}
	return worker, postponed
}

func TestBatch(t *testing.T) {
	worker, postponed := create(t, map[string]any{"count": 3})
	messages := fake.Messages("a", "b", "c", "d")
	for i, m := range messages {
		fake.Handle(t, worker, m)
		if want := []int{0, 0, 3, 3}[i]; len(postponed) != want {
			t.Errorf("%d are sent after %d messages, want %d", len(postponed), i+1, want)
		}
	}
	if err := worker.(component.Flusher).Flush(t.Context()); err != nil {
		t.Error(err)
	}
	close(postponed)
	if got := slices.Collect(fromChannel(postponed)); !slices.Equal(got, messages) {
		t.Errorf("sent %v, want the same messages, %v", got, messages)
	}
}

func fromChannel(c <-chan component.Message) func(func(component.Message) bool) {
	return func(yield func(component.Message) bool) {
		for m := range c {
			if !yield(m) {
				return
			}
		}
	}
}

func TestLimitsMissing(t *testing.T) {
	attributes, err := batch.Declaration.Validate(nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := batch.NewFactory(attributes); err == nil {
		t.Error("it would gather without end")
	}
}
