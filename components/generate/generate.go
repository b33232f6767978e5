// Package generate is the component generate: it makes messages up, to try a
// pipeline or to measure it.
package generate

import (
	"context"
	"fmt"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/gopiper/gopiper/component"
)

// Declaration declares the component.
var Declaration = component.Declaration{
	Name:    "generate",
	Summary: "Makes up messages from a template, to try a pipeline or to measure it.",
	Doc: "Equal attributes make equal messages, but for `{{time}}` and `{{unix_nano}}`, as long as there is " +
		"one worker; several share the count and the rate. When the pipeline holds it back, it catches up " +
		"for at most a second.",
	Example: `gopiper.generate{ count = 3, template = '{"id":{{seq}},"user":"{{pick ann|bob}}"}' },
gopiper.stdout{}`,
	Roles:      component.Source,
	Interfaces: component.IsRunner,
	Sync:       true,
	Delivery: []component.Promise{{
		Delivery: component.FireAndForget,
		Doc:      "it remembers nothing; every run begins anew with the first message",
	}},
	Attributes: []component.Attribute{
		{Name: "template", Type: component.String, Default: "message {{seq}}", Doc: "The message's text. In it stand for " +
			"something else: `{{seq}}`, the message's number, from 1; `{{time}}`, the time in RFC 3339 with " +
			"milliseconds, in UTC; `{{unix_nano}}`, nanoseconds since 1970; `{{uuid}}`, a random UUID; " +
			"`{{random N}}`, a whole number from 0 up to but without N; `{{hex N}}`, N random hexadecimal " +
			"digits; `{{pick a|b|c}}`, one of the texts."},
		{Name: "count", Type: component.Int, Default: int64(0), Min: int64(0), Doc: "How many messages to make; 0 for no end."},
		{Name: "rate", Type: component.Float, Default: 0.0, Min: 0.0, Doc: "Messages per second; 0 for as fast as the pipeline takes them."},
		{Name: "seed", Type: component.Int, Default: int64(0), Doc: "What everything random starts from."},
	},
}

// The bounds of the attribute rate, in messages per second: from one a day on.
const (
	lowestRate  = 1e-5
	highestRate = 1e9
)

// NewFactory returns the component's factory.
func NewFactory(attributes map[string]any) (component.Factory, error) {
	text, _ := attributes["template"].(string)
	count, _ := attributes["count"].(int64)
	rate, _ := attributes["rate"].(float64)
	seed, _ := attributes["seed"].(int64)
	parts, err := parse(text)
	if err != nil {
		return nil, fmt.Errorf("attribute %q: %w", "template", err)
	}
	if rate != 0 && !(rate >= lowestRate && rate <= highestRate) { // NaN compares false
		return nil, fmt.Errorf("attribute %q: %v messages per second are not possible; give 0, or %g to %g", "rate", rate, lowestRate, highestRate)
	}
	return &factory{template: parts, seed: seed, pace: pace{count: count, rate: rate}}, nil
}

type factory struct {
	template []part
	seed     int64
	pace     pace
	mu       sync.Mutex
	created  uint64
}

func (f *factory) Amount() int { return 1 }

func (f *factory) Create(chan component.Message) component.Component {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.created++
	return &worker{factory: f, random: rand.New(rand.NewPCG(uint64(f.seed), f.created))}
}

type worker struct {
	factory *factory
	random  *rand.Rand
}

// Handle refuses: a source handles no messages.
func (w *worker) Handle(_ component.Message, handled component.HandledCallback) {
	handled(component.Report{Status: component.Fail, Description: "generate is a source and handles no messages"})
}

const (
	batchMax   = 512      // messages in a batch at most
	batchBytes = 64 << 10 // bytes in a batch, roughly
)

func (w *worker) Run(ctx context.Context, out component.Output) error {
	timer := time.NewTimer(0)
	defer timer.Stop()
	size := batchBytes // of a message; not known yet
	for {
		number, n, wait := w.factory.pace.take(min(batchMax, max(1, batchBytes/size)))
		if n == 0 && wait == 0 {
			return nil
		}
		if n == 0 {
			timer.Reset(wait)
			select {
			case <-ctx.Done():
				return nil
			case <-timer.C:
			}
			continue
		}
		batch := out.Batch()
		for i := range n {
			start := len(batch.Buffer)
			batch.Buffer = w.append(batch.Buffer, number+int64(i))
			batch.Add(start, len(batch.Buffer))
		}
		size = max(1, len(batch.Buffer)/n)
		if !out.Emit(batch) {
			return nil
		}
	}
}
