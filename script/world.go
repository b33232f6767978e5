package script

import (
	"fmt"
	"io"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"

	lua "github.com/yuin/gopher-lua"
)

// fileMax bounds what gopiper.read_file reads, in bytes.
const fileMax = stringMax

// world is all that a script sees of its surroundings while it describes. It is
// frozen: what was looked up once is the same in every evaluation, so that
// every evaluation describes the same plan. All Lua states of a script share
// one; its methods may be called from many goroutines.
type world struct {
	directory   string // what relative paths are relative to; "" is the process's
	modules     string // where modules lie
	environment func(string) (string, bool)
	now         time.Time
	seed        [2]uint64

	mutex     sync.Mutex
	variables map[string]variable
	read      map[string]found[string]
	globbed   map[string]found[[]string]
	loaded    map[string]found[*chunk]
	names     []string // of the chunks
}

type variable struct {
	value string
	set   bool
}

// found is the result of a look-up, or why there is none.
type found[T any] struct {
	value T
	err   error
}

func newWorld(options Options, modules string) *world {
	return &world{
		directory:   options.Directory,
		modules:     modules,
		environment: options.Environment,
		now:         time.Now(),
		seed:        [2]uint64{rand.Uint64(), rand.Uint64()},
		variables:   make(map[string]variable),
		read:        make(map[string]found[string]),
		globbed:     make(map[string]found[[]string]),
		loaded:      make(map[string]found[*chunk]),
	}
}

// once looks something up the first time it is asked for.
func once[T any](w *world, memory map[string]found[T], name string, look func() (T, error)) (T, error) {
	w.mutex.Lock()
	defer w.mutex.Unlock()
	f, ok := memory[name]
	if !ok {
		f.value, f.err = look()
		memory[name] = f
	}
	return f.value, f.err
}

// variable returns an environment variable.
func (w *world) variable(name string) (string, bool) {
	w.mutex.Lock()
	defer w.mutex.Unlock()
	v, ok := w.variables[name]
	if !ok {
		v.value, v.set = w.environment(name)
		w.variables[name] = v
	}
	return v.value, v.set
}

func (w *world) path(name string) string {
	if w.directory == "" || filepath.IsAbs(name) {
		return name
	}
	return filepath.Join(w.directory, name)
}

// readFile returns the contents of a file.
func (w *world) readFile(name string) (string, error) {
	return once(w, w.read, name, func() (string, error) {
		info, err := os.Stat(w.path(name))
		if err != nil {
			return "", fmt.Errorf("cannot read %q: %w", name, reason(err))
		}
		if !info.Mode().IsRegular() { // opening a pipe would wait for its writer
			return "", fmt.Errorf("cannot read %q: it is no regular file", name)
		}
		file, err := os.Open(w.path(name))
		if err != nil {
			return "", fmt.Errorf("cannot read %q: %w", name, reason(err))
		}
		defer file.Close()
		data, err := io.ReadAll(io.LimitReader(file, fileMax+1))
		if err != nil {
			return "", fmt.Errorf("cannot read %q: %w", name, reason(err))
		}
		if len(data) > fileMax {
			return "", fmt.Errorf("cannot read %q: it is larger than %d MiB", name, fileMax>>20)
		}
		return string(data), nil
	})
}

// glob returns the names that match the pattern, sorted, relative if the
// pattern is.
func (w *world) glob(pattern string) ([]string, error) {
	return once(w, w.globbed, pattern, func() ([]string, error) {
		paths, err := filepath.Glob(w.path(pattern))
		if err != nil {
			return nil, fmt.Errorf("%q is no pattern: %w", pattern, err)
		}
		if !filepath.IsAbs(pattern) && w.directory != "" {
			for i, path := range paths {
				if relative, err := filepath.Rel(w.directory, path); err == nil {
					paths[i] = relative
				}
			}
		}
		slices.Sort(paths)
		return paths, nil
	})
}

// add compiles the script itself.
func (w *world) add(name string, source []byte) (*chunk, error) {
	return once(w, w.loaded, name, func() (*chunk, error) { return w.compile(name, source) })
}

// compile is called with the mutex held.
func (w *world) compile(name string, source []byte) (*chunk, error) {
	w.names = append(w.names, name)
	slices.SortFunc(w.names, func(a, b string) int { return len(b) - len(a) }) // a name may begin another
	c, err := compileChunk(name, source)
	if err != nil {
		return nil, err
	}
	return c, nil
}

// files returns the names of the script and of its modules, the longest first.
func (w *world) files() []string {
	w.mutex.Lock()
	defer w.mutex.Unlock()
	return slices.Clone(w.names)
}

// sources returns the sources of the script and of its modules by their names.
func (w *world) sources() map[string][]byte {
	w.mutex.Lock()
	defer w.mutex.Unlock()
	all := make(map[string][]byte)
	for _, f := range w.loaded {
		if f.value != nil {
			all[f.value.name] = f.value.source
		}
	}
	return all
}

// proto returns the code of a script or module; nil if there is none of that name.
func (w *world) proto(file string) *lua.FunctionProto {
	w.mutex.Lock()
	defer w.mutex.Unlock()
	for _, f := range w.loaded {
		if f.value != nil && f.value.name == file {
			return f.value.proto
		}
	}
	return nil
}

// function returns the name of a function; "" if it has none.
func (w *world) function(file string, at lines) string {
	w.mutex.Lock()
	defer w.mutex.Unlock()
	for _, f := range w.loaded {
		if f.value != nil && f.value.name == file {
			return f.value.functions[at]
		}
	}
	return ""
}

// reason leaves out the path, which the message names already.
func reason(err error) error {
	if e, ok := err.(*fs.PathError); ok {
		return e.Err
	}
	return err
}
