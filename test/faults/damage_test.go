//go:build linux

package faults

import (
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/gopiper/gopiper/test/faults/oracle"
)

// copyTree copies a state directory, without the socket of the process that had it.
func copyTree(t testing.TB, from, to string) {
	t.Helper()
	if err := os.RemoveAll(to); err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(filepath.Join(from, "socket")); err != nil && !errors.Is(err, fs.ErrNotExist) {
		t.Fatal(err)
	}
	if err := os.CopyFS(to, os.DirFS(from)); err != nil {
		t.Fatal(err)
	}
}

// filesIn lists the files of a directory that are not empty, with their sizes.
func filesIn(t testing.TB, directory string) (names []string, sizes []int64) {
	t.Helper()
	err := filepath.WalkDir(directory, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || !entry.Type().IsRegular() {
			return err
		}
		info, err := entry.Info()
		if err == nil && info.Size() > 0 {
			names, sizes = append(names, path), append(sizes, info.Size())
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return names, sizes
}

// harm damages a file in one of the ways in which files get damaged, and says how.
func harm(t testing.TB, random *rand.Rand, directory string) string {
	t.Helper()
	names, sizes := filesIn(t, directory)
	i := random.IntN(len(names))
	name, size := names[i], sizes[i]
	content, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	at := random.Int64N(size)
	if random.IntN(2) == 0 { // what was written last
		at = size - 1 - random.Int64N(min(size, 4096))
	}
	how := ""
	switch random.IntN(5) {
	case 0, 1:
		content[at] ^= 1 << random.IntN(8)
		how = fmt.Sprintf("a bit at %d of %d is turned over", at, size)
	case 2:
		content = content[:at]
		how = fmt.Sprintf("it is cut to %d of %d bytes", at, size)
	case 3:
		for j := at; j < min(at+512, size); j++ {
			content[j] = byte(random.Uint32())
		}
		how = fmt.Sprintf("there is rubbish at %d of %d", at, size)
	case 4:
		if err := os.Remove(name); err != nil {
			t.Fatal(err)
		}
		return name + ": it is removed"
	}
	if err := os.WriteFile(name, content, 0o644); err != nil {
		t.Fatal(err)
	}
	return name + ": " + how
}

// TestDamage damages the state directory of a process that was killed, with a
// buffer that holds much: the next run must refuse it, and say which file is damaged,
// or nothing may be lost.
func TestDamage(t *testing.T) {
	t.Parallel()
	s := seed(t)
	random := chance(s, "damage")
	refused, recovered := 0, 0
	var r *rig
	for i := range amount(t, "FLIPS") {
		if i%20 == 0 {
			r = killedRig(t, s+uint64(i), random)
		}
		copyTree(t, r.path("killed"), r.path("state"))
		// It stays the file that the sink knows.
		copyFile(t, r.path("killed.out"), r.path("out"))
		how := harm(t, random, r.path("state"))
		p := r.start(t)
		if !p.endsWithin(patience) {
			t.Fatalf("%s, seed %d: it does not end: %s", how, s, p.said)
		}
		if p.code() != 0 {
			refused++
			if (p.code() != 2 && p.code() != 1) || !strings.Contains(p.said.String(), r.path("state")) {
				t.Errorf("%s, seed %d: it ends with %d and does not name the directory: %s", how, s, p.code(), p.said)
			}
			continue
		}
		recovered++
		a := oracle.NewAccount(r.generator)
		out := follower{name: r.path("out")}
		out.deliveries(t, a)
		a.Crashed()
		if _, err := a.Audit(oracle.Terms{Originated: r.fed, Duplicates: int64(r.fed)}); err != nil {
			t.Errorf("%s, seed %d: it went on, and %v", how, s, err)
		}
	}
	t.Logf("%d were refused, %d recovered", refused, recovered)
}

func copyFile(t testing.TB, from, to string) {
	t.Helper()
	content, err := os.ReadFile(from)
	if err == nil {
		err = os.WriteFile(to, content, 0o644)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// killedRig makes a rig whose process was killed when its buffer held something. Its
// state is in the directory killed, what its sink had received in killed.out.
func killedRig(t testing.TB, seed uint64, random *rand.Rand) *rig {
	t.Helper()
	r := newRig(t, &oracle.Generator{Seed: seed}, luaHead+`
gopiper.createPipeline({ gopiper.file{ paths = "in", resume = true }, gopiper.buffer{ name = "b" }, gopiper.file{ path = "out" } },
  { name = "p", max_messages = MAX })`, []string{"out"})
	r.feed(t, []int{4_000, 12_000, 12_000}[size()])
	for {
		p := r.start(t)
		if !eventually(patience, func() bool { return r.size() > 0 || p.endsWithin(0) }) {
			t.Fatalf("nothing has come: %s", p.said)
		}
		if !p.endsWithin(time.Duration(random.Int64N(int64(5 * time.Millisecond)))) {
			p.kill()
			break
		}
		if err := os.RemoveAll(r.path("state")); err != nil {
			t.Fatal(err)
		}
		if err := os.Truncate(r.path("out"), 0); err != nil {
			t.Fatal(err)
		}
	}
	copyTree(t, r.path("state"), r.path("killed"))
	copyFile(t, r.path("out"), r.path("killed.out"))
	return r
}

// TestStateGone deletes the state directory of a process that was killed: everything
// is read again, and nothing is lost.
func TestStateGone(t *testing.T) {
	t.Parallel()
	s := seed(t)
	r := killedRig(t, s, chance(s, "gone"))
	if err := os.RemoveAll(r.path("state")); err != nil {
		t.Fatal(err)
	}
	r.crashed()
	finish(t, r, false)
	if err := r.audit(t, oracle.Terms{Duplicates: int64(r.fed), Order: oracle.None}); err != nil {
		t.Errorf("seed %d: %v", s, err)
	}
}

// TestStateRefused runs pipelines with state directories that are no good: the error
// says what is wrong, names the directory, and nothing has been touched.
func TestStateRefused(t *testing.T) {
	t.Parallel()
	s := seed(t)
	for _, c := range []struct {
		name string
		make func(r *rig) error
		says string
	}{
		{"a file", func(r *rig) error { return os.WriteFile(r.path("state"), []byte("x"), 0o644) }, "is a file"},
		{"of others", func(r *rig) error {
			if err := os.Mkdir(r.path("state"), 0o755); err != nil {
				return err
			}
			return os.WriteFile(filepath.Join(r.path("state"), "important"), []byte("x"), 0o644)
		}, "important"},
		{"below nothing", func(r *rig) error {
			r.arguments = []string{"--state", "nosuch/state"}
			return nil
		}, "nosuch"},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := newRig(t, &oracle.Generator{Seed: s}, luaHead+topologies[0].script, []string{"out"})
			if err := c.make(r); err != nil {
				t.Fatal(err)
			}
			r.feed(t, 10)
			p := r.start(t)
			if !p.endsWithin(patience) || p.code() != 2 && p.code() != 1 || !strings.Contains(p.said.String(), c.says) {
				t.Errorf("it ends with %d; it should say %q: %s", p.code(), c.says, p.said)
			}
			if r.size() > 0 {
				t.Error("something was delivered")
			}
		})
	}
	t.Run("in use", func(t *testing.T) {
		r := newRig(t, &oracle.Generator{Seed: s}, luaHead+topologies[1].script, []string{"out"})
		r.feed(t, 10)
		first := r.start(t)
		through(t, r, first, "in the first process")
		second := r.start(t)
		if !second.endsWithin(patience) || second.code() == 0 || !strings.Contains(second.said.String(), fmt.Sprint(first.command.Process.Pid)) {
			t.Errorf("the second process ends with %d; it should name %d, which uses the directory: %s",
				second.code(), first.command.Process.Pid, second.said)
		}
		r.feed(t, 10)
		through(t, r, first, "after another has tried to use the directory")
	})
}
