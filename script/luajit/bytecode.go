package luajit

import (
	"embed"
	"fmt"
	"runtime"
	"strings"
)

// sources are what runs in states: lua/boot.lua in every one, lua/function.lua
// for every function, and the others where they are needed.
//
//go:embed lua/*.lua
var sources embed.FS

// bytecode is a source of ours without what debuggers need. It is compiled once
// for all states: what a compiler leaves behind would be a state's to the end,
// for LuaJIT gives little memory back. States read it where it is: it is pinned.
type bytecode struct {
	name string // with the byte 0 at its end
	code []byte
}

// bytecodes are the sources by the names of their files, without ".lua".
type bytecodes map[string]bytecode

const compiler = `return string.dump(load(...), true)`

// compile compiles our sources, in a state of its own.
func (l *Library) compile() (bytecodes, error) {
	files, err := sources.ReadDir("lua")
	if err != nil {
		return nil, err
	}
	s, err := l.bare()
	if err != nil {
		return nil, err
	}
	defer native(l.closeState, s.lua)
	all := make(bytecodes, len(files))
	for _, file := range files {
		source, err := sources.ReadFile("lua/" + file.Name())
		if err != nil {
			return nil, err
		}
		// Errors that have the name and no line lose it: see errorOf.
		b, err := s.compile("=library.lua\x00", string(source))
		if err != nil {
			return nil, fmt.Errorf("%s: %w", file.Name(), err)
		}
		l.pinner.Pin(&b.code[0])
		all[strings.TrimSuffix(file.Name(), ".lua")] = b
	}
	return all, nil
}

// bare makes a state that has the parts of Lua's own library that scripts have, and
// those that we need.
func (l *Library) bare() (*State, error) {
	s := &State{library: l}
	if s.lua = native(l.newState); s.lua == 0 {
		return nil, fmt.Errorf("no memory for a Lua state")
	}
	for _, open := range l.openLibraries {
		if err := s.open(open, 0); err != nil {
			native(l.closeState, s.lua)
			return nil, err
		}
	}
	return s, nil
}

// open opens a part of Lua's own library. What it returns is on Lua's stack, if that
// is wanted.
func (s *State) open(part uintptr, results int) error {
	native(s.library.pushFunction, s.lua, part, 0)
	if native(s.library.call, s.lua, 0, uintptr(results), 0) != 0 {
		return fmt.Errorf("LuaJIT did not open its library: %s", s.text(-1))
	}
	return nil
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

// part tells Lua where the bytecode of the part is that it names.
func (s *State) part() {
	h := s.head
	b := s.ours[string(memory(&h.input, uint32(h.count)))]
	h.input, h.count = address(b.code), int32(len(b.code))
}
