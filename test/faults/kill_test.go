//go:build linux

package faults

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/gopiper/gopiper/control"
	"github.com/gopiper/gopiper/engine"
	"github.com/gopiper/gopiper/store"
	"github.com/gopiper/gopiper/test/faults/oracle"
)

// follower reads what is appended to a file, from where it stopped.
type follower struct {
	name string
	at   int64
}

// rest returns what is behind; took tells how much of it was used.
func (f *follower) rest(t testing.TB) []byte {
	t.Helper()
	file, err := os.Open(f.name)
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	if _, err := file.Seek(f.at, io.SeekStart); err != nil {
		t.Fatal(err)
	}
	content, err := io.ReadAll(file)
	if err != nil {
		t.Fatal(err)
	}
	return content
}

// size is how large the file is now.
func (f *follower) size() int64 {
	info, err := os.Stat(f.name)
	if err != nil {
		return 0
	}
	return info.Size()
}

// deliveries gives an account the lines that were appended to a file.
func (f *follower) deliveries(t testing.TB, a *oracle.Account) {
	t.Helper()
	f.at += int64(a.DeliveredLines(f.rest(t)))
}

// acknowledgements gives an account the numbers that were appended to a file.
func (f *follower) acknowledgements(t testing.TB, a *oracle.Account) {
	t.Helper()
	content := f.rest(t)
	for ; len(content) >= 8; content = content[8:] {
		a.Acked(binary.BigEndian.Uint64(content))
		f.at += 8
	}
}

// quarantined gives an account what the state directory of a process that has
// ended holds in quarantine.
func quarantined(t testing.TB, directory string, note func(engine.Quarantined)) {
	t.Helper()
	s, err := store.Open(directory, store.Options{ReadOnly: true})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if err := engine.NewQuarantine(s).List(func(q engine.Quarantined) bool {
		note(q)
		return true
	}); err != nil {
		t.Fatal(err)
	}
}

// killing kills processes at random moments: while they start, while they run, and
// while they end. A process that dies a second time before it has got far lets its
// messages through one at a time, which is slow. So most runs get as far as it takes,
// and after most deaths that come sooner a run ends in peace.
type killing struct {
	random   *rand.Rand
	start    func() *process
	died     func()        // called after each death
	window   time.Duration // after that much progress the kill comes within it
	progress func() int64  // how far it has come, in bytes
	enough   int64         // as much as makes up for an earlier death
	deaths   int
	early    bool // the last death came too soon
	phases   [3]int
}

// The phases of a process.
const (
	starting = iota
	running
	ending
)

// one runs a process and kills it; or it has ended by itself, which must be in peace.
func (k *killing) one() {
	if k.early && k.random.IntN(8) > 0 {
		k.peace()
	}
	before := k.progress()
	p := k.start()
	far := func() bool { return k.progress()-before > k.enough }
	phase, delay := running, time.Duration(k.random.Int64N(int64(k.window)))
	switch k.random.IntN(20) {
	case 0, 1, 2:
		phase, delay = starting, time.Duration(k.random.Int64N(int64(30*time.Millisecond)))
	case 3, 4:
		phase = ending
	}
	if phase != starting && !eventually(patience, func() bool { return far() || p.endsWithin(0) }) {
		p.t.Fatalf("it has come no further for %s: %s\n%s", patience, p.said, p.stacks())
	}
	over := p.endsWithin(delay)
	if !over && phase == ending {
		p.signal(syscall.SIGTERM)
		p.endsWithin(time.Duration(k.random.Int64N(int64(12 * time.Millisecond))))
	}
	p.kill()
	if p.code() != 128+int(syscall.SIGKILL) {
		k.ended(p)
		return
	}
	k.deaths++
	k.phases[phase]++
	k.early = !far()
	k.died()
}

// ended looks at how a process has ended by itself.
func (k *killing) ended(p *process) {
	// 4: something is in quarantine; 143: SIGTERM before anything was caught.
	if !slices.Contains([]int{0, 4, 128 + int(syscall.SIGTERM)}, p.code()) {
		p.t.Fatalf("it has ended with %d by itself: %s", p.code(), p.said)
	}
}

// peace lets a process start and end by SIGTERM.
func (k *killing) peace() {
	before := k.progress()
	p := k.start()
	runs := func() bool {
		return strings.Contains(p.said.String(), "the process died") || k.progress() > before || p.endsWithin(0)
	}
	if !eventually(patience, runs) {
		p.t.Fatalf("it neither says that the process died nor comes any further: %s", p.said)
	}
	p.signal(syscall.SIGTERM)
	if !p.endsWithin(patience) {
		p.t.Fatalf("it does not end: %s", p.said)
	}
	k.ended(p)
	k.early = false
}

func (k *killing) String() string {
	return fmt.Sprintf("%d kills: %d while starting, %d while running, %d while ending",
		k.deaths, k.phases[starting], k.phases[running], k.phases[ending])
}

// TestKillsOwn kills a program whose source keeps positions and whose sink and
// ledger of acknowledgements are its own.
func TestKillsOwn(t *testing.T) {
	t.Parallel()
	s := seed(t)
	topologies := []struct {
		name   string
		stages []string
		shares []oracle.Share
		order  oracle.Order
	}{
		{name: "plain", order: oracle.Total},
		{name: "workers", stages: []string{"workers"}, order: oracle.Total},
		{name: "buffer", stages: []string{"buffer"}, order: oracle.Total},
		{name: "fates", stages: []string{"buffer", "fates"}, shares: []oracle.Share{{Fate: oracle.Fail, PerMille: 10}, {Fate: oracle.Drop, PerMille: 100}, {Fate: oracle.Retry, PerMille: 5}}},
		{name: "keyed", stages: []string{"keyed", "buffer", "buffer"}, order: oracle.ByKey},
		{name: "unordered", stages: []string{"unordered"}},
	}
	kills := amount(t, "OWNKILLS")
	for i, topology := range topologies {
		t.Run(topology.name, func(t *testing.T) {
			random := chance(s, topology.name)
			c := &program{Dir: t.TempDir(), Seed: s, Until: 1 << 40, MaxMessages: 100, Batch: 64, Stages: topology.stages, Shares: topology.shares}
			a := oracle.NewAccount(c.generator())
			out, acks := follower{name: c.path("out")}, follower{name: c.path("acks")}
			k := killing{random: random, window: 40 * time.Millisecond, progress: out.size, enough: 130 * again(c.MaxMessages),
				start: func() *process { return c.start(t) }, died: a.Crashed}
			sections := int64(1)
			for _, s := range c.Stages {
				if s == "buffer" {
					sections++
				}
			}
			bound := sections * again(c.MaxMessages)
			for most := (kills + i) / len(topologies); k.deaths < most; {
				k.one()
				acks.acknowledgements(t, a)
				out.deliveries(t, a)
			}
			c.Until = uint64(a.Delivers()) + 3000
			p := c.start(t)
			if !p.endsWithin(patience) {
				t.Fatalf("it does not end, seed %d: %s", s, p.said)
			}
			if code := p.code(); code != 0 && code != 4 {
				t.Fatalf("it ends with %d, seed %d: %s", code, s, p.said)
			}
			acks.acknowledgements(t, a)
			out.deliveries(t, a)
			quarantined(t, c.path("state"), func(q engine.Quarantined) { a.Quarantined(q.Data) })
			totals, err := a.Audit(oracle.Terms{Originated: c.Until, Duplicates: bound, Order: topology.order, Poisoned: int64(k.deaths)})
			t.Logf("%s; %s", &k, totals)
			if err != nil {
				t.Errorf("seed %d: %v", s, err)
			}
		})
	}
}

// Lua that the scripts share.
const luaFates = `
local tried = {}
local function fates(msg)
  local fate = msg.data:match('"fate":"(%a+)"')
  if fate == "fail" then return 250, "on purpose" end
  if fate == "drop" then return gopiper.DROP end
  if fate == "retry" then
    local seq = msg.data:match('"seq":(%d+)')
    tried[seq] = (tried[seq] or 0) + 1
    if tried[seq] < 3 then return 100, "again" end
  end
end
`

const luaHead = `local gopiper = require("gopiper")
`

// topologies are the pipelines that are killed.
var topologies = []struct {
	name, script string
	sections     int64 // of the longest way to a sink
	order        oracle.Order
	fates        bool
	follows      bool
	repeats      bool
	rotates      bool // the file in is renamed now and then
	counts       bool // the state says how many messages of each key there were
	outs         [][]string
}{
	{name: "resume", sections: 1, order: oracle.Total, outs: [][]string{{"out"}}, script: `
gopiper.createPipeline({ gopiper.file{ paths = "in", resume = true }, gopiper.file{ path = "out" } },
  { name = "p", max_messages = MAX })`},
	{name: "follow", sections: 1, order: oracle.Total, follows: true, repeats: true, outs: [][]string{{"out"}}, script: `
gopiper.createPipeline({ gopiper.file{ paths = "in", follow = true }, gopiper.dedupe{ field = "seq" }, gopiper.file{ path = "out" } },
  { name = "p", max_messages = MAX })`},
	{name: "rotated", sections: 1, follows: true, rotates: true, outs: [][]string{{"out"}}, script: `
gopiper.createPipeline({ gopiper.file{ paths = "in*", follow = true, refresh = "10ms" }, gopiper.file{ path = "out" } },
  { name = "p", max_messages = MAX })`},
	{name: "buffer", sections: 2, order: oracle.Total, outs: [][]string{{"out"}}, script: `
gopiper.createPipeline({ gopiper.file{ paths = "in", resume = true }, gopiper.buffer{ name = "b", max_size = "64KiB" }, gopiper.file{ path = "out" } },
  { name = "p", max_messages = MAX })`},
	{name: "everything", sections: 2, fates: true, repeats: true, outs: [][]string{{"all"}, {"few", "many"}}, script: luaFates + `
gopiper.createPipeline({
  gopiper.file{ paths = "in", resume = true },
  gopiper.buffer{ name = "b", max_size = "64KiB" },
  gopiper.dedupe{ field = "seq" },
  gopiper.func{ fates, retry = { initial = "1ms", max = "2ms" } },
  gopiper.branch{
    { gopiper.file{ path = "all" } },
    { gopiper.switch{
        { when = function(msg) return msg.data:find('"key":"k3"', 1, true) end, gopiper.file{ path = "few" } },
        { gopiper.file{ path = "many" } },
    } },
  },
}, { name = "p", max_messages = MAX })`},
	{name: "workers", sections: 1, order: oracle.Total, outs: [][]string{{"out"}}, script: `
gopiper.createPipeline({ gopiper.file{ paths = "in", resume = true }, gopiper.func{ function(msg) end, workers = 4 }, gopiper.file{ path = "out" } },
  { name = "p", max_messages = MAX })`},
	{name: "keyed", sections: 2, order: oracle.ByKey, outs: [][]string{{"out"}}, script: `
gopiper.createPipeline({ gopiper.file{ paths = "in", resume = true },
  gopiper.func{ function(msg) end, workers = 4, order = "key", order_by = function(msg) return msg.data:match('"key":"(k%d+)"') end },
  gopiper.buffer{ name = "b" }, gopiper.file{ path = "out", sync = false } },
  { name = "p", max_messages = MAX })`},
	{name: "unordered", sections: 1, outs: [][]string{{"out"}}, script: `
gopiper.createPipeline({ gopiper.file{ paths = "in", resume = true }, gopiper.func{ function(msg) end, workers = 4, order = "none" }, gopiper.file{ path = "out" } },
  { name = "p", max_messages = MAX })`},
	{name: "state", sections: 1, order: oracle.Total, counts: true, outs: [][]string{{"out"}}, script: luaCounts("gopher-lua")},
	{name: "state on LuaJIT", sections: 1, order: oracle.Total, counts: true, outs: [][]string{{"out"}}, script: luaCounts("luajit")},
}

// luaCounts is a pipeline that counts the messages of each key in its state, and says
// at its end how many there were.
func luaCounts(engine string) string {
	return `
gopiper.createPipeline({ gopiper.file{ paths = "in", resume = true }, {
  engine = "` + engine + `", stateful = true,
  handle = function(msg) gopiper.state.add(msg.data:match('"key":"(k%d+)"'), 1) end,
  close = function()
    local keys = gopiper.state.keys()
    table.sort(keys)
    for i, key in ipairs(keys) do keys[i] = key .. "=" .. gopiper.state.get(key) end
    print("counted " .. table.concat(keys, " "))
  end,
}, gopiper.file{ path = "out" } },
  { name = "p", max_messages = MAX })`
}

// counted is what the state should say: a message that came twice counts once, and one
// in quarantine does not.
func (r *rig) counted(t testing.TB) string {
	t.Helper()
	counts := map[string]int{}
	count := func(data []byte, n int) {
		_, rest, _ := strings.Cut(string(data), `"key":"`)
		key, _, _ := strings.Cut(rest, `"`)
		counts[key] += n
	}
	for seq := range r.fed {
		count(r.generator.Append(nil, seq), 1)
	}
	quarantined(t, r.path("state"), func(q engine.Quarantined) { count(q.Data, -1) })
	text := "counted"
	for _, key := range slices.Sorted(maps.Keys(counts)) {
		text += fmt.Sprintf(" %s=%d", key, counts[key])
	}
	return text
}

// TestKills kills gopiper while it runs the pipelines of scripts.
func TestKills(t *testing.T) {
	t.Parallel()
	s := seed(t)
	kills := amount(t, "KILLS")
	for i, topology := range topologies {
		t.Run(topology.name, func(t *testing.T) {
			random := chance(s, topology.name)
			g := &oracle.Generator{Seed: s}
			if topology.fates {
				g.Shares = []oracle.Share{{Fate: oracle.Fail, PerMille: 10}, {Fate: oracle.Drop, PerMille: 50}, {Fate: oracle.Retry, PerMille: 5}}
			}
			r := newRig(t, g, luaHead+topology.script, topology.outs...)
			r.repeats = topology.repeats
			bound := topology.sections * again(r.most)
			k := killing{random: random, window: 40 * time.Millisecond, progress: r.size, enough: 130 * again(r.most),
				died: r.crashed}
			rotations := 0
			k.start = func() *process {
				p := r.start(t)
				if topology.rotates && random.IntN(4) == 0 {
					p.endsWithin(time.Duration(random.Int64N(int64(60 * time.Millisecond))))
					rotations++
					rotate(t, r, rotations)
				}
				return p
			}
			for most := (kills + i) / len(topologies); k.deaths < most; {
				// What is there to come makes sure that it does not end, except now and then.
				if missing := 20_000 + r.delivered() - int(r.fed); missing > 0 {
					r.feed(t, missing)
				}
				k.one()
				r.collect(t)
			}
			last := finish(t, r, topology.follows)
			t.Log(&k)
			if want := r.counted(t); topology.counts && !strings.Contains(last.said.String(), want+"\n") {
				t.Errorf("seed %d: the state says %q, want %q", s, last.said, want)
			}
			if err := r.audit(t, oracle.Terms{Duplicates: bound, Order: topology.order, Poisoned: int64(k.deaths)}); err != nil {
				t.Errorf("seed %d: %v", s, err)
			}
		})
	}
}

// rotate renames the file in and begins a new one.
func rotate(t testing.TB, r *rig, number int) {
	t.Helper()
	if err := os.Rename(r.path("in"), r.path(fmt.Sprintf("in.%04d", number))); err != nil {
		t.Fatal(err)
	}
	r.write(t, "in", "")
	r.feed(t, 3000)
}

// finish runs the pipeline of a rig until all has come through.
func finish(t testing.TB, r *rig, follows bool) *process {
	t.Helper()
	p := r.start(t)
	if follows {
		want := r.due
		through := func() bool { r.collect(t); return r.delivered() >= want || p.endsWithin(0) }
		// Some may be in quarantine: then it is enough that nothing comes any more.
		eventually(patience, through)
		r.stop(t, p)
	}
	if !p.endsWithin(patience) {
		t.Fatalf("it does not end: %s", p.said)
	}
	if code := p.code(); code != 0 && code != 4 {
		t.Fatalf("it ends with %d: %s", code, p.said)
	}
	return p
}

// stop sends SIGTERM to a process once its pipelines run.
func (r *rig) stop(t testing.TB, p *process) {
	t.Helper()
	r.runs(t, p)
	p.signal(syscall.SIGTERM)
}

// runs waits until a process runs its pipelines: before, a signal would end it at once.
func (r *rig) runs(t testing.TB, p *process) {
	t.Helper()
	runs := func() bool {
		client, err := control.Dial(t.Context(), r.path("state"))
		if err != nil {
			return p.endsWithin(0)
		}
		status, err := client.Status(t.Context())
		begun := func(state string) bool { return state != "" && state != "starting" }
		return err == nil && slices.ContainsFunc(slices.Collect(maps.Values(status.Pipelines)), begun) || p.endsWithin(0)
	}
	if !eventually(patience, runs) {
		t.Fatalf("it does not begin: %s", p.said)
	}
}
