package file

import (
	"os"

	"github.com/gopiper/gopiper/component"
)

// Born is when a file was created, 0 if nobody knows.
var Born = born

// Remembers tells whether the positions are enough to find a file again when it
// is renamed.
func Remembers(positions map[string][]byte, path string) bool {
	file, err := os.Open(path)
	if err != nil {
		return false
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		return false
	}
	p, err := decodePosition(positions[identify(info).partition()])
	return err == nil && p.birth == born(file)
}

// Disk replaces how a sink's file is written and synced.
func Disk(f component.Factory, write func(*os.File, []byte) (int, error), sync func(*os.File) error) {
	t := f.(*factory).target
	t.writeFile, t.syncFile = write, sync
}

// Kill does to a sink what the end of its process would: the file is closed, and
// nobody is told.
func Kill(f component.Factory) {
	_ = f.(*factory).target.finish()
}
