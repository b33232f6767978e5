package file

import (
	"context"
	"time"

	"github.com/gopiper/gopiper/components/stream"
)

// visit reads what has been added to a file, and does what it is time for. It
// tells whether there may be more already.
func (f *follower) visit(ctx context.Context, t *tail) (busy bool) {
	if t.waits() {
		return false
	}
	if t.packed {
		return f.visitPacked(ctx, t)
	}
	if t.file == nil {
		if !t.wake {
			return false
		}
		if f.full() {
			f.closeOne()
		}
		f.openTail(t)
		if f.tell(); t.file == nil || f.stopped {
			return t.packed
		}
	}
	info, err := t.file.Stat()
	if err != nil {
		t.failed(err)
		return false
	}
	if info.Size() < t.mark.Offset {
		t.restart("it is shorter than what was read of it")
	}
	if !t.more && info.Size() == t.size && info.ModTime().Equal(t.modified) {
		return f.idle(ctx, t)
	}
	t.size, t.modified, t.active, t.more = info.Size(), info.ModTime(), time.Now(), false
	return f.read(ctx, t, stream.Wait)
}

// idle does what it is time for with a file that has not grown.
func (f *follower) idle(ctx context.Context, t *tail) (busy bool) {
	since := time.Since(t.active)
	switch {
	case t.left == stream.Gathering && since >= f.multilineTimeout:
		return f.read(ctx, t, stream.Gathered)
	case t.moved && since >= f.closeRotated:
		return f.finish(ctx, t)
	case !t.moved && t.left != stream.Gathering && since >= f.closeAfter:
		f.close(t)
	}
	return false
}

// read reads a file to its end, or so much of it that others have their turn.
func (f *follower) read(ctx context.Context, t *tail, end stream.End) (busy bool) {
	f.placer.partition, f.placer.position = t.partition, &t.position
	if f.source.addPath {
		if t.annotate == nil {
			t.annotate = annotate(t.path)
		}
		f.reader.Annotate = t.annotate
	}
	t.begin(end, f.source.options.MaxMessage)
	result, err := f.reader.ReadOn(ctx, t, t.mark, end)
	if result.Stopped {
		f.stopped = true
		return false
	}
	t.mark, t.left = result.Mark, result.Left
	switch {
	case err == errChanged:
		t.restart("it does not begin as it did")
	case err != nil:
		t.failed(err)
		t.size = -1 // another try
	default:
		t.trouble, t.ended = "", !t.more
	}
	return t.more
}

// finish ends a file that has lost its name: what is left of it is its last
// message.
func (f *follower) finish(ctx context.Context, t *tail) (busy bool) {
	if t.left != stream.Nothing {
		if busy := f.read(ctx, t, stream.Finish); busy || f.stopped || t.trouble != "" {
			return busy
		}
	}
	if t.moved = false; !t.matched {
		f.forget(t)
	}
	return false
}

// forget ends following a file.
func (f *follower) forget(t *tail) {
	f.close(t)
	t.gone = true
	if f.tails[t.id] == t {
		delete(f.tails, t.id)
	}
	f.drop(t.partition)
}
