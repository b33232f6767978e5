package file_test

import (
	"errors"
	"io/fs"
	"os"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/gopiper/gopiper/component"
	"github.com/gopiper/gopiper/components/internal/fake"
)

func write(t *testing.T, s stage, data ...string) error {
	t.Helper()
	messages := fake.Messages(data...)
	fake.Handle(t, s.Component, messages[0])
	if rest := messages[1:]; len(rest) > 0 {
		if n := s.Component.(component.BatchHandler).HandleBatch(rest, make([]component.Report, len(rest))); n != len(rest) {
			t.Errorf("handled %d of %d messages", n, len(rest))
		}
	}
	return s.Component.(component.Flusher).Flush(t.Context())
}

func check(t *testing.T, name, want string) {
	t.Helper()
	if got, err := os.ReadFile(name); err != nil || string(got) != want {
		t.Errorf("%s holds %q, want %q, %v", name, got, want, err)
	}
}

func TestWrite(t *testing.T) {
	name := t.TempDir() + "/new/directory/out"
	s := mustCreate(t, map[string]any{"path": name, "mode": "0600", "sync": true})
	if err := write(t, s, "a", "", "b"); err != nil {
		t.Error(err)
	}
	check(t, name, "a\n\nb\n")
	if info, err := os.Stat(name); err != nil || info.Mode() != 0o600 {
		t.Errorf("%v, %v", info.Mode(), err)
	}
}

func TestAppend(t *testing.T) {
	for appends, want := range map[bool]string{true: "old\nnew\n", false: "new\n"} {
		name := t.TempDir() + "/out"
		if err := os.WriteFile(name, []byte("old\n"), 0o644); err != nil {
			t.Fatal(err)
		}
		if err := write(t, mustCreate(t, map[string]any{"path": name, "append": appends}), "new"); err != nil {
			t.Error(err)
		}
		check(t, name, want)
	}
}

// Several workers write to one file, and only the stage's start empties it.
func TestWriteByManyWorkers(t *testing.T) {
	name := t.TempDir() + "/out"
	s := mustCreate(t, map[string]any{"path": name, "append": false})
	other := stage{s.Factory, s.Create(nil)}
	if err := write(t, s, "a"); err != nil {
		t.Error(err)
	}
	if err := other.Component.(component.Opener).Open(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(write(t, other, "b"), write(t, s, "c")); err != nil {
		t.Error(err)
	}
	check(t, name, "a\nb\nc\n")
}

func TestReopen(t *testing.T) {
	name := t.TempDir() + "/out"
	s := mustCreate(t, map[string]any{"path": name})
	if err := write(t, s, "a"); err != nil {
		t.Error(err)
	}
	if err := os.Rename(name, name+".1"); err != nil {
		t.Fatal(err)
	}
	if err := write(t, s, "b"); err != nil {
		t.Error(err)
	}
	check(t, name+".1", "a\nb\n")
	if err := unix.Kill(os.Getpid(), unix.SIGUSR1); err != nil {
		t.Fatal(err)
	}
	for n := 0; ; n++ { // until the signal has arrived
		if err := write(t, s, "c"); err != nil {
			t.Error(err)
		}
		if _, err := os.Stat(name); err == nil {
			check(t, name, "c\n")
			check(t, name+".1", "a\nb\n"+strings.Repeat("c\n", n))
			return
		}
	}
}

func TestWriteErrors(t *testing.T) {
	d := tree(t, map[string]string{"file": ""})
	if _, err := create(t, map[string]any{"path": d + "file/out"}); !errors.Is(err, unix.ENOTDIR) || !strings.Contains(err.Error(), d+"file") {
		t.Error(err)
	}
	if _, err := create(t, map[string]any{"path": d}); !errors.Is(err, unix.EISDIR) {
		t.Error(err)
	}
	s := mustCreate(t, map[string]any{"path": "/dev/full"})
	if err := write(t, s, "a"); !errors.Is(err, unix.ENOSPC) || !strings.Contains(err.Error(), "/dev/full") {
		t.Error(err)
	}
	if err := s.Component.(component.Flusher).Flush(t.Context()); err != nil {
		t.Errorf("the message was not given back: %v", err)
	}
}

// A file that cannot be opened again after the signal is tried again.
func TestReopenFails(t *testing.T) {
	name := t.TempDir() + "/directory/out"
	s := mustCreate(t, map[string]any{"path": name})
	if err := os.RemoveAll(name[:len(name)-4]); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name[:len(name)-4], nil, 0o644); err != nil {
		t.Fatal(err)
	}
	if err := unix.Kill(os.Getpid(), unix.SIGUSR1); err != nil {
		t.Fatal(err)
	}
	for {
		if err := write(t, s, "a"); err != nil { // once the signal has arrived
			if !errors.Is(err, unix.ENOTDIR) {
				t.Error(err)
			}
			break
		}
	}
	if err := os.Remove(name[:len(name)-4]); err != nil {
		t.Fatal(err)
	}
	if err := write(t, s, "b"); err != nil {
		t.Error(err)
	}
	check(t, name, "b\n")
	if err := s.Factory.(component.Closer).Close(); err != nil {
		t.Error(err)
	}
	if _, err := os.Stat(name); errors.Is(err, fs.ErrNotExist) {
		t.Error(err)
	}
}
