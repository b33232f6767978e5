package store

import (
	"bytes"
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
	if m.disk.readOnly {
		return f.Close()
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.file = f
	return nil
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
	return errors.Join(f.Sync(), f.Close())
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
	if m.file != nil {
		_, _ = m.file.WriteAt(m.format(), 0)
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

// check reads a log or a manifest that Pebble is about to read.
func (m *marks) check(f vfs.File, name string) error {
	base := m.disk.FS.PathBase(name)
	if !isLog(base) && !isManifest(base) {
		return nil
	}
	must := m.mustHave(base)
	info, err := f.Stat()
	if err != nil {
		return err
	}
	if info.Size() < must {
		return &damage{name, info.Size(), fmt.Sprintf("it ends where %d bytes were synced", must)}
	}
	number := uint32(0)
	if isLog(base) {
		n, err := strconv.ParseUint(strings.TrimSuffix(base, ".log"), 10, 64)
		if err != nil {
			return err
		}
		number = uint32(n)
		newest, err := m.newestLog(name)
		if err != nil {
			return err
		}
		if base != newest {
			must = info.Size() // it was closed before the next was begun
		}
	}
	return checkRecords(f, name, number, must)
}

// newestLog is the name of the last log in the directory of one.
func (m *marks) newestLog(name string) (newest string, err error) {
	names, err := m.disk.FS.List(m.disk.FS.PathDir(name))
	for _, each := range names {
		if isLog(each) && (len(each) > len(newest) || len(each) == len(newest) && each > newest) {
			newest = each
		}
	}
	return newest, err
}

// damage is a place in a file where it does not say what was written.
type damage struct {
	file   string
	offset int64
	what   string
}

func (d *damage) Error() string {
	return fmt.Sprintf("%s is damaged at offset %d: %s", d.file, d.offset, d.what)
}
