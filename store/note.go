package store

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	iofs "io/fs"

	"github.com/cockroachdb/pebble/v2/vfs"
)

// A name's mark lies in a file of its own, which is written in place, in one sector:
// checksum (4 bytes), length (2 bytes), mark.
const (
	notePrefix = "MARK."
	noteSize   = 512
	noteHead   = 6
)

// NoteMax is how many bytes a mark has at most.
const NoteMax = noteSize - noteHead

// Mark keeps a short mark, up to [NoteMax] bytes, under a name, which must do for a
// file's: in place of the one before. It is there after the process has died, but
// need not be after a loss of power: it costs some system calls and no sync.
func (s *Store) Mark(name string, mark []byte) error {
	if s.readOnly {
		return errors.New("the store was opened to be read only")
	}
	if len(mark) > NoteMax {
		return fmt.Errorf("a mark of %d bytes is too long; %d are allowed", len(mark), NoteMax)
	}
	var sector [noteSize]byte
	binary.LittleEndian.PutUint16(sector[4:], uint16(len(mark)))
	copy(sector[noteHead:], mark)
	binary.LittleEndian.PutUint32(sector[:], crc32.Checksum(sector[4:], castagnoli))
	file, err := s.disk.FS.OpenReadWrite(s.path(notePrefix+name), vfs.WriteCategoryUnspecified)
	if err != nil {
		return err
	}
	_, err = file.WriteAt(sector[:], 0)
	return errors.Join(err, file.Close())
}

// Marked returns the mark that a name has, nil if it has none. One that is damaged
// counts as none.
func (s *Store) Marked(name string) ([]byte, error) {
	file, err := s.disk.FS.Open(s.path(notePrefix + name))
	if errors.Is(err, iofs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var sector [noteSize]byte
	n, err := file.ReadAt(sector[:], 0)
	if errors.Is(err, io.EOF) {
		err = nil
	}
	if err := errors.Join(err, file.Close()); err != nil {
		return nil, err
	}
	length := int(binary.LittleEndian.Uint16(sector[4:]))
	if n != noteSize || length > NoteMax || binary.LittleEndian.Uint32(sector[:]) != crc32.Checksum(sector[4:], castagnoli) {
		return nil, nil
	}
	return sector[noteHead : noteHead+length], nil
}
