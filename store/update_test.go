package store

import (
	"bytes"
	"errors"
	"fmt"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"
	"go.uber.org/goleak"
	"pgregory.net/rapid"
)

// onMemory opens a store in memory.
func onMemory(t interface{ Fatal(...any) }, fs vfs.FS) *Store {
	s, err := OpenOn(Below{FS: fs, MemTable: 128 << 10}, "/state", Options{})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// A store does what a map does, whatever is done in which order, and so does the
// store that is opened in its place.
func TestLikeMap(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		fs := vfs.NewMem()
		s := onMemory(t, fs)
		model := map[string]string{}
		var issued, called []int
		keys := rapid.SampledFrom([]string{"\x00", "a", "a\x00", "ab", "b", "c\xff", "\xff"})
		settle := func() {
			done := make(chan struct{})
			s.Update(false, func(Tx) {}, func() { close(done) })
			<-done
			if !slices.Equal(issued, called) {
				t.Fatalf("updates %v were done as %v", issued, called)
			}
		}
		t.Repeat(map[string]func(*rapid.T){
			"update": func(t *rapid.T) {
				number := len(issued)
				issued = append(issued, number)
				s.Update(rapid.Bool().Draw(t, "sync"), func(tx Tx) {
					for range rapid.IntRange(0, 4).Draw(t, "changes") {
						key := keys.Draw(t, "key")
						if rapid.Bool().Draw(t, "delete") {
							tx.Delete([]byte(key))
							delete(model, key)
						} else {
							value := rapid.StringN(0, 20, -1).Draw(t, "value")
							tx.Put([]byte(key), []byte(value))
							model[key] = value
						}
					}
				}, func() { called = append(called, number) })
			},
			"get": func(t *rapid.T) {
				settle()
				key := keys.Draw(t, "key")
				value, err := s.Get([]byte(key))
				want, there := model[key]
				if err != nil || (value != nil) != there || string(value) != want {
					t.Fatalf("%q is %q, %v, and should be %q, %t", key, value, err, want, there)
				}
			},
			"scan": func(t *rapid.T) {
				settle()
				first, end := keys.Draw(t, "first"), keys.Draw(t, "end")
				checkScan(t, s, model, first, end, rapid.IntRange(1, 9).Draw(t, "most"))
			},
			"reopen": func(t *rapid.T) {
				if err := s.Close(); err != nil {
					t.Fatal(err)
				}
				if !slices.Equal(issued, called) {
					t.Fatalf("updates %v were done as %v", issued, called)
				}
				s = onMemory(t, fs)
			},
		})
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	})
}

// checkScan compares Scan and Last with a map.
func checkScan(t *rapid.T, s *Store, model map[string]string, first, end string, most int) {
	var want []string
	for key := range model {
		if key >= first && key < end {
			want = append(want, key)
		}
	}
	slices.Sort(want)
	last, err := s.Last([]byte(first), []byte(end))
	switch {
	case err != nil:
		t.Fatal(err)
	case len(want) == 0 && last != nil, len(want) > 0 && (last == nil || string(last) != want[len(want)-1]):
		t.Fatalf("the last key from %q to %q is %q of %q", first, end, last, want)
	}
	want = want[:min(len(want), most)]
	var found []string
	err = s.Scan([]byte(first), []byte(end), func(key, value []byte) bool {
		found = append(found, string(key))
		if string(value) != model[string(key)] {
			t.Fatalf("%q is %q, and should be %q", key, value, model[string(key)])
		}
		return len(found) < most
	})
	if err != nil || !slices.Equal(found, want) {
		t.Fatalf("from %q to %q there are %q, %v, and should be %q", first, end, found, err, want)
	}
}

// Many goroutines update at once: what each does stays in its order, what belongs
// together is seen together, and nothing is lost.
func TestConcurrent(t *testing.T) {
	const writers, updates = 8, 200
	fs := vfs.NewMem()
	s := onMemory(t, fs)
	var wait sync.WaitGroup
	var done atomic.Int64
	stop := make(chan struct{})
	wait.Add(writers + 1)
	for writer := range writers {
		go func() {
			defer wait.Done()
			var last atomic.Int64
			last.Store(-1)
			for n := range updates {
				value := fmt.Appendf(nil, "%06d", n)
				s.Update(n%3 == 0, func(tx Tx) {
					tx.Put(fmt.Appendf(nil, "left-%d", writer), value)
					tx.Put(fmt.Appendf(nil, "right-%d", writer), value)
				}, func() {
					if !last.CompareAndSwap(int64(n-1), int64(n)) {
						t.Errorf("update %d of writer %d was done out of order", n, writer)
					}
					done.Add(1)
				})
			}
		}()
	}
	go func() {
		defer wait.Done()
		for {
			select {
			case <-stop:
				return
			default:
			}
			seen := map[string][]byte{}
			err := s.Scan(nil, []byte{0xff}, func(key, value []byte) bool {
				seen[string(key)] = bytes.Clone(value)
				return true
			})
			if err != nil {
				t.Error(err)
				return
			}
			for writer := range writers {
				left, right := seen[fmt.Sprintf("left-%d", writer)], seen[fmt.Sprintf("right-%d", writer)]
				if !bytes.Equal(left, right) {
					t.Errorf("half of an update is seen: %q and %q", left, right)
				}
			}
			if done.Load() == writers*updates {
				return
			}
		}
	}()
	failed, over := s.Failed(), make(chan struct{})
	go func() {
		select {
		case <-failed:
			close(stop)
		case <-over:
		}
	}()
	wait.Wait()
	close(over)
	mustClose(t, s)
	if done.Load() != writers*updates {
		t.Errorf("%d updates were done", done.Load())
	}
	s = onMemory(t, fs)
	defer mustClose(t, s)
	for writer := range writers {
		value, err := s.Get(fmt.Appendf(nil, "left-%d", writer))
		if string(value) != fmt.Sprintf("%06d", updates-1) || err != nil {
			t.Errorf("of writer %d there is %q, %v", writer, value, err)
		}
	}
}

// What is done may update, though far too much waits to be committed already.
func TestUpdateFromDone(t *testing.T) {
	s := onMemory(t, vfs.NewMem())
	const updates = 10
	value := make([]byte, maxGroup/2)
	var wait sync.WaitGroup
	wait.Add(2 * updates)
	for n := range updates {
		s.Update(true, func(tx Tx) { tx.Put([]byte{byte(n)}, value) }, func() {
			s.Update(true, func(tx Tx) { tx.Put([]byte{byte(n), 1}, value) }, wait.Done)
			wait.Done()
		})
	}
	wait.Wait()
	mustClose(t, s)
}

// An update that changes nothing is done in its turn, and if it is synced, so is all
// before it.
func TestSyncAlone(t *testing.T) {
	fs := vfs.NewCrashableMem()
	s := onMemory(t, fs)
	s.Update(false, func(tx Tx) { tx.Put([]byte("key"), []byte("value")) }, nil)
	first := make(chan struct{})
	s.Update(false, func(Tx) {}, func() { close(first) })
	<-first
	done := make(chan struct{})
	s.Update(true, func(Tx) {}, func() { close(done) })
	<-done
	left := fs.CrashClone(vfs.CrashCloneCfg{})
	mustClose(t, s)
	s = onMemory(t, left)
	defer mustClose(t, s)
	if value, err := s.Get([]byte("key")); string(value) != "value" || err != nil {
		t.Errorf("after a power loss the value is %q, %v", value, err)
	}
}

// Keys and values may be large.
func TestLarge(t *testing.T) {
	fs := vfs.NewMem()
	key, value := bytes.Repeat([]byte("key"), 300_000), bytes.Repeat([]byte("value"), 3_000_000)
	s := onMemory(t, fs)
	put(t, s, string(key), string(value))
	for range 2 {
		found, err := s.Get(key)
		if err != nil || !bytes.Equal(found, value) {
			t.Fatalf("it came back as %d bytes, %v", len(found), err)
		}
		mustClose(t, s)
		s = onMemory(t, fs)
	}
	mustClose(t, s)
}

// Close waits for those who read; they may read on, or are refused, and nobody waits
// for ever.
func TestCloseWhileReading(t *testing.T) {
	s := onMemory(t, vfs.NewMem())
	put(t, s, "key", "value")
	closed, scanned := make(chan error), make(chan error)
	reading := make(chan struct{})
	go func() {
		var inside error
		err := s.Scan(nil, []byte{0xff}, func(key, value []byte) bool {
			close(reading)
			for inside == nil {
				_, inside = s.Get(key) // until Close has begun
			}
			select {
			case err := <-closed:
				t.Errorf("it was closed with %v while it was read", err)
			default:
			}
			return string(value) == "value"
		})
		scanned <- errors.Join(err, inside)
	}()
	<-reading
	go func() { closed <- s.Close() }()
	if err := <-scanned; !errors.Is(err, errClosed) || strings.Contains(err.Error(), "damaged") {
		t.Errorf("the reader was told %v", err)
	}
	if err := <-closed; err != nil {
		t.Error(err)
	}
}

// Half an update is never committed, not even if the other half panics.
func TestFillPanic(t *testing.T) {
	fs := vfs.NewMem()
	s := onMemory(t, fs)
	put(t, s, "key", "value")
	func() {
		defer func() {
			if recover() == nil {
				t.Error("an empty key was taken")
			}
		}()
		s.Update(true, func(tx Tx) {
			tx.Put([]byte("half"), nil)
			tx.Put(nil, nil)
		}, func() { t.Error("it was done") })
	}()
	<-s.Failed()
	s.Update(true, func(tx Tx) { tx.Put([]byte("more"), nil) }, func() { t.Error("it was done") })
	if err := s.Close(); err == nil {
		t.Error("it was closed as if nothing had happened")
	}
	s = onMemory(t, fs)
	if key, err := s.Last(nil, []byte{0xff}); string(key) != "key" || err != nil {
		t.Errorf("afterwards the last key is %q, %v", key, err)
	}
	mustClose(t, s)
}

// A panic of whom Scan calls is theirs.
func TestScanPanic(t *testing.T) {
	s := onMemory(t, vfs.NewMem())
	put(t, s, "key", "value")
	func() {
		defer func() {
			if reason := recover(); reason != "oops" {
				t.Errorf("the panic is %v", reason)
			}
		}()
		_ = s.Scan(nil, []byte{0xff}, func(_, _ []byte) bool { panic("oops") })
	}()
	mustClose(t, s)
}

// A closed store does nothing, and leaves nothing behind.
func TestClosed(t *testing.T) {
	defer goleak.VerifyNone(t, goleak.IgnoreCurrent())
	s := mustOpen(t, filepath.Join(t.TempDir(), "state"), Options{})
	put(t, s, "key", "value")
	if s.Size() == 0 || s.Health() != "" || s.Err() != nil {
		t.Errorf("size %d, health %q, error %v", s.Size(), s.Health(), s.Err())
	}
	mustClose(t, s)
	mustClose(t, s)
	s.Update(true, func(Tx) { t.Error("an update was made") }, func() { t.Error("it was done") })
	if _, err := s.Get([]byte("key")); err == nil {
		t.Error("a closed store was read")
	}
	if err := s.Scan(nil, []byte{1}, func(_, _ []byte) bool { return true }); err == nil {
		t.Error("a closed store was scanned")
	}
	if _, err := s.Last(nil, []byte{1}); err == nil {
		t.Error("a closed store was read")
	}
	if s.Size() != 0 {
		t.Error("a closed store has a size")
	}
}

// Once the store has failed nothing is done any more, not even what was committed before.
func TestNothingDoneOnceFailed(t *testing.T) {
	s := onMemory(t, vfs.NewMem())
	entered, leave := make(chan struct{}), make(chan struct{})
	var second atomic.Bool
	put := func(tx Tx) { tx.Put([]byte("key"), []byte("value")) }
	s.Update(true, put, func() {
		close(entered)
		<-leave
	})
	<-entered
	s.Update(true, put, func() { second.Store(true) })
	waits := func() bool {
		s.told.mu.Lock()
		defer s.told.mu.Unlock()
		return len(s.told.pending) > 0
	}
	for !waits() {
		runtime.Gosched()
	}
	reason := errors.New("on purpose")
	s.fail(reason)
	close(leave)
	if err := s.Close(); !errors.Is(err, reason) {
		t.Errorf("it was closed with %v", err)
	}
	if second.Load() {
		t.Error("an update was done in a store that had failed")
	}
}
