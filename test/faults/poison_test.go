//go:build linux

package faults

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/gopiper/gopiper/engine"
	"github.com/gopiper/gopiper/plan"
	"github.com/gopiper/gopiper/test/faults/oracle"
)

// poisoned are the pipelines in which messages end the process.
var poisoned = []struct {
	name   string
	stages []string
	poison func(most int64) []uint64
	deaths int // in all
}{
	{"one", []string{"poison"}, func(int64) []uint64 { return []uint64{333} }, 3},
	{"one behind a buffer", []string{"buffer", "poison"}, func(int64) []uint64 { return []uint64{333} }, 3},
	{"one before a buffer", []string{"poison", "buffer"}, func(int64) []uint64 { return []uint64{333} }, 3},
	{"the first", []string{"poison"}, func(int64) []uint64 { return []uint64{0} }, 3},
	{"one behind several workers", []string{"workers", "poison"}, func(int64) []uint64 { return []uint64{50} }, 3},
	// With the second one known to be near, its third death is enough.
	{"two in a window", []string{"buffer", "poison"}, func(int64) []uint64 { return []uint64{40, 45} }, 4},
	{"two in a row", []string{"poison"}, func(int64) []uint64 { return []uint64{40, 41} }, 4},
	{"two far from each other", []string{"poison"}, func(most int64) []uint64 { return []uint64{40, uint64(40 + 4*(most+plan.DefaultBatch))} }, 6},
}

// TestPoison sends messages that end the process through pipelines: they are found,
// and nothing else is lost.
func TestPoison(t *testing.T) {
	t.Parallel()
	s := seed(t)
	times := amount(t, "POISONS")
	for _, c := range poisoned {
		t.Run(c.name, func(t *testing.T) {
			for i := range times {
				p := &program{Dir: t.TempDir(), Seed: s + uint64(i), Until: 4000, MaxMessages: 100, Batch: 64, Stages: c.stages}
				p.Poison = c.poison(p.MaxMessages)
				a := oracle.NewAccount(p.generator())
				deaths := 0
				for {
					run := p.start(t)
					if !run.endsWithin(patience) {
						t.Fatalf("it does not end, seed %d: %s", s, run.said)
					}
					if code := run.code(); code == 0 || code == 4 {
						break
					}
					a.Crashed()
					if deaths++; deaths > 3*len(p.Poison) {
						t.Fatalf("it died %d times, seed %d: %s", deaths, s, run.said)
					}
				}
				sections := int64(1 + strings.Count(strings.Join(c.stages, " "), "buffer"))
				out, acks := follower{name: p.path("out")}, follower{name: p.path("acks")}
				out.deliveries(t, a)
				acks.acknowledgements(t, a)
				var caught []uint64
				quarantined(t, p.path("state"), func(q engine.Quarantined) {
					seq, _ := p.generator().Parse(q.Data)
					caught = append(caught, seq)
					a.Quarantined(q.Data)
					if q.Status != engine.StatusPoison {
						t.Errorf("message %d is in quarantine with %d: %s", seq, q.Status, q.Description)
					}
				})
				// What is caught may come again, as everything may, when the next one ends the process.
				slices.Sort(caught)
				if caught = slices.Compact(caught); !slices.Equal(caught, p.Poison) {
					t.Errorf("%v are in quarantine, seed %d; %v end the process", caught, s, p.Poison)
				}
				if deaths != c.deaths {
					t.Errorf("it died %d times, seed %d; %d were to be expected", deaths, s, c.deaths)
				}
				if _, err := a.Audit(oracle.Terms{Originated: p.Until, Poisoned: int64(len(p.Poison)), Order: oracle.Total,
					Duplicates: sections * again(p.MaxMessages)}); err != nil {
					t.Errorf("seed %d: %v", s, err)
				}
			}
		})
	}
}

// TestPoisonAmongKills kills a process in which messages end it, so that it is not
// always they that were in flight: once the kills stop, they are found all the same.
func TestPoisonAmongKills(t *testing.T) {
	t.Parallel()
	s := seed(t)
	for i := range 2 * amount(t, "POISONS") {
		random := chance(s, fmt.Sprint("poison", i))
		p := &program{Dir: t.TempDir(), Seed: s + uint64(i), Until: 2000, MaxMessages: 100, Batch: 64,
			Stages: [][]string{{"poison"}, {"buffer", "poison"}, {"poison", "buffer"}, {"workers", "poison"}}[i%4]}
		p.Poison = []uint64{uint64(random.IntN(300)), 300 + uint64(random.IntN(300))}
		a := oracle.NewAccount(p.generator())
		deaths := int64(0)
		for kills := 8; ; kills-- {
			run := p.start(t)
			if kills > 0 && !run.endsWithin(30*time.Millisecond+time.Duration(random.Int64N(int64(80*time.Millisecond)))) {
				run.kill()
			}
			if !run.endsWithin(patience) {
				t.Fatalf("it does not end, seed %d, %d: %s", s, i, run.said)
			}
			if code := run.code(); code == 0 || code == 4 {
				break
			}
			a.Crashed()
			if deaths++; kills < -3*len(p.Poison) {
				t.Fatalf("seed %d, %d: it has died %d times, %d of them after the last kill: %s", s, i, deaths, -kills, run.said)
			}
		}
		out := follower{name: p.path("out")}
		out.deliveries(t, a)
		caught := map[uint64]bool{}
		quarantined(t, p.path("state"), func(q engine.Quarantined) {
			seq, _ := p.generator().Parse(q.Data)
			caught[seq] = true
			a.Quarantined(q.Data)
		})
		for _, seq := range p.Poison {
			if !caught[seq] {
				t.Errorf("seed %d, %d: message %d ends the process and is not in quarantine: %v", s, i, seq, caught)
			}
		}
		if _, err := a.Audit(oracle.Terms{Originated: p.Until, Poisoned: deaths + 2, Order: oracle.Total,
			Duplicates: 2 * again(p.MaxMessages)}); err != nil {
			t.Errorf("seed %d, %d: %v", s, i, err)
		}
	}
}

// buildPlugin builds the plugin that ends the process, as the program is built.
func buildPlugin(t testing.TB, directory string) string {
	t.Helper()
	path := filepath.Join(directory, "poison.so")
	command := exec.Command("go", "build", "-trimpath", "-buildmode=plugin", "-o", path, "./test/faults/plugin/poison")
	command.Dir = "../.."
	command.Env = append(os.Environ(), "CGO_ENABLED=1")
	if output, err := command.CombinedOutput(); err != nil {
		t.Fatalf("%s: %v\n%s", command, err, output)
	}
	return path
}

// TestPoisonSupervised lets gopiper run --supervise find a message that ends the
// process in a plugin, without a hand; and find it again when it is replayed.
func TestPoisonSupervised(t *testing.T) {
	t.Parallel()
	s := seed(t)
	g := &oracle.Generator{Seed: s}
	r := newRig(t, g, "", []string{"out"})
	r.write(t, "pipeline.lua", luaHead+`
gopiper.createPipeline({ gopiper.file{ paths = "in", resume = true },
  gopiper.loadComponent("`+buildPlugin(t, r.dir)+`", { contains = '"seq":333,' }),
  gopiper.file{ path = "out" } }, { name = "p", max_messages = `+strconv.FormatInt(r.most, 10)+` })`)
	r.arguments = []string{"--supervise"}
	r.feed(t, 2000)
	for _, round := range []string{"at first", "when it is replayed"} {
		p := r.start(t)
		if !p.endsWithin(patience) {
			t.Fatalf("%s it does not end, seed %d: %s", round, s, p.said)
		}
		if p.code() != 4 && p.code() != 0 {
			t.Fatalf("%s it ends with %d, seed %d: %s", round, p.code(), s, p.said)
		}
		if n := p.said.count("it is started again"); n != 3 {
			t.Errorf("%s the process died %d times, not 3: %s", round, n, p.said)
		}
		for range 3 {
			r.crashed()
		}
		n := 0
		quarantined(t, r.path("state"), func(q engine.Quarantined) {
			n++
			if seq, _ := g.Parse(q.Data); seq != 333 || q.Replaying {
				t.Errorf("%s message %d is in quarantine, to be replayed: %t", round, seq, q.Replaying)
			}
		})
		if n != 1 {
			t.Fatalf("%s %d messages are in quarantine", round, n)
		}
		if round == "at first" {
			if output, err := r.command(t, "quarantine", "replay", "--state", "state", "--pipeline", "p").CombinedOutput(); err != nil {
				t.Fatalf("replay: %v\n%s", err, output)
			}
		}
	}
	if err := r.audit(t, oracle.Terms{Poisoned: 1, Duplicates: again(r.most), Order: oracle.Total}); err != nil {
		t.Errorf("seed %d: %v", s, err)
	}
}
