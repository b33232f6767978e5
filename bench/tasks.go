package main

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"time"
)

// task is what is measured in a way of its own.
type task struct {
	name    string
	durable bool // it keeps state on the disk
	do      func(*options, *bench, *results) error
}

var tasks = []task{
	{name: "latency", do: (*options).latency},
	{name: "start", do: (*options).start},
	{name: "states", do: (*options).states},
	{name: "flat", do: (*options).flat},
	{name: "recovery", do: (*options).recovery, durable: true},
}

// workload checks the outputs of a workload's programs, measures them, and
// prints the figures.
func (o *options) workload(b *bench, w *workload, kept *results) error {
	d, err := o.prepare(b, w.data)
	if err != nil {
		return err
	}
	if err := b.verify(w); err != nil {
		return err
	}
	all, err := b.measure(w)
	if err != nil {
		return err
	}
	var judged []result
	for _, q := range w.requirements {
		judged = append(judged, q.judge(all))
	}
	kept.Workloads = append(kept.Workloads, workloadResult{Name: w.name, Series: all, Requirements: judged})
	printWorkload(os.Stdout, w, d, all, judged)
	return nil
}

// prepare makes the messages of a kind, unless that was done before.
func (o *options) prepare(b *bench, k kind) (datasets, error) {
	d, known := b.data[k.name]
	if known {
		return d, nil
	}
	folder := filepath.Join(b.root, "bench", "data")
	full := max(1000, int(float64(k.full)*o.scale)/1000*1000)
	var err error
	if d.part, err = prepare(folder, k, max(1000, full/slowShare)); err != nil {
		return d, err
	}
	if d.full, err = prepare(folder, k, full); err != nil {
		return d, err
	}
	b.data[k.name] = d
	return d, nil
}

// latency measures gopiper, and cat to tell what the pipes and the harness add.
func (o *options) latency(b *bench, kept *results) error {
	messages := 10_000
	if o.quick {
		messages = 2_000
	}
	fmt.Printf("\nlatency: from write to read, %s messages, one a millisecond\n", grouped(messages))
	for _, p := range []program{{name: "cat", command: []string{"cat"}}, gopiper("gopiper", "w1.lua")} {
		l, err := measureLatency(b.root, p, messages)
		if err != nil {
			return err
		}
		kept.Latency = append(kept.Latency, l)
		fmt.Printf("  %-8s p50 %s, p99 %s, max %s\n", l.Program,
			l.P50.Round(time.Microsecond), l.P99.Round(time.Microsecond), l.Max.Round(time.Microsecond))
		if isOurs(p) {
			kept.bound("p99 in µs", micro(l.P99), micro(latencyBound))
		}
	}
	return nil
}

// start measures how soon the first message is out, what memory an idle process
// holds, and whether a plan of ten thousand stages starts.
func (o *options) start(b *bench, kept *results) error {
	runs := 20
	if o.quick {
		runs = 5
	}
	fmt.Printf("\nstart: from the start of the process to the first line out, median of %d; memory when idle\n", runs)
	for _, p := range []program{gopiper("built-ins", "w1_builtin.lua"), gopiper("plugins", "w1.lua")} {
		s, err := measureStart(b.root, p, runs)
		if err != nil {
			return err
		}
		kept.Start = append(kept.Start, s)
		fmt.Printf("  %-10s %s, %.1f MiB\n", s.Program, s.First.Round(10*time.Microsecond), s.Idle)
		if s.Program == "built-ins" {
			kept.bound("first line in ms", milli(s.First), milli(startBound))
			kept.bound("idle memory in MiB", s.Idle, idleBound)
		}
	}
	s, err := measureStart(b.root, gopiper("ten thousand stages", "many.lua"), 3)
	if err != nil {
		return err
	}
	kept.Start = append(kept.Start, s)
	fmt.Printf("  %s %s, %.1f MiB\n", s.Program, s.First.Round(time.Millisecond), s.Idle)
	kept.bound("ten thousand stages, first line in ms", milli(s.First), milli(manyBound))
	return nil
}

// patienceEach is how long it may take to fill a buffer with a gigabyte.
const patienceEach = 3 * time.Minute

// recovery measures how soon a process is ready whose buffer another one has filled.
func (o *options) recovery(b *bench, kept *results) error {
	d, err := o.prepare(b, lines)
	if err != nil {
		return err
	}
	fmt.Printf("\nrecovery: a buffer of %g GB on the disk, after kill -9; from the start of the process\n", o.gigabytes)
	r := &recovery{
		root: b.root, program: stateful("gopiper", "recovery.lua"), messages: d.part, inFlight: mostInFlight,
		patience: time.Duration(max(1, o.gigabytes) * float64(patienceEach)), readyPatience: patienceEach,
	}
	all, err := r.measure(o.gigabytes)
	if err != nil {
		return err
	}
	kept.Recovery = append(kept.Recovery, all...)
	for _, found := range all {
		fmt.Printf("  %s, in %s: %s messages, %.2f GB; at most %.1f MiB in memory\n", found.Buffer, found.Took.Round(time.Second),
			grouped(int(found.Messages)), found.Gigabytes, found.Peak)
		for i := range found.Ready {
			fmt.Printf("    ready after %s, first message out after %s\n",
				found.Ready[i].Round(time.Millisecond), found.First[i].Round(time.Millisecond))
		}
		kept.bound(found.Buffer+", the slowest start until it is ready in ms", milli(slices.Max(found.Ready)), milli(readyBound))
		kept.bound(found.Buffer+", the slowest start until the first message is out in ms", milli(slices.Max(found.First)), milli(readyBound))
	}
	return nil
}

// bound judges a single figure and prints the verdict.
func (r *results) bound(what string, value, atMost float64) {
	q := result{Text: fmt.Sprintf("%s, at most %g", what, atMost), Ratio: value, Lowest: value, Highest: value, Verdict: reached}
	if value > atMost {
		q.Verdict = missed
	}
	r.Bounds = append(r.Bounds, q)
	printRequirements(os.Stdout, []result{q})
}

func micro(d time.Duration) float64 { return float64(d) / float64(time.Microsecond) }
func milli(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }
