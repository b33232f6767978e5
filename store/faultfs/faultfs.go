// Package faultfs is a file system that says what is about to be done to it, and lets
// it be refused: for tests of what is left when a disk fails.
package faultfs

import (
	"os"
	"sync"

	"github.com/cockroachdb/pebble/v2/vfs"
)

// Op is something that is done to a file system.
type Op struct {
	// Kind is create, write, sync, rename, remove, mkdir, open or link; or read, which
	// changes nothing.
	Kind string
	Name string // of the file or directory
}

// Watched is a file system that says what is about to be done to it, and lets it be
// refused. It is safe for use from many goroutines if what is below is.
type Watched struct {
	vfs.FS

	mu     sync.Mutex
	before func(Op) error
}

// Watch returns a file system on another one. It calls before before everything that
// is done, from the goroutine that does it; if that returns an error, nothing is done
// and the error is the outcome. A [Partial] lets a write do some of it first.
func Watch(fs vfs.FS, before func(Op) error) *Watched { return &Watched{FS: fs, before: before} }

// Partial is the outcome of a write that writes half of its bytes, and then fails.
type Partial struct{ Err error }

// Error implements error.
func (p Partial) Error() string { return p.Err.Error() }

// Unwrap returns what the system has said.
func (p Partial) Unwrap() error { return p.Err }

// Set replaces what is called; nil is nothing.
func (w *Watched) Set(before func(Op) error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.before = before
}

func (w *Watched) tell(kind, name string) error {
	w.mu.Lock()
	before := w.before
	w.mu.Unlock()
	if before == nil {
		return nil
	}
	return before(Op{kind, name})
}

func (w *Watched) file(f vfs.File, err error, name string) (vfs.File, error) {
	if err != nil {
		return nil, err
	}
	return &watchedFile{File: f, fs: w, name: name}, nil
}

// Create implements vfs.FS.
func (w *Watched) Create(name string, category vfs.DiskWriteCategory) (vfs.File, error) {
	if err := w.tell("create", name); err != nil {
		return nil, err
	}
	f, err := w.FS.Create(name, category)
	return w.file(f, err, name)
}

// OpenReadWrite implements vfs.FS.
func (w *Watched) OpenReadWrite(name string, category vfs.DiskWriteCategory, options ...vfs.OpenOption) (vfs.File, error) {
	if err := w.tell("open", name); err != nil {
		return nil, err
	}
	f, err := w.FS.OpenReadWrite(name, category, options...)
	return w.file(f, err, name)
}

// ReuseForWrite implements vfs.FS.
func (w *Watched) ReuseForWrite(oldname, newname string, category vfs.DiskWriteCategory) (vfs.File, error) {
	if err := w.tell("rename", oldname); err != nil {
		return nil, err
	}
	f, err := w.FS.ReuseForWrite(oldname, newname, category)
	return w.file(f, err, newname)
}

// Open implements vfs.FS.
func (w *Watched) Open(name string, options ...vfs.OpenOption) (vfs.File, error) {
	if err := w.tell("read", name); err != nil {
		return nil, err
	}
	f, err := w.FS.Open(name, options...)
	return w.file(f, err, name)
}

// List implements vfs.FS.
func (w *Watched) List(name string) ([]string, error) {
	if err := w.tell("read", name); err != nil {
		return nil, err
	}
	return w.FS.List(name)
}

// Stat implements vfs.FS.
func (w *Watched) Stat(name string) (vfs.FileInfo, error) {
	if err := w.tell("read", name); err != nil {
		return nil, err
	}
	return w.FS.Stat(name)
}

// OpenDir implements vfs.FS.
func (w *Watched) OpenDir(name string) (vfs.File, error) {
	if err := w.tell("read", name); err != nil {
		return nil, err
	}
	f, err := w.FS.OpenDir(name)
	return w.file(f, err, name)
}

// Link implements vfs.FS.
func (w *Watched) Link(oldname, newname string) error {
	if err := w.tell("link", newname); err != nil {
		return err
	}
	return w.FS.Link(oldname, newname)
}

// Remove implements vfs.FS.
func (w *Watched) Remove(name string) error {
	if err := w.tell("remove", name); err != nil {
		return err
	}
	return w.FS.Remove(name)
}

// RemoveAll implements vfs.FS.
func (w *Watched) RemoveAll(name string) error {
	if err := w.tell("remove", name); err != nil {
		return err
	}
	return w.FS.RemoveAll(name)
}

// Rename implements vfs.FS.
func (w *Watched) Rename(oldname, newname string) error {
	if err := w.tell("rename", newname); err != nil {
		return err
	}
	return w.FS.Rename(oldname, newname)
}

// MkdirAll implements vfs.FS.
func (w *Watched) MkdirAll(name string, mode os.FileMode) error {
	if err := w.tell("mkdir", name); err != nil {
		return err
	}
	return w.FS.MkdirAll(name, mode)
}

// Unwrap implements vfs.FS.
func (w *Watched) Unwrap() vfs.FS { return w.FS }

type watchedFile struct {
	vfs.File
	fs   *Watched
	name string
}

// Read implements vfs.File.
func (f *watchedFile) Read(p []byte) (int, error) {
	if err := f.fs.tell("read", f.name); err != nil {
		return 0, err
	}
	return f.File.Read(p)
}

// ReadAt implements vfs.File.
func (f *watchedFile) ReadAt(p []byte, offset int64) (int, error) {
	if err := f.fs.tell("read", f.name); err != nil {
		return 0, err
	}
	return f.File.ReadAt(p, offset)
}

// Write implements vfs.File.
func (f *watchedFile) Write(p []byte) (int, error) {
	err := f.fs.tell("write", f.name)
	if partial, ok := err.(Partial); ok {
		n, err := f.File.Write(p[:len(p)/2])
		if err == nil {
			err = partial.Err
		}
		return n, err
	}
	if err != nil {
		return 0, err
	}
	return f.File.Write(p)
}

// WriteAt implements vfs.File.
func (f *watchedFile) WriteAt(p []byte, offset int64) (int, error) {
	if err := f.fs.tell("write", f.name); err != nil {
		return 0, err
	}
	return f.File.WriteAt(p, offset)
}

// Sync implements vfs.File.
func (f *watchedFile) Sync() error {
	if err := f.fs.tell("sync", f.name); err != nil {
		return err
	}
	return f.File.Sync()
}

// SyncData implements vfs.File.
func (f *watchedFile) SyncData() error {
	if err := f.fs.tell("sync", f.name); err != nil {
		return err
	}
	return f.File.SyncData()
}
