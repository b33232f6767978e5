// Package plan is what to run, as data: pipelines of stages with their
// settings, and where each was described. A plan is made by a Lua script or by
// the Go API, validated as a whole, printed as JSON, and only then run. The
// package depends on the standard library only.
package plan

import (
	"fmt"
	"time"
)

// Plan is everything that one run does.
type Plan struct {
	Pipelines []*Pipeline `json:"pipelines"`
}

// Pipeline is a chain of stages. The first originates messages, each next one
// handles what the one before it let through, the last delivers.
type Pipeline struct {
	Name   string   `json:"name"`
	Stages []*Stage `json:"stages"`
	// Failed handles the messages that failed in any stage. Nil if there is
	// none: they are logged then.
	Failed []*Stage `json:"failed,omitempty"`
	// MaxMessages and MaxBytes bound what may be in flight; 0 stands for the
	// default.
	MaxMessages int64 `json:"max_messages,omitempty"`
	MaxBytes    int64 `json:"max_bytes,omitempty"`
	// DrainTimeout is how long a stop may take; 0 stands for the default.
	DrainTimeout time.Duration `json:"drain_timeout,omitempty"`
	// Quarantine bounds what failed, no failed branch took, and is kept in the
	// state directory.
	Quarantine Quarantine `json:"quarantine,omitzero"`
	Position   Position   `json:"position"`
}

// Quarantine bounds the failed messages that a pipeline keeps.
type Quarantine struct {
	// MaxBytes is how much is kept at most; 0 stands for the default.
	MaxBytes int64 `json:"max_bytes,omitempty"`
	// MaxAge is how long a message is kept; 0 is for ever.
	MaxAge time.Duration `json:"max_age,omitempty"`
	// WhenFull says what happens to what fails at the bound.
	WhenFull WhenFull `json:"when_full,omitempty"`
}

// WhenFull says what happens when something bounded is full.
type WhenFull string

// What may happen. The zero value stands for Block.
const (
	Block      WhenFull = "block"       // it waits, and holds back what is before it
	DropNewest WhenFull = "drop_newest" // what comes is dropped
	DropOldest WhenFull = "drop_oldest" // the oldest is dropped to make room
)

// Kind tells what a stage is.
type Kind string

// The kinds of stages.
const (
	Component Kind = "component" // a component, by reference
	Function  Kind = "function"  // a function of the script or the Go program
	Branch    Kind = "branch"    // every branch gets every message
	Switch    Kind = "switch"    // the first case that takes it gets the message
	Merge     Kind = "merge"     // many sources, as the first stage
)

// Order says which order of messages a stage with several workers keeps.
type Order string

// The orders. The zero value stands for Total.
const (
	Total Order = "total" // as they came
	Key   Order = "key"   // as they came for each key; keys overtake each other
	None  Order = "none"  // none
)

// Stage is a component placed in a pipeline, or a composition of others.
type Stage struct {
	Kind Kind `json:"kind"`
	// Name is unique in the pipeline. If it was not given it is made from the
	// reference when the plan is validated: "json", "json_2".
	Name string `json:"name,omitempty"`
	// Reference is a built-in's name or the path of a file. It is empty for
	// all but components.
	Reference string `json:"component,omitempty"`
	// Attributes are the component's own, without those of every stage.
	Attributes map[string]any `json:"attributes,omitempty"`
	// Function is what runs a stage of kind Function; or, for a Component, the
	// factory that the program gives.
	Function *Func `json:"function,omitempty"`
	// Branches are those of Branch, Switch and Merge.
	Branches []*Fork `json:"branches,omitempty"`

	// Workers is how many workers the stage has; 0 leaves it to the component.
	Workers int `json:"workers,omitempty"`
	// Order is that of a stage with several workers; "" stands for Total.
	Order Order `json:"order,omitempty"`
	// OrderBy is the name of the attribute that is the key, for Order Key;
	// "" stands for the message's own key.
	OrderBy string `json:"order_by,omitempty"`
	// OrderByFunction computes the key, instead of OrderBy.
	OrderByFunction *Func `json:"order_by_function,omitempty"`
	// Retry is the policy for reports of the class Retry; nil for the default.
	Retry *Retry `json:"retry,omitempty"`
	// Timeout is how long a callback may take; 0 stands for the default.
	Timeout  time.Duration `json:"timeout,omitempty"`
	Position Position      `json:"position"`
}

// Fork is one branch of a Branch, one case of a Switch, one source with its
// stages of a Merge.
type Fork struct {
	// When decides for a case of a Switch; nil takes every message.
	When     *Func    `json:"when,omitempty"`
	Stages   []*Stage `json:"stages"`
	Position Position `json:"position"`
}

// Func is a function that the plan refers to.
type Func struct {
	Name     string   `json:"name,omitempty"`
	Position Position `json:"position"`
	// Engine is what runs the function, such as "compiled" or "gopher-lua", and
	// Reason, of one that is not compiled, why it is not: with the line of the
	// script, such as "line 12: a while loop". Both are empty for a Go function.
	Engine string `json:"engine,omitempty"`
	Reason string `json:"reason,omitempty"`
	// Impl is the function itself. Whoever builds the pipeline knows its type.
	Impl any `json:"-"`
}

// Retry says how often and when a message is handled again.
type Retry struct {
	// MaxAttempts is how many times a message is handled in all before it
	// fails; 0 is without limit.
	MaxAttempts int `json:"max_attempts,omitempty"`
	// Initial is the pause before the second attempt, Max the longest one.
	// Each pause is twice the one before, with a jitter of up to a fifth.
	// 0 stands for the default.
	Initial time.Duration `json:"initial,omitempty"`
	Max     time.Duration `json:"max,omitempty"`
	// On holds other policies for single statuses.
	On map[int]*Retry `json:"on,omitempty"`
}

// Position is where something was described.
type Position struct {
	File string `json:"file,omitempty"`
	Line int    `json:"line,omitempty"`
}

// String returns "file:line", "file" if the line is not known, or "".
func (p Position) String() string {
	if p.File == "" || p.Line == 0 {
		return p.File
	}
	return fmt.Sprintf("%s:%d", p.File, p.Line)
}

// The defaults of what a plan leaves open.
const (
	DefaultMaxMessages  = 10_000
	DefaultMaxBytes     = 64 << 20
	DefaultDrainTimeout = 25 * time.Second
	DefaultTimeout      = 30 * time.Second
	DefaultRetryInitial = 100 * time.Millisecond
	DefaultRetryMax     = 30 * time.Second
	DefaultBatch        = 512     // messages that travel together at most
	DefaultMessageMax   = 1 << 20 // bytes of one message at most

	DefaultBufferBytes     = 1 << 30 // bytes that a buffer holds at most
	DefaultQuarantineBytes = 1 << 30 // bytes of failed messages that a pipeline keeps at most
)

// For returns the policy for a status, with defaults filled in. It may be
// called on nil.
func (r *Retry) For(status int) Retry {
	var p Retry
	if r != nil {
		p = *r
		if on, ok := r.On[status]; ok {
			p = *on
		}
	}
	if p.Initial == 0 {
		p.Initial = DefaultRetryInitial
	}
	if p.Max == 0 {
		p.Max = max(DefaultRetryMax, p.Initial)
	}
	p.On = nil
	return p
}
