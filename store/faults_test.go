package store_test

import (
	"testing"

	"github.com/gopiper/gopiper/store/storetest"
)

// short is work that is done again for every change that it makes.
func short(seed uint64) storetest.Work {
	work := storetest.Small(seed)
	work.Updates = 8
	return work
}

// The disk is full at every change.
func TestFullEverywhere(t *testing.T) {
	met, err := storetest.Full(short(1))
	if err != nil {
		t.Error(err)
	}
	t.Logf("%d changes met a full disk", met)
}

// Every change is interrupted.
func TestInterruptedEverywhere(t *testing.T) {
	met, err := storetest.Interrupted(short(5))
	if err != nil {
		t.Error(err)
	}
	t.Logf("%d changes were interrupted", met)
}

// Every change fails, once or from then on.
func TestBrokenEverywhere(t *testing.T) {
	for _, lasting := range []bool{false, true} {
		met, err := storetest.Broken(short(2), lasting)
		if err != nil {
			t.Error(err)
		}
		t.Logf("%d changes failed", met)
	}
}

// Everything that is read cannot be read, once.
func TestUnreadableEverywhere(t *testing.T) {
	met, err := storetest.Unreadable(short(3))
	if err != nil {
		t.Error(err)
	}
	t.Logf("%d reads failed", met)
}

// Every file is damaged, as it is while the store is open and when it was closed.
func TestDamage(t *testing.T) {
	for _, crashed := range []bool{false, true} {
		work := storetest.Small(4)
		work.Largest = 1 << 10
		count, err := storetest.Damage(work, storetest.Damages{Crashed: crashed, Flips: 30, Cuts: 15})
		if err != nil {
			t.Error(err)
		}
		t.Logf("%d files were damaged, %d refused", count.Tried, count.Refused)
	}
}
