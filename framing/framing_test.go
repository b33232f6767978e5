package framing_test

import (
	"bytes"
	"slices"
	"testing"

	"github.com/gopiper/gopiper/framing"
)

var formats = []framing.Format{framing.Line, framing.NUL, framing.Length, framing.Varint, framing.None}

// piece is what a cutter found.
type piece struct {
	data  string
	found framing.Found
}

// cut cuts a stream that comes size bytes at a time, as a reader of it would.
func cut(format framing.Format, limit int, stream []byte, size int) (pieces []piece) {
	cutter := framing.NewCutter(format, limit)
	var buffer []byte
	for len(stream) > 0 {
		n := min(size, len(stream))
		buffer, stream = append(buffer, stream[:n]...), stream[n:]
		from := 0
		for {
			start, end, next, found := cutter.Next(buffer, from)
			from = next
			if found == framing.Nothing {
				break
			}
			pieces = append(pieces, piece{string(buffer[start:end]), found})
		}
		buffer = slices.Clone(buffer[from:]) // what was seen must not be needed again
		if len(buffer) > limit+framing.Overhead {
			panic("the cutter keeps more than one message")
		}
	}
	if start, end, found := cutter.End(buffer, 0); found != framing.Nothing {
		pieces = append(pieces, piece{string(buffer[start:end]), found})
	}
	return pieces
}

func TestCut(t *testing.T) {
	whole := func(messages ...string) (pieces []piece) {
		for _, m := range messages {
			pieces = append(pieces, piece{m, framing.Whole})
		}
		return pieces
	}
	tests := []struct {
		name   string
		format framing.Format
		stream string
		want   []piece
	}{
		{"nothing", framing.Line, "", nil},
		{"lines", framing.Line, "a\nbc\n", whole("a", "bc")},
		{"empty lines are messages", framing.Line, "\n\na\n", whole("", "", "a")},
		{"a carriage return stays", framing.Line, "a\r\n", whole("a\r")},
		{"unterminated", framing.Line, "a\nb", append(whole("a"), piece{"b", framing.Unterminated})},
		{"as long as allowed", framing.Line, "12345678\n", whole("12345678")},
		{"too long", framing.Line, "123456789\nb\n", append([]piece{{"12345678", framing.TooLong}}, whole("b")...)},
		{"far too long", framing.Line, "1234567890123456789012345\nb\n", append([]piece{{"12345678", framing.TooLong}}, whole("b")...)},
		{"too long and unterminated", framing.Line, "123456789", []piece{{"12345678", framing.TooLong}}},
		{"nul", framing.NUL, "a\n\x00\x00b\x00", whole("a\n", "", "b")},
		{"length", framing.Length, "\x00\x00\x00\x01a\x00\x00\x00\x00\x00\x00\x00\x02bc", whole("a", "", "bc")},
		{"length too long", framing.Length, "\x00\x00\x00\x09123456789\x00\x00\x00\x01b", append([]piece{{"12345678", framing.TooLong}}, whole("b")...)},
		{"length absurd", framing.Length, "\xff\xff\xff\xff123456789", []piece{{"12345678", framing.TooLong}}},
		{"length, ended in a message", framing.Length, "\x00\x00\x00\x05ab", []piece{{"ab", framing.Broken}}},
		{"length, ended in a long message", framing.Length, "\x00\x00\x00\x09ab", []piece{{"ab", framing.Broken}}},
		{"length, ended in a length", framing.Length, "\x00\x00\x00\x00\x00\x00", append(whole(""), piece{"\x00\x00", framing.Broken})},
		{"varint", framing.Varint, "\x01a\x00\x02bc", whole("a", "", "bc")},
		{"varint too long", framing.Varint, "\x89\x00123456789\x01b", append([]piece{{"12345678", framing.TooLong}}, whole("b")...)},
		{"varint, ended in a length", framing.Varint, "\x80\x80", []piece{{"\x80\x80", framing.Broken}}},
		{"none", framing.None, "a\nb", whole("a\nb")},
		{"none too long", framing.None, "1234567890123", []piece{{"12345678", framing.TooLong}}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			for size := 1; size <= len(test.stream)+1; size++ {
				if got := cut(test.format, 8, []byte(test.stream), size); !slices.Equal(got, test.want) {
					t.Fatalf("%d bytes at a time: got %q, want %q", size, got, test.want)
				}
			}
		})
	}
}

// A number of more than 64 bits is passed over to the end of the stream. How
// many of its bytes are shown depends on how they come.
func TestCutNoNumber(t *testing.T) {
	stream := append([]byte("\x01a"), bytes.Repeat([]byte{0xff}, 30)...)
	for size := 1; size <= len(stream); size++ {
		got := cut(framing.Varint, 100, stream, size)
		if len(got) != 2 || got[0] != (piece{"a", framing.Whole}) || got[1].found != framing.Broken {
			t.Fatalf("%d bytes at a time: got %q", size, got)
		}
	}
}

func TestNames(t *testing.T) {
	for i, name := range framing.Names() {
		format, ok := framing.Parse(name)
		if !ok || format != formats[i] || format.String() != name {
			t.Errorf("%q is %v, %v", name, format, ok)
		}
	}
	if _, ok := framing.Parse("lines"); ok {
		t.Error("there is no format lines")
	}
	if s := framing.Format(99).String(); s != "unknown format" {
		t.Error(s)
	}
}

// A stream that is written in part and then completed holds whole messages.
func TestRest(t *testing.T) {
	messages := []string{"a", "", "bcd", "", "\xff\xfe"}
	for _, format := range formats {
		var stream []byte
		ends := []int{0}
		for _, m := range messages {
			stream = format.Append(stream, []byte(m))
			ends = append(ends, len(stream))
		}
		for n := range len(stream) + 1 {
			got := len(format.Rest(stream, n))
			want := ends[slices.IndexFunc(ends, func(end int) bool { return end >= n })] - n
			if format == framing.None {
				want = 0
			}
			if got != want {
				t.Errorf("%v: cut after %d: rest of %d bytes, want %d", format, n, got, want)
			}
		}
	}
	if got := framing.Line.Rest([]byte("a\nbcd"), 3); string(got) != "cd" {
		t.Errorf("of an unterminated message: %q", got)
	}
}
