package engine

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/gopiper/gopiper/component"
	"github.com/gopiper/gopiper/plan"
)

// opened runs a pipeline in which a stage has state, and calls do with that while it
// runs. Nothing else changes the state.
func opened(t *testing.T, store Store, do func(st component.State)) {
	t.Helper()
	stage := syncStage("stateful", pass)
	stage.Declaration.Interfaces = component.IsOpener
	stage.Factory = factory{create: func(chan component.Message) component.Component { return opener{do} }}
	runPipeline(t, newPipeline(t, Config{Name: "test", Store: store, Stages: []*Stage{newNumbers(0).stage(), stage, (&collector{}).stage()}}))
}

type opener struct{ do func(st component.State) }

func (opener) Handle(_ component.Message, done component.HandledCallback) { done(component.Report{}) }

func (o opener) Open(ctx context.Context) error {
	o.do(component.StateOf(ctx))
	return nil
}

// keysOf lists the keys with their values.
func keysOf(t *testing.T, st component.State) string {
	t.Helper()
	list := ""
	if err := st.Each(nil, func(key, value []byte) bool {
		list += fmt.Sprintf("%s=%s ", key, value)
		return true
	}); err != nil {
		t.Error(err)
	}
	return list
}

// What has expired is not found, and is swept; what has not stays.
func TestGuardStateExpires(t *testing.T) {
	for _, durable := range []bool{true, false} {
		t.Run(fmt.Sprintf("durable %v", durable), func(t *testing.T) {
			var store Store
			if durable {
				shelf := newShelf(nil, 1)
				defer shelf.close()
				store = shelf
			}
			opened(t, store, func(st component.State) {
				now := time.Now()
				for key, expires := range map[string]time.Time{"past": now.Add(-time.Second), "future": now.Add(time.Hour), "never": {}} {
					if err := st.Put(nil, []byte(key), []byte("v"), expires); err != nil {
						t.Error(err)
					}
				}
				look := func(when string) {
					for key, want := range map[string]string{"past": "", "future": "v", "never": "v"} {
						value, err := st.Get([]byte(key))
						if err != nil || string(value) != want || (value == nil) != (want == "") {
							t.Errorf("%s: %s is %q, %v", when, key, value, err)
						}
					}
					if got := keysOf(t, st); got != "future=v never=v " {
						t.Errorf("%s: there is %s", when, got)
					}
				}
				look("before the sweep")
				st.(*state).sweep()
				look("after the sweep")
				if durable {
					st := st.(*state)
					if err := waitFor(store, func(Tx) {}); err != nil {
						t.Error(err)
					}
					if value, err := store.Get(append(st.prefix, "past"...)); value != nil || err != nil {
						t.Errorf("the sweep has left %q, %v", value, err)
					}
				}
			})
		})
	}
}

// scanned is a store in which something happens behind a scan.
type scanned struct {
	*shelf
	behind func()
}

func (s *scanned) Scan(first, end []byte, yield func(key, value []byte) bool) error {
	err := s.shelf.Scan(first, end, yield)
	if do := s.behind; do != nil {
		s.behind = nil
		do()
	}
	return err
}

// What is put again while the sweep is under way stays.
func TestGuardSweepLeavesWhatIsNew(t *testing.T) {
	store := &scanned{shelf: newShelf(nil, 1)}
	defer store.close()
	opened(t, store, func(st component.State) {
		put := func(value string, expires time.Time) {
			if err := st.Put(nil, []byte("key"), []byte(value), expires); err != nil {
				t.Error(err)
			}
		}
		put("old", time.Now().Add(-time.Second))
		store.behind = func() { put("new", time.Time{}) }
		st.(*state).sweep()
		if err := waitFor(store, func(Tx) {}); err != nil {
			t.Error(err)
		}
		if value, err := st.Get([]byte("key")); string(value) != "new" || err != nil {
			t.Errorf("it is %q, %v", value, err)
		}
	})
}

// setting puts its message into one key.
type setting struct{ state component.State }

func (s *setting) Open(ctx context.Context) error {
	s.state = component.StateOf(ctx)
	return nil
}

func (s *setting) Handle(m component.Message, done component.HandledCallback) {
	if err := s.state.Put(m, []byte("last"), m.GetData(), time.Time{}); err != nil {
		done(component.Report{Status: component.Fail, Description: err.Error()})
		return
	}
	done(component.Report{})
}

// The last change of a key counts, though its cause is settled before that of an
// earlier one: with a store, without one, and after the run.
func TestGuardLastChangeCounts(t *testing.T) {
	for _, durable := range []bool{true, false} {
		t.Run(fmt.Sprintf("durable %v", durable), func(t *testing.T) {
			config := Config{Name: "test"}
			var store *shelf
			if durable {
				store = newShelf(nil, 1)
				defer store.close()
				config.Store = store
			}
			component0 := &setting{}
			set := syncStage("set", pass)
			set.Declaration.Interfaces = component.IsOpener
			set.Factory = factory{create: func(chan component.Message) component.Component { return component0 }}
			source, sink := newNumbers(2), &collector{}
			source.batch = 1
			second := make(chan struct{})
			late := plainStage("late", func(chan component.Message) component.Component {
				return handler(func(m component.Message, done component.HandledCallback) {
					if string(m.GetData()) == "1" {
						done(component.Report{})
						return
					}
					go func() {
						<-second
						done(component.Report{})
					}()
				})
			})
			late.Order, late.Declaration = plan.None, &component.Declaration{Name: "late", Roles: component.Processor}
			config.Stages = []*Stage{source.stage(), set, late, sink.stage()}
			p := newPipeline(t, config)
			ended := make(chan error, 1)
			go func() { ended <- p.Run(t.Context()) }()
			eventually(t, func() bool { // the second is settled
				source.mu.Lock()
				defer source.mu.Unlock()
				_, settled := source.outcomes[1]
				return settled
			})
			close(second)
			if err := <-ended; err != nil {
				t.Fatal(err)
			}
			if value, err := component0.state.Get([]byte("last")); string(value) != "1" || err != nil {
				t.Errorf("the state is %q, %v", value, err)
			}
			if got := keysOf(t, component0.state); got != "last=1 " {
				t.Errorf("there is %s", got)
			}
		})
	}
}

// summing adds up in its state what the messages say, and passes the sum on; it fails
// those that are odd, and takes back what it has done for them.
type summing struct{ state component.State }

func (s *summing) Open(ctx context.Context) error {
	s.state = component.StateOf(ctx)
	return nil
}

func (s *summing) Handle(component.Message, component.HandledCallback) {}

func (s *summing) HandleBatch(messages []component.Message, reports []component.Report) int {
	for i, m := range messages {
		n, _ := strconv.Atoi(string(m.GetData()))
		value, _ := s.state.Get([]byte("sum"))
		sum, _ := strconv.Atoi(string(value))
		_ = s.state.Put(m, []byte("sum"), fmt.Append(nil, sum+n), time.Time{})
		if n%2 == 1 {
			reports[i] = component.Report{Status: component.Fail}
			s.state.(component.Reverting).Revert(m)
			continue
		}
		m.SetData(fmt.Append(nil, sum+n))
	}
	return len(messages)
}

// What a component takes back of a message's changes is gone for the next of its batch.
func TestGuardRevert(t *testing.T) {
	sink := &collector{}
	stage := syncStage("summing", nil)
	stage.Declaration.Interfaces = component.IsBatchHandler | component.IsOpener
	stage.Factory = factory{create: func(chan component.Message) component.Component { return &summing{} }}
	runPipeline(t, newPipeline(t, Config{Name: "test", Stages: []*Stage{newNumbers(11).stage(), stage, sink.stage()}}))
	if got := fmt.Sprint(sink.got); got != "[0 2 6 12 20 30]" {
		t.Errorf("sums %s", got)
	}
}

// Versions go in any order.
func TestVersionsRemoved(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		v := &versions{}
		var want []uint64
		for serial := range uint64(rapid.IntRange(1, 20).Draw(t, "n")) {
			v.list = append(v.list, version{serial: serial, value: fmt.Append(nil, serial)})
			want = append(want, serial)
		}
		for len(want) > 0 {
			i := rapid.IntRange(0, len(want)-1).Draw(t, "which")
			v.remove(want[i])
			want = slices.Delete(want, i, i+1)
			for i, serial := range want {
				if v.list[i].serial != serial || string(v.list[i].value) != fmt.Sprint(serial) {
					t.Fatalf("left %v, want %d", v.list, want)
				}
			}
			if len(v.list) != len(want) {
				t.Fatalf("left %v, want %d", v.list, want)
			}
		}
	})
}
