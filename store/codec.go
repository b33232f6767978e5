package store

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"

	"github.com/klauspost/compress/s2"
)

// A packed value has a byte that says how, a CRC32C of all other bytes, the length of
// the plain bytes as a varint, and the bytes.
const (
	packedRaw byte = 'r'
	packedS2  byte = 's'

	packedHead = 1 + 4

	// maxPlain is how long a value may be: what is damaged must not take more memory.
	maxPlain = 256 << 20
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// Pack appends plain to dst in a compressed form, or as it is if that is no shorter.
// plain has at most 256 MiB. It may be called from any goroutine.
func (s *Store) Pack(dst, plain []byte) []byte { return pack(dst, plain) }

// Unpack appends the plain bytes of what Pack made to dst. An error means that
// packed is damaged.
func (s *Store) Unpack(dst, packed []byte) ([]byte, error) { return unpack(dst, packed) }

func pack(dst, plain []byte) []byte {
	start := len(dst)
	dst = append(dst, packedRaw, 0, 0, 0, 0)
	dst = binary.AppendUvarint(dst, uint64(len(plain)))
	body := len(dst)
	if most := s2.MaxEncodedLen(len(plain)); most > 0 && len(plain) > 32 {
		if cap(dst)-body < most {
			dst = append(make([]byte, 0, body+most), dst...)
		}
		if packed := s2.Encode(dst[body:body+most], plain); len(packed) < len(plain) {
			dst = dst[:body+len(packed)]
			dst[start] = packedS2
		}
	}
	if dst[start] == packedRaw {
		dst = append(dst, plain...)
	}
	binary.LittleEndian.PutUint32(dst[start+1:], packedSum(dst[start:]))
	return dst
}

// packedSum is the checksum of a packed value.
func packedSum(packed []byte) uint32 {
	return crc32.Update(crc32.Checksum(packed[:1], castagnoli), castagnoli, packed[packedHead:])
}

func unpack(dst, packed []byte) ([]byte, error) {
	if len(packed) < packedHead+1 {
		return dst, errors.New("damaged: cut short")
	}
	if packedSum(packed) != binary.LittleEndian.Uint32(packed[1:]) {
		return dst, errors.New("damaged: wrong checksum")
	}
	length, n := binary.Uvarint(packed[packedHead:])
	if n <= 0 || length > maxPlain {
		return dst, errors.New("damaged: impossible length")
	}
	body := packed[packedHead+n:]
	switch packed[0] {
	case packedRaw:
		if uint64(len(body)) != length {
			return dst, errors.New("damaged: wrong length")
		}
		return append(dst, body...), nil
	case packedS2:
		if inside, err := s2.DecodedLen(body); err != nil || uint64(inside) != length {
			return dst, errors.New("damaged: wrong length")
		}
		start := len(dst)
		if cap(dst)-start < int(length) {
			dst = append(make([]byte, 0, start+int(length)), dst...)
		}
		if _, err := s2.Decode(dst[start:start+int(length)], body); err != nil {
			return dst[:start], fmt.Errorf("damaged: %w", err)
		}
		return dst[:start+int(length)], nil
	}
	return dst, fmt.Errorf("damaged: unknown form %#x", packed[0])
}
