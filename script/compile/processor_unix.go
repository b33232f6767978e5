//go:build unix

package compile

import (
	"syscall"
	"time"
)

// processorTime is how long the process has had a processor since it began, all its
// threads together.
func processorTime() time.Duration {
	var usage syscall.Rusage
	if syscall.Getrusage(syscall.RUSAGE_SELF, &usage) != nil {
		return time.Since(began)
	}
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}

var began = time.Now()
