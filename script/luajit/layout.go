package luajit

import "unsafe"

// The head is that of lua/boot.lua; messages and attributes are words to
// lua/function.lua. They hold addresses as numbers:
// what they point to is not for Go's collector, or is pinned.

type message struct {
	data, dataSize, key, keySize, attributes, attributeCount uint32
	timestamp                                                float64
}

type attribute struct{ name, nameSize, value, valueSize uint32 }

// resultSize is that of a gopiper_result; result.go reads them.
const resultSize = 64

// head is the memory that Go and a Lua state tell each other things in. Lua
// allocates it.
type head struct {
	input, messages, attributes                  uintptr
	output, scratch                              uintptr
	used, capacity, scratchUsed, scratchCapacity uint32
	operation, number, count, handled, failed    int32
	current                                      int32 // message that is handled
	begun, _                                     uint32
	memory                                       float64
}

// at turns an address that C gave us into a pointer. The address is never that
// of memory of Go.
func at(address *uintptr) unsafe.Pointer { return *(*unsafe.Pointer)(unsafe.Pointer(address)) }

// memory returns the n bytes at an address that C gave us.
func memory(address *uintptr, n uint32) []byte {
	if n == 0 {
		return nil
	}
	return unsafe.Slice((*byte)(at(address)), n)
}

// address returns that of the first element; the slice must be pinned for as
// long as C uses it.
func address[T any](list []T) uintptr { return uintptr(unsafe.Pointer(unsafe.SliceData(list))) }
