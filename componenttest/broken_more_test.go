package componenttest_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"

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
	name: "looks behind the batch", fails: "batch_rest", says: "SetKey was called, though it was not handed over, at broken_more_test.go:",
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

// disk is where the broken sinks write to.
type disk struct {
	mu      sync.Mutex
	content []byte
	full    bool
}

func (d *disk) write(p []byte) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.full {
		return errors.New("the disk is full")
	}
	d.content = append(d.content, p...)
	return nil
}

func (d *disk) delivered() []byte {
	d.mu.Lock()
	defer d.mu.Unlock()
	return bytes.Clone(d.content)
}

// sinkOf is a suite for a sink that buffers, and flushes with a function.
func sinkOf(flush func(d *disk, buffer *[]byte) error) func(chan struct{}) componenttest.Suite {
	return func(chan struct{}) componenttest.Suite {
		d := &disk{}
		to := func(d *disk) componenttest.Suite {
			return suiteOf(func(d *component.Declaration) { d.Roles, d.Interfaces = component.Sink, component.IsFlusher },
				func(chan component.Message) component.Component {
					var buffer []byte
					return struct {
						handler
						flusher
					}{
						func(m component.Message, handled component.HandledCallback) {
							buffer = append(buffer, m.GetData()...)
							handled(component.Report{})
						},
						func(context.Context) error { return flush(d, &buffer) },
					}
				})
		}
		suite := to(d)
		suite.Delivered, suite.Failing = d.delivered, to(&disk{full: true}).New
		return suite
	}
}

var brokenSinks = []broken{{
	name: "writes again what it has flushed", fails: "flush", says: "Flush with nothing to flush delivered",
	suite: sinkOf(func(d *disk, buffer *[]byte) error { return d.write(*buffer) }),
}, {
	name: "swallows the error of Flush", fails: "flush_error", says: "7 messages were Done and Flush returned nil, though nothing can be delivered",
	suite: sinkOf(func(d *disk, buffer *[]byte) error {
		_ = d.write(*buffer)
		*buffer = nil
		return nil
	}),
}, {
	name: "tells of an error once", fails: "flush_error", says: "7 messages were Done and Flush returned nil",
	suite: func(chan struct{}) componenttest.Suite {
		var told atomic.Bool
		return sinkOf(func(d *disk, buffer *[]byte) error {
			err := d.write(*buffer)
			*buffer = nil
			if err != nil && told.Swap(true) {
				return nil
			}
			return err
		})(nil)
	},
}}

// living is a suite for a component that opens and closes.
func living(change func(*component.Declaration), create func(postponed chan component.Message) (handler, opener, closer)) componenttest.Suite {
	return suiteOf(func(d *component.Declaration) {
		d.Interfaces = component.IsOpener | component.IsCloser
		change(d)
	}, func(postponed chan component.Message) component.Component {
		h, o, c := create(postponed)
		return struct {
			handler
			opener
			closer
		}{h, o, c}
	})
}

var brokenLives = []broken{{
	name: "closes what it has not opened", fails: "close", says: "Close without Open panicked: close of nil channel",
	suite: func(chan struct{}) componenttest.Suite {
		return living(asItIs, func(chan component.Message) (handler, opener, closer) {
			var connection chan struct{}
			return pass, func(context.Context) error {
					connection = make(chan struct{})
					return nil
				}, func() error {
					close(connection)
					return nil
				}
		})
	},
}, {
	name: "opens what is not there", fails: "open_error", says: "Open returned nil, though there is nothing to open",
	suite: func(chan struct{}) componenttest.Suite {
		s := living(asItIs, func(chan component.Message) (handler, opener, closer) {
			return pass, func(context.Context) error { return nil }, func() error { return nil }
		})
		s.Unopenable = s.New
		return s
	},
}, {
	name: "opens for ever", fails: "open_cancelled", says: "Open with a cancelled context has not returned within",
	hangs: true,
	suite: func(release chan struct{}) componenttest.Suite {
		return living(asItIs, func(chan component.Message) (handler, opener, closer) {
			return pass, func(ctx context.Context) error {
				if ctx.Err() != nil {
					<-release
				}
				return nil
			}, func() error { return nil }
		})
	},
}, {
	name: "cannot be closed while it sends", fails: "close_busy", says: "Close while the worker is busy has not returned within",
	hangs: true,
	suite: func(chan struct{}) componenttest.Suite {
		return living(emitting, func(postponed chan component.Message) (handler, opener, closer) {
			var mu sync.Mutex
			split := splitter(postponed)
			return func(m component.Message, handled component.HandledCallback) {
					mu.Lock()
					defer mu.Unlock()
					split.Handle(m, handled)
				}, func(context.Context) error { return nil }, func() error {
					mu.Lock()
					defer mu.Unlock()
					return nil
				}
		})
	},
}, {
	name: "sends after it was closed", fails: "close_busy", says: "after Close had returned, a message was sent on postponed: \"first\"",
	suite: func(chan struct{}) componenttest.Suite {
		return living(emitting, func(postponed chan component.Message) (handler, opener, closer) {
			return splitter(postponed).Handle, func(context.Context) error { return nil }, func() error { return nil }
		})
	},
}, {
	name: "has one postponed for all workers", fails: "workers", says: "came on the postponed of another",
	hangs: true,
	suite: func(release chan struct{}) componenttest.Suite {
		s := suiteOf(emitting, nil)
		s.New = func(map[string]any) (component.Factory, error) {
			var latest chan component.Message
			return factory{func(postponed chan component.Message) component.Component {
				latest = postponed
				return handler(func(m component.Message, handled component.HandledCallback) {
					select {
					case latest <- component.NewMessage([]byte("part"), m):
					case <-release:
					}
					handled(component.Report{Status: component.Drop})
				})
			}, 1}, nil
		}
		return s
	},
}, {
	name: "closes what other workers use", fails: "replaced", says: `by a new worker the report is "200 closed", not "0"`,
	suite: func(chan struct{}) componenttest.Suite {
		s := living(asItIs, nil)
		s.New = func(map[string]any) (component.Factory, error) {
			var closed atomic.Bool
			return factory{func(chan component.Message) component.Component {
				return struct {
					handler
					opener
					closer
				}{func(_ component.Message, handled component.HandledCallback) {
					if closed.Load() {
						handled(component.Report{Status: component.Fail, Description: "closed"})
						return
					}
					handled(component.Report{})
				}, func(context.Context) error { return nil }, func() error {
					closed.Store(true)
					return nil
				}}
			}, 1}, nil
		}
		return s
	},
}, {
	name: "leaves a goroutine behind", fails: "goroutines", says: "componenttest_test.init",
	suite: func(release chan struct{}) componenttest.Suite {
		return suiteOf(asItIs, func(chan component.Message) component.Component {
			go func() { <-release }()
			return handler(pass)
		})
	},
}}

// running is a suite for a Runner.
func running(run runner, features componenttest.Features) componenttest.Suite {
	s := suiteOf(func(d *component.Declaration) { d.Roles, d.Interfaces = component.Source, component.IsRunner },
		func(chan component.Message) component.Component {
			return struct {
				handler
				runner
			}{pass, run}
		})
	s.Features = features
	return s
}

// some is a source's batch.
func some(out component.Output) *component.Batch {
	b := out.Batch()
	b.Append([]byte("one"))
	b.Append([]byte("two"))
	return b
}

var brokenSources = []broken{{
	name: "calls the end an error", fails: "run_ends", says: "Run returned the error EOF",
	suite: func(chan struct{}) componenttest.Suite {
		return running(func(ctx context.Context, out component.Output) error {
			if out.Emit(some(out)) && ctx.Err() == nil {
				return errors.New("EOF")
			}
			return nil
		}, componenttest.Features{})
	},
}, {
	name: "originates too little", fails: "run_ends", says: "it originated 2 messages, and the suite says 3",
	suite: func(chan struct{}) componenttest.Suite {
		return running(func(_ context.Context, out component.Output) error {
			out.Emit(some(out))
			return nil
		}, componenttest.Features{Originates: 3})
	},
}, {
	name: "adds what is not in the buffer", fails: "run_batches", says: "message 3 of a batch lies behind the end of its Buffer, of 6 bytes",
	suite: func(chan struct{}) componenttest.Suite {
		return running(func(_ context.Context, out component.Output) error {
			b := some(out)
			b.Add(6, 7)
			out.Emit(b)
			return nil
		}, componenttest.Features{})
	},
}, {
	name: "uses a batch after Emit", fails: "run_batches", says: "a batch was used after it had been settled",
	suite: func(chan struct{}) componenttest.Suite {
		return running(func(_ context.Context, out component.Output) error {
			b := some(out)
			if out.Emit(b) {
				b.Append([]byte("three"))
			}
			return nil
		}, componenttest.Features{})
	},
}, {
	name: "waits in OnSettled", fails: "run_settled", says: "OnSettled has not returned within",
	hangs: true,
	suite: func(release chan struct{}) componenttest.Suite {
		return running(func(_ context.Context, out component.Output) error {
			b := some(out)
			b.OnSettled = func(*component.Batch) { <-release }
			out.Emit(b)
			return nil
		}, componenttest.Features{})
	},
}, {
	name: "goes on when the run is stopping", fails: "run_stops", says: "Emit was called again after it had returned false, at broken_more_test.go:",
	suite: func(chan struct{}) componenttest.Suite {
		return running(func(_ context.Context, out component.Output) error {
			for range 5 {
				out.Emit(some(out))
			}
			return nil
		}, componenttest.Features{})
	},
}, {
	name: "waits for more though it is cancelled", fails: "run_cancelled", says: "Run has not returned within 300ms, though its context was cancelled",
	hangs: true,
	suite: func(release chan struct{}) componenttest.Suite {
		return running(func(_ context.Context, out component.Output) error {
			if out.Emit(some(out)) {
				<-release
			}
			return nil
		}, componenttest.Features{Endless: true, Originates: 2})
	},
}, {
	name: "never closes postponed", fails: "source_closes", says: "it has sent 3 messages, and neither another one nor closed postponed within",
	hangs: true,
	suite: func(release chan struct{}) componenttest.Suite {
		return postponing(func(postponed chan component.Message) {
			sendSome(postponed, release, func(i int) component.Message { return &own{data: fmt.Appendf(nil, "message %d", i)} })
		})
	},
}, {
	name: "uses its buffer for the next message", fails: "source_messages", says: "has the same memory and is not released",
	suite: func(release chan struct{}) componenttest.Suite {
		return postponing(func(postponed chan component.Message) {
			buffer := make([]byte, 7)
			sendSome(postponed, release, func(int) component.Message { return &own{data: buffer} })
			close(postponed)
		})
	},
}, {
	name: "waits in Release", fails: "source_release", says: "Release has not returned within",
	hangs: true,
	suite: func(release chan struct{}) componenttest.Suite {
		return postponing(func(postponed chan component.Message) {
			sendSome(postponed, release, func(int) component.Message {
				return &own{data: []byte("message"), released: func() { <-release }}
			})
			close(postponed)
		})
	},
}}

// postponing is a suite for a source that sends on postponed, undeclared.
func postponing(send func(postponed chan component.Message)) componenttest.Suite {
	s := suiteOf(asItIs, func(postponed chan component.Message) component.Component {
		go send(postponed)
		return handler(pass)
	})
	s.Declaration, s.Role = nil, component.Source
	return s
}

// sendSome sends three messages, if somebody takes them.
func sendSome(postponed chan component.Message, release chan struct{}, next func(int) component.Message) {
	for i := range 3 {
		select {
		case postponed <- next(i):
		case <-release:
		}
	}
}

// own is a source's own message.
type own struct {
	data     []byte
	status   component.Report
	released func()
}

func (m *own) SetData(data []byte)       { m.data = data }
func (m *own) GetData() []byte           { return m.data }
func (m *own) Status() *component.Report { return &m.status }
func (m *own) Release() {
	if m.released != nil {
		m.released()
	}
}
