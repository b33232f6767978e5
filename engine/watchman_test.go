package engine

import (
	"fmt"
	"slices"
	"strconv"
	"testing"

	"github.com/gopiper/gopiper/component"
)

// TestPoison: messages that kill the process are found after three deaths each at
// most, and everything else is delivered.
func TestPoison(t *testing.T) {
	for name, test := range map[string]struct {
		poison   []string
		buffered bool
		deaths   int
	}{
		"source":         {[]string{"23"}, false, 3},
		"buffer":         {[]string{"23"}, true, 3},
		"the first":      {[]string{"0"}, false, 3},
		"two, neighbour": {[]string{"23", "24"}, false, 4},
		"two, far":       {[]string{"3", "45"}, true, 4},
		"none":           {nil, true, 0},
	} {
		t.Run(name, func(t *testing.T) {
			var values map[string][]byte
			sink := &collector{}
			deaths := 0
			for {
				store := newShelf(values, 1)
				var p *Pipeline
				kill := syncStage("kill", func(m component.Message, done component.HandledCallback) {
					if slices.Contains(test.poison, string(m.GetData())) {
						store.crash()
						p.abort()
						return // never calls back
					}
					done(component.Report{})
				})
				stages := []*Stage{(&counting{n: 50, batch: 10}).stage()}
				if test.buffered {
					stages = append(stages, bufferStage("keep"))
				}
				p = newPipeline(t, Config{Name: "test", Store: store, Stages: append(stages, kill, sink.stage())})
				err := p.Run(t.Context())
				values = store.close()
				if err == nil {
					break
				}
				if deaths++; deaths > 10 {
					t.Fatalf("it dies again and again: %v; %s", err, values[string(keyOf(aliveKey, "test"))])
				}
			}
			if deaths != test.deaths {
				t.Errorf("%d deaths, want %d", deaths, test.deaths)
			}
			var caught []string
			for _, q := range quarantined(t, values) {
				if q.Status != StatusPoison {
					t.Errorf("kept %+v", q)
				}
				caught = append(caught, string(q.Data))
			}
			slices.Sort(caught)
			if caught = slices.Compact(caught); !slices.Equal(caught, test.poison) {
				t.Errorf("caught %v, want %v", caught, test.poison)
			}
			for i := range 50 {
				data := strconv.Itoa(i)
				if slices.Contains(sink.got, data) == slices.Contains(test.poison, data) {
					t.Errorf("%s delivered: %v", data, slices.Contains(sink.got, data))
				}
			}
		})
	}
}

// TestDeathsForgotten: what was in flight has gone through, so the deaths mean
// nothing any more.
func TestDeathsForgotten(t *testing.T) {
	values := map[string][]byte{string(keyOf(aliveKey, "test")): []byte(`{"deaths":2}`)}
	store := newShelf(values, 1)
	defer store.close()
	sink := &collector{}
	p := newPipeline(t, Config{Name: "test", Store: store, MaxMessages: 20, BatchMax: 10,
		Stages: []*Stage{(&counting{n: 200, batch: 10}).stage(), sink.stage()}})
	runPipeline(t, p)
	if p.isAlone() || p.watchman.watching.Load() {
		t.Error("it still looks for what ends the process")
	}
	if fmt.Sprint(sink.got) != fmt.Sprint(want(200)) {
		t.Errorf("delivered %v", sink.got)
	}
}

func TestSplitThenKeep(t *testing.T) {
	split := plainStage("split", func(postponed chan component.Message) component.Component {
		return handler(func(m component.Message, done component.HandledCallback) {
			for range 2 {
				postponed <- component.NewMessage(m.GetData(), m)
			}
			done(component.Report{Status: component.Drop})
		})
	})
	sink := &collector{}
	p := newPipeline(t, Config{Name: "test", MaxMessages: 20, Stages: []*Stage{newNumbers(100).stage(), split, keepingStage(1000), sink.stage()}})
	p.config.BatchMax = 10
	runPipeline(t, p)
	if len(sink.got) != 200 {
		t.Errorf("%d delivered, want 200", len(sink.got))
	}
}

// TestPoisonReplayed: a message that kills the process when it is replayed stays in
// quarantine after three deaths.
func TestPoisonReplayed(t *testing.T) {
	var values map[string][]byte
	bad := true
	sink := &collector{}
	deaths := 0
	for run := 0; ; run++ {
		store := newShelf(values, 1)
		var p *Pipeline
		kill := syncStage("kill", func(m component.Message, done component.HandledCallback) {
			switch {
			case run == 0 && slices.Contains([]string{"2", "3"}, string(m.GetData())):
				done(component.Report{Status: 200})
			case bad && string(m.GetData()) == "3":
				store.crash()
				p.abort()
			default:
				done(component.Report{})
			}
		})
		p = newPipeline(t, Config{Name: "test", Store: store, Stages: []*Stage{(&counting{n: 5, batch: 10}).stage(), kill, sink.stage()}})
		err := p.Run(t.Context())
		values = store.close()
		if err != nil {
			if deaths++; deaths > 10 {
				t.Fatalf("it dies again and again: %v", err)
			}
			continue
		}
		if run > 0 {
			break
		}
		if n := mark(t, values); n != 2 {
			t.Fatalf("%d are to be replayed, want 2", n)
		}
	}
	list := quarantined(t, values)
	if deaths != 3 || len(list) != 1 || string(list[0].Data) != "3" || list[0].Replaying {
		t.Errorf("%d deaths, in quarantine %+v; want 3 deaths, and message 3 that is not to be replayed", deaths, list)
	}
	if !slices.Contains(sink.got, "2") {
		t.Errorf("delivered %v: its neighbour is missing", sink.got)
	}
}

// TestTurnInFullBuffer: nothing waits for room in a buffer while a message is alone
// in flight, nor goes on to wait when that begins. The buffer's reader may wait until
// it is settled, so that nobody would make room for it.
func TestTurnInFullBuffer(t *testing.T) {
	store := newShelf(nil, 1)
	defer store.close()
	let := make(chan struct{})
	sink := &collector{}
	holds := syncStage("holds", func(_ component.Message, done component.HandledCallback) {
		<-let
		done(component.Report{})
	})
	keep := bufferStage("keep")
	keep.Buffer.MaxBytes = 1
	p := newPipeline(t, Config{Name: "test", Store: store, BatchMax: 10,
		Stages: []*Stage{(&counting{n: 200, batch: 10}).stage(), keep, holds, sink.stage()}})
	ended := make(chan error, 1)
	go func() { ended <- p.Run(t.Context()) }()
	buffer := p.buffers[0]
	eventually(t, func() bool { return buffer.waiting.Load() > 0 })
	p.watchman.takeTurn()
	eventually(t, func() bool { return buffer.received.Load() == 200 && buffer.waiting.Load() == 0 })
	p.watchman.giveTurn()
	close(let)
	if err := <-ended; err != nil {
		t.Fatal(err)
	}
	if fmt.Sprint(sink.got) != fmt.Sprint(want(200)) {
		t.Errorf("delivered %v", sink.got)
	}
}
