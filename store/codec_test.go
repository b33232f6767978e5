package store

import (
	"bytes"
	"encoding/binary"
	"math/rand/v2"
	"testing"

	"pgregory.net/rapid"
)

func TestPackUnpack(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 1))
	log, _ := accessLog(random, 64<<10)
	for _, test := range []struct {
		name  string
		plain []byte
		most  int // bytes of the packed value
	}{
		{"nothing", nil, packedHead + 1},
		{"a byte", []byte("x"), packedHead + 2},
		{"log", log, len(log) / 3},
		{"zeros", make([]byte, 1<<20), 1 << 10},
		{"incompressible", incompressible(random, 64<<10), 64<<10 + packedHead + 3},
	} {
		t.Run(test.name, func(t *testing.T) {
			packed := pack([]byte("before"), test.plain)
			if !bytes.HasPrefix(packed, []byte("before")) {
				t.Fatal("what was there is gone")
			}
			packed = packed[len("before"):]
			if len(packed) > test.most {
				t.Errorf("%d bytes were packed into %d", len(test.plain), len(packed))
			}
			plain, err := unpack([]byte("before"), packed)
			if err != nil || string(plain) != "before"+string(test.plain) {
				t.Errorf("it came back as %d bytes, %v", len(plain), err)
			}
		})
	}
}

// No bit of a packed value can be turned over, and no byte be missing, without
// Unpack noticing.
func TestUnpackDamaged(t *testing.T) {
	random := rand.New(rand.NewPCG(2, 2))
	log, _ := accessLog(random, 500)
	for _, plain := range [][]byte{nil, []byte("short"), incompressible(random, 300), log} {
		packed := pack(nil, plain)
		for at := range packed {
			if _, err := unpack(nil, packed[:at]); err == nil {
				t.Errorf("cut to %d of %d bytes, it was unpacked", at, len(packed))
			}
			for bit := range 8 {
				packed[at] ^= 1 << bit
				if _, err := unpack(nil, packed); err == nil {
					t.Errorf("with bit %d of byte %d turned over, it was unpacked", bit, at)
				}
				packed[at] ^= 1 << bit
			}
		}
	}
}

// What makes sense in two forms is read in the one that it has.
func TestUnpackForm(t *testing.T) {
	// Ten bytes that are, to S2, ten other bytes: six, and the last four again.
	plain := append([]byte{10, 5 << 2}, "abcdef\x01\x04"...)
	packed := pack(nil, plain)
	if packed[0] != packedRaw {
		t.Fatalf("it is packed as %q", packed[0])
	}
	packed[0] = packedS2
	if plain, err := unpack(nil, packed); err == nil {
		t.Errorf("it is unpacked as %q", plain)
	}
	if plain, err := unpack(nil, seal(packed)); string(plain) != "abcdefcdef" {
		t.Errorf("what was to make sense is unpacked as %q, %v", plain, err)
	}
}

// seal gives something that looks like a packed value the right checksum.
func seal(packed []byte) []byte {
	if len(packed) >= packedHead {
		binary.LittleEndian.PutUint32(packed[1:], packedSum(packed))
	}
	return packed
}

// A length that cannot be must not take memory, not even with the right checksum.
func TestUnpackLength(t *testing.T) {
	for _, form := range []byte{packedRaw, packedS2} {
		for _, length := range []uint64{1 << 20, maxPlain + 1, 1 << 40, 1<<64 - 1} {
			packed := binary.AppendUvarint([]byte{form, 0, 0, 0, 0}, length)
			if form == packedS2 {
				packed = binary.AppendUvarint(packed, length)
			}
			plain, err := unpack(nil, seal(append(packed, "and so on"...)))
			if err == nil || cap(plain) > 1<<20 {
				t.Errorf("length %d, form %q: %v, %d bytes of memory", length, form, err, cap(plain))
			}
		}
	}
}

// Packing and unpacking into memory that is large enough takes no more of it.
func TestPackAllocations(t *testing.T) {
	log, _ := accessLog(rand.New(rand.NewPCG(3, 3)), 64<<10)
	packed, plain := pack(nil, log), make([]byte, 0, len(log))
	if n := testing.AllocsPerRun(100, func() {
		packed = pack(packed[:0], log)
		plain, _ = unpack(plain[:0], packed)
	}); n > 0 {
		t.Errorf("%.1f allocations", n)
	}
}

func TestPackProperty(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		piece := rapid.SliceOfN(rapid.Byte(), 0, 200).Draw(t, "piece")
		plain := bytes.Repeat(piece, rapid.IntRange(0, 50).Draw(t, "times"))
		if found, err := unpack(nil, pack(nil, plain)); err != nil || !bytes.Equal(found, plain) {
			t.Fatalf("%d bytes came back as %d, %v", len(plain), len(found), err)
		}
	})
}

func FuzzUnpack(f *testing.F) {
	log, _ := accessLog(rand.New(rand.NewPCG(4, 4)), 300)
	for _, plain := range [][]byte{nil, []byte("short"), log} {
		f.Add(pack(nil, plain), false)
		f.Add(pack(nil, plain), true)
	}
	f.Fuzz(func(t *testing.T, packed []byte, sealed bool) {
		if sealed {
			packed = seal(packed)
		}
		plain, err := unpack(nil, packed)
		if err != nil {
			return
		}
		if again, err := unpack(nil, pack(nil, plain)); err != nil || !bytes.Equal(again, plain) {
			t.Errorf("%d bytes came back as %d, %v", len(plain), len(again), err)
		}
	})
}
