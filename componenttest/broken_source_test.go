package componenttest_test

import (
	"context"
	"errors"
	"fmt"

	"github.com/gopiper/gopiper/component"
	"github.com/gopiper/gopiper/componenttest"
)

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
	name: "goes on when the run is stopping", fails: "run_stops", says: "Emit was called again after it had returned false, at broken_source_test.go:",
	suite: func(chan struct{}) componenttest.Suite {
		return running(func(_ context.Context, out component.Output) error {
			for range 5 {
				out.Emit(some(out))
			}
			return nil
		}, componenttest.Features{})
	},
}, {
	name: "waits for more though it is cancelled", fails: "run_cancelled", says: "though its context was cancelled",
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
