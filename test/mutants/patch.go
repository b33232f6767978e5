package main

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
)

// patch breaks one thing. Its file has a sentence that says what, a line that says
// which promise that breaks, and then the diff.
type patch struct {
	name   string // of the file, without .patch
	path   string
	what   string // the sentence; empty if there is none
	breaks string // such as "invariant 9"; - if it does not say
	diff   string
}

var (
	diffStart  = regexp.MustCompile(`(?m)^(diff --git |--- )`)
	breaksLine = regexp.MustCompile(`(?m)^Breaks: *(.*)$`)
)

// readPatches reads all patches in a folder, in the order of their names.
func readPatches(folder string) ([]patch, error) {
	paths, err := filepath.Glob(filepath.Join(folder, "*.patch"))
	if err != nil {
		return nil, err
	}
	if len(paths) == 0 {
		return nil, fmt.Errorf("there is no patch in %s", folder)
	}
	var patches []patch
	for _, path := range paths {
		text, err := os.ReadFile(path)
		if err != nil {
			return nil, err
		}
		p, err := parsePatch(strings.TrimSuffix(filepath.Base(path), ".patch"), string(text))
		if err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
		p.path = path
		patches = append(patches, p)
	}
	return patches, nil
}

// parsePatch takes the text of a patch apart. Only the diff must be there.
func parsePatch(name, text string) (patch, error) {
	at := diffStart.FindStringIndex(text)
	if at == nil {
		return patch{}, fmt.Errorf("there is no diff in it")
	}
	p := patch{name: name, breaks: "-", diff: text[at[0]:]}
	head := text[:at[0]]
	if m := breaksLine.FindStringSubmatch(head); m != nil {
		p.breaks = strings.TrimSpace(m[1])
		head = strings.Replace(head, m[0], "", 1)
	}
	p.what = strings.Join(strings.Fields(head), " ")
	return p, nil
}
