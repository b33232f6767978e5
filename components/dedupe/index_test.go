package dedupe

import (
	"testing"

	"pgregory.net/rapid"
)

// The index finds what was added and not removed, also when many keys belong in
// the same bucket.
func TestIndex(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		r := newRing(1000)
		x := newIndex(&r, 60)
		places := map[id]uint32{}
		draw := func(rt *rapid.T) id {
			// Few homes and few tags.
			return id{
				high: uint64(rapid.IntRange(0, 3).Draw(rt, "home")) << 61,
				low:  uint64(rapid.IntRange(0, 1).Draw(rt, "tag"))<<31 | uint64(rapid.IntRange(0, 9).Draw(rt, "rest")),
			}
		}
		rt.Repeat(map[string]func(*rapid.T){
			"add": func(rt *rapid.T) {
				k := draw(rt)
				if _, ok := places[k]; ok || len(places) > 60 {
					return
				}
				places[k] = r.push(sighting{id: k})
				x.add(k, places[k])
			},
			"remove": func(rt *rapid.T) {
				k := draw(rt)
				place, ok := places[k]
				if !ok { // its sighting lies somewhere, but is nobody's any more
					place = r.push(sighting{id: k})
				}
				if x.remove(k, place) != ok || x.remove(k, place) {
					rt.Fatalf("remove %v, once and again: want %v, false", k, ok)
				}
				delete(places, k)
			},
			"grow": func(rt *rapid.T) { x.grow(rapid.IntRange(6, 20).Draw(rt, "buckets")) },
			"": func(rt *rapid.T) {
				if x.count != len(places) {
					rt.Fatalf("%d keys are counted, want %d", x.count, len(places))
				}
				for k, place := range places {
					if slot := x.find(k); slot == nil || *slot&r.mask() != place {
						rt.Fatalf("%v is not found", k)
					}
				}
				k := draw(rt)
				if _, ok := places[k]; !ok && x.find(k) != nil {
					rt.Fatalf("%v is found", k)
				}
				var past uint32
				for i := range x.buckets {
					past += x.buckets[i][control] / passed
				}
				if len(places) == 0 && past != 0 {
					rt.Fatalf("%d keys pass by, of none", past)
				}
			},
		})
	})
}
