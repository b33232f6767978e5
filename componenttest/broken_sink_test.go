package componenttest_test

import (
	"bytes"
	"context"
	"errors"
	"sync"
	"sync/atomic"

	"github.com/gopiper/gopiper/component"
	"github.com/gopiper/gopiper/componenttest"
)

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
