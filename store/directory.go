package store

import (
	"errors"
	"fmt"
	"io"
	iofs "io/fs"
	"regexp"
	"slices"
	"strconv"

	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/vfs"
)

// A state directory holds FORMAT, a line that says how the rest is to be read, and
// the database. FORMAT is written when the database is there: without it nothing
// was ever committed.
const (
	format       = 1
	formatName   = "FORMAT"
	databaseName = "db"
)

var formatLine = regexp.MustCompile(`^gopiper state directory, format ([0-9]{1,9})\n$`)

// open opens the directory. It does not wait for a goroutine that a failed disk
// holds.
func (s *Store) open() error {
	s.disk.opening.Store(true)
	opened := make(chan error, 1)
	go func() { opened <- s.openDirectory() }()
	var err error
	select {
	case err = <-opened:
	case <-s.failed:
	}
	if failed := s.Err(); failed != nil {
		err = failed
	}
	s.disk.opening.Store(false)
	if err != nil {
		s.disk.dead.Store(true)
		_ = s.disk.unlock()
	}
	return err
}

func (s *Store) openDirectory() (err error) {
	defer func() {
		if reason := recover(); reason != nil {
			err = s.damaged(fmt.Errorf("%v", reason))
		}
	}()
	fresh, err := s.inspect()
	if err != nil {
		return err
	}
	if s.memTable == 0 {
		s.memTable = memTableFor(s.disk.FS.GetDiskUsage(s.dir))
	}
	options := s.pebbleOptions()
	// A database whose files were taken away must not begin anew.
	options.ErrorIfNotExists = !fresh
	options.ErrorIfNotPristine = fresh
	s.db, err = pebble.Open(s.path(databaseName), options)
	switch {
	case errors.Is(err, pebble.ErrDBNotPristine) && fresh:
		return s.damaged(missing(s.path(formatName)))
	case errors.Is(err, pebble.ErrDBNotPristine):
		return s.damaged(missing(s.path(databaseName + "/marker.format-version.*")))
	case errors.Is(err, pebble.ErrDBDoesNotExist):
		return s.damaged(missing(s.path(databaseName + "/marker.manifest.*")))
	case err != nil:
		return s.damaged(err)
	case fresh:
		return s.writeFormat()
	}
	return nil
}

func (s *Store) path(name string) string { return s.disk.FS.PathJoin(s.dir, name) }

// inspect looks at the directory before anything in it is touched, and creates it.
// fresh is whether nothing was ever kept in it.
func (s *Store) inspect() (fresh bool, err error) {
	info, err := s.disk.FS.Stat(s.dir)
	switch {
	case errors.Is(err, iofs.ErrNotExist) && s.readOnly:
		return false, fmt.Errorf("there is no state directory %s; name the one that gopiper run --state was given", s.dir)
	case errors.Is(err, iofs.ErrNotExist):
		return true, s.create()
	case err != nil:
		return false, s.disk.describe("looking at", s.dir, err)
	case !info.IsDir():
		return false, fmt.Errorf("%s is a file, and no state directory; name a directory", s.dir)
	}
	names, err := s.disk.FS.List(s.dir)
	if err != nil {
		return false, s.disk.describe("reading", s.dir, err)
	}
	if slices.Contains(names, formatName) {
		if err := s.readFormat(); err != nil {
			return false, err
		}
		if !slices.Contains(names, databaseName) {
			return false, s.damaged(missing(s.path(databaseName)))
		}
		return false, nil
	}
	ours := []string{databaseName, formatName + ".tmp", "lost+found"}
	for _, name := range names {
		if !slices.Contains(ours, name) {
			return false, fmt.Errorf("%s is no state directory: it is not empty (there is %s), and has no file %s; name another directory, or an empty one",
				s.dir, name, formatName)
		}
	}
	if s.readOnly {
		return false, fmt.Errorf("state directory %s is empty; name the one that gopiper run --state was given", s.dir)
	}
	return true, nil
}

// create makes the directory, but not those above it: a name with a mistake in it
// would become a directory that nobody looks at.
func (s *Store) create() error {
	parent := s.disk.FS.PathDir(s.dir)
	info, err := s.disk.FS.Stat(parent)
	switch {
	case errors.Is(err, iofs.ErrNotExist):
		return fmt.Errorf("state directory %s cannot be created: there is no directory %s; create that (mkdir -p %s), or name another",
			s.dir, parent, parent)
	case err != nil:
		return s.disk.describe("looking at", parent, err)
	case !info.IsDir():
		return fmt.Errorf("state directory %s cannot be created: %s is a file; name another directory", s.dir, parent)
	}
	if err := s.disk.MkdirAll(s.dir, 0o700); err != nil {
		return s.disk.describe("creating", s.dir, err)
	}
	return s.disk.syncDirectory(parent)
}

func (s *Store) readFormat() error {
	name := s.path(formatName)
	f, err := s.disk.FS.Open(name)
	if err != nil {
		return s.disk.describe("reading", name, err)
	}
	defer f.Close()
	content, err := io.ReadAll(io.LimitReader(f, 1<<10))
	if err != nil {
		return s.disk.describe("reading", name, err)
	}
	line := formatLine.FindSubmatch(content)
	if line == nil {
		return s.damaged(&damage{name, "it does not say which format the directory has"})
	}
	if version, _ := strconv.Atoi(string(line[1])); version != format {
		return fmt.Errorf("state directory %s has format %d, says %s, and this gopiper knows format %d; use the gopiper that wrote it, or another directory",
			s.dir, version, name, format)
	}
	return nil
}

// writeFormat writes FORMAT: all of it, or nothing.
func (s *Store) writeFormat() error {
	name, temporary := s.path(formatName), s.path(formatName+".tmp")
	f, err := s.disk.Create(temporary, vfs.WriteCategoryUnspecified)
	if err != nil {
		return s.disk.describe("creating", temporary, err)
	}
	_, err = fmt.Fprintf(f, "gopiper state directory, format %d\n", format)
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return s.disk.describe("writing", temporary, err)
	}
	if err := s.disk.Rename(temporary, name); err != nil {
		return s.disk.describe("renaming", temporary, err)
	}
	return s.disk.syncDirectory(s.dir)
}
