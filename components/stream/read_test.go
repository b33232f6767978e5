package stream_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
	"testing/iotest"

	"pgregory.net/rapid"

	"github.com/gopiper/gopiper/component"
	"github.com/gopiper/gopiper/components/internal/fake"
	"github.com/gopiper/gopiper/components/stream"
	"github.com/gopiper/gopiper/framing"
)

func read(t *testing.T, out *fake.Output, options stream.Options, r io.Reader) (bool, error) {
	t.Helper()
	return stream.NewReader(out, options).Read(t.Context(), r)
}

// What is read and then written again is the same, byte for byte, in batches
// that are neither empty nor too large.
func TestReadAndWriteIsTheSame(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var input []byte
		for _, length := range rapid.SliceOf(rapid.OneOf(rapid.IntRange(0, 3), rapid.IntRange(0, 200), rapid.IntRange(60_000, 140_000))).Draw(t, "lengths") {
			line := append(bytes.Repeat([]byte{'a' + byte(len(input)%26)}, length), '\n')
			input = append(input, bytes.Repeat(line, rapid.SampledFrom([]int{1, 1, 700}).Draw(t, "times")%(1+1_000_000/len(line)))...)
		}
		input = append(input, rapid.SampledFrom([]string{"", "last"}).Draw(t, "last")...)
		var r io.Reader = bytes.NewReader(input)
		if n := rapid.SampledFrom([]int{0, 1000, 65536, 65537}).Draw(t, "a read"); n > 0 {
			r = &atMost{r, n}
		}

		var out fake.Output
		if stopped, err := stream.NewReader(&out, options).Read(context.Background(), r); stopped || err != nil {
			t.Fatal(stopped, err)
		}
		var output bytes.Buffer
		w := stream.NewWriter(framing.Line, output.Write)
		for _, e := range out.Emitted() {
			w.Add(e.Message())
		}
		if err := w.Flush(); err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(output.Bytes(), input) {
			t.Fatalf("%d bytes became %d", len(input), output.Len())
		}
		if n := slices.Max(append(out.Batches(), 0)); n > 512 {
			t.Fatalf("a batch of %d messages", n)
		}
	})
}

var options = stream.Options{Framing: framing.Line, MaxMessage: stream.DefaultMaxMessage}

// atMost reads at most n bytes at once.
type atMost struct {
	io.Reader
	n int
}

func (r *atMost) Read(p []byte) (int, error) { return r.Reader.Read(p[:min(len(p), r.n)]) }

// Whatever a read has completed is emitted before the next read.
func TestReadDoesNotWait(t *testing.T) {
	r, w := io.Pipe()
	emitted := make(chan struct{}, 10)
	out := fake.Output{OnEmit: func() { emitted <- struct{}{} }}
	done := make(chan error)
	go func() {
		_, err := stream.NewReader(&out, options).Read(t.Context(), r)
		done <- err
	}()
	for i, text := range []string{"one\n", "two\nthree\nfo", "ur\n"} {
		fmt.Fprint(w, text)
		<-emitted
		want := [][]string{{"one"}, {"one", "two", "three"}, {"one", "two", "three", "four"}}[i]
		if got := out.Data(); !slices.Equal(got, want) {
			t.Fatalf("after %q: %q", text, got)
		}
	}
	w.Close()
	if err := <-done; err != nil {
		t.Fatal(err)
	}
}

func TestReadTooLong(t *testing.T) {
	var out fake.Output
	input := io.MultiReader(strings.NewReader("short\n"), &atMost{io.LimitReader(zeros{}, 50<<20), 100_000}, strings.NewReader("\nshort\n"))
	if _, err := read(t, &out, stream.Options{Framing: framing.Line, MaxMessage: 1000}, input); err != nil {
		t.Fatal(err)
	}
	got := out.Emitted()
	if len(got) != 3 || got[0].Data != "short" || got[2].Data != "short" || got[2].Failed.Status != 0 {
		t.Fatalf("%d messages", len(got))
	}
	want := component.Report{Status: 202, Description: "message longer than 1000 bytes (attribute max_message)"}
	if len(got[1].Data) != 1000 || got[1].Failed != want {
		t.Errorf("%d bytes, %v", len(got[1].Data), got[1].Failed)
	}
	if n := out.Capacity(); n > 1<<20 {
		t.Errorf("buffers of %d bytes", n)
	}
}

// zeros is an endless stream.
type zeros struct{}

func (zeros) Read(p []byte) (int, error) {
	clear(p)
	return len(p), nil
}

func TestReadBroken(t *testing.T) {
	var out fake.Output
	input := strings.NewReader("\x00\x00\x00\x01a\x00\x00\x00\x05bc")
	if _, err := read(t, &out, stream.Options{Framing: framing.Length, MaxMessage: 10}, input); err != nil {
		t.Fatal(err)
	}
	got := out.Emitted()
	if len(got) != 2 || got[0].Data != "a" || got[1].Data != "bc" || got[1].Failed.Status != stream.StatusBroken {
		t.Errorf("%+v", got)
	}
}

func TestReadUnterminated(t *testing.T) {
	var out fake.Output
	reader := stream.NewReader(&out, options)
	for _, input := range []string{"a\nb", "", "c\n"} {
		if _, err := reader.Read(t.Context(), strings.NewReader(input)); err != nil {
			t.Fatal(err)
		}
	}
	want := []fake.Emitted{{Data: "a"}, {Data: "b", Unterminated: true}, {Data: "c"}}
	if got := out.Emitted(); len(got) != 3 || got[0].Data != "a" || got[1].Data != "b" || !got[1].Unterminated || got[2].Data != "c" || got[2].Unterminated {
		t.Errorf("%+v, want %+v", got, want)
	}
}

// What was complete before an error is emitted, and the error is returned.
func TestReadError(t *testing.T) {
	var out fake.Output
	broken := errors.New("input/output error")
	reader := stream.NewReader(&out, options)
	stopped, err := reader.Read(t.Context(), io.MultiReader(strings.NewReader("a\nb"), iotest.ErrReader(broken)))
	if stopped || !errors.Is(err, broken) || !slices.Equal(out.Data(), []string{"a"}) {
		t.Errorf("%v, %v, %q", stopped, err, out.Data())
	}
	if _, err := reader.Read(t.Context(), strings.NewReader("c\n")); err != nil || !slices.Equal(out.Data(), []string{"a", "c"}) {
		t.Errorf("another stream after it: %v, %q", err, out.Data())
	}
}

func TestReadStops(t *testing.T) {
	t.Run("when the run is stopping", func(t *testing.T) {
		out := fake.Output{StopAt: 100}
		if stopped, err := read(t, &out, options, zerosInLines{}); !stopped || err != nil {
			t.Error(stopped, err)
		}
	})
	t.Run("when the context is cancelled", func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		out := fake.Output{OnEmit: cancel}
		if stopped, err := stream.NewReader(&out, options).Read(ctx, zerosInLines{}); !stopped || err != nil {
			t.Error(stopped, err)
		}
	})
	t.Run("when the cancelled context makes reading fail", func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		interrupted := readFunc(func([]byte) (int, error) { cancel(); return 0, errors.New("interrupted") })
		if stopped, err := stream.NewReader(&fake.Output{}, options).Read(ctx, interrupted); !stopped || err != nil {
			t.Error(stopped, err)
		}
	})
}

type readFunc func(p []byte) (int, error)

func (f readFunc) Read(p []byte) (int, error) { return f(p) }

// zerosInLines is an endless stream of lines.
type zerosInLines struct{}

func (zerosInLines) Read(p []byte) (int, error) { return copy(p, "0\n0\n0\n"), nil }

func TestAnnotate(t *testing.T) {
	var out fake.Output
	reader := stream.NewReader(&out, options)
	n := 0
	reader.Annotate = func(b *component.Batch) { n++; b.SetMeta(component.Meta{Key: fmt.Sprint(n)}) }
	if _, err := reader.Read(t.Context(), strings.NewReader("a\nb\nc")); err != nil {
		t.Fatal(err)
	}
	for i, e := range out.Emitted() {
		if e.Meta.Key != fmt.Sprint(i+1) {
			t.Errorf("message %d has the key %q", i+1, e.Meta.Key)
		}
	}
}

// What comes in small pieces takes up little memory, although it is read into a
// large buffer, and nothing is allocated for it.
func TestReadSmall(t *testing.T) {
	input := strings.NewReader(strings.Repeat("a line of some length\n", 1000))
	var out counter
	reader := stream.NewReader(&out, options)
	round := func() {
		input.Seek(0, io.SeekStart)
		if _, err := reader.Read(t.Context(), &atMost{input, 30}); err != nil {
			t.Fatal(err)
		}
	}
	out.keep = true
	round()
	if per := out.memory() / len(out.free); per > 256 {
		t.Errorf("%d batches of one or two lines take up %d bytes each", len(out.free), per)
	}
	out.keep = false
	if allocations := testing.AllocsPerRun(10, round); allocations > 2 { // the cutter and this reader
		t.Errorf("%v allocations for 1,000 lines", allocations)
	}
}

// In the steady state nothing is allocated.
func TestReadAllocates(t *testing.T) {
	var out counter
	input := strings.NewReader(strings.Repeat("a line of some length\n", 10_000))
	reader := stream.NewReader(&out, options)
	round := func() {
		input.Seek(0, io.SeekStart)
		if _, err := reader.Read(t.Context(), input); err != nil {
			t.Fatal(err)
		}
	}
	if allocations := testing.AllocsPerRun(10, round); allocations > 2 { // the cutter
		t.Errorf("%v allocations for 10,000 lines", allocations)
	}
	if out.messages%10_000 != 0 {
		t.Error(out.messages)
	}
}

// counter counts messages and reuses batches, unless it is to keep them.
type counter struct {
	free     []*component.Batch
	messages int
	keep     bool
}

func (c *counter) Batch() *component.Batch {
	if n := len(c.free); n > 0 && !c.keep {
		b := c.free[n-1]
		c.free = c.free[:n-1]
		return b
	}
	return &component.Batch{}
}

func (c *counter) Emit(b *component.Batch) bool {
	c.messages += b.Len()
	b.Reset()
	c.free = append(c.free, b)
	return true
}

func (c *counter) memory() int {
	bytes := 0
	for _, b := range c.free {
		bytes += cap(b.Buffer)
	}
	return bytes
}
