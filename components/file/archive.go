package file

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"os"
	"time"

	"golang.org/x/sys/unix"

	"github.com/gopiper/gopiper/components/stream"
)

const (
	// packedAfter is how long a compressed file must not have changed before it is
	// read: who writes it has ended then.
	packedAfter = 5 * time.Second

	// breatheEvery is how many bytes of a compressed file are read before other
	// files have their turn.
	breatheEvery = 8 << 20
)

// visitPacked reads a compressed file once, from its beginning to its end: there
// is no place within it at which reading could go on.
func (f *follower) visitPacked(ctx context.Context, t *tail) (busy bool) {
	switch {
	case f.unpacking || t.done && !t.wake:
		return false
	case t.done: // is it still the same?
		f.openTail(t)
		return !t.done
	}
	file, err := os.OpenFile(t.path, os.O_RDONLY|unix.O_NONBLOCK, 0)
	if err != nil {
		t.failed(err)
		return false
	}
	defer file.Close()
	info, err := file.Stat()
	switch {
	case err != nil:
		t.failed(err)
		return false
	case identify(info) != t.id:
		return false // the next look tells more
	case info.Size() != t.size || !info.ModTime().Equal(t.modified):
		t.size, t.modified, t.active = info.Size(), info.ModTime(), time.Now()
	}
	if time.Since(t.modified) < packedAfter && time.Since(t.active) < packedAfter {
		return false
	}
	f.unpack(ctx, t, file)
	return true
}

// unpack reads a compressed file.
func (f *follower) unpack(ctx context.Context, t *tail, file *os.File) {
	if f.source.addPath {
		f.archives.Annotate = annotate(t.path)
	}
	f.unpacking = true
	stopped, err := f.readPacked(ctx, file)
	f.unpacking = false
	if f.stopped = f.stopped || stopped; f.stopped {
		return
	}
	t.mark, t.done = stream.Mark{Offset: t.size}, true
	t.wake, t.moved, t.ended = false, false, true
	if err != nil {
		slog.Warn("a compressed file cannot be read to its end; it is read again when it has changed, or in the next run", "path", t.path, "error", err)
	} else {
		f.say(t)
	}
	if !t.matched {
		f.forget(t)
	}
}

func (f *follower) readPacked(ctx context.Context, file *os.File) (stopped bool, err error) {
	content, err := decompress(file)
	if err != nil {
		return false, err
	}
	defer content.Close()
	return f.archives.Read(ctx, &breather{f: f, ctx: ctx, content: content})
}

// breather is the content of a compressed file. While it is read, other files
// have their turn now and then.
type breather struct {
	f       *follower
	ctx     context.Context
	content io.Reader
	n       int // bytes since they had
}

var errStopped = errors.New("the run is stopping")

func (b *breather) Read(p []byte) (int, error) {
	if b.n >= breatheEvery {
		b.n = 0
		if b.f.work(b.ctx); b.f.stopped {
			return 0, errStopped
		}
	}
	n, err := b.content.Read(p)
	b.n += n
	return n, err
}
