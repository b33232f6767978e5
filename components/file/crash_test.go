package file_test

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"

	"github.com/gopiper/gopiper/components/file"
)

// world is a program that writes a log, somebody who rotates it, and a source that
// follows it and crashes now and then.
type world struct {
	t         *testing.T
	rt        *rapid.T
	d         string
	f         *following        // nil while the source is down
	floor     int               // batches of this run that are settled in any case
	positions map[string][]byte // at the last crash
	settled   []string
	logs      []*written // the last one is at app.log, unless that is not there
	current   bool       // app.log is there
	rotations int
}

// written is what was written to a file from its beginning on, until it was
// truncated.
type written struct {
	name    string
	path    string
	lines   []string
	partial string
}

func TestFollowThroughCrashes(t *testing.T) {
	base := t.TempDir()
	rapid.Check(t, func(rt *rapid.T) {
		var reason any
		synctest.Test(t, func(t *testing.T) {
			defer func() { reason = recover() }() // rapid's, which is to leave the bubble
			d, err := os.MkdirTemp(base, "world")
			must(t, err)
			w := &world{t: t, rt: rt, d: d + "/"}
			rt.Repeat(map[string]func(*rapid.T){
				"append": w.append, "rotate": w.rotate, "truncate": w.truncate, "remove": w.remove,
				"run": w.run, "crash": w.crash, "time": func(rt *rapid.T) { w.pass(rapid.IntRange(0, 3000).Draw(rt, "ms")) },
			})
			w.end()
			must(t, os.RemoveAll(d))
		})
		switch {
		case reason == nil:
		case fmt.Sprintf("%T", reason) == "rapid.invalidData": // there is nothing more to draw from
			rt.SkipNow()
		default:
			panic(reason)
		}
	})
}

func (w *world) log() *written { return w.logs[len(w.logs)-1] }

// append writes lines, and the beginning of one.
func (w *world) append(rt *rapid.T) {
	if !w.current {
		w.current = true
		w.logs = append(w.logs, &written{name: fmt.Sprintf("log%d", len(w.logs)), path: w.d + "app.log"})
	}
	l := w.log()
	text := ""
	for range rapid.IntRange(0, 5).Draw(rt, "lines") {
		line := fmt.Sprintf("%s line %d%s", l.name, len(l.lines), strings.Repeat(".", rapid.SampledFrom([]int{0, 0, 10, 1500}).Draw(rt, "more")))
		text += line[len(l.partial):] + "\n"
		l.lines, l.partial = append(l.lines, line), ""
	}
	if rapid.Bool().Draw(rt, "incomplete") && l.partial == "" {
		l.partial = fmt.Sprintf("%s line %d", l.name, len(l.lines))
		text += l.partial
	}
	appendTo(w.t, l.path, text)
}

// complete completes the last line.
func (w *world) complete(l *written) {
	if l.partial != "" {
		appendTo(w.t, l.path, "\n")
		l.lines, l.partial = append(l.lines, l.partial), ""
	}
}

// rotate renames the log. Nobody but the source's positions knows of it if it then
// has a name that no pattern matches.
func (w *world) rotate(rt *rapid.T) {
	if !w.current {
		rt.Skip()
	}
	l := w.log()
	name := fmt.Sprintf("%sapp%d.log", w.d, w.rotations)
	w.rotations++
	if rapid.Bool().Draw(rt, "to a name that does not match") && w.known(l) {
		name += ".old"
	}
	late := rapid.Bool().Draw(rt, "written to afterwards")
	if !late {
		w.complete(l)
	}
	must(w.t, os.Rename(l.path, name))
	l.path, w.current = name, false
	if late {
		line := fmt.Sprintf("%s line %d", l.name, len(l.lines))
		appendTo(w.t, l.path, line[len(l.partial):]+"\n")
		l.lines, l.partial = append(l.lines, line), ""
	}
}

// known makes sure that the source has a position in the log, or tells that it
// has none.
func (w *world) known(l *written) bool {
	if w.f != nil {
		w.pass(1200)
		w.floor = w.f.out.Emits()
		return true
	}
	return file.Remembers(w.positions, l.path)
}

// done makes sure that all of a log is settled, or tells that it is not.
func (w *world) done(l *written) bool {
	if w.f != nil {
		w.complete(l)
		w.pass(2000)
		w.floor = w.f.out.Emits()
		return true
	}
	return l.partial == "" && len(of(w.settled, l)) == len(l.lines)
}

func of(all []string, l *written) []string {
	return slices.DeleteFunc(slices.Clone(all), func(line string) bool { return !strings.HasPrefix(line, l.name+" ") })
}

// truncate truncates the log, of which nobody but the source has a copy.
func (w *world) truncate(rt *rapid.T) {
	if !w.current || !w.done(w.log()) {
		rt.Skip()
	}
	must(w.t, os.Truncate(w.d+"app.log", 0))
	w.logs = append(w.logs, &written{name: fmt.Sprintf("log%d", len(w.logs)), path: w.d + "app.log"})
}

// remove removes a log, so that its inode is free for the next.
func (w *world) remove(rt *rapid.T) {
	if len(w.logs) == 0 {
		rt.Skip()
	}
	l := rapid.SampledFrom(w.logs).Draw(rt, "log")
	if _, err := os.Stat(l.path); err != nil || l.path == w.d+"app.log" && l != w.log() || !w.done(l) {
		rt.Skip()
	}
	must(w.t, os.Remove(l.path))
	w.current = w.current && l != w.log()
}

func (w *world) run(rt *rapid.T) {
	if w.f != nil {
		rt.Skip()
	}
	w.floor = 0
	w.f = follow(w.t, w.positions, map[string]any{
		"paths": w.d + "*.log", "close_after": "1s", "close_rotated": "2s", "refresh": "500ms",
		"max_open": rapid.IntRange(1, 3).Draw(rt, "max_open"),
	})
}

// crash ends the source. Of its batches some are settled, and some not.
func (w *world) crash(rt *rapid.T) {
	if w.f == nil {
		rt.Skip()
	}
	emits := w.f.out.Emits()
	w.stop(rapid.IntRange(min(w.floor, emits), emits).Draw(rt, "settled"))
}

func (w *world) stop(batches int) {
	w.f.stop()
	n, positions := w.f.out.Settle(batches, w.positions)
	w.settled = append(w.settled, w.f.out.Data()[:n]...)
	w.positions, w.f = positions, nil
}

func (w *world) pass(ms int) {
	time.Sleep(time.Duration(ms) * time.Millisecond)
	synctest.Wait()
}

// end lets the source read all, and sees whether every line was settled once, in
// order.
func (w *world) end() {
	if w.f == nil {
		w.run(w.rt)
	}
	if w.current {
		w.complete(w.log())
	}
	w.pass(10_000)
	w.stop(w.f.out.Emits())
	for _, l := range w.logs {
		if got := of(w.settled, l); !slices.Equal(got, l.lines) {
			w.rt.Fatalf("of %s came %q, want %q", l.name, got, l.lines)
		}
	}
}
