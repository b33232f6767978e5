package throttle_test

import (
	"math"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gopiper/gopiper/component"
	"github.com/gopiper/gopiper/components/internal/fake"
	"github.com/gopiper/gopiper/components/throttle"
)

func create(t *testing.T, attributes map[string]any) (component.Factory, error) {
	t.Helper()
	attributes, err := throttle.Declaration.Validate(attributes)
	if err != nil {
		t.Fatal(err)
	}
	return throttle.NewFactory(attributes)
}

func mustCreate(t *testing.T, attributes map[string]any) component.Component {
	t.Helper()
	f, err := create(t, attributes)
	if err != nil {
		t.Fatal(err)
	}
	worker := f.Create(nil)
	if got := component.WorkerInterfaces(worker); got != throttle.Declaration.Interfaces {
		t.Errorf("has %v, the declaration names %v", got, throttle.Declaration.Interfaces)
	}
	return worker
}

func TestWait(t *testing.T) {
	tests := []struct {
		name       string
		attributes map[string]any
		pause      time.Duration // before the 6th message
		want       []time.Duration
	}{
		{"one by one", map[string]any{"rate": 10}, 0, []time.Duration{0, 100, 200, 300, 400, 500, 600, 700}},
		{"per minute", map[string]any{"rate": 600, "per": "1m"}, 0, []time.Duration{0, 100, 200, 300, 400, 500, 600, 700}},
		{"a burst", map[string]any{"rate": 10, "burst": 3}, 0, []time.Duration{0, 0, 0, 100, 200, 300, 400, 500}},
		{"a pause makes room for a burst", map[string]any{"rate": 10, "burst": 2}, time.Hour,
			[]time.Duration{0, 0, 100, 200, 300, 3600_300, 3600_300, 3600_400}},
		{"a short one for less", map[string]any{"rate": 10, "burst": 5}, 150 * time.Millisecond,
			[]time.Duration{0, 0, 0, 0, 0, 150, 200, 300}},
		{"much", map[string]any{"rate": 1000_000}, 0, []time.Duration{0, 0, 0, 0, 0, 0, 0, 0}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				worker := mustCreate(t, test.attributes)
				start := time.Now()
				for i, want := range test.want {
					if i == 5 {
						time.Sleep(test.pause)
					}
					if r := fake.Handle(t, worker, fake.NewMessage("a")); r.Class() != component.ClassDone {
						t.Error(r)
					}
					if got := time.Since(start).Truncate(time.Millisecond); got != want*time.Millisecond {
						t.Errorf("message %d passed after %v, want %v", i+1, got, want*time.Millisecond)
					}
				}
			})
		})
	}
}

// A message that waited too long does not slow down those behind it; one that
// came late does not speed them up.
func TestOversleep(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		worker := mustCreate(t, map[string]any{"rate": 1000})
		start := time.Now()
		pauses := map[int]time.Duration{3: 3500, 10: 20_000} // in microseconds, before a message
		for i, want := range []time.Duration{0, 1000, 2000, 5500, 5500, 5500, 6000, 7000, 8000, 9000, 29_000, 30_000} {
			time.Sleep(pauses[i] * time.Microsecond)
			fake.Handle(t, worker, fake.NewMessage("a"))
			if got := time.Since(start); got != want*time.Microsecond {
				t.Errorf("message %d passed after %v, want %v", i+1, got, want*time.Microsecond)
			}
		}
	})
}

// Workers keep to the rate together.
func TestWorkers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f, err := create(t, map[string]any{"rate": 10})
		if err != nil {
			t.Fatal(err)
		}
		start := time.Now()
		for range 3 {
			worker := f.Create(nil)
			for range 5 {
				fake.Handle(t, worker, fake.NewMessage("a"))
			}
		}
		if got := time.Since(start); got != 1400*time.Millisecond {
			t.Errorf("15 messages took %v", got)
		}
	})
}

func TestDrop(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		worker := mustCreate(t, map[string]any{"rate": 1, "per": "24h", "burst": 2, "excess": "drop"})
		passed := 0
		for range 10 {
			switch r := fake.Handle(t, worker, fake.NewMessage("a")); r {
			case component.Report{}:
				passed++
			case component.Report{Status: component.Drop}:
			default:
				t.Error(r)
			}
		}
		time.Sleep(24 * time.Hour)
		if r := fake.Handle(t, worker, fake.NewMessage("a")); passed != 2 || r.Class() != component.ClassDone {
			t.Errorf("%d passed, and a day later %v", passed, r)
		}
	})
}

// Close lets a message that waits be handled again by somebody else.
func TestClose(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		worker := mustCreate(t, map[string]any{"rate": 0.1})
		fake.Handle(t, worker, fake.NewMessage("a"))
		start := time.Now()
		time.AfterFunc(3*time.Second, func() { worker.(component.Closer).Close() })
		if r := fake.Handle(t, worker, fake.NewMessage("b")); r.Class() != component.ClassRetry || time.Since(start) != 3*time.Second {
			t.Errorf("after %v: %v", time.Since(start), r)
		}
	})
}

func TestErrors(t *testing.T) {
	for _, test := range []struct {
		attributes map[string]any
		want       string
	}{
		{map[string]any{"rate": 0}, `"rate": 0 messages in 1s are not possible`},
		{map[string]any{"rate": -1}, "not possible"},
		{map[string]any{"rate": math.NaN(), "excess": "drop"}, "not possible"},
		{map[string]any{"rate": 1e-300, "excess": "drop"}, "not possible"},
		{map[string]any{"rate": 1, "per": "1m"}, `a message would wait for 1m0s, and may for 10s at most; raise the rate, or set excess = "drop"`},
	} {
		if _, err := create(t, test.attributes); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%v: %v", test.attributes, err)
		}
	}
}
