package componenttest_test

import (
	"bytes"
	"sync"

	"github.com/gopiper/gopiper/component"
	"github.com/gopiper/gopiper/componenttest"
)

// batching is a suite for a component with a batch handler of its own.
func batching(h handler, create func() batcher) func(chan struct{}) componenttest.Suite {
	return func(chan struct{}) componenttest.Suite {
		return suiteOf(func(d *component.Declaration) { d.Interfaces = component.IsBatchHandler },
			func(chan component.Message) component.Component {
				return struct {
					handler
					batcher
				}{h, create()}
			})
	}
}

// stateless is a batch handler without state.
func stateless(b batcher) func() batcher { return func() batcher { return b } }

var brokenBatchHandlers = []broken{{
	name: "implements what it does not declare", fails: "interfaces", says: "BatchHandler is there, and the declaration does not name it",
	suite: func(chan struct{}) componenttest.Suite {
		s := batching(pass, stateless(nil))(nil)
		s.Declaration.Interfaces = 0
		return s
	},
}, {
	name: "declares what it does not implement", fails: "interfaces", says: "the declaration names Flusher, Opener (factory), which is not there",
	suite: always(func(d *component.Declaration) { d.Interfaces = component.IsFlusher | component.FactoryIsOpener }, pass),
}, {
	name: "handles nothing of a batch", fails: "batch_count", says: "HandleBatch of 1 messages returned 0",
	suite: batching(pass, stateless(func([]component.Message, []component.Report) int { return 0 })),
}, {
	name: "reports on what it has not handled", fails: "batch_rest", says: "HandleBatch of 2 messages returned 1, but set the report on the message 3",
	suite: batching(pass, stateless(func(_ []component.Message, reports []component.Report) int {
		reports[len(reports)-1].Description = "half done"
		return (len(reports) + 1) / 2
	})),
}, {
	name: "looks behind the batch", fails: "batch_rest", says: "SetKey was called, though it was not handed over, at broken_batch_test.go:",
	suite: batching(pass, stateless(func(messages []component.Message, _ []component.Report) int {
		messages[:len(messages)+1][len(messages)].(component.StandardMessage).SetKey("mine")
		return len(messages)
	})),
}, {
	name: "keeps the slice of reports", fails: "batch_slices", says: "the element of reports for the message 1 (",
	suite: batching(pass, func() batcher {
		var last []component.Report
		return func(messages []component.Message, reports []component.Report) int {
			clear(last)
			last = reports
			return len(messages)
		}
	}),
}, {
	name: "sorts the slice of messages", fails: "batch_slices", says: "the element of messages for the message 2 (",
	suite: batching(pass, stateless(func(messages []component.Message, _ []component.Report) int {
		messages[0], messages[len(messages)-1] = messages[len(messages)-1], messages[0]
		return len(messages)
	})),
}, {
	name: "does something else with a batch", fails: "batch_agrees", says: `message 2 ("a line of text"): with HandleBatch instead of Handle it goes on as "A LINE OF TEXT", not "a line of text"`,
	suite: batching(pass, stateless(func(messages []component.Message, _ []component.Report) int {
		for _, m := range messages {
			m.SetData(bytes.ToUpper(m.GetData()))
		}
		return len(messages)
	})),
}, {
	name: "holds 32 messages at most", fails: "pipeline", says: "panics",
	suite: batching(pass, stateless(func(messages []component.Message, _ []component.Report) int {
		var lengths [32]int
		for i, m := range messages {
			lengths[i] = len(m.GetData())
		}
		return len(messages)
	})),
}, {
	name: "remembers objects", fails: "pipeline_retry", says: `message 1 ("{\"id\":1,\"name\":\"first\",\"tags\":"…, 40 bytes) ended as "300", not as "0"`,
	suite: func(chan struct{}) componenttest.Suite {
		var mu sync.Mutex
		seen := map[component.Message]bool{}
		return always(asItIs, func(m component.Message, handled component.HandledCallback) {
			mu.Lock()
			defer mu.Unlock()
			if seen[m] {
				handled(component.Report{Status: component.Drop})
				return
			}
			seen[m] = true
			handled(component.Report{})
		})(nil)
	},
}, {
	name: "drops what it has seen, and is not Stateful", fails: "again", says: `handled again, the report is "300", not "0"`,
	suite: func(chan struct{}) componenttest.Suite {
		return suiteOf(asItIs, func(chan component.Message) component.Component {
			seen := map[string]bool{}
			return handler(func(m component.Message, handled component.HandledCallback) {
				text := string(m.GetData())
				if seen[text] {
					handled(component.Report{Status: component.Drop})
					return
				}
				seen[text] = true
				handled(component.Report{})
			})
		})
	},
}}
