package std

import (
	"context"
	"crypto/rand"
	"log/slog"
	"strings"
	"time"
)

// DefaultMaxOutput bounds what one call makes, in bytes, unless a Context says
// otherwise.
const DefaultMaxOutput = 64 << 20

// Context is what functions see of their surroundings, and what they keep
// between calls: compiled expressions, layouts and the like. Its fields are set
// before the first call, and may be changed between calls. A Context belongs to
// one goroutine at a time; the zero Context is ready for use.
type Context struct {
	// Now is the clock; time.Now if nil. It stands still while a script
	// describes.
	Now func() time.Time
	// Random fills bytes with random ones; crypto/rand if nil.
	Random func([]byte)
	// MaxOutput bounds what one call makes, in bytes; DefaultMaxOutput if 0.
	MaxOutput int
	// Charge is told of the work that a call does, by what takes long already
	// while it does it: n is about the number of bytes that could be copied
	// meanwhile. Its error ends the call and is returned by it. A Charge that
	// panics ends the call, too: functions hold nothing across it that a
	// deferred call does not give back. May be nil.
	Charge func(n int) error
	// Logger takes the log lines of scripts; slog.Default() if nil.
	Logger *slog.Logger
	// Where returns attributes for a log line that tell where it comes from. It
	// is called only for lines that are logged. May be nil.
	Where func() []slog.Attr
	// Quiet keeps log lines and counts from having an effect: it is set where a
	// script does again what it has done before.
	Quiet bool
	// String makes a string of bytes that are good only until it returns;
	// string(bytes) if nil. One that lasts only until the caller has used the
	// results of the call is enough: nothing that it has made is kept.
	String func(bytes []byte) string
	// Metrics takes what scripts count; if nil, counters and gauges can be made
	// but are not kept.
	Metrics Metrics
	// Shared is the dictionary that all Contexts of a script have in common; if nil,
	// one is made for this one alone.
	Shared *Shared
	// State is that of the stage that handles messages; nil if it has none.
	State State

	expressions cache[*expression]
	layouts     cache[[]directive]
	zones       cache[*time.Location]
	templates   cache[[]piece]
	dissectors  cache[*dissector]
	networks    cache[*networks]
	series      map[string]Value
	last        uint64 // the time in the last UUID of version 7
	buffer      []byte
	scratch     []byte
	mac         mac
	decoded     Memory[Value]
	tables      Tables // of the results

	arguments arguments
	results   [3]Value
}

// Metrics keeps what scripts count. Its methods may be called from many
// goroutines; the same name and labels always mean the same series.
type Metrics interface {
	// Counter returns a counter. The error says why there cannot be one of that
	// name, for example because it is a gauge.
	Counter(name string, labels []Label) (Counter, error)
	// Gauge does the same for a gauge.
	Gauge(name string, labels []Label) (Gauge, error)
}

// Label is a label of a series. They are passed sorted by name.
type Label struct{ Name, Value string }

// Counter counts up. It may be used by many goroutines.
type Counter interface {
	// Add adds n, which is finite and not negative.
	Add(n float64)
}

// Gauge goes up and down. It may be used by many goroutines.
type Gauge interface {
	// Set sets the gauge.
	Set(value float64)
	// Change adds n, which may be negative.
	Change(n float64)
}

func (c *Context) now() time.Time {
	if c.Now != nil {
		return c.Now()
	}
	return time.Now()
}

func (c *Context) random(p []byte) {
	if c.Random != nil {
		c.Random(p)
		return
	}
	rand.Read(p)
}

func (c *Context) maxOutput() int {
	if c.MaxOutput > 0 {
		return c.MaxOutput
	}
	return DefaultMaxOutput
}

func (c *Context) log(level slog.Level, text string, attributes []slog.Attr) {
	if c.Where != nil {
		attributes = append(attributes, c.Where()...)
	}
	record := slog.NewRecord(time.Now(), level, text, 0) // a place in Go would not help
	record.AddAttrs(attributes...)
	_ = c.logger().Handler().Handle(context.Background(), record) // as the Logger's methods do
}

func (c *Context) logger() *slog.Logger {
	if c.Logger != nil {
		return c.Logger
	}
	return slog.Default()
}

// logs tells whether a line of a level is logged.
func (c *Context) logs(level slog.Level) bool {
	return !c.Quiet && c.logger().Enabled(context.Background(), level)
}

// string makes a string of bytes.
func (c *Context) string(bytes []byte) string {
	if c.String != nil {
		return c.String(bytes)
	}
	return string(bytes)
}

// What a cache keeps is bounded by twice these: things, and about so many bytes
// of memory.
const (
	cacheMax       = 100
	cacheWeightMax = 2 << 20
)

// cache keeps what was made lately. What was not asked for while cacheMax
// others were is forgotten.
type cache[T any] struct {
	young, old map[string]cached[T]
	weight     int // of the young
}

type cached[T any] struct {
	value  T
	weight int
}

// What is kept, and what was made of it, must be made of a copy of the key: the
// text of an argument may be good only until the call returns.
func (c *cache[T]) get(key string) (T, bool) {
	if kept, ok := c.young[key]; ok {
		return kept.value, true
	}
	kept, ok := c.old[key]
	if ok {
		c.put(strings.Clone(key), kept.value, kept.weight)
	}
	return kept.value, ok
}

// put keeps a value that takes about so many bytes beside its key.
func (c *cache[T]) put(key string, value T, weight int) {
	if weight += len(key); weight > cacheWeightMax {
		return
	}
	if c.young == nil || len(c.young) >= cacheMax || c.weight+weight > cacheWeightMax {
		c.young, c.old, c.weight = make(map[string]cached[T]), c.young, 0
	}
	c.young[key] = cached[T]{value, weight}
	c.weight += weight
}
