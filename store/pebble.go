package store

import (
	"fmt"
	"log/slog"
	"runtime"
)

// pebbleLog takes what Pebble logs.
type pebbleLog struct{ log *slog.Logger }

func (l pebbleLog) Infof(string, ...any) {}

func (l pebbleLog) Errorf(format string, arguments ...any) {
	l.log.Debug("pebble: " + fmt.Sprintf(format, arguments...))
}

func (l pebbleLog) Fatalf(format string, arguments ...any) {
	l.log.Error("pebble: " + fmt.Sprintf(format, arguments...))
	runtime.Goexit()
}
