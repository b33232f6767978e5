package script

import (
	lua "github.com/yuin/gopher-lua"
)

// What values take, in bytes, about: a table holds its keys in a map, in a list
// and in a map of places in that list.
const (
	tableWeight   = 128
	elementWeight = 16
	memberWeight  = 120
	closureWeight = 128
	threadWeight  = 16 << 10
	textWeight    = 16
)

// levelsMax bounds how many functions under way are looked at: those that ended with
// a tail call count, and there may be any number of them.
const levelsMax = 1000

// scale adds up what a Lua value and all that it leads to take.
type scale struct {
	most, sum int64
	seen      map[any]struct{}
	todo      []lua.LValue
}

// weigh returns about how many bytes the script holds: in its variables, in
// those of the functions under way, and in what they lead to. It stops at most.
func (st *state) weigh(most int64) int64 {
	s := &scale{most: most, seen: make(map[any]struct{})}
	L := st.lua
	s.add(L.Get(lua.GlobalsIndex))
	for _, f := range st.functions {
		s.add(f)
	}
	for _, module := range st.modules {
		if module != nil {
			s.add(module)
		}
	}
	for thread := L.G.CurrentThread; thread != nil; thread = thread.Parent {
		s.add(thread)
	}
	s.add(L)
	for len(s.todo) > 0 && s.sum < s.most {
		last := len(s.todo) - 1
		value := s.todo[last]
		s.todo = s.todo[:last]
		s.open(value)
	}
	return s.sum
}

// add puts a value on the scale, once.
func (s *scale) add(value lua.LValue) {
	switch v := value.(type) {
	case lua.LString:
		s.sum += int64(len(v)) + textWeight
	case *lua.LTable, *lua.LFunction, *lua.LState, *lua.LUserData:
		if _, ok := s.seen[v]; !ok {
			s.seen[v] = struct{}{}
			s.todo = append(s.todo, value)
		}
	}
}

func (s *scale) open(value lua.LValue) {
	switch v := value.(type) {
	case *lua.LTable:
		s.sum += tableWeight
		s.add(v.Metatable)
		s.table(v)
	case *lua.LFunction:
		s.sum += closureWeight
		for _, upvalue := range v.Upvalues {
			if upvalue != nil {
				s.add(upvalue.Value())
			}
		}
	case *lua.LState:
		s.sum += threadWeight
		s.thread(v)
	case *lua.LUserData:
		if h, ok := v.Value.(*held); ok && h.view != nil && h.message != nil {
			s.sum += int64(len(h.message.GetData()))
		}
	}
}

func (s *scale) table(t *lua.LTable) {
	key, value := t.Next(lua.LNil)
	for ; key != lua.LNil && s.sum < s.most; key, value = t.Next(key) {
		if _, ok := key.(lua.LNumber); ok {
			s.sum += elementWeight
		} else {
			s.sum += memberWeight
			s.add(key)
		}
		s.add(value)
	}
}

// thread puts on what the functions under way have in their registers.
func (s *scale) thread(L *lua.LState) {
	for level := 0; level < levelsMax && s.sum < s.most; level++ {
		frame, ok := L.GetStack(level)
		if !ok {
			return
		}
		for i := 1; ; i++ {
			name, value := L.GetLocal(frame, i)
			if name == "" {
				break
			}
			if s.sum += elementWeight; value != nil {
				s.add(value)
			}
		}
	}
}
