package main

import (
	"encoding/json"
	"errors"
	"log/slog"
	"os"
	"time"

	"github.com/gopiper/gopiper"
	"github.com/gopiper/gopiper/engine"
	"github.com/gopiper/gopiper/observe"
)

type runCommand struct {
	scriptArguments
	logFlags
	Strict       bool          `help:"Reuse no memory, and overwrite what a component must not use any more, to find components that do. Slow."`
	Stats        bool          `help:"Print a table of what every stage did, at the end, to the standard error."`
	JSON         bool          `name:"json" help:"Print the table of --stats as JSON."`
	Metrics      string        `placeholder:"ADDRESS" help:"Serve /metrics, /live and /ready, for example on 127.0.0.1:9100."`
	DrainTimeout time.Duration `placeholder:"DURATION" help:"How long a stop may take, instead of what the pipelines say, which is 25s by default."`
}

// Run runs pipelines: all start or none; it returns when all have ended.
func (c *runCommand) Run() error {
	tuneMemory()
	if c.DrainTimeout < 0 {
		return invalidf("--drain-timeout must not be negative")
	}
	logger, flush := c.logger(os.Stderr)
	defer flush()
	slog.SetDefault(logger)

	program, warnings, err := c.prepare(gopiper.Options{Strict: c.Strict, DrainTimeout: c.DrainTimeout, Logger: logger})
	for _, w := range warnings {
		logger.Warn(w.Message, "position", w.Position.String())
	}
	if err != nil {
		return err
	}
	if c.Metrics != "" {
		server, err := observe.Listen(c.Metrics, buildInfo().Version, program.Stats)
		if err != nil {
			return invalid{err}
		}
		defer server.Close()
		logger.Info("serving metrics", "address", "http://"+server.Address()+"/metrics")
	}
	ctx, stop := drainOnSignal(logger)
	defer stop()
	started := time.Now()
	err = program.Run(ctx)
	if c.Stats {
		err = errors.Join(err, c.printStats(program.Stats(), time.Since(started)))
	}
	return err
}

func (c *runCommand) printStats(stats []engine.Stats, elapsed time.Duration) error {
	if !c.JSON {
		return observe.WriteTable(os.Stderr, stats, elapsed)
	}
	encoder := json.NewEncoder(os.Stderr)
	encoder.SetIndent("", "  ")
	return encoder.Encode(struct {
		ElapsedSeconds float64        `json:"elapsed_seconds"`
		Pipelines      []engine.Stats `json:"pipelines"`
	}{elapsed.Seconds(), stats})
}
