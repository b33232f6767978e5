package luajit

import (
	"errors"
	"fmt"
	"os"
	"runtime"
	"sync"
)

// Variable is the environment variable that may name the file of the library.
const Variable = "GOPIPER_LUAJIT"

// Library is LuaJIT, loaded into the process. It is loaded once and stays until
// the process ends. Any goroutine may use it.
type Library struct {
	file     string
	callback uintptr // the address that Lua calls Go functions at

	bytecodes func() (bytecodes, error) // those of our sources
	pinner    runtime.Pinner            // of them

	newState, loadBuffer, closeState, call          uintptr
	pushInteger, pushString, pushFunction, toString uintptr
	setTop                                          uintptr
	// openLibraries open the parts of Lua's own library that states have, and openFFI
	// that of LuaJIT which returns itself.
	openLibraries [7]uintptr
	openFFI       uintptr
}

// File returns the file that the library was loaded from, as it was named to
// the dynamic linker.
func (l *Library) File() string { return l.file }

// fileNames are what the dynamic linker is asked for, in this order.
func fileNames(variable string) []string {
	if variable != "" {
		return []string{variable}
	}
	if runtime.GOOS == "darwin" {
		return []string{
			"libluajit-5.1.2.dylib", "libluajit-5.1.dylib",
			"/opt/homebrew/lib/libluajit-5.1.dylib", "/usr/local/lib/libluajit-5.1.dylib",
		}
	}
	return []string{"libluajit-5.1.so.2", "libluajit-5.1.so"}
}

var open = sync.OnceValues(func() (*Library, error) { return load(fileNames(os.Getenv(Variable))) })

// Open finds LuaJIT and loads it; every call returns what the first one did. The
// file is the one that the environment variable GOPIPER_LUAJIT names; without it
// libluajit-5.1.so.2 and libluajit-5.1.so, which the dynamic linker looks for
// (on macOS libluajit-5.1.2.dylib and libluajit-5.1.dylib, there and where
// Homebrew puts them). The error says which package to install.
func Open() (*Library, error) { return open() }

// install says how to get the library.
const install = "install LuaJIT 2.1 (Debian and Ubuntu: apt-get install libluajit-5.1-2; Fedora: dnf install luajit; " +
	"Alpine: apk add luajit; macOS: brew install luajit), or name its file in " + Variable

func load(files []string) (*Library, error) {
	var problems error
	for _, file := range files {
		handle, err := dlopen(file)
		if err != nil {
			problems = errors.Join(problems, err)
			continue
		}
		l := &Library{file: file}
		if err := l.resolve(handle); err != nil {
			return nil, fmt.Errorf("%s is no LuaJIT 2.1: %w; %s", file, err, install)
		}
		l.bytecodes = sync.OnceValues(l.compile)
		l.callback = newCallback()
		return l, nil
	}
	return nil, fmt.Errorf("LuaJIT cannot be loaded: %w; %s", problems, install)
}

// resolve finds the functions of the library.
func (l *Library) resolve(handle uintptr) error {
	if _, err := dlsym(handle, "luaJIT_setmode"); err != nil {
		return err // another Lua
	}
	for _, symbol := range []struct {
		name    string
		address *uintptr
	}{
		{"luaL_newstate", &l.newState}, {"luaL_loadbufferx", &l.loadBuffer},
		{"lua_close", &l.closeState}, {"lua_pcall", &l.call}, {"lua_pushinteger", &l.pushInteger},
		{"lua_pushlstring", &l.pushString}, {"lua_pushcclosure", &l.pushFunction}, {"lua_tolstring", &l.toString}, {"lua_settop", &l.setTop},
		{"luaopen_base", &l.openLibraries[0]}, {"luaopen_table", &l.openLibraries[1]},
		{"luaopen_string", &l.openLibraries[2]}, {"luaopen_math", &l.openLibraries[3]},
		{"luaopen_os", &l.openLibraries[4]}, {"luaopen_debug", &l.openLibraries[5]},
		{"luaopen_jit", &l.openLibraries[6]}, {"luaopen_ffi", &l.openFFI},
	} {
		address, err := dlsym(handle, symbol.name)
		if err != nil {
			return err
		}
		*symbol.address = address
	}
	return nil
}
