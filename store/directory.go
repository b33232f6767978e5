package store

import (
	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/vfs"
)

// open opens the database in the directory.
func (s *Store) open(fs vfs.FS) error {
	db, err := pebble.Open(fs.PathJoin(s.dir, "db"), &pebble.Options{
		FS:                 fs,
		FormatMajorVersion: pebble.FormatNewest,
		MemTableSize:       32 << 20,
		CacheSize:          8 << 20,
		ReadOnly:           s.readOnly,
		Logger:             pebbleLog{s.log},
	})
	if err != nil {
		return s.damaged("opening", err)
	}
	s.db = db
	return nil
}
