package file_test

import (
	"maps"
	"os"
	"slices"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"pgregory.net/rapid"

	"github.com/gopiper/gopiper/component"
	"github.com/gopiper/gopiper/components/internal/fake"
)

// resume runs a source that goes on at positions to its end, and returns what it
// has emitted.
func resume(t testing.TB, positions map[string][]byte, attributes map[string]any) *fake.Output {
	t.Helper()
	attributes["resume"] = true
	ctx := component.WithPositions(t.Context(), func() component.Positions {
		return component.Positions{Of: maps.Clone(positions), Durable: true}
	})
	s, err := createIn(ctx, t, attributes)
	must(t, err)
	var out fake.Output
	must(t, s.Component.(component.Runner).Run(ctx, &out))
	return &out
}

// reads checks what a run reads that goes on at positions, and returns the next.
func reads(t *testing.T, positions map[string][]byte, attributes map[string]any, want ...string) map[string][]byte {
	t.Helper()
	out := resume(t, positions, attributes)
	if got := out.Data(); !slices.Equal(got, want) {
		t.Fatalf("got %q, want %q", got, want)
	}
	_, next := out.Settle(out.Emits(), positions)
	return next
}

func TestResume(t *testing.T) {
	log := logs(t)
	d := t.TempDir() + "/"
	attributes := map[string]any{"paths": []any{d + "*.log", d + "*.gz"}}
	appendTo(t, d+"a.log", "a1\na2")
	appendTo(t, d+"b.log", "b1\n")
	appendTo(t, d+"c.gz", compressed(t, "gzip", "c1\n"))
	appendTo(t, d+"d.log", "")
	must(t, unix.Mkfifo(d+"pipe", 0o600))
	p := reads(t, nil, attributes, "a1", "a2", "b1", "c1")
	p = reads(t, p, attributes)
	appendTo(t, d+"a.log", " and\na3\n")
	appendTo(t, d+"d.log", "d1\n")
	p = reads(t, p, attributes, " and", "a3", "d1")

	// Renamed: the rest of what no pattern matches comes first, and is forgotten.
	appendTo(t, d+"b.log", "b2\n")
	must(t, os.Rename(d+"b.log", d+"b.old"))
	appendTo(t, d+"b.log", "b2 new\n")
	must(t, os.Rename(d+"c.gz", d+"e.gz"))
	p = reads(t, p, attributes, "b2", "b2 new")
	appendTo(t, d+"b.old", "b3\n")
	p = reads(t, p, attributes)

	// Truncated, grown although compressed, removed.
	must(t, os.Truncate(d+"a.log", 0))
	appendTo(t, d+"a.log", hundred("a"))
	appendTo(t, d+"e.gz", compressed(t, "gzip", "c2\n"))
	must(t, os.Remove(d+"d.log"))
	p = reads(t, p, attributes, slices.Concat(lines(hundred("a")), []string{"c1", "c2"})...)
	if len(p) != 3 {
		t.Errorf("%q", p)
	}

	// With patterns that do not speak of it any more, or with another value of
	// decompress.
	p = reads(t, p, map[string]any{"paths": d + "b.log"})
	if len(p) != 1 {
		t.Errorf("%q", p)
	}
	p = reads(t, p, map[string]any{"paths": d + "e.gz", "decompress": false, "framing": "none"}, compressed(t, "gzip", "c1\n")+compressed(t, "gzip", "c2\n"))
	p = reads(t, p, map[string]any{"paths": d + "e.gz"}, "c1", "c2")
	reads(t, p, map[string]any{"paths": d + "e.gz"})
	if text := log.String(); !strings.Contains(text, "it does not begin as it did") && !strings.Contains(text, "it is shorter") || !strings.Contains(text, "another value of decompress") {
		t.Error(text)
	}
}

// A position that cannot be used is told, and its file read again.
func TestResumeDamaged(t *testing.T) {
	log := logs(t)
	d := tree(t, map[string]string{"a": "1\n"})
	attributes := map[string]any{"paths": d + "*"}
	p := reads(t, nil, attributes, "1")
	for partition := range p {
		p[partition] = p[partition][:5]
	}
	p["strange"] = []byte("1")
	p = reads(t, p, attributes, "1")
	if p = reads(t, p, attributes); len(p) != 1 {
		t.Errorf("%q", p)
	}
	if n := strings.Count(log.String(), "cannot be used"); n != 2 {
		t.Errorf("it was told %d times", n)
	}
}

func TestResumeAfterReboot(t *testing.T) {
	d := tree(t, map[string]string{"a": "1\n"})
	attributes := map[string]any{"paths": d + "*"}
	p := reads(t, nil, attributes, "1")
	for partition, position := range maps.Clone(p) {
		delete(p, partition)
		p["1"+partition] = position
	}
	appendTo(t, d+"a", "2\n")
	if p = reads(t, p, attributes, "2"); len(p) != 1 {
		t.Errorf("%q", p)
	}
	reads(t, p, attributes)
}

// What is left of a file that was renamed may take several runs.
func TestResumeRestInSeveralRuns(t *testing.T) {
	d := tree(t, map[string]string{"a.log": "1\n", "b.log": ""})
	attributes := map[string]any{"paths": d + "*.log"}
	p := reads(t, nil, attributes, "1")
	must(t, os.Rename(d+"a.log", d+"a.old"))
	appendTo(t, d+"a.old", strings.Repeat("2\n", 700))
	for range 2 { // in the first run only the first batch is settled
		out := resume(t, p, attributes)
		if n := len(out.Data()); n != 700 && n != 188 {
			t.Errorf("%d messages", n)
		}
		_, p = out.Settle(1, p)
	}
	reads(t, p, attributes)
}

// A file that is shorter than what was read of it is another one, although it
// begins as it did.
func TestResumeCut(t *testing.T) {
	content := hundred("a") + hundred("b")
	head := content[:len(content)*3/4]
	d := tree(t, map[string]string{"a": content})
	attributes := map[string]any{"paths": d + "a"}
	p := reads(t, nil, attributes, lines(content)...)
	must(t, os.Truncate(d+"a", int64(len(head))))
	reads(t, p, attributes, lines(head)...)
}

func TestResumeNeedsState(t *testing.T) {
	d := tree(t, map[string]string{"a": "1\n"})
	_, err := create(t, map[string]any{"paths": d + "a", "resume": true})
	if err == nil || !strings.Contains(err.Error(), "--state DIR") {
		t.Error(err)
	}
}

// Wherever a run is interrupted, the next one goes on behind what was settled:
// all is read, in order, and only what was not settled is read again.
func TestResumeAfterCrashes(t *testing.T) {
	d := t.TempDir() + "/"
	rapid.Check(t, func(rt *rapid.T) {
		var want []string
		for _, name := range []string{"a", "b", "c.gz"} {
			var content strings.Builder
			for i := range rapid.IntRange(0, 1500).Draw(rt, "lines of "+name) {
				line := "a line of " + name
				content.WriteString(line)
				if i%100 == 99 {
					line = "a line of " + name + " that is too long"
					content.WriteString(line[len("a line of "+name):])
				}
				content.WriteByte('\n')
				want = append(want, line[:min(20, len(line))])
			}
			text := content.String()
			if name == "c.gz" {
				text = compressed(t, "gzip", text)
			}
			must(t, os.WriteFile(d+name, []byte(text), 0o644))
		}
		attributes := map[string]any{"paths": d + "*", "max_message": 20}
		var settled []string
		var positions map[string][]byte
		for range 10 {
			out := resume(t, positions, attributes)
			data := out.Data()
			batches := rapid.IntRange(0, out.Emits()).Draw(rt, "settled batches")
			n, next := out.Settle(batches, positions)
			packed := slices.Index(data, "a line of c.gz")
			if packed >= 0 && batches < out.Emits() {
				n = min(n, packed) // what is compressed comes again as a whole
			}
			settled, positions = append(settled, data[:n]...), next
		}
		settled = append(settled, resume(t, positions, attributes).Data()...)
		if !slices.Equal(settled, want) {
			rt.Fatalf("%d messages, want %d", len(settled), len(want))
		}
	})
}
