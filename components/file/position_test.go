package file

import (
	"bytes"
	"hash/crc32"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/gopiper/gopiper/component"
	"github.com/gopiper/gopiper/components/stream"
)

var positions = rapid.Custom(func(t *rapid.T) position {
	return position{
		mark: stream.Mark{
			Offset: rapid.Int64Min(0).Draw(t, "offset"),
			Pass:   rapid.Int64Min(0).Draw(t, "pass"),
			Lines:  rapid.Bool().Draw(t, "lines"),
		},
		done:  rapid.Bool().Draw(t, "done"),
		birth: rapid.Int64().Draw(t, "birth"),
		print: fingerprintOf(rapid.SliceOfN(rapid.Byte(), 0, printMax).Draw(t, "head")),
		path:  rapid.String().Draw(t, "path"),
		name:  rapid.String().Draw(t, "name"),
	}
})

func TestPositionIsReadAsItWasWritten(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := positions.Draw(t, "position")
		encoded := p.encode([]byte("before"))[len("before"):]
		if got, err := decodePosition(encoded); err != nil || got != p {
			t.Fatalf("%+v, %v, want %+v", got, err, p)
		}
		// No damage goes unseen.
		damaged := bytes.Clone(encoded)
		if cut := rapid.IntRange(0, len(damaged)-1).Draw(t, "cut"); rapid.Bool().Draw(t, "is cut") {
			damaged = damaged[:cut]
		} else {
			damaged[cut] ^= byte(1 << rapid.IntRange(0, 7).Draw(t, "bit"))
		}
		if got, err := decodePosition(damaged); err == nil {
			t.Fatalf("of %x, which was %x: %+v", damaged, encoded, got)
		}
	})
}

func FuzzDecodePosition(f *testing.F) {
	p := position{mark: stream.Mark{Offset: 300}, print: fingerprintOf([]byte("head")), path: "/a/b"}
	f.Add(p.encode(nil))
	f.Add([]byte{positionVersion, 0, 0, 0, 0, 0})
	f.Fuzz(func(t *testing.T, data []byte) {
		// Whatever it holds, with the right checksum it is decoded or refused.
		sum := crc32.Checksum(data, checksums)
		data = append(data, byte(sum>>24), byte(sum>>16), byte(sum>>8), byte(sum))
		p, err := decodePosition(data)
		if err != nil {
			return
		}
		if again, err := decodePosition(p.encode(nil)); err != nil || again != p {
			t.Errorf("%+v, then %+v, %v", p, again, err)
		}
		if p.mark.Offset < 0 || p.mark.Pass < 0 || p.print.length > printMax {
			t.Errorf("%+v", p)
		}
	})
}

func TestPositionOfAnotherVersion(t *testing.T) {
	encoded := (&position{path: "a"}).encode(nil)
	encoded[0]++
	body := encoded[:len(encoded)-4]
	sum := crc32.Checksum(body, checksums)
	encoded = append(body, byte(sum>>24), byte(sum>>16), byte(sum>>8), byte(sum))
	if _, err := decodePosition(encoded); err == nil || !strings.Contains(err.Error(), "it is of version 2, and this gopiper knows version 1") {
		t.Error(err)
	}
}

func TestPartitions(t *testing.T) {
	id := identity{0xfe00, 0x12345678}
	if got, ok := parseIdentity(id.partition()); !ok || got != id {
		t.Error(got, ok)
	}
	for _, partition := range []string{"", ":", "1", "1:", ":1", "1:2:3", "x:1", "01:2", "-1:2", "FE:1"} {
		if got, ok := parseIdentity(partition); ok {
			t.Errorf("%q is %v", partition, got)
		}
	}
}

// All lanes together have everything, and nothing twice.
func TestLanes(t *testing.T) {
	all := component.Positions{Of: map[string][]byte{"": {1}, "strange": nil}}
	for i := range uint64(20) {
		all.Of[identity{1, i}.partition()] = (&position{path: "a"}).encode(nil)
	}
	m := remember(all)
	var got []string
	for lane := range 3 {
		own := m.lane(lane, 3)
		got = append(got, own.strange...)
		for id, e := range own.entries {
			if id.lane(3) != lane {
				t.Errorf("%v is not in lane %d", id, lane)
			}
			got = append(got, e.partition)
		}
	}
	slices.Sort(got)
	if len(got) != 21 || len(slices.Compact(got)) != 21 {
		t.Errorf("%q", got)
	}
}

// Nothing is allocated for a position but what the batch keeps.
func TestPlaceAllocates(t *testing.T) {
	p := placer{partition: "1:2", position: &position{path: "/a/path", print: fingerprintOf([]byte("head"))}}
	var b component.Batch
	offset := int64(0)
	if n := testing.AllocsPerRun(100, func() {
		b.Reset()
		offset += 1000
		p.place(&b, stream.Mark{Offset: offset})
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func TestLastBoundary(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		pieces := rapid.SliceOfN(rapid.SampledFrom([]string{"a", "\n", strings.Repeat("b", 8191), strings.Repeat("c", 8192)}), 0, 8).Draw(t, "pieces")
		content := strings.Join(pieces, "")
		size := rapid.IntRange(0, len(content)).Draw(t, "size")
		got, err := lastBoundary(strings.NewReader(content), int64(size), '\n')
		if want := strings.LastIndexByte(content[:size], '\n') + 1; err != nil || got != int64(want) {
			t.Fatalf("%d, want %d, %v", got, want, err)
		}
	})
}
