package file

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
)

// identity tells a file from all others that are there at the same time,
// whatever its names are. Once it is removed, another file may get the same.
type identity struct{ device, inode uint64 }

func identify(info fs.FileInfo) identity {
	s, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return identity{}
	}
	return identity{uint64(s.Dev), s.Ino}
}

// partition is the name under which the file's position is kept.
func (i identity) partition() string {
	return strconv.FormatUint(i.device, 16) + ":" + strconv.FormatUint(i.inode, 16)
}

func parseIdentity(partition string) (i identity, ok bool) {
	device, inode, _ := strings.Cut(partition, ":")
	var err1, err2 error
	i.device, err1 = strconv.ParseUint(device, 16, 64)
	i.inode, err2 = strconv.ParseUint(inode, 16, 64)
	return i, err1 == nil && err2 == nil && i.partition() == partition
}

// printMax is how many bytes of a file's beginning are its fingerprint.
const printMax = 1 << 10

// fingerprint tells what a file begins with, so that another file that has got
// the same identity is told from it.
type fingerprint struct {
	length int // of the file's first bytes that it is of, up to printMax
	sum    [8]byte
}

func fingerprintOf(head []byte) fingerprint {
	if len(head) == 0 {
		return fingerprint{}
	}
	p := fingerprint{length: len(head)}
	sum := sha256.Sum256(head)
	copy(p.sum[:], sum[:])
	return p
}

// of tells whether it is the fingerprint of a file that begins with head, which
// has as many bytes of it as there are, up to printMax.
func (p fingerprint) of(head []byte) bool {
	return p.length <= len(head) && p == fingerprintOf(head[:p.length])
}

// readHead reads the bytes that the fingerprint is of into a buffer of that size.
func readHead(file *os.File, buffer []byte) ([]byte, error) {
	n, err := file.ReadAt(buffer[:printMax], 0)
	if err == io.EOF {
		err = nil
	}
	return buffer[:n], err
}

// realPath is the path without symbolic links, and independent of the working
// directory.
func realPath(path string) string {
	if real, err := filepath.EvalSymlinks(path); err == nil {
		path = real
	}
	if absolute, err := filepath.Abs(path); err == nil {
		path = absolute
	}
	return path
}

// whereabouts finds a file that was at a path: there still, or under another
// name in the same directory. It is "" if it is gone; an error means that nobody
// knows.
func whereabouts(i identity, path string) (string, error) {
	if path == "" {
		return "", nil
	}
	if info, err := os.Lstat(path); err == nil && identify(info) == i {
		return path, nil
	}
	directory := filepath.Dir(path)
	info, err := os.Stat(directory)
	if errors.Is(err, fs.ErrNotExist) {
		return "", nil
	}
	if err != nil {
		return "", err
	}
	entries, err := os.ReadDir(directory)
	if err != nil {
		return "", err
	}
	// The numbers of devices may be others after a reboot.
	moved := identity{identify(info).device, i.inode}
	for _, e := range entries {
		if !e.Type().IsRegular() {
			continue
		}
		if info, err := e.Info(); err == nil && (identify(info) == i || identify(info) == moved) {
			return filepath.Join(directory, e.Name()), nil
		}
	}
	return "", nil
}

// lastBoundary is the place behind the last delimiter in the first size bytes of
// a file.
func lastBoundary(file io.ReaderAt, size int64, delimiter byte) (int64, error) {
	var block [8 << 10]byte
	for end := size; end > 0; {
		start := max(0, end-int64(len(block)))
		n, err := file.ReadAt(block[:end-start], start)
		if int64(n) < end-start {
			return 0, err
		}
		if i := bytes.LastIndexByte(block[:n], delimiter); i >= 0 {
			return start + int64(i) + 1, nil
		}
		end = start
	}
	return 0, nil
}
