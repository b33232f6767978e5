package main

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"os/signal"
	"slices"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/gopiper/gopiper"
	"github.com/gopiper/gopiper/control"
	"github.com/gopiper/gopiper/engine"
	"github.com/gopiper/gopiper/observe"
	"github.com/gopiper/gopiper/plan"
	"github.com/gopiper/gopiper/script"
)

// lookEvery is how often the files are looked at that --watch watches, startEvery
// how often pipelines that start are asked whether they have.
const (
	lookEvery  = 250 * time.Millisecond
	startEvery = 2 * time.Millisecond
)

// runner runs the pipelines of scripts, and then those of newer ones: a reload
// drains what runs and begins what was read. It is for one goroutine, but for
// stats and quarantine.
type runner struct {
	command *runCommand
	logger  *slog.Logger
	options gopiper.Options
	state   *state // nil without a state directory

	hangups chan os.Signal // SIGHUP; nil if there is nothing to reload
	looks   *time.Ticker   // nil if the files are not watched
	files   watched
	told    string // what was wrong with the scripts when they were read last

	at        atomic.Pointer[version] // what runs
	started   time.Time
	unhandled bool // messages failed before a reload, and no failed branch took them
}

// version is what scripts described when they were read, ready to run.
type version struct {
	*described
	program *gopiper.Program
}

// first reads the scripts for the first time, and opens the state directory once
// they were found valid.
func (r *runner) first() (*version, error) {
	c := r.command
	if len(c.Files) > 0 {
		r.hangups = make(chan os.Signal, 1)
		signal.Notify(r.hangups, syscall.SIGHUP)
	}
	if c.Watch {
		r.looks = time.NewTicker(lookEvery)
	}
	r.files.begin(&c.scriptArguments)
	d, err := c.describe()
	if err != nil {
		return nil, err
	}
	r.files.end(&c.scriptArguments, d.files, true)
	r.warn(d.warnings)
	r.options.Durable = c.State != ""
	program, err := d.prepare(r.options)
	if err != nil {
		return nil, err
	}
	if c.State != "" {
		if r.state, err = openState(c.State, r.logger); err != nil {
			return nil, invalid{err}
		}
		r.options.Store = r.state.store
		if program, err = d.prepare(r.options); err != nil {
			return nil, err
		}
	}
	v := &version{d, program}
	r.at.Store(v)
	if r.state != nil {
		r.state.serve(control.Process{Pipelines: r.stats, Quarantine: r.quarantine})
	}
	return v, nil
}

// close gives up what first has acquired, but for SIGHUP, which must not end a
// process that is about to end by itself. It may be called again.
func (r *runner) close() error {
	if r.looks != nil {
		r.looks.Stop()
	}
	state := r.state
	r.state = nil
	return state.close()
}

// stats reads the counters of what runs. It may be called from any goroutine.
func (r *runner) stats() []engine.Stats { return r.at.Load().program.Stats() }

// series reads what the scripts count that run. It may be called from any
// goroutine.
func (r *runner) series() []observe.Series {
	var list []observe.Series
	for _, s := range r.at.Load().tally.Series() {
		one := observe.Series{Name: s.Name, Kind: "gauge", Value: observe.Value(s.Value)}
		if s.Counter {
			one.Kind = "counter"
		}
		for _, l := range s.Labels {
			if one.Labels == nil {
				one.Labels = make(map[string]string)
			}
			one.Labels[l.Name] = l.Value
		}
		list = append(list, one)
	}
	return list
}

// quarantine is that of what runs. It may be called from any goroutine.
func (r *runner) quarantine() *engine.Quarantine { return r.at.Load().program.Quarantine() }

func (r *runner) warn(warnings []script.Warning) {
	for _, w := range warnings {
		r.logger.Warn(w.Message, "position", w.Position.String())
	}
}

// run runs a version, and those that reloads bring, until one has ended or ctx is
// cancelled.
func (r *runner) run(ctx context.Context, v *version) error {
	var before *version // what to go back to if this one cannot start
	for {
		run := r.start(ctx, v)
		if !run.hasStarted() {
			if before == nil || ctx.Err() != nil {
				return r.result(run.err)
			}
			for _, err := range each(run.err) {
				r.logger.Error("not reloaded: the new pipelines cannot start; those before start again", "error", err)
			}
			program, err := before.prepare(r.options)
			if err != nil {
				return r.result(errors.Join(run.err, err))
			}
			v, before = &version{before.described, program}, nil
			continue
		}
		if before != nil && ctx.Err() == nil {
			r.logger.Info("reloaded", "pipelines", len(v.plan.Pipelines))
		}
		next := r.await(ctx, run)
		if next == nil {
			return r.result(run.err)
		}
		before, v = v, next
	}
}

// result is how the run has ended, whose last version has ended with err.
func (r *runner) result(err error) error {
	if r.unhandled {
		err = errors.Join(err, unhandledBefore{})
	}
	return err
}

// unhandledBefore tells of messages that failed before a reload.
type unhandledBefore struct{}

func (unhandledBefore) Error() string {
	return "before a reload, messages failed and no failed branch took them; the log tells which"
}

func (unhandledBefore) Is(target error) bool { return target == gopiper.ErrUnhandled }

// await waits until the version that runs has ended, or there is one to run in its
// place. It returns that, when the other is drained, or nil.
func (r *runner) await(ctx context.Context, run *running) *version {
	var looks <-chan time.Time
	if r.looks != nil {
		looks = r.looks.C
	}
	for {
		why := "SIGHUP"
		select {
		case <-run.ended:
			return nil
		case <-r.hangups:
		case <-looks:
			if !r.files.changed(&r.command.scriptArguments) {
				continue
			}
			why = "a file has changed"
		}
		next := r.reread(why)
		if next == nil {
			continue
		}
		r.logger.Info("reloading: what is in flight is finished first", "because", why)
		run.drain()
		<-run.ended
		if ctx.Err() != nil {
			return nil
		}
		r.over(run.err)
		return next
	}
}

// reread reads the scripts anew. It returns nil, and says why, if they are not
// valid.
func (r *runner) reread(why string) *version {
	arguments := &r.command.scriptArguments
	r.files.begin(arguments)
	d, err := arguments.describe()
	if err != nil {
		r.files.end(arguments, nil, false)
		r.refuse(why, err)
		return nil
	}
	program, err := d.prepare(r.options)
	if err != nil {
		r.files.end(arguments, d.files, false)
		r.refuse(why, err)
		return nil
	}
	r.files.end(arguments, d.files, true)
	r.told = ""
	r.warn(d.warnings)
	return &version{d, program}
}

// refuse says what is wrong with the scripts: what was said already only to who
// asks.
func (r *runner) refuse(why string, err error) {
	if why != "SIGHUP" && r.told == err.Error() {
		return
	}
	r.told = err.Error()
	var problems plan.Problems
	if !errors.As(err, &problems) {
		r.logger.Error("not reloaded, what runs goes on", "because", why, "problem", err.Error())
	}
	for _, p := range problems {
		r.logger.Error("not reloaded, what runs goes on: the scripts are not valid", "because", why, "problem", p.Error())
	}
}

// over says how a version has ended that a reload has drained.
func (r *runner) over(err error) {
	for _, e := range each(err) {
		switch {
		case e == nil:
		case errors.Is(e, gopiper.ErrUnhandled):
			r.unhandled = true
			r.logger.Error("before the reload, messages failed and no failed branch took them", "error", e)
		case errors.Is(e, gopiper.ErrNotDrained):
			r.logger.Error("before the reload, the pipeline was not drained in time; what is unsettled comes again from sources that can read it again, and is lost from others", "error", e)
		default:
			r.logger.Error("the pipeline had failed before the reload", "error", e)
		}
	}
}

// running is a version that runs.
type running struct {
	program *gopiper.Program
	drain   context.CancelFunc
	ended   chan struct{}
	err     error // once it has ended
}

// start starts a version.
func (r *runner) start(ctx context.Context, v *version) *running {
	ctx, drain := context.WithCancel(ctx)
	run := &running{program: v.program, drain: drain, ended: make(chan struct{})}
	r.at.Store(v)
	r.started = time.Now()
	go func() {
		defer drain()
		run.err = v.program.Run(ctx)
		close(run.ended)
	}()
	return run
}

// hasStarted waits until the pipelines have started, which is true, or none has.
func (run *running) hasStarted() bool {
	look := time.NewTicker(startEvery)
	defer look.Stop()
	for {
		stats := run.program.Stats()
		in := func(states ...string) bool {
			return slices.ContainsFunc(stats, func(s engine.Stats) bool { return slices.Contains(states, s.State) })
		}
		select {
		case <-run.ended:
			return run.err == nil || in("ended") || slices.ContainsFunc(run.program.Stats(), func(s engine.Stats) bool { return s.Originated > 0 })
		default:
		}
		if !in("starting") && in("running", "draining", "ended") {
			return true
		}
		select {
		case <-run.ended:
		case <-look.C:
		}
	}
}
