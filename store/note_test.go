package store

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"
)

func TestMark(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "state")
	s, err := Open(dir, Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if mark, err := s.Marked("orders"); mark != nil || err != nil {
		t.Errorf("there is none, and it is %q, %v", mark, err)
	}
	for _, mark := range [][]byte{[]byte("first"), bytes.Repeat([]byte("x"), NoteMax), []byte("short"), {}} {
		if err := s.Mark("orders", mark); err != nil {
			t.Fatal(err)
		}
		if got, err := s.Marked("orders"); err != nil || !bytes.Equal(got, mark) {
			t.Errorf("marked %q, %v, want %q", got, err, mark)
		}
	}
	if err := s.Mark("orders", make([]byte, NoteMax+1)); err == nil {
		t.Error("a mark that is too long is no error")
	}
	if mark, err := s.Marked("others"); mark != nil || err != nil {
		t.Errorf("another name's is %q, %v", mark, err)
	}
	name := filepath.Join(dir, notePrefix+"orders")
	content, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	content[100] ^= 1
	if err := os.WriteFile(name, content, 0o600); err != nil {
		t.Fatal(err)
	}
	if mark, err := s.Marked("orders"); mark != nil || err != nil {
		t.Errorf("damaged, it is %q, %v; want none", mark, err)
	}
}
