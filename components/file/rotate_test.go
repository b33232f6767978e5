package file_test

import (
	"os"
	"slices"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"golang.org/x/sys/unix"

	"github.com/gopiper/gopiper/components/file"
)

// scenario is a test of a source that follows files: the function gets their
// directory with a slash.
func scenario(t *testing.T, run func(t *testing.T, d string)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) { run(t, t.TempDir()+"/") })
}

func inode(t *testing.T, name string) uint64 {
	t.Helper()
	info, err := os.Stat(name)
	must(t, err)
	return info.Sys().(*syscall.Stat_t).Ino
}

// A file that was copied and truncated is read from its beginning, however much
// is in it when it is looked at.
func TestFollowTruncate(t *testing.T) {
	for name, after := range map[string]string{"empty": "", "shorter": "new 1\n", "equal": "1 new\n2 new\n", "longer": hundred("new")} {
		t.Run(name, func(t *testing.T) {
			scenario(t, func(t *testing.T, d string) {
				appendTo(t, d+"a", "old 1\nold 2\n")
				f := follow(t, nil, map[string]any{"paths": d + "a"})
				f.gets(0, "old 1", "old 2")
				must(t, os.Truncate(d+"a", 0))
				if name == "empty" {
					f.gets(time.Second)
					after = "old 1\n"
				}
				appendTo(t, d+"a", after)
				must(t, os.Chtimes(d+"a", time.Time{}, time.Unix(1, 0))) // else the clock may not have moved
				f.gets(time.Second, lines(after)...)
				appendTo(t, d+"a", "and more\n")
				f.gets(time.Second, "and more")
				f.stop()
			})
		})
	}
}

// Also if it still begins as it did.
func TestFollowCut(t *testing.T) {
	content := hundred("a") + hundred("b")
	head := content[:len(content)*3/4] // more than the fingerprint is of
	head = head[:strings.LastIndex(head, "\n")+1]
	scenario(t, func(t *testing.T, d string) {
		appendTo(t, d+"a", content)
		f := follow(t, nil, map[string]any{"paths": d + "a"})
		f.gets(0, lines(content)...)
		must(t, os.Truncate(d+"a", int64(len(head))))
		f.gets(time.Second, lines(head)...)
		appendTo(t, d+"a", "more\n")
		f.gets(time.Second, "more")
		positions := f.stop()
		must(t, os.Truncate(d+"a", int64(len(head))))
		f = follow(t, positions, map[string]any{"paths": d + "a"})
		f.gets(0, lines(head)...)
		f.stop()
	})
}

func TestTruncatedWhileDown(t *testing.T) {
	for name, after := range map[string]string{"shorter": "new 1\n", "longer": hundred("new")} {
		t.Run(name, func(t *testing.T) {
			scenario(t, func(t *testing.T, d string) {
				appendTo(t, d+"a", "old 1\nold 2\n")
				f := follow(t, nil, map[string]any{"paths": d + "a"})
				f.gets(0, "old 1", "old 2")
				positions := f.stop()
				must(t, os.Truncate(d+"a", 0))
				appendTo(t, d+"a", after)
				f = follow(t, positions, map[string]any{"paths": d + "a"})
				f.gets(0, lines(after)...)
				positions = f.stop()
				f = follow(t, positions, map[string]any{"paths": d + "a"})
				f.gets(0)
				f.stop()
			})
		})
	}
}

// A file that is removed is read to its end, and forgotten; one that gets its
// inode is another file.
func TestFollowRemove(t *testing.T) {
	scenario(t, func(t *testing.T, d string) {
		appendTo(t, d+"a", "1\n")
		f := follow(t, nil, map[string]any{"paths": d + "*", "close_rotated": "10s"})
		f.gets(0, "1")
		appendTo(t, d+"a", "2\n3")
		must(t, os.Remove(d+"a"))
		f.gets(time.Second, "2")
		f.gets(11*time.Second, "3 (unterminated)")
		if positions := f.stop(); len(positions) != 1 {
			t.Errorf("%q", positions)
		}
	})
}

func TestInodeIsReused(t *testing.T) {
	// What the new file begins with is what the old one did, so that only the time
	// at which it was made tells them apart.
	for name, content := range map[string]string{"as it was": "1\n2\n", "longer": "1\n2\n3\n", "other": "one\ntwo\nthree\n", "shorter": "1\n"} {
		const incomplete = "the beginning of a line, which is not the last one of the file that is gone"
		for _, down := range []bool{false, true} {
			scenario(t, func(t *testing.T, d string) {
				appendTo(t, d+"a", "1\n2\n")
				before := inode(t, d+"a")
				attributes := map[string]any{"paths": d + "*", "close_after": "10ms"}
				f := follow(t, nil, attributes)
				f.gets(time.Second, "1", "2")
				if down {
					positions := f.stop()
					must(t, os.Remove(d+"a"))
					appendTo(t, d+"b", content+incomplete)
					f = follow(t, positions, attributes)
				} else {
					must(t, os.Remove(d+"a"))
					appendTo(t, d+"b", content+incomplete)
				}
				if inode(t, d+"b") != before {
					t.Log("the file system has given another inode, which is the easy case")
				}
				want := lines(content)
				if birthless(t, d) && strings.HasPrefix(content, "1\n2\n") {
					want = lines(content)[2:]
				}
				f.gets(2*time.Second, want...)
				f.gets(time.Hour)
				f.stop()
				if t.Failed() {
					t.Log(name, down)
				}
			})
		}
	}
}

// A file that no pattern matches is not read because it has got the inode of one
// that was.
func TestInodeIsReusedByAnother(t *testing.T) {
	reuse := func(d string) {
		must(t, os.Remove(d+"a.log"))
		appendTo(t, d+"secret", "secret\nsecret\n")
	}
	t.Run("followed", func(t *testing.T) {
		scenario(t, func(t *testing.T, d string) {
			appendTo(t, d+"a.log", "1\n")
			f := follow(t, nil, map[string]any{"paths": d + "*.log", "close_after": "1s"})
			f.gets(time.Minute, "1")
			reuse(d)
			f.gets(time.Hour)
			if positions := f.stop(); len(positions) != 1 {
				t.Errorf("%q", positions)
			}
		})
	})
	t.Run("followed by the next run", func(t *testing.T) {
		scenario(t, func(t *testing.T, d string) {
			appendTo(t, d+"a.log", "1\n")
			f := follow(t, nil, map[string]any{"paths": d + "*.log"})
			f.gets(0, "1")
			positions := f.stop()
			reuse(d)
			f = follow(t, positions, map[string]any{"paths": d + "*.log"})
			f.gets(time.Hour)
			if positions := f.stop(); len(positions) != 1 {
				t.Errorf("%q", positions)
			}
		})
	})
	t.Run("resumed", func(t *testing.T) {
		d := tree(t, map[string]string{"a.log": "1\n"})
		attributes := map[string]any{"paths": d + "*.log", "allow_missing": true}
		p := reads(t, nil, attributes, "1")
		reuse(d)
		if p = reads(t, p, attributes); len(p) != 0 {
			t.Errorf("%q", p)
		}
	})
}

// What is left of a file that was renamed may take several runs.
func TestRestInSeveralRuns(t *testing.T) {
	scenario(t, func(t *testing.T, d string) {
		appendTo(t, d+"a.log", "1\n")
		f := follow(t, nil, map[string]any{"paths": d + "*.log"})
		f.gets(0, "1")
		positions := f.stop()
		must(t, os.Rename(d+"a.log", d+"a.old"))
		for _, text := range []string{"2", "3", "4"} {
			appendTo(t, d+"a.old", text+"\n")
			f = follow(t, positions, map[string]any{"paths": d + "*.log"})
			f.gets(time.Second, text)
			positions = f.stop()
		}
		must(t, os.Rename(d+"a.old", d+"a.older"))
		appendTo(t, d+"a.older", "5\n")
		f = follow(t, positions, map[string]any{"paths": d + "*.log", "close_after": "1s"})
		f.gets(10*time.Second, "5")
		must(t, os.Rename(d+"a.older", d+"a.oldest"))
		appendTo(t, d+"a.oldest", "6\n")
		f.gets(time.Hour, "6")
		if positions = f.stop(); len(positions) != 1 {
			t.Errorf("%q", positions)
		}
	})
}

// birthless tells whether the file system does not know when files were made.
func birthless(t *testing.T, directory string) bool {
	f, err := os.Open(directory)
	must(t, err)
	defer f.Close()
	return file.Born(f) == 0
}

// What was renamed while nobody looked is found under its new name, and its rest
// comes before the new file.
func TestRenamedWhileDown(t *testing.T) {
	for _, rotated := range []string{"z.1", "a.log.0.log"} {
		t.Run(rotated, func(t *testing.T) {
			scenario(t, func(t *testing.T, d string) {
				appendTo(t, d+"a.log", "1\n2\n3")
				f := follow(t, nil, map[string]any{"paths": d + "*.log"})
				f.gets(0, "1", "2")
				positions := f.stop()
				appendTo(t, d+"a.log", "+\n4\n5")
				must(t, os.Rename(d+"a.log", d+rotated))
				appendTo(t, d+"a.log", "new\n")

				f = follow(t, positions, map[string]any{"paths": d + "*.log"})
				f.gets(0, "3+", "4", "new")
				appendTo(t, d+rotated, "+\n6")
				f.gets(time.Second, "5+")
				f.gets(time.Hour, "6 (unterminated)")
				f.stop()
			})
		})
	}
}

// Of what was read before and is gone, nothing is remembered any more; nor of what
// is there, but of which the patterns do not speak any more.
func TestGoneWhileDown(t *testing.T) {
	log := logs(t)
	scenario(t, func(t *testing.T, d string) {
		appendTo(t, d+"a", "1\n")
		appendTo(t, d+"b", "2\n")
		f := follow(t, nil, map[string]any{"paths": d + "*"})
		f.gets(0, "1", "2")
		positions := f.stop()
		appendTo(t, d+"b", "3\n")
		appendTo(t, d+"c", "4\n")
		must(t, os.Remove(d+"a"))
		f = follow(t, positions, map[string]any{"paths": d + "*"})
		f.gets(0, "3", "4")
		positions = f.stop()
		appendTo(t, d+"b", "5\n")
		must(t, os.Rename(d+"b", d+"e"))
		f = follow(t, positions, map[string]any{"paths": d + "c"})
		f.gets(time.Hour)
		if positions = f.stop(); len(positions) != 2 {
			t.Errorf("%q", positions)
		}
		if text := log.String(); !strings.Contains(text, "a file is gone") || !strings.Contains(text, "path="+d+"a ") || strings.Contains(text, "path="+d+"b ") {
			t.Error(text)
		}
	})
}

// A file that was closed, and then renamed or removed.
func TestClosedAndRotated(t *testing.T) {
	log := logs(t)
	scenario(t, func(t *testing.T, d string) {
		for _, name := range []string{"a.log", "b.log", "c.log"} {
			appendTo(t, d+name, name+"\n")
		}
		f := follow(t, nil, map[string]any{"paths": d + "*.log", "close_after": "1s"})
		f.gets(time.Minute, "a.log", "b.log", "c.log")
		appendTo(t, d+"a.log", "2\n3")
		must(t, os.Rename(d+"a.log", d+"a.old"))
		must(t, os.Remove(d+"b.log"))
		must(t, os.Rename(d+"c.log", d+"d.log"))
		f.gets(1200*time.Millisecond, "2")
		f.gets(2*time.Minute, "3 (unterminated)")
		appendTo(t, d+"d.log", "4\n")
		f.gets(1200*time.Millisecond, "4")
		if positions := f.stop(); len(positions) != 2 {
			t.Errorf("%q", positions)
		}
		if text := log.String(); strings.Count(text, "a file is gone") != 1 || !strings.Contains(text, d+"b.log") {
			t.Error(text)
		}
	})
}

// While the pipeline is full files come and go, and none of them is missed.
func TestRotatedWhileFull(t *testing.T) {
	scenario(t, func(t *testing.T, d string) {
		f := follow(t, nil, map[string]any{"paths": d + "a.log"})
		full := make(chan struct{})
		f.out.OnEmit = func() { <-full }
		for _, name := range []string{"1", "2", "3", "4"} {
			appendTo(t, d+"a.log", name+"\n")
			time.Sleep(2 * time.Second)
			appendTo(t, d+"a.log", name+"+\n")
			must(t, os.Rename(d+"a.log", d+name))
		}
		must(t, os.Remove(d+"4")) // it was open
		close(full)
		f.gets(time.Second, "1", "1+", "2", "2+", "3", "3+", "4", "4+")
		f.stop()
	})
}

// Files are known by what they are, not by their names.
func TestFollowLinks(t *testing.T) {
	scenario(t, func(t *testing.T, d string) {
		must(t, os.Mkdir(d+"real", 0o755))
		appendTo(t, d+"real/1", "1\n")
		must(t, os.Symlink(d+"real/1", d+"current"))
		must(t, os.Link(d+"real/1", d+"other"))
		f := follow(t, nil, map[string]any{"paths": []any{d + "current", d + "other", d + "cur*"}, "close_rotated": "10s"})
		f.gets(0, "1")
		appendTo(t, d+"real/2", "2\n")
		appendTo(t, d+"real/1", "1+\n")
		must(t, os.Remove(d+"other"))
		must(t, os.Remove(d+"current"))
		must(t, os.Symlink(d+"real/2", d+"current"))
		f.gets(1200*time.Millisecond, "1+", "2")
		f.gets(time.Minute)
		positions := f.stop()

		appendTo(t, d+"real/2", "2+\n") // where the link leads to, a file is rotated
		must(t, os.Rename(d+"real/2", d+"real/2.old"))
		appendTo(t, d+"real/2", "3\n")
		f = follow(t, positions, map[string]any{"paths": d + "current"})
		f.gets(0, "2+", "3")
		positions = f.stop()

		for range 2 {
			appendTo(t, d+"real/2", "3+\n") // then it leads to another one
			appendTo(t, d+"real/3", "4\n")
			must(t, os.Remove(d+"current"))
			must(t, os.Symlink(d+"real/3", d+"current"))
			f = follow(t, positions, map[string]any{"paths": d + "current"})
			f.gets(0, "3+", "4")
			positions = f.stop() // before the old one is done with
		}
	})
}

// The rest of a file that nobody can look for is not forgotten.
func TestNobodyKnows(t *testing.T) {
	log := logs(t)
	scenario(t, func(t *testing.T, d string) {
		must(t, os.Mkdir(d+"sub", 0o755))
		appendTo(t, d+"sub/a", "1\n")
		f := follow(t, nil, map[string]any{"paths": d + "sub/*", "close_after": "1s"})
		f.gets(time.Minute, "1")
		away := func() {
			must(t, os.Rename(d+"sub", d+"away"))
			appendTo(t, d+"sub", "in its place\n")
		}
		back := func(more string) {
			must(t, os.Remove(d+"sub"))
			must(t, os.Rename(d+"away", d+"sub"))
			appendTo(t, d+"sub/a", more)
		}
		away()
		f.gets(time.Hour)
		back("2\n")
		f.gets(1200*time.Millisecond, "2")
		positions := f.stop()

		away()
		f = follow(t, positions, map[string]any{"paths": d + "sub/*"})
		f.gets(time.Hour)
		positions = f.stop()
		back("3\n")
		f = follow(t, positions, map[string]any{"paths": d + "sub/*"})
		f.gets(0, "3")
		f.stop()
	})
	if n := strings.Count(log.String(), "not a directory"); n != 2 {
		t.Errorf("it was told %d times\n%s", n, log)
	}
}

// What is no regular file is passed over, and told once.
func TestFollowNoFile(t *testing.T) {
	log := logs(t)
	scenario(t, func(t *testing.T, d string) {
		must(t, unix.Mkfifo(d+"pipe", 0o600))
		must(t, os.Symlink(d+"nowhere", d+"link"))
		appendTo(t, d+"a", "1\n")
		f := follow(t, nil, map[string]any{"paths": d + "*"})
		f.gets(time.Hour, "1")
		f.stop()
	})
	if n := strings.Count(log.String(), "only regular files can be followed"); n != 1 {
		t.Errorf("it was told %d times", n)
	}
}

func TestOpenFilesAreBounded(t *testing.T) {
	scenario(t, func(t *testing.T, d string) {
		names := []string{"a", "b", "c", "d", "e"}
		for _, name := range names {
			appendTo(t, d+name, name+"1\n")
		}
		f := follow(t, nil, map[string]any{"paths": d + "?", "max_open": 2})
		f.gets(0, "a1", "b1", "c1", "d1", "e1")
		for _, more := range []string{"2", "3"} {
			for _, name := range names {
				appendTo(t, d+name, name+more+"\n")
			}
			time.Sleep(1200 * time.Millisecond)
			synctest.Wait()
			var got []string
			for _, e := range f.out.Emitted()[f.seen:] {
				got = append(got, e.Data)
			}
			f.seen += len(got)
			slices.Sort(got)
			if want := []string{"a" + more, "b" + more, "c" + more, "d" + more, "e" + more}; !slices.Equal(got, want) {
				t.Errorf("%q, want %q", got, want)
			}
			if open := openFiles(t, d); open > 2 {
				t.Errorf("%d open files", open)
			}
		}
		f.gets(time.Hour)
		if open := openFiles(t, d); open != 0 {
			t.Errorf("%d open files after an hour", open)
		}
		f.stop()
	})
}

// A file that is removed cannot be opened again, and so is not closed for others.
func TestRemovedStaysOpen(t *testing.T) {
	scenario(t, func(t *testing.T, d string) {
		removed, err := os.Create(d + "a")
		must(t, err)
		defer removed.Close()
		f := follow(t, nil, map[string]any{"paths": d + "?", "max_open": 1})
		must(t, os.Remove(d+"a"))
		f.gets(2 * time.Second)
		appendTo(t, d+"b", "b\n")
		appendTo(t, d+"c", "c\n")
		f.gets(2*time.Second, "b", "c")
		_, err = removed.WriteString("a\n")
		must(t, err)
		f.gets(time.Second, "a")
		f.stop()
	})
}

// openFiles counts the open files below a directory.
func openFiles(t *testing.T, directory string) (n int) {
	t.Helper()
	entries, err := os.ReadDir("/proc/self/fd")
	must(t, err)
	for _, e := range entries {
		if name, err := os.Readlink("/proc/self/fd/" + e.Name()); err == nil && strings.HasPrefix(name, directory) {
			n++
		}
	}
	return n
}
