// Package engine runs a pipeline: it joins stages to segments, passes batches
// of messages between them over channels, acts on every report, keeps order,
// retries, settles, bounds, supervises and drains.
//
// It takes stages that are resolved already (factories, not references) and
// knows nothing of Lua, plugins or the command line.
package engine

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"time"

	"github.com/gopiper/gopiper/component"
	"github.com/gopiper/gopiper/plan"
)

// Config describes one pipeline to run. New owns it from then on.
type Config struct {
	Name   string
	Stages []*Stage
	// Failed is the branch that handles messages that failed; nil for none:
	// they are logged then. It has no source.
	Failed []*Stage
	// MaxMessages and MaxBytes bound what is in flight; 0 is the default.
	MaxMessages, MaxBytes int64
	// DrainTimeout bounds a stop; 0 is the default.
	DrainTimeout time.Duration
	// BatchMax is how many messages travel together at most; 0 is the default.
	BatchMax int
	// Store keeps what must survive the process: buffers, positions, state,
	// quarantine; nil if nothing does. It stays the caller's, who closes it after
	// Run has returned.
	Store Store
	// Kept is where messages go that failed and that no failed branch took: the
	// quarantine of Store, shared by its pipelines. Nil makes one.
	Kept *Quarantine
	// Quarantine bounds what is kept there.
	Quarantine plan.Quarantine
	// Strict turns off the reuse of memory and overwrites what a component
	// must not use any more, so that a breach of the contract shows.
	Strict bool
	// Opened, if set, is called once everything is open and before a message
	// is read. Its error ends the run, which closes everything and returns it.
	Opened func(context.Context) error
	// Logger takes what the engine has to say; nil is slog.Default().
	Logger *slog.Logger
}

// Stage is a component placed in a pipeline, or a composition of branches.
type Stage struct {
	Kind plan.Kind
	// Name is unique in the pipeline, Component what it runs, Position where
	// it was described: for counters, logs and errors.
	Name, Component, Position string

	// Factory makes the workers of a component or function.
	Factory component.Factory
	// Create, if set, makes a worker instead of Factory.Create, and is told
	// where the worker runs: functions that run in the same place may share
	// state, for no two of them ever run at the same time.
	Create func(at Place, postponed chan component.Message) component.Component
	// Declaration is the component's; nil if it has none.
	Declaration *component.Declaration

	Workers int // 0: Factory.Amount()
	Order   plan.Order
	// Key makes, for each place, the function that computes the key by which
	// Order Key orders. Nil: the message's own key.
	Key     func(at Place) KeyFunc
	Retry   *plan.Retry
	Timeout time.Duration // 0 is the default

	Branches []*Branch

	// Buffer, if set, makes the stage a durable buffer: it has no Factory.
	Buffer *Buffer
}

// mayConfirm tells whether what the component lets through may be confirmed by
// something, such as a disk, as far as is declared.
func (s *Stage) mayConfirm() bool {
	if s.Declaration == nil || len(s.Declaration.Delivery) == 0 {
		return true
	}
	return slices.ContainsFunc(s.Declaration.Delivery, func(p component.Promise) bool {
		return p.Delivery == component.Confirming || p.Delivery == component.Idempotent
	})
}

// Buffer are the settings of a stage that is a buffer in the store: what enters
// it is settled once the store has it.
type Buffer struct {
	MaxBytes int64 // of data; 0 is the default
	// DropNewest drops what comes while the buffer is full. Otherwise it waits.
	DropNewest bool
	// NoSync does not wait until the disk has what entered.
	NoSync bool
}

// Branch is one branch of a Branch, a case of a Switch, a source of a Merge.
type Branch struct {
	// When makes, for each place, the function that decides for a case of a
	// Switch. Nil takes every message.
	When   func(at Place) Predicate
	Stages []*Stage
}

// Place tells where something runs: what has an equal Place runs in turn.
type Place struct{ Segment, Worker int }

// KeyFunc computes the key of a message. An error fails the message with the
// status 210.
type KeyFunc func(component.Message) (string, error)

// Predicate decides whether a case takes a message. An error fails the message
// with the status 210.
type Predicate func(component.Message) (bool, error)

// Errors that Run returns, or wraps.
var (
	// ErrNotDrained: the drain's deadline passed with messages in flight; they
	// are unsettled.
	ErrNotDrained = errors.New("not drained in time")
	// ErrStuck: messages that components keep fill the bound, and nobody will
	// send anything on.
	ErrStuck = errors.New("messages that a component keeps fill the pipeline")
)

// Statuses that the engine itself reports, all of the class Fail.
const (
	StatusFunctionFailed = 210 // a key function or predicate returned an error
	StatusAttempts       = 220 // retried as often as the policy allows
	StatusPanic          = 230 // Handle panicked three times on the message
	StatusTimeout        = 231 // the callback did not come in time, three times
	StatusPoison         = 232 // the process died three times while the message was in flight
	StatusNoSink         = 240 // kept or sent at the last stage, or no case of a last switch took it
)

// StageStats are the counters of one stage since the start. All count messages
// except where it is said.
type StageStats struct {
	Stage     string `json:"stage"`
	Component string `json:"component"`
	Workers   int    `json:"workers"`
	Received  uint64 `json:"received"`  // handed to Handle or HandleBatch the first time
	Done      uint64 `json:"done"`      // let through
	Continued uint64 `json:"continued"` // kept
	Retried   uint64 `json:"retried"`   // handed over again
	Failed    uint64 `json:"failed"`
	Dropped   uint64 `json:"dropped"`
	Emitted   uint64 `json:"emitted"`  // originated or sent on postponed
	Bytes     uint64 `json:"bytes"`    // of data, originated or received
	Batches   uint64 `json:"batches"`  // handed over, in number of batches
	Doubled   uint64 `json:"doubled"`  // callbacks that were called again
	Panics    uint64 `json:"panics"`   // number of panics
	Timeouts  uint64 `json:"timeouts"` // number of callbacks that did not come in time
	Stalled   int64  `json:"stalled"`  // messages retrying for more than a minute
	Kept      int64  `json:"kept"`     // messages kept at the moment
	Queued    int64  `json:"queued"`   // batches waiting before the stage's segment
	Queue     int64  `json:"queue"`    // batches that may wait there at most
	// Buffered and BufferedBytes are what a buffer holds, BufferMax the bytes that
	// it holds at most.
	Buffered      int64 `json:"buffered,omitempty"`
	BufferedBytes int64 `json:"buffered_bytes,omitempty"`
	BufferMax     int64 `json:"buffer_max,omitempty"`
	// Wedged counts workers that are stuck in their component, or that had to be
	// given up more than ten times.
	Wedged int64         `json:"wedged"`
	Busy   time.Duration `json:"busy_ns"` // time spent in the component, over all workers, sampled
	// Handling is a histogram of the time that handling one message took,
	// sampled: Handling[i] counts those below HandlingBounds[i], the last one
	// all others.
	Handling [16]uint64 `json:"handling"`
	// HandlingSum is the time of all that Handling counts.
	HandlingSum time.Duration `json:"handling_sum_ns"`
}

// HandlingBounds are the upper bounds of the buckets of StageStats.Handling;
// the 16th bucket has none.
var HandlingBounds = [15]time.Duration{
	10, 25, 50, 100, 250, 500, 1_000, 5_000, 25_000, 100_000, 1_000_000,
	10_000_000, 100_000_000, 1_000_000_000, 10_000_000_000,
}

// Stats are the counters of one pipeline.
type Stats struct {
	Pipeline string       `json:"pipeline"`
	State    string       `json:"state"`  // starting, running, draining, ended, failed
	Stages   []StageStats `json:"stages"` // in the order of the plan, branches in place, the failed branch last
	// Originated counts messages that entered, Settled those whose outcome the
	// source has been told, Failed those of them that failed.
	Originated uint64 `json:"originated"`
	Settled    uint64 `json:"settled"`
	Failed     uint64 `json:"failed"`
	// Unhandled counts failed messages that no failed branch took, Quarantined
	// those of them that are kept in quarantine.
	Unhandled   uint64 `json:"unhandled"`
	Quarantined uint64 `json:"quarantined"`
	// NotReady says what keeps the pipeline from its work, one sentence each: a
	// wedged component, a full disk. It is empty when all is well.
	NotReady      []string `json:"not_ready,omitempty"`
	InFlight      int64    `json:"in_flight"`
	InFlightBytes int64    `json:"in_flight_bytes"`
	// Latency is a histogram of the time from a batch's start to its settling,
	// per batch, with the bounds of Handling.
	Latency    [16]uint64    `json:"latency"`
	LatencySum time.Duration `json:"latency_sum_ns"`
}
