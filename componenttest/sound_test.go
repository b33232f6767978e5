package componenttest_test

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/gopiper/gopiper/component"
	"github.com/gopiper/gopiper/componenttest"
)

// What the contract allows passes, also what few components do.
func TestSound(t *testing.T) {
	for name, suite := range map[string]componenttest.Suite{
		"calls back late":              suiteOf(closing, newLate),
		"handles a part of each batch": batching(pass, stateless(func(m []component.Message, _ []component.Report) int { return (len(m) + 1) / 2 }))(nil),
		"reports Continue last":        suiteOf(emitting, newHasty),
		"cuts a message where it lies": always(asItIs, cut)(nil),
		"makes two messages of one":    suiteOf(emitting, splitter),
		"waits until a batch is settled": running(patient, componenttest.Features{
			Originates: 8,
		}),
		"waits until a message is released": postponing(sendPatiently),
		"sends for ever": func() componenttest.Suite {
			s := suiteOf(func(d *component.Declaration) { d.Roles, d.Interfaces = component.Source, component.IsCloser }, newEndless)
			s.Features = componenttest.Features{Endless: true, Originates: 20}
			return s
		}(),
	} {
		t.Run(name, func(t *testing.T) { componenttest.Run(t, suite) })
	}
}

func cut(m component.Message, handled component.HandledCallback) {
	m.SetData(m.GetData()[:len(m.GetData())/2])
	handled(component.Report{})
}

func closing(d *component.Declaration) { d.Sync, d.Interfaces = false, component.IsCloser }

// newLate makes a worker that calls back from a goroutine of its own.
func newLate(chan component.Message) component.Component {
	work, ended := make(chan func(), 100), make(chan struct{})
	go func() {
		defer close(ended)
		for f := range work {
			f()
		}
	}()
	var mu sync.RWMutex
	closed := false
	return struct {
		handler
		closer
	}{
		func(m component.Message, handled component.HandledCallback) {
			mu.RLock()
			defer mu.RUnlock()
			if closed {
				handled(component.Report{Status: component.Retry, Description: "closed"})
				return
			}
			work <- func() {
				m.SetData([]byte(strings.ToUpper(string(m.GetData()))))
				handled(component.Report{})
			}
		},
		func() error {
			mu.Lock()
			defer mu.Unlock()
			closed = true
			close(work)
			<-ended
			return nil
		},
	}
}

// newHasty makes a worker that sends on or releases each message before it
// reports Continue.
func newHasty(postponed chan component.Message) component.Component {
	return handler(func(m component.Message, handled component.HandledCallback) {
		if len(m.GetData())%2 == 0 {
			postponed <- m
		} else {
			m.Release()
		}
		handled(component.Report{Status: component.Continue})
	})
}

// patient emits a batch once the one before it is settled.
func patient(ctx context.Context, out component.Output) error {
	for range 4 {
		settled := make(chan struct{})
		b := some(out)
		b.OnSettled = func(*component.Batch) { close(settled) }
		if !out.Emit(b) {
			return nil
		}
		select {
		case <-settled:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return nil
}

// sendPatiently sends a message once the one before it is released.
func sendPatiently(postponed chan component.Message) {
	defer close(postponed)
	for i := range 5 {
		released := make(chan struct{})
		postponed <- &own{data: fmt.Appendf(nil, "message %d", i), released: func() { close(released) }}
		<-released
	}
}

// newEndless makes a source that sends until it is closed.
func newEndless(postponed chan component.Message) component.Component {
	closed, ended := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		for {
			select {
			case postponed <- &own{data: []byte("message")}:
			case <-closed:
				return
			}
		}
	}()
	return struct {
		handler
		closer
	}{pass, func() error {
		close(closed)
		<-ended
		return nil
	}}
}

func TestSuiteErrors(t *testing.T) {
	for _, c := range []struct {
		change func(*componenttest.Suite)
		want   string
	}{
		{func(s *componenttest.Suite) { s.New = nil }, "the suite has no New; give the component's NewFactory"},
		{func(s *componenttest.Suite) { s.Role = component.Sink }, "the suite's Role is sink, the declaration names processor"},
		{func(s *componenttest.Suite) { s.Declaration = nil }, `the suite's Role is ""; give one of component.Source, Processor and Sink`},
		{func(s *componenttest.Suite) { s.Declaration.Roles |= component.Sink }, `the suite's Role is "processor, sink"; give one of`},
		{func(s *componenttest.Suite) { s.Attributes = map[string]any{"x": 1} }, `the suite's Attributes: unknown attribute "x"`},
	} {
		suite := always(asItIs, pass)(nil)
		c.change(&suite)
		if _, err := componenttest.Check(suite); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%v, want %q", err, c.want)
		}
	}
}
