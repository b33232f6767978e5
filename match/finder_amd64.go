package match

import "golang.org/x/sys/cpu"

// hasPair tells whether the processor can do what findPair needs.
var hasPair = cpu.X86.HasAVX2

// findPair returns the first of that many places, at least 32, at which the byte
// from first on is wantA and that from second on wantB, each after an or with its
// fold; or -1. It reads no byte but those of the places.
//
//go:noescape
func findPair(first, second *byte, places int, wantA, foldA, wantB, foldB byte) int
