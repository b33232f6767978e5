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
func (f *follower) visitPacked(ctx context.Context, t *tail) (busy, ok bool) {
	switch {
	case f.unpacking || t.done && !t.wake:
		return false, true
	case t.done:
		_, ok := f.openTail(t) // is it still the same?
		return !t.done, ok
	}
	file, err := os.OpenFile(t.path, os.O_RDONLY|unix.O_NONBLOCK, 0)
	if err != nil {
		t.failed(err)
		return false, true
	}
	defer file.Close()
	info, err := file.Stat()
	switch {
	case err != nil:
		t.failed(err)
		return false, true
	case identify(info) != t.id:
		return false, true // the next look tells more
	case info.Size() != t.size || !info.ModTime().Equal(t.modified):
		t.size, t.modified, t.active = info.Size(), info.ModTime(), time.Now()
	}
	if time.Since(t.modified) < packedAfter && time.Since(t.active) < packedAfter {
		return false, true
	}
	return true, f.unpack(ctx, t, file)
}

// unpack reads a compressed file and tells whether to go on.
func (f *follower) unpack(ctx context.Context, t *tail, file *os.File) bool {
	if f.source.addPath {
		f.archives.Annotate = annotate(t.path)
	}
	f.unpacking = true
	stopped, err := f.readPacked(ctx, file)
	f.unpacking = false
	if stopped || errors.Is(err, errStopped) {
		return false
	}
	t.mark, t.done = stream.Mark{Offset: t.size}, true
	t.wake, t.moved, t.ended = false, false, true
	if err != nil {
		slog.Warn("a compressed file cannot be read to its end; it is read again when it has changed, or in the next run", "path", t.path, "error", err)
	} else if f.memory.durable {
		f.placer.partition, f.placer.position = t.partition, &t.position
		if !f.placer.say() {
			return false
		}
	}
	return t.matched || f.forget(t)
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
		if _, ok := b.f.work(b.ctx); !ok {
			return 0, errStopped
		}
	}
	n, err := b.content.Read(p)
	b.n += n
	return n, err
}
