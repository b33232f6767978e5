package store_test

import (
	"testing"

	"github.com/gopiper/gopiper/store/storetest"
)

func TestPowerLoss(t *testing.T) {
	for seed := range uint64(3) {
		losses, err := storetest.PowerLoss(storetest.Small(seed))
		if err != nil {
			t.Fatal(err)
		}
		t.Logf("%d power losses", losses)
	}
}

func TestPowerLosses(t *testing.T) {
	for seed := range uint64(20) {
		losses, err := storetest.PowerLosses(storetest.Small(seed))
		if err != nil {
			t.Fatal(err)
		}
		t.Logf("%d power losses", losses)
	}
}
