package store

import (
	"errors"
	"fmt"
	iofs "io/fs"
	"regexp"
	"syscall"
)

// describe says of an error of the disk where it was and what can be done.
func (d *disk) describe(doing, name string, err error) error {
	var wayOut string
	switch {
	case isFull(err) && doing == "syncing":
		wayOut = "the disk is full, and the system may have forgotten what it could not write: make space, then start again"
	case isFull(err):
		wayOut = "the disk is full: make space, then start again; what was not committed is lost, what was is safe"
	case errors.Is(err, syscall.EROFS):
		wayOut = "the file system may only be read: mount it for writing, or use another directory"
	case errors.Is(err, iofs.ErrPermission):
		wayOut = "gopiper may not write there: change the owner or the permissions of the directory and of all in it"
	case errors.Is(err, syscall.EMFILE), errors.Is(err, syscall.ENFILE):
		wayOut = "raise the limit of open files (ulimit -n), then start again"
	default:
		wayOut = "look into the system's log for errors of the disk; when it works again, start again: what was committed is recovered"
	}
	return fmt.Errorf("state directory %s: %s %s: %s; %s", d.dir, doing, name, reason(err), wayOut)
}

// fileName finds the file in an error of Pebble's.
var fileName = regexp.MustCompile(`\b(?:MANIFEST-\d+|OPTIONS-\d+|\d{6,}\.\w+)\b`)

var (
	tableNumber = regexp.MustCompile(`\b(?:table|file) (\d{6,})\b`)
	logNumber   = regexp.MustCompile(`\bwal (\d+)\b`)
)

// damaged says of an error that Pebble met by reading what can be done about it.
func (s *Store) damaged(err error) error {
	var locked *inUse
	if errors.As(err, &locked) {
		return fmt.Errorf("state directory %s: %w", s.dir, locked)
	}
	var number syscall.Errno
	if errors.As(err, &number) && !errors.Is(err, iofs.ErrNotExist) {
		return s.disk.describe("reading", s.suspect(err), err)
	}
	return fmt.Errorf("state directory %s is damaged: %s: %w; restore the directory from a copy, or move it away (mv %s %s.damaged) "+
		"to begin anew without what it holds: messages in buffers and in quarantine, positions of sources, state",
		s.dir, s.suspect(err), err, s.dir, s.dir)
}

// suspect names the file that an error is about.
func (s *Store) suspect(err error) string {
	text := err.Error()
	var where *damage
	var path *iofs.PathError
	switch {
	case errors.As(err, &where):
		return where.file
	case errors.As(err, &path):
		return path.Path
	}
	if corrupted := s.corrupted.Load(); corrupted != nil {
		return *corrupted
	}
	database := s.dir + "/" + databaseName
	if name := fileName.FindString(text); name != "" {
		return database + "/" + name
	}
	if found := tableNumber.FindStringSubmatch(text); found != nil {
		return database + "/" + found[1] + ".sst"
	}
	if found := logNumber.FindStringSubmatch(text); found != nil {
		return fmt.Sprintf("%s/%06s.log", database, found[1])
	}
	s.disk.mu.Lock()
	defer s.disk.mu.Unlock()
	if s.db == nil && s.disk.opened != "" {
		return s.disk.opened // Pebble reads one file after the other when it opens
	}
	return database
}
