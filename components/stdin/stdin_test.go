package stdin

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"go.uber.org/goleak"
	"golang.org/x/sys/unix"

	"github.com/gopiper/gopiper/component"
	"github.com/gopiper/gopiper/components/internal/fake"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// worker makes one that reads file.
func newWorker(t *testing.T, file *os.File, attributes map[string]any) component.Runner {
	t.Helper()
	attributes, err := Declaration.Validate(attributes)
	if err != nil {
		t.Fatal(err)
	}
	f, err := newFactory(attributes, file)
	if err != nil {
		t.Fatal(err)
	}
	return f.Create(nil).(component.Runner)
}

func pipe(t *testing.T) (r, w *os.File) {
	t.Helper()
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { r.Close(); w.Close() })
	return r, w
}

func TestPipe(t *testing.T) {
	for _, nonblocking := range []bool{true, false} {
		t.Run(fmt.Sprintf("nonblocking %v", nonblocking), func(t *testing.T) {
			r, w := pipe(t)
			if err := unix.SetNonblock(descriptor(r), nonblocking); err != nil {
				t.Fatal(err)
			}
			emitted := make(chan struct{}, 10)
			out := fake.Output{OnEmit: func() { emitted <- struct{}{} }}
			done := make(chan error)
			go func() { done <- newWorker(t, r, nil).Run(t.Context(), &out) }()
			fmt.Fprint(w, "one\ntwo\nth")
			<-emitted
			if got := out.Data(); !slices.Equal(got, []string{"one", "two"}) {
				t.Errorf("%q", got)
			}
			fmt.Fprint(w, "ree")
			w.Close()
			if err := <-done; err != nil {
				t.Error(err)
			}
			if got := out.Emitted(); len(got) != 3 || got[2].Data != "three" || !got[2].Unterminated {
				t.Errorf("%+v", got)
			}
			flags, err := unix.FcntlInt(uintptr(descriptor(r)), unix.F_GETFL, 0)
			if err != nil || flags&unix.O_NONBLOCK != 0 != nonblocking {
				t.Errorf("the descriptor's flags have changed: %x, %v", flags, err)
			}
		})
	}
}

func TestRegularFile(t *testing.T) {
	name := filepath.Join(t.TempDir(), "input")
	if err := os.WriteFile(name, []byte("a\x00\nb\x00too long\x00"), 0o600); err != nil {
		t.Fatal(err)
	}
	file, err := os.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	var out fake.Output
	if err := newWorker(t, file, map[string]any{"framing": "nul", "max_message": 3}).Run(t.Context(), &out); err != nil {
		t.Fatal(err)
	}
	if got := out.Data(); !slices.Equal(got, []string{"a", "\nb", "too"}) {
		t.Errorf("%q", got)
	}
}

func TestCancelWhileReading(t *testing.T) {
	r, w := pipe(t)
	ctx, cancel := context.WithCancel(t.Context())
	out := fake.Output{OnEmit: cancel} // the next read would block
	fmt.Fprintln(w, "one")
	if err := newWorker(t, r, nil).Run(ctx, &out); err != nil {
		t.Error(err)
	}
	fmt.Fprint(w, "two\n")
	p := make([]byte, 10)
	if n, err := r.Read(p); err != nil || string(p[:n]) != "two\n" {
		t.Errorf("what comes later is no longer there: %q, %v", p[:n], err)
	}
}

// What one worker had read and could not hand over, the next one originates: the
// messages that were refused, and the beginning of a line.
func TestTheNextTakesOver(t *testing.T) {
	r, w := pipe(t)
	fmt.Fprint(w, "one\ntwo\nthr")
	done := make(chan error, 1)
	first := newWorker(t, r, nil)
	ctx, cancel := context.WithCancel(t.Context())
	emitted := make(chan struct{}, 10)
	out := fake.Output{OnEmit: func() { emitted <- struct{}{} }}
	go func() { done <- first.Run(ctx, &out) }()
	<-emitted
	cancel()
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	second := fake.Output{StopAt: 1, OnEmit: func() { emitted <- struct{}{} }}
	go func() { done <- newWorker(t, r, nil).Run(t.Context(), &second) }()
	fmt.Fprint(w, "ee\n")
	<-emitted
	fmt.Fprint(w, "four\nfi")
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	fmt.Fprint(w, "ve")
	w.Close()
	var third fake.Output
	if err := newWorker(t, r, nil).Run(t.Context(), &third); err != nil {
		t.Fatal(err)
	}
	got := slices.Concat(out.Data(), second.Data(), third.Data())
	if !slices.Equal(got, []string{"one", "two", "three", "four", "five"}) || len(second.Data()) != 1 {
		t.Errorf("%q", got)
	}
}

// A worker that is being stopped but still reads is waited for.
func TestTurns(t *testing.T) {
	r, _ := pipe(t)
	stopped, stop := context.WithCancel(t.Context())
	first, err := take(stopped, r)
	if err != nil {
		t.Fatal(err)
	}
	if second, err := take(t.Context(), r); second != nil || err != errTaken {
		t.Errorf("%v, %v", second, err)
	}
	stop()
	calledOff, callOff := context.WithCancel(t.Context())
	callOff()
	if second, err := take(calledOff, r); second != nil || err != nil {
		t.Errorf("%v, %v", second, err)
	}
	taken := make(chan *turn)
	go func() {
		second, _ := take(t.Context(), r)
		taken <- second
	}()
	first.end()
	if second := <-taken; second == nil || second.rest != first.rest {
		t.Errorf("%v", second)
	}
}

func TestCancelBeforeReading(t *testing.T) {
	r, _ := pipe(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := newWorker(t, r, nil).Run(ctx, &fake.Output{}); err != nil {
		t.Error(err)
	}
}

func TestOneWorkerOnly(t *testing.T) {
	r, w := pipe(t)
	attributes, _ := Declaration.Validate(nil)
	f, err := newFactory(attributes, r)
	if err != nil {
		t.Fatal(err)
	}
	var second error
	out := fake.Output{}
	out.OnEmit = func() { second = f.Create(nil).(component.Runner).Run(t.Context(), &out) }
	fmt.Fprintln(w, "one")
	w.Close()
	if err := f.Create(nil).(component.Runner).Run(t.Context(), &out); err != nil {
		t.Error(err)
	}
	if second == nil || !strings.Contains(second.Error(), "another worker reads the standard input already") {
		t.Errorf("the second one's error: %v", second)
	}
}

func TestErrors(t *testing.T) {
	file, err := os.Open(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	if err := newWorker(t, file, nil).Run(t.Context(), &fake.Output{}); err == nil || !strings.Contains(err.Error(), "is a directory") {
		t.Errorf("reading a directory: %v", err)
	}
	file.Close()
	if err := newWorker(t, file, nil).Run(t.Context(), &fake.Output{}); err == nil {
		t.Error("a closed file can be read")
	}
	if _, err := NewFactory(map[string]any{"framing": "line", "max_message": int64(2 << 30)}); err == nil || !strings.Contains(err.Error(), `"max_message"`) {
		t.Errorf("a limit of 2GiB: %v", err)
	}
}

func TestHandleRefuses(t *testing.T) {
	attributes, _ := Declaration.Validate(nil)
	f, err := NewFactory(attributes)
	if err != nil {
		t.Fatal(err)
	}
	if r := fake.Handle(t, f.Create(nil), fake.NewMessage("a")); r.Class() != component.ClassFail {
		t.Error(r)
	}
	if component.WorkerInterfaces(f.Create(nil)) != Declaration.Interfaces {
		t.Error("the declaration names other interfaces")
	}
}
