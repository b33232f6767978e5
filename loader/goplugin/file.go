//go:build cgo && (linux || darwin || freebsd)

package goplugin

import (
	"bytes"
	"debug/buildinfo"
	"debug/elf"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime"
	"runtime/debug"
)

// file is what a plugin's file says of itself without being opened.
type file struct {
	build *debug.BuildInfo
	// hashes are those of the packages in it; nil if they cannot be read, as
	// on macOS.
	hashes hashes
	// id differs between any two builds that differ.
	id string
}

// hashes maps the path of a package to the linker's hash of what it exports.
// Two modules of one process can share a package only if its hashes are equal.
type hashes map[string]string

// readFile finds out what the file is, and refuses what is no Go plugin for
// this platform: opening that would end the process.
func readFile(path string) (*file, error) {
	f, err := os.Open(path)
	if err != nil {
		var p *os.PathError
		if errors.As(err, &p) {
			err = p.Err
		}
		return nil, fmt.Errorf("cannot be read: %w", err)
	}
	defer f.Close()
	return inspect(f)
}

func inspect(r io.ReaderAt) (*file, error) {
	var head [8]byte
	n, err := r.ReadAt(head[:], 0)
	if err != nil && err != io.EOF {
		return nil, fmt.Errorf("cannot be read: %w", err)
	}
	if err := checkFormat(head[:n]); err != nil {
		return nil, err
	}
	var shared *elf.File // nil on macOS
	if runtime.GOOS != "darwin" {
		if shared, err = elf.NewFile(r); err != nil {
			return nil, fmt.Errorf("is a damaged or incomplete ELF file (%v); build it again", err)
		}
		if err := checkELF(shared); err != nil {
			return nil, err
		}
	}
	build, err := buildinfo.Read(r)
	if err != nil {
		return nil, fmt.Errorf("is a shared object but no Go plugin (%v); components in C are not supported by this version: write one in Go and build it with `go build -buildmode=plugin`", err)
	}
	if mode := setting(build, "-buildmode"); mode != "plugin" {
		return nil, fmt.Errorf("is no plugin: it was built with -buildmode=%s; build it with `%s`", mode, buildCommand(running()))
	}
	p := &file{build: build, id: fmt.Sprint(build)}
	if shared != nil {
		p.hashes = packageHashes(shared)
		if note := shared.Section(".note.go.buildid"); note != nil {
			if id, err := note.Data(); err == nil {
				p.id = string(id)
			}
		}
	}
	return p, nil
}

// formats are what the first bytes of files that people mistake for plugins
// say.
var formats = []struct{ magic, name string }{
	{"\x7fELF", "a file for Linux or another Unix (ELF)"},
	{"\xcf\xfa\xed\xfe", "a file for macOS (Mach-O)"},
	{"\xca\xfe\xba\xbe", "a file for macOS (universal)"},
	{"MZ", "a file for Windows"},
	{"!<arch>\n", "an archive of objects"},
	{"\x00asm", "a WebAssembly module"},
	{"#!", "a script"},
}

func checkFormat(head []byte) error {
	if len(head) == 0 {
		return errors.New("is empty; build it with `go build -buildmode=plugin`")
	}
	kind := "no shared object"
	for i, f := range formats {
		if !bytes.HasPrefix(head, []byte(f.magic)) {
			continue
		}
		if (i == 0) == (runtime.GOOS != "darwin") && i <= 2 {
			return nil
		}
		kind = f.name
	}
	return fmt.Errorf("is %s, not a Go plugin for %s; build it with `go build -buildmode=plugin`", kind, runtime.GOOS)
}

// machines are Go's names for ELF's machines.
var machines = map[elf.Machine]string{
	elf.EM_X86_64: "amd64", elf.EM_AARCH64: "arm64", elf.EM_386: "386", elf.EM_ARM: "arm",
	elf.EM_RISCV: "riscv64", elf.EM_PPC64: "ppc64le", elf.EM_S390: "s390x", elf.EM_LOONGARCH: "loong64",
}

func checkELF(f *elf.File) error {
	machine, known := machines[f.Machine]
	if !known {
		machine = f.Machine.String()
	}
	if machine != runtime.GOARCH {
		return fmt.Errorf("is for %s, gopiper runs on %s; build it with GOARCH=%s", machine, runtime.GOARCH, runtime.GOARCH)
	}
	program := f.Type == elf.ET_EXEC
	for _, p := range f.Progs {
		program = program || p.Type == elf.PT_INTERP
	}
	switch {
	case program:
		return errors.New("is a program, not a plugin; build it with `go build -buildmode=plugin`")
	case f.Type != elf.ET_DYN:
		return errors.New("is no shared object; build it with `go build -buildmode=plugin`")
	}
	return nil
}
