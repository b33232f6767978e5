package componenttest

import (
	"bytes"
	"runtime"
	"time"
)

// goroutineID names the goroutine that calls it, as stacks do.
func goroutineID() string {
	buffer := make([]byte, 64)
	text, _ := bytes.CutPrefix(buffer[:runtime.Stack(buffer, false)], []byte("goroutine "))
	id, _, _ := bytes.Cut(text, []byte(" "))
	return string(id)
}

// parked tells whether a goroutine waits for something, or has ended.
func parked(id string) bool {
	buffer := make([]byte, 64<<10)
	for {
		n := runtime.Stack(buffer, true)
		if n < len(buffer) {
			buffer = buffer[:n]
			break
		}
		buffer = make([]byte, 2*len(buffer))
	}
	_, rest, found := bytes.Cut(append([]byte("\n"), buffer...), []byte("\ngoroutine "+id+" ["))
	return !found || !bytes.HasPrefix(rest, []byte("run")) // running, runnable
}

// whenParked returns once the goroutine waits for something and ready is true;
// false when done is closed before.
func whenParked(id string, ready func() bool, done <-chan struct{}) bool {
	ticker := time.NewTicker(time.Millisecond)
	defer ticker.Stop()
	for !ready() || !parked(id) {
		select {
		case <-done:
			return false
		case <-ticker.C:
		}
	}
	return true
}
