package store

import (
	"encoding/binary"
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/cockroachdb/pebble/v2/vfs"
)

// damage is what is wrong with a file.
type damage struct{ file, what string }

func (d *damage) Error() string { return d.what }

// missing is a file that was removed.
func missing(name string) error { return &damage{name, "it is missing"} }

// check reads a log or a manifest that Pebble is about to read. What it returns in
// its place ends where the records that are whole end: Pebble, left alone with the
// torn end that a crash leaves, would look for a single wrong bit in it for a second.
func (e *evidence) check(f vfs.File, name string) (vfs.File, error) {
	base := e.disk.FS.PathBase(name)
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
		if newest, err = e.newestLog(name); err != nil {
			return nil, err
		}
	}
	whole, err := r.read()
	if err != nil {
		return nil, err
	}
	damaged, err := e.isDamaged(r, whole, e.mustHave(base), base == newest)
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
func (e *evidence) isDamaged(r *records, whole extent, must int64, newest bool) (bool, error) {
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
