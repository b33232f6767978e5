package engine

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"slices"
	"strings"
	"time"

	"github.com/gopiper/gopiper/component"
)

// badCount is what a batch handler's wrong count panics with.
type badCount struct{ got, of int }

func (b badCount) Error() string {
	return fmt.Sprintf("HandleBatch returned %d for %d messages; it must be 1 or more and at most that", b.got, b.of)
}

// panicReport is the report on a panic, with the stack up to the engine.
func panicReport(reason any) *component.Report {
	if err, ok := reason.(error); ok && errors.As(err, &badCount{}) {
		return &component.Report{Status: component.Retry, Description: err.Error()}
	}
	stack := string(debug.Stack())
	if i := strings.Index(stack, "panic("); i >= 0 {
		stack = stack[i:]
	}
	if i := strings.Index(stack, "engine.(*unit)"); i >= 0 {
		stack = stack[:i]
	}
	const most = 2000
	if len(stack) > most {
		stack = stack[:most] + "…"
	}
	return &component.Report{Status: component.Retry, Description: fmt.Sprintf("panic: %v\n%s", reason, strings.TrimSpace(stack))}
}

// panicked sees to a panic in the component: a new one takes its place, and the
// message is retried. A batch is handed over again one message at a time.
func (u *unit) panicked(h *hands, live []component.Message, from, to int, reason any) (n int, dirty bool) {
	report := panicReport(reason)
	u.counts.panics++
	at := u.at
	if h != nil {
		if c := h.current.Load(); c != nil && !c.leave() && c.claim.Load() == 2 {
			return 0, false // it panicked after it was given up
		}
	}
	reported, known := u.reportedBeforePanic()
	u.orphan(live)
	u.replace()
	if at < 0 { // in HandleBatch
		clear(u.reports[from:to])
		u.alone = true
		defer func() { u.alone = false }()
		for n < to-from && !u.stop {
			k, _ := u.attempt(h, live, from+n, to)
			n += k
		}
		return n, true
	}
	m := live[at].(*message)
	if known { // the first report counts
		u.report(live, at, reported)
		return at + 1 - from, true
	}
	u.prepare(m).panics++
	u.report(live, at, *report)
	return at + 1 - from, true
}

// orphan lets the messages of this batch that the component has kept, and not
// sent on, be handled again: it will not send them now.
func (u *unit) orphan(live []component.Message) {
	if u.sentAny() {
		u.collect(max(u.at, 0), live)
	}
	for i := range max(u.at, 0) {
		if u.reports[i].Status != component.Continue {
			continue
		}
		m := live[i].(*message)
		if slices.ContainsFunc(u.emissions, func(e emission) bool { return e.m == m }) {
			continue
		}
		u.orphans = append(u.orphans, i)
		u.reports[i] = component.Report{Status: component.Retry, Description: "the worker that kept it was replaced"}
	}
}

// reportedBeforePanic is the report that the component had made on the message
// when it panicked; what it reports from now on has no effect.
func (u *unit) reportedBeforePanic() (component.Report, bool) {
	if c := u.current; c != nil {
		u.current = nil
		if c.state.CompareAndSwap(armed, abandoned) {
			return component.Report{}, false
		}
		return c.result(), true
	}
	if u.at >= 0 && (u.cell.calls > 0 || u.cell.bad) {
		return u.cell.result(), true
	}
	return component.Report{}, false
}

// prepare makes the counts of attempts those of this unit.
func (u *unit) prepare(m *message) *extra {
	x := m.more()
	if x.unit != u {
		x.attempts, x.panics, x.timeouts, x.retrying = 0, 0, 0, 0
		x.unit = u
	}
	return x
}

// replace makes a new component for the unit. What the old one keeps is handed
// over again; what it still sends is discarded.
func (u *unit) replace() {
	old, channel := u.instance, u.postponed
	p := u.w.p
	u.restart()
	u.helper.Store(nil)
	u.make()
	p.created(u.stage, u.instance)
	if opener, ok := u.component.(component.Opener); ok {
		if err := opener.Open(u.stage.context(p.hardContext)); err != nil {
			p.failWith(fmt.Errorf("%s: opening a new worker: %w", u.stage.config.Name, err))
		}
	}
	closed := make(chan struct{})
	go func() {
		defer close(closed)
		p.closeComponent(u.stage, old)
	}()
	if channel != nil && u.stage.emits {
		go discard(channel, closed, p.hardContext)
	}
	u.keepMu.Lock()
	var again []component.Message
	for _, m := range u.keeping {
		again = append(again, m)
	}
	u.keepMu.Unlock()
	var lost []component.Message
	for _, c := range again {
		if m := c.(*message); m.unkeep() {
			lost = append(lost, m.renew())
		}
	}
	if len(lost) > 0 {
		u.waiting = append(u.waiting, newBatch(lost, 0, false))
		u.w.post(event{kind: gateOpened, unit: u})
	}
}

// restart counts that the component is replaced, and pauses the unit if that does
// not help: a component that cannot do its work must not burn the processor.
func (u *unit) restart() {
	u.recovered()
	u.doneThen = u.counts.done
	n := u.restarts.Add(1)
	if n <= restartsFree {
		return
	}
	pause := restartMax
	if shift := n - restartsFree - 1; shift < 10 {
		pause = min(pause, restartFirst<<shift)
	}
	u.blocked++
	time.AfterFunc(pause, func() { u.w.post(event{kind: flushDue, unit: u}) })
}

// recovered notes that the component does its work again.
func (u *unit) recovered() {
	if u.restarts.Load() > 0 && u.counts.done > u.doneThen {
		u.restarts.Store(0)
	}
}

// The pauses before a component is used that was made in place of another: none
// for the first ones, then from restartFirst, doubling, to restartMax. After
// restartsWedged in a row the component counts as wedged.
const (
	restartsFree   = 2
	restartFirst   = time.Millisecond
	restartMax     = time.Second
	restartsWedged = 10
)

// wedged counts workers that are stuck in their component, or whose component was
// replaced again and again.
func (s *stage) wedged() (n int64) {
	now := monotonic()
	for _, u := range s.units {
		since := u.inside.Load()
		stuck := since != 0 && u.hands.Load() == nil && now-since > int64(s.timeout)
		if stuck || u.restarts.Load() > restartsWedged {
			n++
		}
	}
	return n
}

// discardQuiet is how long a component that was replaced, and is closed, must have
// sent nothing.
const discardQuiet = 50 * time.Millisecond

// discard takes what an abandoned component sends, until it is closed and quiet, or
// the run is over.
func discard(channel chan component.Message, closed <-chan struct{}, ctx context.Context) {
	var quiet <-chan time.Time
	for {
		select {
		case _, ok := <-channel:
			if !ok {
				return
			}
			if quiet != nil {
				quiet = time.After(discardQuiet)
			}
		case <-closed:
			closed, quiet = nil, time.After(discardQuiet)
		case <-quiet:
			return
		case <-ctx.Done():
			return
		}
	}
}

// make creates the unit's component.
func (u *unit) make() {
	s := u.stage
	u.postponed = make(chan component.Message, postponedLength)
	if s.config.Create != nil {
		u.component = s.config.Create(Place{Segment: u.w.seg.id, Worker: u.w.index}, u.postponed)
	} else {
		u.component = s.config.Factory.Create(u.postponed)
	}
	u.instance = &instance{component: u.component}
	channel := u.postponed
	u.channel.Store(&channel)
	u.batches, u.flusher = nil, nil
	d := s.config.Declaration
	if d == nil || d.Interfaces&component.IsBatchHandler != 0 {
		u.batches, _ = u.component.(component.BatchHandler)
	}
	if d == nil || d.Interfaces&component.IsFlusher != 0 {
		u.flusher, _ = u.component.(component.Flusher)
	}
	u.newCell()
	u.handed = !s.sync
}

// postponedLength is how many messages a component may send before somebody
// must take them.
const postponedLength = 256

// expire sees to late calls whose time is over: the component is replaced and
// their messages are handled again, as new objects, for the old component may
// still touch the old ones.
func (u *unit) expire(now int64) {
	var over []*call
	for _, c := range u.calls {
		if c.deadline < now && c.state.CompareAndSwap(late, abandoned) {
			over = append(over, c)
		}
	}
	if len(over) == 0 {
		return
	}
	u.replace()
	for _, c := range over {
		u.counts.timeouts++
		m := c.m.renew()
		u.prepare(m).timeouts++
		u.answered(c, m, component.Report{Status: component.Retry,
			Description: fmt.Sprintf("no callback within %v", u.stage.timeout)})
	}
}

// renew returns a new object for a message whose component was replaced: the old
// component may still touch the old one, whose memory is never reused.
func (m *message) renew() *message {
	m.restore()
	m.home.leaked.Store(true)
	next := &message{data: m.data, home: m.home, meta: m.meta,
		index: m.index, unterminated: m.unterminated, rank: m.rank}
	next.x.Store(m.extra())
	return next
}

// trouble is that a stage tries the same again and again.
type trouble struct {
	since int64 // monotonic
	why   component.Report
}

// troubled notes that the stage tries again, and why, since the first time in a row.
func (s *stage) troubled(since int64, why component.Report) {
	if t := s.trouble.Load(); t != nil {
		since = min(since, t.since)
	}
	s.trouble.Store(&trouble{since: since, why: why})
}

// troublesome is how long a stage tries again before the pipeline is not ready.
const troublesome = 3 * time.Second

// watchStall counts and logs messages that have been retrying for a minute.
func (u *unit) watchStall(m *message) {
	x := m.extra()
	if monotonic()-x.retrying > int64(troublesome) {
		u.stage.troubled(x.retrying, x.status)
	}
	if !x.stalled && monotonic()-x.retrying > int64(time.Minute) {
		x.stalled = true
		u.stage.stalled.Add(1)
	}
	if x.stalled && monotonic()-u.stage.complained.Load() > int64(time.Minute) {
		u.stage.complained.Store(monotonic())
		u.w.p.logger.Warn("a message has been retrying for more than a minute", "stage", u.stage.config.Name,
			"attempts", x.attempts, "code", x.status.Status, "description", x.status.Description)
	}
}
