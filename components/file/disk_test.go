package file_test

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"slices"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
	"pgregory.net/rapid"

	"github.com/gopiper/gopiper/component"
	"github.com/gopiper/gopiper/components/file"
	"github.com/gopiper/gopiper/components/internal/fake"
	"github.com/gopiper/gopiper/framing"
)

// disk is one that fails when it is asked to.
type disk struct {
	writes, syncs []error  // of the next calls; nil for success
	part          int      // how much is written by a write that fails
	synced        int      // calls
	names         []string // of the files that were synced
	lies          bool     // what could not be synced is lost, as if the pages were dropped
	at            int64    // up to where all is on the disk
}

func (d *disk) write(f *os.File, p []byte) (int, error) {
	if err := pop(&d.writes); err != nil {
		n, _ := f.Write(p[:min(len(p), d.part)])
		return n, &os.PathError{Op: "write", Path: f.Name(), Err: err}
	}
	return f.Write(p)
}

func (d *disk) sync(f *os.File) error {
	d.synced++
	d.names = append(d.names, f.Name())
	info, err := f.Stat()
	if err != nil || info.IsDir() {
		return err
	}
	if err := pop(&d.syncs); err != nil {
		if d.lies && info.Size() > d.at {
			zeros, err := os.OpenFile(f.Name(), os.O_WRONLY, 0)
			if err != nil {
				return err
			}
			defer zeros.Close()
			if _, err := zeros.WriteAt(make([]byte, info.Size()-d.at), d.at); err != nil {
				return err
			}
		}
		return &os.PathError{Op: "sync", Path: f.Name(), Err: err}
	}
	d.at = info.Size()
	return nil
}

func pop(errs *[]error) (err error) {
	if len(*errs) > 0 {
		err, *errs = (*errs)[0], (*errs)[1:]
	}
	return err
}

// on makes a sink write to the disk.
func (d *disk) on(s stage) stage {
	file.Disk(s.Factory, d.write, d.sync)
	return s
}

// One fsync for all that was handed over together, none if nothing was, and none
// if nobody wants it.
func TestSync(t *testing.T) {
	for sync, want := range map[bool]int{true: 3, false: 0} {
		var d disk
		s := d.on(mustCreate(t, map[string]any{"path": t.TempDir() + "/new/out", "sync": sync}))
		for range 3 {
			must(t, write(t, s, "a", "b", "c"))
			must(t, s.Component.(component.Flusher).Flush(t.Context()))
		}
		if d.synced != want {
			t.Errorf("sync = %v: %d times", sync, d.synced)
		}
	}
}

// The disk also has the names of what is created, and the cutting off of what a
// crash has left.
func TestSyncOfNames(t *testing.T) {
	base := t.TempDir()
	attributes, err := file.Declaration.Validate(map[string]any{"path": base + "/new/directory/out"})
	must(t, err)
	f, err := file.NewFactory(attributes)
	must(t, err)
	var d disk
	s := d.on(stage{f, f.Create(nil)})
	state := fake.NewState()
	ctx := component.WithState(t.Context(), state)
	open := f.(component.Opener).Open
	must(t, open(ctx))
	must(t, write(t, s, "a"))
	if want := []string{base, base + "/new", base + "/new/directory", base + "/new/directory/out"}; !slices.Equal(d.names, want) {
		t.Errorf("%q, want %q", d.names, want)
	}
	file.Kill(f)
	appendTo(t, base+"/new/directory/out", "to")
	d.names = nil
	must(t, open(ctx))
	if want := []string{base + "/new/directory/out", base + "/new/directory"}; !slices.Equal(d.names, want) {
		t.Errorf("%q, want %q", d.names, want)
	}
	must(t, os.Rename(base+"/new/directory", base+"/new/renamed"))
	must(t, unix.Kill(os.Getpid(), unix.SIGUSR1))
	for d.names = nil; !slices.Contains(d.names, base+"/new"); { // until the signal has come
		must(t, write(t, s, "b"))
	}
	must(t, f.(component.Closer).Close())
}

// What is no file has no disk.
func TestSyncOfPipe(t *testing.T) {
	name := t.TempDir() + "/pipe"
	must(t, unix.Mkfifo(name, 0o600))
	r, err := os.OpenFile(name, os.O_RDWR, 0)
	must(t, err)
	defer r.Close()
	s := mustCreate(t, map[string]any{"path": name})
	must(t, write(t, s, "a"))
	var b [10]byte
	if n, err := r.Read(b[:]); err != nil || string(b[:n]) != "a\n" {
		t.Errorf("%q, %v", b[:n], err)
	}
}

// After a failed fsync everything since the one before is written again, and the
// file is cut back first: nothing is believed of what it said.
func TestSyncFails(t *testing.T) {
	d := disk{lies: true}
	name := t.TempDir() + "/out"
	s := d.on(mustCreate(t, map[string]any{"path": name}))
	must(t, write(t, s, "a"))
	d.syncs = []error{unix.EIO, unix.EIO}
	for range 2 {
		if err := write(t, s, "b", "c"); !errors.Is(err, unix.EIO) {
			t.Error(err)
		}
		check(t, name, "a\n")
	}
	must(t, write(t, s, "b", "c"))
	check(t, name, "a\nb\nc\n")
}

// Without space for more: what is there is whole, and when there is space it goes
// on by itself. The system says so to a process of its own, because the bound is
// that of all its files.
func TestDiskIsFull(t *testing.T) {
	const child = "GOPIPER_TEST_SMALL_FILES"
	if os.Getenv(child) == "" {
		command := exec.Command(os.Args[0], "-test.run=^TestDiskIsFull$", "-test.v")
		command.Env = append(os.Environ(), child+"=1")
		if out, err := command.CombinedOutput(); err != nil || !bytes.Contains(out, []byte("--- PASS: TestDiskIsFull")) {
			t.Errorf("%v\n%s", err, out)
		}
		return
	}
	for _, framed := range []framing.Format{framing.Line, framing.Length, framing.None} {
		name := t.TempDir() + "/out"
		s := mustCreate(t, map[string]any{"path": name, "framing": framed.String()})
		messages := make([]string, 300)
		var want []byte
		for i := range messages {
			messages[i] = fmt.Sprint("message ", i, strings.Repeat(".", 1000))
			want = framed.Append(want, []byte(messages[i]))
		}
		first := len(framed.Append(nil, []byte(messages[0])))
		must(t, write(t, s, messages[0]))
		for _, size := range []int{first + 10, 100_000, len(want) - 1} {
			withFilesOf(t, size, func() {
				if err := write(t, s, messages[1:]...); !errors.Is(err, unix.EFBIG) {
					t.Error(err)
				}
			})
			check(t, name, string(want[:first]))
		}
		must(t, write(t, s, messages[1:]...))
		check(t, name, string(want))
	}
}

// withFilesOf calls f while files may not be longer.
func withFilesOf(t *testing.T, size int, f func()) {
	t.Helper()
	signal.Ignore(unix.SIGXFSZ)
	defer signal.Reset(unix.SIGXFSZ)
	var before unix.Rlimit
	must(t, unix.Getrlimit(unix.RLIMIT_FSIZE, &before))
	must(t, unix.Setrlimit(unix.RLIMIT_FSIZE, &unix.Rlimit{Cur: uint64(size), Max: before.Max}))
	defer func() { must(t, unix.Setrlimit(unix.RLIMIT_FSIZE, &before)) }()
	f()
}

// However often and wherever writing fails, in the end every message is there
// once, in its order.
func TestWriteThroughErrors(t *testing.T) {
	base := t.TempDir()
	rapid.Check(t, func(rt *rapid.T) {
		format := rapid.SampledFrom([]framing.Format{framing.Line, framing.NUL, framing.Length, framing.Varint, framing.None}).Draw(rt, "framing")
		_, delimited := format.Delimiter()
		directory, err := os.MkdirTemp(base, "disk")
		must(t, err)
		defer os.RemoveAll(directory)
		name := directory + "/out"
		d := disk{lies: true}
		s, err := createIn(t.Context(), t, map[string]any{"path": name, "framing": format.String(), "sync": rapid.Bool().Draw(rt, "sync")})
		must(t, err)
		d.on(s)
		var want []byte
		open := false
		for range rapid.IntRange(1, 10).Draw(rt, "flushes") {
			var texts []string
			for i := range rapid.IntRange(0, 5).Draw(rt, "messages") {
				texts = append(texts, strings.Repeat(fmt.Sprint(i), rapid.SampledFrom([]int{0, 1, 10, 200_000}).Draw(rt, "length")))
			}
			last := len(texts) > 0 && delimited && rapid.IntRange(0, 3).Draw(rt, "unterminated") == 0
			for _, text := range texts {
				if open {
					want, open = format.Append(want, nil), false
				}
				want = format.Append(want, []byte(text))
			}
			if last && texts[len(texts)-1] != "" { // else nothing would be there of it
				want, open = want[:len(want)-1], true
			}
			for try := 0; ; try++ {
				if try < 4 {
					d.part = rapid.SampledFrom([]int{0, 1, 5, 100_000}).Draw(rt, "part")
					d.writes = errs(rt, "writes", unix.ENOSPC)
					d.syncs = errs(rt, "syncs", unix.EIO)
				} else {
					d.writes, d.syncs = nil, nil
				}
				messages := fake.Messages(texts...)
				if last {
					messages[len(messages)-1] = fake.NewUnterminated(texts[len(texts)-1])
				}
				if len(messages) > 0 {
					s.Component.(component.BatchHandler).HandleBatch(messages, make([]component.Report, len(messages)))
				}
				if err := s.Component.(component.Flusher).Flush(t.Context()); err == nil {
					break
				} else if try == 4 {
					rt.Fatal(err)
				}
			}
			if got, err := os.ReadFile(name); err != nil || !bytes.Equal(got, want) {
				rt.Fatalf("%d bytes, %q, want %d, %q, %v", len(got), short(got), len(want), short(want), err)
			}
		}
		must(t, s.Factory.(component.Closer).Close())
	})
}

func errs(rt *rapid.T, name string, err error) []error {
	return rapid.SliceOfN(rapid.SampledFrom([]error{nil, err}), 0, 3).Draw(rt, name)
}

func short(b []byte) []byte { return b[:min(len(b), 100)] }

// A worker's error undoes what another one has written and not settled, and this
// one learns of it.
func TestWorkersFailTogether(t *testing.T) {
	name := t.TempDir() + "/out"
	var d disk
	s := d.on(mustCreate(t, map[string]any{"path": name}))
	other := stage{s.Factory, s.Create(nil)}
	long := strings.Repeat("x", 300_000) // is written at once, and settled later
	add := func(s stage, text string) {
		fake.Handle(t, s.Component, fake.NewMessage(text))
	}
	add(other, long)
	d.syncs = []error{unix.EIO}
	if err := write(t, s, "a"); !errors.Is(err, unix.EIO) {
		t.Error(err)
	}
	check(t, name, "")
	must(t, write(t, s, "a"))
	if err := other.Component.(component.Flusher).Flush(t.Context()); err == nil || !strings.Contains(err.Error(), "it is written again") {
		t.Error(err)
	}
	must(t, write(t, other, long))
	check(t, name, "a\n"+long+"\n")

	// What another worker's fsync has settled is settled.
	d.synced = 0
	add(other, long)
	must(t, write(t, s, "b"))
	must(t, other.Component.(component.Flusher).Flush(t.Context()))
	if d.synced != 1 {
		t.Errorf("%d times", d.synced)
	}

	// An early write after another worker's error does not mix the old and the new.
	add(other, long)
	d.syncs = []error{unix.EIO}
	if err := write(t, s, "c"); err == nil {
		t.Error("no error")
	}
	add(other, long)
	if err := other.Component.(component.Flusher).Flush(t.Context()); err == nil {
		t.Error("no error")
	}
	check(t, name, "a\n"+long+"\n"+long+"\nb\n")
}

// Where others write too, nothing of theirs is cut off.
func TestOthersWriteToo(t *testing.T) {
	t.Run("a program", func(t *testing.T) {
		name := t.TempDir() + "/out"
		d := disk{part: 3}
		s := d.on(mustCreate(t, map[string]any{"path": name}))
		must(t, write(t, s, "a"))
		appendTo(t, name, "theirs\n")
		must(t, write(t, s, "b"))
		d.syncs = []error{unix.EIO}
		file.Disk(s.Factory, func(f *os.File, p []byte) (int, error) {
			defer appendTo(t, name, "theirs again")
			return f.Write(p)
		}, d.sync)
		if err := write(t, s, "c"); !errors.Is(err, unix.EIO) {
			t.Error(err)
		}
		d.on(s)
		must(t, write(t, s, "c"))
		check(t, name, "a\ntheirs\nb\nc\ntheirs again\nc\n")
	})
	t.Run("another stage", func(t *testing.T) {
		name := t.TempDir() + "/out"
		d := disk{part: 3}
		s := d.on(mustCreate(t, map[string]any{"path": name}))
		other := mustCreate(t, map[string]any{"path": name})
		must(t, write(t, s, "a"))
		must(t, write(t, other, "theirs"))
		must(t, write(t, s, "b"))
		d.writes = []error{unix.ENOSPC}
		if err := write(t, s, "ccc", "ddd"); !errors.Is(err, unix.ENOSPC) {
			t.Error(err)
		}
		must(t, write(t, s, "ccc", "ddd")) // which first completes what was written in part
		check(t, name, "a\ntheirs\nb\nccc\nccc\nddd\n")
		d.writes = []error{unix.ENOSPC}
		if err := write(t, s, "eeee"); !errors.Is(err, unix.ENOSPC) {
			t.Error(err)
		}
		check(t, name, "a\ntheirs\nb\nccc\nccc\nddd\neee")
		must(t, write(t, s, "eeee"))
		check(t, name, "a\ntheirs\nb\nccc\nccc\nddd\neeee\neeee\n")
	})
	t.Run("a program that truncates it", func(t *testing.T) {
		name := t.TempDir() + "/out"
		d := disk{part: 3}
		s := d.on(mustCreate(t, map[string]any{"path": name}))
		must(t, write(t, s, "a"))
		must(t, os.Truncate(name, 0))
		must(t, write(t, s, "b"))
		d.writes = []error{unix.ENOSPC}
		if err := write(t, s, "cccc"); err == nil {
			t.Error("no error")
		}
		must(t, write(t, s, "cccc"))
		check(t, name, "b\ncccc\n")
	})
}

// A file that cannot be cut gets the rest of what was written in part.
func TestCannotCut(t *testing.T) {
	name := t.TempDir() + "/pipe"
	must(t, unix.Mkfifo(name, 0o600))
	r, err := os.OpenFile(name, os.O_RDWR, 0)
	must(t, err)
	defer r.Close()
	d := disk{part: 3}
	s := d.on(mustCreate(t, map[string]any{"path": name}))
	d.writes = []error{unix.ENOSPC}
	if err := write(t, s, "aaaa", "bbbb"); !errors.Is(err, unix.ENOSPC) {
		t.Error(err)
	}
	must(t, write(t, s, "aaaa", "bbbb"))
	var b [100]byte
	if n, err := r.Read(b[:]); err != nil || string(b[:n]) != "aaaa\naaaa\nbbbb\n" {
		t.Errorf("%q, %v", b[:n], err)
	}
}

// What does not end with a delimiter gets one before the next message.
func TestAppendToIncomplete(t *testing.T) {
	for before, want := range map[string]string{"": "a\nb", "old": "old\na\nb", "old\n": "old\na\nb", "\n": "\na\nb"} {
		name := t.TempDir() + "/out"
		must(t, os.WriteFile(name, []byte(before), 0o644))
		s := mustCreate(t, map[string]any{"path": name})
		must(t, write(t, s, "a"))
		fake.Handle(t, s.Component, fake.NewUnterminated("b"))
		must(t, s.Component.(component.Flusher).Flush(t.Context()))
		check(t, name, want)
		other := stage{s.Factory, s.Create(nil)}
		must(t, write(t, other, "c"))
		must(t, write(t, s, "d"))
		check(t, name, want+"\nc\nd\n")
	}
}

// In the steady state nothing is allocated but by the system calls.
func TestWriteAllocates(t *testing.T) {
	s := mustCreate(t, map[string]any{"path": t.TempDir() + "/out", "sync": false})
	messages := fake.Messages(slices.Repeat([]string{"a message"}, 500)...)
	reports := make([]component.Report, len(messages))
	n := testing.AllocsPerRun(20, func() {
		s.Component.(component.BatchHandler).HandleBatch(messages, reports)
		must(t, s.Component.(component.Flusher).Flush(t.Context()))
	})
	if n > 2 {
		t.Errorf("%v allocations for 500 messages", n)
	}
}
