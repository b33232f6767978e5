package observe

import (
	"encoding/json"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/prometheus/client_golang/prometheus"
)

// Series is a counter or a gauge that a script keeps.
type Series struct {
	Name   string            `json:"name"`
	Labels map[string]string `json:"labels,omitempty"`
	Kind   string            `json:"kind"` // "counter" or "gauge"
	Value  Value             `json:"value"`
}

// Value is what a series stands at.
type Value float64

// MarshalJSON writes a number, or null for what is none.
func (v Value) MarshalJSON() ([]byte, error) {
	if f := float64(v); math.IsNaN(f) || math.IsInf(f, 0) {
		return []byte("null"), nil
	}
	return json.Marshal(float64(v))
}

// seriesCollector is a prometheus.Collector of series that are not known
// beforehand.
type seriesCollector func() []Series

// NewSeriesCollector returns a Prometheus collector of what scripts count, under
// the names that they give. series is called from any goroutine, whenever
// somebody asks.
func NewSeriesCollector(series func() []Series) prometheus.Collector { return seriesCollector(series) }

// Describe implements prometheus.Collector: it describes none, because scripts
// make them as they run.
func (seriesCollector) Describe(chan<- *prometheus.Desc) {}

// Collect implements prometheus.Collector.
func (c seriesCollector) Collect(into chan<- prometheus.Metric) {
	for _, s := range c() {
		names := sortedNames(s.Labels)
		values := make([]string, len(names))
		for i, name := range names {
			values[i] = s.Labels[name]
		}
		kind := prometheus.GaugeValue
		if s.Kind == "counter" {
			kind = prometheus.CounterValue
		}
		desc := prometheus.NewDesc(s.Name, "A "+s.Kind+" of a script.", names, nil)
		m, err := prometheus.NewConstMetric(desc, kind, float64(s.Value), values...)
		if err != nil {
			m = prometheus.NewInvalidMetric(desc, err)
		}
		into <- m
	}
}

func sortedNames(labels map[string]string) []string {
	names := make([]string, 0, len(labels))
	for name := range labels {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// WriteSeries writes series for people, as a table with a row for each, behind
// an empty line; nothing if there are none.
func WriteSeries(w io.Writer, series []Series) error {
	if len(series) == 0 {
		return nil
	}
	rows := [][]string{{"METRIC", "KIND", "VALUE"}}
	for _, s := range series {
		name := s.Name
		for i, label := range sortedNames(s.Labels) {
			name += map[bool]string{true: "{", false: ","}[i == 0] + label + "=" + strconv.Quote(s.Labels[label])
		}
		if len(s.Labels) > 0 {
			name += "}"
		}
		rows = append(rows, []string{name, s.Kind, strconv.FormatFloat(float64(s.Value), 'f', -1, 64)})
	}
	var text strings.Builder
	text.WriteByte('\n')
	align(&text, rows, 2)
	_, err := io.WriteString(w, text.String())
	return err
}
