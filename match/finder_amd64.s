#include "textflag.h"

// func findPair(first, second *byte, places int, wantA, foldA, wantB, foldB byte) int
//
// 32 places at a time; the last 32 overlap with those before, in which there
// was nothing.
TEXT ·findPair(SB), NOSPLIT, $0-40
	MOVQ first+0(FP), SI
	MOVQ second+8(FP), DI
	MOVQ places+16(FP), DX
	VPBROADCASTB wantA+24(FP), Y0
	VPBROADCASTB foldA+25(FP), Y1
	VPBROADCASTB wantB+26(FP), Y2
	VPBROADCASTB foldB+27(FP), Y3
	SUBQ $32, DX // where the last 32 begin
	XORQ AX, AX

loop:
	VMOVDQU   (SI)(AX*1), Y4
	VMOVDQU   (DI)(AX*1), Y5
	VPOR      Y1, Y4, Y4
	VPOR      Y3, Y5, Y5
	VPCMPEQB  Y0, Y4, Y4
	VPCMPEQB  Y2, Y5, Y5
	VPAND     Y4, Y5, Y4
	VPMOVMSKB Y4, BX
	TESTL     BX, BX
	JNZ       found
	CMPQ      AX, DX
	JGE       none
	ADDQ      $32, AX
	CMPQ      AX, DX
	JLE       loop
	MOVQ      DX, AX
	JMP       loop

found:
	BSFL       BX, BX
	ADDQ       BX, AX
	VZEROUPPER
	MOVQ       AX, ret+32(FP)
	RET

none:
	VZEROUPPER
	MOVQ $-1, ret+32(FP)
	RET
