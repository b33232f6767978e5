package file

import (
	"log/slog"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"time"
)

// look finds out which files are there, and what has become of those that were.
// It emits nothing.
func (f *follower) look() {
	f.turn++
	var found []*tail
	for _, pattern := range f.source.patterns {
		names := []string{pattern}
		if _, err := os.Stat(pattern); err != nil {
			names, _ = filepath.Glob(pattern) // that it is one was checked
		}
		for _, name := range names {
			if t := f.sight(name); t != nil {
				found = append(found, t)
			}
		}
	}
	for _, t := range f.order {
		if t.turn == f.turn {
			t.found()
		} else if !t.gone {
			f.miss(t)
		}
	}
	f.missed()
	f.follows(found)
	for _, t := range found {
		if !t.fresh {
			continue
		}
		full := f.full()
		if f.openTail(t); full {
			f.close(t)
		}
	}
}

// sight takes a path that a pattern matches, and returns the file if it is new.
func (f *follower) sight(name string) *tail {
	info, err := os.Stat(name)
	if err != nil || info.IsDir() {
		return nil
	}
	id := identify(info)
	if id.lane(f.lanes) != f.lane {
		return nil
	}
	if !info.Mode().IsRegular() {
		if !f.told[name] {
			f.told[name] = true
			slog.Warn("only regular files can be followed", "path", name)
		}
		return nil
	}
	t := f.tails[id]
	known := t != nil
	if !known {
		t = f.newTail(id, name)
	}
	switch {
	case t.turn != f.turn:
		t.turn, t.next = f.turn, name
	case t.path == name: // it has several names
		t.next = name
	}
	if t.file == nil && (info.Size() != t.size || !info.ModTime().Equal(t.modified)) {
		t.wake = true
	}
	if known {
		return nil
	}
	return t
}

// newTail begins to follow a file.
func (f *follower) newTail(id identity, name string) *tail {
	t := &tail{id: id, partition: id.partition(), path: name, matched: true, size: -1, active: time.Now()}
	t.position.at(name)
	if e := f.memory.take(id, t.position.path); e != nil {
		t.remembered(e)
	} else {
		t.fresh, t.skip = true, f.turn == 1 && f.fromEnd && !f.memory.begun
	}
	f.tails[id] = t
	f.order = append(f.order, t)
	return t
}

// remembered takes over what an earlier run has left.
func (t *tail) remembered(e *entry) {
	if e.partition != t.partition {
		t.old = e.partition
	}
	if e.position.path == "" {
		return // unusable, which was told
	}
	path, name := t.position.path, t.position.name
	t.position = e.position
	t.position.path, t.position.name = path, name
	if t.packed = t.done; e.position.path != path {
		t.moved, t.was = true, e.position.path
	}
}

// found notes under which path a file was found.
func (t *tail) found() {
	if t.next != t.path {
		t.lost()
		t.path, t.annotate = t.next, nil
		t.position.at(t.path)
	}
	t.matched = true
}

// lost notes that a file has not the name any more that it had.
func (t *tail) lost() {
	t.was, t.active = t.position.path, time.Now()
	t.moved, t.wake = true, t.wake || t.file == nil
}

// miss finds a file that no pattern matches any more.
func (f *follower) miss(t *tail) {
	if t.matched {
		t.matched = false
		t.lost()
	}
	switch {
	case t.file != nil, t.packed && f.unpacking:
		return
	case t.packed && t.done:
		f.forget(t)
		return
	}
	path, err := whereabouts(t.id, t.position.path)
	switch {
	case err != nil: // the next look may tell more
		t.failed(err)
		t.wake = false
	case path == "":
		tellGone(t.path, t.mark.Offset)
		f.forget(t)
	default:
		t.path, t.annotate, t.wake = path, nil, true
	}
}

// missed finds the files that an earlier run has read and that no pattern
// matches.
func (f *follower) missed() {
	for _, id := range slices.SortedFunc(maps.Keys(f.memory.entries), identity.compare) {
		e := f.memory.entries[id]
		path, err := whereabouts(id, e.path)
		if err != nil {
			if !f.told[e.path] {
				f.told[e.path] = true
				slog.Warn("it cannot be found out where a file is that was read before", "path", e.path, "error", err)
			}
			continue
		}
		spoken := f.source.matches(&e.position)
		if path == e.path && e.name == "" && spoken {
			continue // the next look sees it
		}
		delete(f.memory.entries, id)
		info, err := os.Lstat(path)
		if err == nil && spoken && !e.done {
			t := &tail{id: identify(info), partition: e.partition, position: e.position, path: path, moved: true, was: e.path}
			t.size, t.active, t.wake, t.turn = -1, time.Now(), true, f.turn
			f.tails[t.id] = t
			f.order = append(f.order, t)
			continue
		}
		if spoken && !e.done {
			tellGone(e.path, e.mark.Offset)
		}
		f.drop(e.partition)
	}
}

func tellGone(path string, read int64) {
	slog.Warn("a file is gone; what was added to it at last may not have been read", "path", path, "read", read)
}

// follows lets new files wait until those are read that had their paths before.
func (f *follower) follows(found []*tail) {
	if len(found) == 0 {
		return
	}
	before := map[string]*tail{}
	for _, t := range f.order {
		if t.moved && !t.gone {
			before[t.was] = t
		}
	}
	for _, t := range found {
		if b := before[t.position.path]; b != t && t.mark.Offset == 0 {
			t.after = b
		}
	}
}

// start notes, behind the positions of what is there, that there was a first look.
func (f *follower) start() {
	for _, partition := range f.memory.strange {
		f.drop(partition)
	}
	if f.memory.durable && !f.memory.begun && f.lane == 0 {
		f.notes = append(f.notes, note{begunPartition, []byte{positionVersion}})
	}
}
