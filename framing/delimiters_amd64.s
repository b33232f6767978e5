#include "textflag.h"

// func delimiters(data *byte, n int, c byte, at *int32, most int) int
//
// n is a multiple of 32.
TEXT ·delimiters(SB), NOSPLIT, $0-48
	MOVQ data+0(FP), SI
	MOVQ n+8(FP), DX
	VPBROADCASTB c+16(FP), Y0
	MOVQ at+24(FP), DI
	MOVQ most+32(FP), R8
	XORQ AX, AX // bytes looked at
	XORQ CX, CX // delimiters found

loop:
	CMPQ AX, DX
	JGE  over
	VMOVDQU   (SI)(AX*1), Y1
	VPCMPEQB  Y0, Y1, Y1
	VPMOVMSKB Y1, BX
	TESTL     BX, BX
	JZ        next

bit:
	BSFL BX, R9
	ADDQ AX, R9
	MOVL R9, (DI)(CX*4)
	INCQ CX
	CMPQ CX, R8
	JGE  over
	LEAL -1(BX), R9
	ANDL R9, BX // without its lowest bit
	JNZ  bit

next:
	ADDQ $32, AX
	JMP  loop

over:
	VZEROUPPER
	MOVQ CX, ret+40(FP)
	RET

// func avx2() bool
//
// The processor has AVX2 and the system saves its registers: Intel 64 and IA-32
// Architectures Software Developer's Manual, volume 1, section 14.7.1.
TEXT ·avx2(SB), NOSPLIT, $0-1
	MOVB $0, ret+0(FP)
	XORL AX, AX
	CPUID
	CMPL AX, $7
	JLT  no
	MOVL $1, AX
	XORL CX, CX
	CPUID
	ANDL $0x18000000, CX // OSXSAVE and AVX
	CMPL CX, $0x18000000
	JNE  no
	XORL CX, CX
	XGETBV
	ANDL $6, AX // XMM and YMM
	CMPL AX, $6
	JNE  no
	MOVL $7, AX
	XORL CX, CX
	CPUID
	TESTL $0x20, BX
	JZ    no
	MOVB  $1, ret+0(FP)

no:
	RET
