package file

import (
	"os"
	"syscall"
)

// born is when the file was created, in nanoseconds since the Unix epoch, or 0
// where the file system does not know.
func born(file *os.File) int64 {
	info, err := file.Stat()
	if err != nil {
		return 0
	}
	s, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return 0
	}
	return s.Birthtimespec.Nano()
}
