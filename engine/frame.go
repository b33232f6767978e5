package engine

import (
	"encoding/binary"
	"errors"
	"fmt"

	"github.com/gopiper/gopiper/component"
)

// A frame is a batch of messages as a buffer keeps it, before it is packed. It is
// a head and then the bytes of all messages:
//
//	version (1 byte, 1), length of the head (4 bytes), number of messages
//	for each message: its length times 4, plus 2 if it is unterminated, plus 1
//	if key, timestamp (8 bytes), number of attributes, names and values follow
//
// Numbers are unsigned varints, those with a size little-endian; texts have their
// length in front.
const (
	frameVersion = 1
	frameFixed   = 5
)

// appendFrame appends the frame of a batch to dst.
func appendFrame(dst []byte, b *batch) []byte {
	start := len(dst)
	dst = append(dst, frameVersion, 0, 0, 0, 0)
	dst = binary.AppendUvarint(dst, uint64(len(b.live)))
	for i := range b.live {
		m := b.at(i)
		n := uint64(len(m.data)) << 2
		if m.unterminated {
			n |= 2
		}
		if m.meta == nil {
			dst = binary.AppendUvarint(dst, n)
			continue
		}
		dst = binary.AppendUvarint(dst, n|1)
		dst = appendText(dst, m.meta.key)
		dst = binary.LittleEndian.AppendUint64(dst, uint64(m.meta.timestamp))
		dst = binary.AppendUvarint(dst, uint64(len(m.meta.pairs)))
		for _, p := range m.meta.pairs {
			dst = appendText(appendText(dst, p.name), p.value)
		}
	}
	binary.LittleEndian.PutUint32(dst[start+1:], uint32(len(dst)-start))
	for i := range b.live {
		dst = append(dst, b.at(i).data...)
	}
	return dst
}

func appendText(dst []byte, text string) []byte {
	return append(binary.AppendUvarint(dst, uint64(len(text))), text...)
}

var errFrame = errors.New("its content makes no sense")

// readFrame makes the messages of a frame those of a batch, which owns the frame
// from then on.
func readFrame(frame []byte, raw *component.Batch) error {
	if len(frame) < frameFixed || frame[0] != frameVersion {
		return fmt.Errorf("%w: it is of no known version", errFrame)
	}
	head := uint64(binary.LittleEndian.Uint32(frame[1:]))
	if head < frameFixed || head > uint64(len(frame)) {
		return errFrame
	}
	r := frameReader{rest: frame[frameFixed:head]}
	at, end := head, uint64(len(frame))
	raw.Buffer = frame
	for n := r.number(); n > 0 && !r.bad; n-- {
		kind := r.number()
		length := kind >> 2
		if length > end-at {
			return errFrame
		}
		raw.Add(int(at), int(at+length))
		at += length
		if kind&1 != 0 {
			raw.SetMeta(r.meta())
		}
		if kind&2 != 0 && n == 1 { // only the last one of a batch can be
			raw.SetUnterminated()
		}
	}
	if r.bad || len(r.rest) != 0 || at != end {
		return errFrame
	}
	return nil
}

// frameReader reads the head of a frame; bad is set at the first mistake.
type frameReader struct {
	rest []byte
	bad  bool
}

func (r *frameReader) number() uint64 {
	n, size := binary.Uvarint(r.rest)
	if size <= 0 {
		r.bad = true
		return 0
	}
	r.rest = r.rest[size:]
	return n
}

func (r *frameReader) text() string {
	n := r.number()
	if n > uint64(len(r.rest)) {
		r.bad = true
		return ""
	}
	text := string(r.rest[:n])
	r.rest = r.rest[n:]
	return text
}

func (r *frameReader) meta() component.Meta {
	meta := component.Meta{Key: r.text()}
	if len(r.rest) < 8 {
		r.bad = true
		return meta
	}
	meta.Timestamp = int64(binary.LittleEndian.Uint64(r.rest))
	r.rest = r.rest[8:]
	for n := r.number(); n > 0 && !r.bad; n-- {
		meta.Attributes = append(meta.Attributes, r.text(), r.text())
	}
	return meta
}
