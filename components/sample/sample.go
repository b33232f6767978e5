// Package sample is the component sample: it lets a share of the messages pass.
package sample

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"sync/atomic"

	"github.com/gopiper/gopiper/component"
)

// Declaration declares the component.
var Declaration = component.Declaration{
	Name:    "sample",
	Summary: "Lets a share of the messages pass and drops the others.",
	Doc: "One of `every` and `ratio` says how many. With several workers each of them counts its own messages for " +
		"`every`. What does not pass is dropped with the status 300.",
	Example: `gopiper.generate{ count = 10, template = "{{seq}}" },
gopiper.sample{ every = 5 },
gopiper.stdout{}`,
	Roles:      component.Processor,
	Interfaces: component.IsBatchHandler,
	Sync:       true,
	Attributes: []component.Attribute{
		{Name: "every", Type: component.Int, Default: int64(0), Min: int64(0), Doc: "Of so many messages the first one passes."},
		{Name: "ratio", Type: component.Float, Default: 0.0, Min: 0.0, Doc: "The share that passes, picked at random: from 0, none, to 1, all."},
		{Name: "by_key", Type: component.Bool, Default: false, Doc: "Pick keys instead of messages, with `ratio`: all " +
			"messages with the same key pass, or none, whichever worker or process handles them."},
		{Name: "seed", Type: component.Int, Default: int64(0), Doc: "What the choice starts from; another seed makes another one."},
	},
}

// NewFactory returns the component's factory.
func NewFactory(attributes map[string]any) (component.Factory, error) {
	every, _ := attributes["every"].(int64)
	ratio, _ := attributes["ratio"].(float64)
	byKey, _ := attributes["by_key"].(bool)
	seed, _ := attributes["seed"].(int64)
	switch {
	case (every > 0) == (ratio != 0):
		return nil, errors.New(`attributes "every" and "ratio": give one of them, above 0`)
	case ratio != 0 && !(ratio > 0 && ratio <= 1): // NaN compares false
		return nil, fmt.Errorf("attribute %q: %v is no share; give a number above 0 and up to 1", "ratio", ratio)
	case byKey && every > 0:
		return nil, errors.New(`attribute "by_key" needs "ratio": keys cannot be counted`)
	}
	f := &factory{every: every, byKey: byKey, seed: uint64(seed)}
	f.threshold = uint64(ratio * whole)
	return f, nil
}

// whole is how many random numbers there are: of 53 bits, as a float64 has.
const whole = 1 << 53

type factory struct {
	every     int64
	threshold uint64 // random numbers below it pass
	byKey     bool
	seed      uint64
	created   atomic.Uint64
}

func (f *factory) Amount() int { return 1 }

func (f *factory) Create(chan component.Message) component.Component {
	return &worker{factory: f, random: rand.NewPCG(f.seed, f.created.Add(1))}
}

type worker struct {
	*factory
	count  int64 // messages since the last one that passed
	random *rand.PCG
}

func (w *worker) Handle(message component.Message, handled component.HandledCallback) {
	handled(w.report(message))
}

func (w *worker) HandleBatch(messages []component.Message, reports []component.Report) int {
	for i, m := range messages {
		if r := w.report(m); r.Status != component.Done {
			reports[i] = r
		}
	}
	return len(messages)
}

func (w *worker) report(message component.Message) component.Report {
	if w.passes(message) {
		return component.Report{}
	}
	return component.Report{Status: component.Drop}
}

func (w *worker) passes(message component.Message) bool {
	switch {
	case w.every > 0:
		if w.count == 0 {
			w.count = w.every
		}
		w.count--
		return w.count == w.every-1
	case w.byKey:
		key := ""
		if m, ok := message.(component.StandardMessage); ok {
			key = m.Key()
		}
		return hash(key, w.seed)%whole < w.threshold
	default:
		return w.random.Uint64()%whole < w.threshold
	}
}

// hash is FNV-1a, begun with the seed and finished so that all bits depend on
// all others. It must never change: other processes pick by it, too.
func hash(key string, seed uint64) uint64 {
	h := 14695981039346656037 ^ seed*0x9e3779b97f4a7c15
	for i := range len(key) {
		h = (h ^ uint64(key[i])) * 1099511628211
	}
	h = (h ^ h>>33) * 0xff51afd7ed558ccd
	h = (h ^ h>>33) * 0xc4ceb9fe1a85ec53
	return h ^ h>>33
}
