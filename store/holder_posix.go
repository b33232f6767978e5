//go:build linux || darwin

package store

import (
	"io"
	"os"
	"syscall"
)

// holder is the process that holds the lock on a file, 0 if nobody does or it
// cannot be known. It must not be called in the process that holds the lock: the
// lock would be gone with the file that is closed here.
func holder(name string) int {
	f, err := os.Open(name)
	if err != nil {
		return 0
	}
	defer f.Close()
	lock := syscall.Flock_t{Type: syscall.F_RDLCK, Whence: io.SeekStart}
	if err := syscall.FcntlFlock(f.Fd(), syscall.F_GETLK, &lock); err != nil || lock.Type == syscall.F_UNLCK {
		return 0
	}
	return int(lock.Pid)
}
