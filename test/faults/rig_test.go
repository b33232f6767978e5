//go:build linux

package faults

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gopiper/gopiper/engine"
	"github.com/gopiper/gopiper/plan"
	"github.com/gopiper/gopiper/test/faults/oracle"
)

// rig is a pipeline of a script that gopiper runs in a directory: from the file in
// to the files of its sinks. What was written to the file in, all of it, is what
// must come through.
type rig struct {
	dir       string
	generator *oracle.Generator
	script    string   // Lua; MAX stands for max_messages
	arguments []string // of gopiper run, beside --state and the script
	prefix    []string // of the command line, such as strace
	most      int64    // max_messages
	repeats   bool     // some lines are written twice: the pipeline drops the second
	fed       uint64   // the number of the next message
	due       int      // messages that shall arrive
	sinks     []*sinkFile
}

// sinkFile is the files that together get every message once.
type sinkFile struct {
	files   []*follower
	account *oracle.Account
}

// newRig makes a rig in a new directory. outs names the files of each sink.
func newRig(t testing.TB, g *oracle.Generator, script string, outs ...[]string) *rig {
	t.Helper()
	r := &rig{dir: t.TempDir(), generator: g, script: script, most: 100}
	for _, names := range outs {
		s := &sinkFile{account: oracle.NewAccount(g)}
		for _, name := range names {
			s.files = append(s.files, &follower{name: r.path(name)})
		}
		r.sinks = append(r.sinks, s)
	}
	r.write(t, "pipeline.lua", strings.ReplaceAll(script, "MAX", fmt.Sprint(r.most)))
	r.write(t, "in", "")
	return r
}

func (r *rig) path(name string) string { return filepath.Join(r.dir, name) }

func (r *rig) write(t testing.TB, name, content string) {
	t.Helper()
	if err := os.WriteFile(r.path(name), []byte(content), 0o644); err != nil {
		t.Fatal(err)
	}
}

// feed appends n messages to the file in.
func (r *rig) feed(t testing.TB, n int) {
	t.Helper()
	var text []byte
	for range n {
		start := len(text)
		text = append(r.generator.Append(text, r.fed), '\n')
		if r.repeats && r.fed%7 == 0 {
			text = append(text, text[start:]...)
		}
		if fate := r.generator.Fate(r.fed); fate == oracle.Deliver || fate == oracle.Retry {
			r.due++
		}
		r.fed++
	}
	file, err := os.OpenFile(r.path("in"), os.O_WRONLY|os.O_APPEND, 0)
	if err == nil {
		_, err = file.Write(text)
	}
	if err == nil {
		err = file.Close()
	}
	if err != nil {
		t.Fatal(err)
	}
}

// command is a command of gopiper in the rig's directory.
func (r *rig) command(t testing.TB, arguments ...string) *exec.Cmd {
	t.Helper()
	line := append(append([]string{}, r.prefix...), executable(t))
	line = append(line, arguments...)
	command := exec.Command(line[0], line[1:]...)
	command.Dir = r.dir
	return command
}

// start runs the pipeline.
func (r *rig) start(t testing.TB) *process {
	t.Helper()
	arguments := append([]string{"run", "--state", "state"}, r.arguments...)
	return begin(t, r.command(t, append(arguments, "pipeline.lua")...))
}

// collect takes what the sinks have received since.
func (r *rig) collect(t testing.TB) {
	t.Helper()
	for _, s := range r.sinks {
		for _, f := range s.files {
			f.deliveries(t, s.account)
		}
	}
}

// size is how much the sinks have received, in bytes.
func (r *rig) size() (size int64) {
	for _, s := range r.sinks {
		for _, f := range s.files {
			size += f.size()
		}
	}
	return size
}

// crashed notes that the process died.
func (r *rig) crashed() {
	for _, s := range r.sinks {
		s.account.Crashed()
	}
}

// audit looks at what became of everything, once the process has ended and all has
// come through.
func (r *rig) audit(t testing.TB, terms oracle.Terms) error {
	t.Helper()
	r.collect(t)
	for _, s := range r.sinks {
		for _, f := range s.files {
			if rest := f.rest(t); len(rest) > 0 {
				return fmt.Errorf("%s ends with a part of a message: %q", f.name, rest)
			}
		}
	}
	quarantined(t, r.path("state"), func(q engine.Quarantined) {
		for _, s := range r.sinks {
			s.account.Quarantined(q.Data)
		}
	})
	terms.Originated = r.fed
	for i, s := range r.sinks {
		totals, err := s.account.Audit(terms)
		if err != nil {
			return fmt.Errorf("sink %d: %w", i, err)
		}
		t.Logf("sink %d: %s", i, totals)
	}
	return nil
}

// delivered is how many messages the sink that has fewest has received.
func (r *rig) delivered() int {
	least := r.sinks[0].account.Delivers()
	for _, s := range r.sinks {
		least = min(least, s.account.Delivers())
	}
	return least
}

// again is how many messages of a section come again at most after one crash.
func again(maxMessages int64) int64 { return engine.Again(maxMessages, plan.DefaultBatch) }
