package storetest

import (
	"fmt"
	"math/rand/v2"
	"sync"

	"github.com/cockroachdb/pebble/v2/vfs"

	"github.com/gopiper/gopiper/store/faultfs"
)

// kept are the shares of what was not synced that a power loss leaves, in percent.
var kept = []int{0, 50, 100}

// PowerLoss does some work, and before every single change of the file system looks
// at what would be left if the power failed: with nothing, half by chance, and all of
// what was not synced. From each a store must open by itself, with all that was done
// and synced, whole updates, in their order, and nothing else. It returns how many
// power losses there were.
func PowerLoss(work Work) (losses int, err error) {
	h := NewHistory(work)
	memory := vfs.NewCrashableMem()
	var mu sync.Mutex
	look := func(op faultfs.Op) error {
		if op.Kind == "read" {
			return nil
		}
		mu.Lock()
		defer mu.Unlock()
		for _, percent := range kept {
			if err != nil {
				return nil
			}
			losses++
			if e := h.lose(memory, percent, losses); e != nil {
				err = fmt.Errorf("seed %d, power lost before %s %s with %d%% of what was not synced kept: %w",
					work.Seed, op.Kind, op.Name, percent, e)
			}
		}
		return nil
	}
	s, failed := h.run(faultfs.Watch(memory, look), nil)
	if failed == nil {
		failed = s.Close()
	}
	_ = look(faultfs.Op{Kind: "end", Name: "of it"})
	mu.Lock()
	defer mu.Unlock()
	switch {
	case err != nil:
	case failed != nil:
		err = fmt.Errorf("seed %d: without any power loss: %w", work.Seed, failed)
	default:
		err = h.faults()
	}
	return losses, err
}

// lose looks at what a power loss leaves.
func (h *History) lose(memory *vfs.MemFS, percent, salt int) error {
	synced := h.synced.Load()
	clone := memory.CrashClone(vfs.CrashCloneCfg{
		UnsyncedDataPercent: percent, RNG: rand.New(rand.NewPCG(h.work.Seed, uint64(salt))),
	})
	_, err := h.verify(clone, synced, h.issued.Load())
	return err
}

// PowerLosses does some work with power losses at random moments, one after the
// other: also in the middle of the recovery from the one before. It returns how many
// there were.
func PowerLosses(work Work) (losses int, err error) {
	h := NewHistory(work)
	random := rand.New(rand.NewPCG(work.Seed, 0x51a3))
	memory := vfs.NewCrashableMem()
	for int(h.done.Load()) < len(h.updates) {
		var left *vfs.MemFS
		var synced, issued int64
		var mu sync.Mutex
		stop := make(chan struct{})
		countdown := random.IntN(80)
		percent := random.IntN(101)
		salt := random.Uint64()
		s, failed := h.run(faultfs.Watch(memory, func(op faultfs.Op) error {
			if op.Kind == "read" {
				return nil
			}
			mu.Lock()
			defer mu.Unlock()
			if countdown--; countdown == 0 {
				synced = h.synced.Load()
				left = memory.CrashClone(vfs.CrashCloneCfg{UnsyncedDataPercent: percent, RNG: rand.New(rand.NewPCG(salt, 1))})
				issued = h.issued.Load()
				close(stop)
			}
			return nil
		}), stop)
		if failed == nil {
			failed = s.Close()
		}
		if failed == nil {
			failed = h.faults()
		}
		if failed != nil {
			return losses, fmt.Errorf("seed %d, after %d power losses: %w", work.Seed, losses, failed)
		}
		if left == nil {
			break // it came to its end before
		}
		losses++
		// A look at a copy, so that the next run is the one that recovers.
		n, err := h.verify(left.CrashClone(vfs.CrashCloneCfg{}), synced, issued)
		if err != nil {
			return losses, fmt.Errorf("seed %d, after %d power losses: %w", work.Seed, losses, err)
		}
		h.rewind(n)
		memory = left
	}
	_, err = h.verify(memory, int64(len(h.updates)), int64(len(h.updates)))
	if err != nil {
		err = fmt.Errorf("seed %d, at the end, after %d power losses: %w", work.Seed, losses, err)
	}
	return losses, err
}
