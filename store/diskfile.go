package store

import (
	"errors"
	"io"
	"os"
	"strings"

	"github.com/cockroachdb/pebble/v2/vfs"
)

// held is what Pebble gets for a lock: closing it twice does no harm.
type held struct{ disk *disk }

func (h held) Close() error { return h.disk.unlock() }

// Lock implements vfs.FS. Pebble takes one lock.
func (d *disk) Lock(name string) (io.Closer, error) {
	lock, err := lockFile(d.FS, name, d.readOnly)
	if err != nil {
		return nil, err
	}
	d.mu.Lock()
	d.lock = lock
	d.mu.Unlock()
	// Nobody else writes the evidence from here on.
	if err := d.evidence.open(d.FS.PathJoin(d.FS.PathDir(name), evidenceName)); err != nil {
		return nil, errors.Join(err, d.unlock())
	}
	return held{d}, nil
}

func (d *disk) wrap(f vfs.File, name string) vfs.File {
	return &file{File: f, disk: d, name: name, reach: d.evidence.of(d.FS.PathBase(name))}
}

// Create implements vfs.FS.
func (d *disk) Create(name string, category vfs.DiskWriteCategory) (f vfs.File, err error) {
	if strings.HasPrefix(d.FS.PathBase(name), "marker.") {
		// The name of a marker says which manifest counts. Pebble syncs the names of
		// both at once, and the power may fail when only the marker's is kept.
		if err := d.syncDirectory(d.FS.PathDir(name)); err != nil {
			return nil, err
		}
	}
	err = d.change("creating", name, func() (err error) {
		f, err = d.FS.Create(name, category)
		return err
	})
	if err != nil {
		return nil, err
	}
	return d.wrap(f, name), nil
}

// ReuseForWrite implements vfs.FS. The file is a new one: one that had been in use
// would hold old records behind the new, and damage could be mistaken for the end.
func (d *disk) ReuseForWrite(oldname, newname string, category vfs.DiskWriteCategory) (vfs.File, error) {
	if err := d.Remove(oldname); err != nil {
		return nil, err
	}
	return d.Create(newname, category)
}

// Open implements vfs.FS.
func (d *disk) Open(name string, options ...vfs.OpenOption) (vfs.File, error) {
	f, err := d.FS.Open(name, options...)
	if err != nil {
		return nil, d.unread(name, err)
	}
	d.mu.Lock()
	d.opened = name
	d.mu.Unlock()
	checked, err := d.evidence.check(&readFile{f, d, name}, name)
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return checked, nil
}

// List implements vfs.FS.
func (d *disk) List(name string) ([]string, error) {
	names, err := d.FS.List(name)
	return names, d.unread(name, err)
}

// Stat implements vfs.FS.
func (d *disk) Stat(name string) (vfs.FileInfo, error) {
	info, err := d.FS.Stat(name)
	return info, d.unread(name, err)
}

// unread takes an error met by reading. It comes back, but not while Pebble is being
// opened: told of it late it takes itself apart, and what it runs in the background
// by then would end the process.
func (d *disk) unread(name string, err error) error {
	if !isAnswer(err) && err != io.EOF && d.opening.Load() {
		d.end("reading", name, err)
	}
	return err
}

// readFile is a file that was opened to be read.
type readFile struct {
	vfs.File
	disk *disk
	name string
}

// Read implements vfs.File.
func (f *readFile) Read(p []byte) (int, error) {
	n, err := f.File.Read(p)
	return n, f.disk.unread(f.name, err)
}

// ReadAt implements vfs.File.
func (f *readFile) ReadAt(p []byte, offset int64) (int, error) {
	n, err := f.File.ReadAt(p, offset)
	return n, f.disk.unread(f.name, err)
}

// OpenReadWrite implements vfs.FS.
func (d *disk) OpenReadWrite(name string, category vfs.DiskWriteCategory, options ...vfs.OpenOption) (f vfs.File, err error) {
	err = d.change("opening", name, func() (err error) {
		f, err = d.FS.OpenReadWrite(name, category, options...)
		return err
	})
	if err != nil {
		return nil, err
	}
	return d.wrap(f, name), nil
}

// syncDirectory makes the names in a directory durable.
func (d *disk) syncDirectory(name string) error {
	directory, err := d.OpenDir(name)
	if err != nil {
		return d.describe("opening", name, err)
	}
	return errors.Join(directory.Sync(), directory.Close())
}

// OpenDir implements vfs.FS.
func (d *disk) OpenDir(name string) (vfs.File, error) {
	f, err := d.FS.OpenDir(name)
	if err != nil {
		return nil, err
	}
	return d.wrap(f, name), nil
}

// Link implements vfs.FS.
func (d *disk) Link(oldname, newname string) error {
	return d.change("linking", newname, func() error { return d.FS.Link(oldname, newname) })
}

// Remove implements vfs.FS.
func (d *disk) Remove(name string) error {
	d.evidence.forget(d.FS.PathBase(name))
	return d.change("removing", name, func() error { return d.FS.Remove(name) })
}

// RemoveAll implements vfs.FS.
func (d *disk) RemoveAll(name string) error {
	return d.change("removing", name, func() error { return d.FS.RemoveAll(name) })
}

// Rename implements vfs.FS.
func (d *disk) Rename(oldname, newname string) error {
	return d.change("renaming", oldname, func() error { return d.FS.Rename(oldname, newname) })
}

// MkdirAll implements vfs.FS.
func (d *disk) MkdirAll(name string, mode os.FileMode) error {
	return d.change("creating", name, func() error { return d.FS.MkdirAll(name, mode) })
}

// Unwrap implements vfs.FS.
func (d *disk) Unwrap() vfs.FS { return d.FS }

// file is a file, or a directory, that was opened to be changed.
type file struct {
	vfs.File
	disk    *disk
	name    string
	reach   *reach // nil if nobody asks how far it is synced
	written int64
}

// Write implements vfs.File. When the disk is full in the middle of it, it goes on
// where it stopped.
func (f *file) Write(p []byte) (int, error) {
	f.disk.alive("writing", f.name)
	length := len(p)
	n, err := f.File.Write(p)
	f.written += int64(len(p))
	if err != nil {
		_ = f.disk.settle("writing", f.name, err, func() (err error) {
			p = p[n:]
			n, err = f.File.Write(p)
			return err
		})
	}
	return length, nil
}

// WriteAt implements vfs.File.
func (f *file) WriteAt(p []byte, offset int64) (int, error) {
	length := len(p)
	err := f.disk.change("writing", f.name, func() error {
		n, err := f.File.WriteAt(p, offset)
		p, offset = p[n:], offset+int64(n)
		return err
	})
	return length, err
}

// Sync implements vfs.File.
func (f *file) Sync() error { return f.synced(f.File.Sync) }

// SyncData implements vfs.File.
func (f *file) SyncData() error { return f.synced(f.File.SyncData) }

func (f *file) synced(sync func() error) error {
	err := f.disk.sync("syncing", f.name, sync)
	if f.reach != nil {
		f.disk.evidence.set(f.reach, f.written)
	}
	return err
}

// SyncTo implements vfs.File.
func (f *file) SyncTo(length int64) (full bool, err error) {
	err = f.disk.sync("syncing", f.name, func() (err error) {
		full, err = f.File.SyncTo(length)
		return err
	})
	return full, err
}

// Close implements vfs.File.
func (f *file) Close() error {
	if f.written == 0 {
		return f.File.Close()
	}
	return f.disk.sync("closing", f.name, f.File.Close)
}

// Preallocate implements vfs.File. It is of no use: the space a log was given in
// advance is missing elsewhere when the disk gets full.
func (f *file) Preallocate(int64, int64) error { return nil }
