package main

import "testing"

func TestPercentFor(t *testing.T) {
	for live, want := range map[uint64]int{
		0: percentMost, 10 << 20: percentMost, 64 << 20: percentMost,
		128 << 20: 200, 256 << 20: percentLeast, 4 << 30: percentLeast,
	} {
		if got := percentFor(live); got != want {
			t.Errorf("%d bytes in use: %d percent, want %d", live, got, want)
		}
	}
}
