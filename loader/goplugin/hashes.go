//go:build cgo && (linux || darwin || freebsd)

package goplugin

import (
	"bytes"
	"debug/elf"
	"net/url"
	"os"
	"runtime"
	"strings"
	"sync"
)

// hashSymbol begins the names of the dynamic symbols behind which Go's linker
// keeps the hashes of packages, in plugins and in programs that can open them.
// They are a detail of the linker: if they are ever not to be found, only the
// runtime's own check is left, which stops at the first package.
const hashSymbol = "go:link.pkghashbytes."

// packageHashes returns nil if there are none to be read.
//
// debug/elf can list symbols too, but makes a string of each, and a program has
// tens of thousands: this takes a tenth of the time.
func packageHashes(f *elf.File) hashes {
	table := f.SectionByType(elf.SHT_DYNSYM)
	if table == nil || int(table.Link) >= len(f.Sections) {
		return nil
	}
	symbols, err := table.Data()
	if err != nil {
		return nil
	}
	names, err := f.Sections[table.Link].Data()
	if err != nil {
		return nil
	}
	size, valueAt := elf.Sym64Size, 8
	if f.Class == elf.ELFCLASS32 {
		size, valueAt = elf.Sym32Size, 4
	}
	found := make(hashes)
	for ; len(symbols) >= size; symbols = symbols[size:] {
		at := int(f.ByteOrder.Uint32(symbols))
		if at >= len(names) || !bytes.HasPrefix(names[at:], []byte(hashSymbol)) {
			continue
		}
		name, _, _ := bytes.Cut(names[at+len(hashSymbol):], []byte{0})
		address := uint64(f.ByteOrder.Uint32(symbols[valueAt:]))
		if f.Class == elf.ELFCLASS64 {
			address = f.ByteOrder.Uint64(symbols[valueAt:])
		}
		if hash, ok := bytesAt(f, address); ok {
			found[packagePath(string(name))] = hash
		}
	}
	if len(found) == 0 {
		return nil
	}
	return found
}

// bytesAt reads the hash that is at an address once the file is loaded.
func bytesAt(f *elf.File, address uint64) (string, bool) {
	for _, p := range f.Progs {
		if p.Type == elf.PT_LOAD && address >= p.Vaddr && address-p.Vaddr < p.Filesz {
			var hash [8]byte
			_, err := p.ReadAt(hash[:], int64(address-p.Vaddr))
			return string(hash[:]), err == nil
		}
	}
	return "", false
}

// packagePath undoes the linker's escapes: gopkg.in/yaml%2ev3.
func packagePath(symbol string) string {
	if path, err := url.PathUnescape(symbol); err == nil {
		return path
	}
	return symbol
}

// ownHashes are those of the running program; nil if it has none to be read, as
// when the program that runs is not Go's but has loaded a library that is.
var ownHashes = sync.OnceValue(func() hashes {
	path, err := os.Executable()
	if err != nil {
		return nil
	}
	if runtime.GOOS == "linux" {
		path = "/proc/self/exe" // also finds what was replaced since
	}
	return hashesOf(path)
})

func hashesOf(path string) hashes {
	f, err := elf.Open(path)
	if err != nil {
		return nil
	}
	defer f.Close()
	return packageHashes(f)
}

// standard tells whether a package is of Go's standard library: the first
// element of its path has no dot.
func standard(path string) bool {
	first, _, _ := strings.Cut(path, "/")
	return !strings.Contains(first, ".")
}
