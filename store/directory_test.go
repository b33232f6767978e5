package store

import (
	"bytes"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"

	"github.com/gopiper/gopiper/store/faultfs"
)

func mustOpen(t *testing.T, dir string, options Options) *Store {
	t.Helper()
	s, err := Open(dir, options)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func mustClose(t *testing.T, s *Store) {
	t.Helper()
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
}

// put commits a value, synced.
func put(t *testing.T, s *Store, key, value string) {
	t.Helper()
	done := make(chan struct{})
	s.Update(true, func(tx Tx) { tx.Put([]byte(key), []byte(value)) }, func() { close(done) })
	select {
	case <-done:
	case <-s.Failed():
		t.Fatal(s.Err())
	}
}

func write(t *testing.T, name, content string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name, []byte(content), 0o644); err != nil {
		t.Fatal(err)
	}
}

// used makes a state directory with something in it.
func used(t *testing.T, dir string) {
	t.Helper()
	s := mustOpen(t, dir, Options{})
	put(t, s, "key", "value")
	mustClose(t, s)
}

// What is refused when a store is opened, and with which words. DIR stands for the
// directory.
func TestRefusals(t *testing.T) {
	remove := func(pattern string) func(*testing.T, string) {
		return func(t *testing.T, dir string) {
			used(t, dir)
			found, err := filepath.Glob(filepath.Join(dir, pattern))
			if err != nil || len(found) == 0 {
				t.Fatalf("nothing matches %s: %v", pattern, err)
			}
			for _, name := range found {
				if err := os.RemoveAll(name); err != nil {
					t.Fatal(err)
				}
			}
		}
	}
	for _, test := range []struct {
		name     string
		prepare  func(t *testing.T, dir string)
		readOnly bool
		want     []string
	}{
		{
			name:    "no parent",
			prepare: func(t *testing.T, dir string) { os.Remove(filepath.Dir(dir)) },
			want:    []string{"DIR cannot be created", "there is no directory PARENT", "mkdir -p PARENT"},
		},
		{
			name:    "a file",
			prepare: func(t *testing.T, dir string) { write(t, dir, "") },
			want:    []string{"DIR is a file", "name a directory"},
		},
		{
			name: "parent is a file",
			prepare: func(t *testing.T, dir string) {
				os.Remove(filepath.Dir(dir))
				write(t, filepath.Dir(dir), "")
			},
			want: []string{"DIR", "PARENT"},
		},
		{
			name:    "not empty",
			prepare: func(t *testing.T, dir string) { write(t, filepath.Join(dir, "letter.txt"), "") },
			want:    []string{"DIR is no state directory", "letter.txt", "FORMAT", "name another directory"},
		},
		{
			name: "newer format",
			prepare: func(t *testing.T, dir string) {
				write(t, filepath.Join(dir, "FORMAT"), "gopiper state directory, format 7\n")
			},
			want: []string{"DIR has format 7", "DIR/FORMAT", "this gopiper knows format 1", "use the gopiper that wrote it"},
		},
		{
			name:    "damaged format",
			prepare: func(t *testing.T, dir string) { write(t, filepath.Join(dir, "FORMAT"), "gopiper state dir") },
			want:    []string{"DIR is damaged: DIR/FORMAT", "does not say which format", "restore", "mv DIR DIR.damaged", "without what it holds"},
		},
		{
			name:    "format removed",
			prepare: remove("FORMAT"),
			want:    []string{"DIR is damaged: DIR/FORMAT: it is missing", "restore"},
		},
		{
			name:    "database removed",
			prepare: remove("db"),
			want:    []string{"DIR is damaged: DIR/db: it is missing", "restore"},
		},
		{
			name:    "files of the database removed",
			prepare: remove("db/*"),
			want:    []string{"DIR is damaged: DIR/db/marker.manifest.*: it is missing", "restore"},
		},
		{
			name:    "manifest removed",
			prepare: remove("db/MANIFEST*"),
			want:    []string{"DIR is damaged: DIR/db/MANIFEST", "restore"},
		},
		{
			name:    "log removed",
			prepare: remove("db/*.log"),
			want:    []string{"DIR is damaged: DIR/db/", ".log: it is missing", "restore"},
		},
		{
			name:     "nothing to read",
			prepare:  func(*testing.T, string) {},
			readOnly: true,
			want:     []string{"there is no state directory DIR", "gopiper run --state"},
		},
		{
			name:     "nothing in it to read",
			prepare:  func(t *testing.T, dir string) { os.Mkdir(dir, 0o755) },
			readOnly: true,
			want:     []string{"DIR is empty", "gopiper run --state"},
		},
		{
			name: "in use by this process",
			prepare: func(t *testing.T, dir string) {
				s := mustOpen(t, dir, Options{})
				t.Cleanup(func() { mustClose(t, s) })
			},
			want: []string{"DIR: it is in use by this process"},
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			parent := filepath.Join(t.TempDir(), "parent")
			if err := os.Mkdir(parent, 0o755); err != nil {
				t.Fatal(err)
			}
			dir := filepath.Join(parent, "state")
			test.prepare(t, dir)
			before := contents(t, dir)
			s, err := Open(dir, Options{ReadOnly: test.readOnly})
			if err == nil {
				s.Close()
				t.Fatal("it was opened")
			}
			for _, want := range test.want {
				want = strings.NewReplacer("DIR", dir, "PARENT", parent).Replace(want)
				if !strings.Contains(err.Error(), want) {
					t.Errorf("the error does not say %q:\n%v", want, err)
				}
			}
			if after := contents(t, dir); test.readOnly && before != after {
				t.Errorf("it has changed\n%s\nto\n%s", before, after)
			}
		})
	}
}

// contents is all files below a directory, with what is in them.
func contents(t *testing.T, dir string) string {
	var all bytes.Buffer
	err := filepath.WalkDir(dir, func(name string, entry os.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		content, err := os.ReadFile(name)
		all.WriteString(name + ": " + strconv.Quote(string(content)) + "\n")
		return err
	})
	if err != nil && !errors.Is(err, os.ErrNotExist) && !errors.Is(err, syscall.ENOTDIR) {
		t.Fatal(err)
	}
	return all.String()
}

// What the system says when it refuses comes with what can be done.
func TestSystemRefusals(t *testing.T) {
	for _, test := range []struct {
		number syscall.Errno
		want   string
	}{
		{syscall.EACCES, "change the owner or the permissions"},
		{syscall.EROFS, "mount it for writing"},
		{syscall.ENOSPC, "make space"},
		{syscall.EDQUOT, "make space"},
		{syscall.EMFILE, "ulimit -n"},
		{syscall.EIO, "system's log"},
	} {
		for _, kind := range []string{"mkdir", "create", "write", "sync", "rename", "open", "read"} {
			fs := faultfs.Watch(vfs.NewMem(), func(op faultfs.Op) error {
				if op.Kind == kind {
					return &os.PathError{Op: kind, Path: op.Name, Err: test.number}
				}
				return nil
			})
			s, err := OpenOn(Below{FS: fs}, "/state", Options{})
			if err == nil {
				s.Close()
				t.Fatalf("%s, %s: it was opened", kind, test.number)
			}
			for _, want := range []string{"state directory /state", test.number.Error(), test.want} {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("%s: the error does not say %q:\n%v", kind, want, err)
				}
			}
		}
	}
}

// A reader changes nothing, and finds what was not in tables yet.
func TestReadOnly(t *testing.T) {
	memory := vfs.NewCrashableMem()
	s, err := OpenOn(Below{FS: memory}, "/state", Options{})
	if err != nil {
		t.Fatal(err)
	}
	put(t, s, "key", "value")
	left := memory.CrashClone(vfs.CrashCloneCfg{})
	mustClose(t, s)

	fs := faultfs.Watch(left, func(op faultfs.Op) error {
		if op.Kind != "read" {
			t.Errorf("%s %s", op.Kind, op.Name)
		}
		return nil
	})
	s, err = OpenOn(Below{FS: fs}, "/state", Options{ReadOnly: true})
	if err != nil {
		t.Fatal(err)
	}
	if value, err := s.Get([]byte("key")); string(value) != "value" || err != nil {
		t.Errorf("the value is %q, %v", value, err)
	}
	s.Update(true, func(Tx) { t.Error("an update was made") }, func() { t.Error("it was done") })
	mustClose(t, s)
}

// A reader of files that it may not write goes on without a lock.
func TestReadOnlyDisk(t *testing.T) {
	memory := vfs.NewMem()
	s, err := OpenOn(Below{FS: memory}, "/state", Options{})
	if err != nil {
		t.Fatal(err)
	}
	put(t, s, "key", "value")
	mustClose(t, s)
	s, err = OpenOn(Below{FS: unlockable{memory}}, "/state", Options{ReadOnly: true})
	if err != nil {
		t.Fatal(err)
	}
	if value, err := s.Get([]byte("key")); string(value) != "value" || err != nil {
		t.Errorf("the value is %q, %v", value, err)
	}
	mustClose(t, s)
	if _, err := OpenOn(Below{FS: unlockable{memory}}, "/state", Options{}); err == nil || !strings.Contains(err.Error(), "mount it for writing") {
		t.Errorf("to be written it was opened with %v", err)
	}
}

type unlockable struct{ vfs.FS }

func (unlockable) Lock(name string) (io.Closer, error) {
	return nil, &os.PathError{Op: "open", Path: name, Err: syscall.EROFS}
}

// TestHolder opens a store for another test, in a process of its own.
func TestHolder(t *testing.T) {
	dir := os.Getenv("STORE_TEST_DIR")
	if dir == "" {
		dir = filepath.Join(t.TempDir(), "state")
	}
	s := mustOpen(t, dir, Options{})
	defer s.Close()
	if os.Getenv("STORE_TEST_DIR") != "" {
		os.Stdout.WriteString("open\n")
		io.Copy(io.Discard, os.Stdin)
	}
}

// A store that another process has open is refused with the number of the process,
// by writers and readers; it is free as soon as that has died.
func TestInUse(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "state")
	command := exec.Command(os.Args[0], "-test.run=^TestHolder$")
	command.Env = append(os.Environ(), "STORE_TEST_DIR="+dir)
	input, err := command.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	defer input.Close()
	output, err := command.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	if _, err := io.ReadFull(output, make([]byte, 5)); err != nil {
		t.Fatal(err)
	}
	for _, readOnly := range []bool{false, true} {
		s, err := Open(dir, Options{ReadOnly: readOnly})
		if err == nil {
			s.Close()
			t.Fatal("it was opened")
		}
		if want := dir + ": it is in use by process " + strconv.Itoa(command.Process.Pid); !strings.Contains(err.Error(), want) {
			t.Errorf("the error does not say %q: %v", want, err)
		}
	}
	if err := command.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = command.Wait()
	mustClose(t, mustOpen(t, dir, Options{}))
}

// A directory has one name.
func TestLinkedDirectory(t *testing.T) {
	parent := t.TempDir()
	link := filepath.Join(parent, "link")
	s := mustOpen(t, filepath.Join(parent, "state"), Options{})
	defer mustClose(t, s)
	if err := os.Symlink(filepath.Join(parent, "state"), link); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(link, Options{}); err == nil || !strings.Contains(err.Error(), "in use") {
		t.Errorf("it was opened with %v", err)
	}
}

// What is left of a directory whose creation was interrupted, and what a file system
// has at its root, does no harm.
func TestInterruptedCreation(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "state")
	for _, name := range []string{"db", "lost+found"} {
		if err := os.MkdirAll(filepath.Join(dir, name), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	write(t, filepath.Join(dir, "FORMAT.tmp"), "gopi")
	used(t, dir)
	mustClose(t, mustOpen(t, dir, Options{}))
}
