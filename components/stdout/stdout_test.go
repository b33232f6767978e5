package stdout

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/gopiper/gopiper/component"
	"github.com/gopiper/gopiper/components/internal/fake"
)

// The test binary is also the process of TestClosedStandardOutput.
func TestMain(m *testing.M) {
	if os.Getenv("STDOUT_TEST_CHILD") != "" {
		child()
	}
	os.Exit(m.Run())
}

type sink interface {
	component.BatchHandler
	component.Flusher
	component.Component
}

func create(t *testing.T, fd int, attributes map[string]any) sink {
	t.Helper()
	attributes, err := Declaration.Validate(attributes)
	if err != nil {
		t.Fatal(err)
	}
	f, err := newFactory(attributes, fd)
	if err != nil {
		t.Fatal(err)
	}
	worker := f.Create(nil)
	if component.WorkerInterfaces(worker) != Declaration.Interfaces {
		t.Error("the declaration names other interfaces")
	}
	return worker.(sink)
}

func pipe(t *testing.T) (r *os.File, fd int, closeWriter func()) {
	t.Helper()
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { r.Close(); w.Close() })
	conn, err := w.SyscallConn()
	if err != nil {
		t.Fatal(err)
	}
	if err := conn.Control(func(n uintptr) { fd = int(n) }); err != nil {
		t.Fatal(err)
	}
	return r, fd, func() { w.Close() }
}

func TestWrite(t *testing.T) {
	r, fd, closeWriter := pipe(t)
	s := create(t, fd, nil)
	if n := s.HandleBatch(fake.Messages("a", "b"), make([]component.Report, 2)); n != 2 {
		t.Errorf("handled %d messages", n)
	}
	if report := fake.Handle(t, s, fake.NewUnterminated("c")); report != (component.Report{}) {
		t.Error(report)
	}
	if err := s.Flush(t.Context()); err != nil {
		t.Error(err)
	}
	closeWriter()
	if got, err := io.ReadAll(r); err != nil || string(got) != "a\nb\nc" {
		t.Errorf("%q, %v", got, err)
	}
}

// A pipe takes less than is written at once, and a non-blocking one says so.
func TestWriteMuch(t *testing.T) {
	for _, nonblocking := range []bool{true, false} {
		t.Run(fmt.Sprintf("nonblocking %v", nonblocking), func(t *testing.T) {
			r, fd, closeWriter := pipe(t)
			if err := unix.SetNonblock(fd, nonblocking); err != nil {
				t.Fatal(err)
			}
			read := make(chan []byte)
			go func() {
				data, _ := io.ReadAll(r)
				read <- data
			}()
			s := create(t, fd, map[string]any{"framing": "none"})
			want := strings.Repeat("0123456789abcdef", 64<<10)
			fake.Handle(t, s, fake.NewMessage(want))
			if err := s.Flush(t.Context()); err != nil {
				t.Error(err)
			}
			closeWriter()
			if got := <-read; !bytes.Equal(got, []byte(want)) {
				t.Errorf("%d bytes arrived", len(got))
			}
		})
	}
}

func TestErrors(t *testing.T) {
	r, fd, _ := pipe(t)
	r.Close()
	s := create(t, fd, nil)
	fake.Handle(t, s, fake.NewMessage("a"))
	if err := s.Flush(t.Context()); !errors.Is(err, component.ErrClosed) {
		t.Errorf("nobody reads: %v", err)
	}
	full, err := os.OpenFile("/dev/full", os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer full.Close()
	s = create(t, int(full.Fd()), nil)
	fake.Handle(t, s, fake.NewMessage("a"))
	if err := s.Flush(t.Context()); !errors.Is(err, unix.ENOSPC) || errors.Is(err, component.ErrClosed) {
		t.Errorf("no space: %v", err)
	}
	if _, err := NewFactory(map[string]any{"framing": "lines"}); err == nil {
		t.Error("there is no framing lines")
	}
}

// The signal that the process gets for writing to a standard output that
// nobody reads does not end it.
func TestClosedStandardOutput(t *testing.T) {
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	r.Close()
	command := exec.Command(os.Args[0])
	command.Env = append(os.Environ(), "STDOUT_TEST_CHILD=1")
	command.Stdout = w
	var said bytes.Buffer
	command.Stderr = &said
	err = command.Run()
	w.Close()
	if err != nil || said.String() != "standard output: closed by the other side" {
		t.Errorf("%v, it said %q", err, said.String())
	}
}

func child() {
	attributes, _ := Declaration.Validate(nil)
	f, err := NewFactory(attributes)
	if err != nil {
		panic(err)
	}
	worker := f.Create(nil)
	worker.Handle(fake.NewMessage("a"), func(component.Report) {})
	fmt.Fprint(os.Stderr, worker.(component.Flusher).Flush(context.Background()))
	os.Exit(0)
}
