package store_test

import (
	"testing"

	"github.com/gopiper/gopiper/store"
)

func TestReopen(t *testing.T) {
	dir := t.TempDir()
	s, err := store.Open(dir, store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	s.Update(true, func(tx store.Tx) { tx.Put([]byte("a"), []byte("1")); tx.Put([]byte("b"), nil) }, func() { close(done) })
	<-done
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	s, err = store.Open(dir, store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if value, err := s.Get([]byte("a")); string(value) != "1" || err != nil {
		t.Errorf("a is %q, %v", value, err)
	}
	if value, err := s.Get([]byte("b")); value == nil || len(value) != 0 || err != nil {
		t.Errorf("b is %q, %v", value, err)
	}
	if value, err := s.Get([]byte("c")); value != nil || err != nil {
		t.Errorf("c is %q, %v", value, err)
	}
	if key, err := s.Last([]byte("a"), []byte("z")); string(key) != "b" || err != nil {
		t.Errorf("the last is %q, %v", key, err)
	}
}
