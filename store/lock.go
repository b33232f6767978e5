package store

import (
	"errors"
	"fmt"
	"io"
	iofs "io/fs"
	"syscall"

	"github.com/cockroachdb/pebble/v2/vfs"
)

// inUse says that somebody holds the lock of a store.
type inUse struct{ pid int } // 0 is unknown, -1 this process

func (u *inUse) Error() string {
	switch {
	case u.pid < 0:
		return "it is in use by this process already; a directory serves one store at a time"
	case u.pid > 0:
		return fmt.Sprintf("it is in use by process %d; end that, or use another directory", u.pid)
	}
	return "it is in use by another process; end that, or use another directory"
}

type noLock struct{}

func (noLock) Close() error { return nil }

// lockFile takes a lock. Where nothing may be written, a reader goes on without one
// if nobody holds it.
func lockFile(fs vfs.FS, name string, readOnly bool) (io.Closer, error) {
	lock, err := fs.Lock(name)
	var number syscall.Errno
	switch {
	case err == nil:
		return lock, nil
	case errors.Is(err, syscall.EAGAIN) || errors.Is(err, syscall.EACCES) && holder(name) != 0:
		return nil, &inUse{holder(name)}
	case readOnly && (errors.Is(err, iofs.ErrPermission) || errors.Is(err, syscall.EROFS)):
		return noLock{}, nil
	case !errors.As(err, &number): // no system call failed
		return nil, &inUse{-1}
	}
	return nil, err
}
