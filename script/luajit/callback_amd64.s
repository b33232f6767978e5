//go:build linux || darwin

#include "textflag.h"

// callback is the C function int callback(uintptr_t handle). It puts the handle and
// room for the answer on the stack and has crosscall2 call entry, a function of
// Go's, with their address. crosscall2 is of runtime/cgo, or of purego where there is no cgo; it keeps
// the rules of C's calls, so that nothing need be saved here.
TEXT callback<>(SB), NOSPLIT|NOFRAME, $0-0
	SUBQ $24, SP          // C's calls find the stack at a multiple of 16
	MOVQ DI, 0(SP)        // crossing.handle
	MOVQ $0, 8(SP)        // crossing.answer
	MOVQ ·entry(SB), DI   // the value of the function's variable:
	MOVQ (DI), DI         // it points to the address of the code
	MOVQ SP, SI
	XORL DX, DX
	XORL CX, CX           // without a context
	CALL crosscall2(SB)
	MOVQ 8(SP), AX
	ADDQ $24, SP
	RET

GLOBL ·callback(SB), NOPTR|RODATA, $8
DATA ·callback(SB)/8, $callback<>(SB)
