// Package throttle is the component throttle: it limits how many messages pass
// in a time.
package throttle

import (
	"fmt"
	"math"
	"sync"
	"time"

	"github.com/gopiper/gopiper/component"
)

// Declaration declares the component.
var Declaration = component.Declaration{
	Name:    "throttle",
	Summary: "Lets no more than so many messages pass in a time, and holds back or drops the others.",
	Doc: "Messages that are held back keep their order, and hold back the source in turn. All workers together keep " +
		"to the rate. When a pipeline stops, what it holds passes at the same rate until the drain's deadline.",
	Example: `gopiper.stdin{},
gopiper.throttle{ rate = 100, burst = 10 },
gopiper.stdout{}`,
	Roles:      component.Processor,
	Interfaces: component.IsCloser,
	Sync:       true,
	Stateful:   true,
	Attributes: []component.Attribute{
		{Name: "rate", Type: component.Float, Required: true, Doc: "How many messages pass in the time `per`."},
		{Name: "per", Type: component.Duration, Default: time.Second, Min: time.Nanosecond, Doc: "The time that `rate` is for."},
		{Name: "burst", Type: component.Int, Default: int64(1), Min: int64(1), Doc: "How many messages may pass at once " +
			"after a pause that was long enough for so many."},
		{Name: "excess", Type: component.String, Default: "wait", Options: []string{"wait", "drop"}, Doc: "What becomes " +
			"of messages that come too early. `wait`: they are held back. `drop`: they are dropped, with the status 300."},
	},
}

// longestWait bounds how long a message may be held back by one before it, so
// that it stays below any sensible timeout of a stage.
const longestWait = 10 * time.Second

// NewFactory returns the component's factory.
func NewFactory(attributes map[string]any) (component.Factory, error) {
	rate, _ := attributes["rate"].(float64)
	per, _ := attributes["per"].(time.Duration)
	burst, _ := attributes["burst"].(int64)
	excess, _ := attributes["excess"].(string)
	interval := float64(per) / rate
	if !(rate > 0 && interval*float64(burst) < float64(maxSpan)) { // NaN compares false
		return nil, fmt.Errorf("attribute %q: %v messages in %v are not possible", "rate", rate, per)
	}
	interval = math.Ceil(interval)
	f := &factory{interval: time.Duration(interval), burst: time.Duration(interval * float64(burst-1)), drop: excess == "drop"}
	if !f.drop && f.interval > longestWait {
		return nil, fmt.Errorf("attribute %q: a message would wait for %v, and may for %v at most; raise the rate, or set excess = \"drop\"",
			"rate", f.interval, longestWait)
	}
	return f, nil
}

// maxSpan bounds a burst times its interval.
const maxSpan = 100 * 365 * 24 * time.Hour

// factory holds the account of all workers. It is a virtual clock that every
// message advances by the interval: a message may pass when the clock is ahead
// of the time by no more than the burst.
type factory struct {
	interval, burst time.Duration
	drop            bool

	mu    sync.Mutex
	clock time.Time
	busy  bool // messages wait, or did and overslept
}

// oversleep is how much time is made up for that a message waited too long,
// because timers are late.
const oversleep = 10 * time.Millisecond

func (f *factory) Amount() int { return 1 }

func (f *factory) Create(chan component.Message) component.Component {
	return &worker{factory: f, closed: make(chan struct{})}
}

// take takes a place for a message and tells how long it has to wait for it.
// If it is to be dropped rather than to wait, no place is taken.
func (f *factory) take() time.Duration {
	f.mu.Lock()
	defer f.mu.Unlock()
	now := time.Now()
	behind := now.Sub(f.clock)
	f.busy = f.busy && behind < oversleep
	if behind > 0 && !f.busy {
		f.clock = now
	}
	wait := f.clock.Sub(now) - f.burst
	f.busy = f.busy && behind > 0 || wait > 0
	if wait <= 0 || !f.drop {
		f.clock = f.clock.Add(f.interval)
	}
	return wait
}

type worker struct {
	*factory
	closed chan struct{}
	timer  *time.Timer
}

// Handle blocks while the message is held back.
func (w *worker) Handle(_ component.Message, handled component.HandledCallback) {
	wait := w.take()
	switch {
	case wait <= 0:
		handled(component.Report{})
	case w.drop:
		handled(component.Report{Status: component.Drop})
	case w.sleep(wait):
		handled(component.Report{})
	default:
		handled(component.Report{Status: component.Retry, Description: "throttle was closed while the message waited"})
	}
}

// sleep tells whether it was not woken by Close.
func (w *worker) sleep(d time.Duration) bool {
	if w.timer == nil {
		w.timer = time.NewTimer(d)
	} else {
		w.timer.Reset(d)
	}
	select {
	case <-w.timer.C:
		return true
	case <-w.closed:
		return false
	}
}

// Close ends the waiting of a message that is held back.
func (w *worker) Close() error {
	close(w.closed)
	return nil
}
