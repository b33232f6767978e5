package componenttest

import (
	"bytes"
	"slices"

	"github.com/gopiper/gopiper/component"
)

// hand makes the message the component's.
func (m *message) hand() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.state = held
}

// handled is the callback of a message that Handle gets.
func (m *message) handled(r component.Report) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.calls++; m.calls > 1 {
		m.a.note("callback_once", "%s: called back again, with %q after %q%s", m, r, m.result.report, caller())
		return
	}
	m.finish(r, "its callback")
}

// finish takes the report: of the callback, or of HandleBatch. m.mu is held.
func (m *message) finish(r component.Report, how string) {
	m.result.report = r
	defer m.a.wake()
	if r.Reserved() {
		m.a.note("statuses", "%s: the status is %d", m, r.Status)
	}
	if r.Class() == component.ClassContinue {
		if m.a.s.role == component.Sink {
			m.a.note("statuses", "%s: a sink reports Continue: nobody takes what it would send on", m)
		}
		m.state = kept
		if m.sent+m.released > 0 { // before the callback, which is allowed
			m.leave("it was sent on or released")
		}
		return
	}
	if m.sent > 0 {
		m.a.note("kept", "%s: it was sent on, but reported %q", m, r)
	}
	if m.released > 0 {
		m.a.note("kept", "%s: Release was called, but it was reported %q", m, r)
	}
	if r.Class() == component.ClassDone {
		m.result.done = m.output()
	}
	m.outcome = component.Worse(m.outcome, r)
	m.leave(how)
}

// end notes that the component sends on or releases the message. m.mu is held.
func (m *message) end(how string) {
	switch {
	case m.state == waiting:
		m.a.note("kept", "%s: %s before it was handed over%s", m, how, caller())
	case m.sent+m.released > 1:
		m.a.note("kept", "%s: it was sent on %d times and released %d times%s", m, m.sent, m.released, caller())
	case m.state == kept:
		m.leave(how)
	case m.state == ended:
		m.a.note("kept", "%s: %s, but it was reported %q and not kept%s", m, how, m.result.report, caller())
	}
	m.a.wake()
}

// leave ends the component's hold on the message. m.mu is held.
func (m *message) leave(how string) {
	m.look()
	if m.line != nil {
		m.line.output = *m.output()
	}
	if m.sent > 0 {
		m.outcome = component.Worse(m.outcome, component.Report{})
	}
	if m.given && !m.own(m.data) {
		m.a.give(m.data, m.String())
	}
	m.state, m.over = ended, how
	for i := range m.memory {
		m.memory[i] = poison
	}
	for _, g := range m.grown {
		if !overlap(g, m.data) {
			fill(g, poison)
		}
	}
}

// look compares the memory of the data with what it was.
func (m *message) look() {
	data := m.memory[guard : len(m.memory)-guard]
	if !bytes.Equal(data, m.text) {
		m.a.note("data_untouched", "%s: the bytes that GetData returned are now %s", m, short(data))
	}
	if !clean(m.memory[:guard]) || !clean(m.memory[len(m.memory)-guard:]) {
		m.a.note("data_untouched", "%s: bytes before or behind those that GetData returned were overwritten", m)
	}
	if m.status != (component.Report{}) {
		m.a.note("data_untouched", "%s: its Status was set to %q", m, m.status)
	}
}

// lookLater looks for what was written after the component's hold had ended.
func (m *message) lookLater() {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.state != ended {
		return
	}
	if !clean(m.memory) {
		m.a.note("data_untouched", "%s: the memory that GetData had returned was written after %s", m, m.over)
		fill(m.memory, poison)
	}
	for _, g := range m.grown {
		if !overlap(g, m.data) && !clean(g) {
			m.a.note("given_data", "%s: memory of Grow that was not given to SetData was written after %s", m, m.over)
			fill(g, poison)
		}
	}
}

// output is the message as it goes on. m.mu is held.
func (m *message) output() *output {
	return &output{data: string(m.data), meta: m.meta.text()}
}

// own tells whether data is a part of the message's own memory, which it was
// lent by GetData: a message may be cut.
func (m *message) own(data []byte) bool { return overlap(data, m.memory) }

// lends tells whether data is memory that GetData or Grow of this message gave.
func (m *message) lends(data []byte) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.own(data) || slices.ContainsFunc(m.grown, func(g []byte) bool { return overlap(data, g) })
}

func clean(memory []byte) bool {
	for _, b := range memory {
		if b != poison {
			return false
		}
	}
	return true
}

func fill(memory []byte, with byte) {
	for i := range memory {
		memory[i] = with
	}
}
