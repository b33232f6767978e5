package cmath

import "math"

// parts is how many parts the exponents between two powers of 2 are split into.
const parts = 128

// ln2 is the natural logarithm of 2. The first term has 32 bits fewer than a number
// may have, so that multiples of it are exact.
const (
	ln2High = 0x1.62e42fefa0000p-1
	ln2Low  = 0x1.cf79abc9e3b39p-40
)

// partsPerOne is 128 / ln 2.
const partsPerOne = 0x1.71547652b82fep0 * parts

// rounding is a number of which the last digit is 1.
const rounding = 0x1.8p52

// The coefficients of exp(r) - 1 - r for |r| below ln 2 / 256, which the C library has
// from ARM's optimized routines: those of Taylor's series, a little off.
const (
	second = 0x1.ffffffffffdbdp-2
	third  = 0x1.555555555543cp-3
	fourth = 0x1.55555cf172b91p-5
	fifth  = 0x1.1111167a4d017p-7
)

// binary are 2^(i/128): the bits of the number that is nearest, less i times 2^45, and
// what it lacks, as a share of it.
var binary = func() (table [parts]struct {
	bits uint64
	lack float64
}) {
	roots := [7]twofold{} // of 2: of a half, a quarter ...
	for i, r := 0, (twofold{2, 0}); i < len(roots); i++ {
		r = r.root()
		roots[i] = r
	}
	for i := range table {
		power := twofold{1, 0}
		for bit, root := range roots {
			if i>>(6-bit)&1 == 1 {
				power = power.times(root)
			}
		}
		table[i].bits = math.Float64bits(power.high) - uint64(i)<<45
		table[i].lack = power.low / power.high
	}
	return table
}()

// Exp returns e^x.
func Exp(x float64) float64 {
	switch size := math.Abs(x); {
	case math.IsNaN(x):
		return x
	case size < 0x1p-54:
		return 1 + x
	case x >= 1024:
		return math.Inf(1)
	case x <= -1024:
		return 0
	}
	return exponential(x, 0)
}

// exponential returns e^(x+more) for |x| from 2^-54 up to 1024.
func exponential(x, more float64) float64 {
	shifted := math.FMA(partsPerOne, x, rounding)
	n := int64(math.Float64bits(shifted)<<13) >> 13 // 128 times the exponent of 2
	whole := shifted - rounding
	r := math.FMA(whole, -ln2High/parts, x)
	r = math.FMA(whole, -ln2Low/parts, r) + more
	of := &binary[n&(parts-1)]
	scale := of.bits + uint64(n)<<45
	square := float64(r * r)
	rest := math.FMA(square, math.FMA(r, third, second), of.lack+r)
	rest = math.FMA(float64(square*square), math.FMA(r, fifth, fourth), rest)
	if math.Abs(x) >= 512 {
		return extreme(scale, rest, n)
	}
	s := math.Float64frombits(scale)
	return math.FMA(s, rest, s)
}

// extreme is scale + scale * rest where the exponent of scale, or of the result, may be
// out of range.
func extreme(scale uint64, rest float64, n int64) float64 {
	if n >= 0 {
		s := math.Float64frombits(scale - 1009<<52)
		return 0x1p1009 * math.FMA(s, rest, s)
	}
	s := math.Float64frombits(scale + 1022<<52)
	more := float64(s * rest)
	y := s + more
	if y < 1 { // to be rounded once only, where a number that small ends
		low := s - y + more
		high := 1 + y
		y = high + (1 - high + y + low) - 1
	}
	return 0x1p-1022 * y
}
