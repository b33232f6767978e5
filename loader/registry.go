package loader

import (
	"fmt"
	"maps"
	"slices"
	"sync"

	"github.com/gopiper/gopiper/component"
)

// Register makes a component a built-in under its declared name. It is to be
// called while the program initialises, and panics on what only a programmer
// can put right: a second component of that name, or an invalid declaration.
func Register(declaration component.Declaration, newFactory NewFactory) {
	registered.register(declaration, newFactory)
}

// RegisterTransport says how files with an ending, such as ".so", are loaded.
// open gets a path that exists and is no directory; its errors name neither
// path nor component, for Load does. In what open returns, Name may be empty.
// open and New may panic: Load sees to that. open may be called from any
// goroutine.
//
// It is to be called while the program initialises, and panics on a second
// transport for an ending.
func RegisterTransport(ending string, open func(path string) (Loaded, error)) {
	registered.registerTransport(ending, open)
}

var registered registry

// registry is what the package has been told of; its zero value is empty.
type registry struct {
	mu         sync.RWMutex
	builtins   map[string]*builtin
	transports map[string]func(path string) (Loaded, error)
}

type builtin struct {
	declaration component.Declaration
	newFactory  NewFactory
}

func (r *registry) register(declaration component.Declaration, newFactory NewFactory) {
	if err := check(&declaration); err != nil {
		panic(fmt.Sprintf("loader: component %q has an invalid Declaration: %v", declaration.Name, err))
	}
	if newFactory == nil {
		panic(fmt.Sprintf("loader: component %q has no NewFactory", declaration.Name))
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if _, exists := r.builtins[declaration.Name]; exists {
		panic(fmt.Sprintf("loader: component %q is registered twice", declaration.Name))
	}
	if r.builtins == nil {
		r.builtins = make(map[string]*builtin)
	}
	r.builtins[declaration.Name] = &builtin{declaration, newFactory}
}

func (r *registry) registerTransport(ending string, open func(path string) (Loaded, error)) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if _, exists := r.transports[ending]; exists {
		panic(fmt.Sprintf("loader: the transport for %s files is registered twice", ending))
	}
	if r.transports == nil {
		r.transports = make(map[string]func(path string) (Loaded, error))
	}
	r.transports[ending] = open
}

func (r *registry) builtin(name string) (*builtin, bool) {
	r.mu.RLock()
	defer r.mu.RUnlock()
	b, ok := r.builtins[name]
	return b, ok
}

func (r *registry) transport(ending string) (func(path string) (Loaded, error), bool) {
	r.mu.RLock()
	defer r.mu.RUnlock()
	open, ok := r.transports[ending]
	return open, ok
}

func (r *registry) names() []string {
	r.mu.RLock()
	defer r.mu.RUnlock()
	return slices.Sorted(maps.Keys(r.builtins))
}

func (r *registry) declarations() []*component.Declaration {
	names := r.names()
	r.mu.RLock()
	defer r.mu.RUnlock()
	list := make([]*component.Declaration, len(names))
	for i, name := range names {
		list[i] = &r.builtins[name].declaration
	}
	return list
}
