package observe

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/gopiper/gopiper/engine"
)

// Server answers /metrics (Prometheus), /live (the process answers) and /ready
// (every pipeline runs, or has ended well, and nothing keeps it from its work).
type Server struct {
	listener net.Listener
	http     *http.Server
	done     chan error
}

// Listen starts a server on an address such as "127.0.0.1:9100", which must be
// on loopback. It answers until Close. more are collectors of other metrics.
func Listen(address, version string, source Source, more ...prometheus.Collector) (*Server, error) {
	if err := checkLoopback(address); err != nil {
		return nil, err
	}
	listener, err := net.Listen("tcp", address)
	if err != nil {
		return nil, fmt.Errorf("metrics address %q: %w", address, reason(err))
	}
	if host, ok := listener.Addr().(*net.TCPAddr); !ok || !host.IP.IsLoopback() {
		listener.Close()
		return nil, notLoopback(address)
	}
	s := &Server{
		listener: listener,
		http:     &http.Server{Handler: handler(version, source, more), ReadHeaderTimeout: 5 * time.Second},
		done:     make(chan error, 1),
	}
	go func() { s.done <- s.http.Serve(listener) }()
	return s, nil
}

// Address is where the server listens.
func (s *Server) Address() string { return s.listener.Addr().String() }

// Close stops the server: answers that are being written get a second.
func (s *Server) Close() error {
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	err := s.http.Shutdown(ctx)
	if err != nil {
		err = s.http.Close()
	}
	if served := <-s.done; !errors.Is(served, http.ErrServerClosed) {
		return served
	}
	return err
}

func checkLoopback(address string) error {
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return fmt.Errorf("metrics address %q is not host:port; write for example 127.0.0.1:9100", address)
	}
	if ip := net.ParseIP(host); host == "" || ip != nil && !ip.IsLoopback() {
		return notLoopback(address)
	}
	return nil
}

func notLoopback(address string) error {
	return fmt.Errorf("metrics address %q is not on loopback, and serving others needs TLS and a token, which are not available yet; use for example 127.0.0.1:9100", address)
}

// reason leaves out of a network error what its reader knows already.
func reason(err error) error {
	var op *net.OpError
	if errors.As(err, &op) {
		return op.Err
	}
	return err
}

func handler(version string, source Source, more []prometheus.Collector) http.Handler {
	registry := prometheus.NewRegistry()
	registry.MustRegister(
		NewCollector(version, source),
		collectors.NewGoCollector(),
		collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}),
	)
	registry.MustRegister(more...)
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", promhttp.HandlerFor(registry, promhttp.HandlerOpts{ErrorHandling: promhttp.ContinueOnError}))
	mux.HandleFunc("GET /live", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprintln(w, "ok") })
	mux.HandleFunc("GET /ready", func(w http.ResponseWriter, _ *http.Request) {
		text, ready := readiness(source)
		if !ready {
			w.WriteHeader(http.StatusServiceUnavailable)
		}
		fmt.Fprint(w, text)
	})
	return mux
}

// readiness lists the pipelines' states, with what keeps them from their work,
// and tells whether all are good.
func readiness(source Source) (text string, good bool) {
	var list strings.Builder
	good = true
	for _, p := range source() {
		fmt.Fprintf(&list, "%s: %s\n", p.Pipeline, p.State)
		for _, reason := range p.NotReady {
			fmt.Fprintf(&list, "%s: not ready: %s\n", p.Pipeline, reason)
		}
		good = good && ready(&p)
	}
	return list.String(), good
}

// ready tells whether a pipeline does its work, or has done it.
func ready(p *engine.Stats) bool {
	return (p.State == "running" || p.State == "ended") && len(p.NotReady) == 0
}
