package main

import (
	"fmt"
	"io"
	"time"
)

const (
	startBound = 20 * time.Millisecond
	idleBound  = 25.0 // MiB
	manyBound  = 2 * time.Second
	idlePause  = 500 * time.Millisecond
)

// beginning is how a program starts.
type beginning struct {
	Program string `json:"program"`
	// First is the time from the start of the process until its first line is
	// out, the median over Runs.
	First time.Duration `json:"first_ns"`
	Runs  int           `json:"runs"`
	// Idle is its resident memory half a second later, in MiB; 0 where it is
	// not known.
	Idle float64 `json:"idle_mib"`
}

// measureStart starts a program again and again with one line to read.
func measureStart(root string, p program, runs int) (beginning, error) {
	b := beginning{Program: p.name, Runs: runs}
	var took, idle []float64
	for i := range runs {
		first, resident, err := startOnce(root, p, i == runs-1)
		if err != nil {
			return b, fmt.Errorf("%s: %w", p.name, err)
		}
		took = append(took, float64(first))
		idle = append(idle, resident)
	}
	b.First, b.Idle = time.Duration(median(took)), idle[runs-1]
	return b, nil
}

// startOnce returns the time until the first line and, if asked for, the
// resident memory of the idle process in MiB.
func startOnce(root string, p program, withMemory bool) (first time.Duration, idle float64, err error) {
	begin := time.Now()
	child, err := startPiped(root, p)
	if err != nil {
		return 0, 0, err
	}
	defer child.kill()
	if _, err := io.WriteString(child.in, "first\n"); err != nil {
		return 0, 0, err
	}
	line, err := child.out.ReadString('\n')
	first = time.Since(begin)
	if err != nil {
		return 0, 0, fmt.Errorf("no line came: %w\n%s", err, child.said)
	}
	if line != "first\n" {
		return 0, 0, fmt.Errorf("expected the line %q, got %q", "first\n", line)
	}
	if withMemory {
		time.Sleep(idlePause)
		idle = float64(statusKiB(child.command.Process.Pid, "VmRSS")) / 1024
	}
	child.in.Close()
	return first, idle, child.wait()
}
