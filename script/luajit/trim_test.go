//go:build linux

package luajit

import (
	"bytes"
	"os"
	"testing"
)

// What garbage has left behind a state is gone once it is trimmed.
func TestTrim(t *testing.T) {
	s := newState(t)
	if _, err := s.Run("pipeline.lua", `local long = {} for i = 1, 40 do long[i] = ("x"):rep(100) .. i end`); err != nil {
		t.Fatal(err)
	}
	if err := s.Collect(); err != nil {
		t.Fatal(err)
	}
	from, to := s.behind()
	if os.Getpagesize() > 4<<10 && from >= to {
		return // a segment has too few pages
	}
	if from >= to {
		t.Fatalf("from %#x to %#x: the allocator is not as it is known", from, to)
	}
	behind := memory(&from, uint32(to-from))
	// A state gives back what lies at its end by itself only beyond its first segment.
	copy(behind, "garbage")
	s.Trim()
	if left := bytes.Trim(behind, "\x00"); len(left) > 0 {
		t.Errorf("%d bytes are left", len(left))
	}
	s.Close()
	if from, to := s.behind(); from != to {
		t.Error("a state that is closed has something behind it")
	}
}

// A state that was trimmed works as before, however much it uses.
func TestTrimmedWorks(t *testing.T) {
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
	if wordAt(8) != 0 {
		t.Error("there is something at address 8")
	}
}
