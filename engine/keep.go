package engine

import "github.com/gopiper/gopiper/component"

// Whether a component keeps the message. A component may release a message
// before the engine has seen that it keeps it: the callback has just been called
// on another goroutine.
const (
	notKept = iota
	kept
	releasedEarly
)

// Release implements component.Message: a component gives up a message that it
// kept. The engine never calls it.
func (m *message) Release() {
	for {
		if m.hold.CompareAndSwap(kept, notKept) {
			u := m.extra().unit
			u.unlist(m)
			section := m.home.section // its home may be gone after the next line
			m.settle(component.Report{Status: component.Drop})
			u.keptLess(section) // only now: the run may be over then
			return
		}
		if m.hold.CompareAndSwap(notKept, releasedEarly) || m.hold.Load() == releasedEarly {
			return
		}
	}
}

// Fail implements component.Failing. What must be done belongs to the worker.
func (m *message) Fail(r component.Report) {
	if m.hold.Load() != kept {
		return
	}
	if r.Class() != component.ClassFail {
		r.Status = component.Fail
	}
	u := m.extra().unit
	u.w.post(event{kind: keptFails, message: m, unit: u, report: r})
}

// keep notes that the component of a unit keeps the message, which reported
// Continue. The component may be using it already: nothing is touched that it
// touches.
func (m *message) keep(u *unit) {
	u.startKeeping(m)
	if !m.hold.CompareAndSwap(notKept, kept) {
		m.hold.Store(kept)
		m.Release()
	}
}

// unkeep takes the message back, if a component keeps it.
func (m *message) unkeep() bool {
	if !m.hold.CompareAndSwap(kept, notKept) {
		return false
	}
	u := m.extra().unit
	m.extra().unit = nil
	u.unlist(m)
	u.keptLess(m.home.section)
	return true
}

// startKeeping notes that the component keeps the message.
func (u *unit) startKeeping(m *message) {
	x := m.more()
	x.unit = u
	u.keepMu.Lock()
	x.keptAt = len(u.keeping)
	u.keeping = append(u.keeping, m)
	u.keepMu.Unlock()
	u.kept.Add(1)
	u.stage.kept.Add(1)
	m.home.section.kept.Add(1)
}

// unlist takes the message off the list of those that the component keeps.
func (u *unit) unlist(m *message) {
	u.keepMu.Lock()
	defer u.keepMu.Unlock()
	end := len(u.keeping) - 1
	last := u.keeping[end]
	u.keeping[m.extra().keptAt] = last
	last.extra().keptAt = m.extra().keptAt
	u.keeping[end] = nil
	u.keeping = u.keeping[:end]
}

// keptLess counts that the component keeps one message less.
func (u *unit) keptLess(of *section) {
	of.kept.Add(-1)
	u.stage.kept.Add(-1)
	if u.kept.Add(-1) == 0 {
		u.w.post(event{kind: keptNone, unit: u})
	}
}
