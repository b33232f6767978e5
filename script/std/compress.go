package std

import (
	"bytes"
	"io"
	"math"
	"strings"
	"sync"

	"github.com/klauspost/compress/flate"
	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/s2"
	"github.com/klauspost/compress/zlib"
	"github.com/klauspost/compress/zstd"
)

var compressGroup = Group{
	Name:    "compress",
	Summary: "Makes texts shorter.",
	Functions: []Function{
		function("compress.gzip", "compress.gzip(text) -> text", "Compresses in the format of gzip.", `
gopiper.decompress.gzip(gopiper.compress.gzip("aaaa")) --> "aaaa"
`, compressor(&sync.Pool{New: func() any { return gzip.NewWriter(nil) }})),
		function("compress.zlib", "compress.zlib(text) -> text", "Compresses in the format of zlib, which HTTP calls deflate.", `
gopiper.decompress.zlib(gopiper.compress.zlib("aaaa")) --> "aaaa"
`, compressor(&sync.Pool{New: func() any { return zlib.NewWriter(nil) }})),
		function("compress.deflate", "compress.deflate(text) -> text", "Compresses as zlib does, without its header and sum.", `
gopiper.decompress.deflate(gopiper.compress.deflate("aaaa")) --> "aaaa"
`, compressor(&sync.Pool{New: func() any {
			w, _ := flate.NewWriter(nil, flate.DefaultCompression) // fails for other levels only
			return w
		}})),
		function("compress.zstd", "compress.zstd(text) -> text", "Compresses in the format of Zstandard: faster and shorter than gzip.", `
gopiper.decompress.zstd(gopiper.compress.zstd("aaaa")) --> "aaaa"
`, compressor(&sync.Pool{New: func() any {
			w, _ := zstd.NewWriter(nil, zstd.WithEncoderConcurrency(1), zstd.WithLowerEncoderMem(true), zstd.WithWindowSize(1<<20)) // fails for other options only
			return w
		}})),
		function("compress.snappy", "compress.snappy(text) -> text", "Compresses one block of Snappy, as Kafka and Prometheus have it.", `
gopiper.decompress.snappy(gopiper.compress.snappy("aaaa")) --> "aaaa"
`, func(a *arguments) []Value {
			text := a.text(1)
			if !a.charge(4 * len(text)) {
				return nil
			}
			return a.made(s2.EncodeSnappy(nil, bytesOf(text)))
		}),
	},
}

var decompressGroup = Group{
	Name:    "decompress",
	Summary: "Makes compressed texts what they were.",
	Text: `What is not in the format, cut short, or longer than limit when it is decompressed gives nil and a description. The limit is a
number of bytes, 16 MiB by default.`,
	Functions: []Function{
		function("decompress.gzip", "decompress.gzip(text [, limit]) -> text", "Decompresses gzip, also several files one behind the other.", `
gopiper.decompress.gzip(gopiper.compress.gzip(("a"):rep(100)), 10) --> nil, "gzip: longer than 10 bytes"
`, decompressor("gzip", func(r *inflater) {
			z := new(gzip.Reader)
			r.out, r.open = z, func() error { return z.Reset(&r.source) }
		})),
		function("decompress.zlib", "decompress.zlib(text [, limit]) -> text", "Decompresses the format of zlib.", `
gopiper.decompress.zlib("x") --> nil, "zlib: unexpected EOF"
`, decompressor("zlib", func(r *inflater) {
			r.open = func() (err error) {
				if z, ok := r.out.(zlib.Resetter); ok {
					return z.Reset(&r.source, nil)
				}
				r.out, err = zlib.NewReader(&r.source)
				return err
			}
		})),
		function("decompress.deflate", "decompress.deflate(text [, limit]) -> text", "Decompresses what has no header.", `
gopiper.decompress.deflate("\3\0") --> ""
`, decompressor("deflate", func(r *inflater) {
			r.out = flate.NewReader(&r.source)
			r.open = func() error { return r.out.(flate.Resetter).Reset(&r.source, nil) }
		})),
		function("decompress.zstd", "decompress.zstd(text [, limit]) -> text", "Decompresses Zstandard; its window may be 8 MiB.", `
gopiper.decompress.zstd("abcd") --> nil, "zstd: invalid input: magic number mismatch"
`, decompressor("zstd", func(r *inflater) {
			d, _ := zstd.NewReader(nil, zstd.WithDecoderConcurrency(1), zstd.WithDecoderLowmem(true), zstd.WithDecoderMaxWindow(8<<20)) // fails for other options only
			r.out, r.open = d, func() error { return d.Reset(&r.source) }
		})),
		function("decompress.snappy", "decompress.snappy(text [, limit]) -> text", "Decompresses one block of Snappy.", `
gopiper.decompress.snappy("\1") --> nil, "snappy: corrupt input"
`, decompressSnappy),
	},
}

// writer is what compresses.
type writer interface {
	io.WriteCloser
	Reset(io.Writer)
}

// pieceSize is how much is compressed or decompressed between two charges.
const pieceSize = 64 << 10

func compressor(pool *sync.Pool) func(*arguments) []Value {
	return func(a *arguments) []Value {
		text := a.text(1)
		if a.err != nil {
			return nil
		}
		w := pool.Get().(writer)
		defer func() {
			w.Reset(io.Discard) // it must not hold what it has written to
			pool.Put(w)
		}()
		out := bytes.NewBuffer(a.buffer[:0])
		w.Reset(out)
		for rest := text; rest != ""; {
			piece := rest[:min(len(rest), pieceSize)]
			rest = rest[len(piece):]
			if !a.charge(16 * len(piece)) {
				return nil
			}
			if _, err := io.WriteString(w, piece); err != nil { // never: the memory takes all
				return a.failed("%s", err.Error())
			}
		}
		if err := w.Close(); err != nil {
			return a.failed("%s", err.Error())
		}
		return a.made(out.Bytes())
	}
}

// outputMax returns how long the output may be: argument i, or the default.
func (a *arguments) outputMax(i int) int {
	if a.absent(i) {
		return min(16<<20, a.maxOutput())
	}
	return min(int(a.whole(i, 0, math.MaxInt32)), a.maxOutput())
}

// inflater is what decompresses, used again and again.
type inflater struct {
	source strings.Reader
	out    io.Reader    // what comes out
	open   func() error // begins to read the source
}

func decompressor(name string, prepare func(*inflater)) func(*arguments) []Value {
	pool := sync.Pool{New: func() any {
		r := &inflater{}
		prepare(r)
		return r
	}}
	failed := func(a *arguments, err error) []Value {
		if err == io.EOF {
			err = io.ErrUnexpectedEOF
		}
		text := strings.TrimPrefix(err.Error(), "flate: ")
		return a.failed("%s: %s", name, strings.TrimPrefix(text, name+": "))
	}
	return func(a *arguments) []Value {
		text, limit := a.text(1), a.outputMax(2)
		if !a.charge(pieceSize) { // what opening takes
			return nil
		}
		r := pool.Get().(*inflater)
		defer func() {
			r.source.Reset("") // it must not hold the text
			pool.Put(r)
		}()
		r.source.Reset(text)
		if err := r.open(); err != nil {
			return failed(a, err)
		}
		out := bytes.NewBuffer(a.buffer[:0])
		for {
			n, err := io.CopyN(out, r.out, pieceSize)
			switch {
			case !a.charge(4 * int(n)):
				return nil
			case out.Len() > limit:
				return a.failed("%s: longer than %d bytes", name, limit)
			case err == io.EOF:
				return a.made(out.Bytes())
			case err != nil:
				return failed(a, err)
			}
		}
	}
}

func decompressSnappy(a *arguments) []Value {
	text, limit := a.text(1), a.outputMax(2)
	if a.err != nil {
		return nil
	}
	source := bytesOf(text)
	n, err := s2.DecodedLen(source)
	if err != nil {
		return a.failed("snappy: corrupt input")
	}
	if n > limit {
		return a.failed("snappy: longer than %d bytes", limit)
	}
	if !a.fits(n) {
		return nil
	}
	out, err := s2.Decode(nil, source)
	if err != nil {
		return a.failed("snappy: corrupt input")
	}
	return a.made(out)
}
