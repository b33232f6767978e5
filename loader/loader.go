// Package loader turns a reference, as a pipeline names a component, into what
// it takes to make the component's factory: a built-in by its name, or a file
// by its path.
//
// Built-ins and the transports for files register themselves where they are
// imported: components/all does so for the built-ins, loader/goplugin for Go
// plugins. The package itself links neither.
package loader

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/gopiper/gopiper/component"
)

// NewFactory makes a component's factory from its attributes. It is what a
// component package and a Go plugin export under this name.
type NewFactory = func(attributes map[string]any) (component.Factory, error)

// Loaded is a component that was found.
type Loaded struct {
	// Name is the declared name; without a declaration the file's name without
	// its ending.
	Name string
	// Declaration is what the component says of itself; nil if it says
	// nothing. It must not be changed.
	Declaration *component.Declaration
	// New validates the attributes by the declaration, fills in defaults and
	// makes a factory. The attributes are the component's own, without those
	// of every stage; the map is not changed, and the component gets a copy.
	// Without a declaration they pass unchecked.
	//
	// New may be called any number of times, by one goroutine at a time. It
	// does not panic: a panic of the component becomes an error that tells
	// where it happened. Every line of an error begins with the name. What is
	// wrong with several attributes is told all at once, joined with
	// errors.Join.
	New NewFactory
}

// Load finds the component that the reference names. A reference that contains
// a path separator or ends in .so, .wasm or .lua is a file's path, relative to
// the working directory; anything else is the name of a built-in.
//
// It may be called from any goroutine. Loading a file runs the initialisation
// of what is in it, and what was loaded stays loaded. An error begins with the
// reference and says what to do.
func Load(reference string) (Loaded, error) { return registered.load(reference) }

// Names returns the names of the built-ins, sorted. It may be called from any
// goroutine.
func Names() []string { return registered.names() }

// Declarations returns the declarations of the built-ins, sorted by name. They
// must not be changed. It may be called from any goroutine.
func Declarations() []*component.Declaration { return registered.declarations() }

// fileEndings are the endings that make a reference a file, also without a
// path separator.
var fileEndings = []string{".so", ".wasm", ".lua"}

func isFile(reference string) bool {
	if strings.ContainsAny(reference, "/"+string(os.PathSeparator)) {
		return true
	}
	for _, ending := range fileEndings {
		if strings.HasSuffix(reference, ending) {
			return true
		}
	}
	return false
}

func (r *registry) load(reference string) (Loaded, error) {
	var loaded Loaded
	var err error
	switch {
	case reference == "":
		return Loaded{}, errors.New("no component is named; give a built-in's name or a file's path; " + listHint)
	case isFile(reference):
		loaded, err = r.loadFile(reference)
	default:
		loaded, err = r.loadBuiltin(reference)
	}
	if err != nil {
		return Loaded{}, fmt.Errorf("%s: %w", reference, err)
	}
	loaded.New = guard(loaded)
	return loaded, nil
}

const listHint = "`gopiper list` shows them"

func (r *registry) loadBuiltin(name string) (Loaded, error) {
	b, ok := r.builtin(name)
	if ok {
		return Loaded{Name: name, Declaration: &b.declaration, New: b.newFactory}, nil
	}
	names := r.names()
	switch nearest := component.Nearest(name, names); {
	case len(names) == 0:
		return Loaded{}, errors.New("no such component; this binary was built without any: import github.com/gopiper/gopiper/components/all")
	case nearest != "":
		return Loaded{}, fmt.Errorf("no such component; did you mean %q? (%s)", nearest, listHint)
	default:
		return Loaded{}, errors.New("no such component; " + listHint + "; a file's path ends in .so")
	}
}

func (r *registry) loadFile(path string) (Loaded, error) {
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return Loaded{}, missing(path)
	case err != nil:
		return Loaded{}, fmt.Errorf("cannot be read: %w", reason(err))
	case info.IsDir():
		return Loaded{}, errors.New("is a directory; name the component's file in it, which ends in .so")
	}
	ending := filepath.Ext(path)
	open, ok := r.transport(ending)
	if !ok {
		return Loaded{}, noTransport(ending)
	}
	var loaded Loaded
	if err := recovering("its initialisation", func() (err error) {
		loaded, err = open(path)
		return err
	}); err != nil {
		return Loaded{}, err
	}
	if loaded.Declaration != nil {
		if err := check(loaded.Declaration); err != nil {
			return Loaded{}, fmt.Errorf("its Declaration is invalid: %w", err)
		}
		loaded.Name = loaded.Declaration.Name
	}
	if loaded.Name == "" {
		loaded.Name = strings.TrimSuffix(filepath.Base(path), ending)
	}
	return loaded, nil
}

func noTransport(ending string) error {
	switch ending {
	case ".so":
		return errors.New("this binary was built without plugins; use a gopiper built with cgo, or in a program of your own import github.com/gopiper/gopiper/loader/goplugin")
	case ".wasm", ".lua":
		return fmt.Errorf("components in %s files are not supported by this version; use a Go plugin (.so) or a built-in (%s)", ending, listHint)
	case "":
		return errors.New("has no ending that tells what it is; a Go plugin ends in .so")
	default:
		return fmt.Errorf("no component: files that end in %s are not known; a Go plugin ends in .so", ending)
	}
}

// missing says where the file was looked for, and names one that is there and
// has a similar name.
func missing(path string) error {
	hint := "build it first"
	directory := filepath.Dir(path)
	if entries, err := os.ReadDir(directory); err == nil {
		var names []string
		for _, e := range entries {
			if filepath.Ext(e.Name()) == filepath.Ext(path) {
				names = append(names, e.Name())
			}
		}
		if n := component.Nearest(filepath.Base(path), names); n != "" {
			hint = fmt.Sprintf("did you mean %q?", filepath.Join(directory, n))
		}
	}
	if here, err := os.Getwd(); err == nil && !filepath.IsAbs(path) {
		return fmt.Errorf("no such file; %s (the path is relative to %s)", hint, here)
	}
	return errors.New("no such file; " + hint)
}

// reason takes the path out of an error, which names it already.
func reason(err error) error {
	var p *fs.PathError
	if errors.As(err, &p) {
		return p.Err
	}
	return err
}
