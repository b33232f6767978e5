package dedupe_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gopiper/gopiper/component"
	"github.com/gopiper/gopiper/components/dedupe"
	"github.com/gopiper/gopiper/components/internal/fake"
)

// run is a component in one run of its pipeline.
type run struct {
	factory component.Factory
	worker  component.Component
	state   *fake.State
	now     int64
}

func open(t testing.TB, state *fake.State, now int64, attributes map[string]any) *run {
	t.Helper()
	r := &run{factory: newFactory(t, attributes), state: state, now: now}
	dedupe.SetClock(r.factory, func() int64 { return r.now })
	if err := r.factory.(component.Opener).Open(component.WithState(t.Context(), state)); err != nil {
		t.Fatal(err)
	}
	r.worker = r.factory.Create(nil)
	return r
}

// What was settled survives a crash; what was not comes again, and passes.
func TestCrash(t *testing.T) {
	r := open(t, fake.NewState(), 1000, nil)
	messages := fake.Messages("a", "b", "c", "a", "d")
	if got := handle(t, r.worker, messages...); got != "0 0 0 300 0" {
		t.Fatal(got)
	}
	r.state.Commit(messages[:2]...)
	r.state.Commit(messages[3]) // the repetition is settled before what it repeats would be
	r = open(t, r.state.Restart(), 2000, nil)
	if got := statuses(t, r.worker, "a", "b", "c", "a", "d"); got != "300 300 0 300 0" {
		t.Error(got)
	}
}

// The first that passed may be not settled when its repetition is.
func TestCrashBetweenRepetitions(t *testing.T) {
	r := open(t, fake.NewState(), 1000, nil)
	messages := fake.Messages("a", "a")
	if got := handle(t, r.worker, messages...); got != "0 300" {
		t.Fatal(got)
	}
	r.state.Commit(messages[1])
	r = open(t, r.state.Restart(), 2000, nil)
	if got := statuses(t, r.worker, "a"); got != "0" {
		t.Errorf("the message would be lost: %s", got)
	}
}

// The order in which keys are forgotten survives, also of one batch's.
func TestOldestAfterRestart(t *testing.T) {
	attributes := map[string]any{"max_keys": 5}
	r := open(t, fake.NewState(), 1000, attributes)
	messages := fake.Messages("e", "b", "a", "d", "c")
	handle(t, r.worker, messages...)
	r.state.Commit(messages...)
	for i, pushed := range []string{"e", "b", "a", "d", "c"} {
		again := open(t, r.state.Restart(), 2000, attributes)
		for j := range i + 1 {
			statuses(t, again.worker, fmt.Sprint("new ", j))
		}
		if got := statuses(t, again.worker, pushed); got != "0" {
			t.Errorf("after %d new keys %s was not forgotten: %s", i+1, pushed, got)
		}
	}
}

// What is forgotten is deleted, and by the message that pushed it out.
func TestDeleted(t *testing.T) {
	r := open(t, fake.NewState(), 1000, map[string]any{"max_keys": 3, "window": "1us"})
	old := fake.Messages("a", "b", "c")
	handle(t, r.worker, old...)
	r.state.Commit(old...)
	pushing := fake.Messages("d", "e", "d")
	handle(t, r.worker, pushing...)
	r.state.Commit(pushing[0], pushing[2])
	if n := r.state.Restart().Len(); n != 3 { // without a, with d; b is not forgotten without e
		t.Errorf("%d keys survive, want b, c and d", n)
	}
	r.state.Commit(pushing...)
	r.now += 5000
	last := fake.Messages("f")
	handle(t, r.worker, last...)
	r.state.Commit(last...)
	if n := r.state.Restart().Len(); n != 1 {
		t.Errorf("%d keys survive the window, want the new one", n)
	}
	if sightings, keys := dedupe.Lies(r.factory); sightings != 1 || keys != 1 {
		t.Errorf("%d sightings of %d keys lie in memory, want 1", sightings, keys)
	}
}

// A key that comes again after its window is not deleted because of the first time.
func TestRenewed(t *testing.T) {
	r := open(t, fake.NewState(), 1000, map[string]any{"window": "1us"})
	var all []component.Message
	pass := func(texts ...string) {
		messages := fake.Messages(texts...)
		handle(t, r.worker, messages...)
		all = append(all, messages...)
	}
	pass("a", "b", "c", "d", "e", "f")
	r.now += 5000
	pass("f") // four are taken out, e and the first f are not
	pass("g")
	r.state.Commit(all...)
	if got := statuses(t, r.worker, "f", "g", "e"); got != "300 300 0" {
		t.Error(got)
	}
	again := open(t, r.state.Restart(), r.now, map[string]any{"window": "1us"})
	if got := statuses(t, again.worker, "f", "g", "e"); got != "300 300 0" {
		t.Errorf("after a restart: %s", got)
	}
}

// The clock may have been set back between two runs.
func TestSetBack(t *testing.T) {
	const second = int64(time.Second)
	for _, c := range []struct {
		at   int64 // of the second run; the first was at 1000
		want string
	}{
		{1009, "300"},
		{1010, "0"},
		{999, "300"},
		{990, "300"},
		{989, "0"}, // it would be remembered for more than two windows
		{0, "0"},
	} {
		attributes := map[string]any{"window": "10s"}
		r := open(t, fake.NewState(), 1000*second, attributes)
		messages := fake.Messages("a")
		handle(t, r.worker, messages...)
		r.state.Commit(messages...)
		r = open(t, r.state.Restart(), c.at*second, attributes)
		if got := statuses(t, r.worker, "a"); got != c.want {
			t.Errorf("at %d: %s, want %s", c.at, got, c.want)
		}
	}
}

// Fewer keys than there are, and a longer or shorter window, are taken as they come.
func TestOtherSettings(t *testing.T) {
	r := open(t, fake.NewState(), 1000, nil)
	messages := fake.Messages("a", "b", "c", "d", "e", "f", "g", "h", "i", "j")
	handle(t, r.worker, messages...)
	r.state.Commit(messages...)
	small := open(t, r.state.Restart(), 2000, map[string]any{"max_keys": 2})
	if got := statuses(t, small.worker, "j", "i", "h"); got != "300 300 0" {
		t.Errorf("two keys: %s", got)
	}
	statuses(t, small.worker, "k", "l")
	if sightings, _ := dedupe.Lies(small.factory); sightings != 2 {
		t.Errorf("%d sightings lie in memory, want 2", sightings)
	}
	if n := small.state.Len(); n != 2 {
		t.Errorf("%d keys are in the state, want 2", n)
	}
	other := open(t, r.state.Restart(), 2000, map[string]any{"attribute": "x"})
	if got := statuses(t, other.worker, "-||x=a"); got != "0" {
		t.Errorf("another kind of key: %s", got)
	}
}

func TestVolatile(t *testing.T) {
	state := fake.NewState()
	state.Volatile = true
	r := open(t, state, 1000, nil)
	if got := statuses(t, r.worker, "a", "a"); got != "0 300" || state.Len() != 0 {
		t.Errorf("%s, with %d keys in a state that does not survive anyway", got, state.Len())
	}
	f := newFactory(t, nil)
	if err := f.(component.Opener).Open(t.Context()); err != nil {
		t.Errorf("without a state: %v", err)
	}
}

// A key that cannot be kept is not remembered either: the message comes again.
func TestPutFails(t *testing.T) {
	r := open(t, fake.NewState(), 1000, nil)
	r.state.Fail = func(component.Message, []byte) error { return errors.New("disk on fire") }
	worker := r.worker.(component.BatchHandler)
	reports := make([]component.Report, 2)
	worker.HandleBatch(fake.Messages("a", "a"), reports)
	want := component.Report{Status: component.Retry, Description: "remembering the key: disk on fire"}
	if !slices.Equal(reports, []component.Report{want, want}) {
		t.Error(reports)
	}
	r.state.Fail = nil
	if got := statuses(t, r.worker, "a", "a"); got != "0 300" {
		t.Errorf("then: %s", got)
	}
}

// Messages that are handed over again, because the state panicked on one of their
// batch, are no repetitions.
func TestPanic(t *testing.T) {
	r := open(t, fake.NewState(), 1000, map[string]any{"max_keys": 3})
	statuses(t, r.worker, "x", "y", "z")
	messages := fake.Messages("a", "b", "c", "d", "e", "a")
	r.state.Fail = func(cause component.Message, _ []byte) error {
		if cause == messages[4] {
			panic("no")
		}
		return nil
	}
	func() {
		defer func() {
			if recover() == nil {
				t.Error("it did not panic")
			}
		}()
		r.worker.(component.BatchHandler).HandleBatch(messages, make([]component.Report, len(messages)))
	}()
	r.state.Fail = nil
	r.worker = r.factory.Create(nil)
	if got := statuses(t, r.worker, "x", "z"); got != "300 300" {
		t.Errorf("of before: %s", got)
	}
	if got := handle(t, r.worker, messages...); got != "0 0 0 0 0 0" {
		t.Errorf("handed over again: %s", got)
	}
}

// A state that another component has left is refused, not thrown away.
func TestForeignState(t *testing.T) {
	sighting, negative := strings.Repeat("\x01", 24), "\x80"+strings.Repeat("\x01", 23)
	for _, c := range []struct{ key, value string }{{"client", ""}, {sighting, "1"}, {negative, ""}} {
		state := fake.NewState()
		if err := state.Put(nil, []byte(c.key), []byte(c.value), time.Time{}); err != nil {
			t.Fatal(err)
		}
		err := newFactory(t, nil).(component.Opener).Open(component.WithState(t.Context(), state))
		if err == nil || !strings.Contains(err.Error(), "the stage's state is not that of dedupe") {
			t.Errorf("%q: %v", c, err)
		}
		if state.Restart().Len() != 1 {
			t.Errorf("%q: it was thrown away", c)
		}
	}
}

// broken is a state that cannot be read.
type broken struct{ *fake.State }

func (broken) Each([]byte, func(key, value []byte) bool) error { return errors.New("bad sector") }

func TestOpenFails(t *testing.T) {
	err := newFactory(t, nil).(component.Opener).Open(component.WithState(t.Context(), broken{fake.NewState()}))
	if err == nil || err.Error() != "reading the keys that were seen: bad sector" {
		t.Error(err)
	}
	r := open(t, fake.NewState(), 1000, nil)
	messages := fake.Messages("a")
	handle(t, r.worker, messages...)
	r.state.Commit(messages...)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	err = newFactory(t, nil).(component.Opener).Open(component.WithState(ctx, r.state.Restart()))
	if !errors.Is(err, context.Canceled) {
		t.Errorf("with a cancelled context: %v", err)
	}
}
