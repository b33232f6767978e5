package control

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"syscall"
)

// socketName is the socket's name in the state directory, newName that of one
// that is not ready yet.
const (
	socketName = "socket"
	newName    = "socket.new"
)

// pathMax is how long the path of a socket may be, in bytes.
const pathMax = len(syscall.RawSockaddrUnix{}.Path) - 1

// ErrNotRunning: no process has the state directory open and serves its socket.
var ErrNotRunning = errors.New("no process serves the socket of the state directory")

// within calls use with a path of the directory by which the sockets in it can be
// named: a long one is named by a descriptor, where the system can do that.
func within(dir string, use func(dir string) error) error {
	if len(filepath.Join(dir, newName)) <= pathMax {
		return use(dir)
	}
	if runtime.GOOS != "linux" {
		return fmt.Errorf("%s: its path is too long for a socket: with the socket's name it has %d bytes, and may have %d; use a directory with a shorter path",
			dir, len(filepath.Join(dir, newName)), pathMax)
	}
	opened, err := os.Open(dir)
	if err != nil {
		return err
	}
	defer opened.Close()
	return use(fmt.Sprintf("/proc/self/fd/%d", opened.Fd()))
}

// listen makes the socket, for this user only. It takes the place of one that a
// process has left behind that was killed: the caller has the store's lock, so
// nobody serves it.
func listen(dir string) (net.Listener, error) {
	var listener net.Listener
	err := within(dir, func(short string) error {
		if err := os.Remove(filepath.Join(dir, newName)); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
		config := net.ListenConfig{Control: func(_, _ string, raw syscall.RawConn) error {
			// On Linux the file is made with these rights; elsewhere it gets them
			// below, before it has its name.
			return raw.Control(func(fd uintptr) { _ = syscall.Fchmod(int(fd), 0o600) })
		}}
		made, err := config.Listen(context.Background(), "unix", filepath.Join(short, newName))
		if err != nil {
			return err
		}
		made.(*net.UnixListener).SetUnlinkOnClose(false) // it has another name then
		if err = os.Chmod(filepath.Join(dir, newName), 0o600); err == nil {
			err = os.Rename(filepath.Join(dir, newName), filepath.Join(dir, socketName))
		}
		if err != nil {
			made.Close()
			return err
		}
		listener = made
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("%s: %w", filepath.Join(dir, socketName), bare(err))
	}
	return listener, nil
}

// dialError is why the socket cannot be connected to.
type dialError struct{ error }

// dial connects to the socket. The error is ErrNotRunning or a dialError.
func dial(ctx context.Context, dir string) (net.Conn, error) {
	var conn net.Conn
	err := within(dir, func(short string) (err error) {
		conn, err = (&net.Dialer{}).DialContext(ctx, "unix", filepath.Join(short, socketName))
		return err
	})
	switch {
	case err == nil:
		return conn, nil
	case errors.Is(err, fs.ErrNotExist), errors.Is(err, syscall.ECONNREFUSED):
		return nil, ErrNotRunning
	case errors.Is(err, fs.ErrPermission):
		return nil, dialError{fmt.Errorf("%s: permission denied; it is for the user that runs the pipelines", filepath.Join(dir, socketName))}
	}
	return nil, dialError{fmt.Errorf("%s: %w", filepath.Join(dir, socketName), bare(err))}
}

// bare leaves out of an error what its reader knows already.
func bare(err error) error {
	var number syscall.Errno
	if errors.As(err, &number) {
		return number
	}
	return err
}
