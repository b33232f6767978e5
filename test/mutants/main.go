// Mutants shows that the tests would notice if a delivery promise were broken. For
// every patch in its folder it copies the repository, applies the patch, which breaks
// one thing, and runs the ladder of tests until one fails. A patch that no test
// notices has survived, and the command fails.
//
// Usage: go run ./test/mutants [-run regexp] [-list] [-j copies] [-baseline=false] [-quick] [-v]
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
)

// folder is where the patches are, in the repository.
const folder = "test/mutants"

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, os.Args[1:]); err != nil {
		if !errors.Is(err, flag.ErrHelp) {
			fmt.Fprintln(os.Stderr, "mutants:", err)
		}
		stop()
		os.Exit(1)
	}
}

// settings are the flags.
type settings struct {
	pattern  string
	list     bool
	copies   int
	baseline bool
	quick    bool
	verbose  bool
}

func run(ctx context.Context, arguments []string) error {
	var s settings
	flags := flag.NewFlagSet("mutants", flag.ContinueOnError)
	flags.StringVar(&s.pattern, "run", "", "only patches whose name matches this regular `expression`")
	flags.BoolVar(&s.list, "list", false, "list the patches, and run nothing")
	flags.IntVar(&s.copies, "j", 1, "how many `copies` of the repository are tested at a time")
	flags.BoolVar(&s.baseline, "baseline", true, "test the repository as it is first; without, a test that fails anyway counts as one that notices")
	flags.BoolVar(&s.quick, "quick", false, "leave out the slow end of the ladder")
	flags.BoolVar(&s.verbose, "v", false, "show what the tests say that notice a patch")
	if err := flags.Parse(arguments); err != nil {
		return err
	}
	if flags.NArg() > 0 || s.copies < 1 {
		return fmt.Errorf("usage: mutants [-run expression] [-list] [-j copies] [-baseline=false] [-quick] [-v]")
	}
	root, err := repository(ctx)
	if err != nil {
		return err
	}
	patches, err := readPatches(filepath.Join(root, folder))
	if err != nil {
		return err
	}
	only, err := regexp.Compile(s.pattern)
	if err != nil {
		return fmt.Errorf("-run: %w", err)
	}
	chosen := patches[:0:0]
	for _, p := range patches {
		if only.MatchString(p.name) {
			chosen = append(chosen, p)
		}
	}
	if len(chosen) == 0 {
		return fmt.Errorf("no patch in %s matches %q", folder, s.pattern)
	}
	if s.list {
		for _, p := range chosen {
			fmt.Printf("%-34s %-14s %s\n", p.name, p.breaks, p.what)
		}
		return nil
	}
	return test(ctx, root, chosen, s)
}

// repository is the root of the repository that the working directory is in.
func repository(ctx context.Context) (string, error) {
	output, err := exec.CommandContext(ctx, "git", "rev-parse", "--show-toplevel").Output()
	if err != nil {
		return "", fmt.Errorf("finding the repository with git: %w", err)
	}
	return strings.TrimSpace(string(output)), nil
}
