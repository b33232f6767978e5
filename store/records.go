package store

import (
	"bytes"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"io"
)

// Pebble's logs and manifests are blocks of 32 KiB, filled with chunks that do not
// cross their borders. A chunk is a masked CRC32C of what follows the length, the
// length of the data, a byte that says what it is, in logs the number of the log,
// in newer logs also how much of it was synced; then the data. What is left of a
// block that has no room for another chunk is zero. A log that was closed ends in a
// chunk without data, with a zero checksum and the number of the next log.
const (
	blockSize = 32 << 10

	manifestHead = 4 + 2 + 1
	logHead      = manifestHead + 4
	syncHead     = logHead + 8

	endOfLog = 5 // what a chunk at the end of a log is
)

// chunkHead is the length of the head of each kind of chunk; 0 is no kind.
var chunkHead = [...]int{
	0,
	manifestHead, manifestHead, manifestHead, manifestHead,
	logHead, logHead, logHead, logHead,
	syncHead, syncHead, syncHead, syncHead,
}

// records is a log, or a manifest, that is read to see what is whole in it.
type records struct {
	file   io.ReaderAt
	size   int64
	log    bool
	number uint32 // of the log
	block  [blockSize]byte
}

// extent is how far records are whole.
type extent struct {
	end    int64
	closed bool   // the log was closed there
	wrong  string // what is there instead of a record; "" if the file ends there
}

// read finds out how far the records are whole.
func (r *records) read() (whole extent, err error) {
	for start := int64(0); start < r.size; start += blockSize {
		block, err := r.load(start)
		if err != nil {
			return whole, err
		}
		for at := 0; at < len(block) && !isPadding(block, at); {
			next, wrong := r.chunk(block, at)
			if wrong != "" {
				return extent{end: start + int64(at), wrong: wrong}, nil
			}
			if r.isEnd(block, at) {
				return extent{end: start + int64(next), closed: true}, nil
			}
			at = next
		}
		whole.end = start + int64(len(block))
	}
	return whole, nil
}

// load reads the block that begins at start.
func (r *records) load(start int64) ([]byte, error) {
	n, err := r.file.ReadAt(r.block[:], start)
	if errors.Is(err, io.EOF) {
		err = nil
	}
	return r.block[:n], err
}

// chunk checks the chunk at a place in a block, and returns where the next one is.
func (r *records) chunk(block []byte, at int) (next int, wrong string) {
	block = block[at:]
	if len(block) < manifestHead {
		return 0, "a record does not end"
	}
	kind := int(block[6])
	if kind == 0 || kind >= len(chunkHead) || r.log != (chunkHead[kind] > manifestHead) {
		return 0, "no record begins there"
	}
	end := chunkHead[kind] + int(binary.LittleEndian.Uint16(block[4:]))
	switch {
	case end > len(block):
		return 0, "a record does not end"
	case r.isEnd(block, 0):
		return at + end, ""
	case r.log && binary.LittleEndian.Uint32(block[manifestHead:]) != r.number:
		return 0, "a record belongs to another log"
	case binary.LittleEndian.Uint32(block) != masked(block[6:end]):
		return 0, "the checksum of a record is wrong"
	}
	return at + end, ""
}

// isEnd is whether the chunk at a place in a block is the one that ends a log.
func (r *records) isEnd(block []byte, at int) bool {
	if !r.log || len(block)-at < logHead {
		return false
	}
	var end [logHead]byte
	end[6] = endOfLog
	binary.LittleEndian.PutUint32(end[manifestHead:], r.number+1)
	return bytes.Equal(block[at:at+logHead], end[:])
}

// later looks, behind a place where no record is whole, for one that proves that
// there was more than what was not synced.
func (r *records) later(from int64, proof func(chunk []byte) bool) (found bool, err error) {
	for start := from / blockSize * blockSize; start < r.size; start += blockSize {
		block, err := r.load(start)
		if err != nil {
			return false, err
		}
		for at := int(max(from+1-start, 0)); at < len(block); at++ {
			if next, wrong := r.chunk(block, at); wrong == "" && proof(block[at:next]) {
				return true, nil
			}
		}
	}
	return false, nil
}

// isPadding is whether the rest of a block is the zeros behind its last chunk.
func isPadding(block []byte, at int) bool {
	if len(block) < blockSize || len(block)-at >= syncHead {
		return false
	}
	for _, b := range block[at:] {
		if b != 0 {
			return false
		}
	}
	return true
}

// masked is the checksum of a chunk.
func masked(data []byte) uint32 {
	sum := crc32.Checksum(data, castagnoli)
	return (sum>>15 | sum<<17) + 0xa282ead8
}
