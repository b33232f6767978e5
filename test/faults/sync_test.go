//go:build linux

package faults

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/cockroachdb/pebble/v2/vfs/errorfs"

	"github.com/gopiper/gopiper/store"
	"github.com/gopiper/gopiper/test/faults/oracle"
)

// brokenSync is a disk on which one sync fails, or all from one on.
type brokenSync struct {
	at      int64
	lasting bool
	syncs   atomic.Int64
}

// MaybeError implements errorfs.Injector.
func (b *brokenSync) MaybeError(op errorfs.Op) error {
	switch op.Kind {
	case errorfs.OpFileSync, errorfs.OpFileSyncData, errorfs.OpFileSyncTo:
		if n := b.syncs.Add(1); n == b.at || b.lasting && n > b.at {
			return syscall.EIO
		}
	}
	return nil
}

func (b *brokenSync) String() string { return "broken sync" }

// TestFailedSyncs lets a sync fail under whole pipelines, and the power after that:
// what was not synced is gone then. The run must end with an error that says why, and
// nothing that was acknowledged may be lost.
func TestFailedSyncs(t *testing.T) {
	t.Parallel()
	s := seed(t)
	var failures atomic.Int64
	each(t, amount(t, "SYNCS"), func(i int) error {
		random := chance(s, fmt.Sprint("syncs", i))
		g := newGraph(random.Uint64(), func(n int, _ string) int { return random.IntN(n) })
		disk := vfs.NewCrashableMem()
		failed, err := runUntilSyncFails(g, disk, random)
		if failed {
			failures.Add(1)
		}
		if err == nil {
			_, _, err = runUntilOutage(g, disk.CrashClone(vfs.CrashCloneCfg{}), -1, random, 1)
		}
		if err != nil {
			return fmt.Errorf("seed %d: %w\n%s", s, err, g)
		}
		return nil
	})
	t.Logf("%d syncs failed", failures.Load())
	if failures.Load() == 0 {
		t.Error("no sync has failed")
	}
}

// runUntilSyncFails runs a graph on a disk whose sync fails at some time.
func runUntilSyncFails(g *graph, disk *vfs.MemFS, random *rand.Rand) (failed bool, err error) {
	b := &brokenSync{at: 1 + random.Int64N(40), lasting: random.IntN(2) == 0}
	s, err := store.OpenOn(store.Below{FS: errorfs.Wrap(disk, b), MemTable: 256 << 10}, stateDirectory, store.Options{})
	if err != nil {
		return true, explains(err)
	}
	l, p, err := g.live(random.Uint64(), s)
	if err != nil {
		return false, err
	}
	ended := make(chan error, 1)
	go func() { ended <- p.Run(context.Background()) }()
	select {
	case err = <-ended:
	case <-time.After(patience):
		return false, fmt.Errorf("the pipeline does not end: %s", summary(p.Stats()))
	}
	l.freeze(func() {})
	closing := s.Close()
	if b.syncs.Load() < b.at { // none has failed
		return false, errors.Join(err, closing)
	}
	if err == nil { // it had ended when a sync failed
		err = closing
	}
	return true, explains(err)
}

// explains finds out whether an error says what went wrong, and where.
func explains(err error) error {
	if err == nil || !strings.Contains(err.Error(), stateDirectory) || !strings.Contains(err.Error(), syscall.EIO.Error()) {
		return fmt.Errorf("a sync has failed, and the error is: %w", err)
	}
	return nil
}

// TestFailedSyncsOfProcess lets syncs of gopiper fail, by strace: those of the state
// directory end it, those of a sink are made up for; in both cases nothing is lost.
func TestFailedSyncsOfProcess(t *testing.T) {
	t.Parallel()
	s := seed(t)
	if _, err := exec.LookPath("strace"); err != nil {
		t.Fatalf("strace is missing: install it (apt-get install strace): %v", err)
	}
	random := chance(s, "strace")
	ended, wentOn := 0, 0
	for i := range amount(t, "STRACES") {
		r := newRig(t, &oracle.Generator{Seed: s + uint64(i)}, luaHead+`
gopiper.createPipeline({ gopiper.file{ paths = "in", resume = true }, gopiper.buffer{ name = "b" }, gopiper.file{ path = "out" } },
  { name = "p", max_messages = MAX, drain_timeout = "1s" })`, []string{"out"})
		r.feed(t, 1500)
		// strace counts the calls of every thread by itself.
		when := fmt.Sprint(1 + random.IntN(12))
		sink := i%2 == 1
		if sink {
			when = "1" // it syncs its file at least once
		}
		if random.IntN(3) == 0 {
			when += "+"
		}
		r.prefix = []string{"strace", "-f", "-qq", "-o", r.path("trace"), "-e", "trace=fsync,fdatasync,sync_file_range",
			"-e", "inject=fsync,fdatasync,sync_file_range:error=EIO:when=" + when}
		if sink {
			r.prefix = append(r.prefix, "-P", r.path("out"))
		}
		p := r.start(t)
		switch {
		case sink && when[len(when)-1] == '+' && !p.endsWithin(2*time.Second):
			p.kill() // it tries again and again
			wentOn++
		case !p.endsWithin(patience):
			t.Fatalf("sync %s, seed %d: it does not end: %s", when, s, p.said)
		case p.code() == 0:
			wentOn++
		case sink:
			t.Fatalf("sync %s of the sink, seed %d: it ends with %d: %s", when, s, p.code(), p.said)
		case !strings.Contains(p.said.String(), "input/output error"):
			t.Fatalf("sync %s, seed %d: it ends with %d and does not say why: %s", when, s, p.code(), p.said)
		default:
			ended++
		}
		r.prefix = nil
		if trace, err := os.ReadFile(r.path("trace")); sink && (err != nil || !bytes.Contains(trace, []byte("INJECTED"))) {
			t.Fatalf("seed %d: the sink has not synced its file: %v\n%s", s, err, trace)
		}
		r.crashed()
		finish(t, r, false)
		if err := r.audit(t, oracle.Terms{Duplicates: 2 * again(r.most)}); err != nil {
			t.Fatalf("sync %s, seed %d: %v\n%s", when, s, err, p.said)
		}
	}
	t.Logf("%d ended with an error, %d went on", ended, wentOn)
}

// TestSyncOrder follows one message from a file to a file by the calls that gopiper
// makes: what was written is synced, with the directory that names it, before the
// commit that settles it is.
func TestSyncOrder(t *testing.T) {
	t.Parallel()
	s := seed(t)
	if _, err := exec.LookPath("strace"); err != nil {
		t.Fatalf("strace is missing: install it (apt-get install strace): %v", err)
	}
	r := newRig(t, &oracle.Generator{Seed: s}, luaHead+`
gopiper.createPipeline({ gopiper.file{ paths = "in", resume = true }, gopiper.file{ path = "new/out" } }, { name = "p" })`, []string{"new/out"})
	r.feed(t, 1)
	r.prefix = []string{"strace", "-f", "-y", "-qq", "-o", r.path("trace"), "-e", "trace=write,pwrite64,fsync,fdatasync,sync_file_range"}
	p := r.start(t)
	if !p.endsWithin(patience) || p.code() != 0 {
		t.Fatalf("it ends with %d: %s", p.code(), p.said)
	}
	trace, err := os.ReadFile(r.path("trace"))
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(string(trace), "\n")
	// Of a call that another thread interrupts, the first line counts for a write, and
	// the sync is over at the second; that no other sync comes in between is seen to
	// by there being one message.
	last := func(calls, file string) int {
		call := regexp.MustCompile(`(` + calls + `)\(\d+<` + regexp.QuoteMeta(r.path("")) + file + `>`)
		for i := len(lines) - 1; i >= 0; i-- {
			if call.MatchString(lines[i]) {
				return i
			}
		}
		return -1
	}
	const syncs = "fsync|fdatasync|sync_file_range"
	order := []struct {
		what string
		at   int
	}{
		{"the message is written", last("write|pwrite64", "/new/out")},
		{"its file is synced", last(syncs, "/new/out")},
		{"the commit is synced", last(syncs, `/state/db/\d+\.log`)},
	}
	for i, step := range order {
		if step.at < 0 || i > 0 && step.at < order[i-1].at {
			t.Errorf("not in this order: %v\n%s", order, trace)
			break
		}
	}
	commit := order[2].at
	for _, directory := range []string{"/new", "", "/state"} {
		if at := last(syncs, directory); at < 0 || at > commit {
			t.Errorf("the directory %q is synced at line %d, and the commit at line %d\n%s", directory, at, commit, trace)
		}
	}
}
