package cmath

import "math"

// inverses are numbers near 1/c with 9 digits behind the point, for a c in each of 128
// intervals from 0.71 to 1.42, with the logarithm of c: 1 is 1 itself, so that small
// logarithms lose no digits.
var inverses = func() (table [parts]struct {
	inverse float64
	log     twofold
}) {
	for i := range table {
		c := 1 + (float64(i)+0.5)/parts
		if i > lastWhole {
			c /= 2
		}
		inverse := math.Round(512/c) / 512
		switch i {
		case 0, parts - 1:
			inverse = 1
		}
		table[i].inverse = inverse
		table[i].log = slow(inverse)
	}
	return table
}()

// lastWhole is the last of the intervals from 1 on; those behind it are halved.
const lastWhole = 53

// slow is -log(x), by 2 artanh((1-x)/(1+x)).
func slow(x float64) twofold {
	if x == 1 {
		return twofold{}
	}
	t := twofold{1 - x, 0}.over(1 + x)
	square, power, total := t.times(t), t, t
	for n := 3.0; n < 60; n += 2 {
		power = power.times(square)
		total = total.plus(power.over(n))
	}
	return twofold{2 * total.high, 2 * total.low}
}

// logarithm is log(x) of a positive, finite x, to some 75 bits.
func logarithm(x float64) twofold {
	bits, exponent := math.Float64bits(x), 0
	if bits < 1<<52 {
		bits, exponent = math.Float64bits(x*0x1p52), -52
	}
	exponent += int(bits>>52) - 1023
	i := bits >> 45 & (parts - 1)
	bits = bits&(1<<52-1) | 1023<<52
	if i > lastWhole {
		exponent++
		bits -= 1 << 52
	}
	of := &inverses[i]
	p := product(math.Float64frombits(bits), of.inverse)
	r := sum(p.high-1, p.low)

	// log(1+r) is r - r²/2 + r³/3 - r⁴/4 ..., of which the first three count in full.
	h := -r.high
	rest := math.FMA(math.FMA(math.FMA(1.0/12, h, 1.0/11), h, 1.0/10), h, 1.0/9)
	rest = math.FMA(math.FMA(math.FMA(rest, h, 1.0/8), h, 1.0/7), h, 1.0/6)
	rest = math.FMA(math.FMA(rest, h, 1.0/5), h, 1.0/4)
	square := r.times(r)
	fourth := float64(square.high * square.high)
	third := twofold{1.0 / 3, 0x1.5555555555555p-56}
	result := square.times(r).times(third).plus(twofold{-float64(fourth * rest), 0})
	result = r.plus(twofold{-square.high / 2, -square.low / 2}).plus(result)
	if exponent != 0 {
		n := float64(exponent)
		result = of.log.plus(product(n, ln2Low)).plus(result)
		return twofold{float64(n * ln2High), 0}.plus(result)
	}
	return of.log.plus(result)
}

// Log returns the natural logarithm of x.
func Log(x float64) float64 {
	if !(x > 0) || math.IsInf(x, 1) {
		return math.Log(x)
	}
	return logarithm(x).high
}

// Log10 returns the logarithm of x to the base 10.
func Log10(x float64) float64 {
	if !(x > 0) || math.IsInf(x, 1) {
		return math.Log10(x)
	}
	const log2High, log2Low = 0x1.34413509f6p-2, 0x1.9fef311f12b36p-42 // of 2 to the base 10
	fraction, exponent := math.Frexp(x)
	exponent-- // x is fraction * 2^exponent with a fraction from 1 to 2
	fraction *= 2
	if exponent < 0 {
		exponent++
		fraction /= 2
	}
	n := float64(exponent)
	low := float64(n*log2Low) + float64(0x1.bcb7b1526e50ep-2*Log(fraction)) // 1 / ln(10)
	return low + float64(n*log2High)
}
