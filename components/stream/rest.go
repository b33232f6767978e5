package stream

import (
	"context"
	"io"

	"github.com/gopiper/gopiper/framing"
)

// Rest is what a [Reader] that was stopped has read of a stream and not handed
// over: messages that were refused, and the beginning of one that is not
// complete. Another reader of the stream goes on with it.
type Rest struct {
	options Options
	data    []byte
	cutter  framing.Cutter // what it was where data begins
}

// Rest returns what is left of the stream after Read or Resume has told that it
// was stopped.
func (r *Reader) Rest() *Rest {
	rest := &Rest{options: r.options, cutter: r.cutter}
	if r.refused != nil {
		rest.cutter = r.began
	}
	rest.data = append(append([]byte{}, r.refused...), r.batch.Buffer...)
	return rest
}

// Resume is [Reader.Read] for a stream of which another reader has left a rest.
// If that one has cut it differently, the rest is cut anew: what it was passing
// over, because it was too long, then counts as a message.
func (r *Reader) Resume(ctx context.Context, rest *Rest, stream io.Reader) (stopped bool, err error) {
	r.begin(Mark{})
	if rest.options == r.options {
		r.cutter = rest.cutter
		r.began = rest.cutter
	}
	r.batch.Buffer = append(r.batch.Buffer, rest.data...)
	if !r.emitComplete(false) {
		return true, nil
	}
	result, err := r.read(ctx, stream, Finish)
	return result.Stopped, err
}
