//go:build !unix

package compile

import "time"

// processorTime is the time since the process began: what it had of that is not known.
func processorTime() time.Duration { return time.Since(began) }

var began = time.Now()
