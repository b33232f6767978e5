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
	"syscall"

	"github.com/cockroachdb/pebble/v2/vfs"
)

// evidence is how far Pebble's log and manifest are synced, kept in a file beside
// them. Pebble takes damage in either for the torn end that a crash leaves, if what
// comes behind does not prove otherwise; with the evidence, what was synced is told
// from what was not.
//
// The file itself is not synced with every change: it would cost as much as the
// change. After a process died it is exact. After the power failed it may be some
// seconds old, and then less is known, never anything wrong.
type evidence struct {
	disk *disk
	name string
	file vfs.File // nil until it is opened

	mu       sync.Mutex
	log      reach
	manifest reach
	found    [2]reach // what the file said when it was opened
	line     [evidenceSize]byte
}

// reach is how much of a file is synced.
type reach struct {
	name   string
	synced int64
}

const (
	evidenceName = "SYNCED" // in the directory of the database
	// evidenceSize is one sector, which is written as a whole.
	evidenceSize = 512
)

func isLog(name string) bool      { return strings.HasSuffix(name, ".log") }
func isManifest(name string) bool { return strings.HasPrefix(name, "MANIFEST-") }

// open opens the file of the evidence, and reads what it says.
func (e *evidence) open(name string) error {
	e.name = name
	f, err := e.openFile()
	if f == nil || err != nil {
		return err
	}
	content := make([]byte, evidenceSize)
	n, err := f.ReadAt(content, 0)
	if err != nil && !errors.Is(err, io.EOF) {
		return errors.Join(err, f.Close())
	}
	e.found = parseEvidence(content[:n])
	if err := e.checkLogs(name); err != nil {
		return errors.Join(err, f.Close())
	}
	if e.disk.readOnly {
		return f.Close()
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	e.file, e.log, e.manifest = f, e.found[0], e.found[1]
	return nil
}

// openFile opens the file; it is nil for a reader if there is none.
func (e *evidence) openFile() (f vfs.File, err error) {
	if e.disk.readOnly {
		f, err = e.disk.FS.Open(e.name)
		if errors.Is(err, iofs.ErrNotExist) {
			return nil, nil
		}
		return f, err
	}
	// It is not wrapped: what cannot be written into it for lack of space is not
	// waited for.
	err = e.disk.change("opening", e.name, func() (err error) {
		f, err = e.disk.FS.OpenReadWrite(e.name, vfs.WriteCategoryUnspecified)
		return err
	})
	return f, err
}

// forget makes it durable that a log is not there any more, before it is removed.
func (e *evidence) forget(log string) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.file == nil || e.log.name != log {
		return
	}
	e.log = reach{}
	e.write()
	_ = e.disk.sync("syncing", e.name, e.file.Sync)
}

// checkLogs is an error if the log that was written last is gone: Pebble removes a log
// only when there is a newer one, and would not miss it.
func (e *evidence) checkLogs(name string) error {
	log := e.found[0].name
	if !isLog(log) {
		return nil
	}
	newest, err := e.newestLog(name)
	if err == nil && before(newest, log) {
		err = missing(e.disk.FS.PathJoin(e.disk.FS.PathDir(name), log))
	}
	return err
}

// close syncs and closes the file.
func (e *evidence) close() error {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.file == nil {
		return nil
	}
	f := e.file
	e.file = nil
	return errors.Join(e.disk.sync("syncing", e.name, f.Sync), f.Close())
}

// of is the reach of a file that is written from its beginning, nil if it has none.
func (e *evidence) of(name string) *reach {
	if !isLog(name) && !isManifest(name) {
		return nil
	}
	return &reach{name: name}
}

// set notes that a file is synced up to an offset.
func (e *evidence) set(of *reach, synced int64) {
	e.mu.Lock()
	defer e.mu.Unlock()
	of.synced = synced
	if isLog(of.name) {
		e.log = *of
	} else {
		e.manifest = *of
	}
	if e.file != nil {
		e.write()
	}
}

// write writes the file. On a full disk it stays behind, which does no harm.
func (e *evidence) write() {
	if e.disk.dead.Load() {
		return // another store may have the directory by now
	}
	content := e.format()
	_, err := e.file.WriteAt(content, 0)
	for errors.Is(err, syscall.EINTR) {
		_, err = e.file.WriteAt(content, 0)
	}
	if err != nil && !isFull(err) {
		e.disk.end("writing", e.name, err)
	}
}

// format is the content of the file: names and offsets, and a checksum.
func (e *evidence) format() []byte {
	line := e.line[:0]
	for _, each := range [...]reach{e.log, e.manifest} {
		if each.name == "" {
			each.name = "-"
		}
		line = append(append(line, each.name...), ' ')
		line = append(strconv.AppendInt(line, each.synced, 10), ' ')
	}
	line = strconv.AppendUint(line, uint64(crc32.Checksum(line, castagnoli)), 16)
	for len(line) < evidenceSize-1 {
		line = append(line, ' ')
	}
	return append(line, '\n')
}

// parseEvidence reads what format wrote. A file that is damaged says nothing.
func parseEvidence(content []byte) (found [2]reach) {
	content = bytes.TrimRight(content, " \n\x00")
	at := bytes.LastIndexByte(content, ' ') + 1
	sum, err := strconv.ParseUint(string(content[at:]), 16, 32)
	if err != nil || uint32(sum) != crc32.Checksum(content[:at], castagnoli) {
		return found
	}
	if n, err := fmt.Sscan(string(content), &found[0].name, &found[0].synced, &found[1].name, &found[1].synced); n != 4 || err != nil {
		return [2]reach{}
	}
	return found
}

// mustHave is how much of a file is known to be synced.
func (e *evidence) mustHave(name string) int64 {
	for _, each := range e.found {
		if each.name == name {
			return each.synced
		}
	}
	return 0
}

// newestLog is the name of the last log in the directory of a file.
func (e *evidence) newestLog(name string) (newest string, err error) {
	names, err := e.disk.FS.List(e.disk.FS.PathDir(name))
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
