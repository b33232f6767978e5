package stream_test

import (
	"bytes"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/gopiper/gopiper/component"
	"github.com/gopiper/gopiper/components/internal/fake"
	"github.com/gopiper/gopiper/components/stream"
	"github.com/gopiper/gopiper/framing"
)

// disk takes bytes until it is full.
type disk struct {
	bytes.Buffer
	free   int // bytes; less than 0 for no limit
	writes int
}

var errFull = errors.New("no space left on device")

func (d *disk) write(p []byte) (int, error) {
	d.writes++
	n := len(p)
	if d.free >= 0 {
		n = min(n, d.free)
		d.free -= n
	}
	d.Write(p[:n])
	if n < len(p) {
		return n, errFull
	}
	return n, nil
}

func TestWriteFrames(t *testing.T) {
	tests := []struct {
		format framing.Format
		want   string
	}{
		{framing.Line, "a\n\nbc\n"}, {framing.NUL, "a\x00\x00bc\x00"}, {framing.None, "abc"},
		{framing.Length, "\x00\x00\x00\x01a\x00\x00\x00\x00\x00\x00\x00\x02bc"}, {framing.Varint, "\x01a\x00\x02bc"},
	}
	for _, test := range tests {
		d := disk{free: -1}
		w := stream.NewWriter(test.format, d.write)
		w.Add(fake.Messages("a", "", "bc")...)
		if d.writes != 0 {
			t.Errorf("%v: written before Flush", test.format)
		}
		if err := w.Flush(); err != nil || d.String() != test.want || d.writes != 1 {
			t.Errorf("%v: %q with %d writes, %v", test.format, d.String(), d.writes, err)
		}
		if err := w.Flush(); err != nil || d.writes != 1 {
			t.Errorf("%v: Flush writes although nothing is there", test.format)
		}
	}
}

func TestWriteUnterminated(t *testing.T) {
	d := disk{free: -1}
	w := stream.NewWriter(framing.Line, d.write)
	steps := []struct {
		message *fake.Message
		want    string
	}{
		{fake.NewMessage("a"), "a\n"},
		{fake.NewUnterminated("b"), "a\nb"},
		{fake.NewUnterminated("c"), "a\nb\nc"},
		{fake.NewMessage("d"), "a\nb\nc\nd\n"},
		{fake.NewUnterminated(""), "a\nb\nc\nd\n"},
		{fake.NewMessage("e"), "a\nb\nc\nd\n\ne\n"},
	}
	for _, step := range steps {
		w.Add(step.message)
		if err := w.Flush(); err != nil || d.String() != step.want {
			t.Fatalf("got %q, want %q, %v", d.String(), step.want, err)
		}
	}
}

// However writing fails, the delimiter that an unterminated message lacks is
// written once.
func TestWriteUnterminatedThroughErrors(t *testing.T) {
	long := strings.Repeat("x", 300_000)
	for free, want := range []string{"a\nb\nc\nd", "a\nb\nb\nc\nd", "a\nb\nc\nd"} {
		d := disk{free: -1}
		w := stream.NewWriter(framing.Line, d.write)
		add := func(messages ...component.Message) error {
			w.Add(messages...)
			return w.Flush()
		}
		if err := add(fake.NewUnterminated("a")); err != nil {
			t.Fatal(err)
		}
		d.free = []int{0, 2, 0}[free]
		next := []component.Message{fake.NewMessage("b"), fake.NewMessage("c"), fake.NewUnterminated("d")}
		if free == 2 {
			next[0] = fake.NewMessage(long) // is written, and fails, before the others are added
			want = strings.Replace(want, "b", long, 1)
		}
		if err := add(next...); !errors.Is(err, errFull) {
			t.Error(err)
		}
		d.free = -1
		for range 2 { // the first completes what was written in part
			if err := add(next...); err == nil {
				break
			}
		}
		if d.String() != want {
			t.Errorf("%d bytes free: %.20q, %d bytes, want %.20q, %d bytes", free, d.String(), d.Len(), want, len(want))
		}
	}
}

// Much is written early, and an error then is told by Flush.
func TestWriteEarly(t *testing.T) {
	message := fake.NewMessage(strings.Repeat("x", 1000))
	d := disk{free: 400_000}
	w := stream.NewWriter(framing.Line, d.write)
	for range 1000 {
		w.Add(message)
	}
	if d.writes != 2 {
		t.Errorf("%d writes, want one that succeeds and one that fails", d.writes)
	}
	if err := w.Flush(); !errors.Is(err, errFull) {
		t.Errorf("Flush returns %v", err)
	}
	if err := w.Flush(); !errors.Is(err, errFull) { // of the message that was cut in two
		t.Errorf("then it returns %v", err)
	}
	d.free = -1
	if err := w.Flush(); err != nil {
		t.Errorf("once there is space it returns %v", err)
	}
	if d.Len()%1001 != 0 {
		t.Errorf("%d bytes are written: a message is there in part", d.Len())
	}
}

// In the steady state nothing is allocated.
func TestWriteAllocates(t *testing.T) {
	messages := fake.Messages(strings.Repeat("x", 100), strings.Repeat("y", 100_000), "")
	for _, format := range []framing.Format{framing.Line, framing.Length} {
		w := stream.NewWriter(format, func(p []byte) (int, error) { return len(p), nil })
		if n := testing.AllocsPerRun(20, func() { w.Add(messages...); w.Flush() }); n != 0 {
			t.Errorf("%v: %v allocations", format, n)
		}
	}
}

// However often and wherever writing fails, what is written in the end are
// whole messages, all of them, in their order, some more than once.
func TestWriteAgainAfterErrors(t *testing.T) {
	texts := []string{"first", "", "second one", "3"}
	for _, format := range []framing.Format{framing.Line, framing.NUL, framing.Length, framing.Varint} {
		for _, last := range []bool{false, true} { // the last message is unterminated
			for first := range 24 {
				for second := range 24 {
					messages := fake.Messages(texts...)
					if last {
						messages[len(messages)-1] = fake.NewUnterminated("3")
					}
					got := writeAll(t, format, messages, first, second)
					checkWritten(t, format, got, texts, last)
				}
			}
		}
	}
}

// writeAll adds the messages again until Flush succeeds. The disk is full
// after first bytes and then again after second bytes.
func writeAll(t *testing.T, format framing.Format, messages []component.Message, first, second int) []byte {
	d := disk{free: first}
	w := stream.NewWriter(format, d.write)
	for try := 0; ; try++ {
		w.Add(messages...)
		err := w.Flush()
		switch {
		case err == nil:
			return d.Bytes()
		case !errors.Is(err, errFull) || try == 2:
			t.Fatalf("%v: try %d: %v", format, try, err)
		}
		d.free = []int{second, -1}[try]
	}
}

func checkWritten(t *testing.T, format framing.Format, written []byte, texts []string, last bool) {
	t.Helper()
	cutter := framing.NewCutter(format, 100)
	var got []string
	from := 0
	for {
		start, end, next, found := cutter.Next(written, from)
		from = next
		if found == framing.Nothing {
			break
		}
		got = append(got, string(written[start:end]))
	}
	_, delimited := format.Delimiter()
	if start, end, found := cutter.End(written, from); found != framing.Nothing {
		if !last || found != framing.Unterminated {
			t.Fatalf("%v: %q ends with a part of a message", format, written)
		}
		got = append(got, string(written[start:end]))
	} else if last && delimited {
		t.Fatalf("%v: %q has a delimiter at the end", format, written)
	}
	for _, m := range got {
		if !slices.Contains(texts, m) {
			t.Fatalf("%v: %q holds %q", format, written, m)
		}
	}
	if n := len(got) - len(texts); n < 0 || !slices.Equal(got[n:], texts) {
		t.Fatalf("%v: %q does not end with all messages", format, written)
	}
}
