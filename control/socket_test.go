package control

import (
	"errors"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"go.uber.org/goleak"

	"github.com/gopiper/gopiper/engine"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// serve serves a directory for the time of the test.
func serve(t *testing.T, dir string, process Process) *Server {
	t.Helper()
	s, err := Listen(dir, process)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

func running() Process {
	return Process{Pipelines: func() []engine.Stats { return []engine.Stats{{Pipeline: "orders", State: "running"}} }}
}

// answers tells whether a process answers on the socket.
func answers(t *testing.T, dir string) bool {
	t.Helper()
	c, err := Dial(t.Context(), dir)
	if errors.Is(err, ErrNotRunning) {
		return false
	}
	if err != nil {
		t.Fatal(err)
	}
	status, err := c.Status(t.Context())
	if err != nil || status.PID != os.Getpid() || len(status.Pipelines) != 1 || status.Pipelines["orders"] != "running" {
		t.Errorf("%+v, %v", status, err)
	}
	return true
}

func TestSocket(t *testing.T) {
	dir := t.TempDir()
	if answers(t, dir) {
		t.Error("somebody answers before there is a server")
	}
	s, err := Listen(dir, running())
	if err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(filepath.Join(dir, socketName))
	if err != nil || info.Mode() != os.ModeSocket|0o600 {
		t.Errorf("its rights: %v, %v", info.Mode(), err)
	}
	if !answers(t, dir) {
		t.Error("nobody answers")
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
	if names, err := os.ReadDir(dir); err != nil || len(names) != 0 {
		t.Errorf("it leaves %v, %v", names, err)
	}
	if answers(t, dir) {
		t.Error("somebody answers after the server was closed")
	}
}

// A killed process leaves its socket, or one that was not ready yet, behind.
func TestStaleSocket(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{socketName, newName} {
		listener, err := net.ListenUnix("unix", &net.UnixAddr{Name: filepath.Join(dir, name)})
		if err != nil {
			t.Fatal(err)
		}
		listener.SetUnlinkOnClose(false)
		listener.Close()
	}
	if answers(t, dir) {
		t.Error("nobody can answer")
	}
	serve(t, dir, running())
	if !answers(t, dir) {
		t.Error("nobody answers")
	}
}

func TestLongPath(t *testing.T) {
	if runtime.GOOS != "linux" {
		dir := filepath.Join(t.TempDir(), strings.Repeat("d", 120))
		if err := os.Mkdir(dir, 0o700); err != nil {
			t.Fatal(err)
		}
		if _, err := Listen(dir, running()); err == nil || !strings.Contains(err.Error(), "use a directory with a shorter path") {
			t.Error(err)
		}
		return
	}
	for _, length := range []int{pathMax - len(newName) - 1, pathMax - len(newName), pathMax, 300} {
		root := t.TempDir()
		if len(root)+5 > length {
			length = len(root) + 5
		}
		dir := root
		for len(dir) < length {
			dir += "/" + strings.Repeat("d", min(200, length-len(dir)-1))
		}
		if err := os.MkdirAll(dir, 0o700); err != nil {
			t.Fatal(err)
		}
		serve(t, dir, running())
		if !answers(t, dir) {
			t.Errorf("nobody answers in a directory whose path has %d bytes", len(dir))
		}
	}
}

func TestNoSocket(t *testing.T) {
	dir := t.TempDir()
	if _, err := Listen(filepath.Join(dir, "nothing"), running()); err == nil || !strings.HasSuffix(err.Error(), "nothing/socket: no such file or directory") {
		t.Error(err)
	}
	if answers(t, filepath.Join(dir, strings.Repeat("nothing/", 30))) {
		t.Error("somebody answers")
	}
	if err := os.WriteFile(filepath.Join(dir, socketName), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if answers(t, dir) {
		t.Error("a file answers")
	}
	serve(t, dir, running())
	if !answers(t, dir) {
		t.Error("nobody answers")
	}
}
