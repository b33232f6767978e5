//go:build linux

package faults

import (
	"math/rand/v2"
	"os"
	"strconv"
	"sync"
	"testing"
	"time"
)

// The sizes of the suite: what make test runs in seconds, what make faults runs in
// minutes, and what make faults-full runs in as long as it takes.
const (
	small = iota
	ci
	full
)

// size is the size that the environment variable FAULTS asks for.
func size() int {
	switch value := os.Getenv("FAULTS"); value {
	case "":
		return small
	case "ci":
		return ci
	case "full":
		return full
	default:
		panic("FAULTS must be ci or full, or not set, and is " + strconv.Quote(value))
	}
}

// amounts says how much every row does: small, in CI, in full. An environment
// variable with the name of the row, such as FAULTS_KILLS=2000, says it instead.
var amounts = map[string][3]int{
	"KILLS":     {14, 500, 10_000},     // of the program
	"OWNKILLS":  {12, 250, 5_000},      // of a program that has sources and sinks of its own
	"WORKLOADS": {1, 200, 2_000},       // power failures under a store, at every change of the disk
	"SEQUENCES": {20, 10_000, 300_000}, // power failures under a store, one after the other
	"DISKS":     {1, 4, 100},           // disks that refuse
	"DAMAGES":   {1, 10, 500},          // damaged stores
	"POWER":     {6, 150, 5_000},       // power failures under a whole pipeline
	"EXHAUST":   {1, 12, 200},          // workloads of a whole pipeline, at every change of the disk
	"FLIPS":     {4, 300, 20_000},      // damaged state directories
	"FILLS":     {1, 5, 50},            // full disks
	"SIGNALS":   {1, 8, 75},            // stops for each kind of sink
	"PANICS":    {2000, 60_000, 1_000_000},
	"CALLBACKS": {2000, 40_000, 1_000_000},
	"GRAPHS":    {4, 150, 20_000}, // property checks
	"RELOADS":   {6, 100, 500},
	"POISONS":   {1, 6, 100},
	"SYNCS":     {6, 300, 10_000}, // failed fsyncs under whole pipelines
	"STRACES":   {1, 20, 300},     // failed fsyncs of the program
}

// amount is how much a row does.
func amount(t testing.TB, row string) int {
	t.Helper()
	sizes, ok := amounts[row]
	if !ok {
		t.Fatalf("there is no row %s", row)
	}
	n := sizes[size()]
	if value := os.Getenv("FAULTS_" + row); value != "" {
		var err error
		if n, err = strconv.Atoi(value); err != nil || n < 1 {
			t.Fatalf("FAULTS_%s must be a number above 0 and is %q", row, value)
		}
	}
	t.Logf("%s: %d", row, n)
	return n
}

// durations says how long the rows last that are measured in time.
var durations = map[string][3]time.Duration{
	"SLOW": {time.Second, 20 * time.Second, 3 * time.Minute}, // a slow sink
	"SOAK": {2 * time.Second, 5 * time.Minute, 8 * time.Hour},
}

func duration(t testing.TB, row string) time.Duration {
	t.Helper()
	d := durations[row][size()]
	if value := os.Getenv("FAULTS_" + row); value != "" {
		var err error
		if d, err = time.ParseDuration(value); err != nil || d <= 0 {
			t.Fatalf("FAULTS_%s must be a duration such as 90s and is %q", row, value)
		}
	}
	t.Logf("%s: %s", row, d)
	return d
}

var theSeed = sync.OnceValues(func() (uint64, error) {
	if value := os.Getenv("FAULTS_SEED"); value != "" {
		return strconv.ParseUint(value, 10, 64)
	}
	return uint64(time.Now().UnixNano()), nil
})

// seed is the seed of the run, which the environment variable FAULTS_SEED sets. It
// is printed, so that a failure can be had again.
func seed(t testing.TB) uint64 {
	t.Helper()
	s, err := theSeed()
	if err != nil {
		t.Fatalf("FAULTS_SEED: %v", err)
	}
	t.Logf("seed %d (FAULTS_SEED=%d go test -run '^%s$' ./test/faults)", s, s, t.Name())
	return s
}

// chance returns random numbers that the seed and a name make.
func chance(seed uint64, name string) *rand.Rand {
	h := uint64(14695981039346656037)
	for i := range len(name) {
		h = (h ^ uint64(name[i])) * 1099511628211
	}
	return rand.New(rand.NewPCG(seed, h))
}
