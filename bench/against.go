package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
)

// before is what the program of another commit is called.
const before = ", before"

// buildBefore builds gopiper, its plugins and those of the bench as they were at a
// commit, in a folder of its own, which the caller removes.
func buildBefore(root, commit string) (string, error) {
	folder, err := os.MkdirTemp("", "gopiper-bench-")
	if err != nil {
		return "", err
	}
	if err = unpack(root, commit, folder); err == nil {
		err = buildOurs(folder)
	}
	if err != nil {
		return "", errors.Join(fmt.Errorf("-against %s: %w", commit, err), os.RemoveAll(folder))
	}
	return folder, nil
}

// unpack writes the files of a commit to a folder.
func unpack(root, commit, folder string) error {
	archive := filepath.Join(folder, "commit.tar")
	if err := step(root, "git", "archive", "--format=tar", "--output="+archive, commit); err != nil {
		return err
	}
	return errors.Join(step(folder, "tar", "-xf", archive), os.Remove(archive))
}

// against returns the workload with a second program for every one that is gopiper:
// the same of another commit, which lies in the folder, with the plan that it had
// then. What had no such plan is not compared.
func (w *workload) against(folder string) *workload {
	added := *w
	added.programs, added.requirements = nil, nil
	for _, p := range w.programs {
		added.programs = append(added.programs, p)
		plan := p.command[len(p.command)-1]
		if _, err := os.Stat(filepath.Join(folder, plan)); p.command[0] != "build/gopiper" || err != nil {
			continue
		}
		old := p
		old.name += before
		old.folder = folder
		added.programs = append(added.programs, old)
		added.requirements = append(added.requirements,
			requirement{subject: p.name, references: []string{old.name}, metric: cpu, atMost: w.growth})
	}
	added.requirements = append(added.requirements, w.requirements...)
	return &added
}
