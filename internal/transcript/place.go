// Package transcript runs what documentation and examples show, so that tests
// can tell whether it is true.
package transcript

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
)

// Place is a directory that looks like a checkout of the repository in which
// gopiper was built. Whatever is run there leaves the repository alone.
type Place struct {
	// Directory is the root of the copy, which is made of links.
	Directory string
}

// NewPlace makes a place and builds gopiper there, as the Makefile does, and
// the plugins with the names. repository is the path of the repository. Remove
// gives the place up.
func NewPlace(repository string, plugins ...string) (*Place, error) {
	directory, err := os.MkdirTemp("", "gopiper")
	if err != nil {
		return nil, err
	}
	p := &Place{directory}
	if err := p.furnish(repository, plugins); err != nil {
		p.Remove()
		return nil, err
	}
	return p, nil
}

// Remove removes the place.
func (p *Place) Remove() { os.RemoveAll(p.Directory) }

func (p *Place) furnish(repository string, plugins []string) error {
	repository, err := filepath.Abs(repository)
	if err != nil {
		return err
	}
	entries, err := os.ReadDir(repository)
	if err != nil {
		return err
	}
	for _, e := range entries {
		if e.Name() == "build" || strings.HasPrefix(e.Name(), ".") {
			continue
		}
		if err := os.Symlink(filepath.Join(repository, e.Name()), filepath.Join(p.Directory, e.Name())); err != nil {
			return err
		}
	}
	build := filepath.Join(p.Directory, "build")
	if err := goBuild(repository, "-o", filepath.Join(build, "gopiper"), "./cmd/gopiper"); err != nil {
		return err
	}
	for _, name := range plugins {
		path := filepath.Join(build, name+".so")
		if err := goBuild(repository, "-buildmode=plugin", "-o", path, "./plugins/"+name); err != nil {
			return err
		}
	}
	return nil
}

// goBuild builds what gopiper and its plugins share alike; without debug
// information, which may differ, it takes half of the time.
func goBuild(directory string, arguments ...string) error {
	command := exec.Command("go", append([]string{"build", "-trimpath", "-buildvcs=false", "-ldflags=-s -w"}, arguments...)...)
	command.Dir = directory
	if output, err := command.CombinedOutput(); err != nil {
		return fmt.Errorf("%s: %w\n%s", command, err, output)
	}
	return nil
}

// Shell returns a command line as a command, to be run in a directory. gopiper is
// found by its name. When ctx ends it is killed, with all that it has started.
func (p *Place) Shell(ctx context.Context, directory, line string) *exec.Cmd {
	command := exec.CommandContext(ctx, "sh", "-c", line)
	command.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	command.Cancel = func() error { return syscall.Kill(-command.Process.Pid, syscall.SIGKILL) }
	command.Dir = directory
	command.Env = append(os.Environ(), "PATH="+filepath.Join(p.Directory, "build")+":"+os.Getenv("PATH"), "NO_COLOR=1", "LC_ALL=C")
	return command
}
