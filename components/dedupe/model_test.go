package dedupe_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/gopiper/gopiper/component"
	"github.com/gopiper/gopiper/components/dedupe"
	"github.com/gopiper/gopiper/components/internal/fake"
	"pgregory.net/rapid"
)

// record is a message that passed.
type record struct {
	key   string
	at    int64
	cause int // the number of the message
}

// model says naively what is to pass.
type model struct {
	most    int
	window  time.Duration
	records []record
}

func (m *model) passes(key string, now int64) bool {
	for i, r := range slices.Backward(m.records) {
		if r.key == key {
			return len(m.records)-i > m.most || m.window > 0 && time.Duration(now-r.at) >= m.window
		}
	}
	return true
}

// Whatever comes, and whenever the process dies, what passes is what the model
// says: with a part of the messages settled, in their order, the others are as if
// they had never been.
func TestModel(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		m := &model{
			most:   rapid.IntRange(1, 6).Draw(rt, "max_keys"),
			window: time.Duration(rapid.SampledFrom([]int{0, 20, 1000}).Draw(rt, "window")),
		}
		attributes := func() map[string]any {
			return map[string]any{"max_keys": m.most, "window": m.window.String()}
		}
		r := open(t, fake.NewState(), 1_000_000, attributes())
		var unsettled []component.Message
		number := 0 // of the first of them
		settle := func(n int) {
			r.state.Commit(unsettled[:n]...)
			unsettled = unsettled[n:]
			number += n
		}
		rt.Repeat(map[string]func(*rapid.T){
			"handle": func(rt *rapid.T) {
				keys := rapid.SliceOfN(rapid.IntRange(0, 9), 1, 12).Draw(rt, "keys")
				single := rapid.Bool().Draw(rt, "single")
				now := r.now
				var batch []component.Message
				want := make([]component.Report, len(keys))
				for i, k := range keys {
					key := fmt.Sprint(k)
					batch = append(batch, fake.NewMessage(key))
					if !m.passes(key, now) {
						want[i].Status = component.Drop
						continue
					}
					m.records = append(m.records, record{key, now, number + len(unsettled) + i})
					now++ // no two pass at one time
				}
				got := make([]component.Report, len(keys))
				if single {
					for i, message := range batch {
						r.worker.Handle(message, func(report component.Report) { got[i] = report })
					}
				} else {
					r.worker.(component.BatchHandler).HandleBatch(batch, got)
				}
				if !slices.Equal(got, want) {
					rt.Fatalf("%v: got %v, want %v", keys, got, want)
				}
				unsettled, r.now = append(unsettled, batch...), now
			},
			"wait": func(rt *rapid.T) {
				r.now += int64(rapid.IntRange(1, 30).Draw(rt, "time")) * max(1, int64(m.window)/20)
			},
			"settle": func(rt *rapid.T) {
				settle(rapid.IntRange(0, len(unsettled)).Draw(rt, "messages"))
			},
			"crash": func(rt *rapid.T) {
				settle(rapid.IntRange(0, len(unsettled)).Draw(rt, "messages"))
				m.records = slices.DeleteFunc(m.records, func(c record) bool { return c.cause >= number })
				unsettled = nil
				if rapid.IntRange(0, 9).Draw(rt, "settings") == 0 {
					m.most = rapid.IntRange(1, m.most).Draw(rt, "max_keys")
				}
				r = open(t, r.state.Restart(), r.now, attributes())
			},
			"": func(rt *rapid.T) {
				sightings, keys := dedupe.Lies(r.factory)
				if keys > sightings || sightings != r.state.Len() {
					rt.Fatalf("%d sightings of %d keys lie in memory, and %d in the state", sightings, keys, r.state.Len())
				}
			},
		})
	})
}

// Many keys: the index grows, and the ring goes round many times.
func TestManyKeys(t *testing.T) {
	const most, rounds, universe = 10_000, 1500, 20_000
	f := newFactory(t, map[string]any{"max_keys": most, "window": 0})
	worker := f.Create(nil).(component.BatchHandler)
	random := rand.New(rand.NewPCG(1, 2))
	passed := map[int]int{} // when a key passed last: the how manieth that was
	count := 0
	for range rounds {
		messages, want := []component.Message{}, make([]component.Report, 200)
		for i := range want {
			k := random.IntN(universe)
			messages = append(messages, fake.NewMessage(fmt.Sprint(k)))
			if at, ok := passed[k]; ok && count-at <= most {
				want[i].Status = component.Drop
				continue
			}
			passed[k] = count
			count++
		}
		got := make([]component.Report, len(want))
		if worker.HandleBatch(messages, got); !slices.Equal(got, want) {
			t.Fatalf("behind %d keys: got %v, want %v", count, got, want)
		}
	}
	if sightings, keys := dedupe.Lies(f); count < 5*most || sightings != most || keys != most {
		t.Errorf("%d passed; %d sightings of %d keys lie in memory, want %d", count, sightings, keys, most)
	}
}
