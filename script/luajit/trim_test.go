//go:build linux

package luajit

import (
	"runtime"
	"testing"
)

// A state that was trimmed works as before, however much it used meanwhile; and where
// the allocator is LuaJIT's, what lies behind the state is gone.
func TestTrim(t *testing.T) {
	s := newState(t)
	f := function(t, s, `local kept = {}
return function(msg)
  for i = 1, 500 do kept[#kept + 1] = { msg.data .. i } end
  msg.data = #kept .. kept[#kept][1]
  if #kept > 5000 then kept = {} end
end`, Handle)
	for i := range 30 {
		s.Trim()
		b := s.Batch()
		b.Reset()
		b.Add([]byte("x"), "", 0)
		if _, err := f.Call(b); err != nil {
			t.Fatal(err)
		}
		if data, _ := b.Result(0).Data(); i == 2 && string(data) != "1500x500" {
			t.Errorf("%q", data)
		}
		if err := s.Collect(); err != nil {
			t.Fatal(err)
		}
	}
	s.Trim()
	arena := wordAt(wordAt(s.lua+globalInState) + arenaInGlobal)
	if top := wordAt(arena + topInArena); runtime.GOARCH == "amd64" && top == 0 {
		t.Error("the allocator is not as it is known")
	}
	if wordAt(8) != 0 {
		t.Error("there is something at address 8")
	}
	s.Close()
	s.Trim()
}
