package script

import (
	"sort"

	lua "github.com/yuin/gopher-lua"
)

// sorter sorts the elements of a table. Comparing counts as time, because a sort
// of numbers runs no instructions.
type sorter struct {
	st     *state
	L      *lua.LState
	less   *lua.LFunction // nil for <
	values []lua.LValue
}

func (s *sorter) Len() int      { return len(s.values) }
func (s *sorter) Swap(i, j int) { s.values[i], s.values[j] = s.values[j], s.values[i] }

func (s *sorter) Less(i, j int) bool {
	if s.less == nil {
		s.st.guard.charge(s.L, 64)
		return s.L.LessThan(s.values[i], s.values[j])
	}
	s.L.Push(s.less)
	s.L.Push(s.values[i])
	s.L.Push(s.values[j])
	s.L.Call(2, 1)
	less := lua.LVAsBool(s.L.Get(-1))
	s.L.Pop(1)
	return less
}

// tableSort is table.sort. An order that contradicts itself gives some order.
func (st *state) tableSort(L *lua.LState) int {
	table := L.CheckTable(1)
	s := &sorter{st: st, L: L}
	if L.Get(2) != lua.LNil {
		s.less = L.CheckFunction(2)
	}
	s.values = make([]lua.LValue, table.Len())
	for i := range s.values {
		s.values[i] = table.RawGetInt(i + 1)
	}
	sort.Sort(s)
	for i, value := range s.values {
		table.RawSetInt(i+1, value)
	}
	return 0
}
