//go:build linux

package faults

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"time"

	"github.com/gopiper/gopiper/engine"
)

// patience is how long something is waited for that comes within moments, on a
// machine that is busy.
const patience = 30 * time.Second

// stacks writes what every goroutine of the tests does, see writeStacks.
func stacks() string {
	text := make([]byte, 4<<20)
	return writeStacks(text[:runtime.Stack(text, true)])
}

// writeStacks writes what goroutines do to the file that FAULTS_STACKS names, or
// else to one of the system's for what is temporary, and returns a note of it.
func writeStacks(text []byte) string {
	name := os.Getenv("FAULTS_STACKS")
	if name == "" {
		name = filepath.Join(os.TempDir(), "faults.stacks")
	}
	if err := os.WriteFile(name, text, 0o644); err != nil {
		return err.Error()
	}
	return "what its goroutines do is in " + name
}

// summary says what a pipeline that does not end has come to.
func summary(s engine.Stats) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s: originated %d, settled %d, unhandled %d, quarantined %d, in flight %d, not ready: %q",
		s.State, s.Originated, s.Settled, s.Unhandled, s.Quarantined, s.InFlight, s.NotReady)
	for _, stage := range s.Stages {
		fmt.Fprintf(&b, "\n\t%s: received %d, done %d, emitted %d, retried %d, failed %d, dropped %d, kept %d, queued %d, buffered %d (%d of %d bytes)",
			stage.Stage, stage.Received, stage.Done, stage.Emitted, stage.Retried, stage.Failed, stage.Dropped, stage.Kept, stage.Queued,
			stage.Buffered, stage.BufferedBytes, stage.BufferMax)
	}
	b.WriteString("\n" + stacks())
	return b.String()
}
