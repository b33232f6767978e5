//go:build !((linux || darwin) && (amd64 || arm64))

package luajit

import (
	"errors"
	"runtime"
)

func dlopen(string) (uintptr, error) {
	return 0, errors.New("it is not supported on " + runtime.GOOS + "/" + runtime.GOARCH)
}

func dlsym(uintptr, string) (uintptr, error) { return 0, errors.ErrUnsupported }

//go:uintptrescapes
func native(uintptr, ...uintptr) uintptr { return 0 }

func newCallback() uintptr { return 0 }
