//go:build linux

package faults

import (
	"os"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/gopiper/gopiper/test/faults/oracle"
)

// reader reads a named pipe that a file sink writes to, as fast as it is told to.
type reader struct {
	file *os.File
	mu   sync.Mutex
	text []byte // what was read and is not whole lines yet
	read int64  // bytes
	sink *sinkFile
	stop chan struct{}
	over sync.WaitGroup
}

// openPipe makes a named pipe, which holds 64 KiB, and opens both ends of it, so
// that nobody waits for the other.
func openPipe(t testing.TB, name string, sink *sinkFile) *reader {
	t.Helper()
	if err := syscall.Mkfifo(name, 0o600); err != nil {
		t.Fatal(err)
	}
	file, err := os.OpenFile(name, os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	r := &reader{file: file, sink: sink, stop: make(chan struct{})}
	t.Cleanup(func() { r.file.Close() })
	return r
}

// slowly reads a little every millisecond until finish is called.
func (r *reader) slowly(bytes int) {
	r.over.Go(func() {
		tick := time.NewTicker(time.Millisecond)
		defer tick.Stop()
		for {
			select {
			case <-tick.C:
				r.take(bytes)
			case <-r.stop:
				return
			}
		}
	})
}

// take takes up to so many bytes, if there are any.
func (r *reader) take(bytes int) {
	_ = r.file.SetReadDeadline(time.Now().Add(5 * time.Millisecond))
	part := make([]byte, bytes)
	n, _ := r.file.Read(part)
	r.mu.Lock()
	defer r.mu.Unlock()
	r.read += int64(n)
	r.text = append(r.text, part[:n]...)
	r.text = r.text[r.sink.account.DeliveredLines(r.text):]
}

// taken is how many bytes were read.
func (r *reader) taken() int64 {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.read
}

// holds is how many bytes the pipe holds.
func (r *reader) holds() (n int) {
	raw, err := r.file.SyscallConn()
	if err != nil {
		return 0
	}
	_ = raw.Control(func(fd uintptr) { n, _ = unix.IoctlGetInt(int(fd), unix.TIOCINQ) })
	return n
}

// finish takes the rest, once nobody writes any more. A part of a message at the end
// was not confirmed.
func (r *reader) finish() {
	close(r.stop)
	r.over.Wait()
	for r.holds() > 0 {
		r.take(64 << 10)
	}
}

// stops are the sinks that are up, slow, down or hung while the process is stopped.
var stops = []struct {
	name string
	// prepare makes the file out what it is to be. It returns what tells that a
	// process has come as far as the sink, and what makes it a file again.
	prepare func(t testing.TB, r *rig) (reached func(*process) bool, heal func())
}{
	{"up", func(_ testing.TB, r *rig) (func(*process) bool, func()) {
		return func(*process) bool { return r.size() > 0 }, func() {}
	}},
	{"slow", func(t testing.TB, r *rig) (func(*process) bool, func()) { return piped(t, r, 2<<10) }},
	{"hung", func(t testing.TB, r *rig) (func(*process) bool, func()) { return piped(t, r, 0) }},
	{"down", func(t testing.TB, r *rig) (func(*process) bool, func()) {
		if err := os.Symlink("/dev/full", r.path("out")); err != nil {
			t.Fatal(err)
		}
		return func(p *process) bool { return strings.Contains(p.said.String(), "no space left") },
			func() { os.Remove(r.path("out")) }
	}},
}

// piped makes the file out a named pipe from which so much is read in a millisecond.
func piped(t testing.TB, r *rig, bytes int) (reached func(*process) bool, heal func()) {
	pipe := openPipe(t, r.path("out"), r.sinks[0])
	if bytes > 0 {
		pipe.slowly(bytes)
	}
	return func(*process) bool { return pipe.holds() > 0 || r.delivered() > 0 }, func() {
		pipe.finish()
		os.Remove(r.path("out"))
		r.sinks[0].files[0].at = 0
	}
}

// TestStops stops gopiper by SIGTERM under load.
func TestStops(t *testing.T) {
	t.Parallel()
	s := seed(t)
	times := amount(t, "SIGNALS")
	for _, with := range []string{"", `gopiper.buffer{ name = "b" }, `} {
		for _, sink := range stops {
			name := sink.name
			if with != "" {
				name += " behind a buffer"
			}
			t.Run(name, func(t *testing.T) {
				random := chance(s, name)
				for i := range times {
					r := newRig(t, &oracle.Generator{Seed: s + uint64(i)}, luaHead+`
gopiper.createPipeline({ gopiper.file{ paths = "in", resume = true }, `+with+`gopiper.file{ path = "out" } },
  { name = "p", max_messages = MAX, drain_timeout = "500ms" })`, []string{"out"})
					r.feed(t, 8_000)
					reached, heal := sink.prepare(t, r)
					p := r.start(t)
					if !eventually(patience, func() bool { return reached(p) || p.endsWithin(0) }) {
						t.Fatalf("nothing has reached the sink, seed %d: %s", s, p.said)
					}
					delay := time.Duration(random.Int64N(int64(60 * time.Millisecond)))
					twice := i%2 == 1 && sink.name != "up"
					if !p.endsWithin(delay) {
						stopped := time.Now()
						p.signal(syscall.SIGTERM)
						if twice {
							if !p.endsWithin(50 * time.Millisecond) {
								p.signal(syscall.SIGTERM)
							}
						}
						if !p.endsWithin(patience) {
							t.Fatalf("it does not end, seed %d: %s", s, p.said)
						}
						checkStop(t, p, time.Since(stopped), twice)
					}
					heal()
					r.crashed() // what was not settled comes again
					finish(t, r, false)
					if err := r.audit(t, oracle.Terms{Duplicates: 2 * again(r.most)}); err != nil {
						t.Fatalf("seed %d: %v", s, err)
					}
				}
			})
		}
	}
}

// checkStop looks at how and how fast a process has ended that was asked to.
func checkStop(t *testing.T, p *process, took time.Duration, twice bool) {
	t.Helper()
	// The deadline, a second, and one more for a machine that is busy.
	codes, most := []int{0, 3}, 2500*time.Millisecond
	if twice {
		codes = append(codes, 128+int(syscall.SIGTERM))
	}
	if !slices.Contains(codes, p.code()) {
		t.Fatalf("it ends with %d: %s", p.code(), p.said)
	}
	if took > most {
		t.Errorf("it took %s to end, with %d; the deadline of the drain is 500ms, and %t is that a second signal came", took, p.code(), twice)
	}
}
