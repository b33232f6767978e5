package observe

import (
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/gopiper/gopiper/engine"
)

// WriteTable writes how a run went, for people: for every pipeline a line, and
// a table with a row for every stage. elapsed is how long it ran.
func WriteTable(w io.Writer, stats []engine.Stats, elapsed time.Duration) error {
	var text strings.Builder
	for i := range stats {
		if i > 0 {
			text.WriteByte('\n')
		}
		summary(&text, &stats[i], elapsed)
		rows := [][]string{{"STAGE", "COMPONENT", "WORKERS", "RECEIVED", "DONE", "KEPT", "RETRIED", "FAILED", "DROPPED", "EMITTED", "BYTES", "BUSY", "P99"}}
		for j := range stats[i].Stages {
			rows = append(rows, row(&stats[i].Stages[j], elapsed))
		}
		align(&text, rows, 2)
	}
	_, err := io.WriteString(w, text.String())
	return err
}

func summary(text *strings.Builder, s *engine.Stats, elapsed time.Duration) {
	fmt.Fprintf(text, "%s: %s, %s messages in %s", s.Pipeline, s.State, Count(s.Settled), Elapsed(elapsed))
	if seconds := elapsed.Seconds(); seconds > 0 && s.Settled > 0 {
		fmt.Fprintf(text, " (%s/s)", rate(float64(s.Settled)/seconds))
	}
	var buffered int64
	for i := range s.Stages {
		buffered += s.Stages[i].Buffered
	}
	for _, part := range []struct {
		n    uint64
		what string
	}{
		{s.Failed, "failed"}, {s.Unhandled, "unhandled"}, {s.Quarantined, "quarantined"},
		{uint64(buffered), "buffered"}, {s.Originated - s.Settled, "not settled"},
	} {
		if part.n > 0 {
			fmt.Fprintf(text, ", %s %s", Count(part.n), part.what)
		}
	}
	text.WriteByte('\n')
}

func row(s *engine.StageStats, elapsed time.Duration) []string {
	busy := ""
	if total := elapsed.Seconds() * float64(s.Workers); total > 0 {
		busy = fmt.Sprintf("%.0f%%", 100*s.Busy.Seconds()/total)
	}
	cells := []string{s.Stage, s.Component, Count(uint64(s.Workers))}
	for _, n := range []uint64{s.Received, s.Done, s.Continued, s.Retried, s.Failed, s.Dropped, s.Emitted} {
		cells = append(cells, Count(n))
	}
	return append(cells, Bytes(s.Bytes), busy, quantile(&s.Handling, 0.99))
}

// align writes rows in columns: the first so many to the left, the others,
// which are numbers, to the right.
func align(text *strings.Builder, rows [][]string, left int) {
	widths := make([]int, len(rows[0]))
	for _, row := range rows {
		for i, cell := range row {
			widths[i] = max(widths[i], utf8.RuneCountInString(cell))
		}
	}
	for _, row := range rows {
		line := ""
		for i, cell := range row {
			padding := strings.Repeat(" ", widths[i]-utf8.RuneCountInString(cell))
			if i < left {
				line += "  " + cell + padding
			} else {
				line += "  " + padding + cell
			}
		}
		text.WriteString(strings.TrimRight(line, " ") + "\n")
	}
}

// quantile returns the bound that a share of the observations is below.
func quantile(counts *[16]uint64, share float64) string {
	var total, sum uint64
	for _, n := range counts {
		total += n
	}
	if total == 0 {
		return "-"
	}
	for i, bound := range engine.HandlingBounds {
		sum += counts[i]
		if float64(sum) >= share*float64(total) {
			return "<" + bound.String()
		}
	}
	return ">" + engine.HandlingBounds[len(engine.HandlingBounds)-1].String()
}

// Count returns a number for people, such as "4,211".
func Count(n uint64) string {
	digits := strconv.FormatUint(n, 10)
	for i := len(digits) - 3; i > 0; i -= 3 {
		digits = digits[:i] + "," + digits[i:]
	}
	return digits
}

// Bytes returns a size for people, such as "1.5 GiB".
func Bytes(n uint64) string {
	if n < 1<<10 {
		return strconv.FormatUint(n, 10) + " B"
	}
	value, unit := float64(n), -1
	for value >= 1024 && unit < len("KMGTPE")-1 {
		value /= 1024
		unit++
	}
	return fmt.Sprintf("%.1f %ciB", value, "KMGTPE"[unit])
}

// Elapsed returns a duration for people, with three digits at least.
func Elapsed(d time.Duration) string {
	for _, unit := range []time.Duration{time.Second, time.Millisecond, time.Microsecond} {
		if d >= unit {
			return d.Round(unit / 100).String()
		}
	}
	return d.String()
}

// rate returns a number per second for people, such as "1.25 M".
func rate(r float64) string {
	unit := 0
	for units := " kMG"; r >= 999.5 && unit < len(units)-1; unit++ {
		r /= 1000
	}
	decimals := 0
	switch {
	case r < 9.995:
		decimals = 2
	case r < 99.95:
		decimals = 1
	}
	return strings.TrimRight(strconv.FormatFloat(r, 'f', decimals, 64)+" "+" kMG"[unit:unit+1], " ")
}
