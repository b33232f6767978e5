package file_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
	"golang.org/x/sys/unix"

	"github.com/gopiper/gopiper/component"
	"github.com/gopiper/gopiper/components/internal/fake"
)

// tree makes files and returns the path of their directory with a slash.
func tree(t *testing.T, files map[string]string) string {
	t.Helper()
	directory := t.TempDir() + "/"
	for name, content := range files {
		if err := os.MkdirAll(filepath.Dir(directory+name), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(directory+name, []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return directory
}

func run(t *testing.T, attributes map[string]any) (*fake.Output, error) {
	t.Helper()
	var out fake.Output
	return &out, mustCreate(t, attributes).Component.(component.Runner).Run(t.Context(), &out)
}

func compressed(t *testing.T, kind, text string) string {
	t.Helper()
	var b bytes.Buffer
	var w io.WriteCloser = gzip.NewWriter(&b)
	if kind == "zstd" {
		var err error
		if w, err = zstd.NewWriter(&b); err != nil {
			t.Fatal(err)
		}
	}
	io.WriteString(w, text)
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestRead(t *testing.T) {
	d := tree(t, map[string]string{
		"b.log": "b1\nb2\n", "a.log": "a1\na2", "c.txt": "c1\n", "d/e.log": "e1\n", "dir.log/x": "x\n", "with[brackets]": "w\n", "empty": "",
		"z.gz": compressed(t, "gzip", "g1\ng2\n") + compressed(t, "gzip", "g3\n"), "y.zst": compressed(t, "zstd", "s1\ns2"),
	})
	tests := []struct {
		name  string
		paths []string
		want  []string
	}{
		{"one", []string{"c.txt"}, []string{"c1"}},
		{"sorted, without directories", []string{"*.log"}, []string{"a1", "a2", "b1", "b2"}},
		{"in the order of the patterns, none twice", []string{"c.txt", "b.log", "*.log"}, []string{"c1", "b1", "b2", "a1", "a2"}},
		{"in directories", []string{"*/*.log"}, []string{"e1"}},
		{"a name that is no pattern", []string{"with[brackets]"}, []string{"w"}},
		{"an empty file", []string{"empty", "c.txt"}, []string{"c1"}},
		{"compressed", []string{"z.gz", "y.zst"}, []string{"g1", "g2", "g3", "s1", "s2"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			var paths []any
			for _, p := range test.paths {
				paths = append(paths, d+p)
			}
			out, err := run(t, map[string]any{"paths": paths})
			if got := out.Data(); err != nil || !slices.Equal(got, test.want) {
				t.Errorf("got %q, want %q, %v", got, test.want, err)
			}
		})
	}
}

func TestReadFramed(t *testing.T) {
	d := tree(t, map[string]string{"a": "one\ntwo\n", "b": "three"})
	out, err := run(t, map[string]any{"paths": d + "*", "framing": "none"})
	if got := out.Data(); err != nil || !slices.Equal(got, []string{"one\ntwo\n", "three"}) {
		t.Errorf("%q, %v", got, err)
	}
}

func TestReadLines(t *testing.T) {
	d := tree(t, map[string]string{"a": "> a\n and b\n> c\n and d", "b": " e\n"})
	out, err := run(t, map[string]any{"paths": d + "*", "multiline_start": "^>"})
	if got := out.Data(); err != nil || !slices.Equal(got, []string{"> a\n and b", "> c\n and d", " e"}) {
		t.Errorf("%q, %v", got, err)
	}
}

func TestNotDecompressed(t *testing.T) {
	content := compressed(t, "gzip", "text")
	d := tree(t, map[string]string{"a.gz": content})
	out, err := run(t, map[string]any{"paths": d + "a.gz", "framing": "none", "decompress": false})
	if got := out.Data(); err != nil || len(got) != 1 || got[0] != content {
		t.Errorf("%q, %v", got, err)
	}
}

func TestAddPath(t *testing.T) {
	d := tree(t, map[string]string{"a": strings.Repeat("x\n", 300), "b": "y\n"})
	out, err := run(t, map[string]any{"paths": d + "*", "add_path": true})
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]string{"x": d + "a", "y": d + "b"}
	for _, e := range out.Emitted() {
		if !slices.Equal(e.Meta.Attributes, []string{"path", want[e.Data]}) {
			t.Fatalf("%s: %q", e.Data, e.Meta.Attributes)
		}
	}
}

// Workers share the files, and each file is read once.
func TestReadByManyWorkers(t *testing.T) {
	d := tree(t, map[string]string{"1": "a\n", "2": "b\n", "3": "c\n", "4": "d\n"})
	s := mustCreate(t, map[string]any{"paths": d + "*"})
	outs := make([]fake.Output, 3)
	var wait sync.WaitGroup
	for i := range outs {
		wait.Go(func() {
			if err := s.Create(nil).(component.Runner).Run(t.Context(), &outs[i]); err != nil {
				t.Error(err)
			}
		})
	}
	wait.Wait()
	var got []string
	for i := range outs {
		got = append(got, outs[i].Data()...)
	}
	if slices.Sort(got); !slices.Equal(got, []string{"a", "b", "c", "d"}) {
		t.Errorf("%q", got)
	}
}

func TestOpenErrors(t *testing.T) {
	d := tree(t, map[string]string{"a": "a\n"})
	for path, want := range map[string]string{
		d + "b":   "no such file; set allow_missing = true if there may be none",
		d + "*.x": "no such file; set allow_missing = true if there may be none",
		d:         "is a directory; name its files: " + filepath.Join(d, "*"),
	} {
		_, err := create(t, map[string]any{"paths": path})
		if err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), path) {
			t.Errorf("%s: %v", path, err)
		}
	}
	out, err := run(t, map[string]any{"paths": []any{d + "b", d + "a"}, "allow_missing": true})
	if got := out.Data(); err != nil || !slices.Equal(got, []string{"a"}) {
		t.Errorf("%q, %v", got, err)
	}
}

// Errors name the file, and what was read before them is emitted.
func TestReadErrors(t *testing.T) {
	gz := compressed(t, "gzip", strings.Repeat("line\n", 1000))
	d := tree(t, map[string]string{
		"cut.gz": gz[:len(gz)-8], "no.gz": "\x1f\x8b\x08\xff\xff", "no.zst": "\x28\xb5\x2f\xfdno", "gone": "a\n",
		"window.zst": "\x28\xb5\x2f\xfd\x00\xa0\x00\x00\x00", // 1 GiB
	})
	for name, messages := range map[string]int{"cut.gz": 1000, "no.gz": 0, "no.zst": 0, "window.zst": 0} {
		out, err := run(t, map[string]any{"paths": d + name})
		if err == nil || !strings.HasPrefix(err.Error(), d+name+": ") {
			t.Errorf("%s: %v", name, err)
		}
		if got := len(out.Data()); got != messages {
			t.Errorf("%s: %d messages before the error, want %d", name, got, messages)
		}
	}
	s := mustCreate(t, map[string]any{"paths": d + "gone"})
	if err := os.Remove(d + "gone"); err != nil {
		t.Fatal(err)
	}
	err := s.Component.(component.Runner).Run(t.Context(), &fake.Output{})
	if !errors.Is(err, fs.ErrNotExist) || !strings.Contains(err.Error(), d+"gone") {
		t.Error(err)
	}
}

func TestCancelNamedPipe(t *testing.T) {
	name := t.TempDir() + "/pipe"
	if err := unix.Mkfifo(name, 0o600); err != nil {
		t.Fatal(err)
	}
	w, err := os.OpenFile(name, os.O_RDWR, 0) // so that opening it does not block
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	io.WriteString(w, "one\ntwo")
	ctx, cancel := context.WithCancel(t.Context())
	out := fake.Output{OnEmit: cancel} // the next read would block
	if err := mustCreate(t, map[string]any{"paths": name}).Component.(component.Runner).Run(ctx, &out); err != nil {
		t.Error(err)
	}
	if got := out.Data(); !slices.Equal(got, []string{"one"}) {
		t.Errorf("%q", got)
	}
}
