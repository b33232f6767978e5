package engine

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gopiper/gopiper/component"
)

// gate is a sink that lets nothing through until it is opened, and counts.
type gate struct {
	open chan struct{}
	got  atomic.Int64
}

func (g *gate) stage() *Stage {
	s := syncStage("gate", func(_ component.Message, done component.HandledCallback) {
		<-g.open
		g.got.Add(1)
		done(component.Report{})
	})
	s.Declaration.Roles = component.Sink
	return s
}

// What is settled counts as in flight until its commit is durable, but for as much
// as may be, behind a source that gives positions and behind a buffer: so much at most
// comes again after a crash.
func TestGuardInFlight(t *testing.T) {
	const most = 20
	const ahead = 2 * most
	store := newRecorded()
	defer store.close()
	sink := &gate{open: make(chan struct{})}
	keep := bufferStage("keep")
	p := newPipeline(t, Config{Name: "test", Store: store, MaxMessages: most, BatchMax: 5, Stages: []*Stage{
		(&counting{n: 400, batch: 5}).stage(), keep, sink.stage()}})
	ended := make(chan error, 1)
	go func() { ended <- p.Run(t.Context()) }()
	eventually(t, func() bool { return p.buffers[0].stats().Buffered >= 200 })
	store.hold()
	before := p.originated.Load()
	close(sink.open)
	eventually(t, func() bool {
		given := p.sections[0].credits.waiting.Load() > 0 || p.originated.Load() == 400
		return given && p.sections[1].credits.waiting.Load() > 0
	})
	if n := p.originated.Load() - before; n > ahead {
		t.Errorf("the source gave %d messages while nothing was committed; %d may be", n, ahead)
	}
	if n := sink.got.Load(); n > ahead {
		t.Errorf("%d messages came out of the buffer while nothing was committed; %d may be", n, ahead)
	}
	store.letGo()
	if err := <-ended; err != nil {
		t.Fatal(err)
	}
	if sink.got.Load() != 400 {
		t.Errorf("%d arrived", sink.got.Load())
	}
}

func (b *buffer) stats() (s StageStats) {
	b.addTo(&s)
	return s
}

// A buffer holds no more than its bound: what comes then waits, or is dropped and its
// source is told so. What it holds is known again in the next run.
func TestGuardBufferBound(t *testing.T) {
	const bound = 400
	for _, drop := range []bool{false, true} {
		t.Run(fmt.Sprintf("drop_newest = %v", drop), func(t *testing.T) {
			source, sink := newNumbers(2000), &gate{open: make(chan struct{})}
			source.batch = 5
			stages := func(first *Stage) []*Stage {
				keep := bufferStage("keep")
				keep.Buffer.MaxBytes, keep.Buffer.DropNewest = bound, drop
				return []*Stage{first, keep, sink.stage()}
			}
			store := newShelf(nil, 1)
			p := newPipeline(t, Config{Name: "test", Store: store, BatchMax: 5, DrainTimeout: time.Millisecond, Stages: stages(source.stage())})
			ctx, cancel := context.WithCancel(t.Context())
			ended := make(chan error, 1)
			go func() { ended <- p.Run(ctx) }()
			full := func() bool {
				s := p.buffers[0].stats()
				if s.BufferedBytes > bound {
					t.Fatalf("it holds %d bytes; %d is the bound", s.BufferedBytes, bound)
				}
				source.mu.Lock()
				defer source.mu.Unlock()
				return s.BufferedBytes > bound-50 && (!drop || len(source.outcomes) == 2000)
			}
			eventually(t, full)
			cancel()
			close(sink.open) // it settles nothing that was not delivered
			if err := <-ended; err != nil && !errors.Is(err, ErrNotDrained) {
				t.Fatal(err)
			}
			values := store.close()
			dropped := 0
			for _, r := range source.outcomes {
				if r.Class() == component.ClassDrop {
					dropped++
				}
			}
			if s := p.Stats().Stages[1]; drop && (dropped == 0 || s.Dropped != uint64(dropped)) || !drop && dropped > 0 {
				t.Errorf("the source was told of %d dropped messages, the counter says %d", dropped, s.Dropped)
			}
			held := holding{}
			for key, value := range values {
				if isFrame(key) {
					held.messages += messagesIn(value[1:]) // behind what Pack has put in front
					held.bytes += int64(len(value))
				}
			}
			store = newShelf(values, 2)
			again := newPipeline(t, Config{Name: "test", Store: store, BatchMax: 5, Stages: stages(newNumbers(0).stage())})
			again.config.Opened = func(context.Context) error {
				if got := again.buffers[0].held; got != held {
					t.Errorf("it says that it holds %+v, and holds %+v", got, held)
				}
				return nil
			}
			runPipeline(t, again)
			if got := sink.got.Load() + int64(dropped); got < 2000 && drop {
				t.Errorf("%d were delivered or dropped", got)
			}
			for key := range store.close() {
				if strings.HasPrefix(key, "btest\x00keep\x00f") {
					t.Errorf("%q is left", key)
				}
			}
			if got := again.buffers[0].held; got != (holding{}) {
				t.Errorf("it says that it holds %+v at the end", got)
			}
		})
	}
}
