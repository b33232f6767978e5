//go:build !amd64

package framing

const hasDelimiters = false

func delimiters(*byte, int, byte, *int32, int) int { panic("framing: delimiters without AVX2") }
