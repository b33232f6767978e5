//go:build !(cgo && (linux || darwin || freebsd))

package goplugin

import (
	"errors"

	"github.com/gopiper/gopiper/loader"
)

func open(string) (loader.Loaded, error) {
	return loader.Loaded{}, errors.New("Go plugins need a gopiper built with cgo, on Linux, macOS or FreeBSD; use a built-in (`gopiper list` shows them)")
}
