package script

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"

	lua "github.com/yuin/gopher-lua"
)

// require loads a module that lies beside the script, once for every state:
// require "foo.bar" is foo/bar.lua or foo/bar/init.lua.
func (st *state) require(L *lua.LState) int {
	name := L.CheckString(1)
	if value, ok := st.modules[name]; ok {
		if value == nil {
			L.RaiseError("module %q requires itself: %s", name, strings.Join(append(st.loading, name), " → "))
		}
		L.Push(value)
		return 1
	}
	st.only(L, "require of a module that is not loaded yet")
	c, err := st.script.world.module(name, st.script.moduleName)
	if err != nil {
		var inner *Error
		if errors.As(err, &inner) { // it has a position of its own
			L.Error(lua.LString(inner.Error()), 0)
		}
		L.RaiseError("%s", err.Error())
	}
	st.modules[name] = nil
	st.loading = append(st.loading, name)
	L.Push(L.NewFunctionFromProto(c.proto))
	L.Push(lua.LString(name))
	L.Call(1, 1)
	value := L.Get(-1)
	if value == lua.LNil {
		value = lua.LTrue
	}
	st.loading = st.loading[:len(st.loading)-1]
	st.modules[name] = value
	L.Push(value)
	return 1
}

// module finds and compiles a module.
func (w *world) module(name string, chunkName func(file string) string) (*chunk, error) {
	return once(w, w.loaded, "module "+name, func() (*chunk, error) {
		base, err := modulePath(name)
		if err != nil {
			return nil, err
		}
		root, err := os.OpenRoot(w.modules)
		if err != nil {
			return nil, fmt.Errorf("module %q: cannot open the folder of the script: %w", name, err)
		}
		defer root.Close()
		for _, file := range []string{base + ".lua", base + "/init.lua"} {
			source, err := readModule(root, file)
			if err == nil {
				return w.compile(chunkName(file), source)
			}
			if !errors.Is(err, fs.ErrNotExist) {
				return nil, fmt.Errorf("module %q: cannot read %s: %w", name, filepath.Join(w.modules, file), reason(err))
			}
		}
		return nil, fmt.Errorf("there is no module %q; it would be %s or %s", name,
			chunkName(base+".lua"), chunkName(base+"/init.lua"))
	})
}

// modulePath turns foo.bar into foo/bar.
func modulePath(name string) (string, error) {
	for part := range strings.SplitSeq(name, ".") {
		if part == "" || strings.ContainsAny(part, "/\\\x00") {
			return "", fmt.Errorf("%q is no name of a module; modules lie beside the script: \"foo.bar\" is foo/bar.lua", name)
		}
	}
	return path.Join(strings.Split(name, ".")...), nil
}

// readModule reads a file that lies in the root, also if links lead to it.
func readModule(root *os.Root, name string) ([]byte, error) {
	info, err := root.Stat(name)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, errors.New("it is no regular file")
	}
	file, err := root.Open(name)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	return io.ReadAll(io.LimitReader(file, sourceMax+1))
}
