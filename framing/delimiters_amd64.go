package framing

var hasDelimiters = avx2()

// delimiters writes the offsets of the first bytes c of the n bytes from data
// on, at most so many, and returns how many there are. n is a multiple of 32.
//
//go:noescape
func delimiters(data *byte, n int, c byte, at *int32, most int) int

func avx2() bool
