package luajit

import (
	"os"
	"unsafe"

	"golang.org/x/sys/unix"
)

// Where LuaJIT's allocator, which is Doug Lea's, has what is asked for here: offsets in
// bytes, where addresses have 64 bits.
const (
	globalInState  = 16 // lua_State: the address of global_State
	arenaInGlobal  = 8  // global_State: the address of the allocator's own record
	arenaInSegment = 16 // that record, in its first segment
	topSizeInArena = 16
	topInArena     = 32
	sizeInChunk    = 8 // of a chunk of memory, with bits below
	previousInUse  = 1
	segmentSize    = 128 << 10
	chunkHeader    = 32
)

// Trim gives the system back the memory behind what the state uses: making it has
// touched more than it keeps, and LuaJIT gives nothing back of its first segment. It
// does nothing unless the allocator is as it is known here, which it finds out without
// trusting an address. The caller is the only one that uses the state.
func (s *State) Trim() {
	if from, to := s.behind(); from < to {
		_ = unix.Madvise(memory(&from, uint32(to-from)), unix.MADV_DONTNEED) // or it stays
	}
}

// behind are the whole pages between what the state uses and the end of the first
// segment; none if that is not known.
func (s *State) behind() (from, to uintptr) {
	page := uintptr(os.Getpagesize())
	if s.lua == 0 || s.busy || unsafe.Sizeof(page) != 8 {
		return 0, 0
	}
	arena := wordAt(wordAt(s.lua+globalInState) + arenaInGlobal)
	segment := arena - arenaInSegment
	top, size := wordAt(arena+topInArena), wordAt(arena+topSizeInArena)
	end := top + size
	if arena == 0 || segment%page != 0 || top <= arena || end <= top || end > segment+segmentSize ||
		wordAt(top+sizeInChunk) != size|previousInUse {
		return 0, 0
	}
	return (top + chunkHeader + page - 1) &^ (page - 1), end &^ (page - 1)
}

// wordAt reads memory at any address: 0 if there is none.
func wordAt(address uintptr) uintptr {
	var word uintptr
	const size = int(unsafe.Sizeof(word))
	local := []unix.Iovec{{Base: (*byte)(unsafe.Pointer(&word))}}
	local[0].SetLen(size)
	n, err := unix.ProcessVMReadv(os.Getpid(), local, []unix.RemoteIovec{{Base: address, Len: size}}, 0)
	if err != nil || n != size {
		return 0
	}
	return word
}
