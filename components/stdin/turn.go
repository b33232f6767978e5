package stdin

import (
	"context"
	"errors"
	"os"
	"sync"

	"github.com/gopiper/gopiper/components/stream"
)

// turn is a worker's turn to read a file. A worker that is stopped has read more
// than it could hand over: it leaves the rest to the one whose turn is next.
type turn struct {
	ctx   context.Context // of who reads
	ended chan struct{}   // closed when it has left
	rest  *stream.Rest
}

// turns are the last ones of the files that were read.
var turns = struct {
	sync.Mutex
	of map[*os.File]*turn
}{of: make(map[*os.File]*turn)}

var errTaken = errors.New("another worker reads the standard input already; one stage of all that run can read it, with one worker")

// take waits until the worker that is being stopped has left. The turn is nil if
// there is none: another worker reads and is not being stopped, or ctx has been
// cancelled before.
func take(ctx context.Context, file *os.File) (*turn, error) {
	for {
		mine, before := next(ctx, file)
		switch {
		case mine != nil:
			return mine, nil
		case before.ctx.Err() == nil:
			return nil, errTaken
		}
		select {
		case <-before.ended:
		case <-ctx.Done():
			return nil, nil
		}
	}
}

// next returns a new turn, or the one that has not ended.
func next(ctx context.Context, file *os.File) (mine, before *turn) {
	turns.Lock()
	defer turns.Unlock()
	rest := &stream.Rest{}
	if before = turns.of[file]; before != nil {
		select {
		case <-before.ended:
			rest = before.rest
		default:
			return nil, before
		}
	}
	mine = &turn{ctx: ctx, ended: make(chan struct{}), rest: rest}
	turns.of[file] = mine
	return mine, nil
}

// end lets the next one read.
func (t *turn) end() { close(t.ended) }
