//go:build linux

package faults

import (
	"fmt"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/gopiper/gopiper/plan"
	"github.com/gopiper/gopiper/test/faults/oracle"
)

// hasRead is how far a process has read a file that it has open.
func (p *process) hasRead(name string) (offset int64) {
	directory := fmt.Sprintf("/proc/%d/", p.command.Process.Pid)
	links, _ := filepath.Glob(directory + "fd/*")
	for _, link := range links {
		if target, err := os.Readlink(link); err != nil || target != name {
			continue
		}
		info, err := os.ReadFile(directory + "fdinfo/" + filepath.Base(link))
		if err == nil {
			var at int64
			_, _ = fmt.Sscanf(string(info), "pos: %d", &at)
			offset = max(offset, at)
		}
	}
	return offset
}

// TestSlowSink lets a sink take much less than the source has to offer: the source is
// held back, and memory stays as it is.
func TestSlowSink(t *testing.T) {
	t.Parallel()
	s := seed(t)
	lasts := duration(t, "SLOW")
	r := newRig(t, &oracle.Generator{Seed: s}, luaHead+`
gopiper.createPipeline({ gopiper.file{ paths = "in", resume = true }, gopiper.buffer{ name = "b", max_size = "256KiB" }, gopiper.file{ path = "out" } },
  { name = "p" })`, []string{"out"})
	r.feed(t, 150_000)
	pipe := openPipe(t, r.path("out"), r.sinks[0])
	pipe.slowly(256)
	p := r.start(t)
	if !eventually(patience, func() bool { return r.delivered() > 0 }) {
		t.Fatalf("nothing arrives: %s", p.said)
	}
	// What is in flight before and behind the buffer, what the buffer and the pipe
	// hold, and what is read at a time.
	const ahead = 2*(plan.DefaultMaxMessages+plan.DefaultBatch)*150 + 2<<20
	began, usual, most := time.Now(), int64(0), int64(0)
	over := func() bool {
		resident := p.resident()
		if time.Since(began) < lasts/4 {
			usual = max(usual, resident)
		}
		most = max(most, resident)
		if behind := p.hasRead(r.path("in")) - pipe.taken(); behind > ahead {
			t.Fatalf("seed %d: the source is %d bytes ahead of the sink; %d may be", s, behind, ahead)
		}
		return time.Since(began) > lasts || p.endsWithin(0)
	}
	if !eventually(lasts+patience, over) || p.endsWithin(0) {
		t.Fatalf("it has ended with %d: %s", p.code(), p.said)
	}
	t.Logf("%d MB at first, %d MB at most, %d files, %d of %d messages delivered", usual>>20, most>>20, p.descriptors(), r.delivered(), r.fed)
	if most > usual+usual/5+(8<<20) {
		t.Errorf("seed %d: it had %d MB of memory at first, and %d later", s, usual>>20, most>>20)
	}
	if r.delivered() >= int(r.fed) {
		t.Error("the sink was not slow")
	}
	p.signal(syscall.SIGKILL)
	p.kill()
	r.crashed()
	pipe.finish()
	if err := os.Remove(r.path("out")); err != nil {
		t.Fatal(err)
	}
	r.sinks[0].files[0].at = 0
	finish(t, r, false)
	// A pipe confirms nothing: what was in it is counted, what was torn is not.
	if err := r.audit(t, oracle.Terms{Duplicates: 2 * again(plan.DefaultMaxMessages)}); err != nil {
		t.Errorf("seed %d: %v", s, err)
	}
}
