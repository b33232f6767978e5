package stream_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/gopiper/gopiper/components/internal/fake"
	"github.com/gopiper/gopiper/components/stream"
	"github.com/gopiper/gopiper/framing"
)

// A stream that is read by many readers, each of which is stopped somewhere and
// leaves the rest to the next, gives the messages that one reader gives.
func TestRest(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		format, _ := framing.Parse(rapid.SampledFrom(framing.Names()).Draw(t, "framing"))
		options := stream.Options{Framing: format, MaxMessage: rapid.SampledFrom([]int{10, 3000}).Draw(t, "max")}
		var input []byte
		for i, length := range rapid.SliceOfN(rapid.OneOf(rapid.IntRange(0, 20), rapid.IntRange(0, 5000)), 0, 30).Draw(t, "lengths") {
			input = format.Append(input, bytes.Repeat([]byte{'a' + byte(i%26)}, length))
		}
		input = append(input, rapid.SampledFrom([]string{"", "last"}).Draw(t, "last")...)
		var whole fake.Output
		if _, err := stream.NewReader(&whole, options).Read(context.Background(), bytes.NewReader(input)); err != nil {
			t.Fatal(err)
		}

		in := &atMost{bytes.NewReader(input), rapid.SampledFrom([]int{1, 7, 1000, 70_000}).Draw(t, "a read")}
		var got []fake.Emitted
		rest, ended := &stream.Rest{}, false
		for !ended {
			rest, ended = readOn(t, options, rest, in, &got)
		}
		if want := whole.Emitted(); fmt.Sprint(got) != fmt.Sprint(want) {
			t.Fatalf("%d messages became %d", len(want), len(got))
		}
	})
}

// readOn reads until the output refuses, until it is cancelled, or to the end.
func readOn(t *rapid.T, options stream.Options, rest *stream.Rest, in io.Reader, got *[]fake.Emitted) (*stream.Rest, bool) {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	reads := rapid.IntRange(0, 50).Draw(t, "reads")
	var out fake.Output
	if rapid.Bool().Draw(t, "refuses") {
		out.StopAt = rapid.IntRange(1, 20).Draw(t, "stop at")
	}
	reader := stream.NewReader(&out, options)
	stopped, err := reader.Resume(ctx, rest, readFunc(func(p []byte) (int, error) {
		if reads--; reads < 0 && out.StopAt == 0 {
			cancel()
			return 0, context.Canceled
		}
		return in.Read(p)
	}))
	if err != nil {
		t.Fatal(err)
	}
	*got = append(*got, out.Emitted()...)
	return reader.Rest(), !stopped
}

// A reader with another framing cuts the rest anew.
func TestRestWithAnotherFraming(t *testing.T) {
	out := fake.Output{StopAt: 1}
	reader := stream.NewReader(&out, options)
	input := &atMost{bytes.NewReader([]byte("one\ntwo\nth\x00ree\x00")), 4}
	if stopped, err := reader.Read(t.Context(), input); !stopped || err != nil {
		t.Fatal(stopped, err)
	}
	var next fake.Output
	other := stream.Options{Framing: framing.NUL, MaxMessage: 100}
	if stopped, err := stream.NewReader(&next, other).Resume(t.Context(), reader.Rest(), input); stopped || err != nil {
		t.Fatal(stopped, err)
	}
	if got := append(out.Data(), next.Data()...); !slices.Equal(got, []string{"one", "two\nth", "ree"}) {
		t.Errorf("%q", got)
	}
}
