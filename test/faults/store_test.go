//go:build linux

package faults

import (
	"runtime"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/gopiper/gopiper/store/storetest"
)

// each calls do for the numbers from 0 up to n, on all processors, until one fails.
func each(t testing.TB, n int, do func(i int) error) {
	t.Helper()
	var next atomic.Int64
	var failed atomic.Bool
	var all sync.WaitGroup
	for range min(n, runtime.GOMAXPROCS(0)) {
		all.Go(func() {
			for !failed.Load() {
				i := int(next.Add(1)) - 1
				if i >= n {
					return
				}
				if err := do(i); err != nil {
					failed.Store(true)
					t.Errorf("number %d: %v", i, err)
				}
			}
		})
	}
	all.Wait()
}

// TestStoreEverywhere cuts the power under a store at every change of the disk, with
// nothing, half and all of what was not synced left.
func TestStoreEverywhere(t *testing.T) {
	t.Parallel()
	s := seed(t)
	var losses atomic.Int64
	each(t, amount(t, "WORKLOADS"), func(i int) error {
		n, err := storetest.PowerLoss(storetest.Small(s + uint64(i)))
		losses.Add(int64(n))
		return err
	})
	t.Logf("%d power failures", losses.Load())
}

// TestStoreSequences cuts the power under stores at random moments, again and again,
// also while they recover from the time before. A sequence is what is done up to a
// power failure, and the recovery from it.
func TestStoreSequences(t *testing.T) {
	t.Parallel()
	s := seed(t)
	var losses atomic.Int64
	most := amount(t, "SEQUENCES")
	each(t, most, func(i int) error {
		if losses.Load() >= int64(most) {
			return nil
		}
		n, err := storetest.PowerLosses(storetest.Small(s + uint64(i)))
		losses.Add(int64(n))
		return err
	})
	t.Logf("%d power failures", losses.Load())
	if losses.Load() < int64(most) {
		t.Errorf("there were only %d power failures", losses.Load())
	}
}

// TestStoreDisk lets every change of the disk find it full, be interrupted, fail
// once, and fail for good; and what is read fail.
func TestStoreDisk(t *testing.T) {
	t.Parallel()
	s := seed(t)
	each(t, amount(t, "DISKS"), func(i int) error {
		work := storetest.Small(s + uint64(i))
		total := 0
		kinds := []func(storetest.Work) (int, error){
			storetest.Interrupted,
			func(w storetest.Work) (int, error) { return storetest.Broken(w, false) },
		}
		if size() > small { // these wait
			kinds = append(kinds, storetest.Full, storetest.Unreadable,
				func(w storetest.Work) (int, error) { return storetest.Broken(w, true) })
		}
		for _, what := range kinds {
			n, err := what(work)
			if err != nil {
				return err
			}
			total += n
		}
		t.Logf("%d refusals", total)
		return nil
	})
}

// TestStoreDamage damages every file of stores.
func TestStoreDamage(t *testing.T) {
	t.Parallel()
	s := seed(t)
	var tried, refused atomic.Int64
	each(t, amount(t, "DAMAGES"), func(i int) error {
		for _, crashed := range []bool{false, true} {
			work := storetest.Small(s + uint64(i))
			work.Largest = 1 << 10
			count, err := storetest.Damage(work, storetest.Damages{Crashed: crashed, Flips: 40, Cuts: 20})
			if err != nil {
				return err
			}
			tried.Add(int64(count.Tried))
			refused.Add(int64(count.Refused))
		}
		return nil
	})
	t.Logf("%d files were damaged, %d refused", tried.Load(), refused.Load())
}
