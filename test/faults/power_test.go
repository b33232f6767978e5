//go:build linux

package faults

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/cockroachdb/pebble/v2/vfs/errorfs"

	"github.com/gopiper/gopiper/engine"
	"github.com/gopiper/gopiper/store"
)

// outage is a disk that loses power at its n-th change: what was not synced by then
// is there afterwards by chance.
type outage struct {
	disk    *vfs.MemFS
	at      int64
	percent int // of what is not synced that stays
	random  *rand.Rand
	changes atomic.Int64
	life    atomic.Pointer[life] // nil until the pipeline runs
	cut     chan *vfs.MemFS      // gets the disk as it is found afterwards
}

func newOutage(disk *vfs.MemFS, at int64, random *rand.Rand) *outage {
	return &outage{disk: disk, at: at, percent: []int{0, 0, 30, 60, 100}[random.IntN(5)], random: random,
		cut: make(chan *vfs.MemFS, 1)}
}

// MaybeError implements errorfs.Injector: it is called before everything that is
// done to the disk.
func (o *outage) MaybeError(op errorfs.Op) error {
	if op.Kind.ReadOrWrite() == errorfs.OpIsWrite && o.changes.Add(1) == o.at {
		o.fail()
	}
	return nil
}

func (o *outage) String() string { return "outage" }

// fail cuts the power.
func (o *outage) fail() {
	take := func() {
		o.cut <- o.disk.CrashClone(vfs.CrashCloneCfg{UnsyncedDataPercent: o.percent, RNG: o.random})
	}
	if l := o.life.Load(); l != nil {
		l.freeze(take)
	} else {
		take()
	}
}

const stateDirectory = "/state"

// runUntilOutage runs a graph until the power fails, and returns the disk as it is
// found afterwards; or to its end, and then what is wrong, if anything is.
func runUntilOutage(g *graph, disk *vfs.MemFS, at int64, random *rand.Rand, crashes int) (found *vfs.MemFS, changes int64, err error) {
	o := newOutage(disk, at, random)
	s, err := store.OpenOn(store.Below{FS: errorfs.Wrap(disk, o), MemTable: 256 << 10}, stateDirectory, store.Options{})
	if err != nil {
		return nil, 0, fmt.Errorf("opening the store: %w", err)
	}
	defer s.Close()
	l, p, err := g.live(random.Uint64(), s)
	if err != nil {
		return nil, 0, err
	}
	o.life.Store(l)
	if at > 0 && o.changes.Load() >= at { // it was while the store opened
		l.freeze(func() {})
	}
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	ended := make(chan error, 1)
	go func() { ended <- p.Run(ctx) }()
	select {
	case found = <-o.cut:
		cancel()
		select {
		case <-ended:
		case <-time.After(patience):
			return nil, 0, errors.New("the pipeline does not end after it was stopped")
		}
		return found, o.changes.Load(), nil
	case err = <-ended:
	case <-time.After(patience):
		return nil, 0, fmt.Errorf("the pipeline does not end: %s", summary(p.Stats()))
	}
	select {
	case found = <-o.cut: // while it ended
		return found, o.changes.Load(), nil
	default:
	}
	if stats := p.Stats(); err == nil && (stats.InFlight != 0 || stats.InFlightBytes != 0) {
		err = fmt.Errorf("%d messages, %d bytes are in flight at the end", stats.InFlight, stats.InFlightBytes)
	}
	if err == nil {
		err = leftovers(s)
	}
	l.freeze(func() {})
	if err == nil {
		err = g.forgotten(s)
	}
	if err == nil {
		err = g.audit(engine.NewQuarantine(s), crashes)
	}
	return nil, o.changes.Load(), err
}

// leftovers finds what must not be in the store when all has come through.
func leftovers(s *store.Store) (err error) {
	scan := s.Scan([]byte{'b'}, []byte{'c'}, func(key, _ []byte) bool {
		if strings.Contains(string(key), "\x00f") {
			err = fmt.Errorf("the store holds %q at the end", key)
		}
		return err == nil
	})
	dead, failure := s.Last([]byte{'a'}, []byte{'b'})
	if dead != nil && err == nil {
		err = fmt.Errorf("the store holds %q at the end", dead)
	}
	return errors.Join(err, scan, failure)
}

// outages runs a graph to its end through power failures at random moments.
func outages(g *graph, random *rand.Rand, crashes int) error {
	disk := vfs.NewCrashableMem()
	for i := 0; ; i++ {
		at := int64(-1)
		if i < crashes {
			at = 1 + random.Int64N(400)
			if random.IntN(3) == 0 {
				at = 1 + random.Int64N(40) // while it starts
			}
		}
		found, _, err := runUntilOutage(g, disk, at, random, i)
		if err != nil || found == nil {
			if err != nil {
				err = fmt.Errorf("after %d power failures: %w\n%s", i, err, g)
			}
			return err
		}
		disk = found
	}
}

// TestPower cuts the power under whole pipelines at random moments.
func TestPower(t *testing.T) {
	t.Parallel()
	s := seed(t)
	each(t, amount(t, "POWER"), func(i int) error {
		random := chance(s, fmt.Sprint("power", i))
		g := newGraph(random.Uint64(), func(n int, _ string) int { return random.IntN(n) })
		if err := outages(g, random, 1+random.IntN(5)); err != nil {
			return fmt.Errorf("seed %d: %w", s, err)
		}
		return nil
	})
}

// TestPowerEverywhere cuts the power of pipelines at every change of the disk.
func TestPowerEverywhere(t *testing.T) {
	t.Parallel()
	s := seed(t)
	each(t, amount(t, "EXHAUST"), func(i int) error { return outageEverywhere(t, s, i) })
}

func outageEverywhere(t *testing.T, s uint64, i int) error {
	total, step := int64(1), int64(1)
	if size() == small {
		step = 5
	}
	for at := int64(0); at <= total; at += step {
		random := chance(s, fmt.Sprint("everywhere", i))
		g := newGraph(random.Uint64(), func(n int, _ string) int { return random.IntN(n) })
		g.until = 150
		if at == 0 { // to know how many changes there are
			_, changes, err := runUntilOutage(g, vfs.NewCrashableMem(), -1, random, 0)
			if err != nil {
				return fmt.Errorf("seed %d: %w\n%s", s, err, g)
			}
			total = changes
			t.Logf("workload %d has %d changes of the disk: %s", i, total, g)
			continue
		}
		found, _, err := runUntilOutage(g, vfs.NewCrashableMem(), at, random, 0)
		if err == nil && found != nil {
			_, _, err = runUntilOutage(g, found, -1, random, 1)
		}
		if err != nil {
			return fmt.Errorf("power failure at change %d of about %d, seed %d: %w\n%s", at, total, s, err, g)
		}
	}
	return nil
}
