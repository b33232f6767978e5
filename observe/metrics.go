// Package observe shows what pipelines do: their counters as Prometheus
// metrics, whether they are alive and ready, and a table of how a run went.
//
// It reads the engine's counters when somebody asks, and costs nothing
// otherwise.
package observe

import (
	"github.com/gopiper/gopiper/engine"
)

// metric is one metric: its name is part of what users rely on.
type metric[T any] struct {
	name    string
	counter bool // otherwise a gauge
	help    string
	value   func(*T) float64
	of      func(*T) bool // what has it; nil for all
}

// stageMetrics have the labels pipeline, stage and component.
var stageMetrics = []metric[engine.StageStats]{
	{"gopiper_stage_received_total", true, "Messages that were handed to the stage for the first time.",
		func(s *engine.StageStats) float64 { return float64(s.Received) }, nil},
	{"gopiper_stage_done_total", true, "Messages that the stage let through.",
		func(s *engine.StageStats) float64 { return float64(s.Done) }, nil},
	{"gopiper_stage_continued_total", true, "Messages that the stage kept, to send something later.",
		func(s *engine.StageStats) float64 { return float64(s.Continued) }, nil},
	{"gopiper_stage_retried_total", true, "Times that a message was handed to the stage again.",
		func(s *engine.StageStats) float64 { return float64(s.Retried) }, nil},
	{"gopiper_stage_failed_total", true, "Messages that failed in the stage.",
		func(s *engine.StageStats) float64 { return float64(s.Failed) }, nil},
	{"gopiper_stage_dropped_total", true, "Messages that the stage dropped on purpose.",
		func(s *engine.StageStats) float64 { return float64(s.Dropped) }, nil},
	{"gopiper_stage_emitted_total", true, "Messages that the stage originated, or made from others.",
		func(s *engine.StageStats) float64 { return float64(s.Emitted) }, nil},
	{"gopiper_stage_bytes_total", true, "Bytes of data of the messages that the stage originated or received.",
		func(s *engine.StageStats) float64 { return float64(s.Bytes) }, nil},
	{"gopiper_stage_batches_total", true, "Batches in which the messages were handed over.",
		func(s *engine.StageStats) float64 { return float64(s.Batches) }, nil},
	{"gopiper_stage_doubled_callbacks_total", true, "Callbacks that a component called more than once: a defect of the component.",
		func(s *engine.StageStats) float64 { return float64(s.Doubled) }, nil},
	{"gopiper_stage_panics_total", true, "Panics of the component. Its worker was replaced each time.",
		func(s *engine.StageStats) float64 { return float64(s.Panics) }, nil},
	{"gopiper_stage_timeouts_total", true, "Callbacks that did not come in time. The worker was replaced each time.",
		func(s *engine.StageStats) float64 { return float64(s.Timeouts) }, nil},
	{"gopiper_stage_busy_seconds_total", true, "Time spent in the component, over all workers; sampled.",
		func(s *engine.StageStats) float64 { return s.Busy.Seconds() }, nil},
	{"gopiper_stage_workers", false, "Workers of the stage.",
		func(s *engine.StageStats) float64 { return float64(s.Workers) }, nil},
	{"gopiper_stage_kept_messages", false, "Messages that the component keeps at the moment.",
		func(s *engine.StageStats) float64 { return float64(s.Kept) }, nil},
	{"gopiper_stage_stalled_messages", false, "Messages that have been retried for more than a minute.",
		func(s *engine.StageStats) float64 { return float64(s.Stalled) }, nil},
	{"gopiper_stage_wedged_workers", false, "Workers that are stuck in the component, or that had to be given up more than ten times.",
		func(s *engine.StageStats) float64 { return float64(s.Wedged) }, nil},
	{"gopiper_stage_queued_batches", false, "Batches that wait before the stage.",
		func(s *engine.StageStats) float64 { return float64(s.Queued) }, nil},
	{"gopiper_stage_queue_batches_max", false, "Batches that may wait before the stage at most.",
		func(s *engine.StageStats) float64 { return float64(s.Queue) }, nil},
	{"gopiper_stage_buffered_messages", false, "Messages that the buffer holds. Only of buffers.",
		func(s *engine.StageStats) float64 { return float64(s.Buffered) }, isBuffer},
	{"gopiper_stage_buffered_bytes", false, "Bytes of data that the buffer holds. Only of buffers.",
		func(s *engine.StageStats) float64 { return float64(s.BufferedBytes) }, isBuffer},
	{"gopiper_stage_buffer_bytes_max", false, "Bytes of data that the buffer holds at most. Only of buffers.",
		func(s *engine.StageStats) float64 { return float64(s.BufferMax) }, isBuffer},
}

func isBuffer(s *engine.StageStats) bool { return s.BufferMax > 0 }

// pipelineMetrics have the label pipeline.
var pipelineMetrics = []metric[engine.Stats]{
	{"gopiper_pipeline_originated_total", true, "Messages that entered the pipeline.",
		func(s *engine.Stats) float64 { return float64(s.Originated) }, nil},
	{"gopiper_pipeline_settled_total", true, "Messages whose outcome the source has been told.",
		func(s *engine.Stats) float64 { return float64(s.Settled) }, nil},
	{"gopiper_pipeline_failed_total", true, "Messages that were settled as failed.",
		func(s *engine.Stats) float64 { return float64(s.Failed) }, nil},
	{"gopiper_pipeline_unhandled_total", true, "Failed messages that no failed branch took.",
		func(s *engine.Stats) float64 { return float64(s.Unhandled) }, nil},
	{"gopiper_pipeline_quarantined_total", true, "Those of them that were put into quarantine.",
		func(s *engine.Stats) float64 { return float64(s.Quarantined) }, nil},
	{"gopiper_pipeline_ready", false, "1 if the pipeline runs, or has ended well, and nothing keeps it from its work; else 0.",
		func(s *engine.Stats) float64 {
			if ready(s) {
				return 1
			}
			return 0
		}, nil},
	{"gopiper_pipeline_in_flight_messages", false, "Messages that have entered and are not settled.",
		func(s *engine.Stats) float64 { return float64(s.InFlight) }, nil},
	{"gopiper_pipeline_in_flight_bytes", false, "Memory that those messages hold.",
		func(s *engine.Stats) float64 { return float64(s.InFlightBytes) }, nil},
}

// The metrics of another form.
const (
	handlingName = "gopiper_stage_handling_seconds"
	handlingHelp = "Time that handling one message took; sampled."
	latencyName  = "gopiper_pipeline_latency_seconds"
	latencyHelp  = "Time from the start of a batch to its settling."
	stateName    = "gopiper_pipeline_state"
	stateHelp    = "1 for the state that the pipeline is in: starting, running, draining, ended or failed."
	buildName    = "gopiper_build_info"
	buildHelp    = "1, with the version of gopiper and of Go."
)

var (
	stageLabels    = []string{"pipeline", "stage", "component"}
	pipelineLabels = []string{"pipeline"}
	stateLabels    = []string{"pipeline", "state"}
	buildLabels    = []string{"version", "go_version"}
)
