// Package dedupe is the component dedupe: it drops messages whose key was seen
// before.
package dedupe

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/gopiper/gopiper/component"
)

// The statuses of messages that fail.
const (
	StatusInvalid = 201 // the message is to have a field, but is not JSON
	StatusMissing = 202 // it has no key, and missing is "fail"
)

// mostKeys bounds max_keys, so that places have 31 bits at most.
const mostKeys = 1 << 30

// Declaration declares the component.
var Declaration = component.Declaration{
	Name:    "dedupe",
	Summary: "Drops messages that were seen before.",
	Doc: "The first message with a key passes, and every further one is dropped, with the status 300, until the `window` " +
		"since the first is over; then the next one passes and counts as the first. So what repeats all the time " +
		"passes once a window. Of the keys that passed the latest `max_keys` are remembered; one that was forgotten " +
		"for that bound passes again.\n\n" +
		"A message's key is its data, unless `field`, `attribute` or `by_key` says otherwise. If several of them are given, or several " +
		"names, the key is all of it together; a message without one of its parts has no key. Strings are compared byte by " +
		"byte, numbers as they are written (`1` is not `1.0`), objects and arrays too, and values of different kinds differ. " +
		"A field that is null is missing. A message that is read for a field and is not JSON fails with the status 201; it is " +
		"read up to the field only.\n\n" +
		"With a state directory (`gopiper run --state DIR`) keys survive the process. A key becomes durable in the " +
		"commit that settles its message: after a crash or a loss of power, the key of a message that was settled is still " +
		"remembered, and a message that was not settled comes again from its source and passes. When the first message " +
		"fails in a later stage it is in quarantine, from where it can be replayed, and what repeats it is dropped all the same. " +
		"Without a state directory every run starts with no keys. Keys are kept under the names of pipeline and stage; those " +
		"that were made of other fields or attributes are not taken for the new ones.\n\n" +
		"Keys take some 30 bytes of memory each, 10 million of them 300 MB, and up to 48 for a moment while their number grows. Nothing is taken " +
		"for keys that have not come. With a state directory come the store's tables in memory, and what is garbage until it is collected: " +
		"some 800 MB in all at the peak with 10 million keys. At the start those that survived are read, 10 million in some seconds. " +
		"What is kept of a key are the first 128 bits of its SHA-256: with 10 million keys the chance that a message is " +
		"taken for a repetition of another is 1 in 10³¹, and nobody can bring it about.\n\n" +
		"The time is that of arrival, by the computer's clock. During a run it does not go back when the clock is set " +
		"back. If the clock is set back between two runs, keys are remembered for as much longer; by more than a window, and they are " +
		"forgotten. So nothing is dropped later than two windows after what it repeats.\n\n" +
		"Several workers, which need `order = \"key\"`, remember together. Let `order_by` be what the key is made of, so " +
		"that of equal messages the first one passes.",
	Example: `gopiper.stdin{},
gopiper.dedupe{ field = { "host", "request.id" }, window = "10m", max_keys = 10000000 },
gopiper.stdout{}`,
	Roles:      component.Processor,
	Interfaces: component.IsBatchHandler | component.FactoryIsOpener,
	Sync:       true,
	Stateful:   true,
	Attributes: []component.Attribute{
		{Name: "field", Type: component.List, Doc: "The path of the field of JSON messages that is the key, or a list of " +
			"paths: keys joined by dots, with the places of array elements, counted from 0, in brackets: `user.id`, " +
			"`tags[0]`, `labels[\"app.name\"]`."},
		{Name: "attribute", Type: component.List, Doc: "The name of the message's attribute that is the key, or a list of names."},
		{Name: "by_key", Type: component.Bool, Default: false, Doc: "The key is the one that the message carries; an empty one is missing."},
		{Name: "missing", Type: component.String, Default: "pass", Options: []string{"pass", "drop", "fail"}, Doc: "What " +
			"becomes of a message without a key. `pass`: it passes. `drop`: it is dropped, with the status 300. " +
			"`fail`: it fails, with the status 202."},
		{Name: "window", Type: component.Duration, Default: time.Hour, Min: time.Duration(0), Doc: "How long a key is " +
			"remembered after the message that passed; 0 for no bound."},
		{Name: "max_keys", Type: component.Int, Default: int64(1_000_000), Min: int64(1), Doc: "How many keys are " +
			"remembered at most; with one more the oldest is forgotten. At most 1073741824."},
	},
}

// NewFactory returns the component's factory.
func NewFactory(attributes map[string]any) (component.Factory, error) {
	identity, err := newIdentity(attributes)
	if err != nil {
		return nil, err
	}
	window, _ := attributes["window"].(time.Duration)
	most, _ := attributes["max_keys"].(int64)
	if most > mostKeys {
		return nil, fmt.Errorf("attribute %q: %d is too large; the most is %d", "max_keys", most, mostKeys)
	}
	f := &factory{identity: identity, most: uint64(most), window: window}
	f.clock = since(time.Now())
	f.seen = newSeen(f.most, window, newRing(f.most+batchMost))
	return f, nil
}

// factory holds what all workers remember.
type factory struct {
	identity identity
	most     uint64
	window   time.Duration
	clock    func() int64

	mu    sync.Mutex // taken once a batch
	seen  *seen
	state component.State // nil if nothing is durable
	now   int64           // the time when the last batch was handled
	news  []int           // the messages of the batch whose keys are new
	key   [keySize]byte   // for the state
}

// Open reads the keys that are remembered from earlier runs.
func (f *factory) Open(ctx context.Context) error {
	state := component.StateOf(ctx)
	if state == nil || !state.Durable() {
		return nil
	}
	s, err := load(ctx, state, f.most, f.window)
	if err != nil {
		return err
	}
	f.seen, f.state = s, state
	return nil
}

// since returns a clock that starts at a time and shows the wall clock's, but
// does not go back with it.
func since(start time.Time) func() int64 {
	return func() int64 {
		now := time.Now()
		return later(now.UnixNano(), start.UnixNano(), now.Sub(start))
	}
}

// later is the later of what the wall clock shows and what it showed at the start
// plus the time that has passed.
func later(wall, start int64, passed time.Duration) int64 { return max(wall, start+int64(passed)) }

func (f *factory) Amount() int { return 1 }

func (f *factory) Create(chan component.Message) component.Component { return &worker{factory: f} }
