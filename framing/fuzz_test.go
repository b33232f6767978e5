package framing_test

import (
	"bytes"
	"slices"
	"testing"

	"github.com/gopiper/gopiper/framing"
)

// What was cut and put together again is the stream it was cut from, however
// the stream came, as long as no message was too long or broken. What was not
// whole is at least the same however the stream came.
func FuzzCutAndJoin(f *testing.F) {
	for format := range formats {
		f.Add(uint8(format), 8, 3, []byte("a\nb\r\n\n\nlonger than eight\x00\x00\x00\x01x"))
		f.Add(uint8(format), 100, 7, []byte("\x00\x00\x00\x02ab\x00\x00\x00\x00\x03cde\nlast"))
	}
	f.Fuzz(func(t *testing.T, number uint8, limit, size int, stream []byte) {
		format := formats[int(number)%len(formats)]
		limit, size = 1+abs(limit)%300, 1+abs(size)%300
		pieces := cut(format, limit, stream, size)
		var joined []byte
		for _, p := range pieces {
			if len(p.data) > limit {
				t.Fatalf("%d bytes, the limit is %d", len(p.data), limit)
			}
			switch p.found {
			case framing.Whole:
				joined = format.Append(joined, []byte(p.data))
			case framing.Unterminated:
				joined = append(joined, p.data...)
			default:
				again := cut(format, limit, stream, len(stream))
				if !slices.EqualFunc(pieces, again, func(a, b piece) bool {
					return a.found == b.found && (a.data == b.data || a.found == framing.Broken)
				}) {
					t.Fatalf("%d bytes at a time: %q; at once: %q", size, pieces, again)
				}
				return
			}
		}
		if format == framing.Varint { // a number can be written in many ways
			if again := cut(format, limit, joined, size); !slices.Equal(again, pieces) {
				t.Fatalf("got %q, then %q", pieces, again)
			}
			return
		}
		if !bytes.Equal(joined, stream) {
			t.Fatalf("%q became %q", stream, joined)
		}
	})
}

// What was put together and cut again is the messages it was made of.
func FuzzJoinAndCut(f *testing.F) {
	for format := range formats {
		f.Add(uint8(format), 2, []byte("one|two||\x00\x01|\xff"))
	}
	f.Fuzz(func(t *testing.T, number uint8, size int, text []byte) {
		format := formats[int(number)%len(formats)]
		var stream []byte
		var want []piece
		for _, m := range bytes.Split(text, []byte("|")) {
			if d, ok := format.Delimiter(); ok && bytes.IndexByte(m, d) >= 0 || format == framing.None {
				continue // cannot be told apart
			}
			stream = format.Append(stream, m)
			want = append(want, piece{string(m), framing.Whole})
		}
		if got := cut(format, len(text)+1, stream, 1+abs(size)%300); !slices.Equal(got, want) {
			t.Fatalf("got %q, want %q", got, want)
		}
	})
}

func abs(n int) int { return max(n, ^n) }
