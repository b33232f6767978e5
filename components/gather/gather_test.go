package gather_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"github.com/gopiper/gopiper/component"
	"github.com/gopiper/gopiper/components/gather"
	"github.com/gopiper/gopiper/components/internal/fake"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestLimits(t *testing.T) {
	declaration := component.Declaration{Attributes: gather.Attributes}
	for _, test := range []struct {
		attributes map[string]any
		want       gather.Limits
		err        string
	}{
		{map[string]any{"count": 3}, gather.Limits{Count: 3}, ""},
		{map[string]any{"bytes": "1KiB", "period": "2s"}, gather.Limits{Bytes: 1024, Period: 2 * time.Second}, ""},
		{nil, gather.Limits{}, "give one of them or more"},
		{map[string]any{"count": 1 << 40}, gather.Limits{}, `attribute "count"`},
		{map[string]any{"bytes": 1 << 40}, gather.Limits{}, `attribute "bytes"`},
	} {
		attributes, err := declaration.Validate(test.attributes)
		if err != nil {
			t.Fatal(err)
		}
		got, err := gather.NewLimits(attributes)
		if got != test.want || (err == nil) != (test.err == "") || err != nil && !strings.Contains(err.Error(), test.err) {
			t.Errorf("%v: %v, %v", test.attributes, got, err)
		}
	}
}

// gathered is a worker under test that notes what it sends together, and when.
type gathered struct {
	component.Component
	postponed chan component.Message
	start     time.Time

	mu   sync.Mutex
	sent []string
}

func newGathered(limits gather.Limits) *gathered {
	g := &gathered{postponed: make(chan component.Message, 100), start: time.Now()}
	g.Component = gather.NewWorker(limits, g.postponed, func(kept []component.Message, send func(component.Message) error) error {
		text := fmt.Sprint(time.Since(g.start), ":")
		for _, m := range kept {
			text += " " + string(m.GetData())
			if err := send(m); err != nil {
				return err
			}
		}
		g.mu.Lock()
		defer g.mu.Unlock()
		g.sent = append(g.sent, text)
		return nil
	})
	return g
}

func (g *gathered) handle(t *testing.T, data ...string) {
	t.Helper()
	for _, m := range fake.Messages(data...) {
		if r := fake.Handle(t, g.Component, m); r.Class() != component.ClassContinue {
			t.Error(r)
		}
	}
}

// check must be called in a bubble of synctest.
func (g *gathered) check(t *testing.T, want ...string) {
	t.Helper()
	synctest.Wait()
	g.mu.Lock()
	defer g.mu.Unlock()
	if !slices.Equal(g.sent, want) {
		t.Errorf("sent %q, want %q", g.sent, want)
	}
}

func TestCount(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newGathered(gather.Limits{Count: 2})
		g.handle(t, "a", "b", "c")
		g.check(t, "0s: a b")
		time.Sleep(time.Hour)
		g.handle(t, "d", "e")
		g.check(t, "0s: a b", "1h0m0s: c d")
	})
}

func TestBytes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newGathered(gather.Limits{Bytes: 5})
		g.handle(t, "aa", "bbb", "cc", "dddd", "eeeeeeeeee", "", "f")
		g.check(t, "0s: aa bbb", "0s: cc", "0s: dddd", "0s: eeeeeeeeee")
		if err := g.Component.(component.Flusher).Flush(t.Context()); err != nil {
			t.Error(err)
		}
		g.check(t, "0s: aa bbb", "0s: cc", "0s: dddd", "0s: eeeeeeeeee", "0s:  f")
	})
}

func TestPeriod(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newGathered(gather.Limits{Period: 10 * time.Second, Count: 3})
		g.handle(t, "a")
		time.Sleep(9 * time.Second)
		g.handle(t, "b")
		g.check(t)
		time.Sleep(2 * time.Second)
		g.check(t, "10s: a b")
		g.handle(t, "c", "d", "e") // full: the timer must not strike
		g.handle(t, "f")
		time.Sleep(9 * time.Second)
		g.check(t, "10s: a b", "11s: c d e")
		time.Sleep(time.Hour)
		g.check(t, "10s: a b", "11s: c d e", "21s: f")
	})
}

func TestFlushNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newGathered(gather.Limits{Count: 2})
		if err := g.Component.(component.Flusher).Flush(t.Context()); err != nil {
			t.Error(err)
		}
		g.check(t)
	})
}

// A flush that finds nobody who takes its messages ends with its context.
func TestFlushIsCancelled(t *testing.T) {
	g := newGathered(gather.Limits{Count: 5})
	g.handle(t, "a", "b")
	for len(g.postponed) < cap(g.postponed) {
		g.postponed <- nil
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := g.Component.(component.Flusher).Flush(ctx); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}

// After Close nothing is sent, and nobody is left waiting, be it a timer that
// is running, one that has struck, or Handle.
func TestClose(t *testing.T) {
	full := func(g *gathered) {
		for len(g.postponed) < cap(g.postponed) {
			g.postponed <- nil
		}
	}
	t.Run("while the timer runs", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			g := newGathered(gather.Limits{Period: time.Second})
			g.handle(t, "a")
			if err := g.Component.(component.Closer).Close(); err != nil {
				t.Error(err)
			}
			time.Sleep(time.Minute)
			if len(g.postponed) != 0 {
				t.Error("sent after Close")
			}
		})
	})
	t.Run("while the timer sends", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			g := newGathered(gather.Limits{Period: time.Second})
			full(g)
			g.handle(t, "a")
			time.Sleep(time.Minute)
			if err := g.Component.(component.Closer).Close(); err != nil {
				t.Error(err)
			}
		})
	})
	t.Run("while Handle sends", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			g := newGathered(gather.Limits{Count: 2})
			full(g)
			g.handle(t, "a")
			go g.handle(t, "b")
			synctest.Wait()
			if err := g.Component.(component.Closer).Close(); err != nil {
				t.Error(err)
			}
		})
	})
}
