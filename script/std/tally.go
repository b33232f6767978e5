package std

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
)

// tallyMax is how many series a Tally has at most.
const tallyMax = 10_000

// Tally keeps what scripts count: a [Metrics] in memory. The zero Tally is ready
// for use, by many goroutines; it must not be copied.
type Tally struct {
	mutex  sync.Mutex
	series map[string]*tallied
	kinds  map[string]bool // by name: whether it is that of counters
}

// Series is a counter or a gauge, and what it stands at.
type Series struct {
	Name    string
	Labels  []Label // sorted by name
	Counter bool    // otherwise it is a gauge
	Value   float64
}

type tallied struct {
	Series
	bits atomic.Uint64 // the value
}

func (t *tallied) add(n float64) {
	for {
		before := t.bits.Load()
		if t.bits.CompareAndSwap(before, math.Float64bits(math.Float64frombits(before)+n)) {
			return
		}
	}
}

// counting and gauging are what scripts hold of a series. Neither can do what the
// other does: so the library tells them apart.
type (
	counting struct{ of *tallied }
	gauging  struct{ of *tallied }
)

func (c counting) Add(n float64)    { c.of.add(n) }
func (g gauging) Set(value float64) { g.of.bits.Store(math.Float64bits(value)) }
func (g gauging) Change(n float64)  { g.of.add(n) }

// Counter implements [Metrics].
func (t *Tally) Counter(name string, labels []Label) (Counter, error) {
	one, err := t.one(name, labels, true)
	if err != nil {
		return nil, err
	}
	return counting{one}, nil
}

// Gauge implements [Metrics].
func (t *Tally) Gauge(name string, labels []Label) (Gauge, error) {
	one, err := t.one(name, labels, false)
	if err != nil {
		return nil, err
	}
	return gauging{one}, nil
}

func (t *Tally) one(name string, labels []Label, counter bool) (*tallied, error) {
	key := seriesKey(name, labels)
	t.mutex.Lock()
	defer t.mutex.Unlock()
	if is, ok := t.kinds[name]; ok && is != counter {
		kinds := map[bool]string{true: "counter", false: "gauge"}
		return nil, fmt.Errorf("%s is a %s and cannot be a %s, too", name, kinds[is], kinds[counter])
	}
	if one, ok := t.series[key]; ok {
		return one, nil
	}
	if len(t.series) >= tallyMax {
		return nil, fmt.Errorf("all scripts have more than %d counters and gauges; a label must take few values only", tallyMax)
	}
	if t.series == nil {
		t.series, t.kinds = make(map[string]*tallied), make(map[string]bool)
	}
	one := &tallied{Series: Series{Name: strings.Clone(name), Counter: counter}}
	for _, l := range labels {
		one.Labels = append(one.Labels, Label{strings.Clone(l.Name), strings.Clone(l.Value)})
	}
	t.series[key], t.kinds[one.Name] = one, counter
	return one, nil
}

// seriesKey is the same for the same name and labels only.
func seriesKey(name string, labels []Label) string {
	var key strings.Builder
	key.WriteString(name)
	for _, l := range labels {
		fmt.Fprintf(&key, "\x00%s\x00%d\x00%s", l.Name, len(l.Value), l.Value)
	}
	return key.String()
}

// Series returns all series as they stand, sorted by name and labels.
func (t *Tally) Series() []Series {
	t.mutex.Lock()
	defer t.mutex.Unlock()
	list := make([]Series, 0, len(t.series))
	for _, one := range t.series {
		s := one.Series
		s.Value = math.Float64frombits(one.bits.Load())
		list = append(list, s)
	}
	slices.SortFunc(list, func(a, b Series) int {
		return cmp.Or(strings.Compare(a.Name, b.Name), slices.CompareFunc(a.Labels, b.Labels, func(x, y Label) int {
			return cmp.Or(strings.Compare(x.Name, y.Name), strings.Compare(x.Value, y.Value))
		}))
	})
	return list
}
