package framing

import (
	"bytes"
	"testing"

	"pgregory.net/rapid"
)

// Ends and Next cut a stream in the same way.
func TestEndsAgreesWithNext(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		data := rapid.SliceOfN(rapid.SampledFrom([]byte("ab\n")), 0, 300).Draw(t, "data")
		if rapid.Bool().Draw(t, "sparse") {
			data = bytes.ReplaceAll(data, []byte("a"), []byte("some longer text "))
		}
		limit := rapid.SampledFrom([]int{3, 40, 1000}).Draw(t, "limit")
		fast, slow := NewCutter(Line, limit), NewCutter(Line, limit)
		ends := make([]int32, rapid.IntRange(1, 20).Draw(t, "at once"))
		from := 0
		for {
			n := fast.Ends(data, from, ends)
			for _, end := range ends[:n] {
				start, e, next, found := slow.Next(data, from)
				if found != Whole || start != from || e != int(end) {
					t.Fatalf("at %d: Ends found %d; Next %d to %d, %v", from, end, start, e, found)
				}
				from = next
			}
			if n > 0 {
				continue
			}
			s1, e1, n1, f1 := fast.Next(data, from)
			s2, e2, n2, f2 := slow.Next(data, from)
			if s1 != s2 || e1 != e2 || n1 != n2 || f1 != f2 {
				t.Fatalf("at %d: Next after Ends found %d to %d, %v; alone %d to %d, %v", from, s1, e1, f1, s2, e2, f2)
			}
			if f1 == Nothing {
				return
			}
			from = n1
		}
	})
}

// Every place in and around blocks of 32 bytes is found.
func TestAll(t *testing.T) {
	for length := range 130 {
		for at := range length {
			data := bytes.Repeat([]byte("x"), length)
			data[at] = '\n'
			data[length-1] = '\n'
			ends := make([]int32, 4)
			n := all(data, '\n', ends)
			if n < 1 || int(ends[0]) != at || int(ends[n-1]) != length-1 {
				t.Fatalf("%d of %d: %v", at, length, ends[:n])
			}
			if n := all(data, '\n', ends[:1]); n != 1 || int(ends[0]) != at {
				t.Fatalf("one of %d at %d: %v", length, at, ends[:1])
			}
		}
	}
}
