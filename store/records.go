package store

import (
	"encoding/binary"
	"errors"
	"fmt"
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

// checkRecords reads a log, or a manifest, up to an offset, and returns a *damage if
// anything before it is not as it was written.
func checkRecords(f io.ReaderAt, name string, number uint32, must int64) error {
	block := make([]byte, blockSize)
	for start := int64(0); start < must; start += blockSize {
		n, err := f.ReadAt(block, start)
		if err != nil && !errors.Is(err, io.EOF) {
			return fmt.Errorf("reading %s: %w", name, err)
		}
		upTo := int(min(must-start, int64(n)))
		at, what := checkBlock(block[:n], upTo, number, must <= start+int64(n))
		if what != "" {
			return &damage{name, start + int64(at), what}
		}
		if n < blockSize {
			break
		}
	}
	return nil
}

// checkBlock checks the chunks of a block that begin before upTo. It returns where
// one is that is wrong, and why. A log may end only in the last block.
func checkBlock(block []byte, upTo int, number uint32, last bool) (at int, wrong string) {
	for at < upTo {
		if len(block)-at < manifestHead || isPadding(block, at) {
			return at, ""
		}
		kind := int(block[at+6])
		if kind == 0 || kind >= len(chunkHead) {
			return at, "no record begins there"
		}
		head := chunkHead[kind]
		length := int(binary.LittleEndian.Uint16(block[at+4:]))
		end := at + head + length
		if end > len(block) {
			return at, "a record does not end"
		}
		sum := binary.LittleEndian.Uint32(block[at:])
		if head >= logHead {
			of := binary.LittleEndian.Uint32(block[at+manifestHead:])
			if kind == endOfLog && length == 0 && sum == 0 && of == number+1 && last && end >= upTo {
				return end, ""
			}
			if of != number {
				return at, "a record belongs to another log"
			}
		}
		if sum != masked(block[at+6:end]) {
			return at, "the checksum of a record is wrong"
		}
		at = end
	}
	return at, ""
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
