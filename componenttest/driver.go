package componenttest

import (
	"context"
	"fmt"
	"runtime/debug"
	"strings"
	"time"

	"github.com/gopiper/gopiper/component"
)

// driver does with one worker what an engine does. One goroutine uses it; what
// the component might block in runs in others, so that the driver can receive
// what it sends, and give up.
type driver struct {
	s         *subject
	a         *account
	factory   component.Factory
	worker    component.Component
	postponed chan component.Message
	batches   []*batch         // that were handed over
	source    *postponedSource // what the worker sends is what it originates
	deaf      bool             // takes nothing, as at the end of an interrupted run
}

func (s *subject) newDriver() *driver {
	d := &driver{s: s, a: newAccount(s)}
	if s.postpones() {
		d.source = &postponedSource{a: d.a}
	}
	return d
}

// call calls into the component, takes what it sends meanwhile, and returns an
// error if it panics or does not return in time.
func (d *driver) call(what string, f func()) error {
	done := make(chan error, 1)
	go func() {
		defer func() {
			if reason := recover(); reason != nil {
				done <- fmt.Errorf("%s panicked: %v%s", what, reason, panicStack())
			}
		}()
		f()
		done <- nil
	}()
	late := time.NewTimer(d.s.Patience)
	defer late.Stop()
	for {
		select {
		case err := <-done:
			d.receiveAll()
			return err
		case m, ok := <-d.channel():
			d.received(m, ok)
		case <-late.C:
			return fmt.Errorf("%s has not returned within %v", what, d.s.Patience)
		}
	}
}

func (d *driver) channel() chan component.Message {
	if d.deaf {
		return nil
	}
	return d.postponed
}

// panicStack is the part of the stack between the panic and this package.
func panicStack() string {
	stack := string(debug.Stack())
	if i := strings.LastIndex(stack, "panic("); i >= 0 {
		stack = stack[i:]
	}
	if i := strings.Index(stack, "componenttest.(*"); i >= 0 {
		stack = stack[:strings.LastIndexByte(stack[:i], '\n')+1]
	}
	return "\n" + strings.TrimSpace(stack)
}

// await waits until the condition holds, and takes what the component sends
// meanwhile. The error says what was waited for.
func (d *driver) await(what string, holds func() bool) error {
	late := time.NewTimer(d.s.Patience)
	defer late.Stop()
	for !holds() {
		select {
		case <-d.a.changed:
		case m, ok := <-d.postponed:
			d.received(m, ok)
		case <-late.C:
			return fmt.Errorf("within %v %s", d.s.Patience, what)
		}
	}
	d.receiveAll()
	return nil
}

// receiveAll takes what has been sent already.
func (d *driver) receiveAll() {
	for d.channel() != nil {
		select {
		case m, ok := <-d.channel():
			d.received(m, ok)
		default:
			return
		}
	}
}

// received takes what came on postponed.
func (d *driver) received(sent component.Message, ok bool) {
	a := d.a
	if !ok {
		d.postponed = nil
		a.wake()
		return
	}
	if d.source != nil {
		d.source.take(sent)
		return
	}
	l := &line{}
	a.lines = append(a.lines, l)
	if d.s.declared() && !d.s.Declaration.Emits {
		a.note("emits", "a message was sent on postponed")
	}
	switch m := sent.(type) {
	case nil:
		a.note("kept", "nil was sent on postponed")
	case *message:
		d.sentOn(m, l)
	default:
		d.made(sent, l)
	}
}

// sentOn takes a message that was handed over.
func (d *driver) sentOn(m *message, l *line) {
	if m.a != d.a {
		d.a.note("workers", "a message of one worker came on the postponed of another")
		return
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.sent++
	m.line = l
	m.end("it was sent on")
}

// made takes a message that the component has made.
func (d *driver) made(sent component.Message, l *line) {
	a := d.a
	if !component.Adopt(sent) {
		a.note("kept", "a message that the component has made, %s, was sent twice", short(sent.GetData()))
		return
	}
	a.made = append(a.made, sent)
	data, parents := sent.GetData(), component.Parents(sent)
	a.loose = a.loose || len(parents) != 1
	var first *message
	for i, p := range parents {
		parent, ok := p.(*message)
		if !ok {
			continue
		}
		if parent.a != a {
			a.note("workers", "a message made by one worker came on the postponed of another")
			return
		}
		if parent.lends(data) { // and may overwrite it at any time
			a.note("given_data", "a message that the component has made shares the memory that GetData or Grow of %s returned", parent)
			return
		}
		if i == 0 {
			first = parent
		}
	}
	l.output = output{data: string(data), meta: metaText(sent)}
	text := fmt.Sprintf("a message that the component has made (%s)", short(data))
	if first != nil {
		first.madeOutput = append(first.madeOutput, l.output)
	}
	if len(parents) == 0 && !d.s.Features.Adds {
		a.note("parents", "%s names no message that it was made from", text)
	}
	a.give(data, text)
}

// start makes a worker and opens it. factory is nil for a new one, which is
// opened too.
func (d *driver) start(factory component.Factory) error {
	d.postponed = make(chan component.Message)
	own := d.postponed // the field is the driver's alone
	var worker component.Component
	var failed error
	err := d.call("making and opening a worker", func() {
		if factory == nil {
			if factory, failed = d.s.factory(); failed == nil {
				failed = open(context.Background(), factory)
			}
		}
		if failed == nil {
			if worker = factory.Create(own); worker != nil {
				failed = open(context.Background(), worker)
			}
		}
	})
	if err != nil {
		return d.a.broken("factory", "%v", err)
	}
	if failed != nil {
		return d.a.broken("factory", "making and opening a worker: %v", failed)
	}
	if worker == nil {
		return d.a.broken("factory", "Create returned nil")
	}
	d.factory, d.worker = factory, worker
	return nil
}
