package componenttest_test

import (
	"context"
	"sync"
	"sync/atomic"

	"github.com/gopiper/gopiper/component"
	"github.com/gopiper/gopiper/componenttest"
)

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
