//go:build !amd64

package match

const hasPair = false

func findPair(_, _ *byte, _ int, _, _, _, _ byte) int { panic("match: findPair without AVX2") }
