package file_test

import (
	"bytes"
	"context"
	"log/slog"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gopiper/gopiper/component"
	"github.com/gopiper/gopiper/components/internal/fake"
)

// following is a source that follows files, in a bubble of package synctest: time
// passes only while the test waits, and then at once.
type following struct {
	t         *testing.T
	out       fake.Output
	positions map[string][]byte // at its start
	cancel    context.CancelFunc
	done      chan error
	seen      int // messages
}

// follow starts a source that goes on at the positions.
func follow(t *testing.T, positions map[string][]byte, attributes map[string]any) *following {
	t.Helper()
	return followIn(t, component.Positions{Of: positions, Durable: true}, attributes)
}

func followIn(t *testing.T, positions component.Positions, attributes map[string]any) *following {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	ctx = component.WithPositions(ctx, func() component.Positions {
		return component.Positions{Of: maps.Clone(positions.Of), Durable: positions.Durable}
	})
	attributes["follow"] = true
	s, err := createIn(ctx, t, attributes)
	if err != nil {
		t.Fatal(err)
	}
	f := &following{t: t, positions: positions.Of, cancel: cancel, done: make(chan error, 1)}
	go func() { f.done <- s.Component.(component.Runner).Run(ctx, &f.out) }()
	t.Cleanup(cancel)
	synctest.Wait()
	return f
}

// gets checks which messages have come since it was called last, after some time.
func (f *following) gets(after time.Duration, want ...string) {
	f.t.Helper()
	time.Sleep(after)
	synctest.Wait()
	all := f.out.Emitted()
	var got []string
	for _, e := range all[f.seen:] {
		text := e.Data
		if e.Unterminated {
			text += " (unterminated)"
		}
		if e.Failed.Status != 0 {
			text += " (failed)"
		}
		got = append(got, text)
	}
	f.seen = len(all)
	if !slices.Equal(got, want) {
		f.t.Fatalf("after %v: got %q, want %q", after, got, want)
	}
}

// stop stops it, all being settled, and returns the positions for the next run.
func (f *following) stop() map[string][]byte {
	f.t.Helper()
	f.cancel()
	if err := <-f.done; err != nil {
		f.t.Fatal(err)
	}
	_, positions := f.out.Settle(f.out.Emits(), f.positions)
	return positions
}

func appendTo(t testing.TB, name, text string) {
	t.Helper()
	file, err := os.OpenFile(name, os.O_WRONLY|os.O_APPEND|os.O_CREATE, 0o644)
	if err == nil {
		_, err = file.WriteString(text)
		file.Close()
	}
	if err != nil {
		t.Fatal(err)
	}
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// logs collects what is logged during a test.
func logs(t *testing.T) *bytes.Buffer {
	var b bytes.Buffer
	before := slog.Default()
	slog.SetDefault(slog.New(slog.NewTextHandler(&b, nil)))
	t.Cleanup(func() { slog.SetDefault(before) })
	return &b
}

// hundred is more than the fingerprint is of.
func hundred(name string) string { return strings.Repeat("a line of "+name+"\n", 100) }

func lines(text string) []string { return strings.Split(strings.TrimSuffix(text, "\n"), "\n") }

func TestFollow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := tree(t, map[string]string{"a.log": "1\n2", "x.txt": "x\n", "dir.log/y": "y\n"})
		f := follow(t, nil, map[string]any{"paths": d + "*.log", "add_path": true})
		f.gets(0, "1")
		appendTo(t, d+"a.log", "+\n3\n\n4")
		f.gets(time.Second, "2+", "3", "")
		appendTo(t, d+"b.log", "b\n")
		f.gets(1200*time.Millisecond, "b")
		appendTo(t, d+"a.log", "\n")
		appendTo(t, d+"b.log", "b2\n")
		f.gets(200*time.Millisecond, "4", "b2")
		f.gets(time.Hour)
		for _, e := range f.out.Emitted() {
			if want := d + "a.log"; !strings.HasPrefix(e.Data, "b") && e.Meta.Attributes[1] != want {
				t.Errorf("%q comes from %q, want %q", e.Data, e.Meta.Attributes, want)
			}
		}
		positions := f.stop()
		appendTo(t, d+"a.log", "5\n")
		appendTo(t, d+"c.log", "c\n")
		f = follow(t, positions, map[string]any{"paths": d + "*.log"})
		f.gets(0, "5", "c")
		f.stop()
	})
}

// The files need not be there, and without a state directory every run begins
// anew.
func TestFollowWithoutState(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := t.TempDir() + "/"
		for range 2 {
			f := followIn(t, component.Positions{}, map[string]any{"paths": []any{d + "a", d + "new/*"}})
			if _, err := os.Stat(d + "a"); err != nil {
				f.gets(time.Minute)
				appendTo(t, d+"a", "1\n")
				must(t, os.Mkdir(d+"new", 0o755))
				appendTo(t, d+"new/b", "2\n")
			}
			f.gets(1200*time.Millisecond, "1", "2")
			if positions := f.stop(); len(positions) > 0 {
				t.Error(positions)
			}
		}
	})
}

func TestFollowRename(t *testing.T) {
	// Beside that of the new file, and the note that it has begun, a position is kept
	// only of what matches.
	for rotated, kept := range map[string]int{"a.log.1": 2, "a.log.1.log": 3} {
		t.Run(rotated, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				d := tree(t, map[string]string{"a.log": hundred("a")})
				f := follow(t, nil, map[string]any{"paths": d + "*.log", "close_rotated": "10s"})
				f.gets(time.Second, lines(hundred("a"))...)
				appendTo(t, d+"a.log", "old 1\nold")
				must(t, os.Rename(d+"a.log", d+rotated))
				appendTo(t, d+"a.log", "new 1\n")
				appendTo(t, d+rotated, " 2\n")
				f.gets(1200*time.Millisecond, "old 1", "old 2", "new 1")
				appendTo(t, d+rotated, "old 3\nincomplete")
				f.gets(9*time.Second, "old 3")
				f.gets(2*time.Second, "incomplete (unterminated)")
				appendTo(t, d+"a.log", "new 2\n")
				f.gets(time.Second, "new 2")
				positions := f.stop()
				if len(positions) != kept {
					t.Errorf("%d positions, want %d", len(positions), kept)
				}
				f = follow(t, positions, map[string]any{"paths": d + "*.log"})
				f.gets(time.Minute)
				f.stop()
			})
		})
	}
}
