package store_test

import (
	"testing"

	"github.com/gopiper/gopiper/store/storetest"
)

func TestFull(t *testing.T) {
	met, err := storetest.Full(storetest.Small(1))
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%d changes met a full disk", met)
}

func TestBroken(t *testing.T) {
	for _, lasting := range []bool{false, true} {
		met, err := storetest.Broken(storetest.Small(2), lasting)
		if err != nil {
			t.Fatal(err)
		}
		t.Logf("%d changes failed", met)
	}
}

func TestUnreadable(t *testing.T) {
	met, err := storetest.Unreadable(storetest.Small(3))
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%d reads failed", met)
}

func TestDamage(t *testing.T) {
	for _, crashed := range []bool{false, true} {
		work := storetest.Small(4)
		work.Largest = 1 << 10
		count, err := storetest.Damage(work, storetest.Damages{Crashed: crashed, Flips: 100, Cuts: 50})
		if err != nil {
			t.Error(err)
		}
		t.Logf("%+v", count)
	}
}
