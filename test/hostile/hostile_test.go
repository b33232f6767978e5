package hostile

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"
)

var strict = flag.Bool("strict", false, "measure time and memory, for which the machine must be quiet")

// What is promised, for two workers that are attacked at once. A script that describes has
// the time that the options give it.
const (
	timeMost   = 200 * time.Millisecond
	growthMost = 256 << 20
)

// runChild runs a task in a process of its own and returns what came of the
// scripts.
func runChild(t *testing.T, work task) []outcome {
	t.Helper()
	text, err := json.Marshal(work)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	child := exec.CommandContext(ctx, os.Args[0])
	child.Env = append(os.Environ(), taskVariable+"="+string(text))
	var problems strings.Builder
	child.Stderr = &problems
	out, err := child.Output()
	var outcomes []outcome
	for lines := json.NewDecoder(strings.NewReader(string(out))); lines.More(); {
		var o outcome
		if err := lines.Decode(&o); err != nil {
			t.Fatalf("%v in %s", err, out)
		}
		outcomes = append(outcomes, o)
	}
	var exit *exec.ExitError
	if errors.As(err, &exit) || len(outcomes) < len(work.Paths) {
		t.Errorf("%s has ended the process: %v\n%.2000s", work.Paths[min(len(outcomes), len(work.Paths)-1)], err, problems.String())
	}
	return outcomes
}

// verdict is what is wrong with an outcome; "" for nothing.
func verdict(a *attack, o outcome) string {
	switch {
	case a.expect != o.Class && (a.expect != "any" || !a.isCall()):
		return "is " + o.Class + ", not " + a.expect
	case !o.Behaved:
		return "leaves the worker broken"
	case len(o.Text) > 4<<10:
		return fmt.Sprintf("is told in %d bytes", len(o.Text))
	}
	return ""
}

func engineOf(interpret bool) string {
	if interpret {
		return "gopher-lua"
	}
	return "auto"
}

// Whatever a script does, its message is ended, the next one is handled, and
// the process lives.
func TestHostile(t *testing.T) {
	all := corpus(t)
	for _, interpret := range []bool{true, false} {
		t.Run(engineOf(interpret), func(t *testing.T) {
			t.Parallel()
			work := task{Interpret: interpret, Time: 20 * time.Millisecond}
			var attacks []*attack
			for _, a := range all {
				if a.isCall() || interpret { // loading is the same
					work.Paths = append(work.Paths, a.path)
					attacks = append(attacks, a)
				}
			}
			for i, o := range runChild(t, work) {
				if wrong := verdict(attacks[i], o); wrong != "" {
					t.Errorf("%s %s: %.200s", o.Path, wrong, o.Text)
				}
			}
		})
	}
}

// With -strict, time and memory are measured.
func TestStrict(t *testing.T) {
	if !*strict {
		return // measurements need a machine that does nothing else
	}
	fmt.Printf("%-36s %-10s %-8s %8s %10s\n", "script", "engine", "outcome", "ms", "growth MiB")
	for _, a := range corpus(t) {
		for _, interpret := range []bool{true, false} {
			if !a.isCall() && !interpret {
				continue
			}
			outcomes := runChild(t, task{Paths: []string{a.path}, Interpret: interpret, Workers: 2})
			if len(outcomes) == 0 {
				continue
			}
			o := outcomes[0]
			wrong := verdict(a, o)
			if a.isCall() && o.Took > timeMost {
				wrong += "  too slow"
			}
			if o.Growth > growthMost {
				wrong += "  too large"
			}
			fmt.Printf("%-36s %-10s %-8s %8.1f %10.1f %s\n", a.path, engineOf(interpret), o.Class,
				float64(o.Took)/1e6, float64(o.Growth)/(1<<20), wrong)
			if wrong != "" {
				t.Errorf("%s on %s: %s: %.200s", a.path, engineOf(interpret), wrong, o.Text)
			}
		}
	}
}
