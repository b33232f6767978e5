package file

import (
	"bytes"
	"errors"
	"io"
	"log/slog"
	"math"
	"os"
	"slices"
	"time"

	"golang.org/x/sys/unix"

	"github.com/gopiper/gopiper/component"
	"github.com/gopiper/gopiper/components/stream"
)

// readAtOnce is how many bytes more than a message are read of one file at most
// before others have their turn.
const readAtOnce = 4 << 20

// tail is a file that is followed.
type tail struct {
	id        identity
	partition string
	position         // how far it was read; its paths are those under which a pattern matched the file last
	path      string // where it is, as a pattern has it
	left      stream.Left

	turn    int    // of the look that has found it
	next    string // the path under which it did
	matched bool   // a pattern matches it
	moved   bool   // it has lost its name, and is not finished yet
	was     string // the real path that it had before, until it is finished
	after   *tail  // which had its path before, and is read before it
	ended   bool   // it was read to its end
	gone    bool
	fresh   bool   // it has no position yet
	skip    bool   // what it holds is to be passed over
	old     string // the partition in which an earlier run has kept its position
	packed  bool   // it is compressed

	file     *os.File  // nil while it is closed
	wake     bool      // it is closed, and there may be something to read
	head     []byte    // what it begins with, as far as the fingerprint goes
	probe    []byte    // memory for another head
	size     int64     // what it was when looked at, -1 if nobody did
	modified time.Time // likewise
	active   time.Time // when something has happened to it
	more     bool      // its end is not reached
	trouble  string    // what keeps it from being read
	annotate func(*component.Batch)

	at, quota int64 // of the read in progress
}

// waits tells whether another file is to be read first.
func (t *tail) waits() bool {
	if a := t.after; a != nil && (a.gone || a.ended || a.packed || a.trouble != "") {
		t.after = nil
	}
	return t.after != nil
}

// failed tells, once, that the file cannot be read.
func (t *tail) failed(err error) {
	if text := err.Error(); text != t.trouble {
		slog.Warn("a file cannot be read; it is tried again", "path", t.path, "error", err)
		t.trouble = text
	}
}

// restart begins the file again: another one has taken its place.
func (t *tail) restart(why string) {
	slog.Info("a file is read from its beginning", "path", t.path, "because", why)
	t.position = position{birth: t.birth, path: t.position.path, name: t.name}
	t.left, t.more, t.ended, t.head = stream.Nothing, true, false, t.head[:0]
}

// begin prepares for Read.
func (t *tail) begin(end stream.End, maxMessage int) {
	t.at, t.quota, t.more = t.mark.Offset, math.MaxInt64, false
	if end == stream.Wait {
		t.quota = readAtOnce + int64(maxMessage)
	}
}

var errChanged = errors.New("another file has taken its place")

// Read reads the file from its place at on. What it returns belongs to the file
// that begins with head: if it had been cut or overwritten before it was read,
// it would not begin so any more.
func (t *tail) Read(p []byte) (int, error) {
	if t.quota <= 0 {
		t.more = true
		return 0, io.EOF
	}
	n, err := t.file.ReadAt(p[:min(int64(len(p)), t.quota)], t.at)
	if err != nil && err != io.EOF {
		return 0, err
	}
	if err := t.verify(); err != nil {
		return 0, err
	}
	t.at += int64(n)
	t.quota -= int64(n)
	return n, err
}

// verify returns errChanged if the file does not begin as it did, and extends the
// fingerprint if there is more that it can be of.
func (t *tail) verify() error {
	head, err := readHead(t.file, t.probe)
	switch {
	case err != nil:
		return err
	case len(head) < len(t.head) || !bytes.Equal(head[:len(t.head)], t.head):
		return errChanged
	case len(head) > len(t.head):
		t.head = append(t.head, head[len(t.head):]...)
		t.print = fingerprintOf(t.head)
	}
	return nil
}

// openTail opens a file and sees whether it is the one that was read before. If it
// is compressed it is closed again.
func (f *follower) openTail(t *tail) {
	file, err := os.OpenFile(t.path, os.O_RDONLY|unix.O_NONBLOCK, 0) // by now it may be a named pipe
	if err != nil {
		t.failed(err)
		return
	}
	info, err := file.Stat()
	if err == nil && (!info.Mode().IsRegular() || identify(info) != t.id) {
		file.Close()
		t.wake, t.size = false, -1 // the next look tells more
		return
	}
	head, err2 := readHead(file, make([]byte, printMax))
	if err = errors.Join(err, err2); err != nil {
		file.Close()
		t.failed(err)
		return
	}
	f.open = append(f.open, t)
	t.file, t.wake, t.probe, t.trouble = file, false, f.probe, ""
	if !f.recognize(t, info.Size(), head) {
		tellGone(t.position.path, t.mark.Offset)
		f.forget(t)
		return
	}
	if t.packed {
		t.size, t.modified = info.Size(), info.ModTime()
		t.more, t.moved = false, t.moved && !t.done
		f.close(t)
	} else {
		t.size = -1
	}
	f.settleDown(t, info.Size())
}

// recognize compares a file that was opened with what is known of it. If it is
// another one, it is read as such, unless no pattern matches it: then recognize is
// false.
func (f *follower) recognize(t *tail, size int64, head []byte) bool {
	birth := born(t.file)
	why := t.differs(size, birth, head)
	packed := f.source.decompress && compressed(head)
	switch {
	case why != "":
	case t.done && !packed || !t.done && packed && t.mark.Offset > 0:
		why = "it was read with another value of decompress"
	case t.done && size != t.mark.Offset:
		why = "it is compressed, and has another length than it had"
	}
	if why != "" {
		cut := birth != 0 && birth == t.birth // and not another one with its inode
		if !cut && !t.matched {
			return false
		}
		t.restart(why)
		t.fresh, t.moved = true, t.moved && cut
	}
	t.packed, t.birth, t.head, t.print = packed, birth, head, fingerprintOf(head)
	return true
}

// settleDown gives a file its first position before anything is read, so that it
// is found again should it be renamed and the process end.
func (f *follower) settleDown(t *tail, size int64) {
	if t.skip {
		t.skip = false
		t.mark.Offset, t.done = size, t.packed
		if delimiter, ok := f.source.options.Framing.Delimiter(); ok && !t.packed {
			t.mark.Offset = f.boundary(t, size, delimiter)
		}
	}
	if t.fresh || t.old != "" {
		f.say(t)
	}
	if t.old != "" {
		f.drop(t.old)
	}
	t.fresh, t.old = false, ""
}

// boundary is where the last line in the file begins that is not complete.
func (f *follower) boundary(t *tail, size int64, delimiter byte) int64 {
	offset, err := lastBoundary(t.file, size, delimiter)
	if err != nil {
		t.failed(err)
		return size
	}
	return offset
}

// close closes a file until there is something to read.
func (f *follower) close(t *tail) {
	if t.file == nil {
		return
	}
	t.file.Close()
	i := slices.Index(f.open, t)
	f.open = slices.Delete(f.open, i, i+1)
	t.file, t.head = nil, nil
	t.wake = t.more || t.moved || t.size < 0 || t.left == stream.Gathering
}

func (f *follower) closeAll() {
	for len(f.open) > 0 {
		f.close(f.open[0])
	}
}

// full tells that as many files are open as may be.
func (f *follower) full() bool { return len(f.open) >= max(1, f.maxOpen/f.lanes) }

// closeOne closes the file in which nothing has happened for the longest time,
// so that another one can be opened. One that has lost its name could not be
// opened again.
func (f *follower) closeOne() {
	var oldest *tail
	for _, t := range f.open {
		if t.matched && (oldest == nil || t.active.Before(oldest.active)) {
			oldest = t
		}
	}
	if oldest != nil {
		f.close(oldest)
	}
}
