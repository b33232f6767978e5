package file_test

import (
	"context"
	"fmt"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gopiper/gopiper/component"
	"github.com/gopiper/gopiper/components/internal/fake"
)

func TestStartAtEnd(t *testing.T) {
	scenario(t, func(t *testing.T, d string) {
		appendTo(t, d+"a", "1\n2\n3")
		appendTo(t, d+"gz", compressed(t, "gzip", "g\n"))
		attributes := map[string]any{"paths": d + "*", "start_at": "end"}
		f := follow(t, nil, attributes)
		appendTo(t, d+"a", "+\n4\n")
		appendTo(t, d+"b", "b\n")
		f.gets(1200*time.Millisecond, "3+", "4", "b")
		positions := f.stop()

		appendTo(t, d+"c", "c\n") // which was not there at the first start
		f = follow(t, positions, attributes)
		f.gets(time.Minute, "c")
		f.stop()
	})
}

// Also when nothing was there, or nothing was settled, the first start is over.
func TestStartAtEndOfNothing(t *testing.T) {
	scenario(t, func(t *testing.T, d string) {
		attributes := map[string]any{"paths": d + "*", "start_at": "end"}
		positions := follow(t, nil, attributes).stop()
		appendTo(t, d+"a", "1\n")
		f := follow(t, positions, attributes)
		f.gets(0, "1")
		f.stop()
	})
}

func TestStartAtEndWithLengths(t *testing.T) {
	scenario(t, func(t *testing.T, d string) {
		appendTo(t, d+"a", "\x00\x00\x00\x01\n")
		f := follow(t, nil, map[string]any{"paths": d + "a", "start_at": "end", "framing": "length"})
		appendTo(t, d+"a", "\x00\x00\x00\x03on")
		f.gets(time.Second)
		appendTo(t, d+"a", "e\x00\x00\x00\x00")
		f.gets(time.Second, "one", "")
		f.stop()
	})
}

// A position that cannot be used is told, and costs duplicates only.
func TestPositionsThatCannotBeUsed(t *testing.T) {
	for name, change := range map[string]func(positions map[string][]byte){
		"damaged": func(p map[string][]byte) {
			for partition := range p {
				if partition != "" {
					p[partition][3] ^= 1
				}
			}
		},
		"cut": func(p map[string][]byte) {
			for partition := range p {
				p[partition] = p[partition][:1]
			}
		},
		"of another kind": func(p map[string][]byte) {
			for partition := range p {
				if partition != "" {
					p["x"+partition] = p[partition]
					delete(p, partition)
				}
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			log := logs(t)
			scenario(t, func(t *testing.T, d string) {
				appendTo(t, d+"a", "1\n")
				// Were this the first start, there would be nothing to read.
				attributes := map[string]any{"paths": d + "*", "start_at": "end"}
				positions := follow(t, nil, attributes).stop()
				change(positions)
				f := follow(t, positions, attributes)
				f.gets(0, "1")
				if positions = f.stop(); len(positions) != 2 {
					t.Errorf("%q", positions)
				}
				f = follow(t, positions, attributes)
				f.gets(0)
				f.stop()
			})
			if n := strings.Count(log.String(), "cannot be used"); n != 1 {
				t.Errorf("it was told %d times\n%s", n, log)
			}
		})
	}
}

// After a reboot the device may have another number.
func TestDeviceHasAnotherNumber(t *testing.T) {
	renumber := func(positions map[string][]byte) {
		for partition, p := range positions {
			if device, inode, ok := strings.Cut(partition, ":"); ok {
				delete(positions, partition)
				positions["1"+device+":"+inode] = p
			}
		}
	}
	scenario(t, func(t *testing.T, d string) {
		appendTo(t, d+"a.log", "1\n")
		appendTo(t, d+"b.log", "2\n")
		attributes := map[string]any{"paths": d + "*.log"}
		f := follow(t, nil, attributes)
		f.gets(0, "1", "2")
		positions := f.stop()
		for range 2 {
			renumber(positions)
			f = follow(t, positions, attributes)
			f.gets(0)
			if positions = f.stop(); len(positions) != 3 {
				t.Errorf("%q", positions)
			}
		}
		renumber(positions)
		appendTo(t, d+"b.log", "2+\n")
		must(t, os.Rename(d+"b.log", d+"b.old"))
		f = follow(t, positions, attributes)
		f.gets(0, "2+")
		f.gets(time.Hour)
		if positions = f.stop(); len(positions) != 2 {
			t.Errorf("%q", positions)
		}
	})
}

// Several workers share the files, also in the next run.
func TestFollowByManyWorkers(t *testing.T) {
	scenario(t, func(t *testing.T, d string) {
		var positions map[string][]byte
		for round := range 3 {
			var want []string
			for i := range 20 {
				text := fmt.Sprint("file ", i, " round ", round)
				appendTo(t, fmt.Sprint(d, i), text+"\n")
				want = append(want, text)
			}
			var got []string
			got, positions = followByThree(t, d, positions)
			slices.Sort(want)
			if slices.Sort(got); !slices.Equal(got, want) {
				t.Errorf("%q, want %q", got, want)
			}
			if len(positions) != 21 {
				t.Errorf("%d positions", len(positions))
			}
		}
	})
}

func followByThree(t *testing.T, d string, positions map[string][]byte) (got []string, next map[string][]byte) {
	ctx, cancel := context.WithCancel(component.WithPositions(t.Context(), func() component.Positions {
		return component.Positions{Of: positions, Durable: true}
	}))
	defer cancel()
	s, err := createIn(ctx, t, map[string]any{"paths": d + "*", "follow": true})
	must(t, err)
	workers := []component.Component{s.Component, s.Create(nil), s.Create(nil)}
	for _, w := range workers[1:] {
		must(t, w.(component.Opener).Open(ctx))
	}
	outs := make([]fake.Output, len(workers))
	var running sync.WaitGroup
	for i, w := range workers {
		running.Go(func() {
			if err := w.(component.Runner).Run(ctx, &outs[i]); err != nil {
				t.Error(err)
			}
		})
	}
	synctest.Wait()
	cancel()
	running.Wait()
	for i := range outs {
		if len(outs[i].Data()) == 0 {
			t.Errorf("worker %d has read nothing", i)
		}
		got = append(got, outs[i].Data()...)
		_, positions = outs[i].Settle(outs[i].Emits(), positions)
	}
	return got, positions
}

// A message that is too long is passed over, also by the next run.
func TestFollowTooLong(t *testing.T) {
	scenario(t, func(t *testing.T, d string) {
		appendTo(t, d+"a", "short\n"+strings.Repeat("x", 50))
		attributes := map[string]any{"paths": d + "a", "max_message": 10}
		f := follow(t, nil, attributes)
		f.gets(0, "short", "xxxxxxxxxx (failed)")
		appendTo(t, d+"a", strings.Repeat("y", 50))
		f.gets(time.Second)
		positions := f.stop()
		appendTo(t, d+"a", "zzz")
		f = follow(t, positions, attributes)
		f.gets(time.Second)
		appendTo(t, d+"a", "\nshort\n")
		f.gets(time.Second, "short")
		f.stop()
	})
}

func TestFollowLines(t *testing.T) {
	for name, attributes := range map[string]map[string]any{
		"start":    {"multiline_start": `^\d{4}-`},
		"continue": {"multiline_continue": `^\s|^$`},
	} {
		t.Run(name, func(t *testing.T) {
			scenario(t, func(t *testing.T, d string) {
				attributes["paths"] = d + "*.log"
				appendTo(t, d+"a.log", "2001-01-01 one\n at a\n\n at b\n2001-01-02 two\n at c\n at")
				f := follow(t, nil, attributes)
				f.gets(0, "2001-01-01 one\n at a\n\n at b")
				f.gets(time.Minute) // the last line is not complete
				appendTo(t, d+"a.log", " d\n")
				f.gets(900 * time.Millisecond)
				f.gets(600*time.Millisecond, "2001-01-02 two\n at c\n at d")
				appendTo(t, d+"a.log", "2001-01-03 three\n at e\n")
				f.gets(500 * time.Millisecond)
				positions := f.stop() // what is being gathered is not behind the position

				f = follow(t, positions, attributes)
				appendTo(t, d+"a.log", " at f\n")
				f.gets(500 * time.Millisecond)
				must(t, os.Rename(d+"a.log", d+"old"))
				appendTo(t, d+"old", "2001-01-04 four\n at g")
				f.gets(time.Hour, "2001-01-03 three\n at e\n at f", "2001-01-04 four\n at g (unterminated)")
				f.stop()
			})
		})
	}
}

// A file is not closed while a message of it may go on.
func TestLinesAreCompleteBeforeTheFileIsClosed(t *testing.T) {
	scenario(t, func(t *testing.T, d string) {
		appendTo(t, d+"a.log", "one\n at a\n")
		f := follow(t, nil, map[string]any{"paths": d + "*.log", "multiline_continue": "^ ", "multiline_timeout": "5s", "close_after": "1s"})
		f.gets(4 * time.Second)
		f.gets(2*time.Second, "one\n at a")
		if n := openFiles(t, d); n > 0 {
			t.Errorf("%d open files", n)
		}
		f.stop()
	})
}

// Compressed files are read once, when they are complete, and other files have
// their turn meanwhile.
func TestFollowCompressed(t *testing.T) {
	log := logs(t)
	scenario(t, func(t *testing.T, d string) {
		content := compressed(t, "gzip", "1\n2\n")
		appendTo(t, d+"a.gz", content[:10])
		attributes := map[string]any{"paths": d + "*", "add_path": true}
		f := follow(t, nil, attributes)
		f.gets(4 * time.Second)
		appendTo(t, d+"a.gz", content[10:])
		f.gets(4 * time.Second)
		f.gets(2*time.Second, "1", "2")
		must(t, os.Rename(d+"a.gz", d+"b.gz"))
		appendTo(t, d+"c.zst", compressed(t, "zstd", "3\n4"))
		must(t, os.Chtimes(d+"c.zst", time.Time{}, time.Unix(1, 0)))
		f.gets(time.Minute, "3", "4 (unterminated)")
		positions := f.stop()

		f = follow(t, positions, attributes)
		f.gets(time.Minute)
		appendTo(t, d+"b.gz", compressed(t, "gzip", "5\n")) // has another length now
		f.gets(time.Minute, "1", "2", "5")
		appendTo(t, d+"broken.gz", content[:len(content)-4])
		f.gets(time.Minute, "1", "2")
		must(t, os.Remove(d+"broken.gz"))
		must(t, os.Rename(d+"b.gz", d+"c.zst")) // in its place
		f.gets(time.Minute)
		if positions = f.stop(); len(positions) != 2 {
			t.Errorf("%q", positions)
		}
	})
	if text := log.String(); strings.Count(text, "cannot be read to its end") != 1 || !strings.Contains(text, "broken.gz") {
		t.Error(text)
	}
}

// A compressed file of which nobody knows how much was read is read again, from
// where it is now.
func TestCompressedWhileDown(t *testing.T) {
	scenario(t, func(t *testing.T, d string) {
		appendTo(t, d+"a.gz", compressed(t, "gzip", "1\n"))
		f := follow(t, nil, map[string]any{"paths": d + "*.gz"})
		f.gets(time.Second) // it may not be complete
		positions := f.stop()
		must(t, os.Rename(d+"a.gz", d+"a.old"))
		f = follow(t, positions, map[string]any{"paths": d + "*.gz"})
		f.gets(time.Minute, "1")
		if positions := f.stop(); len(positions) != 1 {
			t.Errorf("%q", positions)
		}
	})
}

func TestOthersHaveTheirTurnWhileCompressedIsRead(t *testing.T) {
	scenario(t, func(t *testing.T, d string) {
		appendTo(t, d+"a", "first\n")
		appendTo(t, d+"z.gz", compressed(t, "gzip", strings.Repeat(strings.Repeat("z", 1<<16)+"\n", 512)))
		ctx, cancel := context.WithCancel(t.Context())
		s := mustCreate(t, map[string]any{"paths": d + "*", "follow": true})
		var out fake.Output
		emits := 0
		out.OnEmit = func() {
			if emits++; emits == 2 {
				appendTo(t, d+"a", "second\n")
			}
		}
		done := make(chan error)
		go func() { done <- s.Component.(component.Runner).Run(ctx, &out) }()
		time.Sleep(time.Minute)
		cancel()
		must(t, <-done)
		got := out.Data()
		if i := slices.Index(got, "second"); len(got) != 514 || i < 2 || i > 400 {
			t.Errorf("of %d messages it is number %d", len(got), i)
		}
	})
}

// stopping is an output that refuses a batch, after which nothing more is emitted.
type stopping struct {
	fake.Output
	t    *testing.T
	left int // batches until then
}

func (s *stopping) Emit(b *component.Batch) bool {
	if s.left--; s.left < 0 {
		if s.left < -1 {
			s.t.Error("Emit was called after it had refused a batch")
		}
		return false
	}
	return s.Output.Emit(b)
}

// Once the run is stopping, wherever that is, nothing more is emitted.
func TestFollowStops(t *testing.T) {
	for batches := range 30 {
		scenario(t, func(t *testing.T, d string) {
			appendTo(t, d+"a.log", hundred("a"))
			appendTo(t, d+"b.log", "b\n\tb\n\tb")
			f := follow(t, nil, map[string]any{"paths": d + "*.log"})
			positions := f.stop()
			appendTo(t, d+"a.log", "more")
			must(t, os.Rename(d+"a.log", d+"a.old"))
			appendTo(t, d+"c.log", hundred("c"))
			appendTo(t, d+"d.gz", compressed(t, "gzip", hundred("d")))
			positions["strange"] = nil
			for partition, position := range positions {
				if partition != "" && batches%2 == 0 { // after a reboot
					delete(positions, partition)
					positions["1"+partition] = position
				}
			}
			out := &stopping{t: t, left: batches}
			ctx, cancel := context.WithCancel(component.WithPositions(t.Context(), func() component.Positions {
				return component.Positions{Of: positions, Durable: true}
			}))
			s, err := createIn(ctx, t, map[string]any{"paths": []any{d + "*.log", d + "*.gz"}, "follow": true, "multiline_continue": "^\t"})
			must(t, err)
			done := make(chan error)
			go func() { done <- s.Component.(component.Runner).Run(ctx, out) }()
			time.Sleep(10 * time.Minute)
			synctest.Wait()
			if out.left >= 0 {
				cancel() // there were not so many
			}
			must(t, <-done)
			cancel()
			if n := openFiles(t, d); n > 0 {
				t.Errorf("%d open files", n)
			}
		})
	}
}

// A file with much to read does not keep others waiting, but for the one that has
// taken its place.
func TestFollowInTurns(t *testing.T) {
	scenario(t, func(t *testing.T, d string) {
		block := strings.Repeat("-", 1<<16)
		appendTo(t, d+"a.log", "a\n")
		appendTo(t, d+"b.log", "b\n")
		f := follow(t, nil, map[string]any{"paths": d + "*.log"})
		f.gets(0, "a", "b")
		positions := f.stop()
		appendTo(t, d+"a.log", strings.Repeat("a"+block+"\n", 200))
		appendTo(t, d+"b.log", strings.Repeat("b"+block+"\n", 200))
		must(t, os.Rename(d+"a.log", d+"a.old"))
		appendTo(t, d+"a.log", "c\n")
		f = follow(t, positions, map[string]any{"paths": d + "*.log"})
		var order strings.Builder
		for _, text := range f.out.Data() {
			order.WriteByte(text[0])
		}
		got := order.String()
		a, b, c := strings.LastIndex(got, "a"), strings.Index(got, "b"), strings.Index(got, "c")
		if len(got) != 401 || b > a || c < a {
			t.Errorf("the order is %s", got)
		}
		f.stop()
	})
}
