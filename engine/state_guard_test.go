package engine

import (
	"context"
	"fmt"
	"testing"
	"time"

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
