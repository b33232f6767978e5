package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// tree is the files of the working tree that a copy gets: those that git knows, and
// those that it would not ignore.
type tree struct {
	root  string
	files []string
}

func listTree(ctx context.Context, root string) (tree, error) {
	command := exec.CommandContext(ctx, "git", "ls-files", "-z", "--cached", "--others", "--exclude-standard")
	command.Dir = root
	output, err := command.Output()
	if err != nil {
		return tree{}, fmt.Errorf("listing the files of the repository: %w", err)
	}
	t := tree{root: root}
	for name := range bytes.SplitSeq(output, []byte{0}) {
		if len(name) > 0 {
			t.files = append(t.files, string(name))
		}
	}
	return t, nil
}

// copyTo makes a folder a fresh copy. Files keep their times: then go test knows
// again the results of packages that a patch does not touch.
func (t tree) copyTo(folder string) error {
	if err := os.RemoveAll(folder); err != nil {
		return err
	}
	for _, name := range t.files {
		if err := copyFile(filepath.Join(t.root, name), filepath.Join(folder, name)); err != nil {
			return err
		}
	}
	return nil
}

func copyFile(from, to string) error {
	info, err := os.Lstat(from)
	if errors.Is(err, fs.ErrNotExist) {
		return nil // removed, and git was not told
	}
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(to), 0o755); err != nil {
		return err
	}
	if info.Mode()&fs.ModeSymlink != 0 {
		target, err := os.Readlink(from)
		if err != nil {
			return err
		}
		return os.Symlink(target, to)
	}
	if !info.Mode().IsRegular() {
		return nil
	}
	source, err := os.Open(from)
	if err != nil {
		return err
	}
	defer source.Close()
	target, err := os.OpenFile(to, os.O_WRONLY|os.O_CREATE|os.O_EXCL, info.Mode().Perm())
	if err != nil {
		return err
	}
	_, err = io.Copy(target, source)
	if err := errors.Join(err, target.Close()); err != nil {
		return err
	}
	return os.Chtimes(to, info.ModTime(), info.ModTime())
}

// apply applies a patch to a copy, or only sees whether it could. One line of context
// must fit: the code around a patch may change.
func (p patch) apply(ctx context.Context, folder string, flags ...string) error {
	arguments := append([]string{"apply", "--recount", "-C1", "--whitespace=nowarn"}, flags...)
	command := exec.CommandContext(ctx, "git", append(arguments, "-")...)
	command.Dir = folder
	command.Stdin = strings.NewReader(p.diff)
	// A repository that the copy may lie in does not matter.
	command.Env = append(os.Environ(), "GIT_CEILING_DIRECTORIES="+filepath.Dir(folder))
	if output, err := command.CombinedOutput(); err != nil {
		return fmt.Errorf("%s does not apply: %s", p.name, bytes.TrimSpace(output))
	}
	return nil
}
