package gopiper

import (
	"context"
	"iter"
	"time"

	"github.com/gopiper/gopiper/component"
	"github.com/gopiper/gopiper/plan"
)

// Results is a sink that hands the messages to the program. Its [Results.Stage]
// is the last stage of one pipeline, branch or failed branch. For a callback
// instead of a loop, end the pipeline with a [Function].
type Results struct {
	batches chan []component.Message
	taken   chan struct{}
	left    signal // by the program
	over    signal
}

// NewResults makes a sink.
func NewResults() *Results {
	return &Results{
		batches: make(chan []component.Message),
		taken:   make(chan struct{}),
		left:    signal{ch: make(chan struct{})},
		over:    signal{ch: make(chan struct{})},
	}
}

// It is not Sync, although it calls back before it returns: it waits for the
// program, and the source must not wait with it.
var resultsDeclaration = component.Declaration{
	Name: "results", Roles: component.Sink, Interfaces: component.IsBatchHandler | component.IsFlusher,
}

// Stage is the sink as the last stage of a pipeline.
func (r *Results) Stage() Stage {
	// The program takes its time: that must not look like a worker that hangs.
	return given(plan.Component, "results", ownComponent{resultsFactory{r}, &resultsDeclaration}).
		Timeout(100 * 365 * 24 * time.Hour)
}

// All returns the messages in a loop that ends when the run has. A message must
// not be used after the loop's body; it is delivered when the loop goes on. A
// slow body holds back the pipeline.
//
// Leaving the loop closes the results for good: the pipeline then stops, as it
// does when the reader of its standard output leaves, and what was not taken
// stays unsettled. All is for one goroutine, beside the one in
// [Program.Run].
func (r *Results) All() iter.Seq[component.StandardMessage] {
	return func(yield func(component.StandardMessage) bool) {
		defer r.left.set()
		for {
			select {
			case messages := <-r.batches:
				for _, m := range messages {
					if !yield(m.(component.StandardMessage)) {
						return
					}
				}
				select {
				case r.taken <- struct{}{}:
				case <-r.over.ch:
					return
				}
			case <-r.over.ch:
				return
			}
		}
	}
}

type resultsFactory struct{ results *Results }

func (f resultsFactory) Amount() int { return 1 }

func (f resultsFactory) Create(chan component.Message) component.Component {
	return &resultsWorker{results: f.results}
}

func (f resultsFactory) ended() { f.results.over.set() }

type resultsWorker struct {
	results *Results
	one     [1]component.Message
}

func (w *resultsWorker) Handle(m component.Message, handled component.HandledCallback) {
	w.one[0] = m
	w.HandleBatch(w.one[:], nil)
	handled(component.Report{})
}

// HandleBatch returns when the program has taken the messages, or has left:
// then Flush tells.
func (w *resultsWorker) HandleBatch(messages []component.Message, _ []component.Report) int {
	select {
	case w.results.batches <- messages:
	case <-w.results.left.ch:
		return len(messages)
	case <-w.results.over.ch:
		return len(messages)
	}
	select {
	case <-w.results.taken:
	case <-w.results.left.ch:
	case <-w.results.over.ch:
	}
	return len(messages)
}

// Flush tells whether the program is still there: only then is what it was
// handed delivered.
func (w *resultsWorker) Flush(context.Context) error {
	select {
	case <-w.results.left.ch:
		return component.ErrClosed
	default:
		return nil
	}
}
