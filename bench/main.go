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
	"slices"
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
	commit      string  // that gopiper is compared with
	gigabytes   float64 // that recovery fills a buffer with
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
	run := flags.String("run", "", "measure what matches the `regexp` only: workloads by name, latency, start, recovery")
	flags.IntVar(&o.runs, "runs", 0, "how many `rounds` (default 5, with -quick 2)")
	flags.Float64Var(&o.scale, "scale", 1, "how many messages: 1 is 10,000,000 lines, 3,000,000 events, 11,000,000 keys and 10,000 blocks of 128 KiB")
	flags.BoolVar(&o.quick, "quick", false, "a tenth of the messages; a missed requirement is no failure, as starting counts too much")
	flags.BoolVar(&o.skipMissing, "skip-missing", false, "leave out programs that are not installed, and the requirements that need them")
	flags.BoolVar(&o.noBuild, "no-build", false, "measure what is in build/")
	flags.StringVar(&o.commit, "against", "", "compare gopiper also with what it was at this `commit`, in the same rounds")
	flags.Float64Var(&o.gigabytes, "gigabytes", 0.25, "how much recovery fills a buffer with, on the disk; about twice as much must be free")
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
	if o.gigabytes < 0.001 || o.gigabytes > 1000 {
		return o, fmt.Errorf("-gigabytes %g: from 0.001 to 1000", o.gigabytes)
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
	others := slices.DeleteFunc(slices.Clone(tasks), func(t task) bool { return !o.selected.MatchString(t.name) })
	if len(selected) == 0 && len(others) == 0 {
		return nil, fmt.Errorf("-run %s matches nothing: there are %s", o.selected, strings.Join(names(), ", "))
	}
	disk, err := o.disk(root, selected, others)
	if err != nil {
		return nil, err
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
	if o.commit != "" {
		fmt.Println("building", o.commit)
		folder, err := buildBefore(root, o.commit)
		if err != nil {
			return nil, err
		}
		defer os.RemoveAll(folder)
		for i, w := range selected {
			selected[i] = w.against(folder)
		}
	}
	kept := newResults(root, o.scale)
	kept.Disk, kept.Against = disk.String(), o.commit
	o.measure(&bench{root: root, runs: o.runs, data: map[string]datasets{}}, selected, others, kept)
	path, err := kept.write(filepath.Join(root, "bench", "results"))
	if err != nil {
		return nil, err
	}
	fmt.Printf("\nall runs are in %s\n", path)
	return kept, nil
}

// measure measures what was selected, and notes what fails.
func (o *options) measure(b *bench, selected []*workload, others []task, kept *results) {
	for _, w := range selected {
		if err := o.workload(b, w, kept); err != nil {
			kept.fail(err)
		}
	}
	for _, t := range others {
		if err := t.do(o, b, kept); err != nil {
			kept.fail(err)
		}
	}
}

// disk finds what state is kept on, if any is. Nothing could be told about a disk
// where there is none.
func (o *options) disk(root string, selected []*workload, others []task) (mount, error) {
	durable := slices.ContainsFunc(others, func(t task) bool { return t.durable })
	for _, w := range selected {
		durable = durable || slices.ContainsFunc(w.programs, func(p program) bool { return p.has(folderWord) })
	}
	if !durable {
		return mount{}, nil
	}
	// A run that was interrupted may have left something, perhaps much.
	if err := errors.Join(os.RemoveAll(scratch(root)), os.MkdirAll(scratch(root), 0o755)); err != nil {
		return mount{}, err
	}
	found := diskOf(scratch(root))
	if found.inMemory() {
		return found, fmt.Errorf("%s lies in memory (%s), and what is durable needs a disk: put the repository on one, or select others with -run",
			scratch(root), found)
	}
	return found, nil
}

// names are all that -run may select.
func names() []string {
	var list []string
	for _, w := range workloads {
		list = append(list, w.name)
	}
	for _, t := range tasks {
		list = append(list, t.name)
	}
	return list
}
