package store

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	iofs "io/fs"
	"strconv"
	"strings"
	"sync"

	"github.com/cockroachdb/pebble/v2/vfs"
)

// marks knows how far Pebble's log and manifest are synced, and keeps it in a file
// beside them. Pebble takes damage at the end of either for the torn end
// that a crash leaves; with the mark, what was synced is told from what was not.
//
// The mark itself is not synced with every change: it would cost as much as the
// change. After a process died it is exact. After the power failed it may be some
// seconds old, and then less is known, never anything wrong.
type marks struct {
	disk *disk
	name string
	file vfs.File // nil until it is opened

	mu       sync.Mutex
	log      mark
	manifest mark
	found    [2]mark // what the file said when it was opened
	line     [markSize]byte
}

// mark is how much of a file is synced.
type mark struct {
	name   string
	synced int64
}

const (
	marksName = "SYNCED" // in the directory of the database
	// markSize is one sector, which is written as a whole.
	markSize = 512
)

func isLog(name string) bool      { return strings.HasSuffix(name, ".log") }
func isManifest(name string) bool { return strings.HasPrefix(name, "MANIFEST-") }

// open opens the file of the marks, and reads what it says.
func (m *marks) open(name string) error {
	m.name = name
	open := func() (vfs.File, error) { return m.disk.FS.OpenReadWrite(name, vfs.WriteCategoryUnspecified) }
	if m.disk.readOnly {
		open = func() (vfs.File, error) { return m.disk.FS.Open(name) }
	}
	f, err := open()
	if m.disk.readOnly && errors.Is(err, iofs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	content := make([]byte, markSize)
	n, err := f.ReadAt(content, 0)
	if err != nil && !errors.Is(err, io.EOF) {
		return errors.Join(err, f.Close())
	}
	m.found = parseMarks(content[:n])
	if err := m.checkLogs(name); err != nil {
		return errors.Join(err, f.Close())
	}
	if m.disk.readOnly {
		return f.Close()
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.file = f
	return nil
}

// checkLogs is an error if the log that was written last is gone: Pebble removes a log
// only when there is a newer one, and would not miss it.
func (m *marks) checkLogs(name string) error {
	log := m.found[0].name
	if !isLog(log) {
		return nil
	}
	newest, err := m.newestLog(name)
	if err == nil && before(newest, log) {
		err = missing(m.disk.FS.PathJoin(m.disk.FS.PathDir(name), log))
	}
	return err
}

// close syncs and closes the file.
func (m *marks) close() error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.file == nil {
		return nil
	}
	f := m.file
	m.file = nil
	return errors.Join(m.disk.sync("syncing", m.name, f.Sync), f.Close())
}

// of is the mark of a file that is written from its beginning, nil if it has none.
func (m *marks) of(name string) *mark {
	if !isLog(name) && !isManifest(name) {
		return nil
	}
	return &mark{name: name}
}

// set notes that a file is synced up to an offset.
func (m *marks) set(of *mark, synced int64) {
	m.mu.Lock()
	defer m.mu.Unlock()
	of.synced = synced
	if isLog(of.name) {
		m.log = *of
	} else {
		m.manifest = *of
	}
	if m.file == nil {
		return
	}
	// On a full disk the mark stays behind, which does no harm.
	if _, err := m.file.WriteAt(m.format(), 0); err != nil && !isFull(err) {
		m.disk.end("writing", m.name, err)
	}
}

// format is the content of the file: names and offsets, and a checksum.
func (m *marks) format() []byte {
	line := m.line[:0]
	for _, each := range [...]mark{m.log, m.manifest} {
		if each.name == "" {
			each.name = "-"
		}
		line = append(append(line, each.name...), ' ')
		line = append(strconv.AppendInt(line, each.synced, 10), ' ')
	}
	line = strconv.AppendUint(line, uint64(crc32.Checksum(line, castagnoli)), 16)
	for len(line) < markSize-1 {
		line = append(line, ' ')
	}
	return append(line, '\n')
}

// parseMarks reads what format wrote. A file that is damaged says nothing.
func parseMarks(content []byte) (found [2]mark) {
	content = bytes.TrimRight(content, " \n\x00")
	at := bytes.LastIndexByte(content, ' ') + 1
	sum, err := strconv.ParseUint(string(content[at:]), 16, 32)
	if err != nil || uint32(sum) != crc32.Checksum(content[:at], castagnoli) {
		return found
	}
	if n, err := fmt.Sscan(string(content), &found[0].name, &found[0].synced, &found[1].name, &found[1].synced); n != 4 || err != nil {
		return [2]mark{}
	}
	return found
}

// mustHave is how much of a file is known to be synced.
func (m *marks) mustHave(name string) int64 {
	for _, each := range m.found {
		if each.name == name {
			return each.synced
		}
	}
	return 0
}

// check reads a log or a manifest that Pebble is about to read. What it returns in
// its place ends where the records that are whole end: Pebble, left alone with the
// torn end that a crash leaves, would look for a single wrong bit in it for a second.
func (m *marks) check(f vfs.File, name string) (vfs.File, error) {
	base := m.disk.FS.PathBase(name)
	if !isLog(base) && !isManifest(base) {
		return f, nil
	}
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	r := &records{file: f, size: info.Size(), log: isLog(base)}
	newest := base
	if r.log {
		number, err := strconv.ParseUint(strings.TrimSuffix(base, ".log"), 10, 64)
		if err != nil {
			return nil, err
		}
		r.number = uint32(number)
		if newest, err = m.newestLog(name); err != nil {
			return nil, err
		}
	}
	whole, err := r.read()
	if err != nil {
		return nil, err
	}
	damaged, err := m.isDamaged(r, whole, m.mustHave(base), base == newest)
	if err != nil {
		return nil, err
	}
	if damaged {
		if whole.wrong == "" {
			whole.wrong = "it ends too early"
		}
		return nil, &damage{name, fmt.Sprintf("%s at offset %d", whole.wrong, whole.end)}
	}
	return &cut{File: f, left: whole.end}, nil
}

// isDamaged tells damage from the end that a crash leaves.
func (m *marks) isDamaged(r *records, whole extent, must int64, newest bool) (bool, error) {
	switch {
	case whole.end < must:
		return true, nil
	case !r.log:
		// Each record was synced before the next was begun.
		return r.later(whole.end, func(chunk []byte) bool { return chunk[6] <= 2 })
	case newest:
		// Records of logs say how much was synced before they were written.
		return r.later(whole.end, func(chunk []byte) bool {
			return len(chunk) >= syncHead && chunkHead[chunk[6]] == syncHead &&
				int64(binary.LittleEndian.Uint64(chunk[logHead:])) > whole.end
		})
	case whole.closed:
		return whole.end != r.size, nil
	case whole.end > 0:
		return true, nil // it was closed before the next was begun
	}
	// A log that a crash left without a single record is not closed by the next
	// start.
	return r.later(0, func([]byte) bool { return true })
}

// cut is a file that ends earlier.
type cut struct {
	vfs.File
	left int64
}

// Read implements vfs.File.
func (c *cut) Read(p []byte) (int, error) {
	if c.left <= 0 {
		return 0, io.EOF
	}
	n, err := c.File.Read(p[:min(int64(len(p)), c.left)])
	c.left -= int64(n)
	return n, err
}

// newestLog is the name of the last log in the directory of a file.
func (m *marks) newestLog(name string) (newest string, err error) {
	names, err := m.disk.FS.List(m.disk.FS.PathDir(name))
	for _, each := range names {
		if isLog(each) && before(newest, each) {
			newest = each
		}
	}
	return newest, err
}

// before is whether one log is older than another.
func before(log, other string) bool {
	return len(log) < len(other) || len(log) == len(other) && log < other
}

// damage is what is wrong with a file.
type damage struct{ file, what string }

func (d *damage) Error() string { return d.what }

// missing is a file that was removed.
func missing(name string) error { return &damage{name, "it is missing"} }
