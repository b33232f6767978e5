//go:build linux

package faults

import (
	"fmt"
	"os"
	"syscall"
	"testing"
	"time"

	"github.com/gopiper/gopiper/test/faults/oracle"
)

// goodScript is the pipeline that is reloaded; every version differs.
func goodScript(version int) string {
	return luaHead + fmt.Sprintf(`
local version = %d
local function same(msg) if version < 0 then return gopiper.DROP end end
gopiper.createPipeline({
  gopiper.file{ paths = "in", follow = true, refresh = "20ms" },
  gopiper.func{ same, workers = %d },
  gopiper.buffer{ name = "b", max_size = "256KiB" },
  gopiper.dedupe{ name = "d", field = "seq", max_keys = %d },
  gopiper.file{ path = "out" },
}, { name = "p", max_messages = %d })
`, version, 1+version%3, 1_000_000+version, 100+version)
}

// brokenScripts are the ways in which a new version may be no good.
var brokenScripts = []string{
	"this is no Lua",
	luaHead + `error("on purpose")`,
	luaHead + `gopiper.createPipeline({ gopiper.file{ paths = "in" }, gopiper.nosuch{} })`,
	luaHead + `gopiper.createPipeline({ gopiper.file{ pahts = "in" }, gopiper.file{ path = "out" } })`,
	luaHead + `gopiper.createPipeline({ gopiper.file{ paths = "in" } , gopiper.buffer{}, gopiper.file{ path = "out" } })`,
	"",
	luaHead + `require("nosuch")`,
}

// TestReloads reloads scripts under load, half of which are broken: nothing is lost,
// nothing comes twice, and what runs goes on when the new one is no good.
func TestReloads(t *testing.T) {
	t.Parallel()
	s := seed(t)
	reloads := amount(t, "RELOADS")
	random := chance(s, "reloads")
	r := newRig(t, &oracle.Generator{Seed: s}, goodScript(0), []string{"out"})
	r.repeats = true
	r.feed(t, 2000)
	p := r.start(t)
	through(t, r, p, "before the first reload")
	good, bad := 0, 0
	for i := range reloads {
		if i%10 == 0 {
			t.Logf("after %d: %d files, %d MB", i, p.descriptors(), p.resident()>>20)
		}
		said := p.said.count("reloaded")
		broken := i%2 == 1
		if broken {
			replaceFile(t, r, brokenScripts[random.IntN(len(brokenScripts))])
			bad++
		} else {
			replaceFile(t, r, goodScript(i+1))
			good++
		}
		r.feed(t, random.IntN(3000))
		if p.endsWithin(time.Duration(random.Int64N(int64(20 * time.Millisecond)))) {
			t.Fatalf("reload %d, seed %d: it has ended with %d: %s", i, s, p.code(), p.said)
		}
		p.signal(syscall.SIGHUP)
		if !eventually(patience, func() bool { return p.said.count("reloaded") > said || p.endsWithin(0) }) || p.endsWithin(0) {
			t.Fatalf("reload %d (broken: %t), seed %d: nothing is said of it: %s", i, broken, s, p.said)
		}
		r.collect(t)
	}
	if n, m := p.said.count(`msg="reloaded"`)+p.said.count("msg=reloaded"), p.said.count("not reloaded"); n != good || m != bad {
		t.Errorf("seed %d: %d were reloaded and %d refused; %d were good and %d broken", s, n, m, good, bad)
	}
	through(t, r, p, "after the reloads")
	descriptors := p.descriptors()
	t.Logf("%d reloads, %d refusals, %d descriptors, %d MB", good, bad, descriptors, p.resident()>>20)
	if descriptors > 60 {
		t.Errorf("it has %d files open at the end", descriptors)
	}
	p.signal(syscall.SIGTERM)
	if !p.endsWithin(patience) || p.code() != 0 {
		t.Fatalf("it does not end in peace, seed %d: %s", s, p.said)
	}
	if err := r.audit(t, oracle.Terms{Order: oracle.Total}); err != nil {
		t.Errorf("seed %d: %v", s, err)
	}
}

// replaceFile puts a new script in the place of the old one at once.
func replaceFile(t testing.TB, r *rig, script string) {
	t.Helper()
	r.write(t, "new.lua", script)
	if err := os.Rename(r.path("new.lua"), r.path("pipeline.lua")); err != nil {
		t.Fatal(err)
	}
}
