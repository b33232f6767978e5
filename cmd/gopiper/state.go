package main

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"time"

	"github.com/gopiper/gopiper/control"
	"github.com/gopiper/gopiper/store"
)

// A state directory that is in use is tried again for a while: commands that look
// at it do not take long.
const (
	stateTries = 40
	statePause = 50 * time.Millisecond
)

// state is a state directory that is open.
type state struct {
	dir    string
	store  *store.Store
	logger *slog.Logger
	server *control.Server // nil if there is no socket
}

// openState opens a state directory for pipelines.
func openState(dir string, logger *slog.Logger) (*state, error) {
	for try := 1; ; try++ {
		s, err := store.Open(dir, store.Options{Logger: logger})
		if err == nil {
			return &state{dir: dir, store: s, logger: logger}, nil
		}
		if !inUse(err) || try == stateTries {
			return nil, err
		}
		if _, served := control.Dial(context.Background(), dir); served == nil {
			return nil, err // pipelines run there
		}
		time.Sleep(statePause)
	}
}

// inUse tells whether another process has the state directory open.
func inUse(err error) bool { return strings.Contains(err.Error(), "it is in use by") }

// serve lets commands reach this process. Without a socket they cannot, and the
// pipelines run all the same.
func (s *state) serve(process control.Process) {
	server, err := control.Listen(s.dir, process)
	if err != nil {
		s.logger.Warn("gopiper quarantine cannot reach this process: there is no socket", "error", err)
		return
	}
	s.server = server
}

// close closes the directory. It may be called on nil.
func (s *state) close() error {
	if s == nil {
		return nil
	}
	var err error
	if s.server != nil {
		err = s.server.Close()
	}
	failed := s.store.Err() // the pipelines have told so
	if closed := s.store.Close(); failed == nil {
		err = errors.Join(err, closed)
	}
	return err
}
