package componenttest_test

import (
	"bytes"
	"sync"
	"time"

	"github.com/gopiper/gopiper/component"
	"github.com/gopiper/gopiper/componenttest"
)

var brokenProcessors = []broken{{
	name: "has no worker", fails: "factory", says: "Amount is 0",
	suite: func(chan struct{}) componenttest.Suite {
		s := suiteOf(asItIs, nil)
		s.New = func(map[string]any) (component.Factory, error) {
			return factory{func(chan component.Message) component.Component { return handler(pass) }, 0}, nil
		}
		return s
	},
}, {
	name: "documents nothing", fails: "declaration", says: `attribute "size": its default is of the Go type int; the type size has int64`,
	suite: always(func(d *component.Declaration) {
		d.Doc, d.Attributes = "", []component.Attribute{{Name: "size", Type: component.Size, Default: 1}}
	}, pass),
}, {
	name: "calls back twice", fails: "callback_once", says: `called back again, with "200" after "0", at broken_processor_test.go:`,
	suite: always(asItIs, func(_ component.Message, handled component.HandledCallback) {
		handled(component.Report{})
		handled(component.Report{Status: component.Fail})
	}),
}, {
	name: "forgets to call back", fails: "callback", says: "the callback was not called within",
	hangs: true,
	suite: always(func(d *component.Declaration) { d.Sync = false }, func(m component.Message, handled component.HandledCallback) {
		if len(m.GetData()) > 0 {
			handled(component.Report{})
		}
	}),
}, {
	name: "calls back late though it is Sync", fails: "sync", says: "Handle returned without having called back",
	suite: func(chan struct{}) componenttest.Suite {
		return suiteOf(asItIs, func(chan component.Message) component.Component {
			last := func() {}
			return handler(func(_ component.Message, handled component.HandledCallback) {
				last()
				last = sync.OnceFunc(func() { handled(component.Report{}) })
				time.AfterFunc(50*time.Millisecond, last) // if no other message comes
			})
		})
	},
}, {
	name: "reports a reserved status", fails: "statuses", says: "the status is 42",
	suite: always(asItIs, func(m component.Message, handled component.HandledCallback) {
		handled(component.Report{Status: 42 * (len(m.GetData()) % 2)})
	}),
}, {
	name: "handles nothing", fails: "handles", says: `none of 14 messages got through: the message 14`,
	suite: always(asItIs, func(_ component.Message, handled component.HandledCallback) {
		handled(component.Report{Status: component.Fail})
	}),
}, {
	name: "changes data in place", fails: "data_untouched", says: "the bytes that GetData returned are now \"A line of text\"",
	suite: always(asItIs, func(m component.Message, handled component.HandledCallback) {
		data := m.GetData()
		copy(data, bytes.ToUpper(data[:min(1, len(data))]))
		handled(component.Report{})
	}),
}, {
	name: "writes to the message's status", fails: "data_untouched", says: "its Status was set",
	suite: always(asItIs, func(m component.Message, handled component.HandledCallback) {
		m.Status().Description = "seen"
		handled(component.Report{})
	}),
}, {
	name: "uses a buffer again that it gave to SetData", fails: "given_data", says: "were given the same memory",
	suite: func(chan struct{}) componenttest.Suite {
		return suiteOf(asItIs, func(chan component.Message) component.Component {
			var buffer []byte
			return handler(func(m component.Message, handled component.HandledCallback) {
				buffer = append(buffer[:0], m.GetData()...)
				m.SetData(buffer)
				handled(component.Report{})
			})
		})
	},
}, {
	name: "changes data that it gave to SetData", fails: "given_data", says: "was later changed to",
	suite: func(chan struct{}) componenttest.Suite {
		return suiteOf(asItIs, func(chan component.Message) component.Component {
			var last []byte
			return handler(func(m component.Message, handled component.HandledCallback) {
				clear(last)
				last = bytes.Clone(m.GetData())
				m.SetData(last)
				handled(component.Report{})
			})
		})
	},
}, {
	name: "makes messages of another one's memory", fails: "given_data", says: "a message that the component has made shares the memory that GetData or Grow of message 1",
	suite: func(chan struct{}) componenttest.Suite {
		return suiteOf(emitting, func(postponed chan component.Message) component.Component {
			return handler(func(m component.Message, handled component.HandledCallback) {
				postponed <- component.NewMessage(m.GetData(), m)
				handled(component.Report{Status: component.Drop})
			})
		})
	},
}, {
	name: "touches the message after the callback", fails: "after_callback", says: "GetData was called after its callback, at broken_processor_test.go:",
	suite: always(asItIs, func(m component.Message, handled component.HandledCallback) {
		handled(component.Report{})
		_ = m.GetData()
	}),
}, {
	name: "sends though it does not declare it", fails: "emits", says: "a message was sent on postponed",
	suite: func(chan struct{}) componenttest.Suite {
		return suiteOf(asItIs, splitter)
	},
}, {
	name: "keeps a message for good", fails: "kept", says: "neither sent on nor released within",
	hangs: true,
	suite: always(emitting, func(_ component.Message, handled component.HandledCallback) {
		handled(component.Report{Status: component.Continue})
	}),
}, {
	name: "sends a message on and releases it", fails: "kept", says: "it was sent on 1 times and released 1 times",
	suite: func(chan struct{}) componenttest.Suite {
		return suiteOf(emitting, func(postponed chan component.Message) component.Component {
			return handler(func(m component.Message, handled component.HandledCallback) {
				handled(component.Report{Status: component.Continue})
				postponed <- m
				m.Release()
			})
		})
	},
}, {
	name: "loses a message that it made", fails: "kept", says: "a message that was made from it was neither sent nor released",
	hangs: true,
	suite: always(emitting, func(m component.Message, handled component.HandledCallback) {
		component.NewMessage([]byte("lost"), m)
		handled(component.Report{})
	}),
}, {
	name: "makes messages of nothing", fails: "parents", says: "names no message that it was made from",
	suite: func(chan struct{}) componenttest.Suite {
		return suiteOf(emitting, func(postponed chan component.Message) component.Component {
			return handler(func(m component.Message, handled component.HandledCallback) {
				postponed <- component.NewMessage([]byte("new"))
				handled(component.Report{})
			})
		})
	},
}}

// splitter is nothing wrong: it makes two messages of one.
func splitter(postponed chan component.Message) component.Component {
	return handler(func(m component.Message, handled component.HandledCallback) {
		postponed <- component.NewMessage([]byte("first"), m)
		postponed <- component.NewMessage([]byte("second"), m)
		handled(component.Report{Status: component.Drop})
	})
}
