package file

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"time"

	"github.com/gopiper/gopiper/framing"
)

// The note says in which file this stage writes, and from where on. It is there
// while the file is open. Who finds one was not closed: a crash may have left
// the beginning of a message at the file's end, and nobody has been told that the
// message was delivered.
//
// It is a version, the format, the file's identity and birth, and the offset.
var noteKey = []byte("writing")

const (
	noteVersion = 1
	noteSize    = 2 + 4*8
)

// renoteAfter is how many bytes are written until the note is brought up to date
// for a framing whose messages can only be found from the front.
const renoteAfter = 64 << 20

// note notes that what is behind the file's whole length is this run's, unless
// the state knows enough.
func (t *target) note(file *os.File) error {
	if t.state == nil || !t.regular {
		return nil
	}
	birth := born(file)
	if t.noted.in == t.id && t.noted.birth == birth && !t.outdated() {
		return nil
	}
	value := make([]byte, 2, noteSize)
	value[0], value[1] = noteVersion, byte(t.format)
	for _, v := range []uint64{t.id.device, t.id.inode, uint64(birth), uint64(t.whole)} {
		value = binary.BigEndian.AppendUint64(value, v)
	}
	if err := t.state.Put(nil, noteKey, value, time.Time{}); err != nil {
		return fmt.Errorf("noting that %s is being written: %w", t.path, err)
	}
	t.noted.in, t.noted.birth, t.noted.from = t.id, birth, t.whole
	return nil
}

// outdated tells whether the note has to be written anew: what is settled must
// not be cut off, although no delimiter is behind it; the file was cut by
// somebody else; or a search from the noted place would take long.
func (t *target) outdated() bool {
	from := t.noted.from
	return t.wholeOpen && from != t.whole || t.whole < from || !t.delimited && t.whole-from >= renoteAfter
}

func (t *target) unnote() error {
	if t.state == nil || !t.regular {
		return nil
	}
	return t.state.Delete(nil, noteKey)
}

// mend cuts off what a crash has left of a message at the file's end.
func (t *target) mend() error {
	if t.state == nil {
		return nil
	}
	value, err := t.state.Get(noteKey)
	if err != nil || value == nil {
		return err
	}
	if len(value) != noteSize || value[0] != noteVersion {
		slog.Warn("it is not known how a file was written when the process ended; it may hold a part of a message", "path", t.path)
		return nil
	}
	number := func(i int) uint64 { return binary.BigEndian.Uint64(value[2+8*i:]) }
	id, birth, offset := identity{number(0), number(1)}, int64(number(2)), int64(number(3))
	if info, err := os.Stat(t.path); err != nil || !info.Mode().IsRegular() || identify(info) != id || value[1] != byte(t.format) {
		return nil // it was renamed meanwhile, or is written in another way
	}
	file, err := os.OpenFile(t.path, os.O_RDWR, 0)
	if errors.Is(err, fs.ErrPermission) {
		slog.Warn("a file cannot be read; it may hold a part of a message, which a crash has left", "error", err)
		return nil
	}
	if err != nil {
		return err
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil || identify(info) != id || born(file) != birth {
		return err
	}
	return t.cutTorn(file, id, offset, info.Size())
}

// cutTorn cuts off what is behind the last complete message of those from offset
// on.
func (t *target) cutTorn(file *os.File, id identity, offset, size int64) error {
	writers.Lock() // nobody opens it meanwhile
	defer writers.Unlock()
	if offset >= size || writers.of[id] > 0 {
		return nil
	}
	end, err := t.lastEnd(io.NewSectionReader(file, offset, size-offset), size-offset)
	if err != nil {
		return fmt.Errorf("%s: %w", t.path, err)
	}
	if end += offset; end == size {
		return nil
	}
	if err := errors.Join(file.Truncate(end), t.syncFile(file)); err != nil {
		return err
	}
	slog.Warn("a part of a message, which a crash has left at the end of a file, was cut off", "path", t.path, "bytes", size-end)
	return nil
}

// lastEnd is where the last complete message ends.
func (t *target) lastEnd(content *io.SectionReader, size int64) (int64, error) {
	switch {
	case t.delimited:
		return lastBoundary(content, size, t.delimiter)
	case t.format == framing.None:
		return size, nil
	}
	end := int64(0)
	r := bufio.NewReaderSize(content, 1<<20)
	for {
		prefix, length, err := t.nextLength(r)
		switch {
		case err == errNoLength: // which no crash leaves
			return size, nil
		case err == io.EOF || err == io.ErrUnexpectedEOF || err == nil && length > uint64(size-end-prefix):
			return end, nil
		case err != nil:
			return 0, err
		}
		end += prefix + int64(length)
		if _, err := r.Discard(int(length)); err != nil {
			return 0, err
		}
	}
}

var errNoLength = errors.New("no number is where a length is due")

// nextLength reads the length of a message and returns it with the number of
// bytes that it takes.
func (t *target) nextLength(r *bufio.Reader) (prefix int64, length uint64, err error) {
	if t.format == framing.Length {
		var b [4]byte
		_, err := io.ReadFull(r, b[:])
		return 4, uint64(binary.BigEndian.Uint32(b[:])), err
	}
	for shift := 0; shift < 64; shift += 7 {
		b, err := r.ReadByte()
		if err != nil {
			return 0, 0, err
		}
		prefix++
		length |= uint64(b&0x7f) << shift
		if b < 0x80 {
			return prefix, length, nil
		}
	}
	return 0, 0, errNoLength
}
