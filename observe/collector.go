package observe

import (
	"runtime"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/gopiper/gopiper/engine"
)

// Source reads the counters of every pipeline of the process. It is called from
// any goroutine.
type Source func() []engine.Stats

// described is a metric with its Prometheus description.
type described[T any] struct {
	metric[T]
	desc *prometheus.Desc
}

func describe[T any](metrics []metric[T], labels []string) []described[T] {
	list := make([]described[T], len(metrics))
	for i, m := range metrics {
		list[i] = described[T]{m, prometheus.NewDesc(m.name, m.help, labels, nil)}
	}
	return list
}

func (d *described[T]) collect(into chan<- prometheus.Metric, of *T, labels ...string) {
	if d.of != nil && !d.of(of) {
		return
	}
	kind := prometheus.GaugeValue
	if d.counter {
		kind = prometheus.CounterValue
	}
	into <- prometheus.MustNewConstMetric(d.desc, kind, d.value(of), labels...)
}

// collector is a prometheus.Collector over the engine's counters.
type collector struct {
	source                           Source
	version                          string
	stages                           []described[engine.StageStats]
	pipelines                        []described[engine.Stats]
	handling, latency, states, build *prometheus.Desc
}

// NewCollector returns a Prometheus collector of everything that
// docs/metrics.md lists, for a program that has a registry of its own.
// version is that of the program.
func NewCollector(version string, source Source) prometheus.Collector {
	return &collector{
		source: source, version: version,
		stages:    describe(stageMetrics, stageLabels),
		pipelines: describe(pipelineMetrics, pipelineLabels),
		handling:  prometheus.NewDesc(handlingName, handlingHelp, stageLabels, nil),
		latency:   prometheus.NewDesc(latencyName, latencyHelp, pipelineLabels, nil),
		states:    prometheus.NewDesc(stateName, stateHelp, stateLabels, nil),
		build:     prometheus.NewDesc(buildName, buildHelp, buildLabels, nil),
	}
}

// Describe implements prometheus.Collector.
func (c *collector) Describe(into chan<- *prometheus.Desc) {
	for _, m := range c.stages {
		into <- m.desc
	}
	for _, m := range c.pipelines {
		into <- m.desc
	}
	for _, d := range []*prometheus.Desc{c.handling, c.latency, c.states, c.build} {
		into <- d
	}
}

// Collect implements prometheus.Collector.
func (c *collector) Collect(into chan<- prometheus.Metric) {
	into <- prometheus.MustNewConstMetric(c.build, prometheus.GaugeValue, 1, c.version, runtime.Version())
	for _, p := range c.source() {
		for i := range c.pipelines {
			c.pipelines[i].collect(into, &p, p.Pipeline)
		}
		into <- prometheus.MustNewConstMetric(c.states, prometheus.GaugeValue, 1, p.Pipeline, p.State)
		into <- histogram(c.latency, &p.Latency, p.LatencySum, p.Pipeline)
		for j := range p.Stages {
			s := &p.Stages[j]
			for i := range c.stages {
				c.stages[i].collect(into, s, p.Pipeline, s.Stage, s.Component)
			}
			into <- histogram(c.handling, &s.Handling, s.HandlingSum, p.Pipeline, s.Stage, s.Component)
		}
	}
}

// histogram makes a Prometheus histogram, whose buckets count cumulatively, of
// the engine's, which do not.
func histogram(desc *prometheus.Desc, counts *[16]uint64, sum time.Duration, labels ...string) prometheus.Metric {
	buckets := make(map[float64]uint64, len(engine.HandlingBounds))
	var total uint64
	for i, bound := range engine.HandlingBounds {
		total += counts[i]
		buckets[bound.Seconds()] = total
	}
	return prometheus.MustNewConstHistogram(desc, total+counts[len(counts)-1], sum.Seconds(), buckets, labels...)
}
