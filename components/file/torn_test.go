package file_test

import (
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"
	"pgregory.net/rapid"

	"github.com/gopiper/gopiper/component"
	"github.com/gopiper/gopiper/components/file"
	"github.com/gopiper/gopiper/components/internal/fake"
	"github.com/gopiper/gopiper/framing"
)

func createWith(t testing.TB, state *fake.State, attributes map[string]any) stage {
	t.Helper()
	s, err := createIn(component.WithState(t.Context(), state), t, attributes)
	must(t, err)
	return s
}

// What a crash has left of a message is cut off, and nothing else.
func TestTorn(t *testing.T) {
	tests := []struct {
		framing      framing.Format
		before, torn string
		want         string
	}{
		{framing.Line, "", "", "kept\n"},
		{framing.Line, "", "to", "kept\n"},
		{framing.Line, "old\n", "whole\nto", "old\nkept\nwhole\n"},
		{framing.Line, "old", "to", "old\nkept\n"},
		{framing.NUL, "", "whole\x00t\no", "kept\x00whole\x00"},
		{framing.Length, "junk", "\x00", "junk\x00\x00\x00\x04kept"},
		{framing.Length, "", "\x00\x00\x00\x05who", "\x00\x00\x00\x04kept"},
		{framing.Length, "", "\x00\x00\x00\x00\x00\x00\x00\x01", "\x00\x00\x00\x04kept\x00\x00\x00\x00"},
		{framing.Varint, "", "\x01a\x80", "\x04kept\x01a"},
		{framing.Varint, "", "\x81\x00a\x05who", "\x04kept\x81\x00a"},
		{framing.Varint, "", strings.Repeat("\xff", 20), "\x04kept" + strings.Repeat("\xff", 20)}, // no crash leaves that
		{framing.None, "", "to", "keptto"},
	}
	for _, test := range tests {
		log := logs(t)
		name := t.TempDir() + "/out"
		must(t, os.WriteFile(name, []byte(test.before), 0o644))
		state := fake.NewState()
		attributes := map[string]any{"path": name, "framing": test.framing.String()}
		s := createWith(t, state, attributes)
		must(t, write(t, s, "kept"))
		file.Kill(s.Factory)
		appendTo(t, name, test.torn)

		s = createWith(t, state.Restart(), attributes)
		check(t, name, test.want)
		whole := len(test.before) + len(test.torn)
		if delimiter, ok := test.framing.Delimiter(); ok && test.before != "" && test.before[len(test.before)-1] != delimiter {
			whole++
		}
		whole += len(test.framing.Append(nil, []byte("kept")))
		if cut := whole - len(test.want); strings.Contains(log.String(), fmt.Sprint("bytes=", cut)) != (cut > 0) {
			t.Errorf("%d bytes were cut off, and told was %s", cut, log)
		}
		must(t, write(t, s, "next"))
		check(t, name, string(test.framing.Append([]byte(test.want), []byte("next"))))
	}
}

// Who closes the file in order finds it as it was, whatever is behind.
func TestClosedInOrder(t *testing.T) {
	name := t.TempDir() + "/out"
	state := fake.NewState()
	s := createWith(t, state, map[string]any{"path": name})
	must(t, write(t, s, "a"))
	must(t, s.Factory.(component.Closer).Close())
	if state.Len() != 0 {
		t.Error("there is a note")
	}
	appendTo(t, name, "theirs")
	s = createWith(t, state.Restart(), map[string]any{"path": name})
	must(t, write(t, s, "b"))
	check(t, name, "a\ntheirs\nb\n")
}

// A message that was settled stays, although no delimiter is behind it.
func TestUnterminatedIsKept(t *testing.T) {
	name := t.TempDir() + "/out"
	state := fake.NewState()
	s := createWith(t, state, map[string]any{"path": name})
	must(t, write(t, s, "a"))
	fake.Handle(t, s.Component, fake.NewUnterminated("b"))
	must(t, s.Component.(component.Flusher).Flush(t.Context()))
	for _, torn := range []string{"", "\nto"} {
		file.Kill(s.Factory)
		appendTo(t, name, torn)
		state = state.Restart()
		s = createWith(t, state, map[string]any{"path": name})
		check(t, name, "a\nb"+torn[:min(1, len(torn))])
	}
	must(t, write(t, s, "c"))
	check(t, name, "a\nb\nc\n")
}

// Nothing is cut off without a note, from a file that is another one or is not
// written in that way, nor while somebody else writes to it.
func TestNotTorn(t *testing.T) {
	kill := func(t *testing.T, state *fake.State, framed string) (name string) {
		name = t.TempDir() + "/out"
		s := createWith(t, state, map[string]any{"path": name, "framing": framed})
		must(t, write(t, s, "a"))
		file.Kill(s.Factory)
		appendTo(t, name, "to")
		return name
	}
	t.Run("without a state directory", func(t *testing.T) {
		state := fake.NewState()
		state.Volatile = true
		name := kill(t, state, "line")
		must(t, write(t, createWith(t, state, map[string]any{"path": name}), "b"))
		check(t, name, "a\nto\nb\n")
	})
	t.Run("renamed", func(t *testing.T) {
		state := fake.NewState()
		name := kill(t, state, "line")
		must(t, os.Rename(name, name+".1"))
		must(t, os.WriteFile(name, []byte("new"), 0o644))
		createWith(t, state.Restart(), map[string]any{"path": name})
		check(t, name, "new")
		check(t, name+".1", "a\nto")
	})
	t.Run("removed", func(t *testing.T) {
		state := fake.NewState()
		name := kill(t, state, "line")
		must(t, os.Remove(name))
		must(t, write(t, createWith(t, state.Restart(), map[string]any{"path": name}), "b"))
		check(t, name, "b\n")
	})
	t.Run("another in its place", func(t *testing.T) {
		state := fake.NewState()
		name := kill(t, state, "line")
		must(t, os.Remove(name))
		must(t, os.WriteFile(name, []byte("a\nnew"), 0o644)) // which may have its inode
		if birthless(t, name) {
			return
		}
		createWith(t, state.Restart(), map[string]any{"path": name})
		check(t, name, "a\nnew")
	})
	t.Run("another framing", func(t *testing.T) {
		state := fake.NewState()
		name := kill(t, state, "nul")
		createWith(t, state.Restart(), map[string]any{"path": name})
		check(t, name, "a\x00to")
	})
	t.Run("another stage", func(t *testing.T) {
		state := fake.NewState()
		name := kill(t, state, "line")
		createWith(t, fake.NewState(), map[string]any{"path": name})
		createWith(t, state.Restart(), map[string]any{"path": name})
		check(t, name, "a\nto")
	})
	t.Run("shorter", func(t *testing.T) {
		state := fake.NewState()
		name := t.TempDir() + "/out"
		must(t, os.WriteFile(name, []byte("old and long\n"), 0o644))
		s := createWith(t, state, map[string]any{"path": name})
		must(t, write(t, s, "a"))
		file.Kill(s.Factory)
		must(t, os.Truncate(name, 3))
		createWith(t, state.Restart(), map[string]any{"path": name})
		check(t, name, "old")
	})
	t.Run("a note of another version", func(t *testing.T) {
		log := logs(t)
		state := fake.NewState()
		name := kill(t, state, "line")
		_ = state.Each(nil, func(key, _ []byte) bool {
			must(t, state.Put(nil, []byte("writing"), []byte("\x02whatever"), time.Time{}))
			return true
		})
		createWith(t, state.Restart(), map[string]any{"path": name})
		check(t, name, "a\nto")
		if !strings.Contains(log.String(), "it may hold a part of a message") {
			t.Error(log)
		}
	})
}

// A file that somebody else truncates, or that is opened anew on a signal, is
// noted anew.
func TestNotedAnew(t *testing.T) {
	for name, change := range map[string]func(name string) error{
		"truncated": func(name string) error { return os.Truncate(name, 0) },
		"renamed": func(name string) error {
			return errors.Join(os.Rename(name, name+".1"), unix.Kill(os.Getpid(), unix.SIGUSR1))
		},
	} {
		path := t.TempDir() + "/out"
		must(t, os.WriteFile(path, []byte("old and long\n"), 0o644))
		state := fake.NewState()
		s := createWith(t, state, map[string]any{"path": path})
		must(t, change(path))
		for {
			must(t, write(t, s, "a"))
			if content, err := os.ReadFile(path); err == nil && string(content) == "a\n" {
				break
			}
		}
		file.Kill(s.Factory)
		appendTo(t, path, "to")
		createWith(t, state.Restart(), map[string]any{"path": path})
		if content, err := os.ReadFile(path); err != nil || string(content) != "a\n" {
			t.Errorf("%s: %q, %v", name, content, err)
		}
	}
}

// A state that cannot be changed is an error, at the start and later.
func TestStateFails(t *testing.T) {
	full := errors.New("the store is full")
	state := fake.NewState()
	state.Fail = func(component.Message, []byte) error { return full }
	name := t.TempDir() + "/out"
	if _, err := createIn(component.WithState(t.Context(), state), t, map[string]any{"path": name}); !errors.Is(err, full) || !strings.Contains(err.Error(), name) {
		t.Error(err)
	}
	state.Fail = nil
	s := createWith(t, state, map[string]any{"path": name})
	state.Fail = func(component.Message, []byte) error { return full }
	var d disk
	d.on(s)
	d.syncs = []error{unix.EIO}
	if err := write(t, s, "a"); !errors.Is(err, unix.EIO) {
		t.Error(err)
	}
	must(t, write(t, s, "a")) // for which the state knows enough
	add := func() error {
		fake.Handle(t, s.Component, fake.NewUnterminated("b"))
		return s.Component.(component.Flusher).Flush(t.Context())
	}
	if err := add(); !errors.Is(err, full) {
		t.Error(err)
	}
	check(t, name, "a\n")
	state.Fail = nil
	must(t, add())
	check(t, name, "a\nb")
}

// Whenever a process is killed, also in the middle of a write, what was settled is
// there, once, in order, and what is there is whole.
func TestKilled(t *testing.T) {
	base := t.TempDir()
	rapid.Check(t, func(rt *rapid.T) {
		format := rapid.SampledFrom([]framing.Format{framing.Line, framing.Length, framing.Varint}).Draw(rt, "framing")
		directory, err := os.MkdirTemp(base, "killed")
		must(t, err)
		defer os.RemoveAll(directory)
		name := directory + "/out"
		state := fake.NewState()
		next := 0 // the message that is to be settled next
		for range rapid.IntRange(1, 6).Draw(rt, "lives") {
			s := new(disk).on(createWith(t, state, map[string]any{"path": name, "framing": format.String()}))
			for range rapid.IntRange(0, 3).Draw(rt, "flushes") {
				n := rapid.IntRange(1, 5).Draw(rt, "messages")
				must(t, write(t, s, numbered(next, n)...))
				next += n
			}
			// The last write of this life is cut anywhere; nobody is told that any of it
			// is there.
			file.Kill(s.Factory)
			var last []byte
			for _, text := range numbered(next, 3) {
				last = format.Append(last, []byte(text))
			}
			appendTo(t, name, string(last[:rapid.IntRange(0, len(last)).Draw(rt, "part")]))
			state = state.Restart()
		}
		createWith(t, state, map[string]any{"path": name, "framing": format.String()})
		content, err := os.ReadFile(name)
		must(t, err)
		checkSettled(rt, format, content, next)
	})
}

func numbered(first, n int) (texts []string) {
	for i := range n {
		texts = append(texts, fmt.Sprint("message ", first+i))
	}
	return texts
}

// checkSettled checks that whole messages are there: the first so many, each of
// them at its place, or again behind it.
func checkSettled(rt *rapid.T, format framing.Format, content []byte, settled int) {
	cutter := framing.NewCutter(format, 100)
	want, from := 0, 0
	for {
		start, end, next, found := cutter.Next(content, from)
		if from = next; found == framing.Nothing {
			break
		}
		var number int
		if _, err := fmt.Sscanf(string(content[start:end]), "message %d", &number); err != nil || number > want {
			rt.Fatalf("%q is there before message %d", content[start:end], want)
		}
		want = number + 1 // a life that began again has written it again
	}
	if _, _, found := cutter.End(content, from); found != framing.Nothing || want < settled {
		rt.Fatalf("%d messages of %d settled, and %q", want, settled, content[from:])
	}
}
