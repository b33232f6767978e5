//go:build cgo && (linux || freebsd)

package goplugin

import (
	"bytes"
	"debug/elf"
	"encoding/binary"
	"os"
	"runtime"
	"strings"
	"testing"
)

// header is that of an ELF file without sections, of 64 bits.
func header(kind elf.Type, machine elf.Machine) []byte {
	var b bytes.Buffer
	h := elf.Header64{Type: uint16(kind), Machine: uint16(machine), Version: 1, Ehsize: 64, Phentsize: 56, Shentsize: 64}
	copy(h.Ident[:], elf.ELFMAG)
	h.Ident[elf.EI_CLASS], h.Ident[elf.EI_DATA], h.Ident[elf.EI_VERSION] = byte(elf.ELFCLASS64), byte(elf.ELFDATA2LSB), 1
	if err := binary.Write(&b, binary.LittleEndian, &h); err != nil {
		panic(err)
	}
	return b.Bytes()
}

// ownMachine is that of the running program.
func ownMachine(t testing.TB) elf.Machine {
	for machine, name := range machines {
		if name == runtime.GOARCH {
			return machine
		}
	}
	t.Fatalf("%s is not in the list of machines", runtime.GOARCH)
	return 0
}

func TestInspectRefuses(t *testing.T) {
	own, other := ownMachine(t), elf.EM_LOONGARCH
	if runtime.GOARCH == "loong64" {
		other = elf.EM_S390
	}
	for _, c := range []struct {
		what    string
		content []byte
		want    string
	}{
		{"empty", nil, "is empty; "},
		{"text", []byte("local gopiper = require"), "is no shared object, not a Go plugin for " + runtime.GOOS},
		{"script", []byte("#!/bin/sh"), "is a script, not"},
		{"archive", []byte("!<arch>\nx"), "is an archive of objects, not"},
		{"macOS", []byte("\xcf\xfa\xed\xfe...."), "is a file for macOS (Mach-O), not"},
		{"Windows", []byte("MZ"), "is a file for Windows, not"},
		{"WebAssembly", []byte("\x00asm\x01\x00\x00\x00"), "is a WebAssembly module, not"},
		{"cut short", header(elf.ET_DYN, own)[:20], "is a damaged or incomplete ELF file ("},
		{"other machine", header(elf.ET_DYN, other), "gopiper runs on " + runtime.GOARCH + "; build it with GOARCH=" + runtime.GOARCH},
		{"unknown machine", header(elf.ET_DYN, elf.EM_VAX), "is for EM_VAX, gopiper runs on"},
		{"program", header(elf.ET_EXEC, own), "is a program, not a plugin; "},
		{"object", header(elf.ET_REL, own), "is no shared object; "},
		{"without Go", header(elf.ET_DYN, own), "is a shared object but no Go plugin ("},
	} {
		f, err := inspect(bytes.NewReader(c.content))
		if err == nil || f != nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s:\n got %v\nwant %s", c.what, err, c.want)
		}
	}
	// The running test is a program too, or a program of position-independent code.
	path, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := readFile(path); err == nil || !strings.Contains(err.Error(), "is a program, not a plugin") {
		t.Errorf("the running test: %v", err)
	}
	if _, err := readFile(path + ".not"); err == nil || err.Error() != "cannot be read: no such file or directory" {
		t.Errorf("a missing file: %v", err)
	}
}

// The program under test can open plugins, so it has the hashes of every
// package that it is made of.
func TestOwnHashes(t *testing.T) {
	for _, path := range []string{"runtime", "fmt", "github.com/gopiper/gopiper/component"} {
		if len(ownHashes()[path]) != 8 {
			t.Errorf("no hash of %s among %d", path, len(ownHashes()))
		}
	}
	if ownHashes()["fmt"] == ownHashes()["runtime"] {
		t.Error("all hashes are equal")
	}
	for symbol, want := range map[string]string{"fmt": "fmt", "gopkg.in/yaml%2ev3": "gopkg.in/yaml.v3", "a%zz": "a%zz"} {
		if got := packagePath(symbol); got != want {
			t.Errorf("%q is taken for %q", symbol, got)
		}
	}
}

// Whatever a file holds, reading it ends, and in an error unless it is a
// plugin.
func FuzzInspect(f *testing.F) {
	f.Add(header(elf.ET_DYN, ownMachine(f)))
	f.Add(withSymbols(ownMachine(f)))
	f.Fuzz(func(t *testing.T, content []byte) {
		if file, err := inspect(bytes.NewReader(content)); (file == nil) == (err == nil) {
			t.Errorf("file %v and error %v", file, err)
		}
		if e, err := elf.NewFile(bytes.NewReader(content)); err == nil {
			packageHashes(e)
		}
	})
}

// withSymbols is a file with one segment, a dynamic symbol that names the hash
// of the package "x", and the hash "8 bytes!".
func withSymbols(machine elf.Machine) []byte {
	names := "\x00" + hashSymbol + "x\x00"
	h := header(elf.ET_DYN, machine)
	const segments, sections = 64, 64 + 56
	symbols := sections + 3*64
	strings := symbols + 2*elf.Sym64Size
	end := strings + len(names)
	le := binary.LittleEndian
	le.PutUint64(h[32:], segments)
	le.PutUint64(h[40:], sections)
	le.PutUint16(h[56:], 1) // segments
	le.PutUint16(h[60:], 3) // sections
	le.PutUint16(h[62:], 2) // the section that holds names
	var b bytes.Buffer
	for _, part := range []any{
		h,
		elf.Prog64{Type: uint32(elf.PT_LOAD), Off: 0, Vaddr: 0x1000, Filesz: uint64(end + 8), Memsz: uint64(end + 8)},
		elf.Section64{},
		elf.Section64{Type: uint32(elf.SHT_DYNSYM), Off: uint64(symbols), Size: 2 * elf.Sym64Size, Link: 2, Entsize: elf.Sym64Size},
		elf.Section64{Type: uint32(elf.SHT_STRTAB), Off: uint64(strings), Size: uint64(len(names))},
		elf.Sym64{},
		elf.Sym64{Name: 1, Value: uint64(0x1000 + end), Size: 8},
		[]byte(names + "8 bytes!"),
	} {
		if err := binary.Write(&b, le, part); err != nil {
			panic(err)
		}
	}
	return b.Bytes()
}

func TestPackageHashes(t *testing.T) {
	f, err := elf.NewFile(bytes.NewReader(withSymbols(ownMachine(t))))
	if err != nil {
		t.Fatal(err)
	}
	got := packageHashes(f)
	if len(got) != 1 || got["x"] != "8 bytes!" {
		t.Errorf("got %q", got)
	}
}
