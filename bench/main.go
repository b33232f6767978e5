// Command bench measures gopiper and other programs side by side: the same
// messages, the same work, in turn within one run. It prints what a message
// costs and whether gopiper is as fast as it must be. README.md beside this
// file says how to read it.
package main

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
)

// Exit codes.
const (
	exitMissed = 1 // a requirement was missed, or an output was wrong
	exitUsage  = 2 // it could not be measured
)

type options struct {
	selected    *regexp.Regexp
	runs        int
	scale       float64
	quick       bool
	skipMissing bool
	noBuild     bool
}

func main() {
	o, err := parse(os.Args[1:])
	if errors.Is(err, flag.ErrHelp) {
		return
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(exitUsage)
	}
	kept, err := o.do()
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(exitUsage)
	}
	misses, failures := kept.misses(), len(kept.Failures)
	fmt.Printf("%d missed, %d failed\n", misses, failures)
	if failures > 0 || misses > 0 && !o.quick {
		os.Exit(exitMissed)
	}
}

func parse(arguments []string) (options, error) {
	var o options
	flags := flag.NewFlagSet("bench", flag.ContinueOnError)
	run := flags.String("run", "", "measure what matches the `regexp` only: workloads by name, latency, start")
	flags.IntVar(&o.runs, "runs", 0, "how many `rounds` (default 5, with -quick 2)")
	flags.Float64Var(&o.scale, "scale", 1, "how many messages: 1 is 10,000,000 lines and 3,000,000 events")
	flags.BoolVar(&o.quick, "quick", false, "a tenth of the messages; a missed requirement is no failure, as starting counts too much")
	flags.BoolVar(&o.skipMissing, "skip-missing", false, "leave out programs that are not installed, and the requirements that need them")
	flags.BoolVar(&o.noBuild, "no-build", false, "measure what is in build/")
	if err := flags.Parse(arguments); err != nil {
		return o, err
	}
	if flags.NArg() > 0 {
		return o, fmt.Errorf("unexpected argument %q", flags.Arg(0))
	}
	if o.quick {
		o.scale /= 10
	}
	switch {
	case o.runs < 0:
		return o, fmt.Errorf("-runs %d: at least 1", o.runs)
	case o.runs == 0 && o.quick:
		o.runs = 2
	case o.runs == 0:
		o.runs = 5
	}
	if o.scale < 0.0001 || o.scale > 100 {
		return o, fmt.Errorf("-scale %g: from 0.0001 to 100", o.scale)
	}
	var err error
	if o.selected, err = regexp.Compile(*run); err != nil {
		return o, fmt.Errorf("-run: %w", err)
	}
	return o, nil
}

// do measures what was asked for. A program that fails, or whose output is
// wrong, is noted in the results, and what else was asked for is measured.
func (o *options) do() (*results, error) {
	root, err := findRoot()
	if err != nil {
		return nil, err
	}
	var selected []*workload
	for i := range workloads {
		if o.selected.MatchString(workloads[i].name) {
			selected = append(selected, &workloads[i])
		}
	}
	latency, start := o.selected.MatchString("latency"), o.selected.MatchString("start")
	if len(selected) == 0 && !latency && !start {
		return nil, fmt.Errorf("-run %s matches nothing: there are %s, latency, start", o.selected, names(workloads))
	}
	if !o.noBuild {
		fmt.Println("building")
		if err := build(root); err != nil {
			return nil, err
		}
	}
	if gone, advice := missing(root, selected); len(advice) > 0 {
		if !o.skipMissing {
			return nil, fmt.Errorf("%s\n(or -skip-missing)", strings.Join(advice, "\n"))
		}
		for i, w := range selected {
			selected[i] = w.without(gone)
		}
	}
	kept := newResults(root, o.scale)
	b := &bench{root: root, runs: o.runs, data: map[string]datasets{}}
	for _, w := range selected {
		if err := o.workload(b, w, kept); err != nil {
			kept.fail(err)
		}
	}
	if latency {
		if err := o.latency(root, kept); err != nil {
			kept.fail(err)
		}
	}
	if start {
		if err := o.start(root, kept); err != nil {
			kept.fail(err)
		}
	}
	path, err := kept.write(filepath.Join(root, "bench", "results"))
	if err != nil {
		return nil, err
	}
	fmt.Printf("\nall runs are in %s\n", path)
	return kept, nil
}

func names(all []workload) string {
	var list []string
	for _, w := range all {
		list = append(list, w.name)
	}
	return strings.Join(list, ", ")
}
