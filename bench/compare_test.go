package main

import (
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// runs makes a series whose runs took so many seconds of CPU and of time.
func runsOf(name string, to sink, messages int, seconds ...float64) *series {
	s := &series{Program: name, Sink: to, Messages: messages, Bytes: 300 * int64(messages)}
	for _, x := range seconds {
		s.Runs = append(s.Runs, measurement{User: x / 2, System: x / 2, Wall: 2 * x, Peak: 12})
	}
	return s
}

func TestJudge(t *testing.T) {
	all := []*series{
		runsOf("ours", toNull, 1000, 1, 2, 1.5), // the machine was slow in the second round
		runsOf("peer", toNull, 100, 1, 2, 1.2),  // ten times as many for each message
		runsOf("other", toNull, 1000, 50, 70, 60),
		runsOf("ours", toPipe, 1000, 2, 2, 2),
		runsOf("peer", toPipe, 1000, 8, 8, 8),
	}
	for _, c := range []struct {
		requirement requirement
		ratio       float64
		piped       float64
		verdict     verdict
	}{
		{requirement{subject: "ours", references: []string{"peer"}, metric: cpu, atMost: 0.1}, 0.1, 0.25, reached},
		{requirement{subject: "ours", references: []string{"peer"}, metric: cpu, atMost: 0.05}, 0.1, 0.25, missed},
		{requirement{subject: "ours", references: []string{"peer"}, metric: wall, atLeast: 9}, 10, 4, reached},
		{requirement{subject: "ours", references: []string{"peer"}, metric: cpu, atLeast: 11}, 10, 4, missed},
		{requirement{subject: "ours", references: []string{"other", "peer"}, metric: cpu, atLeast: 9}, 10, 4, reached},
		{requirement{subject: "ours", references: []string{"peer", "other", "gone"}, metric: cpu}, 0.1, 0.25, unbounded},
		{requirement{subject: "ours", references: []string{"other"}, metric: cpu}, 0.025, 0, unbounded},
		{requirement{subject: "ours", references: []string{"gone"}, metric: cpu, atMost: 1}, 0, 0, unknown},
		{requirement{subject: "gone", references: []string{"peer"}, metric: cpu, atMost: 1}, 0, 0, unknown},
		// Without references: the runs took 2, 4 and 3 s.
		{requirement{subject: "ours", metric: rate, atLeast: 333}, 1000.0 / 3, 250, reached},
		{requirement{subject: "ours", metric: rate, atLeast: 334}, 1000.0 / 3, 250, missed},
		{requirement{subject: "ours", metric: throughput}, 0.1, 0.075, unbounded},
		{requirement{subject: "ours", metric: peak, atMost: 12}, 12, 12, reached},
		{requirement{subject: "ours", metric: peak, atMost: 11.9}, 12, 12, missed},
		{requirement{subject: "gone", metric: rate}, 0, 0, unknown},
	} {
		t.Run(c.requirement.String(), func(t *testing.T) {
			r := c.requirement.judge(all)
			if math.Abs(r.Ratio-c.ratio) > 1e-9 || math.Abs(r.Piped-c.piped) > 1e-9 || r.Verdict != c.verdict {
				t.Errorf("%+v, expected %g, %g, %s", r, c.ratio, c.piped, c.verdict)
			}
		})
	}
}

func TestRequirementsInWords(t *testing.T) {
	for _, c := range []struct {
		requirement requirement
		want        string
	}{
		{requirement{subject: "a", references: []string{"b", "c"}, metric: cpu, atMost: 2.6}, "a ÷ b | c, cpu, at most 2.6"},
		{requirement{subject: "a", references: []string{"b", "c"}, metric: wall, atLeast: 60}, "b | c ÷ a, wall, at least 60"},
		{requirement{subject: "a", references: []string{"b"}, metric: wall}, "a ÷ b, wall"},
		{requirement{subject: "a", metric: rate, atLeast: 1_000_000}, "a, messages/s, at least 1,000,000"},
		{requirement{subject: "a", metric: peak}, "a, peak MiB"},
	} {
		if got := c.requirement.String(); got != c.want {
			t.Errorf("%q, expected %q", got, c.want)
		}
	}
}

func TestMedian(t *testing.T) {
	for _, c := range []struct {
		values []float64
		want   float64
	}{
		{[]float64{3}, 3},
		{[]float64{3, 1, 2}, 2},
		{[]float64{4, 1, 3, 2}, 2.5},
	} {
		before := slices.Clone(c.values)
		if got := median(c.values); got != c.want {
			t.Errorf("median(%v) = %g, expected %g", c.values, got, c.want)
		}
		if !slices.Equal(before, c.values) {
			t.Errorf("median changed %v", before)
		}
	}
}

func TestMeasureRunsEveryProgramInEveryRound(t *testing.T) {
	b := small(t)
	w := workload{
		name: "W", data: lines, sinks: both,
		programs: []program{
			{name: "cat", command: []string{"cat"}},
			{name: "slow", command: []string{"cat", "{input}"}, slow: true},
			{name: "piped", command: []string{"cat"}, pipeOnly: true},
			{name: "count", command: []string{"wc", "-l"}, counts: true},
		},
	}
	all, err := b.measure(&w)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, s := range all {
		got = append(got, s.Program+" "+string(s.Sink))
		if len(s.Runs) != b.runs {
			t.Errorf("%s: %d runs", s.Program, len(s.Runs))
		}
		want := 200
		if s.Program == "slow" {
			want = 20
		}
		if s.Messages != want || s.Bytes < 100*int64(want) {
			t.Errorf("%s: %d messages with %d bytes, expected %d", s.Program, s.Messages, s.Bytes, want)
		}
		for _, m := range s.Runs {
			if m.Wall <= 0 || m.User+m.System <= 0 {
				t.Errorf("%s: %+v", s.Program, m)
			}
		}
	}
	want := []string{"cat /dev/null", "slow /dev/null", "count /dev/null", "cat pipe", "slow pipe", "piped pipe"}
	if !slices.Equal(got, want) {
		t.Errorf("%q, expected %q", got, want)
	}
}

// What the workloads name must be there.
func TestWorkloads(t *testing.T) {
	for _, w := range workloads {
		seen := map[string]bool{}
		for _, p := range w.programs {
			if seen[p.name] {
				t.Errorf("%s: two programs are called %s", w.name, p.name)
			}
			seen[p.name] = true
			if tool := p.command[0]; !strings.HasPrefix(tool, "build/") && packages[tool] == "" {
				t.Errorf("%s: no package for %s", w.name, tool)
			}
			for _, a := range p.command {
				if path, found := strings.CutPrefix(a, "bench/"); found {
					if _, err := os.Stat(path); err != nil {
						t.Error(err)
					}
				}
			}
		}
		for _, q := range w.requirements {
			if len(q.references) > 0 && q.metric != cpu && q.metric != wall {
				t.Errorf("%s: the best reference is that with the lowest value, not by %s", w.name, q.metric)
			}
			for _, name := range append(slices.Clone(q.references), q.subject) {
				if w.program(name) == nil {
					t.Errorf("%s: %s names %q, which is none of its programs", w.name, q.String(), name)
				}
			}
		}
	}
	for _, name := range plugins {
		if _, err := os.Stat(filepath.Join("plugins", name, "main.go")); err != nil {
			t.Error(err)
		}
	}
}

func TestMissingProgramsAreNamedWithTheirPackage(t *testing.T) {
	packages["no-such-program"] = "no-such-package"
	t.Cleanup(func() { delete(packages, "no-such-program") })
	w := &workload{programs: []program{
		{name: "a", command: []string{"no-such-program"}},
		{name: "b", command: []string{"cat"}},
		{name: "c", command: []string{"build/gopiper"}},
	}}
	gone, advice := missing(t.TempDir(), []*workload{w})
	want := []string{
		"no-such-program is not installed: apt-get install no-such-package",
		"build/gopiper is not there: leave out -no-build",
	}
	if !slices.Equal(advice, want) {
		t.Errorf("%q, expected %q", advice, want)
	}
	if rest := w.without(gone).programs; len(rest) != 1 || rest[0].name != "b" {
		t.Errorf("%v remains, expected b", rest)
	}
}

func TestParse(t *testing.T) {
	for _, c := range []struct {
		arguments []string
		wrong     string
	}{
		{nil, ""},
		{[]string{"-run", "W[12]", "-runs", "3", "-scale", "0.5"}, ""},
		{[]string{"-run", "W["}, "-run"},
		{[]string{"-runs", "-1"}, "at least 1"},
		{[]string{"-scale", "0"}, "-scale"},
		{[]string{"-run", "recovery", "-gigabytes", "10"}, ""},
		{[]string{"-gigabytes", "0"}, "-gigabytes"},
		{[]string{"W1"}, "unexpected argument"},
	} {
		_, err := parse(c.arguments)
		if (err == nil) != (c.wrong == "") || err != nil && !strings.Contains(err.Error(), c.wrong) {
			t.Errorf("%q: %v, expected %q", c.arguments, err, c.wrong)
		}
	}
	for _, c := range []struct {
		arguments []string
		scale     float64
		runs      int
	}{
		{nil, 1, 5},
		{[]string{"-quick"}, 0.1, 2},
		{[]string{"-quick", "-runs", "7", "-scale", "0.5"}, 0.05, 7},
	} {
		o, err := parse(c.arguments)
		if err != nil || o.scale != c.scale || o.runs != c.runs {
			t.Errorf("%q: %+v, %v", c.arguments, o, err)
		}
	}
}
