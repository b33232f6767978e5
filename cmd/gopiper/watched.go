package main

import (
	"maps"
	"os"
	"path/filepath"
)

// watched finds out whether the files have changed that scripts are made of.
type watched struct {
	modules []string // that the scripts require
	folders bool     // look at the scripts' folders, too: perhaps a module comes that is missing
	read    glance   // the files as they were when they were read
	seen    glance   // at the last look
}

// glance is how files looked, by their paths; nil stands for one that is not there.
type glance map[string]os.FileInfo

// begin is called before the scripts are read.
func (w *watched) begin(arguments *scriptArguments) { w.read = w.look(arguments, true) }

// end is called when they were read, with the files that they were made of, and
// whether they were valid.
func (w *watched) end(arguments *scriptArguments, files []string, valid bool) {
	w.modules = nil
	for _, file := range files {
		if file != "-e" {
			w.modules = append(w.modules, file)
		}
	}
	w.folders = !valid
	before := w.read
	w.read = w.look(arguments, w.folders)
	for file := range w.read {
		if info, looked := before[file]; looked { // it may have changed while it was read
			w.read[file] = info
		}
	}
}

// changed tells whether a file has changed since it was read, and not since the
// last look: somebody may still be writing it.
func (w *watched) changed(arguments *scriptArguments) bool {
	now := w.look(arguments, w.folders)
	settled := maps.EqualFunc(now, w.seen, sameFile)
	w.seen = now
	return settled && !maps.EqualFunc(now, w.read, sameFile)
}

// look looks at the files as they are now.
func (w *watched) look(arguments *scriptArguments, folders bool) glance {
	files, err := arguments.files()
	if err != nil { // some of them are not there
		files = arguments.Files
	}
	now := make(glance)
	at := func(path string) {
		info, err := os.Stat(path)
		if err != nil {
			info = nil
		}
		now[path] = info
	}
	for _, file := range files {
		at(file)
		if folders {
			at(filepath.Dir(file))
		}
	}
	for _, file := range w.modules {
		at(file)
	}
	return now
}

func sameFile(a, b os.FileInfo) bool {
	if a == nil || b == nil {
		return a == nil && b == nil
	}
	return os.SameFile(a, b) && a.Size() == b.Size() && a.ModTime().Equal(b.ModTime())
}
