package componenttest

import (
	"bytes"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"

	"github.com/gopiper/gopiper/component"
)

// account is what is known of a drive: what was handed over, what came of it,
// and which rules were broken. Only the driver's goroutine uses it, but for
// what is said to be shared.
type account struct {
	s        *subject
	messages []*message
	lines    []*line // what came on postponed, in order
	made     []component.Message
	emitted  []output // what a source originated
	written  []byte   // what a sink delivered
	err      error    // why the drive could not go on
	loose    bool     // something was made of none, or of several

	mu      sync.Mutex // for what is shared with the component's goroutines
	notes   map[string][]string
	gave    []gave
	changed chan struct{} // something may have come that is waited for
}

// line is one message that came on postponed. Its output is not known before
// the Continue of a message that is sent on has come.
type line struct{ output output }

// result is what handling one message came to, as far as it can be seen.
type result struct {
	report component.Report
	done   *output // as it went on, if Done
}

// output is a message as it goes on.
type output struct {
	data, meta string
	failed     bool // at the source already
}

func (o output) String() string { return short(o.data) }

// gave is a slice that the component has given away.
type gave struct {
	slice []byte
	copy  []byte
	by    string
}

func newAccount(s *subject) *account {
	return &account{s: s, notes: map[string][]string{}, changed: make(chan struct{}, 1)}
}

// note notes a breach of the rule that the check is for. It may be called from
// any goroutine.
func (a *account) note(check, format string, args ...any) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.notes[check] = append(a.notes[check], fmt.Sprintf(format, args...))
}

func (a *account) notesOf(check string) []string {
	a.mu.Lock()
	defer a.mu.Unlock()
	return slices.Clone(a.notes[check])
}

func (a *account) allNotes() []string {
	a.mu.Lock()
	defer a.mu.Unlock()
	var all []string
	for _, check := range slices.Sorted(maps.Keys(a.notes)) {
		all = append(all, a.notes[check]...)
	}
	return all
}

// broken is a breach that ends the drive.
func (a *account) broken(check, format string, args ...any) error {
	a.note(check, format, args...)
	a.err = fmt.Errorf(format, args...)
	return a.err
}

// wake tells the driver to look again. It may be called from any goroutine.
func (a *account) wake() {
	select {
	case a.changed <- struct{}{}:
	default:
	}
}

// give notes a slice that the component has given to a message. It may be
// called from any goroutine.
func (a *account) give(slice []byte, by string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, g := range a.gave {
		if overlap(g.slice, slice) {
			a.notes["given_data"] = append(a.notes["given_data"], fmt.Sprintf("%s and %s were given the same memory", g.by, by))
			return
		}
	}
	a.gave = append(a.gave, gave{slice, bytes.Clone(slice), by})
}

// look looks for changes of what must not change any more.
func (a *account) look() {
	for _, m := range a.messages {
		m.lookLater()
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	for i, g := range a.gave {
		if !bytes.Equal(g.slice, g.copy) {
			a.notes["given_data"] = append(a.notes["given_data"], fmt.Sprintf(
				"%s: the data that it was given, %s, was later changed to %s", g.by, short(g.copy), short(g.slice)))
			copy(a.gave[i].copy, g.slice)
		}
	}
}

// ordered tells that what goes on takes the place of what it was made of: nothing
// is kept for later, and nothing is made of several or of none.
func (a *account) ordered() bool {
	return !a.loose && !slices.ContainsFunc(a.messages, func(m *message) bool { return m.result.report.Class() == component.ClassContinue })
}

// stream is what went on, in total order if that is defined.
func (a *account) stream() []output {
	var out []output
	ordered := a.ordered()
	if !ordered {
		for _, l := range a.lines {
			out = append(out, l.output)
		}
	}
	for _, m := range a.messages {
		if ordered {
			out = append(out, m.madeOutput...)
		}
		if m.result.done != nil {
			out = append(out, *m.result.done)
		}
	}
	return out
}

func (t meta) text() string {
	var b strings.Builder
	fmt.Fprintf(&b, "key %q, timestamp %d", t.key, t.timestamp)
	for _, name := range slices.Sorted(maps.Keys(t.attributes)) {
		fmt.Fprintf(&b, ", %s=%q", name, t.attributes[name])
	}
	return b.String()
}

// metaText is that of any message.
func metaText(m component.Message) string {
	s, ok := m.(component.StandardMessage)
	if !ok {
		return meta{}.text()
	}
	t := meta{s.Key(), s.Timestamp(), map[string]string{}}
	for name, value := range s.Attributes {
		t.attributes[name] = value
	}
	return t.text()
}

// differ tells how the outputs of two ways to handle the same messages differ,
// "" if they do not. Unless they are in order, they are compared sorted.
func differ(got, want []output, ordered bool) string {
	if !ordered {
		got, want = sorted(got), sorted(want)
	}
	for i := range min(len(got), len(want)) {
		switch {
		case got[i].data != want[i].data:
			return fmt.Sprintf("output %d is %v, not %v", i+1, got[i], want[i])
		case got[i].meta != want[i].meta:
			return fmt.Sprintf("output %d, %v, has %s, not %s", i+1, got[i], got[i].meta, want[i].meta)
		}
	}
	if len(got) != len(want) {
		return fmt.Sprintf("%d messages went on, not %d", len(got), len(want))
	}
	return ""
}

func sorted(list []output) []output {
	list = slices.Clone(list)
	slices.SortFunc(list, func(a, b output) int { return strings.Compare(a.data+"\x00"+a.meta, b.data+"\x00"+b.meta) })
	return list
}

// differ tells how two results differ, "" if they do not.
func (r result) differ(want result) string {
	switch {
	case r.report != want.report:
		return fmt.Sprintf("the report is %q, not %q", r.report, want.report)
	case r.done != nil && r.done.data != want.done.data:
		return fmt.Sprintf("it goes on as %v, not %v", *r.done, *want.done)
	case r.done != nil && r.done.meta != want.done.meta:
		return fmt.Sprintf("it goes on with %s, not %s", r.done.meta, want.done.meta)
	}
	return ""
}

// compare reports how an account differs from another one of the same messages.
func (r *reporter) compare(how string, got, want *account) {
	r.need(got.err)
	r.need(want.err)
	for i, m := range got.messages[:min(len(got.messages), len(want.messages))] {
		if d := m.result.differ(want.messages[i].result); d != "" {
			r.fail("%v: %s %s", m, how, d)
		}
	}
	if d := differ(got.stream(), want.stream(), true); d != "" {
		r.fail("%s %s", how, d)
	}
	if !bytes.Equal(got.written, want.written) {
		r.fail("%s %s was delivered, not %s", how, short(got.written), short(want.written))
	}
}
