package componenttest

import (
	"fmt"
	"slices"

	"github.com/gopiper/gopiper/component"
)

// batch is what a batch handler gets. Its slices are parts of larger ones, as
// the engine's are: there is a message behind the last one that is none of the
// component's business.
type batch struct {
	d        *driver
	mine     []*message
	messages []component.Message // the same, as they are handed over
	reports  []component.Report
	from     int // those before it have been handled
}

// foreign is a report that the component must not touch: behind the batch, or
// of a message that it has handled.
var foreign = component.Report{Status: -1, Description: "not to be touched"}

// handleBatches hands messages over in batches: the first half of them in small
// ones, the other half at once.
func (d *driver) handleBatches(inputs [][]byte) error {
	half := (len(inputs) + 1) / 2
	for turn, from := 0, 0; from < len(inputs); turn++ {
		to := len(inputs)
		if from < half {
			to = min(half, from+[]int{1, 2, 3, 5}[turn%4])
		}
		if err := d.handBatch(inputs[from:to], from); err != nil {
			return err
		}
		from = to
	}
	d.a.look()
	return nil
}

// handBatch hands one batch over, and again what of it was not handled.
func (d *driver) handBatch(inputs [][]byte, number int) error {
	n := len(inputs)
	b := &batch{d: d, reports: make([]component.Report, n+1)}
	for i, data := range append(slices.Clone(inputs), []byte("behind the batch")) {
		m := d.a.message(data, (number+i)%len(d.s.Messages))
		b.mine, b.messages = append(b.mine, m), append(b.messages, m)
	}
	d.a.messages = d.a.messages[:len(d.a.messages)-1]
	b.reports[n] = foreign
	d.batches = append(d.batches, b)
	for b.from < n {
		if err := b.hand(n); err != nil {
			return err
		}
	}
	for _, b := range d.batches {
		b.look()
	}
	return nil
}

// hand hands over the messages up to one and takes the reports.
func (b *batch) hand(to int) error {
	d, from := b.d, b.from
	for _, m := range b.mine[from:to] {
		m.hand()
	}
	handler := d.worker.(component.BatchHandler)
	n := 0
	text := fmt.Sprintf("HandleBatch of %d messages", to-from)
	if err := d.call(text, func() { n = handler.HandleBatch(b.messages[from:to], b.reports[from:to]) }); err != nil {
		return d.a.broken("batch_count", "%v", err)
	}
	if n < 1 || n > to-from {
		return d.a.broken("batch_count", "%s returned %d", text, n)
	}
	b.look()
	for i := from; i < from+n; i++ {
		m := b.mine[i]
		m.mu.Lock()
		m.finish(b.reports[i], "HandleBatch")
		m.mu.Unlock()
		b.reports[i], b.messages[i] = foreign, nil // as the engine may do now
	}
	b.from += n
	for i := b.from; i < to; i++ {
		b.takeBack(i, fmt.Sprintf("%s returned %d, but ", text, n))
	}
	return nil
}

// takeBack takes back a message that was handed over and not handled: it must
// be as it was.
func (b *batch) takeBack(i int, text string) {
	m := b.mine[i]
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.edits > 0 || m.sent+m.released > 0 {
		b.d.a.note("batch_rest", "%schanged, sent on or released the %s", text, m)
	}
	if b.reports[i] != (component.Report{}) {
		b.d.a.note("batch_rest", "%sset the report on the %s to %q", text, m, b.reports[i])
		b.reports[i] = component.Report{}
	}
	m.state = waiting
}

// look looks at what the component must not set in the slices: any message, and
// reports but those of the messages that it has just handled.
func (b *batch) look() {
	last := len(b.mine) - 1
	for i, m := range b.mine {
		want := component.Message(m)
		if i < b.from {
			want = nil
		}
		if b.messages[i] != want {
			b.d.a.note("batch_slices", "the element of messages for the %s was set", m)
			b.messages[i] = want
		}
		if (i < b.from || i == last) && b.reports[i] != foreign {
			b.d.a.note("batch_slices", "the element of reports for the %s was set to %q, after HandleBatch had returned or behind the batch", m, b.reports[i])
			b.reports[i] = foreign
		}
	}
}
