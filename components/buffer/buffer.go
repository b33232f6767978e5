// Package buffer declares the component buffer, which keeps messages on disk
// between two stages. It is the engine that runs it, on the store; what is here
// says what it is, and carries its settings.
package buffer

import (
	"github.com/gopiper/gopiper/component"
)

// Declaration declares the component.
var Declaration = component.Declaration{
	Name:    "buffer",
	Summary: "Keeps messages on disk between two stages, so that what was taken in is not lost.",
	Doc: "It may stand between any two stages, and needs a `name` and a state directory: `gopiper run --state DIR`.\n\n" +
		"What enters is written to the state directory, many messages with one commit, and is settled for its source once " +
		"the disk has it (fsync), however long the stages behind take. What leaves is deleted once it is settled behind " +
		"the buffer. So what has entered survives a crash, `kill -9` and a loss of power, and the next run goes on with it.\n\n" +
		"After a crash, what had left the buffer and was not settled leaves it again: at most what may be " +
		"in flight behind it, and a batch, by default 10,000 + 512 messages. What is behind a buffer has a bound of its " +
		"own on what is in flight, of `max_messages` and `max_bytes`, so that a slow sink does not hold back the source before the buffer is full. Messages keep " +
		"their order, with their keys, timestamps and attributes.\n\n" +
		"At the end of the input the buffer is emptied before the pipeline ends. On a stop, what it holds stays for the " +
		"next run. It is found by the names of the pipeline and the stage: when one of them is changed a new buffer " +
		"begins, and the old one is left behind with what it holds.",
	Example: `gopiper.stdin{},
gopiper.buffer{ name = "intake", max_size = "4GiB" },
gopiper.stdout{}`,
	Roles: component.Processor,
	Attributes: []component.Attribute{
		{Name: "max_size", Type: component.Size, Default: int64(defaultBytes), Min: int64(1), Doc: "How much it holds at " +
			"most, in bytes as they lie on the disk, compressed. A batch that is larger is let in when the buffer is empty."},
		{Name: "when_full", Type: component.String, Default: block, Options: []string{block, dropNewest}, Doc: "What " +
			"becomes of messages that come when it is full. `block`: they wait, and hold back the source. " +
			"`drop_newest`: they are dropped, and counted."},
		{Name: "sync", Type: component.Bool, Default: true, Doc: "Settle what enters only when the disk has it. If not, it " +
			"is settled sooner, which is faster, and a crash or a loss of power costs what was not written yet."},
	},
}

const (
	defaultBytes = 1 << 30
	block        = "block"
	dropNewest   = "drop_newest"
)

// NewFactory returns what the program that builds pipelines makes a buffer of: a
// factory with a method Buffering.
func NewFactory(attributes map[string]any) (component.Factory, error) {
	s := settings{}
	s.maxBytes, _ = attributes["max_size"].(int64)
	whenFull, _ := attributes["when_full"].(string)
	sync, _ := attributes["sync"].(bool)
	s.dropNewest, s.noSync = whenFull == dropNewest, !sync
	return s, nil
}

type settings struct {
	maxBytes           int64
	dropNewest, noSync bool
}

// Buffering returns what the attributes say: how many bytes to hold at most,
// whether to drop what comes when it is full instead of waiting, and whether not
// to wait for the disk.
func (s settings) Buffering() (maxBytes int64, dropNewest, noSync bool) {
	return s.maxBytes, s.dropNewest, s.noSync
}

// Amount implements component.Factory.
func (s settings) Amount() int { return 1 }

// Create implements component.Factory. What it makes stands in for the engine's
// buffer where somebody runs the factory who knows none.
func (s settings) Create(chan component.Message) component.Component { return failing{} }

type failing struct{}

func (failing) Handle(_ component.Message, handled component.HandledCallback) {
	handled(component.Report{Status: component.Fail, Description: "a buffer is run by the engine"})
}
