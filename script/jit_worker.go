package script

import (
	"context"
	"slices"

	"github.com/gopiper/gopiper/component"
	"github.com/gopiper/gopiper/plan"
	"github.com/gopiper/gopiper/script/compile"
	"github.com/gopiper/gopiper/script/luajit"
)

var jitModes = map[compile.Purpose]luajit.Mode{
	compile.Handler:   luajit.Handle,
	compile.Predicate: luajit.Predicate,
	compile.Key:       luajit.Key,
}

// jitWorker hands messages to a function on LuaJIT, one crossing for a batch.
type jitWorker struct {
	jitSeat
	postponed chan component.Message
	reports   []component.Report
}

func newJITWorker(f *Function, at place, postponed chan component.Message) *jitWorker {
	w := &jitWorker{jitSeat: jitSeat{function: f, at: at, counts: true, current: -1}, postponed: postponed}
	w.view.sends = postponed != nil
	w.apply = func(i int, r luajit.Result) { w.reports[w.first+i] = w.finish(i, r) }
	return w
}

// Open evaluates the script for this worker, unless another function at the same
// place has.
func (w *jitWorker) Open(context.Context) error { return w.open() }

// Close gives up the Lua state; the last one at its place frees it.
func (w *jitWorker) Close() error {
	w.close()
	return nil
}

// Handle hands one message to the function.
func (w *jitWorker) Handle(m component.Message, handled component.HandledCallback) {
	w.oneOf[0], w.oneReport[0] = m, component.Report{}
	w.HandleBatch(w.oneOf[:], w.oneReport[:])
	w.oneOf[0] = nil
	handled(w.oneReport[0])
}

// HandleBatch hands messages to the function.
func (w *jitWorker) HandleBatch(messages []component.Message, reports []component.Report) int {
	w.reports = reports
	n, err := w.run(messages)
	if err != nil {
		reports[n] = component.Report{Status: StatusState, Description: err.Error()}
		n++
	}
	w.reports = nil
	return n
}

// finish gives a message what the function has assigned, sends what it has sent,
// and returns the report.
func (w *jitWorker) finish(i int, r luajit.Result) component.Report {
	m := w.messages[i]
	if data, ok := r.Data(); ok {
		setBytes(m, data)
	}
	if r.Plain() && len(w.failures) == 0 && len(w.emitted) == 0 {
		return component.Report{}
	}
	if err := assign(m, r); err != nil {
		return component.Report{Status: StatusError, Description: w.said(err.Error())}
	}
	report, err := w.report(i, r)
	if err != "" {
		return component.Report{Status: StatusReturn, Description: err}
	}
	class := report.Class()
	if failed := w.written(i, class); failed.Status != component.Done {
		return failed
	}
	if class == component.ClassDone || class == component.ClassDrop {
		w.send(i, r)
	}
	return report
}

// said is a text behind the position of the function.
func (s *jitSeat) said(text string) string { return s.function.position().String() + ": " + text }

// written is Done, unless message at of the call goes on and could not be given what
// was written in its JSON.
func (s *jitSeat) written(at int, class component.Class) component.Report {
	if class != component.ClassFail && class != component.ClassDrop {
		for _, f := range s.failures {
			if f.message == at {
				return component.Report{Status: StatusError, Description: s.said(f.err.Error())}
			}
		}
	}
	return component.Report{}
}

// report is the report on message at of the call, or why the function may not return
// what it has.
func (w *jitWorker) report(at int, r luajit.Result) (component.Report, string) {
	switch r.Outcome() {
	case luajit.Status:
		return component.Report{Status: r.Status(), Description: r.Text()}, ""
	case luajit.Raised:
		e := w.function.script.jitError(r.Err())
		report := component.Report{Status: StatusError, Description: e.Error()}
		if slices.Contains(w.limited, at) {
			report.Status = StatusLimit
		}
		return report, ""
	case luajit.Misreturned:
		return component.Report{}, r.Text()
	case luajit.Split:
		report := component.Report{Status: component.Drop}
		if r.Status() == 1 {
			report.Status = component.Done
		}
		for range r.Parts {
			if w.postponed == nil {
				e := Error{Position: w.function.position(), Message: "the function returned messages, which cannot be sent on here"}
				return report, e.Error()
			}
			break
		}
		return report, ""
	}
	return component.Report{}, ""
}

// send sends what was emitted for a message, and what it was split into.
func (w *jitWorker) send(i int, r luajit.Result) {
	m := w.messages[i]
	for k := range w.emitted {
		if w.emitted[k].message == i {
			w.postponed <- w.emitted[k].part.message(m)
		}
	}
	for p := range r.Parts {
		made := w.part(p)
		w.postponed <- made.message(m)
	}
}

// part is one of the messages that a message is split into.
func (s *jitSeat) part(p luajit.Part) part {
	if p.IsCopy {
		return s.snapshots[p.Snapshot]
	}
	made := part{data: string(p.Data), key: p.Key, keyed: p.HasKey, timestamp: p.Timestamp, timed: p.HasTimestamp}
	for _, attribute := range p.Attributes {
		made.attributes = append(made.attributes, attribute[0], attribute[1])
	}
	return made
}

// setBytes copies data into memory of the message, where it has such.
func setBytes(m component.Message, data []byte) {
	if s, ok := m.(component.StandardMessage); ok {
		m.SetData(append(s.Grow(len(data)), data...))
		return
	}
	m.SetData(append([]byte(nil), data...))
}

// assign gives a message what was assigned beside its data.
func assign(m component.Message, r luajit.Result) error {
	key, keyed := r.Key()
	at, timed := r.Timestamp()
	s, ok := m.(component.StandardMessage)
	if !ok {
		if keyed || timed {
			return errDataOnly
		}
		return nil
	}
	if keyed {
		s.SetKey(key)
	}
	if timed {
		s.SetTimestamp(at)
	}
	r.Attributes(func(name, value string, deleted bool) {
		if deleted {
			s.DeleteAttribute(name)
			return
		}
		s.SetAttribute(name, value)
	})
	return nil
}

// jitAsk is a function that decides, or computes keys, on LuaJIT.
type jitAsk struct {
	jitSeat
	outcome luajit.Outcome
	status  int
	text    string
	err     error
}

func newJITAsk(f *Function, at place, readOnly string) *jitAsk {
	a := &jitAsk{jitSeat: jitSeat{function: f, at: at, current: -1}}
	a.view.readOnly = readOnly
	a.apply = func(_ int, r luajit.Result) {
		a.status, a.text, a.err = r.Status(), "", nil
		switch a.outcome = r.Outcome(); a.outcome {
		case luajit.Raised:
			a.err = f.script.jitError(r.Err())
		case luajit.Misreturned:
			a.err = &Error{Position: plan.Position{}, Message: r.Text()}
		default:
			a.text = r.Text()
		}
	}
	return a
}

// ask calls the function with a message.
func (a *jitAsk) ask(m component.Message) error {
	a.oneOf[0] = m
	_, err := a.run(a.oneOf[:])
	a.oneOf[0] = nil
	if err != nil {
		return err
	}
	return a.err
}
