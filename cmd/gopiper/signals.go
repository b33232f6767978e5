package main

import (
	"context"
	"log/slog"
	"os"
	"os/signal"
	"syscall"
)

// catchSignals keeps the signals that pipelines make use of from ending the
// process: SIGUSR1 asks file sinks to open their files anew, and must be harmless
// where there is none.
//
// It also makes a closed standard output an error of the write, which ends a
// pipeline quietly, where it would be a signal that ends the process. The signals
// are not ignored but caught, for children would inherit the former.
func catchSignals() {
	signal.Notify(make(chan os.Signal, 1), syscall.SIGPIPE, syscall.SIGUSR1)
}

// drainOnSignal returns a context that is cancelled by the first SIGINT or
// SIGTERM, or when the process has died that supervises this one. The second
// signal ends the process at once. stop ends the watch.
func drainOnSignal(logger *slog.Logger) (ctx context.Context, stop func()) {
	signals := make(chan os.Signal, 2)
	signal.Notify(signals, syscall.SIGINT, syscall.SIGTERM)
	ctx, cancel := context.WithCancel(context.Background())
	stopped := make(chan struct{})
	go func() {
		orders, came := supervisor.listen(), newInterrupts()
		for {
			var last syscall.Signal
			select {
			case s := <-signals:
				last = s.(syscall.Signal)
				came.direct[last]++
			case s, alive := <-orders:
				if !alive {
					orders = nil
					if ctx.Err() == nil {
						logger.Warn("stopping, because the process has died that supervises this one")
						cancel()
					}
					continue
				}
				last = s
				came.passed[last]++
			case <-stopped:
				return
			}
			if came.count() > 1 {
				exit(exitSignal + int(last))
			}
			if ctx.Err() == nil {
				logger.Info("stopping: what is in flight is finished; a second signal exits at once", "signal", last.String())
				cancel()
			}
		}
	}()
	return ctx, func() {
		signal.Stop(signals)
		close(stopped)
		cancel()
	}
}
