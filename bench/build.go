package main

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// packages says which Debian package a program comes from that the bench does
// not build.
var packages = map[string]string{
	"cat": "coreutils", "sync": "coreutils", "grep": "grep", "jq": "jq", "luajit": "luajit lua-cjson", "mawk": "mawk", "pv": "pv", "rg": "ripgrep", "taskset": "util-linux",
}

var plugins = []string{"empty_handle", "empty_batch", "count_handle"}

// findRoot looks for the repository from the working directory upwards.
func findRoot() (string, error) {
	folder, err := os.Getwd()
	if err != nil {
		return "", err
	}
	for {
		text, err := os.ReadFile(filepath.Join(folder, "go.mod"))
		if err == nil && strings.HasPrefix(string(text), "module github.com/gopiper/gopiper\n") {
			return folder, nil
		}
		parent := filepath.Dir(folder)
		if parent == folder {
			return "", errors.New("run it in the repository, with go run ./bench")
		}
		folder = parent
	}
}

// build builds gopiper with its plugins, the plugins of the bench, the read
// loop, the disk's writer and the peers.
func build(root string) error {
	if err := buildOurs(root); err != nil {
		return err
	}
	if err := step(root, "go", "build", "-trimpath", "-o", "build/bench/", "./bench/readloop", "./bench/diskwrite"); err != nil {
		return err
	}
	return step(filepath.Join(root, "bench", "peers"), "go", "build", "-trimpath", "-o", "../../build/bench/", "./benthos", "./fastjson")
}

// buildOurs builds gopiper with its plugins, and the plugins of the bench.
func buildOurs(root string) error {
	if err := step(root, "make", "build"); err != nil {
		return err
	}
	for _, p := range plugins {
		err := step(root, "go", "build", "-trimpath", "-buildmode=plugin", "-o", "build/bench/"+p+".so", "./bench/plugins/"+p)
		if err != nil {
			return err
		}
	}
	return nil
}

func step(folder string, words ...string) error {
	command := exec.Command(words[0], words[1:]...)
	command.Dir = folder
	command.Env = append(os.Environ(), "CGO_ENABLED=1") // as plugins need
	if out, err := command.CombinedOutput(); err != nil {
		return fmt.Errorf("%s: %w\n%s", strings.Join(words, " "), err, out)
	}
	return nil
}

// missing lists the programs of the workloads that are not there, each with
// what to install.
func missing(root string, selected []*workload) (names map[string]bool, advice []string) {
	names = map[string]bool{}
	for _, w := range selected {
		for _, p := range w.programs {
			tool := p.command[0]
			if names[tool] {
				continue
			}
			if strings.HasPrefix(tool, "build/") {
				if _, err := os.Stat(filepath.Join(root, tool)); err != nil {
					names[tool] = true
					advice = append(advice, fmt.Sprintf("%s is not there: leave out -no-build", tool))
				}
				continue
			}
			if _, err := exec.LookPath(tool); err != nil {
				names[tool] = true
				advice = append(advice, fmt.Sprintf("%s is not installed: apt-get install %s", tool, packages[tool]))
			}
		}
	}
	return names, advice
}

// without returns the workload without the programs whose tool is missing.
func (w *workload) without(tools map[string]bool) *workload {
	reduced := *w
	reduced.programs = nil
	for _, p := range w.programs {
		if !tools[p.command[0]] {
			reduced.programs = append(reduced.programs, p)
		}
	}
	return &reduced
}
