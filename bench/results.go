package main

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"text/tabwriter"
	"time"
)

// results are all that was measured, as it is kept.
type results struct {
	Time      time.Time        `json:"time"`
	Go        string           `json:"go"`
	System    string           `json:"system"`
	Processor string           `json:"processor"`
	Cores     int              `json:"cores"`
	Disk      string           `json:"disk,omitempty"` // that state is kept on
	Commit    string           `json:"commit"`
	Against   string           `json:"against,omitempty"` // the commit of programs that end in ", before"
	Scale     float64          `json:"scale"`
	Workloads []workloadResult `json:"workloads"`
	Latency   []latencies      `json:"latency,omitempty"`
	Start     []beginning      `json:"start,omitempty"`
	Recovery  []recovered      `json:"recovery,omitempty"`
	States    []stateSize      `json:"states,omitempty"`
	Flat      []flatness       `json:"flat,omitempty"`
	Bounds    []result         `json:"bounds,omitempty"`   // of latency, start and recovery
	Failures  []string         `json:"failures,omitempty"` // wrong outputs, programs that failed
}

type workloadResult struct {
	Name         string    `json:"name"`
	Series       []*series `json:"series"`
	Requirements []result  `json:"requirements"`
}

func newResults(root string, scale float64) *results {
	commit, err := exec.Command("git", "-C", root, "describe", "--always", "--dirty").Output()
	if err != nil {
		commit = []byte("unknown")
	}
	return &results{
		Time: time.Now().UTC(), Go: runtime.Version(), System: runtime.GOOS + "/" + runtime.GOARCH,
		Processor: processor(), Cores: runtime.NumCPU(),
		Commit: strings.TrimSpace(string(commit)), Scale: scale,
	}
}

// processor reads the processor's name, "" where it is not told.
func processor() string {
	text, err := os.ReadFile("/proc/cpuinfo")
	if err != nil {
		return ""
	}
	for line := range strings.Lines(string(text)) {
		if name, value, found := strings.Cut(line, ":"); found && strings.TrimSpace(name) == "model name" {
			return strings.TrimSpace(value)
		}
	}
	return ""
}

// write keeps the results in a file of its own and returns its path.
func (r *results) write(folder string) (string, error) {
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return "", err
	}
	text, err := json.MarshalIndent(r, "", "  ")
	if err != nil {
		return "", err
	}
	path := filepath.Join(folder, r.Time.Format("20060102T150405Z")+".json")
	return path, os.WriteFile(path, append(text, '\n'), 0o644)
}

// fail keeps and prints what kept something from being measured.
func (r *results) fail(err error) {
	r.Failures = append(r.Failures, err.Error())
	fmt.Printf("\nFAILED: %v\n", err)
}

// misses counts the requirements that were missed.
func (r *results) misses() int {
	n := 0
	count := func(all []result) {
		for _, q := range all {
			if q.Verdict == missed {
				n++
			}
		}
	}
	for _, w := range r.Workloads {
		count(w.Requirements)
	}
	count(r.Bounds)
	return n
}

// printWorkload prints the medians of a workload and its requirements.
func printWorkload(out io.Writer, w *workload, d datasets, all []*series, judged []result) {
	fmt.Fprintf(out, "\n%s: %s; %s messages of %s bytes",
		w.name, w.title, grouped(d.full.Messages), grouped(int(d.full.Bytes)/d.full.Messages))
	if slices.ContainsFunc(w.programs, func(p program) bool { return p.slow }) {
		fmt.Fprintf(out, ", slow programs (*) %s", grouped(d.part.Messages))
	}
	fmt.Fprintln(out)
	table := tabwriter.NewWriter(out, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(table, "CPU µs\tmessages/s\tpeak MiB\tCPU µs\tmessages/s\t \t")
	fmt.Fprintln(table, "/dev/null\t\t\tpipe\t\t \t")
	for _, p := range w.programs {
		for _, to := range both {
			s := find(all, p.name, to)
			if s == nil {
				fmt.Fprint(table, "–\t–\t")
				if to == toNull {
					fmt.Fprint(table, "–\t")
				}
				continue
			}
			fmt.Fprintf(table, "%.3f\t%s\t", median(s.values(cpu)), grouped(int(1e6/median(s.values(wall)))))
			if to == toNull {
				fmt.Fprintf(table, "%.1f\t", median(s.values(peak)))
			}
		}
		name := p.name
		if p.slow {
			name += " *"
		}
		fmt.Fprintf(table, "  %s\n", name) // the last cell is not aligned
	}
	table.Flush()
	printRequirements(out, judged)
}

func printRequirements(out io.Writer, judged []result) {
	for _, q := range judged {
		if q.Verdict == unknown {
			fmt.Fprintf(out, "  %-8s%s\n", q.Verdict, q.Text)
			continue
		}
		fmt.Fprintf(out, "  %-8s%s", q.Verdict, measured(q.Ratio))
		if len(q.Ratios) > 1 {
			fmt.Fprintf(out, " (%s to %s)", measured(q.Lowest), measured(q.Highest))
		}
		fmt.Fprintf(out, "  %s", q.Text)
		if q.Piped > 0 {
			fmt.Fprintf(out, "; to a pipe %.2f", q.Piped)
		}
		fmt.Fprintln(out)
	}
}

// measured prints a ratio or a value.
func measured(x float64) string {
	if x >= 1000 {
		return grouped(int(x))
	}
	return fmt.Sprintf("%.2f", x)
}
