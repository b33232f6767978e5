package control

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"time"

	"github.com/gopiper/gopiper/engine"
)

// The limits of a server: of requests at a time, of bytes that a request may
// have, and of the time in which it must be there.
const (
	requestsMax  = 16
	requestBytes = 4 << 20 // more numbers than a command line has room for
	requestTime  = 10 * time.Second
)

// Process is what a server tells of and acts on. The functions are called from
// any goroutine, and return what runs at the moment.
type Process struct {
	Pipelines  func() []engine.Stats
	Quarantine func() *engine.Quarantine
}

// Status is what a process tells of itself.
type Status struct {
	PID       int               `json:"pid"`
	Pipelines map[string]string `json:"pipelines"` // their states by their names
}

// Server answers commands on the socket of a state directory.
type Server struct {
	dir     string
	process Process
	http    *http.Server
	slots   chan struct{}
	closing chan struct{} // closed when the process ends: nobody is to wait any more
	served  chan error
}

// Listen serves the socket of a state directory until Close. The caller has the
// directory's store open, so no other process serves it. The directory's path may
// be longer than that of a socket may be only on Linux.
func Listen(dir string, process Process) (*Server, error) {
	listener, err := listen(dir)
	if err != nil {
		return nil, err
	}
	s := &Server{
		dir: dir, process: process, slots: make(chan struct{}, requestsMax),
		closing: make(chan struct{}), served: make(chan error, 1),
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /process", s.status)
	mux.HandleFunc("POST /quarantine/list", answer(s.list))
	mux.HandleFunc("POST /quarantine/remove", answer(s.remove))
	mux.HandleFunc("POST /quarantine/replay", answer(s.replay))
	s.http = &http.Server{Handler: s.limited(mux), ReadHeaderTimeout: requestTime}
	go func() { s.served <- s.http.Serve(listener) }()
	return s, nil
}

// Close stops the server and removes the socket. Who waits is told what became
// of what it waits for; answers that are being written get a second.
func (s *Server) Close() error {
	close(s.closing)
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	if err := s.http.Shutdown(ctx); err != nil {
		_ = s.http.Close() // it breaks off; what is wrong is told by Serve
	}
	err := <-s.served
	if errors.Is(err, http.ErrServerClosed) || errors.Is(err, net.ErrClosed) {
		err = nil
	}
	if removed := os.Remove(filepath.Join(s.dir, socketName)); !errors.Is(removed, fs.ErrNotExist) {
		err = errors.Join(err, removed)
	}
	return err
}

// limited refuses what is too much at a time.
func (s *Server) limited(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		select {
		case s.slots <- struct{}{}:
			defer func() { <-s.slots }()
			next.ServeHTTP(w, r)
		default:
			http.Error(w, fmt.Sprintf("%d commands talk to the process already; try again", requestsMax), http.StatusServiceUnavailable)
		}
	})
}

func (s *Server) status(w http.ResponseWriter, _ *http.Request) {
	status := Status{PID: os.Getpid(), Pipelines: map[string]string{}}
	for _, p := range s.process.Pipelines() {
		status.Pipelines[p.Pipeline] = p.State
	}
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(status) // who asked has gone
}

// line is one line of an answer: an entry, an outcome or, at last, the end.
type line struct {
	Entry   *Entry   `json:"entry,omitempty"`
	Outcome *Outcome `json:"outcome,omitempty"`
	End     *end     `json:"end,omitempty"`
}

// end is the last line of an answer; without it the answer was cut short.
type end struct {
	Count   int      `json:"count"` // of messages that were changed
	Missing []uint64 `json:"missing,omitempty"`
	Error   string   `json:"error,omitempty"`
}

// request is what a command asks for.
type request struct {
	Selection Selection `json:"selection"`
	Wait      bool      `json:"wait,omitempty"` // until what is replayed is settled
}

// answer makes a handler of a function that writes lines.
func answer(do func(ctx context.Context, asked request, write func(line) error) (int, error)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		var asked request
		controller := http.NewResponseController(w)
		_ = controller.SetReadDeadline(time.Now().Add(requestTime))
		decoder := json.NewDecoder(http.MaxBytesReader(w, r.Body, requestBytes))
		decoder.DisallowUnknownFields()
		if err := decoder.Decode(&asked); err != nil {
			http.Error(w, "the request makes no sense: "+err.Error(), http.StatusBadRequest)
			return
		}
		_ = controller.SetReadDeadline(time.Time{}) // or it would end what takes longer
		w.Header().Set("Content-Type", "application/x-ndjson")
		encoder := json.NewEncoder(w)
		encoder.SetEscapeHTML(false)
		write := func(l line) error {
			if err := encoder.Encode(l); err != nil {
				return err
			}
			if l.Outcome != nil {
				return controller.Flush() // it is waited for
			}
			return nil
		}
		last := end{}
		var err error
		last.Count, err = do(r.Context(), asked, write)
		var gone *MissingError
		switch {
		case errors.As(err, &gone):
			last.Missing = gone.IDs
		case err != nil:
			last.Error = err.Error()
		}
		_ = write(line{End: &last}) // who asked has gone
	}
}

func (s *Server) list(ctx context.Context, asked request, write func(line) error) (int, error) {
	return 0, s.keeper().List(ctx, asked.Selection, func(e Entry) error { return write(line{Entry: &e}) })
}

func (s *Server) remove(ctx context.Context, asked request, _ func(line) error) (int, error) {
	return s.keeper().Remove(ctx, asked.Selection)
}

func (s *Server) keeper() local { return local{s.process.Quarantine()} }
