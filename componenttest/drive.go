package componenttest

import (
	"context"
	"time"

	"github.com/gopiper/gopiper/component"
)

// The drives whose accounts several checks look at.

// single is the account of one worker that handles every message, and then
// every message again, one by one.
func (s *subject) single() *account {
	return s.once("single", func() *account { return s.drive(s.twice(), (*driver).handle) })
}

// batched is single with a batch handler, in batches of different sizes.
func (s *subject) batched() *account {
	return s.once("batched", func() *account { return s.drive(s.twice(), (*driver).handleBatches) })
}

// expected is what a pipeline is to make of the long input.
func (s *subject) expected() *account {
	return s.once("expected", func() *account { return s.drive(s.long(), (*driver).handle) })
}

func (s *subject) once(name string, drive func() *account) *account {
	if s.accounts[name] == nil {
		s.accounts[name] = drive()
	}
	return s.accounts[name]
}

// handled are the accounts of all ways to handle messages.
func (s *subject) handled() []*account {
	if s.batches() {
		return []*account{s.single(), s.batched()}
	}
	return []*account{s.single()}
}

// drive makes a worker, hands the inputs over in the given way and ends it.
func (s *subject) drive(inputs [][]byte, hand func(*driver, [][]byte) error) *account {
	d := s.newDriver()
	before := s.delivered(nil)
	if d.start(nil) != nil {
		return d.a
	}
	if hand(d, inputs) != nil || d.end() != nil || d.close() != nil {
		go d.abandon()
	}
	d.a.written = s.delivered(before)
	return d.a
}

// handle hands messages over one by one.
func (d *driver) handle(inputs [][]byte) error {
	for i, data := range inputs {
		m := d.a.message(data, i%len(d.s.Messages))
		m.hand()
		if err := d.call("Handle", func() { d.worker.Handle(m, m.handled) }); err != nil {
			return d.a.broken("callback", "%v: %v", m, err)
		}
		if d.s.sync() && !m.answered() {
			d.a.note("sync", "%v: Handle returned without having called back", m)
		}
	}
	err := d.await("", func() bool { return d.unanswered() == nil })
	if err != nil {
		return d.a.broken("callback", "%v: the callback was not called within %v", d.unanswered(), d.s.Patience)
	}
	d.a.look()
	return nil
}

func (m *message) answered() bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.state > held
}

// unanswered is a message that waits for its callback.
func (d *driver) unanswered() *message {
	for _, m := range d.a.messages {
		if !m.answered() {
			return m
		}
	}
	return nil
}

// end is the end of the input: flush, and wait until nothing is kept.
func (d *driver) end() error {
	if err := d.flush(); err != nil {
		return err
	}
	if err := d.await("", func() bool { return d.keeping() == nil }); err != nil {
		return d.a.broken("kept", "%v: kept with Continue, and neither sent on nor released within %v%s", d.keeping(), d.s.Patience, d.afterFlush())
	}
	d.settle()
	if err := d.await("", func() bool { return d.parent() == nil }); err != nil {
		return d.a.broken("kept", "%v: a message that was made from it was neither sent nor released within %v%s", d.parent(), d.s.Patience, d.afterFlush())
	}
	d.a.look()
	return nil
}

func (d *driver) afterFlush() string {
	if d.s.has(component.IsFlusher) {
		return " after Flush"
	}
	return " after the last message"
}

// flush calls Flush, if the worker has it.
func (d *driver) flush() error {
	f, ok := d.worker.(component.Flusher)
	if !ok || !d.s.has(component.IsFlusher) {
		return nil
	}
	var failed error
	if err := d.call("Flush", func() { failed = f.Flush(context.Background()) }); err != nil {
		return d.a.broken("flush", "%v", err)
	}
	if failed != nil {
		return d.a.broken("flush", "Flush returned the error %v", failed)
	}
	return nil
}

func (d *driver) find(is func(*message) bool) *message {
	for _, m := range d.a.messages {
		m.mu.Lock()
		found := is(m)
		m.mu.Unlock()
		if found {
			return m
		}
	}
	return nil
}

// keeping is a message that the component keeps, parent one from which one was
// made that has not ended.
func (d *driver) keeping() *message { return d.find(func(m *message) bool { return m.state == kept }) }
func (d *driver) parent() *message {
	return d.find(func(m *message) bool { return m.gone < m.derived })
}

// settle ends what was made and sent: as Done.
func (d *driver) settle() {
	for _, m := range d.a.made {
		m.Release()
	}
	d.a.made = nil
}

// abandon closes what is broken anyway.
func (d *driver) abandon() {
	for _, what := range []any{d.worker, d.factory} {
		func() {
			defer func() { _ = recover() }()
			_ = shut(what)
		}()
	}
}

// close closes the worker and its factory, and looks at everything once more.
func (d *driver) close() error {
	if err := d.call("Close", func() { _ = shut(d.worker) }); err != nil {
		return d.a.broken("close", "%v", err)
	}
	if err := d.call("Close of the factory", func() { _ = shut(d.factory) }); err != nil {
		return d.a.broken("close", "%v", err)
	}
	d.leave()
	d.a.look()
	return nil
}

// leave lets a source of which no more is wanted go on to its end.
func (d *driver) leave() {
	if d.source != nil && d.postponed != nil && !d.s.Features.Endless {
		go d.s.drain(d.postponed)
	}
}

// drain takes what is sent until postponed is closed, or nothing comes any more.
func (s *subject) drain(postponed chan component.Message) {
	late := time.NewTimer(s.Patience)
	defer late.Stop()
	for {
		select {
		case m, ok := <-postponed:
			if !ok {
				return
			}
			m.Release()
			late.Reset(s.Patience)
		case <-late.C:
			return
		}
	}
}
