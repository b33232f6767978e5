package luajit

import (
	_ "embed" // for what runs in every state
	"fmt"
	"runtime"
)

var (
	//go:embed lua/boot.lua
	bootSource string
	//go:embed lua/part.lua
	partSource string
	//go:embed lua/object.lua
	objectSource string
	//go:embed lua/library.lua
	librarySource string
	//go:embed lua/module.lua
	moduleSource string
	//go:embed lua/table.lua
	tableSource string
	//go:embed lua/function.lua
	functionSource string
)

// bytecode is a source of ours without what debuggers need. It is compiled once
// for all states: what a compiler leaves behind would be a state's to the end,
// for LuaJIT gives little memory back.
type bytecode struct {
	name string // with the byte 0 at its end
	code []byte
}

// bytecodes are the sources that run when a state is made, in the order in which
// lua/boot.lua takes them, and the driver of functions.
type bytecodes struct {
	boot   [6]bytecode
	driver bytecode
}

const compiler = `return string.dump(load(...), true)`

// compile compiles our sources, in a state of its own.
func (l *Library) compile() (*bytecodes, error) {
	s, err := l.bare()
	if err != nil {
		return nil, err
	}
	defer native(l.closeState, s.lua)
	var all bytecodes
	for i, source := range []string{bootSource, partSource, objectSource, librarySource, moduleSource, tableSource} {
		name := "=library.lua\x00"
		if i == 0 {
			name = "=boot.lua\x00"
		}
		if all.boot[i], err = s.compile(name, source); err != nil {
			return nil, err
		}
	}
	all.driver, err = s.compile("=function.lua\x00", functionSource)
	return &all, err
}

// bare makes a state that has Lua's own library only.
func (l *Library) bare() (*State, error) {
	s := &State{library: l}
	if s.lua = native(l.newState); s.lua == 0 {
		return nil, fmt.Errorf("no memory for a Lua state")
	}
	native(l.openLibraries, s.lua)
	return s, nil
}

func (s *State) compile(name, source string) (bytecode, error) {
	if err := s.load(bytecode{"=compiler\x00", []byte(compiler)}); err != nil {
		return bytecode{}, err
	}
	s.push(source)
	s.push(name[:len(name)-1])
	defer s.pinner.Unpin()
	if native(s.library.call, s.lua, 2, 1, 0) != 0 {
		return bytecode{}, fmt.Errorf("LuaJIT did not compile its driver: %s", s.text(-1))
	}
	return bytecode{name, []byte(s.text(-1))}, nil
}

// load puts what a source of ours compiles to on Lua's stack, a function.
func (s *State) load(b bytecode) error {
	var pinner runtime.Pinner
	name := []byte(b.name)
	pinner.Pin(&b.code[0])
	pinner.Pin(&name[0])
	defer pinner.Unpin()
	if native(s.library.loadBuffer, s.lua, address(b.code), uintptr(len(b.code)), address(name), 0) != 0 {
		return fmt.Errorf("LuaJIT did not load its driver: %s", s.text(-1))
	}
	return nil
}
