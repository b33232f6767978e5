//go:build cgo && (linux || darwin || freebsd)

package goplugin

import (
	"errors"
	"fmt"
	"path/filepath"
	"plugin"
	"strings"
	"sync"

	"github.com/gopiper/gopiper/loader"
)

// opened is a plugin that the runtime has been asked to open. It can be asked
// once for every file: after a panic in an init function it would wait for ever.
type opened struct {
	file   *file
	path   string // as it was first given
	active bool   // it is part of the process, even if it is of no use
	loaded loader.Loaded
	err    error
}

var (
	mu     sync.Mutex
	byPath = make(map[string]*opened) // by real path
	// parties are the program and the plugins that were loaded.
	parties []party
)

// open is the transport for .so files.
func open(path string) (loader.Loaded, error) {
	real, err := realPath(path)
	if err != nil {
		return loader.Loaded{}, err
	}
	mu.Lock()
	defer mu.Unlock()
	f, err := readFile(real)
	if o := byPath[real]; o != nil {
		if err == nil && f.id != o.file.id {
			return loader.Loaded{}, errors.New("has been built again since this process loaded it; a Go plugin cannot be replaced in a running process: start gopiper again")
		}
		return o.loaded, o.err
	}
	if err != nil {
		return loader.Loaded{}, err
	}
	if len(parties) == 0 {
		parties = append(parties, party{name: "gopiper", build: running(), hashes: ownHashes()})
	}
	if err := compare(parties, f); err != nil {
		return loader.Loaded{}, err
	}
	for _, o := range byPath {
		// The go command calls a plugin made of a list of files so; the
		// linker tells those apart by what is in them.
		const list = "command-line-arguments"
		if o.active && o.file.build.Path == f.build.Path && f.build.Path != list {
			return loader.Loaded{}, alreadyLoaded(o.path)
		}
	}
	o := &opened{file: f, path: path, active: true, err: errors.New("its initialisation panicked before; start gopiper again once it is mended")}
	byPath[real] = o
	p, err := plugin.Open(real) // runs its init functions
	if err != nil {
		o.active, o.err = false, openError(real, err, f)
		return o.loaded, o.err
	}
	parties = append(parties, party{name: path, build: f.build, hashes: f.hashes})
	o.loaded, o.err = exports(func(name string) (any, bool) {
		symbol, err := p.Lookup(name)
		return symbol, err == nil
	})
	return o.loaded, o.err
}

// openError explains what the runtime or the dynamic linker says.
func openError(real string, err error, f *file) error {
	text := strings.TrimPrefix(err.Error(), fmt.Sprintf("plugin.Open(%q): ", strings.TrimSuffix(real, ".so")))
	text = strings.TrimPrefix(text, fmt.Sprintf("plugin.Open(%q): ", real))
	if _, name, found := strings.Cut(text, "built with a different version of package "); found {
		return differentPackages(parties[0].build, parties[0], f.build, []string{name})
	}
	if strings.HasSuffix(text, "plugin already loaded") {
		return alreadyLoaded("another file")
	}
	return fmt.Errorf("cannot be opened: %s; build it on this machine, or on one with the same C library", text)
}

func alreadyLoaded(from string) error {
	return fmt.Errorf("is the same plugin as %s, which this process has loaded: a copy or another build of it; name one file in all stages", from)
}

// realPath is the path by which the runtime tells plugins apart.
func realPath(path string) (string, error) {
	absolute, err := filepath.Abs(path)
	if err == nil {
		absolute, err = filepath.EvalSymlinks(absolute)
	}
	if err != nil {
		return "", fmt.Errorf("cannot be read: %w", err)
	}
	return absolute, nil
}
