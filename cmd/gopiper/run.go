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
	State     string `placeholder:"DIR" help:"Keep in this directory what must survive the process: buffers, positions, state, quarantine. It is made if it is not there."`
	Watch     bool   `short:"w" help:"Reload when a script, or a module that it requires, changes. SIGHUP does so at any time."`
	Supervise bool   `help:"Run in a process of its own, and start it again when it dies."`
	logFlags
	Stats        bool          `help:"Print a table of what every stage did, and what scripts counted, at the end, to the standard error."`
	JSON         bool          `name:"json" help:"Print the table of --stats as JSON."`
	Metrics      string        `placeholder:"ADDRESS" help:"Serve /metrics, /live and /ready, for example on 127.0.0.1:9100."`
	DrainTimeout time.Duration `placeholder:"DURATION" help:"How long a stop may take, instead of what the pipelines say, which is 25s by default."`
	LuaJITLimit  time.Duration `name:"luajit-limit" placeholder:"DURATION" help:"How long a function may take for one message on LuaJIT, which cannot be interrupted, before gopiper ends with the exit code 1; 10s by default."`
	Strict       bool          `help:"Reuse no memory, and overwrite what a component must not use any more, to find components that do. Slow."`
}

// Help tells what the flags have no room for.
func (c *runCommand) Help() string {
	return `All pipelines start or none, and gopiper ends when all have ended. SIGINT and SIGTERM drain: the sources stop, and what is in flight is finished; a second signal ends gopiper at once.

A reload, by --watch or SIGHUP, reads the scripts first. If they are not valid, what runs goes on, and the log says why. If they are, the pipelines are drained and those of the new scripts take over, with the same state directory. If these cannot start, the ones before do so again. Pipelines that have ended by themselves end gopiper, also with --watch.`
}

// Run runs pipelines: all start or none; it returns when all have ended.
func (c *runCommand) Run() error {
	switch {
	case c.DrainTimeout < 0:
		return invalidf("--drain-timeout must not be negative")
	case c.LuaJITLimit < 0:
		return invalidf("--luajit-limit must not be negative")
	case c.Watch && len(c.Files) == 0:
		return invalidf("--watch needs a file or a folder to watch; a script of -e does not change")
	}
	logger, flush := c.logger(os.Stderr)
	defer flush()
	slog.SetDefault(logger)
	if c.Supervise && supervisor == nil {
		return supervise(logger, len(c.Files) > 0)
	}
	tuneMemory()
	c.luaJITLimit = c.LuaJITLimit
	r := &runner{command: c, logger: logger, options: gopiper.Options{Strict: c.Strict, DrainTimeout: c.DrainTimeout, Logger: logger}}
	defer r.close()
	first, err := r.first()
	if err != nil {
		return err
	}
	if c.Metrics != "" {
		server, err := observe.Listen(c.Metrics, buildInfo().Version, r.stats, observe.NewSeriesCollector(r.series))
		if err != nil {
			return invalid{err}
		}
		defer server.Close()
		logger.Info("serving metrics", "address", "http://"+server.Address()+"/metrics")
	}
	ctx, stop := drainOnSignal(logger)
	defer stop()
	err = r.run(ctx, first)
	if c.Stats {
		err = errors.Join(err, c.printStats(r.stats(), r.series(), time.Since(r.started)))
	}
	return errors.Join(err, r.close())
}

func (c *runCommand) printStats(stats []engine.Stats, series []observe.Series, elapsed time.Duration) error {
	if !c.JSON {
		return errors.Join(observe.WriteTable(os.Stderr, stats, elapsed), observe.WriteSeries(os.Stderr, series))
	}
	encoder := json.NewEncoder(os.Stderr)
	encoder.SetIndent("", "  ")
	return encoder.Encode(struct {
		ElapsedSeconds float64          `json:"elapsed_seconds"`
		Pipelines      []engine.Stats   `json:"pipelines"`
		Metrics        []observe.Series `json:"metrics,omitempty"`
	}{elapsed.Seconds(), stats, series})
}
