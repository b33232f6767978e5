//go:build linux

package faults

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"

	"github.com/gopiper/gopiper"
	"github.com/gopiper/gopiper/component"
	"github.com/gopiper/gopiper/engine"
	"github.com/gopiper/gopiper/store"
	"github.com/gopiper/gopiper/test/faults/oracle"
)

// runOnce runs numbers through stages into an account, on a store.
func runOnce(t *testing.T, disk vfs.FS, a *oracle.Account, until uint64, gate func([]byte) component.Report, stages ...gopiper.Stage) {
	t.Helper()
	s, err := store.OpenOn(store.Below{FS: disk}, stateDirectory, store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	from := source{generator: a.Generator(), until: until, batch: 16, random: chance(1, "source"), forgets: true,
		settled: func(seq uint64, _ component.Report) { a.Acked(seq) }}
	to := sink{mu: &sync.Mutex{}, account: a, gate: gate}
	all := append(gopiper.Stages(gopiper.Own("numbers", from.factory(), &sourceDeclaration)), stages...)
	all = append(all, gopiper.Own("account", to.factory(), &sinkDeclaration))
	p, err := gopiper.Prepare(gopiper.Describe(gopiper.Pipeline{Name: "p", Stages: all}),
		gopiper.Options{Store: s, Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	if err := p.Run(context.Background()); err != nil && !errors.Is(err, gopiper.ErrUnhandled) {
		t.Fatal(err)
	}
	if err := p.Quarantine().List(func(q engine.Quarantined) bool { a.Quarantined(q.Data); return true }); err != nil {
		t.Fatal(err)
	}
}

// TestClock lets hours pass in a moment: a sink that is down for long loses nothing,
// and windows in time end when they should, also across runs.
func TestClock(t *testing.T) {
	s := seed(t)
	t.Run("a sink is down for an hour", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			a := oracle.NewAccount(&oracle.Generator{Seed: s})
			up := time.Now().Add(time.Hour)
			runOnce(t, vfs.NewMem(), a, 500, func([]byte) component.Report {
				if time.Now().Before(up) {
					return component.Report{Status: component.Retry, Description: "down"}
				}
				return component.Report{}
			})
			if late := time.Since(up); late < 0 || late > 2*time.Minute {
				t.Errorf("it took until %s after the sink was up", late)
			}
			if _, err := a.Audit(oracle.Terms{Originated: 500, Order: oracle.Total}); err != nil {
				t.Errorf("seed %d: %v", s, err)
			}
		})
	})
	t.Run("a window across runs", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			disk := vfs.NewMem()
			for _, run := range []struct {
				after time.Duration
				want  int
			}{{0, 100}, {59 * time.Minute, 0}, {2 * time.Minute, 100}, {365 * 24 * time.Hour, 100}, {time.Minute, 0}} {
				time.Sleep(run.after)
				a := oracle.NewAccount(&oracle.Generator{Seed: s})
				runOnce(t, disk, a, 100, nil, gopiper.Use("dedupe", gopiper.Attributes{"field": []any{"seq"}, "window": "1h"}))
				if n := a.Delivers(); n != run.want {
					t.Errorf("%s later %d messages pass, not %d, seed %d", run.after, n, run.want, s)
				}
			}
		})
	})
}
