package concat_test

import (
	"slices"
	"testing"

	"github.com/gopiper/gopiper/component"
	"github.com/gopiper/gopiper/components/concat"
	"github.com/gopiper/gopiper/components/internal/fake"
)

func create(t *testing.T, attributes map[string]any) (component.Component, chan component.Message) {
	t.Helper()
	attributes, err := concat.Declaration.Validate(attributes)
	if err != nil {
		t.Fatal(err)
	}
	f, err := concat.NewFactory(attributes)
	if err != nil {
		t.Fatal(err)
	}
	postponed := make(chan component.Message, 100)
	worker := f.Create(postponed)
	if got := component.WorkerInterfaces(worker); got != concat.Declaration.Interfaces {
		t.Errorf("has %v, the declaration names %v", got, concat.Declaration.Interfaces)
	}
	return worker, postponed
}

func TestConcat(t *testing.T) {
	worker, postponed := create(t, map[string]any{"count": 3, "delimiter": ", "})
	messages := fake.Messages("a", "", "c", "d")
	first := messages[0].(*fake.Message)
	first.SetKey("key")
	first.SetAttribute("name", "value")
	for _, m := range messages {
		fake.Handle(t, worker, m)
	}
	joined := (<-postponed).(component.StandardMessage)
	if got := string(joined.GetData()); got != "a, , c" {
		t.Errorf("joined %q", got)
	}
	if value, _ := joined.Attribute("name"); joined.Key() != "key" || value != "value" {
		t.Errorf("has the key %q and the attribute %q", joined.Key(), value)
	}
	for i, m := range messages[:3] {
		if _, settled := m.(*fake.Message).Settled(); settled {
			t.Errorf("message %d is settled before the joined one", i)
		}
	}
	*joined.Status() = component.Report{Status: 250, Description: "lost"}
	fake.Deliver(joined)
	for i, m := range messages[:3] {
		if outcome, settled := m.(*fake.Message).Settled(); !settled || outcome.Status != 250 {
			t.Errorf("message %d: settled %v, as %v", i, settled, outcome)
		}
	}
}

// What is left at the end goes on, and one message goes on as it is.
func TestFlush(t *testing.T) {
	worker, postponed := create(t, map[string]any{"count": 3})
	var got []string
	for _, data := range [][]string{{"a", "b"}, {"c"}} {
		for _, m := range fake.Messages(data...) {
			fake.Handle(t, worker, m)
		}
		if err := worker.(component.Flusher).Flush(t.Context()); err != nil {
			t.Error(err)
		}
		m := <-postponed
		if _, same := m.(*fake.Message); same != (len(data) == 1) {
			t.Errorf("%q: sent the same message: %v", data, same)
		}
		got = append(got, string(m.GetData()))
		fake.Deliver(m)
	}
	if !slices.Equal(got, []string{"a\nb", "c"}) {
		t.Errorf("%q", got)
	}
}

func TestLimitsMissing(t *testing.T) {
	attributes, err := concat.Declaration.Validate(nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := concat.NewFactory(attributes); err == nil {
		t.Error("it would gather without end")
	}
}
