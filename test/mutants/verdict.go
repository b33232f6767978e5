package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"
)

// verdict is what became of a patch.
type verdict struct {
	patch patch
	by    *failure // nil: it survived, or err is set
	err   error    // it does not compile
	took  time.Duration
}

// test puts patches through the ladder, and the repository as it is before.
func test(ctx context.Context, root string, patches []patch, s settings) (err error) {
	scratch, err := os.MkdirTemp("", "mutants")
	if err != nil {
		return err
	}
	defer os.RemoveAll(scratch)
	t, err := listTree(ctx, root)
	if err != nil {
		return err
	}
	first := placeIn(scratch, 0)
	if err := t.copyTo(first.copy); err != nil {
		return err
	}
	for _, p := range patches {
		err = errors.Join(err, p.apply(ctx, first.copy, "--check"))
	}
	if err != nil {
		return err
	}
	steps := ladder
	if s.quick {
		steps = steps[:len(steps)-1]
	}
	if s.baseline {
		if err := unmutated(ctx, first, steps); err != nil {
			return err
		}
	}
	return report(os.Stdout, len(patches), s.verbose, mutate(ctx, t, scratch, patches, steps, s.copies))
}

func placeIn(scratch string, i int) place {
	return place{filepath.Join(scratch, fmt.Sprint("c", i)), filepath.Join(scratch, fmt.Sprint("t", i))}
}

// unmutated runs the ladder without a patch. It must pass.
func unmutated(ctx context.Context, p place, steps []step) error {
	fmt.Println("the repository as it is:")
	p.sweep()
	f, err := climb(ctx, p, steps, func(s step, took time.Duration) {
		fmt.Printf("%8.1f s  %s\n", took.Seconds(), s)
	})
	switch {
	case err != nil:
		return fmt.Errorf("the repository as it is: %w", err)
	case f != nil:
		return fmt.Errorf("the tests fail without any patch: %s\n%s", f.where, f.output)
	}
	return nil
}

// mutate tests patches, so many at a time, and sends the verdicts as they come. The
// channel is closed when all are tested, or ctx is cancelled.
func mutate(ctx context.Context, t tree, scratch string, patches []patch, steps []step, copies int) <-chan verdict {
	todo, verdicts := make(chan patch), make(chan verdict)
	go func() {
		defer close(todo)
		for _, p := range patches {
			select {
			case todo <- p:
			case <-ctx.Done():
				return
			}
		}
	}()
	var workers sync.WaitGroup
	for i := range copies {
		workers.Go(func() {
			for p := range todo {
				start := time.Now()
				v := verdict{patch: p}
				v.by, v.err = p.test(ctx, t, placeIn(scratch, i), steps)
				v.took = time.Since(start)
				verdicts <- v
			}
		})
	}
	go func() {
		workers.Wait()
		close(verdicts)
	}()
	return verdicts
}

// test puts one patch through the ladder.
func (p patch) test(ctx context.Context, t tree, at place, steps []step) (*failure, error) {
	at.sweep()
	if err := t.copyTo(at.copy); err != nil {
		return nil, err
	}
	if err := p.apply(ctx, at.copy); err != nil {
		return nil, err
	}
	return climb(ctx, at, steps, func(step, time.Duration) {})
}

// report prints verdicts, and returns an error if not every patch was noticed.
func report(w io.Writer, patches int, verbose bool, verdicts <-chan verdict) error {
	fmt.Fprintf(w, "%-36s %-26s %8s  %s\n", "patch", "breaks", "seconds", "noticed by")
	var survived, broken []string
	seen := 0
	start := time.Now()
	for v := range verdicts {
		seen++
		by := ""
		switch {
		case v.err != nil:
			by = "ERROR"
			broken = append(broken, fmt.Sprintf("%s: %v", v.patch.name, v.err))
		case v.by == nil:
			by = "SURVIVED"
			survived = append(survived, fmt.Sprintf("%s: %s", v.patch.name, v.patch.what))
		case v.by.hang:
			by = v.by.where + " (it hangs)"
		default:
			by = v.by.where
		}
		fmt.Fprintf(w, "%-36s %-26s %8.1f  %s\n", v.patch.name, v.patch.breaks, v.took.Seconds(), by)
		if verbose && v.by != nil {
			fmt.Fprintln(w, "\t"+strings.ReplaceAll(strings.TrimSpace(v.by.output), "\n", "\n\t"))
		}
	}
	fmt.Fprintf(w, "%d patches, %d noticed, %d survived, in %s\n",
		patches, seen-len(survived)-len(broken), len(survived), time.Since(start).Round(time.Second))
	var errs []error
	if seen < patches {
		errs = append(errs, fmt.Errorf("%d patches were not tested", patches-seen))
	}
	if len(broken) > 0 {
		errs = append(errs, fmt.Errorf("patches that are no mutants:\n%s", strings.Join(broken, "\n")))
	}
	if len(survived) > 0 {
		errs = append(errs, fmt.Errorf("no test notices:\n%s", strings.Join(survived, "\n")))
	}
	return errors.Join(errs...)
}
