// Package stream is what components share that read messages from a stream of
// bytes or write them to one, such as stdin, stdout and file: the attributes
// that say how messages are framed, the loop that reads and cuts, and the
// buffer that frames and writes.
package stream

import (
	"fmt"

	"github.com/gopiper/gopiper/component"
	"github.com/gopiper/gopiper/framing"
)

// Statuses, of the class Fail, of what could not be cut out of a stream.
const (
	StatusTooLong = 202 // the message is longer than the limit
	StatusBroken  = 203 // the framing is broken, or the stream ends within a message
)

// DefaultMaxMessage is the length of a message at most, in bytes, where the
// pipeline does not say.
const DefaultMaxMessage = 1 << 20

// largestMaxMessage bounds the attribute: a batch's offsets are 32 bits wide.
const largestMaxMessage = 1 << 30

// SourceFraming is the attribute of sources that says how the stream is cut.
var SourceFraming = component.Attribute{
	Name: "framing", Type: component.String, Default: framing.Line.String(), Options: framing.Names(),
	Doc: "How the stream is cut into messages. `line`: a newline ends a message and is not part of it; " +
		"a carriage return before it is, and an empty line is an empty message. `nul`: a byte of value 0 " +
		"ends a message. `length`: 4 bytes before the message hold its length, the most significant first. " +
		"`varint`: its length stands before it as a base 128 varint, as in delimited Protocol Buffers. " +
		"`none`: the whole stream is one message.",
}

// SinkFraming is the attribute of sinks that says how messages are put
// together to a stream.
var SinkFraming = component.Attribute{
	Name: "framing", Type: component.String, Default: framing.Line.String(), Options: framing.Names(),
	Doc: "How messages are told apart in the stream. `line`: a newline is written behind each. `nul`: a " +
		"byte of value 0 is. `length`: 4 bytes with its length are written before it, the most significant " +
		"first. `varint`: its length is, as a base 128 varint. `none`: nothing is; messages follow each " +
		"other. With `line` and `nul`, no delimiter is written behind a last message that came without one.",
}

// MaxMessage is the attribute of sources that bounds the length of a message.
var MaxMessage = component.Attribute{
	Name: "max_message", Type: component.Size, Default: int64(DefaultMaxMessage), Min: int64(1),
	Doc: "The length of a message at most, without what the framing adds. Of a longer one the first bytes, " +
		"as many as this, become a message that fails with status 202, and the rest is passed over. At most 1GiB.",
}

// Options says how to cut a stream.
type Options struct {
	Framing    framing.Format
	MaxMessage int // bytes
}

// SourceOptions reads SourceFraming and MaxMessage from the attributes of a
// component that declares them.
func SourceOptions(attributes map[string]any) (Options, error) {
	limit, _ := attributes[MaxMessage.Name].(int64)
	if limit < 1 || limit > largestMaxMessage {
		return Options{}, fmt.Errorf("attribute %q: %d bytes is not possible; give 1 to 1GiB", MaxMessage.Name, limit)
	}
	format, err := SinkFormat(attributes)
	return Options{Framing: format, MaxMessage: int(limit)}, err
}

// SinkFormat reads SinkFraming from the attributes of a component that
// declares it.
func SinkFormat(attributes map[string]any) (framing.Format, error) {
	name, _ := attributes[SinkFraming.Name].(string)
	format, ok := framing.Parse(name)
	if !ok {
		return 0, fmt.Errorf("attribute %q: there is no framing %q; give one of %v", SinkFraming.Name, name, framing.Names())
	}
	return format, nil
}
