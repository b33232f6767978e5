//go:build linux

package faults

import (
	"flag"
	"strconv"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"
	"pgregory.net/rapid"
)

// TestGraphs lets graphs of kept, split, copied and merged messages, of which some
// fail, die in the middle: whatever the graph, and whenever it dies, no source may
// have been told too early, every part must arrive or be in quarantine, and in the
// end nothing may be left in flight. What fails is made as small as it gets.
func TestGraphs(t *testing.T) {
	t.Parallel()
	s := seed(t)
	for name, value := range map[string]string{
		"rapid.checks": strconv.Itoa(amount(t, "GRAPHS")), "rapid.seed": strconv.FormatUint(s, 10), "rapid.nofailfile": "true",
	} {
		before := flag.Lookup(name).Value.String()
		if err := flag.Set(name, value); err != nil {
			t.Fatal(err)
		}
		defer func() { _ = flag.Set(name, before) }()
	}
	rapid.Check(t, func(t *rapid.T) {
		g := newGraph(rapid.Uint64().Draw(t, "seed"), func(n int, what string) int {
			return rapid.IntRange(0, n-1).Draw(t, what)
		})
		random := chance(rapid.Uint64().Draw(t, "chance"), "graph")
		deaths := rapid.SliceOfN(rapid.Int64Range(1, 400), 0, 4).Draw(t, "deaths")
		disk := vfs.NewCrashableMem()
		for i, at := range append(deaths, -1) {
			found, _, err := runUntilOutage(g, disk, at, random, i)
			if err != nil {
				t.Fatalf("after %d deaths: %v\n%s", i, err, g)
			}
			if found == nil {
				break
			}
			disk = found
		}
	})
}
