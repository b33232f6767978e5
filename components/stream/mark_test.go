package stream_test

import (
	"bytes"
	"context"
	"io"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/gopiper/gopiper/component"
	"github.com/gopiper/gopiper/components/internal/fake"
	"github.com/gopiper/gopiper/components/stream"
	"github.com/gopiper/gopiper/framing"
)

// marked is what can be said of messages that were read, and the mark behind each
// batch, with how many messages came before it.
type marked struct {
	messages []string
	marks    map[int]stream.Mark
}

func (m *marked) reader(options stream.Options, begins func([]byte) bool) *stream.Reader {
	out := &fake.Output{}
	reader := stream.NewReader(out, options)
	reader.Begins = begins
	out.OnEmit = func() {
		m.messages = nil
		for _, e := range out.Emitted() {
			text := e.Data
			switch e.Failed.Status {
			case stream.StatusTooLong:
				text += " failed"
			case stream.StatusBroken: // of which there is as much as was read at once
				text = "broken"
			}
			if e.Unterminated {
				text += " unterminated"
			}
			m.messages = append(m.messages, text)
		}
	}
	m.marks = map[int]stream.Mark{}
	n := 0
	reader.Place = func(b *component.Batch, behind stream.Mark) {
		n += b.Len()
		m.marks[n] = behind
	}
	return reader
}

// drawn is a stream and how it is cut.
type drawn struct {
	options stream.Options
	begins  func([]byte) bool
	input   []byte
}

func draw(t *rapid.T, formats ...framing.Format) drawn {
	d := drawn{options: stream.Options{
		Framing:    rapid.SampledFrom(formats).Draw(t, "framing"),
		MaxMessage: rapid.SampledFrom([]int{3, 12, 100}).Draw(t, "limit"),
	}}
	_, delimited := d.options.Framing.Delimiter()
	if delimited && rapid.Bool().Draw(t, "of several lines") {
		d.begins = func(line []byte) bool { return bytes.HasPrefix(line, []byte(">")) }
	}
	for _, message := range rapid.SliceOfN(rapid.StringMatching(`>?[ab\x80]{0,5}|>?[ab\x80]{5,30}|b{200}`), 0, 30).Draw(t, "messages") {
		d.input = d.options.Framing.Append(d.input, []byte(message))
	}
	if delimited {
		d.input = append(d.input, rapid.SampledFrom([]string{"", ">last", "last"}).Draw(t, "last")...)
	} else {
		d.input = append(d.input, rapid.SampledFrom([]string{"", "\x80\x80", "\x00\x00\x00\x09abc", "\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xffabc"}).Draw(t, "last")...)
	}
	return d
}

func (d drawn) read(t *rapid.T, from stream.Mark) *marked {
	var m marked
	input := &atMost{bytes.NewReader(d.input[from.Offset:]), rapid.IntRange(1, 50).Draw(t, "a read")}
	result, err := m.reader(d.options, d.begins).ReadOn(context.Background(), input, from, stream.Finish)
	if err != nil || result.Stopped {
		t.Fatal(result, err)
	}
	return &m
}

// Whoever goes on at a mark reads what would have come behind it.
func TestMarks(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := draw(t, framing.Line, framing.NUL, framing.Length, framing.Varint, framing.None)
		all := d.read(t, stream.Mark{})
		for n, mark := range all.marks {
			if rest := d.read(t, mark); !slices.Equal(rest.messages, all.messages[n:]) {
				t.Fatalf("from %+v: %q, want %q", mark, rest.messages, all.messages[n:])
			}
		}
	})
}

// A stream that grows gives the same messages as one that is there from the
// start.
func TestReadOnWaits(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := draw(t, framing.Line, framing.NUL, framing.Length, framing.Varint)
		want := d.read(t, stream.Mark{}).messages
		var got marked
		reader := got.reader(d.options, d.begins)
		var mark stream.Mark
		for there := 0; there < len(d.input); {
			there = min(len(d.input), there+rapid.IntRange(1, 60).Draw(t, "grows by"))
			result, err := reader.ReadOn(context.Background(), bytes.NewReader(d.input[mark.Offset:there]), mark, stream.Wait)
			if err != nil || result.Stopped {
				t.Fatal(result, err)
			}
			mark = result.Mark
			if left := result.Left != stream.Nothing; left != (int(mark.Offset) < there) {
				t.Fatalf("at %d of %d bytes: %+v", mark.Offset, there, result)
			}
		}
		if _, err := reader.ReadOn(context.Background(), bytes.NewReader(d.input[mark.Offset:]), mark, stream.Finish); err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(got.messages, want) {
			t.Fatalf("%q, want %q", got.messages, want)
		}
	})
}

func TestGroups(t *testing.T) {
	tests := []struct {
		input string
		end   stream.End
		want  []string
		left  stream.Left
	}{
		{">a\n b\n>c\n", stream.Finish, []string{">a\n b", ">c"}, stream.Nothing},
		{">a\n b\n>c", stream.Finish, []string{">a\n b", ">c unterminated"}, stream.Nothing},
		{">a\n b", stream.Finish, []string{">a\n b unterminated"}, stream.Nothing},
		{">a\n>c\n", stream.Wait, []string{">a"}, stream.Gathering},
		{">a\n>c\n", stream.Gathered, []string{">a", ">c"}, stream.Nothing},
		{">a\n>c\n d", stream.Gathered, []string{">a"}, stream.Incomplete},
		{" a\n b\n>c\n", stream.Finish, []string{" a\n b", ">c"}, stream.Nothing},
		{"", stream.Finish, nil, stream.Nothing},
		{"\n", stream.Finish, []string{""}, stream.Nothing},
		{">a\n\n\n>b\n", stream.Finish, []string{">a\n\n", ">b"}, stream.Nothing},
		{">45678\n>a\n 456\n 89\n c\n>d\n", stream.Finish, []string{">45678", ">a\n 456 failed", ">d"}, stream.Nothing},
		{">a\n 456\n 890\n c\n", stream.Wait, []string{">a\n 456 failed"}, stream.Nothing},
		{">a\n 456\n 890\n c", stream.Finish, []string{">a\n 456 failed"}, stream.Nothing},
		{"12345678\n>c\n", stream.Finish, []string{"1234567 failed", ">c"}, stream.Nothing},
		{">2345678\n b\n>c\n", stream.Finish, []string{">234567 failed", ">c"}, stream.Nothing},
		{">a\n 456\n 890", stream.Finish, []string{">a\n 456 failed"}, stream.Nothing},
	}
	for _, test := range tests {
		var m marked
		reader := m.reader(stream.Options{Framing: framing.Line, MaxMessage: 7}, func(line []byte) bool { return bytes.HasPrefix(line, []byte(">")) })
		result, err := reader.ReadOn(t.Context(), bytes.NewReader([]byte(test.input)), stream.Mark{}, test.end)
		if err != nil || !slices.Equal(m.messages, test.want) || result.Left != test.left {
			t.Errorf("%q: %q, %+v, %v, want %q", test.input, m.messages, result, err, test.want)
		}
	}
}

// With marks nothing is allocated either, but for what they are put into.
func TestReadOnAllocates(t *testing.T) {
	var out counter
	input := bytes.NewReader(bytes.Repeat([]byte("a line of some length\n"), 10_000))
	reader := stream.NewReader(&out, options)
	position := make([]byte, 100)
	reader.Place = func(b *component.Batch, _ stream.Mark) { b.SetPosition("partition", position) }
	round := func() {
		input.Seek(0, io.SeekStart)
		if _, err := reader.ReadOn(t.Context(), input, stream.Mark{}, stream.Wait); err != nil {
			t.Fatal(err)
		}
	}
	if allocations := testing.AllocsPerRun(10, round); allocations > 0 {
		t.Errorf("%v allocations for 10,000 lines", allocations)
	}
}
