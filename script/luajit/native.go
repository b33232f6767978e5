//go:build (linux || darwin) && (amd64 || arm64)

package luajit

import "github.com/ebitengine/purego"

// dlopen loads a shared library with its names kept to itself: another Lua in
// the process exports the same ones.
func dlopen(file string) (uintptr, error) {
	return purego.Dlopen(file, purego.RTLD_NOW|purego.RTLD_LOCAL)
}

func dlsym(library uintptr, name string) (uintptr, error) { return purego.Dlsym(library, name) }

// native calls a C function.
//
//go:uintptrescapes
func native(f uintptr, arguments ...uintptr) uintptr {
	result, _, _ := purego.SyscallN(f, arguments...)
	return result
}
