package file

import (
	"cmp"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"log/slog"
	"maps"
	"path/filepath"
	"slices"

	"github.com/gopiper/gopiper/component"
	"github.com/gopiper/gopiper/components/stream"
)

// position is what is remembered of a file. Its encoding is a version, flags, the
// numbers as varints, the paths, and a checksum over all that.
type position struct {
	mark  stream.Mark // where reading goes on
	done  bool        // a compressed file was read to its end; the mark is its length
	birth int64       // see born
	print fingerprint
	path  string // where the file was when a pattern matched it last; see realPath
	name  string // what the pattern matched then, "" for path
}

const (
	positionVersion = 1

	flagDone  = 1
	flagLines = 2
)

var checksums = crc32.MakeTable(crc32.Castagnoli)

// encode appends the position to buffer.
func (p *position) encode(buffer []byte) []byte {
	start := len(buffer)
	flags := byte(0)
	if p.done {
		flags |= flagDone
	}
	if p.mark.Lines {
		flags |= flagLines
	}
	buffer = append(buffer, positionVersion, flags)
	buffer = binary.AppendUvarint(buffer, uint64(p.mark.Offset))
	buffer = binary.AppendUvarint(buffer, uint64(p.mark.Pass))
	buffer = binary.AppendVarint(buffer, p.birth)
	buffer = binary.AppendUvarint(buffer, uint64(p.print.length))
	buffer = append(buffer, p.print.sum[:]...)
	buffer = binary.AppendUvarint(buffer, uint64(len(p.path)))
	buffer = append(buffer, p.path...)
	buffer = binary.AppendUvarint(buffer, uint64(len(p.name)))
	buffer = append(buffer, p.name...)
	return binary.BigEndian.AppendUint32(buffer, crc32.Checksum(buffer[start:], checksums))
}

var errDamaged = errors.New("it is damaged")

func decodePosition(data []byte) (p position, err error) {
	if len(data) < 2+4 {
		return p, errDamaged
	}
	body, sum := data[:len(data)-4], binary.BigEndian.Uint32(data[len(data)-4:])
	switch {
	case crc32.Checksum(body, checksums) != sum:
		return p, errDamaged
	case body[0] != positionVersion:
		return p, fmt.Errorf("it is of version %d, and this gopiper knows version %d", body[0], positionVersion)
	}
	p.done, p.mark.Lines = body[1]&flagDone != 0, body[1]&flagLines != 0
	r := decoder{data: body[2:]}
	p.mark.Offset, p.mark.Pass = r.number(), r.number()
	p.birth = r.varint()
	p.print.length = int(min(r.number(), printMax+1))
	copy(p.print.sum[:], r.take(int64(len(p.print.sum))))
	p.path, p.name = string(r.take(r.number())), string(r.take(r.number()))
	if r.failed || len(r.data) > 0 || p.print.length > printMax {
		return position{}, errDamaged
	}
	return p, nil
}

// decoder takes values from the front of data.
type decoder struct {
	data   []byte
	failed bool
}

func (d *decoder) number() int64 {
	v, n := binary.Uvarint(d.data)
	if n <= 0 || v > 1<<63-1 {
		d.failed = true
		return 0
	}
	d.data = d.data[n:]
	return int64(v)
}

func (d *decoder) varint() int64 {
	v, n := binary.Varint(d.data)
	if n <= 0 {
		d.failed = true
		return 0
	}
	d.data = d.data[n:]
	return v
}

func (d *decoder) take(n int64) []byte {
	if n > int64(len(d.data)) {
		d.failed = true
		return nil
	}
	taken := d.data[:n]
	d.data = d.data[n:]
	return taken
}

// at notes under which path a pattern has matched the file.
func (p *position) at(name string) {
	if p.path, p.name = realPath(name), name; p.name == p.path {
		p.name = ""
	}
}

// matches tells whether a pattern matches the name under which one did when the
// position was taken.
func (s *source) matches(p *position) bool {
	return slices.ContainsFunc(s.patterns, func(pattern string) bool {
		name := cmp.Or(p.name, p.path)
		ok, _ := filepath.Match(pattern, name)
		return ok || pattern == name
	})
}

// differs says why a file is not the one that the position is of, or "" if it is.
// head is as fingerprint.of wants it.
func (p *position) differs(size, birth int64, head []byte) string {
	switch {
	case p.birth != 0 && birth != 0 && p.birth != birth:
		return "it is another file than the one that was there"
	case size < p.mark.Offset:
		return "it is shorter than what was read of it"
	case !p.print.of(head):
		return "it does not begin as it did"
	}
	return ""
}

// begunPartition is where a source that follows files notes that it has begun.
const begunPartition = ""

// memory is what an earlier run has left. The entries that nobody has taken are
// of files that are not where they were.
type memory struct {
	durable bool
	begun   bool // there was an earlier run
	entries map[identity]*entry
	devices []uint64 // of the entries
	strange []string // partitions that are none
}

type entry struct {
	partition string
	position  // the zero value if it could not be used
}

// remember reads the positions of an earlier run. What cannot be read is told:
// its file is read once more, from its beginning.
func remember(positions component.Positions) *memory {
	m := &memory{durable: positions.Durable, begun: len(positions.Of) > 0, entries: map[identity]*entry{}}
	for _, partition := range slices.Sorted(maps.Keys(positions.Of)) {
		if partition == begunPartition {
			continue
		}
		p, err := decodePosition(positions.Of[partition])
		id, ok := parseIdentity(partition)
		if ok {
			m.put(id, &entry{partition, p})
		} else {
			m.strange = append(m.strange, partition)
			err = errors.New("its name is none that this gopiper gives")
		}
		if err != nil {
			slog.Warn("the position in a file cannot be used; the file is read again from its beginning", "position", partition, "error", err)
		}
	}
	return m
}

func (m *memory) put(id identity, e *entry) {
	m.entries[id] = e
	if !slices.Contains(m.devices, id.device) {
		m.devices = append(m.devices, id.device)
	}
}

// take takes what is remembered of a file, nil if there is nothing. The numbers
// of devices may be others after a reboot.
func (m *memory) take(id identity, path string) *entry {
	if e := m.entries[id]; e != nil {
		delete(m.entries, id)
		return e
	}
	for _, device := range m.devices {
		other := identity{device, id.inode}
		if e := m.entries[other]; e != nil && e.path == path {
			delete(m.entries, other)
			return e
		}
	}
	return nil
}
