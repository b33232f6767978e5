package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// scratch is where state and outputs of the programs lie, below the repository's
// root: on its disk, since much of what is measured is that disk.
func scratch(root string) string { return filepath.Join(root, "build", "bench", "scratch") }

// newFolder makes a folder for one run of a program, which its caller removes. What
// other runs have written is on the disk by then, so that this one does not pay for
// it.
func newFolder(root string) (string, error) {
	if err := os.MkdirAll(scratch(root), 0o755); err != nil {
		return "", err
	}
	folder, err := os.MkdirTemp(scratch(root), "run-")
	if err != nil {
		return "", err
	}
	if out, err := exec.Command("sync").CombinedOutput(); err != nil {
		os.Remove(folder)
		return "", fmt.Errorf("sync: %w\n%s", err, out)
	}
	return folder, nil
}

// mount is the file system that a path, which is absolute and has no symbolic links,
// lies in.
type mount struct {
	kind, device string // "ext4", "/dev/vda"; empty where it is not known
}

func (m mount) String() string { return strings.TrimSpace(m.kind + " " + m.device) }

// inMemory tells whether nothing that is written there reaches a disk.
func (m mount) inMemory() bool { return m.kind == "tmpfs" || m.kind == "ramfs" }

// mountOf finds the mount of a path in a text like that of /proc/self/mountinfo.
func mountOf(path, mounts string) mount {
	var found mount
	longest := -1
	for line := range strings.Lines(mounts) {
		before, after, _ := strings.Cut(line, " - ")
		fields, kind := strings.Fields(before), strings.Fields(after)
		if len(fields) < 5 || len(kind) < 2 {
			continue
		}
		point := unescape.Replace(fields[4])
		if inside := path == point || strings.HasPrefix(path, strings.TrimSuffix(point, "/")+"/"); !inside {
			continue
		}
		if len(point) >= longest { // of those at one point the last lies on top
			longest, found = len(point), mount{kind[0], kind[1]}
		}
	}
	return found
}

// unescape undoes what the kernel does to names with spaces.
var unescape = strings.NewReplacer(`\040`, " ", `\011`, "\t", `\012`, "\n", `\134`, `\`)

// diskOf finds what a folder that is there lies on.
func diskOf(folder string) mount {
	path, err := filepath.EvalSymlinks(folder)
	if err != nil {
		return mount{}
	}
	mounts, err := os.ReadFile("/proc/self/mountinfo")
	if err != nil {
		return mount{}
	}
	return mountOf(path, string(mounts))
}
