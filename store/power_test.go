package store_test

import (
	"testing"

	"github.com/gopiper/gopiper/store/storetest"
)

// What a store promises when the power is lost: at every single change of the disk,
// and again and again.
func TestPowerLoss(t *testing.T) {
	losses, err := storetest.PowerLoss(storetest.Small(1))
	if err != nil {
		t.Error(err)
	}
	t.Logf("%d power losses", losses)
}

func TestPowerLosses(t *testing.T) {
	total := 0
	for seed := range uint64(10) {
		losses, err := storetest.PowerLosses(storetest.Small(seed))
		if err != nil {
			t.Error(err)
		}
		total += losses
	}
	t.Logf("%d power losses", total)
}
