//go:build linux

package faults

import (
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/gopiper/gopiper/plan"
	"github.com/gopiper/gopiper/test/faults/oracle"
)

// mountSmall mounts a file system of so many bytes, in memory.
func mountSmall(t testing.TB, directory string, bytes int) {
	t.Helper()
	if err := os.MkdirAll(directory, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Mount("faults", directory, "tmpfs", 0, fmt.Sprintf("size=%d", bytes)); err != nil {
		t.Fatalf("a full disk cannot be had: mounting a tmpfs needs root, or CAP_SYS_ADMIN: %v", err)
	}
	t.Cleanup(func() { _ = syscall.Unmount(directory, syscall.MNT_DETACH) })
}

// fillUp leaves no space in a directory's file system, and returns what makes it
// again.
func fillUp(t testing.TB, directory string) (free func()) {
	t.Helper()
	name := filepath.Join(directory, "filler")
	file, err := os.Create(name)
	if err != nil {
		t.Fatal(err)
	}
	for block := make([]byte, 1<<20); len(block) > 0; {
		if _, err := file.Write(block); err != nil {
			block = block[:len(block)/2]
		}
	}
	if err := file.Close(); err != nil {
		t.Fatal(err)
	}
	return func() {
		if err := os.Remove(name); err != nil {
			t.Fatal(err)
		}
	}
}

var servingAt = regexp.MustCompile(`address=http://([0-9.:]+)/metrics`)

// readiness asks a process that serves metrics whether it is ready.
func readiness(p *process) (ready bool, says string) {
	found := servingAt.FindStringSubmatch(p.said.all())
	if found == nil {
		return false, ""
	}
	client := http.Client{Timeout: 2 * time.Second}
	response, err := client.Get("http://" + found[1] + "/ready")
	if err != nil {
		return false, err.Error()
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		return false, err.Error()
	}
	return response.StatusCode == http.StatusOK, string(body)
}

// full are the places where the disk is full.
var fullPlaces = []struct {
	name   string
	on     string // what of the rig lies on the small disk
	script string
	shares []oracle.Share
	pad    int
	feed   int    // more messages than can be kept anywhere
	says   string // what /ready says while it is full
}{
	{name: "state", on: "state", says: "full", feed: 40_000, script: `
gopiper.createPipeline({ gopiper.file{ paths = "in", follow = true, refresh = "50ms" }, gopiper.buffer{ name = "b", max_size = "1MiB" }, gopiper.file{ path = "out/out" } },
  { name = "p", max_messages = MAX, drain_timeout = "1s" })`},
	{name: "state with a quarantine", on: "state", says: "full", feed: 14_000, pad: 3000, shares: []oracle.Share{{Fate: oracle.Fail, PerMille: 900}}, script: luaFates + `
gopiper.createPipeline({ gopiper.file{ paths = "in", follow = true, refresh = "50ms" }, gopiper.func{ fates }, gopiper.file{ path = "out/out" } },
  { name = "p", drain_timeout = "1s" })`},
	{name: "sink", on: "out", says: "out", feed: 40_000, script: `
gopiper.createPipeline({ gopiper.file{ paths = "in", follow = true, refresh = "50ms" }, gopiper.file{ path = "out/out" } },
  { name = "p", max_messages = MAX, drain_timeout = "1s" })`},
}

// TestFullDisk fills the disk and makes space again, while a pipeline runs.
func TestFullDisk(t *testing.T) {
	t.Parallel()
	s := seed(t)
	fills := amount(t, "FILLS")
	for _, place := range fullPlaces {
		t.Run(place.name, func(t *testing.T) {
			r := newRig(t, &oracle.Generator{Seed: s, Shares: place.shares, Pad: place.pad}, luaHead+place.script, []string{"out/out"})
			r.arguments = []string{"--metrics", "127.0.0.1:0"}
			mountSmall(t, r.path(place.on), 192<<20)
			p := r.start(t)
			for i := range fills {
				r.feed(t, 500)
				through(t, r, p, "before the disk is full")
				free := fillUp(t, r.path(place.on))
				much := place.feed / []int{4, 1, 1}[size()]
				if i > 1 { // the quarantine keeps what it has
					much /= 20
				}
				r.feed(t, much)
				told := ""
				notReady := func() bool {
					ready, says := readiness(p)
					told = says
					return !ready && strings.Contains(says, place.says) || p.endsWithin(0)
				}
				if !eventually(patience, notReady) {
					t.Errorf("fill %d, seed %d: the disk is full, and /ready says %q: %s", i, s, told, p.said)
				}
				if p.endsWithin(time.Duration([]int{0, 1 + 3*(i%2), 1 + 8*(i%2)}[size()]) * time.Second) {
					t.Fatalf("fill %d, seed %d: it has ended with %d: %s", i, s, p.code(), p.said)
				}
				r.collect(t)
				before := r.delivered()
				free()
				freed := time.Now()
				goesOn := func() bool {
					r.collect(t)
					ready, _ := readiness(p)
					return ready && (r.delivered() > before || r.delivered() >= r.due) || p.endsWithin(0)
				}
				if !eventually(patience, goesOn) || time.Since(freed) > 5*time.Second {
					t.Fatalf("fill %d, seed %d: it goes on %s after there was space again: %s", i, s, time.Since(freed), p.said)
				}
				through(t, r, p, "after there was space again")
				shorten(t, r)
			}
			stopWhileFull(t, r, p, place.on)
			if err := r.audit(t, oracle.Terms{Order: oracle.Total, Duplicates: 4 * again(plan.DefaultMaxMessages)}); err != nil {
				t.Errorf("seed %d: %v", s, err)
			}
		})
	}
}

// stopWhileFull stops a process while the disk is full, and lets another one finish
// when it is not.
func stopWhileFull(t testing.TB, r *rig, p *process, on string) {
	t.Helper()
	free := fillUp(t, r.path(on))
	r.feed(t, 3000)
	if !eventually(patience, func() bool { ready, _ := readiness(p); return !ready }) {
		t.Errorf("the disk is full, and it is ready: %s", p.said)
	}
	p.signal(syscall.SIGTERM)
	stopped := time.Now()
	if !p.endsWithin(patience) {
		t.Fatalf("it does not end while the disk is full: %s", p.said)
	}
	took := time.Since(stopped)
	t.Logf("stopped while the disk is full it takes %s to end, with %d", took.Round(time.Millisecond), p.code())
	if took > 20*time.Second || !slices.Contains([]int{0, 1, 3, 4}, p.code()) {
		t.Errorf("it takes %s to end while the disk is full, with %d: %s", took, p.code(), p.said)
	}
	free()
	r.crashed()
	finish(t, r, true)
}

// through waits until everything that was fed has arrived.
func through(t testing.TB, r *rig, p *process, when string) {
	t.Helper()
	want := r.due
	all := func() bool { r.collect(t); return r.delivered() >= want || p.endsWithin(0) }
	if !eventually(2*patience, all) || p.endsWithin(0) {
		t.Fatalf("%s: %d of %d messages have arrived: %s", when, r.delivered(), want, p.said)
	}
}

// shorten empties the file of a sink on a small disk, which has been read.
func shorten(t testing.TB, r *rig) {
	t.Helper()
	for _, s := range r.sinks {
		for _, f := range s.files {
			if f.size() < 12<<20 {
				continue
			}
			if err := os.Truncate(f.name, 0); err != nil {
				t.Fatal(err)
			}
			f.at = 0
		}
	}
}
