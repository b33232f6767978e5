package store

import (
	"errors"
	"fmt"
	"time"

	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/bloom"
	"github.com/cockroachdb/pebble/v2/vfs"
)

const (
	// largestMemTable is how large Pebble's tables in memory get; there are two at
	// most. What is deleted while it is in memory is never written to a table, and
	// much of what a buffer holds is. They begin small, and grow with the work.
	largestMemTable = 64 << 20

	// smallestMemTable is how large they get on the smallest disks. The log holds
	// what is in them, deleted or not, and must fit several times.
	smallestMemTable = 256 << 10

	// blockCache is what blocks of tables may take in memory when the tables in
	// memory have their full size: Pebble takes their room from the cache.
	blockCache = 16 << 20
)

// memTableFor is how large tables in memory may get for a disk.
func memTableFor(usage vfs.DiskUsage, err error) uint64 {
	if err != nil {
		return largestMemTable
	}
	return min(max(usage.TotalBytes/32, smallestMemTable), largestMemTable)
}

// pebbleOptions is how Pebble is to be run: for large values that are packed
// already and soon deleted, beside small keys that stay.
func (s *Store) pebbleOptions() *pebble.Options {
	memTable := s.memTable
	options := &pebble.Options{
		FS:                          s.disk,
		FormatMajorVersion:          pebble.FormatNewest,
		ReadOnly:                    s.readOnly,
		Logger:                      pebbleLog{s},
		MemTableSize:                memTable,
		MemTableStopWritesThreshold: 2,
		CacheSize:                   int64(2*memTable) + blockCache,
		MaxOpenFiles:                256,
		MaxManifestFileSize:         4 << 20,
	}
	options.EventListener = &pebble.EventListener{
		BackgroundError: s.backgroundError,
		DataCorruption:  func(info pebble.DataCorruptionInfo) { s.corrupted.Store(&info.Path) },
	}
	options.ApplyCompressionSettings(func() pebble.DBCompressionSettings { return pebble.DBCompressionNone })
	for i := range options.Levels {
		options.Levels[i].FilterPolicy = bloom.FilterPolicy(10)
	}
	return options
}

// backgroundError takes what Pebble met when nobody had asked it for anything. It
// will try again at once, and for ever; the pause keeps what is left of it from
// doing nothing else. It may hold its lock meanwhile, which readers may wait for.
func (s *Store) backgroundError(err error) {
	if errors.Is(err, pebble.ErrCancelledCompaction) {
		return
	}
	s.disk.dead.Store(true)
	s.fail(s.damaged(err))
	time.Sleep(time.Second)
}

// pebbleLog takes what Pebble logs.
type pebbleLog struct{ store *Store }

// Infof implements pebble.Logger: Pebble tells of every file.
func (l pebbleLog) Infof(string, ...any) {}

// Errorf implements pebble.Logger.
func (l pebbleLog) Errorf(format string, arguments ...any) {
	l.store.log.Debug("pebble: " + fmt.Sprintf(format, arguments...))
}

// Fatalf implements pebble.Logger. It must not return, and the goroutine must not be
// unwound: Pebble's locks may be in any state.
func (l pebbleLog) Fatalf(format string, arguments ...any) {
	l.store.backgroundError(fmt.Errorf(format, arguments...))
	select {}
}
