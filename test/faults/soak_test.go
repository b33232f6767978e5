//go:build linux

package faults

import (
	"fmt"
	"math/rand/v2"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/gopiper/gopiper/test/faults/oracle"
)

// soak is a pipeline under a steady load to which something happens every few
// seconds.
type soak struct {
	t       *testing.T
	seed    uint64
	random  *rand.Rand
	r       *rig
	p       *process
	version int
	counts  map[string]int
	deaths  int64

	residents   []int64 // at most, for each fault
	descriptors int
	longest     time.Duration // until what was fed had arrived after a fault
	rotated     int
}

// soakScript is the pipeline; every version differs.
func soakScript(version int) string {
	return luaHead + luaFates + fmt.Sprintf(`
gopiper.createPipeline({
  gopiper.file{ paths = "in", follow = true, refresh = "100ms" },
  gopiper.buffer{ name = "b", max_size = "8MiB" },
  gopiper.dedupe{ name = "d", field = "seq", max_keys = %d },
  gopiper.func{ fates, retry = { initial = "1ms", max = "2ms" } },
  gopiper.file{ path = "out/out" },
}, { name = "p", max_messages = %d, drain_timeout = "3s" })
`, 200_000+version, 100+version%10)
}

// faults are what happens, by chance.
var faults = []struct {
	name string
	do   func(*soak)
}{
	{"kill -9", func(s *soak) { s.p.kill(); s.died(); s.p = s.r.start(s.t) }},
	{"kill -9 soon after kill -9", func(s *soak) {
		s.p.kill()
		s.died()
		s.p = s.r.start(s.t)
		s.p.endsWithin(time.Duration(s.random.Int64N(int64(50 * time.Millisecond))))
		s.p.kill()
		s.died()
		s.p = s.r.start(s.t)
	}},
	{"SIGTERM", func(s *soak) {
		s.p.signal(syscall.SIGTERM)
		if !s.p.endsWithin(patience) {
			s.t.Fatalf("it does not end: %s", s.p.said)
		}
		switch s.p.code() {
		case 0, 4:
		case 3:
			s.died()
		default:
			s.t.Fatalf("it ends with %d: %s", s.p.code(), s.p.said)
		}
		s.p = s.r.start(s.t)
	}},
	{"reload", func(s *soak) {
		s.version++
		replaceFile(s.t, s.r, soakScript(s.version))
		s.p.signal(syscall.SIGHUP)
	}},
	{"broken reload", func(s *soak) {
		replaceFile(s.t, s.r, brokenScripts[s.random.IntN(len(brokenScripts))])
		refused := s.p.said.count("not reloaded")
		s.p.signal(syscall.SIGHUP)
		if !eventually(patience, func() bool { return s.p.said.count("not reloaded") > refused }) {
			s.t.Fatalf("nothing is said of a broken script: %s", s.p.said)
		}
		replaceFile(s.t, s.r, soakScript(s.version))
	}},
	{"full state disk", func(s *soak) { s.fill("state") }},
	{"full sink disk", func(s *soak) { s.fill("out") }},
	{"SIGSTOP", func(s *soak) {
		s.p.signal(syscall.SIGSTOP)
		s.p.endsWithin(2 * time.Second)
		s.p.signal(syscall.SIGCONT)
	}},
}

func (s *soak) died() {
	s.deaths++
	s.r.crashed()
}

// fill fills a disk for two seconds.
func (s *soak) fill(on string) {
	free := fillUp(s.t, s.r.path(on))
	s.p.endsWithin(2 * time.Second)
	free()
}

// TestSoak runs a pipeline under load for long, with a fault every few seconds.
func TestSoak(t *testing.T) {
	t.Parallel()
	lasts := duration(t, "SOAK")
	s := &soak{t: t, seed: seed(t), counts: map[string]int{}}
	s.random = chance(s.seed, "soak")
	s.r = newRig(t, &oracle.Generator{Seed: s.seed, Shares: []oracle.Share{
		{Fate: oracle.Fail, PerMille: 1}, {Fate: oracle.Drop, PerMille: 20}, {Fate: oracle.Retry, PerMille: 2}}}, soakScript(0), []string{"out/out"})
	mountSmall(t, s.r.path("state"), 192<<20)
	mountSmall(t, s.r.path("out"), 192<<20)
	s.r.repeats = true
	s.r.feed(t, 100)
	s.p = s.r.start(t)
	s.recover("the start")
	pause := min(5*time.Second, lasts/8)
	for began := time.Now(); time.Since(began) < lasts; {
		s.load(pause)
		fault := faults[s.random.IntN(len(faults))]
		s.counts[fault.name]++
		// For much to be in flight; files are looked at every 200 ms.
		s.r.feed(t, s.random.IntN(8000))
		s.p.endsWithin(time.Duration(s.random.Int64N(int64(400 * time.Millisecond))))
		fault.do(s)
		s.recover(fault.name)
		s.rotate()
	}
	s.recover("all of it")
	s.p.signal(syscall.SIGTERM)
	if !s.p.endsWithin(patience) {
		t.Fatalf("it does not end, seed %d: %s", s.seed, s.p.said)
	}
	t.Logf("%v; %d deaths, %d MB, %d files at most, recovered within %s, %d rotations",
		s.counts, s.deaths, maximum(s.residents)>>20, s.descriptors, s.longest.Round(time.Millisecond), s.rotated)
	if err := s.r.audit(t, oracle.Terms{Duplicates: 2 * again(110), Poisoned: s.deaths, Order: oracle.Total}); err != nil {
		t.Errorf("seed %d: %v", s.seed, err)
	}
	s.judge()
}

// load feeds messages for a while, and looks at the process.
func (s *soak) load(lasts time.Duration) {
	s.t.Helper()
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	most := int64(0)
	for began := time.Now(); time.Since(began) < lasts; {
		<-tick.C
		s.r.feed(s.t, 20+s.random.IntN(100))
		s.r.collect(s.t)
		most = max(most, s.p.resident())
		s.descriptors = max(s.descriptors, s.p.descriptors())
		if s.p.endsWithin(0) {
			s.t.Fatalf("seed %d: it has ended with %d by itself: %s", s.seed, s.p.code(), s.p.said)
		}
	}
	s.residents = append(s.residents, most)
}

// recover waits until everything that was fed so far has arrived. What is in
// quarantine though it was not to fail cannot arrive: there is one a death at most.
func (s *soak) recover(from string) {
	s.t.Helper()
	began := time.Now()
	want := s.r.due - int(s.deaths)
	arrives := func() bool { s.r.collect(s.t); return s.r.delivered() >= want || s.p.endsWithin(0) }
	if !eventually(patience, arrives) || s.p.endsWithin(0) {
		s.t.Fatalf("seed %d: it does not recover from %s: %d of %d messages have arrived: %s", s.seed, from, s.r.delivered(), want, s.p.said)
	}
	s.longest = max(s.longest, time.Since(began))
}

// rotate renames the files when they are large: in a run of hours they would fill
// the disk.
func (s *soak) rotate() {
	s.t.Helper()
	out := s.r.sinks[0].files[0]
	if out.size() < 48<<20 {
		return
	}
	s.rotated++
	old := s.r.path("out/old")
	if err := os.Rename(out.name, old); err != nil {
		s.t.Fatal(err)
	}
	s.r.runs(s.t, s.p)
	s.p.signal(syscall.SIGUSR1)
	s.r.feed(s.t, 50) // some are dropped
	for !eventually(patience, func() bool { return out.size() > 0 }) {
		s.t.Fatalf("seed %d: nothing is written to a new file: %s", s.seed, s.p.said)
	}
	last := follower{name: old, at: out.at}
	last.deliveries(s.t, s.r.sinks[0].account)
	out.at = 0
	if err := os.Remove(old); err != nil {
		s.t.Fatal(err)
	}
	_ = os.Remove(s.r.path("in.old"))
	if err := os.Rename(s.r.path("in"), s.r.path("in.old")); err != nil {
		s.t.Fatal(err)
	}
	s.r.write(s.t, "in", "")
}

// judge looks at memory and descriptors: they must be in the last quarter as they
// were in the first.
func (s *soak) judge() {
	s.t.Helper()
	quarter := max(1, len(s.residents)/4)
	first, last := maximum(s.residents[:quarter]), maximum(s.residents[len(s.residents)-quarter:])
	if last > first+first/2+(48<<20) {
		s.t.Errorf("seed %d: it had %d MB of memory in the first quarter, and %d in the last", s.seed, first>>20, last>>20)
	}
	if s.descriptors > 100 {
		s.t.Errorf("seed %d: it had %d files open", s.seed, s.descriptors)
	}
	if strings.Contains(s.p.said.all(), "goroutines are left behind") {
		s.t.Errorf("seed %d: goroutines were left behind: %s", s.seed, s.p.said)
	}
}

func maximum(list []int64) (most int64) {
	for _, n := range list {
		most = max(most, n)
	}
	return most
}
