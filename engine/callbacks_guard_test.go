package engine

import (
	"fmt"
	"testing"

	"github.com/gopiper/gopiper/component"
)

// Of several reports on a message the first counts; of those in a reused callback,
// where nobody can tell whose the others are, the most severe one.
func TestGuardSecondCallback(t *testing.T) {
	done, noted := component.Report{}, component.Report{Description: "well"}
	drop, fail := component.Report{Status: component.Drop}, component.Report{Status: 233, Description: "no"}
	for i, test := range []struct {
		reports       []component.Report
		fresh, reused int // the status of the outcome
	}{
		{[]component.Report{done, fail}, 0, 233},
		{[]component.Report{done, drop}, 0, 0},
		{[]component.Report{done, done, fail, done}, 0, 233},
		{[]component.Report{fail, done}, 233, 233},
		{[]component.Report{fail, noted}, 233, 233},
		{[]component.Report{fail, drop, noted}, 233, 233},
		{[]component.Report{noted, fail, noted}, 0, 233},
		{[]component.Report{drop, fail, done}, component.Drop, 233},
	} {
		for _, reused := range []bool{false, true} {
			for _, late := range []bool{false, true} {
				if reused && late {
					continue
				}
				t.Run(fmt.Sprintf("%d reused %v late %v", i, reused, late), func(t *testing.T) {
					stage := syncStage("again", func(_ component.Message, handled component.HandledCallback) {
						call := func() {
							for _, r := range test.reports {
								handled(r)
							}
						}
						if late {
							go call()
							return
						}
						call()
					})
					stage.Declaration.Sync = reused
					source, sink, want := newNumbers(1), &collector{}, test.fresh
					if reused {
						want = test.reused
					}
					p := run(t, source.stage(), stage, sink.stage())
					if r := source.outcomes[0]; r.Status != want {
						t.Errorf("%v came of %v, want %d", r, test.reports, want)
					}
					if delivered := len(sink.got) == 1; delivered != (want == component.Done) {
						t.Errorf("delivered %v, and %d came of it", sink.got, want)
					}
					if n := p.Stats().Stages[1].Doubled; n == 0 && !late && !reused {
						t.Error("nobody has counted that it called back again")
					}
				})
			}
		}
	}
}
