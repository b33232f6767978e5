package dedupe

import (
	"time"

	"github.com/gopiper/gopiper/component"
)

// batchMost is how many messages are handled together. It bounds how long the
// other workers wait, and what a panic undoes.
const batchMost = 256

// taken is how many keys that do not count any more are taken out of memory for
// each that comes, so that none has to wait for a million of them.
const taken = 4

type worker struct {
	factory *factory
	scratch []byte
	ids     [batchMost]id
	known   [batchMost]bool // which of ids are

	message [1]component.Message // for Handle, as is report
	report  [1]component.Report
}

// Handle implements component.Component.
func (w *worker) Handle(message component.Message, handled component.HandledCallback) {
	w.message[0], w.report[0] = message, component.Report{}
	w.HandleBatch(w.message[:], w.report[:])
	w.message[0] = nil
	handled(w.report[0])
}

// HandleBatch implements component.BatchHandler.
func (w *worker) HandleBatch(messages []component.Message, reports []component.Report) int {
	messages = messages[:min(len(messages), batchMost)]
	for i, m := range messages {
		w.ids[i], w.known[i], reports[i], w.scratch = w.factory.identity.of(m, w.scratch)
	}
	w.factory.sift(messages, w.ids[:len(messages)], w.known[:len(messages)], reports)
	return len(messages)
}

// sift drops the messages whose keys were seen, and remembers the others'. Should
// a call of the state panic, all is undone: the messages come again, and what the
// first time has left behind must not make them look like repetitions.
func (f *factory) sift(messages []component.Message, ids []id, known []bool, reports []component.Report) {
	f.mu.Lock()
	defer f.mu.Unlock()
	first := f.seen.ring.tail
	finished := false
	defer func() {
		if !finished {
			f.seen.undo(first)
		}
	}()
	f.seen.fetch(ids, known)
	now := max(f.clock(), f.now)
	f.news = f.news[:0]
	for i, k := range ids {
		if !known[i] {
			continue
		}
		if f.seen.has(k, now) {
			reports[i].Status = component.Drop
			continue
		}
		s := sighting{k, now}
		if err := f.put(messages[i], s); err != nil {
			reports[i] = component.Report{Status: component.Retry, Description: "remembering the key: " + err.Error()}
			continue
		}
		f.seen.add(s)
		now++ // no two pass at one time, so that their order survives
		f.news = append(f.news, i)
	}
	f.forget(messages, first, now)
	f.now, finished = now, true
}

func (f *factory) put(cause component.Message, s sighting) error {
	if f.state == nil {
		return nil
	}
	return f.state.Put(cause, s.append(f.key[:0]), nil, time.Time{})
}

// forget takes out keys that do not count any more. first is the number of the
// batch's first sighting.
func (f *factory) forget(messages []component.Message, first uint64, now int64) {
	for i := range taken * len(f.news) {
		old, number, ok := f.seen.forget(now)
		if !ok {
			return
		}
		if f.state == nil {
			continue
		}
		// What pushed it out is the cause, so that it is still remembered if that
		// message is not settled. What is over anyway may have any cause.
		cause := f.news[i/taken]
		if pushed := number + f.most - first; pushed < uint64(len(f.news)) {
			cause = f.news[pushed]
		}
		// A key that stays in the state because of an error is found, and deleted,
		// in the next run.
		_ = f.state.Delete(messages[cause], old.append(f.key[:0]))
	}
}
