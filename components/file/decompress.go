package file

import (
	"bytes"
	"io"
	"os"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
)

// largestWindow bounds the memory that reading a zstd file takes, in bytes. It
// is that of the zstd program.
const largestWindow = 128 << 20

var (
	gzipMagic = []byte{0x1f, 0x8b, 8}
	zstdMagic = []byte{0x28, 0xb5, 0x2f, 0xfd}
)

// compressed tells whether a file that begins with head is.
func compressed(head []byte) bool {
	return bytes.HasPrefix(head, gzipMagic) || bytes.HasPrefix(head, zstdMagic)
}

// decompress returns the content of a file: decompressed, if its first bytes
// say that it is compressed. What is no regular file, such as a named pipe, is
// read as it is, for its first bytes can be read only once. Closing the content
// does not close the file.
func decompress(file *os.File) (io.ReadCloser, error) {
	var magic [4]byte
	n, _ := file.ReadAt(magic[:], 0)
	switch {
	case bytes.HasPrefix(magic[:n], gzipMagic):
		return gzip.NewReader(file)
	case bytes.HasPrefix(magic[:n], zstdMagic):
		d, err := zstd.NewReader(file, zstd.WithDecoderMaxWindow(largestWindow), zstd.WithDecoderConcurrency(1))
		if err != nil {
			return nil, err
		}
		return d.IOReadCloser(), nil
	}
	return io.NopCloser(file), nil
}
