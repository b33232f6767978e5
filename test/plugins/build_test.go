//go:build cgo && (linux || freebsd)

package plugins

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
)

// repository is the root of the repository, seen from here.
const repository = "../.."

// host returns the path of the program that loads plugins.
func host(t *testing.T) string { return once(t, "host", "host", "-buildmode=exe") }

// plugin returns the path of the plugin that is built from the folder.
func plugin(t *testing.T, folder string) string {
	return once(t, folder, filepath.Base(folder)+".so", "-buildmode=plugin")
}

// once builds the folder unless that has been done.
func once(t *testing.T, folder, name, mode string) string {
	t.Helper()
	path := filepath.Join(built.directory, name)
	built.Lock()
	build, ok := built.paths[path]
	if !ok {
		build = sync.OnceValue(func() error { return goBuild(repository, path, mode, "./test/plugins/"+folder) })
		built.paths[path] = build
	}
	built.Unlock()
	if err := build(); err != nil {
		t.Fatal(err)
	}
	return path
}

// build builds a plugin.
func build(t *testing.T, directory, path, what string) {
	t.Helper()
	if err := goBuild(directory, path, "-buildmode=plugin", what); err != nil {
		t.Fatal(err)
	}
}

// goBuild builds as the Makefile does, but without debug information, which takes
// half of the time.
func goBuild(directory, path, mode, what string) error {
	command := inModule(directory, "build", "-trimpath", "-buildvcs=false", "-ldflags=-s -w", mode, "-o", path, what)
	if output, err := command.CombinedOutput(); err != nil {
		return fmt.Errorf("%s: %w\n%s", command, err, output)
	}
	return nil
}

// inModule is a go command that the environment of the tests does not change.
func inModule(directory string, arguments ...string) *exec.Cmd {
	command := exec.Command("go", arguments...)
	command.Dir = directory
	command.Env = append(os.Environ(), "CGO_ENABLED=1", "GOFLAGS=", "GOWORK=off")
	return command
}

// goCommand runs a go command and returns what it prints.
func goCommand(t *testing.T, directory string, arguments ...string) string {
	t.Helper()
	output, err := inModule(directory, arguments...).CombinedOutput()
	if err != nil {
		t.Fatalf("go %v: %v\n%s", arguments, err, output)
	}
	return string(output)
}

func read(t *testing.T, path string) []byte {
	t.Helper()
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return content
}

func write(t *testing.T, path string, content []byte) {
	t.Helper()
	if err := os.WriteFile(path, content, 0o600); err != nil {
		t.Fatal(err)
	}
}
