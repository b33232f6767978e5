package file

import (
	"os"

	"golang.org/x/sys/unix"
)

// born is when the file was created, in nanoseconds since the Unix epoch, or 0
// where the file system does not know.
func born(file *os.File) (birth int64) {
	control(file, func(fd int) {
		var s unix.Statx_t
		if unix.Statx(fd, "", unix.AT_EMPTY_PATH, unix.STATX_BTIME, &s) == nil && s.Mask&unix.STATX_BTIME != 0 {
			birth = s.Btime.Sec*1e9 + int64(s.Btime.Nsec)
		}
	})
	return birth
}

// control calls f with the file's descriptor, and leaves it as it is.
func control(file *os.File, f func(fd int)) {
	if c, err := file.SyscallConn(); err == nil {
		_ = c.Control(func(fd uintptr) { f(int(fd)) })
	}
}
