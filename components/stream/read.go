package stream

import (
	"context"
	"fmt"
	"io"
	"slices"

	"github.com/gopiper/gopiper/component"
	"github.com/gopiper/gopiper/framing"
)

const (
	batchMax = 512      // messages in a batch at most
	blockMax = 64 << 10 // bytes read at once at most
	blockMin = 4 << 10
	small    = 2 << 10 // a batch of so many bytes or less gets a buffer of its own size
)

// Reader reads streams and emits the messages in them. It belongs to one
// worker and is not safe for concurrent use.
//
// One read fills the buffer of the batch that is emitted next, so messages are
// not copied, and what one read has completed is emitted before the next read.
// Only the incomplete end of a block moves to the batch that follows. The
// exception is a batch that is small: its buffer is taken up until its messages
// are settled and counts as in flight, so it gets a smaller one.
type Reader struct {
	// Annotate, if set, is called for every message after it was added.
	Annotate func(batch *component.Batch)
	// Place, if set, is called for every batch of ReadOn before it is emitted, with
	// the place at which reading goes on behind it.
	Place func(batch *component.Batch, behind Mark)
	// Begins, if set, tells whether a line begins a message: the lines behind it,
	// up to the next such line, belong to the message, with the delimiters between
	// them. It is for a framing with a delimiter.
	Begins func(line []byte) bool

	options Options
	out     component.Output
	tooLong component.Report
	block   int // bytes to read at once: about as many as fill a batch

	cutter framing.Cutter
	batch  *component.Batch // between two streams it has no messages
	base   int64            // where in the stream the batch's buffer begins
	from   int              // where in the batch's buffer the next message begins
	marks  bool             // marks are asked for
	passing
	gathering

	began   framing.Cutter // what the cutter was where the batch's buffer begins
	refused []byte         // what was emitted and not taken, as it was in the stream

	ends [batchMax]int32

	spareBlock, spareSmall []byte // buffers to use again
}

// NewReader returns a reader that emits to out.
func NewReader(out component.Output, options Options) *Reader {
	return &Reader{
		options: options, out: out, block: blockMax,
		tooLong: component.Report{
			Status:      StatusTooLong,
			Description: fmt.Sprintf("message longer than %d bytes (attribute max_message)", options.MaxMessage),
		},
	}
}

// Read reads a stream to its end, or until ctx is cancelled or the run is
// stopping: then it tells so. An error is the stream's; messages that were
// complete before it are emitted. Read can be called again with another stream.
func (r *Reader) Read(ctx context.Context, stream io.Reader) (stopped bool, err error) {
	r.begin(Mark{})
	result, err := r.read(ctx, stream, Finish)
	return result.Stopped, err
}

// ReadOn is Read for a stream that goes on at a mark: its first byte is the one
// at from.Offset. end says what becomes of what is incomplete at its end.
func (r *Reader) ReadOn(ctx context.Context, stream io.Reader, from Mark, end End) (Result, error) {
	r.begin(from)
	r.marks = true
	return r.read(ctx, stream, end)
}

// begin makes the reader ready for a stream.
func (r *Reader) begin(from Mark) {
	r.cutter = *framing.NewCutter(r.options.Framing, r.options.MaxMessage)
	if r.batch == nil {
		r.next(nil)
	}
	r.batch.Buffer, r.base, r.from = r.batch.Buffer[:0], from.Offset, 0
	r.marks, r.passing, r.gathering = false, from.passing(), gathering{passLines: from.Lines}
	r.began, r.refused = r.cutter, nil
}

func (r *Reader) read(ctx context.Context, stream io.Reader, end End) (Result, error) {
	for ctx.Err() == nil {
		b := r.batch
		if len(b.Buffer) == cap(b.Buffer) { // one long message fills it
			b.Buffer = slices.Grow(b.Buffer, len(b.Buffer))
		}
		free := b.Buffer[len(b.Buffer):min(len(b.Buffer)+r.block, cap(b.Buffer))]
		n, err := stream.Read(free)
		b.Buffer = b.Buffer[:len(b.Buffer)+n]
		if !r.emitComplete(n == len(free)) {
			return Result{Stopped: true}, nil
		}
		if err == io.EOF {
			if !r.emitLast(end) {
				return Result{Stopped: true}, nil
			}
			return r.result(), nil
		}
		if err != nil && ctx.Err() == nil { // else it was interrupted
			return r.result(), err
		}
	}
	return Result{Stopped: true}, nil
}

// emitComplete emits the complete messages in the buffer and tells whether to
// go on. filled says that the stream had as many bytes as were asked for.
func (r *Reader) emitComplete(filled bool) bool {
	if r.named {
		r.passOver()
	}
	for {
		more := !r.named && r.cut()
		count := r.batch.Len()
		switch {
		case more:
			r.block = max(blockMin, min(r.block, r.from-r.from/8))
		case filled && count < batchMax*3/4:
			r.block = min(blockMax, r.block+r.block/8)
		}
		if count > 0 {
			if !r.emit() {
				return false
			}
		} else if r.from > 0 { // passed over
			r.batch.Buffer = append(r.batch.Buffer[:0], r.batch.Buffer[r.from:]...)
			r.base += int64(r.from)
			r.from, r.began = 0, r.cutter
		}
		if !more {
			return true
		}
	}
}

// emit emits the batch and begins the next one.
func (r *Reader) emit() bool {
	full, block, end, began := r.batch, r.batch.Buffer, r.from, r.began
	if r.Place != nil && r.marks {
		r.Place(full, r.mark())
	}
	if r.from <= small {
		full.Buffer = append(r.spareSmall[:0], block[:r.from]...)
		r.spareBlock, r.spareSmall = block, nil
	}
	r.next(block[r.from:])
	if r.out.Emit(full) {
		return true
	}
	r.refused, r.began = append([]byte{}, full.Buffer[:end]...), began
	return false
}

// next begins a batch with what is left of the one before.
func (r *Reader) next(left []byte) {
	r.base += int64(r.from)
	r.batch, r.from, r.began = r.out.Batch(), 0, r.cutter
	buffer := r.batch.Buffer
	if need := max(blockMax, len(left)); cap(buffer) < need {
		r.spareSmall = buffer
		if buffer, r.spareBlock = r.spareBlock, nil; cap(buffer) < need {
			buffer = make([]byte, 0, need)
		}
	}
	r.batch.Buffer = append(buffer[:0], left...)
}

// cut adds the complete messages in the buffer to the batch, and tells whether
// the batch is full and more may be complete.
func (r *Reader) cut() (more bool) {
	if r.Begins != nil {
		return r.cutGroups()
	}
	b := r.batch
	for b.Len() < batchMax {
		if n := r.cutter.Ends(b.Buffer, r.from, r.ends[:batchMax-b.Len()]); n > 0 {
			r.until = 0
			for _, end := range r.ends[:n] {
				b.Add(r.from, int(end))
				r.from = int(end) + 1
				if r.Annotate != nil {
					r.Annotate(b)
				}
			}
			continue
		}
		from := r.from
		start, end, next, found := r.cutter.Next(b.Buffer, from)
		r.from = next
		if found == framing.Nothing {
			r.passed()
			return false
		}
		r.add(start, end, found)
		if r.marks {
			r.pass(from, start, next, found)
		}
	}
	return true
}

func (r *Reader) add(start, end int, found framing.Found) {
	b := r.batch
	b.Add(start, end)
	switch found {
	case framing.Unterminated:
		b.SetUnterminated()
	case framing.TooLong:
		b.SetFailed(r.tooLong)
	case framing.Broken:
		b.SetFailed(component.Report{
			Status:      StatusBroken,
			Description: fmt.Sprintf("broken %s framing: the stream ends within a message, or its length is no number", r.options.Framing),
		})
	}
	if r.Annotate != nil {
		r.Annotate(b)
	}
}

// emitLast emits what is left at the end of the stream and tells whether to go
// on.
func (r *Reader) emitLast(end End) bool {
	switch {
	case r.named:
	case r.Begins != nil:
		r.endGroup(end)
	case end == Finish:
		start, last, found := r.cutter.End(r.batch.Buffer, r.from)
		if found != framing.Nothing {
			r.add(start, last, found)
			r.from = len(r.batch.Buffer)
		}
	}
	return r.batch.Len() == 0 || r.emit()
}
