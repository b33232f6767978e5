package store

import (
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"reflect"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"

	"github.com/gopiper/gopiper/store/faultfs"
)

// database is where the database of these tests is.
const database = "/state/db/"

func readAll(t *testing.T, fs vfs.FS, name string) []byte {
	t.Helper()
	f, err := fs.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	content, err := io.ReadAll(f)
	if err != nil {
		t.Fatal(err)
	}
	return content
}

func writeAll(t *testing.T, fs vfs.FS, name string, content []byte) {
	t.Helper()
	f, err := fs.Create(name, vfs.WriteCategoryUnspecified)
	if err != nil {
		t.Fatal(err)
	}
	_, err = f.Write(slices.Clone(content))
	if err := errors.Join(err, f.Sync(), f.Close()); err != nil {
		t.Fatal(err)
	}
}

// list is the names in a directory that have a part in common.
func list(t *testing.T, fs vfs.FS, part string) (names []string) {
	t.Helper()
	all, err := fs.List(database)
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range all {
		if strings.Contains(name, part) {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

// twoLogs is what a crash leaves when a table in memory is full, the next one is
// being filled, and nothing is in tables on the disk. The evidence is there if unsynced is 100, and is not if it is 0.
func twoLogs(t *testing.T, unsynced int) *vfs.MemFS {
	memory := vfs.NewCrashableMem()
	held, hold := make(chan struct{}), true
	var mu sync.Mutex
	fs := faultfs.Watch(memory, func(op faultfs.Op) error {
		mu.Lock()
		wait := hold && op.Kind == "create" && strings.HasSuffix(op.Name, ".sst")
		mu.Unlock()
		if wait {
			<-held
		}
		return nil
	})
	s := onMemory(t, fs)
	for n := 0; len(list(t, memory, ".log")) < 2; n++ {
		put(t, s, fmt.Sprintf("key-%03d", n), strings.Repeat(fmt.Sprintf("%09d", n), 2000))
	}
	put(t, s, "last", "value")
	left := memory.CrashClone(vfs.CrashCloneCfg{UnsyncedDataPercent: unsynced, RNG: rand.New(rand.NewPCG(0, 0))})
	mu.Lock()
	hold = false
	mu.Unlock()
	close(held)
	mustClose(t, s)
	return left
}

// Of a log that was closed, because there is a newer one, nothing may be damaged or
// missing: not even where Pebble would take it for its end.
func TestOlderLog(t *testing.T) {
	left := twoLogs(t, 0)
	logs := list(t, left, ".log")
	name := database + logs[0]
	content := readAll(t, left, name)
	s := onMemory(t, left.CrashClone(vfs.CrashCloneCfg{}))
	if key, err := s.Last(nil, []byte("z")); string(key) != "last" || err != nil {
		t.Fatalf("undamaged, its last key is %q, %v", key, err)
	}
	mustClose(t, s)

	refused := func(what string, damaged []byte) {
		fs := left.CrashClone(vfs.CrashCloneCfg{})
		writeAll(t, fs, name, damaged)
		s, err := OpenOn(Below{FS: fs, MemTable: 128 << 10}, "/state", Options{})
		if err == nil {
			s.Close()
			t.Errorf("%s, it was opened", what)
		} else if !strings.Contains(err.Error(), name) {
			t.Errorf("%s, the error does not name it: %v", what, err)
		}
	}
	r := &records{file: vfs.NewMemFile(content), size: int64(len(content)), log: true, number: 2}
	block, err := r.load(0)
	if err != nil {
		t.Fatal(err)
	}
	boundaries := 0
	for at := 0; at < len(block) && !isPadding(block, at); boundaries++ {
		next, wrong := r.chunk(block, at)
		if wrong != "" {
			t.Fatal(wrong)
		}
		if at > 0 {
			refused(fmt.Sprintf("cut behind a record to %d bytes", at), content[:at])
		}
		for _, field := range []int{0, 4, 6, 7, 11, logHead + 9} {
			flipped := slices.Clone(content)
			flipped[at+field] ^= 1
			refused(fmt.Sprintf("with a bit of byte %d of a record at %d turned over", field, at), flipped)
		}
		at = next
	}
	if boundaries == 0 {
		t.Error("there were no records")
	}
	for cut := range logHead {
		refused(fmt.Sprintf("without %d bytes of its end", cut+1), content[:len(content)-cut-1])
	}
	refused("with something behind its end", append(slices.Clone(content), 0))
}

// No log that is still needed can be removed without being missed, also for a second
// time, and when the store was only read in between.
func TestMissingLog(t *testing.T) {
	left := twoLogs(t, 100)
	for _, log := range list(t, left, ".log") {
		fs := left.CrashClone(vfs.CrashCloneCfg{UnsyncedDataPercent: 100, RNG: rand.New(rand.NewPCG(0, 0))})
		if err := fs.Remove(database + log); err != nil {
			t.Fatal(err)
		}
		for _, readOnly := range []bool{true, false, false} {
			s, err := OpenOn(Below{FS: fs, MemTable: 128 << 10}, "/state", Options{ReadOnly: readOnly})
			if err == nil {
				s.Close()
				t.Errorf("without %s it was opened", log)
			} else if !strings.Contains(err.Error(), log+": it is missing") {
				t.Errorf("without %s the error is %v", log, err)
			}
		}
	}
}

// A manifest whose records are damaged is told from one that a crash has cut, also
// when nothing is known of how much of it was synced; except for its last record.
func TestManifest(t *testing.T) {
	memory := vfs.NewMem()
	for range 3 {
		s := onMemory(t, memory)
		put(t, s, "key", "value")
		mustClose(t, s)
	}
	name := database + list(t, memory, "MANIFEST")[0]
	content := readAll(t, memory, name)
	r := &records{file: vfs.NewMemFile(content), size: int64(len(content))}
	var ends []int
	for at := 0; at < len(content); {
		next, wrong := r.chunk(content, at)
		if wrong != "" {
			t.Fatal(wrong)
		}
		ends = append(ends, next)
		at = next
	}
	if len(ends) < 3 {
		t.Fatalf("there are only %d records", len(ends))
	}
	last := ends[len(ends)-2]
	for at := range last {
		flipped := slices.Clone(content)
		flipped[at] ^= 1
		r := &records{file: vfs.NewMemFile(flipped), size: int64(len(flipped))}
		whole, err := r.read()
		if err != nil {
			t.Fatal(err)
		}
		damaged, err := (&evidence{}).isDamaged(r, whole, 0, true)
		if !damaged || err != nil {
			t.Errorf("with a bit of byte %d of %d turned over it is not damaged, %v", at, last, err)
		}
	}
	for at := last; at < len(content); at++ {
		r := &records{file: vfs.NewMemFile(content[:at]), size: int64(at)}
		whole, err := r.read()
		if err != nil || whole.end != int64(last) {
			t.Errorf("cut to %d bytes, %d are whole, %v", at, whole.end, err)
		}
		if damaged, err := (&evidence{}).isDamaged(r, whole, 0, true); damaged || err != nil {
			t.Errorf("cut to %d bytes it is damaged, %v", at, err)
		}
	}
}

// Pebble removes the logs that it has read before it makes a new one. When the power
// fails between the two, they are not missed.
func TestRemovedLogs(t *testing.T) {
	memory := twoLogs(t, 100)
	var left *vfs.MemFS
	fs := faultfs.Watch(memory, func(op faultfs.Op) error {
		if left != nil || op.Kind != "create" || !strings.HasSuffix(op.Name, ".log") {
			return nil
		}
		for len(list(t, memory, ".log")) > 0 {
			runtime.Gosched() // another goroutine removes them
		}
		// The system may make names durable whenever it likes.
		directory, err := memory.OpenDir(database)
		if err := errors.Join(err, directory.Sync(), directory.Close()); err != nil {
			t.Error(err)
		}
		left = memory.CrashClone(vfs.CrashCloneCfg{})
		return nil
	})
	mustClose(t, onMemory(t, fs))
	s := onMemory(t, left)
	if value, err := s.Get([]byte("last")); string(value) != "value" || err != nil {
		t.Errorf("after a power loss there is %q, %v", value, err)
	}
	mustClose(t, s)
}

func TestEvidence(t *testing.T) {
	e := &evidence{at: state{reach{"000012.log", 1 << 40}, reach{"MANIFEST-000003", 17}, []string{"000007.log", "000009.log"}}}
	content := slices.Clone(e.format())
	if found := parseEvidence(content); !reflect.DeepEqual(found, e.at) {
		t.Errorf("%q is read as %v", content, found)
	}
	if len(content) != evidenceSize {
		t.Errorf("it has %d bytes", len(content))
	}
	text := len(strings.TrimRight(string(content), " \n"))
	for at := range text {
		damaged := slices.Clone(content)
		damaged[at] ^= 1
		if found := parseEvidence(damaged); !reflect.DeepEqual(found, state{}) {
			t.Errorf("with a bit of byte %d turned over it is read as %v", at, found)
		}
		if found := parseEvidence(content[:at]); !reflect.DeepEqual(found, state{}) {
			t.Errorf("cut to %d bytes it is read as %v", at, found)
		}
	}
	none := &evidence{}
	if found := parseEvidence(none.format()); found.log.synced != 0 || isLog(found.log.name) || len(found.closed) > 0 {
		t.Errorf("nothing is read as %v", found)
	}
}

// While Pebble is being opened it is not told of what cannot be read: the store ends
// instead. Afterwards it is.
func TestUnreadableWhileOpening(t *testing.T) {
	failed, returned := make(chan error, 3), make(chan error, 3)
	fs := faultfs.Watch(vfs.NewMem(), func(faultfs.Op) error { return syscall.EIO })
	d := newDisk(Below{FS: fs}, "/state", false, slog.New(slog.DiscardHandler), func(err error) { failed <- err })
	for _, opening := range []bool{true, false} {
		d.opening.Store(opening)
		for _, read := range []func() error{
			func() error { _, err := d.List("/state"); return err },
			func() error { _, err := d.Stat("/state"); return err },
			func() error { _, err := d.Open("/state/db/file"); return err },
		} {
			go func() { returned <- read() }()
			select {
			case err := <-failed:
				if !opening {
					t.Errorf("the store has ended: %v", err)
				}
			case err := <-returned:
				if opening || !errors.Is(err, syscall.EIO) {
					t.Errorf("while opening, %t, it returned %v", opening, err)
				}
			}
		}
	}
}

// Once the store has ended, nothing is changed any more.
func TestDead(t *testing.T) {
	var changes atomic.Int64
	memory := vfs.NewMem()
	if err := memory.MkdirAll(database, 0o700); err != nil {
		t.Fatal(err)
	}
	fs := faultfs.Watch(memory, func(op faultfs.Op) error {
		if op.Kind != "read" {
			changes.Add(1)
		}
		return nil
	})
	d := newDisk(Below{FS: fs}, "/state", false, slog.New(slog.DiscardHandler), func(error) {})
	f, err := d.Create(database+"file", vfs.WriteCategoryUnspecified)
	if err != nil {
		t.Fatal(err)
	}
	d.dead.Store(true)
	changes.Store(0)
	begun := make(chan struct{})
	all := []func(){
		func() { _, _ = d.Create(database+"other", vfs.WriteCategoryUnspecified) },
		func() { _, _ = d.OpenReadWrite(database+"file", vfs.WriteCategoryUnspecified) },
		func() { _, _ = d.ReuseForWrite(database+"file", database+"new", vfs.WriteCategoryUnspecified) },
		func() { _ = d.Link(database+"file", database+"link") },
		func() { _ = d.Rename(database+"file", database+"new") },
		func() { _ = d.Remove(database + "file") },
		func() { _ = d.RemoveAll(database) },
		func() { _ = d.MkdirAll(database+"directory", 0o700) },
		func() { _, _ = f.Write([]byte("x")) },
		func() { _, _ = f.WriteAt([]byte("x"), 0) },
		func() { _ = f.Sync() },
		func() { _ = f.SyncData() },
		func() { _, _ = f.SyncTo(1) },
	}
	for _, change := range all {
		go func() {
			begun <- struct{}{}
			change()
			t.Error("a change has returned")
		}()
	}
	for range all {
		<-begun
	}
	for range 10_000 {
		runtime.Gosched()
	}
	if n := changes.Load(); n > 0 {
		t.Errorf("%d changes were made", n)
	}
}
