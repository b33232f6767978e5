package compile

import (
	"testing"
	"testing/synctest"
	"time"
)

// Time that the process has had no processor in does not count.
func TestClock(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const limit = 20 * time.Millisecond
		var none Clock
		c := StartClock(time.Now(), limit)
		if none.Started() || !c.Started() || c.Over(time.Now()) {
			t.Fatal("it is over before it began")
		}
		time.Sleep(time.Hour) // of the bubble: nothing is done meanwhile
		if c.Over(time.Now()) {
			t.Error("it is over though nothing was done")
		}
		for begin := processorTime(); processorTime()-begin < limit; {
		}
		if time.Sleep(time.Hour); !c.Over(time.Now()) {
			t.Error("it is not over though there was time, and a processor")
		}
	})
}
