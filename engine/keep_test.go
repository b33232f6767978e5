package engine

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"testing"

	"github.com/gopiper/gopiper/component"
)

// failer keeps every message until it is flushed, and then fails every third, releases
// every third, and sends on the others.
type failer struct {
	keeper
	n int
}

func (f *failer) Flush(context.Context) error {
	var wait sync.WaitGroup
	for _, m := range f.kept {
		switch f.n++; f.n % 3 {
		case 0:
			m.SetData([]byte("changed"))
			wait.Go(func() { m.(component.Failing).Fail(component.Report{Status: 205, Description: "kept for nothing"}) })
		case 1:
			m.Release()
		default:
			f.postponed <- m
		}
	}
	f.kept = nil
	wait.Wait()
	return nil
}

// A message that is kept can be failed: as one that fails in Handle it reaches the
// failed branch as it was, and its source learns why.
func TestKeptFail(t *testing.T) {
	for _, bound := range []int64{500, 10_000} { // flushed because it is reached, and at the end only
		t.Run(fmt.Sprint(bound), func(t *testing.T) {
			src, sink, failed, most := newNumbers(3000), &collector{}, &collector{}, 0
			stage := keeperStage(&most, true)
			stage.Factory = factory{create: func(postponed chan component.Message) component.Component {
				return &failer{keeper: keeper{postponed: postponed, most: &most}}
			}}
			p := newPipeline(t, Config{Name: "test", MaxMessages: bound,
				Stages: []*Stage{src.stage(), stage, sink.stage()}, Failed: []*Stage{failed.stage()}})
			runPipeline(t, p)
			if len(sink.got) != 1000 || len(failed.got) != 1000 || len(src.outcomes) != 3000 || src.twice > 0 {
				t.Fatalf("sent on %d, failed %d, settled %d and %d twice", len(sink.got), len(failed.got), len(src.outcomes), src.twice)
			}
			for i, outcome := range src.outcomes {
				if want := []int{component.Drop, component.Done, 205}[i%3]; outcome.Status != want {
					t.Errorf("the outcome of %d is %v, want %d", i, outcome, want)
				}
			}
			if slices.Contains(failed.got, "changed") {
				t.Error("a message has failed otherwise than as it entered the stage")
			}
			if s := p.Stats(); s.Failed != 1000 || s.Unhandled != 0 {
				t.Errorf("failed %d, unhandled %d", s.Failed, s.Unhandled)
			}
		})
	}
}

// Only a kept message can be failed so; of one that is not nothing becomes.
func TestFailWithoutKeeping(t *testing.T) {
	src, sink := newNumbers(100), &collector{}
	run(t, src.stage(), syncStage("confused", func(m component.Message, done component.HandledCallback) {
		m.(component.Failing).Fail(component.Report{Status: component.Fail})
		done(component.Report{})
	}), sink.stage())
	if len(sink.got) != 100 {
		t.Errorf("%d have passed, want 100", len(sink.got))
	}
}
