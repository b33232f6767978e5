package control

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/gopiper/gopiper/engine"
)

// How the server waits: it looks now and then, at so many messages at a time; it
// compares what has left the quarantine with what is new there less often, for
// that reads all of it; and a pipeline has ended if that is seen many times in a
// row, for while the scripts are reloaded it has for a moment.
const (
	lookEvery    = 50 * time.Millisecond
	lookAt       = 100
	compareEvery = time.Second
	endedLooks   = 20
)

// replay marks messages and, if that is asked for, waits until each is settled or
// cannot be for now.
func (s *Server) replay(ctx context.Context, asked request, write func(line) error) (int, error) {
	keeper := s.keeper()
	if !asked.Wait {
		return keeper.Replay(ctx, asked.Selection, nil)
	}
	ids, gone, err := keeper.there(ctx, asked.Selection)
	if err != nil || len(ids) == 0 {
		return 0, errors.Join(err, missing(gone))
	}
	w := &waiting{server: s, tell: func(o Outcome) error { return write(line{Outcome: &o}) }}
	if err := w.remember(ids); err != nil {
		return 0, err
	}
	marked, err := keeper.Replay(ctx, Selection{IDs: ids}, nil)
	if err != nil && !errors.Is(err, engine.ErrNotQuarantined) { // others may have removed some
		return marked, err
	}
	return marked, errors.Join(w.wait(ctx), missing(gone))
}

// waiting waits for messages that are replayed.
type waiting struct {
	server   *Server
	tell     func(Outcome) error
	pending  []*awaited // that may be in quarantine
	left     []*awaited // that have left it, and of which it is not known how
	next     int        // where it looks next
	newest   uint64     // the last number before the replay
	compared time.Time
	ended    map[string]int // how often in a row a pipeline was seen to have ended
}

// awaited is what is known of a message that is replayed.
type awaited struct {
	id              uint64
	pipeline, stage string
}

// remember notes the messages as they are now.
func (w *waiting) remember(ids []uint64) error {
	wanted := make(map[uint64]bool, len(ids))
	for _, id := range ids {
		wanted[id] = true
	}
	return w.server.process.Quarantine().List(func(q engine.Quarantined) bool {
		if w.newest = q.ID; wanted[q.ID] {
			w.pending = append(w.pending, &awaited{q.ID, q.Pipeline, q.Stage})
		}
		return true
	})
}

// wait waits until nothing is pending, ctx is cancelled or the process ends.
func (w *waiting) wait(ctx context.Context) error {
	w.compared, w.ended = time.Now(), map[string]int{}
	ticker := time.NewTicker(lookEvery)
	defer ticker.Stop()
	for {
		if err := w.look(); err != nil {
			return err
		}
		if len(w.pending) == 0 || time.Since(w.compared) > compareEvery {
			if err := w.compare(); err != nil {
				return err
			}
		}
		if len(w.pending) == 0 {
			return nil
		}
		select {
		case <-ticker.C:
		case <-ctx.Done():
			return ctx.Err()
		case <-w.server.closing:
			return w.over()
		}
	}
}

// look finds out which messages have left the quarantine, and which cannot for
// now.
func (w *waiting) look() error {
	obstacle := w.obstacles()
	quarantine := w.server.process.Quarantine()
	n := min(lookAt, len(w.pending))
	for range n {
		w.next %= len(w.pending)
		m := w.pending[w.next]
		_, err := quarantine.Get(m.id)
		reason := obstacle(m)
		switch {
		case errors.Is(err, engine.ErrNotQuarantined):
			w.left = append(w.left, m)
		case err != nil:
			reason = err.Error()
			fallthrough
		case reason != "":
			if err := w.tell(Outcome{ID: m.id, Result: Waits, Reason: reason}); err != nil {
				return err
			}
		default:
			w.next++
			continue
		}
		w.pending = slices.Delete(w.pending, w.next, w.next+1)
	}
	return nil
}

// obstacles returns a function that says why a message does not enter its stage.
func (w *waiting) obstacles() func(*awaited) string {
	running := map[string]engine.Stats{}
	for _, p := range w.server.process.Pipelines() {
		running[p.Pipeline] = p
		if p.State == "ended" || p.State == "failed" {
			w.ended[p.Pipeline]++
		} else {
			w.ended[p.Pipeline] = 0
		}
	}
	return func(m *awaited) string {
		p, ok := running[m.pipeline]
		switch {
		case !ok:
			return fmt.Sprintf("the pipeline %s does not run in this process", m.pipeline)
		case w.ended[m.pipeline] >= endedLooks:
			return fmt.Sprintf("the pipeline %s has ended", m.pipeline)
		case !slices.ContainsFunc(p.Stages, func(s engine.StageStats) bool { return s.Stage == m.stage }):
			return fmt.Sprintf("the pipeline %s has no stage %s any more", m.pipeline, m.stage)
		}
		return ""
	}
}

// compare tells of those that have left the quarantine whether they have come back.
func (w *waiting) compare() error {
	w.compared = time.Now()
	if len(w.left) == 0 {
		return nil
	}
	back := map[uint64]engine.Quarantined{}
	err := w.server.process.Quarantine().List(func(q engine.Quarantined) bool {
		if q.ID > w.newest {
			back[q.ReplayOf] = engine.Quarantined{ID: q.ID, Status: q.Status, Description: q.Description}
		}
		return true
	})
	if err != nil {
		return err
	}
	for _, m := range w.left {
		o := Outcome{ID: m.id, Result: Settled}
		if again, ok := back[m.id]; ok {
			o = Outcome{ID: m.id, Result: FailedAgain, Again: again.ID, Reason: fmt.Sprintf("%d %s", again.Status, again.Description)}
		}
		if err := w.tell(o); err != nil {
			return err
		}
	}
	w.left = nil
	return nil
}

// over tells of everything that is left when the process ends.
func (w *waiting) over() error {
	w.next = 0
	for i := 0; i <= len(w.pending)/lookAt; i++ {
		if err := w.look(); err != nil {
			return err
		}
	}
	for _, m := range w.pending {
		if err := w.tell(Outcome{ID: m.id, Result: Waits, Reason: "the process has ended"}); err != nil {
			return err
		}
	}
	w.pending = nil
	return w.compare()
}
