package store

import (
	"bytes"
	"errors"
	"hash/crc32"
	"io"
	iofs "io/fs"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"

	"github.com/cockroachdb/pebble/v2/vfs"
)

// evidence is how far Pebble's log and manifest are synced, kept in a file beside
// them. Pebble takes damage in either for the torn end that a crash leaves, if what
// comes behind does not prove otherwise; with the evidence, what was synced is told
// from what was not. Nor does Pebble miss a log that somebody has removed: the names
// of those that it still needs are kept as well.
//
// The file itself is not synced with every change: it would cost as much as the
// change. After a process died it is exact. After the power failed it may be some
// seconds old, and then less is known, never anything wrong.
type evidence struct {
	disk *disk
	name string
	file vfs.File // nil until it is opened

	mu    sync.Mutex
	at    state
	found state // what the file said when it was opened
	line  [evidenceSize]byte
}

// state is what the file says.
type state struct {
	log, manifest reach    // that are being written
	closed        []string // logs before that one which are not removed yet
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
	e.file, e.at = f, e.found
	e.at.closed = slices.Clone(e.found.closed)
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
	if f := e.without(log); f != nil {
		_ = e.disk.sync("syncing", e.name, f.Sync)
	}
}

// without takes a log out of what the file says. It is nil if nothing was said of it.
func (e *evidence) without(log string) vfs.File {
	e.mu.Lock()
	defer e.mu.Unlock()
	at := slices.Index(e.at.closed, log)
	switch {
	case e.file == nil:
		return nil
	case e.at.log.name == log:
		e.at.log = reach{}
	case at >= 0:
		e.at.closed = slices.Delete(e.at.closed, at, at+1)
	default:
		return nil
	}
	e.write()
	return e.file
}

// checkLogs is an error if a log is gone that Pebble has not removed: it would not
// miss it.
func (e *evidence) checkLogs(name string) error {
	for _, log := range append(e.found.closed, e.found.log.name) {
		if !isLog(log) {
			continue
		}
		path := e.disk.FS.PathJoin(e.disk.FS.PathDir(name), log)
		if _, err := e.disk.FS.Stat(path); errors.Is(err, iofs.ErrNotExist) {
			return missing(path)
		}
	}
	return nil
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
	switch {
	case !isLog(of.name):
		e.at.manifest = *of
	case slices.Contains(e.at.closed, of.name): // closed in the order in which they were begun, or nearly
	default:
		if e.at.log.name != of.name && isLog(e.at.log.name) {
			e.at.closed = append(e.at.closed, e.at.log.name)
		}
		e.at.log = *of
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

// closedMost is how many closed logs have room in the file. There are two or three,
// unless tables cannot be written.
const closedMost = 20

// format is the content of the file: names and offsets, the names of closed logs, and a
// checksum.
func (e *evidence) format() []byte {
	line := e.line[:0]
	for _, each := range [...]reach{e.at.log, e.at.manifest} {
		if each.name == "" {
			each.name = "-"
		}
		line = append(append(line, each.name...), ' ')
		line = append(strconv.AppendInt(line, each.synced, 10), ' ')
	}
	for _, name := range e.at.closed[:min(len(e.at.closed), closedMost)] {
		line = append(append(line, name...), ' ')
	}
	line = strconv.AppendUint(line, uint64(crc32.Checksum(line, castagnoli)), 16)
	for len(line) < evidenceSize-1 {
		line = append(line, ' ')
	}
	return append(line, '\n')
}

// parseEvidence reads what format wrote. A file that is damaged says nothing.
func parseEvidence(content []byte) (found state) {
	content = bytes.TrimRight(content, " \n\x00")
	at := bytes.LastIndexByte(content, ' ') + 1
	sum, err := strconv.ParseUint(string(content[at:]), 16, 32)
	if err != nil || uint32(sum) != crc32.Checksum(content[:at], castagnoli) {
		return found
	}
	words := strings.Fields(string(content[:at]))
	if len(words) < 4 {
		return found
	}
	log, err1 := strconv.ParseInt(words[1], 10, 64)
	manifest, err2 := strconv.ParseInt(words[3], 10, 64)
	if err1 != nil || err2 != nil {
		return found
	}
	return state{log: reach{words[0], log}, manifest: reach{words[2], manifest}, closed: words[4:]}
}

// mustHave is how much of a file is known to be synced.
func (e *evidence) mustHave(name string) int64 {
	for _, each := range [...]reach{e.found.log, e.found.manifest} {
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
