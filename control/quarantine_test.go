package control

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gopiper/gopiper/component"
	"github.com/gopiper/gopiper/engine"
	"github.com/gopiper/gopiper/store"
)

// keepers are the ways to a quarantine: at hand, and through a socket.
func keepers(t *testing.T, q *engine.Quarantine, pipelines func() []engine.Stats) map[string]Keeper {
	t.Helper()
	dir := t.TempDir()
	serve(t, dir, Process{Pipelines: pipelines, Quarantine: func() *engine.Quarantine { return q }})
	client, err := Dial(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	return map[string]Keeper{"local": Local(q), "client": client}
}

func none() []engine.Stats { return nil }

// ids lists the numbers of what is selected.
func ids(t *testing.T, k Keeper, s Selection) (list []uint64, err error) {
	t.Helper()
	err = k.List(t.Context(), s, func(e Entry) error {
		list = append(list, e.ID)
		return nil
	})
	return list, err
}

func TestSelection(t *testing.T) {
	_, q := filled(t)
	third, err := q.Get(3)
	if err != nil {
		t.Fatal(err)
	}
	for name, k := range keepers(t, q, none) {
		for _, test := range []struct {
			selection Selection
			want      []uint64
		}{
			{Selection{}, []uint64{1, 2, 3, 4, 5}},
			{Selection{IDs: []uint64{4, 2, 4}}, []uint64{2, 4}},
			{Selection{Pipeline: "second"}, []uint64{5}},
			{Selection{Stage: "check"}, []uint64{1, 2, 3, 4, 5}},
			{Selection{Stage: "origin"}, nil},
			{Selection{Statuses: []int{200}}, []uint64{2, 4}},
			{Selection{Statuses: []int{200, 201}, Pipeline: "first"}, []uint64{1, 2, 3, 4}},
			{Selection{IDs: []uint64{1, 2, 5}, Statuses: []int{201}}, []uint64{1, 5}},
			{Selection{Before: third.Time}, nil},
			{Selection{After: third.Time, Pipeline: "first"}, []uint64{1, 2, 3, 4}}, // they failed together
			{Selection{After: time.Now().Add(time.Hour)}, nil},
		} {
			got, err := ids(t, k, test.selection)
			if err != nil || !slices.Equal(got, test.want) {
				t.Errorf("%s: %+v: %v, %v", name, test.selection, got, err)
			}
		}
	}
}

func TestList(t *testing.T) {
	_, q := filled(t)
	for name, k := range keepers(t, q, none) {
		for _, without := range []bool{false, true} {
			err := k.List(t.Context(), Selection{IDs: []uint64{2}, WithoutData: without}, func(e Entry) error {
				want := "message 2"
				if without {
					want = ""
				}
				if string(e.Data) != want || e.Size != 9 || e.Description != "not good" || e.Pipeline != "first" || e.Time.IsZero() {
					t.Errorf("%s: %+v", name, e)
				}
				return nil
			})
			if err != nil {
				t.Errorf("%s: %v", name, err)
			}
		}
		enough := errors.New("enough")
		count := 0
		if err := k.List(t.Context(), Selection{}, func(Entry) error { count++; return enough }); !errors.Is(err, enough) || count != 1 {
			t.Errorf("%s: %d, %v", name, count, err)
		}
		cancelled, cancel := context.WithCancel(t.Context())
		cancel()
		if err := k.List(cancelled, Selection{}, func(Entry) error { return nil }); !errors.Is(err, context.Canceled) {
			t.Errorf("%s: %v", name, err)
		}
		list, err := ids(t, k, Selection{IDs: []uint64{9, 1, 8}})
		if !slices.Equal(list, []uint64{1}) || !errors.Is(err, engine.ErrNotQuarantined) || err.Error() != "messages 8, 9 are not in quarantine" {
			t.Errorf("%s: %v, %v", name, list, err)
		}
	}
}

func TestRemove(t *testing.T) {
	for _, name := range []string{"local", "client"} {
		_, q := filled(t)
		k := keepers(t, q, none)[name]
		if n, err := k.Remove(t.Context(), Selection{Statuses: []int{201}, Pipeline: "first"}); n != 2 || err != nil {
			t.Errorf("%s: %d, %v", name, n, err)
		}
		if n, err := k.Remove(t.Context(), Selection{IDs: []uint64{1, 2}}); n != 1 || err == nil || err.Error() != "message 1 is not in quarantine" {
			t.Errorf("%s: %d, %v", name, n, err)
		}
		if n, err := k.Remove(t.Context(), Selection{}); n != 2 || err != nil {
			t.Errorf("%s: %d, %v", name, n, err)
		}
		if list, err := ids(t, k, Selection{}); list != nil || err != nil {
			t.Errorf("%s: %v, %v", name, list, err)
		}
	}
}

// damage makes nonsense of a message in a store.
func damage(t *testing.T, s *store.Store, id byte) {
	t.Helper()
	var damaged []byte
	err := s.Scan([]byte("q"), []byte("r"), func(key, _ []byte) bool {
		if key[len(key)-1] == id {
			damaged = bytes.Clone(key)
		}
		return true
	})
	if err != nil || damaged == nil {
		t.Fatal(damaged, err)
	}
	done := make(chan struct{})
	s.Update(false, func(tx store.Tx) { tx.Put(damaged, []byte("nonsense")) }, func() { close(done) })
	<-done
}

// A message that is damaged can be removed by its number.
func TestDamaged(t *testing.T) {
	for _, name := range []string{"local", "client"} {
		m, q := filled(t)
		damage(t, m, 2)
		k := keepers(t, q, none)[name]
		if _, err := ids(t, k, Selection{}); err == nil || !strings.Contains(err.Error(), "message 2 in quarantine is damaged") {
			t.Errorf("%s: %v", name, err)
		}
		if n, err := k.Remove(t.Context(), Selection{IDs: []uint64{2}}); n != 1 || err != nil {
			t.Errorf("%s: %d, %v", name, n, err)
		}
		if list, err := ids(t, k, Selection{}); !slices.Equal(list, []uint64{1, 3, 4, 5}) || err != nil {
			t.Errorf("%s: %v, %v", name, list, err)
		}
	}
}

// replays runs a pipeline first, which lets through what is not message 2, and
// returns its counters.
func replays(t *testing.T, m *store.Store, q *engine.Quarantine) func() []engine.Stats {
	t.Helper()
	p := pipeline(t, "first", m, q, stage{messages: 1, open: true}, func(m component.Message) component.Report {
		if string(m.GetData()) == "message 2" {
			return component.Report{Status: 222, Description: "still not good"}
		}
		return component.Report{}
	})
	ctx, stop := context.WithCancel(t.Context())
	var running sync.WaitGroup
	running.Go(func() {
		if err := p.Run(ctx); err != nil {
			t.Error(err)
		}
	})
	t.Cleanup(func() { stop(); running.Wait() })
	return func() []engine.Stats { return []engine.Stats{p.Stats()} }
}

func TestReplay(t *testing.T) {
	m, q := filled(t)
	k := keepers(t, q, replays(t, m, q))["client"]
	var got []string
	tell := func(o Outcome) { got = append(got, fmt.Sprintf("%d %s %d %s", o.ID, o.Result, o.Again, o.Reason)) }
	n, err := k.Replay(t.Context(), Selection{}, tell)
	if n != 5 || err != nil {
		t.Errorf("%d, %v", n, err)
	}
	slices.Sort(got)
	want := []string{
		"1 settled 0 ", "2 failed again 6 222 still not good", "3 settled 0 ", "4 settled 0 ",
		"5 waits 0 the pipeline second does not run in this process",
	}
	if !slices.Equal(got, want) {
		t.Errorf("%q", got)
	}
	if list, err := ids(t, k, Selection{}); !slices.Equal(list, []uint64{5, 6}) || err != nil {
		t.Errorf("%v, %v", list, err)
	}
	if n, err := k.Replay(t.Context(), Selection{IDs: []uint64{1, 2}}, tell); n != 0 || err == nil || err.Error() != "messages 1, 2 are not in quarantine" {
		t.Errorf("%d, %v", n, err)
	}
	if n, err := k.Replay(t.Context(), Selection{Pipeline: "third"}, tell); n != 0 || err != nil {
		t.Errorf("%d, %v", n, err)
	}
}

// Who does not wait is told how many were marked, and so is who has no process.
func TestReplayWithoutWaiting(t *testing.T) {
	for _, name := range []string{"local", "client"} {
		_, q := filled(t)
		k := keepers(t, q, none)[name]
		if n, err := k.Replay(t.Context(), Selection{Pipeline: "first"}, nil); n != 4 || err != nil {
			t.Errorf("%s: %d, %v", name, n, err)
		}
		if e, err := q.Get(1); !e.Replaying || err != nil {
			t.Errorf("%s: %+v, %v", name, e, err)
		}
		if e, err := q.Get(5); e.Replaying || err != nil {
			t.Errorf("%s: %+v, %v", name, e, err)
		}
	}
}

// idle is a pipeline that does nothing with what is replayed.
func idle(state string) func() []engine.Stats {
	return func() []engine.Stats {
		return []engine.Stats{{Pipeline: "first", State: state, Stages: []engine.StageStats{{Stage: "check"}}}}
	}
}

// Who waits for messages of a pipeline that has ended is told.
func TestReplayInAPipelineThatHasEnded(t *testing.T) {
	_, q := filled(t)
	k := keepers(t, q, idle("ended"))["client"]
	var got []Outcome
	n, err := k.Replay(t.Context(), Selection{IDs: []uint64{1}}, func(o Outcome) { got = append(got, o) })
	if n != 1 || err != nil || len(got) != 1 || got[0] != (Outcome{ID: 1, Result: Waits, Reason: "the pipeline first has ended"}) {
		t.Errorf("%d, %v, %+v", n, err, got)
	}
}

// Who waits when the process ends is told, at once.
func TestCloseWhileSomebodyWaits(t *testing.T) {
	_, q := filled(t)
	dir := t.TempDir()
	looked := make(chan struct{}, 1)
	s, err := Listen(dir, Process{Quarantine: func() *engine.Quarantine { return q }, Pipelines: func() []engine.Stats {
		select {
		case looked <- struct{}{}:
		default:
		}
		return idle("draining")()
	}})
	if err != nil {
		t.Fatal(err)
	}
	k, err := Dial(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	<-looked // by Dial
	var got []Outcome
	done := make(chan error)
	go func() {
		_, err := k.Replay(t.Context(), Selection{Pipeline: "first"}, func(o Outcome) { got = append(got, o) })
		done <- err
	}()
	<-looked
	if n, err := q.Remove(3); n != 1 || err != nil { // as if it were settled
		t.Fatal(n, err)
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
	if err := <-done; err != nil {
		t.Error(err)
	}
	slices.SortFunc(got, func(a, b Outcome) int { return int(a.ID) - int(b.ID) })
	const ended = "the process has ended"
	want := []Outcome{{ID: 1, Result: Waits, Reason: ended}, {ID: 2, Result: Waits, Reason: ended}, {ID: 3, Result: Settled}, {ID: 4, Result: Waits, Reason: ended}}
	if !slices.Equal(got, want) {
		t.Errorf("%+v", got)
	}
}

// A process answers so many at a time.
func TestTooMany(t *testing.T) {
	const tooMany = "16 commands talk to the process already; try again"
	_, q := filled(t)
	dir := t.TempDir()
	serve(t, dir, Process{Quarantine: func() *engine.Quarantine { return q }, Pipelines: idle("running")})
	k, err := Dial(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	var waiting sync.WaitGroup
	for range requestsMax {
		waiting.Go(func() {
			for ctx.Err() == nil { // what asks for the status may have had the last place
				_, err := k.Replay(ctx, Selection{IDs: []uint64{1}}, func(Outcome) {})
				if !errors.Is(err, context.Canceled) && err.Error() != tooMany {
					t.Error(err)
				}
			}
		})
	}
	for refused := 0; refused < 100; { // in a row: all places are taken by those that stay
		_, err := k.Status(t.Context())
		if refused++; err == nil {
			refused = 0
		} else if err.Error() != tooMany {
			t.Fatal(err)
		}
	}
	cancel()
	waiting.Wait()
	for { // they have gone once the server has seen it
		if _, err := k.Status(t.Context()); err == nil {
			break
		}
	}
}

// What is no request is refused.
func TestNonsense(t *testing.T) {
	_, q := filled(t)
	dir := t.TempDir()
	serve(t, dir, Process{Quarantine: func() *engine.Quarantine { return q }, Pipelines: none})
	k, err := Dial(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct{ method, path, body, want string }{
		{"POST", "/quarantine/list", "", "the request makes no sense: EOF"},
		{"POST", "/quarantine/list", `{"selection":{"stages":"x"}}`, `the request makes no sense: json: unknown field "stages"`},
		{"POST", "/quarantine/remove", `{"selection":{"ids":[` + strings.Repeat("1,", requestBytes/2) + `1]}}`, "the request makes no sense: http: request body too large"},
		{"POST", "/nothing", "{}", "the process that runs the pipelines does not know this command: it is of another version of gopiper"},
		{"GET", "/quarantine/remove", "", "Method Not Allowed"},
	} {
		body, err := k.ask(t.Context(), test.method, test.path, []byte(test.body))
		if err == nil {
			body.Close()
		}
		if err == nil || err.Error() != test.want {
			t.Errorf("%s %s: %v", test.method, test.path, err)
		}
	}
	if list, err := ids(t, k, Selection{}); len(list) != 5 || err != nil {
		t.Errorf("%v, %v", list, err)
	}
}

// An answer without an end was cut short.
func TestCutShort(t *testing.T) {
	for _, body := range []string{"", `{"entry":{"id":1}}` + "\n", `{"entry":{"id":1}}` + "\n" + `{"ent`} {
		c := &Client{&http.Client{Transport: answered(body)}}
		count := 0
		err := c.List(t.Context(), Selection{}, func(Entry) error { count++; return nil })
		if err == nil || !strings.Contains(err.Error(), "was cut short") || count != min(1, len(body)) {
			t.Errorf("%q: %d, %v", body, count, err)
		}
	}
	c := &Client{&http.Client{Transport: answered(`{"end":{"count":3,"error":"the disk is full"}}`)}}
	if n, err := c.Remove(t.Context(), Selection{}); n != 3 || err == nil || err.Error() != "the disk is full" {
		t.Errorf("%d, %v", n, err)
	}
}

// answered is a transport that always gives the same answer.
type answered string

func (a answered) RoundTrip(*http.Request) (*http.Response, error) {
	return &http.Response{StatusCode: 200, Body: io.NopCloser(bytes.NewReader([]byte(a)))}, nil
}
